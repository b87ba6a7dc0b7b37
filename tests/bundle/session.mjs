// Installs the unpacked bundle the way a desktop client does, and talks to its server.
//
//   node session.mjs FOLDER HOME ADDRESS        ADDRESS is the line that the simulator printed

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [folder, home, address] = process.argv.slice(2);
const { base_url: baseUrl, token } = JSON.parse(address);
const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));

const settings = manifest.user_config;
assert.ok(settings.access_token.sensitive && settings.access_token.required, "the token is a secret");
const values = Object.fromEntries(Object.entries(settings).map(([key, { default: value }]) => [key, value]));
values.access_token = token;
values.initial_sync_days = 0;
const fill = (text) =>
  text
    .replaceAll("${__dirname}", folder)
    .replaceAll(/\$\{user_config\.(\w+)\}/g, (_, key) => String(values[key]));

const launch = manifest.server.mcp_config;
const command = fill(launch.platform_overrides?.[process.platform]?.command ?? launch.command);
const args = launch.args.map(fill);
assert.ok(!args.join(" ").includes(token), "the token is in no argument, which every process could read");
mkdirSync(home);
const server = spawn(command, args, {
  env: {
    ...Object.fromEntries(Object.entries(launch.env).map(([name, value]) => [name, fill(value)])),
    // The simulator instead of Intercom, and a home of its own.
    INTERCOM_BASE_URL: baseUrl,
    HOME: home,
    FASTINTERCOM_CACHE_DIR: process.env.FASTINTERCOM_CACHE_DIR,
    FASTINTERCOM_LOG: "warn",
  },
  stdio: ["pipe", "pipe", "inherit"],
});

const waiting = new Map();
createInterface({ input: server.stdout }).on("line", (line) => {
  const message = JSON.parse(line);
  waiting.get(message.id)?.(message);
});
let last = 0;
async function request(method, params) {
  const id = ++last;
  const answered = new Promise((resolve) => waiting.set(id, resolve));
  server.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
  const { result, error } = await answered;
  assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`);
  return result;
}

const clientInfo = { name: "bundle-test", version: "1" };
const opened = await request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
assert.equal(opened.serverInfo.version, manifest.version);
server.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
const { tools } = await request("tools/list", {});
assert.deepEqual(tools.map(({ name }) => name), manifest.tools.map(({ name }) => name), "the tools of the manifest");
const synced = await request("tools/call", { name: "force_sync", arguments: {} });
assert.equal(synced.structuredContent.success, true, JSON.stringify(synced.content));
const { structuredContent: info } = await request("tools/call", { name: "get_data_info", arguments: {} });
assert.equal(info.total_conversations, 60);
server.stdin.end();
const code = await new Promise((resolve) => server.on("exit", resolve));
assert.equal(code, 0, "the exit code");
console.log(`The unpacked bundle served a session: ${tools.length} tools, ${info.total_conversations} conversations`);
