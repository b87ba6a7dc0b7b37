// Figures of a period: tiles against the period before, and one chart of the groups.

const FIGURES = [
  ['conversations', 'Conversations', number, 0],
  ['first_response_median', 'First response, median', duration, -1],
  ['resolution_median', 'Resolution, median', duration, -1],
  ['waiting_now_median', 'Waiting now, median', duration, -1],
  ['unanswered_now', 'Waiting for a reply', number, -1],
  ['closed', 'Closed', number, 0],
  ['rating_average', 'Rating, average', value => `${number(Math.round(value * 10) / 10)} of 5`, 1],
  ['satisfied_percent', 'Satisfied', percent, 1],
  ['reopen_percent', 'Reopened', percent, -1],
  ['ai_resolved_percent', 'Resolved by the AI agent', percent, 1],
];
function percent(value) {
  return (value / 100).toLocaleString(host.locale, {style: 'percent', maximumFractionDigits: 1});
}

function statsScreen(answer, args) {
  const days = {dateStyle: 'medium'};
  const {start, end} = answer.period;
  const zone = answer.timezone;
  return element('main', {},
    element('h1', {}, 'Conversations'),
    element('p', {class: 'quiet'}, `${moment(start, days, zone)} – ${moment(end, days, zone)} (${zone})`),
    tiles(answer.figures, answer.previous?.figures),
    answer.groups?.length > 0 && chart(answer.groups, args.group_by),
    definitions(answer.definitions),
    freshness(answer));
}

function tiles(figures, before) {
  const shown = FIGURES.filter(([name]) => figures[name] !== undefined);
  return element('dl', {class: 'tiles'}, shown.map(([name, label, format, better]) =>
    element('div', {}, element('dt', {}, label), element('dd', {}, format(figures[name])),
      change(figures[name], before?.[name], format, better))));
}

/** How a figure changed, in words and by colour; `better` is the sign of a good change, 0 for none. */
function change(now, before, format, better) {
  if (before === undefined) return null;
  if (now === before) return element('dd', {class: 'change'}, 'as before');
  const up = now > before;
  const share = before > 0 ? ` (${up ? '+' : '−'}${percent(Math.round(Math.abs(now - before) / before * 100))})` : '';
  const mood = better === 0 ? '' : (up ? 1 : -1) === better ? 'good' : 'bad';
  return element('dd', {class: `change ${mood}`}, `${up ? '▲' : '▼'} from ${format(before)}${share}`);
}

function chart(groups, by = 'group') {
  const offered = FIGURES.filter(([name]) => groups.some(group => group[name] !== undefined));
  const box = element('div');
  const draw = name => {
    const [, label, format] = offered.find(([other]) => other === name);
    box.replaceChildren(
      inTime(groups) ? columns(withEmpty(groups, by), name, label, format) : bars(groups, name, label, format, by));
  };
  const select = element('select', {onchange: event => draw(event.target.value)},
    offered.map(([name, label]) => element('option', {value: name}, label)));
  draw(offered[0][0]);
  return element('section', {},
    element('h2', {}, `By ${by.replaceAll('_', ' ')}`),
    element('label', {}, 'Figure ', select), box);
}

/** Days, weeks, months and hours stand side by side; they are too many for rows. */
const inTime = groups => groups.length > 1 && groups.every(group => /^\d{4}-\d\d|^\d\d(:00)?$/.test(group.group));

/** Days and the like in which nothing was created have no group; a chart needs their place. */
function withEmpty(groups, by) {
  const next = {day: 1, week: 7}[by];
  const known = new Map(groups.map(group => [group.group, group]));
  const last = groups.at(-1).group;
  const names = [];
  const nameOf = at => at.toISOString().slice(0, last.length);
  if (by === 'hour_of_day') {
    for (let hour = 0; hour < 24; hour++) names.push(`${String(hour).padStart(2, '0')}:00`);
  } else if (next || by === 'month') {
    const at = new Date(groups[0].group.slice(0, 10));
    for (let name = groups[0].group; name <= last && names.length < 1000; names.push(name), name = nameOf(at)) {
      if (next) at.setUTCDate(at.getUTCDate() + next);
      else at.setUTCMonth(at.getUTCMonth() + 1);
    }
  }
  // Names of another form than expected: rather no gaps than lost groups.
  return known.size <= names.length && groups.every(group => names.includes(group.group))
    ? names.map(name => known.get(name) || {group: name, conversations: 0}) : groups;
}

function columns(groups, name, label, format) {
  const top = Math.max(...groups.map(group => group[name] ?? 0)) || 1;
  const width = 100 / groups.length;
  const rects = groups.map((group, index) => {
    const height = (group[name] ?? 0) / top * 100;
    return drawing('rect', {x: index * width + width * 0.1, y: 100 - height, width: width * 0.8, height},
      drawing('title', {}, `${group.group}: ${group[name] === undefined ? 'none' : format(group[name])}`));
  });
  return element('figure', {},
    element('div', {class: 'scale'}, element('span', {}, format(top))),
    drawing('svg', {class: 'columns', viewBox: '0 0 100 100', preserveAspectRatio: 'none', role: 'img',
      'aria-label': `${label}, ${groups[0].group} to ${groups.at(-1).group}; the table below has the numbers`}, rects),
    element('div', {class: 'times'}, element('span', {}, groups[0].group), element('span', {}, groups.at(-1).group)),
    element('details', {}, element('summary', {}, 'As a table'), bars(groups, name, label, format, 'when')));
}

function bars(groups, name, label, format, by) {
  const top = Math.max(...groups.map(group => Math.max(group[name] ?? 0, group.previous?.[name] ?? 0))) || 1;
  const compared = groups.some(group => group.previous?.[name] !== undefined);
  const rows = groups.map(group => element('tr', {},
    element('th', {scope: 'row', dir: 'auto'}, group.group),
    element('td', {class: 'n'}, group[name] === undefined ? '–' : format(group[name])),
    compared && element('td', {class: 'n quiet'}, group.previous?.[name] === undefined ? '–' : format(group.previous[name])),
    element('td', {class: 'wide', 'aria-hidden': 'true'}, bar(group[name], group.previous?.[name], top))));
  return element('table', {},
    element('thead', {}, element('tr', {},
      element('th', {scope: 'col'}, by.replaceAll('_', ' ')),
      element('th', {scope: 'col', class: 'n'}, label),
      compared && element('th', {scope: 'col', class: 'n'}, 'Before'),
      element('td', {'aria-hidden': 'true'}))),
    element('tbody', {}, rows));
}

/** A bar, with a stroke where the period before was. */
function bar(now = 0, before, top) {
  return drawing('svg', {class: 'bar', viewBox: '0 0 100 10', preserveAspectRatio: 'none'},
    drawing('rect', {width: now / top * 100, height: 10}),
    before !== undefined && drawing('line', {x1: before / top * 100, x2: before / top * 100, y1: 0, y2: 10}));
}

function definitions(words = {}) {
  const shown = Object.entries(words);
  return shown.length > 0 && element('details', {}, element('summary', {}, 'How this is counted'),
    element('dl', {class: 'words'}, shown.map(([name, text]) =>
      [element('dt', {}, name.replaceAll('_', ' ')), element('dd', {}, text)])));
}
