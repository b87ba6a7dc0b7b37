// The TypeScript SDK, version 1, which most published clients are built with: legacy only.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

import { check, finish, scenario, server } from "./scenario.mjs";

const require = createRequire(`${process.env.CLIENT_MODULES}/`);
const load = (name) => import(pathToFileURL(require.resolve(`@modelcontextprotocol/sdk/${name}`)).href);
const { Client } = await load("client/index.js");
const { StdioClientTransport } = await load("client/stdio.js");
const { ResourceUpdatedNotificationSchema } = await load("types.js");

const client = new Client({ name: "fastintercom-tests", version: "1" });
const transport = new StdioClientTransport(server);
transport.setProtocolVersion = (version) => (client.revision = version);
await client.connect(transport);
const callTool = client.callTool.bind(client);
client.callTool = (name, arguments_, options) =>
  callTool({ name, arguments: arguments_ }, undefined, options);
await scenario("legacy", "2025-11-25", client);

let updated;
const told = new Promise((resolve) => (updated = resolve));
client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => updated(params.uri));
await client.subscribeResource({ uri: "intercom://status" });
await client.callTool("force_sync", {});
check((await told) === "intercom://status", "the end of a sync is told");
await client.unsubscribeResource({ uri: "intercom://status" });
await client.close();
finish();
