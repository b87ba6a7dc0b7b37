// The page's side of MCP Apps (revision 2026-01-26): JSON-RPC 2.0 in messages to the frame's parent.
// https://github.com/modelcontextprotocol/ext-apps, specification/2026-01-26
'use strict';

const host = {capabilities: {}, locale: undefined, timeZone: undefined};
const waiting = new Map();
let lastId = 0;

const post = message => parent.postMessage({jsonrpc: '2.0', ...message}, '*');
const notify = (method, params = {}) => post({method, params});
const request = (method, params) => new Promise((resolve, reject) => {
  const id = ++lastId;
  waiting.set(id, {resolve, reject});
  post({id, method, params});
});

/** A tool's answer as an object. Throws an Error whose message is the tool's own sentence. */
async function callTool(name, args) {
  return answerOf(await request('tools/call', {name, arguments: args}));
}

function answerOf(result) {
  const texts = (result.content || []).filter(one => one.type === 'text').map(one => one.text);
  if (result.isError) throw new Error(texts[0] || 'The call failed, and the server gave no reason.');
  // Hosts that drop structured content keep the first text, which is the same JSON.
  if (result.structuredContent) return result.structuredContent;
  try {
    return JSON.parse(texts[0]);
  } catch {
    throw new Error(texts.join(' ') || 'The answer is empty.');
  }
}

function adapt(context = {}) {
  if (context.theme) document.documentElement.dataset.theme = context.theme;
  for (const [name, value] of Object.entries(context.styles?.variables || {})) {
    if (name.startsWith('--') && typeof value === 'string') document.documentElement.style.setProperty(name, value);
  }
  if (context.locale) host.locale = context.locale;
  if (context.timeZone) host.timeZone = context.timeZone;
}

/** Begins the conversation with the host; `on` has a function for each of its notifications. */
async function connect(on) {
  addEventListener('message', event => {
    const message = event.data;
    if (event.source !== parent || message?.jsonrpc !== '2.0') return;
    if (message.method === undefined) {
      const call = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) call?.reject(new Error(message.error.message));
      else call?.resolve(message.result || {});
    } else if (message.id !== undefined) {
      const known = message.method === 'ping' || message.method === 'ui/resource-teardown';
      post({id: message.id, ...(known ? {result: {}} : {error: {code: -32601, message: 'Method not found'}})});
    } else if (message.method === 'ui/notifications/host-context-changed') {
      adapt(message.params);
    } else {
      on[message.method.replace('ui/notifications/', '')]?.(message.params || {});
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
