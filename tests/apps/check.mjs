// What the page of MCP Apps draws of the real server's answers, and what can be done with it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.CHECK_MODULES}/`);
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const { Client } = await load("@modelcontextprotocol/client");
const { StdioClientTransport } = await load("@modelcontextprotocol/client/stdio");
const { chromium } = (await load("playwright-core")).default;
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

let checks = 0;
function check(good, what) {
  checks += 1;
  assert.ok(good, what);
}

const client = new Client({ name: "fastintercom-tests", version: "1" });
await client.connect(new StdioClientTransport({
  command: process.env.CHECK_PROGRAM,
  env: Object.fromEntries(process.env.CHECK_ENVIRONMENT.split("\n").map((line) => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1)];
  })),
}));
const call = (name, input) => client.callTool({ name, arguments: input });

// The tools that carry the page, and the page, as the protocol has them.
const { tools } = await client.listTools();
const drawn = tools.filter((tool) => tool._meta?.ui?.resourceUri);
assert.deepEqual(drawn.map((tool) => tool.name).sort(),
  ["get_conversation", "get_conversation_stats", "search_conversations"]);
const uri = drawn[0]._meta.ui.resourceUri;
check(drawn.every((tool) => tool._meta["ui/resourceUri"] === uri), "hosts of 2025 read the flat key");
const { contents: [content] } = await client.readResource({ uri });
assert.equal(content.mimeType, "text/html;profile=mcp-app");
assert.equal(content._meta.ui.prefersBorder, true);
check((await client.listResources()).resources.some((one) => one.uri === uri), "it is listed");
const html = content.text;

const browser = await chromium.launch({ executablePath: process.env.CHECK_CHROMIUM, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 760, height: 500 } });
const complaints = [];
page.on("console", (message) => complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(error.message));
const requested = [];
page.on("request", (request) => requested.push(request.url()));
await page.exposeFunction("askServer", (params) => client.callTool(params));
const host = pathToFileURL(new URL("host.html", import.meta.url).pathname).href;
await page.goto(host);
const app = page.frameLocator("iframe");

const everything = { serverTools: {}, openLinks: {} };
const light = { theme: "light", locale: "en-GB", timeZone: "Europe/Berlin" };
/** Shows an answer; returns it. */
async function present(result, input = {}, { context = light, capabilities = everything } = {}) {
  await page.evaluate((what) => present(what), { html, input, result, context, capabilities });
  return result.structuredContent;
}
/** Whether assistive technology gets along with what is shown, by axe's rules. */
async function accessible(what) {
  const frame = page.frames().at(-1);
  await frame.evaluate(axe);
  const { violations } = await frame.evaluate(() => axe.run());
  const found = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ").slice(0, 300)}`);
  assert.deepEqual(found, [], what);
  checks += 1;
}
/** Light, dark and narrow, each looked through by axe. */
async function pictures(name, result, input, prepare = async () => {}) {
  const looks = [["light", 760], ["dark", 760], ["light", 340]];
  for (const [theme, width] of looks) {
    await page.setViewportSize({ width, height: 500 });
    await present(result, input, { context: { ...light, theme } });
    await prepare();
    const narrow = width < 500 ? "-narrow" : "";
    await accessible(`${name} ${theme}${narrow}`);
    // Chromium paints of a frame no more than fits the window.
    await page.setViewportSize({ width, height: await page.evaluate(() => document.documentElement.scrollHeight) });
    await page.screenshot({ path: `${process.env.CHECK_PICTURES}/${name}-${theme}${narrow}.png`, fullPage: true });
    const wide = await page.frames().at(-1).evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(wide <= 0, `${name} ${theme}${narrow} is not to be wider than its frame`);
  }
  await page.setViewportSize({ width: 760, height: 500 });
}

// A list opens threads, goes on, and comes back to where it was.
const query = { query: "refund", limit: 5 };
const search = await call("search_conversations", query);
const found = await present(search, query);
await app.locator(".row").first().waitFor();
assert.equal(await app.locator(".row").count(), found.conversations.length);
check((await app.locator("h1").textContent()).includes("refund"), "the heading says what was asked");
check(await app.locator("mark").count() > 0, "hits are marked");
check((await app.locator("footer").textContent()).includes("Last sync"), "it says how fresh the answer is");
await app.getByRole("button", { name: "Show more" }).click();
await app.locator(".row").nth(5).waitFor();
check(await app.locator(".row").count() > 5, "the list goes on");
check(await app.locator(".row").nth(5).evaluate((button) => button === document.activeElement), "with the focus on what is new");
const second = app.locator(".row").nth(1);
await second.focus();
await page.keyboard.press("Enter");
await app.locator("article").first().waitFor();
check(await app.locator("h1").evaluate((heading) => heading === document.activeElement), "focus goes to the thread");
const [open] = [found.conversations[1]];
if (open.match) check(await app.locator(".sought").count() === 1, "what was found is marked in the thread");
await app.getByRole("button", { name: "Open in Intercom" }).click();
await app.getByRole("button", { name: "Back to the list" }).click();
check(await app.locator(".row").count() > 5, "the list is as it was");
check(await second.evaluate((button) => button === document.activeElement), "focus comes back");
const links = await page.evaluate(() => seen.links);
check(links.length === 1 && links[0].startsWith("https://app.intercom.com/"), `links: ${links}`);

// A thread: notes are marked, a long message reads on, a long thread goes on.
const planted = (await call("search_conversations", { query: "glockenspielist" })).structuredContent.conversations[0];
const asked = { id: planted.id, limit: 3 };
const thread = await call("get_conversation", asked);
await present(thread, asked);
await app.locator("article").first().waitFor();
assert.equal(await app.locator("article").count(), 3);
await app.getByRole("button", { name: "Show more messages" }).click();
await app.locator("article").nth(3).waitFor();
const whole = await call("get_conversation", { id: planted.id, limit: 500 });
while (await app.getByRole("button", { name: "Show more messages" }).count()) {
  const before = await app.locator("article").count();
  await app.getByRole("button", { name: "Show more messages" }).click();
  await app.locator("article").nth(before).waitFor();
}
assert.equal(await app.locator("article").count(), whole.structuredContent.messages.length);
const long = whole.structuredContent.messages.find((one) => one.body_left_out);
check(long, "a long message was planted");
const longBody = app.locator("article", { hasText: "xxxxx" }).locator(".body");
while (await app.getByRole("button", { name: "Show the rest" }).count()) {
  const before = await longBody.textContent();
  await app.getByRole("button", { name: "Show the rest" }).click();
  while (await longBody.textContent() === before) await page.waitForTimeout(20);
}
check(/x{9000}/.test(await longBody.textContent()), "the long message is whole");

// Notes, in a conversation that has some.
let noted;
for (const one of (await call("search_conversations", { limit: 100, include_notes: true })).structuredContent.conversations) {
  const answer = await call("get_conversation", { id: one.id });
  if (answer.structuredContent.messages.some((message) => message.kind === "note")) {
    noted = answer;
    break;
  }
}
check(noted, "a conversation with a note");
await present(noted, { id: noted.structuredContent.id });
await app.locator("article").first().waitFor();
const notes = noted.structuredContent.messages.filter((message) => message.kind === "note").length;
assert.equal(await app.locator(".note").count(), notes);
assert.equal(await app.locator(".badge", { hasText: "Internal note" }).count(), notes);

// Figures: tiles, bars and columns; another figure can be chosen.
const byTag = { timeframe: "last 14 days", group_by: "tag" };
const figures = await call("get_conversation_stats", byTag);
await present(figures, byTag);
await app.locator(".tiles").waitFor();
assert.equal(await app.locator("tbody tr").count(), figures.structuredContent.groups.length);
check((await app.locator(".tiles").textContent()).includes(figures.structuredContent.figures.conversations.toLocaleString("en-GB")),
  "the count is shown");
check(await app.locator(".change").count() > 0, "it is compared with the period before");
await app.getByRole("combobox").selectOption("first_response_median");
check((await app.locator("thead").textContent()).includes("First response"), "another figure is drawn");
const byDay = { timeframe: "last 30 days", group_by: "day" };
const days = await call("get_conversation_stats", byDay);
await present(days, byDay);
await app.locator(".columns").waitFor();
check(await app.locator(".columns rect:not(.unknown)").count() >= days.structuredContent.groups.length, "each day has a column");
// Of what the cache does not hold nothing is claimed: no day is none, and nothing is compared with it.
check(await app.locator(".change").count() === 0, "the period before is not in the cache");
const more = { timeframe: "last 60 days", group_by: "day", compare: false };
const halfKnown = await call("get_conversation_stats", more);
await present(halfKnown, more);
await app.locator(".columns .unknown").first().waitFor();
check((await app.locator(".tiles").textContent()).includes("at least"), "counts of a part are told as such");
const unknown = await app.locator(".columns .unknown").count();
check(unknown >= 25 && unknown <= 32, `${unknown} of 60 days are unknown`);
await app.getByText("As a table").click();
const told = await app.locator("tbody td", { hasText: /unknown|at least/ }).count();
check(told === unknown, `${told} of ${unknown} unknown days are told as such in the table`);

// Whatever stands in an answer is text.
const evil = `<img src=x onerror="parent.postMessage({jsonrpc:'2.0',id:1,method:'ui/open-link',params:{url:'https://evil.example'}},'*')"><script>1</script>`;
const hostile = (value) =>
  typeof value === "string" && !/^\d{4}-/.test(value) ? evil
    : Array.isArray(value) ? value.map(hostile)
      : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hostile(one)]))
        : value;
for (const [answer, there] of [[search, ".row"], [noted, "article"], [figures, ".tiles"]]) {
  await present({ structuredContent: hostile(answer.structuredContent), content: [] }, hostile(query));
  await app.locator(there).first().waitFor();
  assert.equal(await app.locator("#screen img, #screen script").count(), 0);
}
await page.waitForTimeout(200);
assert.equal((await page.evaluate(() => seen.links)).length, 1, "nothing of it ran");

// Hosts that can do less: no calls, no structured content, an error, somebody else's answer.
await present(search, query, { capabilities: {} });
await app.locator(".row").first().waitFor();
assert.equal(await app.locator("button").count(), 0, "nothing to press that would not work");
await present({ content: search.content }, query);
await app.locator(".row").first().waitFor();
checks += 1;
await present(await call("get_conversation", { id: "999" }), {});
await app.locator("#status.warning").waitFor();
check((await app.locator("#status").textContent()).includes("999"), "a failure is told in the tool's words");
await present({ structuredContent: {}, content: [] });
await app.getByText("nothing to draw").waitFor();
await present(search, query);
await app.locator(".row").first().waitFor();
await page.evaluate(() => tell("ui/notifications/host-context-changed", { theme: "dark" }));
await app.locator("html[data-theme=dark]").waitFor();
// Odd hosts and answers: a locale of POSIX, no context, nothing that is known.
await present(search, query, { context: { locale: "en_US", timeZone: "Mars/Base" } });
await app.locator(".row").first().waitFor();
await present(search, query, { context: null });
await app.locator(".row").first().waitFor();
for (const method of [42, "ui/notifications/__proto__", "ui/notifications/host-context-changed"]) {
  await page.evaluate((name) => tell(name, null), method);
}
await present({ structuredContent: { figures: {} }, content: [] });
await app.getByText("another form than this page knows").waitFor();
assert.equal(await app.locator("main").count(), 0, "nothing old stays");
// Without the call's arguments a list cannot go on, and says nothing else.
await page.evaluate((what) => present(what), { html, input: undefined, result: search, context: light, capabilities: everything });
await app.locator(".row").first().waitFor();
assert.equal(await app.getByRole("button", { name: "Show more" }).count(), 0);
// Of two threads that were asked for, the later one stays.
await page.evaluate(() => {
  const ask = window.askServer;
  let calls = 0;
  window.askServer = async (params) => {
    if (++calls === 1) await new Promise((resolve) => setTimeout(resolve, 1_500));
    return ask(params);
  };
});
await present(search, query);
await app.locator(".row").nth(0).click();
await app.locator(".row").nth(1).click();
await app.locator("article").first().waitFor();
const stays = await app.locator("h1").textContent();
await page.waitForTimeout(2_000);
assert.equal(await app.locator("h1").textContent(), stays, "a late answer shows nothing");
// Empty lists and periods.
const nothing = { query: "zzzzunfindable" };
await present(await call("search_conversations", nothing), nothing);
await app.getByText("0 conversations").waitFor();
const quiet = { timeframe: "2020-01", group_by: "tag" };
await present(await call("get_conversation_stats", quiet), quiet);
await app.locator(".tiles", { hasText: "unknown" }).waitFor();

await pictures("search", search, query);
await pictures("thread", noted, { id: noted.structuredContent.id });
await pictures("opened", search, query, async () => {
  await app.locator(".row").first().click();
  await app.locator("article").first().waitFor();
});
await pictures("stats", figures, byTag);
await pictures("days", days, byDay);

check((await page.evaluate(() => seen.heights)).some((height) => height > 300), "the page says how high it is");
assert.deepEqual(await page.evaluate(() => seen.refused), []);
assert.deepEqual(requested.filter((address) => address !== host && !address.startsWith("about:")), [], "it loads nothing");
assert.deepEqual(complaints, [], "the console is quiet");
await browser.close();
await client.close();
console.log(`${checks} checks; pictures are in ${process.env.CHECK_PICTURES}.`);
