// The page's side of MCP Apps (revision 2026-01-26): JSON-RPC 2.0 in messages to the frame's parent.
// https://github.com/modelcontextprotocol/ext-apps, specification/2026-01-26
'use strict';

const host = {capabilities: {}, locale: undefined, timeZone: undefined};
/** How long the host may take for an answer, in milliseconds. */
const PATIENCE = 60_000;
const waiting = new Map();
let lastId = 0;

const post = message => parent.postMessage({jsonrpc: '2.0', ...message}, '*');
const notify = (method, params = {}) => post({method, params});
const request = (method, params) => new Promise((resolve, reject) => {
  const id = ++lastId;
  waiting.set(id, {resolve, reject});
  post({id, method, params});
  setTimeout(() => {
    if (waiting.delete(id)) reject(new Error('The app that shows this page did not answer within a minute.'));
  }, PATIENCE);
});

/** A tool's answer as an object. Throws an Error whose message is the tool's own sentence. */
async function callTool(name, args) {
  return answerOf(await request('tools/call', {name, arguments: args}));
}

function answerOf(result) {
  const texts = (Array.isArray(result?.content) ? result.content : []).filter(one => one.type === 'text').map(one => one.text);
  if (result?.isError) throw new Error(texts[0] || 'The call failed, and the server gave no reason.');
  // Hosts that drop structured content keep the first text, which is the same JSON.
  if (result?.structuredContent) return result.structuredContent;
  try {
    return JSON.parse(texts[0]);
  } catch {
    throw new Error(texts.join(' ') || 'The answer is empty.');
  }
}

/** The value, if the browser takes it. */
function usable(value, tried) {
  try {
    if (value) tried(value);
    return value || undefined;
  } catch {
    return undefined;
  }
}

function adapt(context) {
  context = context || {};
  if (context.theme) document.documentElement.dataset.theme = context.theme;
  for (const [name, value] of Object.entries(context.styles?.variables || {})) {
    if (name.startsWith('--') && typeof value === 'string') document.documentElement.style.setProperty(name, value);
  }
  // Some hosts name their locale in the way of POSIX.
  host.locale = usable(String(context.locale ?? '').replaceAll('_', '-'), locale => new Intl.NumberFormat(locale)) ?? host.locale;
  host.timeZone = usable(context.timeZone, timeZone => new Intl.DateTimeFormat('en', {timeZone})) ?? host.timeZone;
}

if (matchMedia('(prefers-color-scheme: dark)').matches) document.documentElement.dataset.theme = 'dark';

/** Begins the conversation with the host; `on` has a function for each of its notifications. */
async function connect(on) {
  addEventListener('message', event => {
    const message = event.data;
    if (event.source !== parent || message?.jsonrpc !== '2.0') return;
    if (message.method !== undefined && typeof message.method !== 'string') return;
    if (message.method === undefined) {
      const call = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) call?.reject(new Error(message.error.message || 'The app that shows this page refused the call.'));
      else call?.resolve(message.result || {});
    } else if (message.id !== undefined) {
      const known = message.method === 'ping' || message.method === 'ui/resource-teardown';
      post({id: message.id, ...(known ? {result: {}} : {error: {code: -32601, message: 'Method not found'}})});
    } else if (message.method === 'ui/notifications/host-context-changed') {
      adapt(message.params);
    } else {
      const name = message.method.replace('ui/notifications/', '');
      if (Object.hasOwn(on, name)) on[name](message.params || {});
    }
  });
  const {hostCapabilities, hostContext} = await request('ui/initialize', {
    protocolVersion: '2026-01-26',
    appInfo: {name: 'fastintercom', title: 'FastIntercom', version: '1'},
    appCapabilities: {},
  });
  host.capabilities = hostCapabilities || {};
  adapt(hostContext);
  notify('ui/notifications/initialized');
  new ResizeObserver(() => {
    const {width, height} = document.documentElement.getBoundingClientRect();
    notify('ui/notifications/size-changed', {width: Math.ceil(width), height: Math.ceil(height)});
  }).observe(document.documentElement);
}

/** Whether lists can be opened and continued: the host passes calls on to the server. */
const canCall = () => Boolean(host.capabilities.serverTools);
