// Writes the entry for the MCP registry: host/packaging/server.json with the bundles of a release
// and the packages of its version on npm and PyPI.
//
//   node host/packaging/registry.mjs TAG BUNDLE.mcpb…  >server.json
//
// The registry wants a bundle's digest and the address that it is downloaded from, so an entry can
// only be written when the bundles are there. Their names are those of the release's files.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [tag, ...bundles] = process.argv.slice(2);
if (!tag || bundles.length === 0) {
  console.error("usage: node registry.mjs TAG BUNDLE.mcpb…");
  process.exit(2);
}
const here = dirname(fileURLToPath(import.meta.url));
const entry = JSON.parse(readFileSync(join(here, "server.json"), "utf8"));
if (tag !== `v${entry.version}`) {
  console.error(`server.json is of version ${entry.version}, and the release is ${tag}`);
  process.exit(1);
}
const environmentVariables = [
  {
    name: "INTERCOM_ACCESS_TOKEN",
    description: "Access token of an Intercom app that may read conversations",
    isRequired: true,
    isSecret: true,
  },
  { name: "INTERCOM_REGION", description: "us, eu or au", default: "us", choices: ["us", "eu", "au"] },
];
const transport = { type: "stdio" };
entry.packages = bundles.map((bundle) => ({
  registryType: "mcpb",
  identifier: `${entry.repository.url}/releases/download/${tag}/${basename(bundle)}`,
  version: entry.version,
  fileSha256: createHash("sha256").update(readFileSync(bundle)).digest("hex"),
  transport,
  environmentVariables,
}));
// The registry looks for the server's name in them: `mcpName` in package.json, the comment
// `mcp-name:` in the description on PyPI.
for (const [registryType, runtimeHint] of [
  ["npm", "npx"],
  ["pypi", "uvx"],
]) {
  entry.packages.push({
    registryType,
    identifier: "fastintercom",
    version: entry.version,
    runtimeHint,
    transport,
    environmentVariables,
  });
}
console.log(JSON.stringify(entry, null, 2));
