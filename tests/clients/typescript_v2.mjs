// The TypeScript SDK, version 2: it opens in the legacy way unless told otherwise.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

import { check, finish, scenario, server } from "./scenario.mjs";

const require = createRequire(`${process.env.CLIENT_MODULES}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Client } = await load("@modelcontextprotocol/client");
const { StdioClientTransport } = await load("@modelcontextprotocol/client/stdio");

const modes = {
  "by default": [undefined, "2025-11-25"],
  auto: [{ mode: "auto" }, "2026-07-28"],
  pinned: [{ mode: { pin: "2026-07-28" } }, "2026-07-28"],
};

for (const [mode, [versionNegotiation, revision]] of Object.entries(modes)) {
  const client = new Client({ name: "fastintercom-tests", version: "1" }, { versionNegotiation });
  await client.connect(new StdioClientTransport(server));
  client.revision = client.getNegotiatedProtocolVersion();
  const callTool = client.callTool.bind(client);
  client.callTool = (name, arguments_, options) => callTool({ name, arguments: arguments_ }, options);
  await scenario(mode, revision, client);
  if (revision === "2026-07-28") {
    let updated;
    const told = new Promise((resolve) => (updated = resolve));
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => updated(params.uri));
    const subscription = await client.listen({ resourceSubscriptions: ["intercom://status"] });
    check(subscription.honoredFilter.resourceSubscriptions.length === 1, "the status can be listened to");
    await client.callTool("force_sync", {});
    check((await told) === "intercom://status", "the end of a sync is told");
    await subscription.close();
  }
  await client.close();
}
finish();
