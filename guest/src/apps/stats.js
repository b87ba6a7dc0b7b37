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
  const before = answer.previous?.complete === false ? undefined : answer.previous;
  return element('main', {},
    element('h1', {}, 'Conversations'),
    element('p', {class: 'quiet'}, `${moment(start, days, zone)} – ${moment(end, days, zone)} (${zone})`),
    tiles(answer.figures, before?.figures, answer.not_in_cache?.length > 0),
    answer.groups?.length > 0 && chart(answer, Boolean(before), args.group_by),
    definitions(answer.definitions),
    freshness(answer));
}

/** Of a period that the cache does not hold wholly, nobody can say that a count is none, or all. */
function tiles(figures, before, isPart) {
  const shown = FIGURES.filter(([name]) => typeof figures[name] === 'number');
  return element('dl', {class: 'tiles'}, shown.map(([name, label, format, better]) =>
    element('div', {}, element('dt', {}, label),
      element('dd', {}, isPart && format === number ? atLeast(figures[name]) : format(figures[name])),
      change(figures[name], before?.[name], format, better))));
}

/** How a figure changed, in words and by colour; `better` is the sign of a good change, 0 for none. */
function change(now, before, format, better) {
  if (typeof before !== 'number') return null;
  if (now === before) return element('dd', {class: 'change'}, 'as before');
  const up = now > before;
  const share = before > 0 ? ` (${up ? '+' : '−'}${percent(Math.round(Math.abs(now - before) / before * 100))})` : '';
  const mood = better === 0 ? '' : (up ? 1 : -1) === better ? 'good' : 'bad';
  return element('dd', {class: `change ${mood}`}, `${up ? '▲' : '▼'} from ${format(before)}${share}`);
}

function chart(answer, comparable, by = 'group') {
  const groups = comparable ? answer.groups : answer.groups.map(({previous, ...group}) => group);
  const offered = FIGURES.filter(([name]) => groups.some(group => typeof group[name] === 'number'));
  if (offered.length === 0) return null;
  const box = element('div');
  const draw = name => {
    const [, label, format] = offered.find(([other]) => other === name);
    box.replaceChildren(
      inTime(groups) ? columns(withEmpty(groups, by, answer), name, label, format) : bars(groups, name, label, format, by));
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

/**
 * Days and the like in which nothing was created have no group; a chart needs their place. What the
 * cache does not hold, or not wholly, is marked as unknown.
 */
function withEmpty(groups, by, answer) {
  const gaps = (answer.not_in_cache || []).map(({start, end}) => [dayOf(start, answer), dayOf(end, answer)]);
  const next = {day: 1, week: 7}[by];
  const known = new Map(groups.map(group => [group.group, group]));
  const last = groups.at(-1).group;
  const names = [];
  const nameOf = at => at.toISOString().slice(0, last.length);
  if (by === 'hour_of_day') {
    for (let hour = 0; hour < 24; hour++) names.push(`${String(hour).padStart(2, '0')}:00`);
  } else if (next || by === 'month') {
    // Where groups were left out, those that are left are the newest.
    const isCut = /groups are shown/.test(answer.notice || '');
    const at = new Date(groups[0].group.slice(0, 10));
    const begin = !isCut && gaps.length > 0 ? gaps[0][0] : groups[0].group;
    while (next && at.toISOString().slice(0, 10) > begin) at.setUTCDate(at.getUTCDate() - next);
    while (!next && at.toISOString().slice(0, 7) > begin.slice(0, 7)) at.setUTCMonth(at.getUTCMonth() - 1);
    for (let name = nameOf(at); name <= last && names.length < 1000; names.push(name), name = nameOf(at)) {
      if (next) at.setUTCDate(at.getUTCDate() + next);
      else at.setUTCMonth(at.getUTCMonth() + 1);
    }
  }
  // Names of another form than expected: rather no gaps than lost groups.
  if (known.size > names.length || !groups.every(group => names.includes(group.group))) return groups;
  return names.map((name, index) => {
    const end = names[index + 1] || '9999';
    const unknown = by !== 'hour_of_day' && gaps.some(([from, to]) => from < end && to.slice(0, name.length) >= name);
    return {...(known.get(name) || {group: name, conversations: 0}), unknown};
  });
}

/** The day of an instant in the answer's time zone, as groups are named. */
function dayOf(text, answer) {
  const at = new Date(text);
  const timeZone = usable(answer.timezone, zone => new Intl.DateTimeFormat('en', {timeZone: zone}));
  return isNaN(at) ? text.slice(0, 10) : at.toLocaleDateString('sv', {timeZone});
}

/** A figure of a group in words: nobody can say that what was not read is none, or all. */
function figure(group, name, format) {
  const value = group[name];
  if (!group.unknown) return typeof value === 'number' ? format(value) : '–';
  return name === 'conversations' ? atLeast(value) : 'unknown';
}
const atLeast = count => (count > 0 ? `at least ${number(count)}` : 'unknown');

function columns(groups, name, label, format) {
  const top = Math.max(...groups.map(group => group[name] ?? 0)) || 1;
  const width = 100 / groups.length;
  const rects = groups.map((group, index) => {
    const height = (group[name] ?? 0) / top * 100;
    const title = () => drawing('title', {}, `${group.group}: ${figure(group, name, format)}`);
    return [
      group.unknown && drawing('rect', {class: 'unknown', x: index * width, y: 0, width, height: 100}, title()),
      drawing('rect', {x: index * width + width * 0.1, y: 100 - height, width: width * 0.8, height}, title()),
    ];
  });
  const hasUnknown = groups.some(group => group.unknown);
  return element('figure', {},
    element('div', {class: 'scale'}, element('span', {}, format(top))),
    drawing('svg', {class: 'columns', viewBox: '0 0 100 100', preserveAspectRatio: 'none', role: 'img',
      'aria-label': `${label}, ${groups[0].group} to ${groups.at(-1).group}; the table below has the numbers`}, rects),
    element('div', {class: 'times'}, element('span', {}, groups[0].group), element('span', {}, groups.at(-1).group)),
    hasUnknown && element('p', {class: 'quiet'}, 'Shaded: not in the cache, or not wholly.'),
    element('details', {}, element('summary', {}, 'As a table'), bars(groups, name, label, format, 'when')));
}

function bars(groups, name, label, format, by) {
  const top = Math.max(...groups.map(group => Math.max(group[name] ?? 0, group.previous?.[name] ?? 0))) || 1;
  const compared = groups.some(group => group.previous?.[name] !== undefined);
  const rows = groups.map(group => element('tr', {},
    element('th', {scope: 'row', dir: 'auto'}, group.group),
    element('td', {class: 'n'}, figure(group, name, format)),
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
