// Building the page. What customers wrote becomes text nodes and nothing else: there is no markup
// in any string here.

const SVG = 'http://www.w3.org/2000/svg';

/** An element; children that are null or false are left out, all others that are no nodes are text. */
function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}
function drawing(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}
function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false && child !== ''));
  return node;
}

const number = value => value.toLocaleString(host.locale);
const counted = (count, one, many = one + 's') => `${number(count)} ${count === 1 ? one : many}`;

/** Minutes in words: `2 d 3 h`, `1 h 5 min`. */
function duration(minutes) {
  const whole = Math.round(minutes);
  if (whole < 1) return 'under 1 min';
  const [days, hours, rest] = [Math.floor(whole / 1440), Math.floor(whole / 60) % 24, whole % 60];
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours) return rest ? `${hours} h ${rest} min` : `${hours} h`;
  return `${rest} min`;
}

/** An instant of an answer where the reader is; an unreadable one as it came. */
function moment(text, options = {dateStyle: 'medium', timeStyle: 'short'}, zone = host.timeZone) {
  const at = new Date(text);
  if (isNaN(at)) return text;
  try {
    return at.toLocaleString(host.locale, {...options, timeZone: zone});
  } catch {
    return at.toLocaleString(undefined, options);
  }
}
const time = text => element('time', {datetime: text}, moment(text));

/** Text with `**hits**` marked, as snippets have them. */
function marked(text) {
  const parts = text.split('**');
  // An odd number of signs: some are the customer's own.
  if (parts.length % 2 === 0) return [text];
  return parts.map((part, index) => (index % 2 ? element('mark', {}, part) : part));
}

/** Parts side by side; each may be written from the right without moving the others. */
function joined(parts) {
  return parts.filter(Boolean).flatMap((part, index) => [index > 0 && ' · ', element('bdi', {}, part)]);
}

function chips(...texts) {
  const shown = texts.flat().filter(Boolean);
  return shown.length > 0 && element('ul', {class: 'chips'}, shown.map(text => element('li', {dir: 'auto'}, text)));
}

/** How far the answer can be trusted, which every answer says. */
function freshness(answer) {
  const info = answer.sync_info;
  return element('footer', {},
    answer.notice && element('p', {}, answer.notice),
    info?.message && element('p', {class: info.state === 'fresh' ? '' : 'warning'}, info.message));
}

/** A button that works once at a time, says that it does, and says what went wrong beside it. */
function action(label, work, attributes = {}) {
  const button = element('button', {type: 'button', ...attributes}, label);
  button.addEventListener('click', async () => {
    if (button.ariaBusy === 'true') return;
    button.ariaBusy = 'true';
    say('Loading');
    try {
      await work(button);
      say('');
    } catch (error) {
      say(sentence(error), true);
    } finally {
      button.ariaBusy = null;
    }
  });
  return button;
}

function link(url) {
  if (!url || !host.capabilities.openLinks) return null;
  return action('Open in Intercom', async () => {
    const {isError} = await request('ui/open-link', {url});
    if (isError) throw new Error('The app that shows this page did not open the link.');
  });
}

/** What went wrong, for people; an answer of another form than expected ends in an error of the language. */
function sentence(error) {
  return error instanceof TypeError || !error?.message ? 'This answer has another form than this page knows.' : error.message;
}

/** Says something in the line that screen readers announce. */
function say(words, isProblem = false) {
  const status = document.getElementById('status');
  status.textContent = words;
  status.className = isProblem ? 'warning' : '';
}

/** How many screens were shown: an answer that comes after another screen is too late. */
let shownScreens = 0;

/** Shows a screen. Focus goes to its heading when somebody asked for it, not when it comes by itself. */
function show(screen, asked = false) {
  shownScreens += 1;
  document.getElementById('screen').replaceChildren(screen);
  if (!asked) return;
  const heading = screen.querySelector('h1');
  heading.tabIndex = -1;
  heading.focus();
}
