// Syncs a simulated workspace through a proxy that holds every request and every answer against
// Intercom's own description.
//
//   node check.mjs prism description fastintercom intercom-simulator scratch
//
// Ends with 0 only when nothing violates it, after showing that violations would be seen.

import { spawn } from "node:child_process";
import { createServer, request as send } from "node:http";
import { createServer as createSocket } from "node:net";
import { join } from "node:path";

const [prism, description, fastintercom, simulator, scratch] = process.argv.slice(2);
const token = "simulator-token";
const children = [];
const failures = [];

function start(program, options, environment = {}) {
  const child = spawn(program, options, { env: { ...process.env, ...environment } });
  child.text = "";
  child.stdout.on("data", (bytes) => (child.text += bytes));
  child.stderr.on("data", (bytes) => (child.text += bytes));
  child.ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  children.push(child);
  return child;
}

async function printed(child, words) {
  while (!child.text.includes(words)) {
    const over = await Promise.race([
      new Promise((resolve) => child.stdout.once("data", () => resolve(false))),
      child.ended.then(() => true),
    ]);
    if (over && !child.text.includes(words)) throw new Error(`it ended early:\n${child.text}`);
  }
}

async function freePort() {
  const socket = createSocket();
  await new Promise((resolve) => socket.listen(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

const [front, back] = [await freePort(), await freePort()];
const proxied = `http://127.0.0.1:${front}`;
const direct = `http://127.0.0.1:${back}`;

async function ask(path, body) {
  const response = await fetch(proxied + path, {
    method: body ? "POST" : "GET",
    headers: {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      "content-type": "application/json",
      "intercom-version": "2.16",
    },
    body: body && JSON.stringify(body),
  });
  const answer = JSON.parse(await response.text());
  return { status: response.status, violations: answer.validation ?? [], answer };
}

/// Prism's log does not say what it objects to, only its answers to the program do: this stands
/// between the two and notes them, with every number in a place made N.
const noted = new Map();
const recorder = createServer((request, response) => {
  const options = { host: "127.0.0.1", port: front, path: request.url, method: request.method, headers: request.headers };
  const onwards = send(options, (answer) => {
    const pieces = [];
    answer.on("data", (piece) => pieces.push(piece));
    answer.on("end", () => {
      const body = Buffer.concat(pieces);
      if (answer.headers["content-type"]?.startsWith("application/problem+json")) {
        const problem = JSON.parse(body.toString());
        const path = request.url.replace(/\?.*/, "").replace(/\/[0-9a-f]{10,}$/, "/{id}");
        for (const { location, message } of problem.validation ?? [{ location: [], message: problem.title }]) {
          const what = `${request.method} ${path}: ${location.join(".")}: ${message}`.replace(/\b\d+\b/g, "N");
          noted.set(what, (noted.get(what) ?? 0) + 1);
        }
      }
      response.writeHead(answer.statusCode, answer.headers);
      response.end(body);
    });
  });
  onwards.on("error", () => response.destroy());
  request.pipe(onwards);
});
await new Promise((resolve) => recorder.listen(0, "127.0.0.1", resolve));
const recorded = `http://127.0.0.1:${recorder.address().port}`;

const search = (operator) => ({
  query: { operator: "AND", value: [{ field: "updated_at", operator, value: 1 }] },
  pagination: { per_page: 150 },
});

/// All tickets, page by page, and each alone: an answer that violates the description is named.
async function tickets() {
  const seen = [];
  for (let cursor; ; ) {
    const pagination = { per_page: 50, ...(cursor && { starting_after: cursor }) };
    const sort = { field: "updated_at", order: "ascending" };
    const { status, violations, answer } = await ask("/tickets/search", { ...search(">"), sort, pagination });
    failures.push(...violations.map((violation) => `/tickets/search: ${JSON.stringify(violation)}`));
    if (status !== 200) return failures.push(`/tickets/search answers ${status}`);
    seen.push(...answer.tickets.map((ticket) => ticket.id));
    cursor = answer.pages.next?.starting_after;
    if (!cursor) break;
  }
  for (const id of seen) {
    const { status, violations } = await ask(`/tickets/${id}`);
    if (status !== 200) failures.push(`/tickets/${id} answers ${status}`);
    failures.push(...violations.map((violation) => `/tickets/{id}: ${JSON.stringify(violation)}`));
  }
  console.log(`tickets: ${seen.length}`);
  if (new Set(seen).size !== seen.length || seen.length < 100) failures.push(`${seen.length} tickets were listed`);
}

/// The check itself must be able to fail: a wrong request, and wrong answers to right ones.
async function selfCheck() {
  const liar = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ type: "conversation.list", conversations: "none", tickets: "none", id: [], pages: 7 }));
  });
  await new Promise((resolve) => liar.listen(back, "127.0.0.1", resolve));
  const cases = [
    ["an unknown operator", await ask("/conversations/search", search("LIKE")), 422],
    ["a page that is too large", await ask("/conversations/search", { ...search(">"), pagination: { per_page: 151 } }), 422],
    ["a list that is none", await ask("/conversations/search", search(">")), 500],
    ["a conversation that is none", await ask("/conversations/215474207312016"), 500],
    ["a contact that is none", await ask("/contacts/abc"), 500],
    ["tickets by an unknown operator", await ask("/tickets/search", search("LIKE")), 422],
    ["a list of tickets that is none", await ask("/tickets/search", search(">")), 500],
    ["a ticket that is none", await ask("/tickets/221000000000000"), 500],
  ];
  liar.closeAllConnections();
  await new Promise((resolve) => liar.close(resolve));
  // Prism answers 422 to a wrong request, and 500 in place of a wrong answer.
  for (const [what, answer, status] of cases) {
    if (answer.status !== status || answer.violations.length === 0) {
      throw new Error(`${what} was not noticed: ${JSON.stringify(answer)}`);
    }
  }
  console.log(`self-check: ${cases.length} of ${cases.length} deliberate violations noticed`);
  return cases.length;
}

async function control(path, body) {
  const response = await fetch(`${direct}/_simulator/${path}`, body && { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`the simulator refuses ${path}: ${await response.text()}`);
  return response.json();
}

let set_forward = false;

async function sync(name) {
  const child = start(fastintercom, ["sync", "--days", "40", "--json"], {
    INTERCOM_BASE_URL: recorded,
    INTERCOM_ACCESS_TOKEN: token,
    FASTINTERCOM_DB_PATH: join(scratch, "cache", "contract.db"),
  });
  const status = await child.ended;
  const last = child.text.trim().split("\n").findLast((line) => line.startsWith("{"));
  const report = last ? JSON.parse(last) : { error: child.text };
  console.log(`${name}: ${report.api_calls ?? 0} calls, ${report.hydrated ?? 0} threads, ${(report.notes ?? []).length} notes`);
  if (status !== 0) failures.push(`${name} failed: ${report.error}`);
  if (report.waiting) failures.push(`${name} left ${report.waiting} threads`);
  // The simulator's clock is set forward below, and rightly it is told.
  const notes = (report.notes ?? []).filter((note) => !(set_forward && note.startsWith("This computer's clock is")));
  failures.push(...notes.map((note) => `${name}: ${note}`));
}

async function run() {
  const proxy = start(prism, ["proxy", "--errors", "-h", "127.0.0.1", "-p", String(front), description, direct]);
  await printed(proxy, "Prism is listening");
  const deliberate = await selfCheck();
  const upstream = start(simulator, ["--conversations", "400", "--tickets", "120", "--days", "30", "--port", String(back)]);
  await printed(upstream, "base_url");

  // The search for contacts refuses, so that some are fetched one by one; the others are left to
  // the second sync.
  await control("faults", [
    { fault: "parameter_invalid", endpoint: "contact_search" },
    { fault: "unavailable", endpoint: "contact", after: 10 },
  ]);
  await sync("first sync");
  await fetch(`${direct}/_simulator/faults`, { method: "DELETE" });
  const everyone = { query: { field: "role", operator: "IN", value: ["user", "lead"] }, pagination: { per_page: 5 } };
  const found = await ask("/contacts/search", everyone);
  const oldest = found.answer.data?.[0]?.id;
  if (!oldest) failures.push(`no contact was found: ${JSON.stringify(found)}`);
  for (const order of [
    { kind: "random", count: 60 },
    { kind: "delete" },
    { kind: "contact_reply", text: "my card number is on the next page" },
    { kind: "redact" },
    { kind: "rate", score: 2, remark: "slow" },
    { kind: "snooze", seconds: 3600 },
    { kind: "assign", team: 0 },
    { kind: "merge_contacts", from: 0, into: 1 },
    { kind: "bulk", count: 40 },
  ]) {
    await control("change", order);
  }
  for (const order of [
    { kind: "add", title: "Charger does not charge", conversation: "215470000079190" },
    { kind: "contact_reply", text: "my card number is on the next page" },
    { kind: "redact" },
    { kind: "assign", team: 0 },
    { kind: "assign" },
    { kind: "attribute", name: "Severity", value: "High" },
    { kind: "attribute", name: "Votes", value: 7 },
    { kind: "state", state: "waiting_on_customer" },
  ]) {
    await control("tickets", order);
  }
  await tickets();
  await control("advance", { seconds: 31 * 86400 });
  set_forward = true;
  await sync("second sync");
  // What a sync seldom meets: what is gone, and what was merged.
  for (const [path, expected] of [
    ["/conversations/1", 404],
    ["/contacts/000000000000000000000000", 404],
    ["/tickets/1", 404],
    [`/contacts/${oldest}`, 410],
  ]) {
    const { status, violations } = await ask(path);
    if (status !== expected) failures.push(`${path} answers ${status}, not ${expected}`);
    failures.push(...violations.map((violation) => `${path}: ${JSON.stringify(violation)}`));
  }

  const { by_endpoint: calls, by_status: answers } = await control("stats");
  console.log(`calls: ${Object.entries(calls).map(([name, count]) => `${name} ${count}`).join(", ")}`);
  console.log(`answers: ${Object.entries(answers).map(([status, count]) => `${status} ${count}`).join(", ")}`);
  const needed = ["me", "admins", "teams", "tags", "search", "conversation", "deleted", "contact_search", "contact", "articles", "article", "collections", "ticket_search"];
  failures.push(...needed.filter((name) => !calls[name]).map((name) => `the sync never called ${name}`));
  for (const [what, count] of noted) failures.push(`${count} times: ${what}`);
  // Nothing that Prism objected to may have got past the recorder.
  const objections = proxy.text.split("#VIOLATIONS").length - 1 - deliberate;
  if (objections > 0 && noted.size === 0) failures.push(`Prism objected ${objections} times`);
}

try {
  await run();
} catch (error) {
  failures.push(error.message);
} finally {
  for (const child of children) child.kill();
}
for (const failure of failures) console.log(`✗ ${failure}`);
console.log(failures.length === 0 ? "no violation in either direction" : `${failures.length} violations`);
process.exit(failures.length === 0 ? 0 : 1);
