// Holds an entry for the MCP registry, on standard input, against what its schema
// (schemas/2025-12-11/server.schema.json) and the registry's own rules ask of it.
//
//   node registry.mjs BUNDLE.mcpb <server.json

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const entry = JSON.parse(readFileSync(0, "utf8"));
assert.match(entry.name, /^[a-zA-Z0-9.-]{1,150}\/[a-zA-Z0-9._-]+$/);
assert.ok(entry.description.length >= 1 && entry.description.length <= 100, "100 characters of description");
assert.match(entry.version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, "no range of versions");
assert.equal(entry.repository.source, "github");
const digest = createHash("sha256").update(readFileSync(process.argv[2])).digest("hex");
const kinds = new Set();
for (const { registryType, identifier, version, fileSha256, transport, environmentVariables } of entry.packages) {
  kinds.add(registryType);
  assert.deepEqual(transport, { type: "stdio" });
  assert.equal(version, entry.version);
  const token = environmentVariables.find(({ name }) => name === "INTERCOM_ACCESS_TOKEN");
  assert.ok(token.isSecret && token.isRequired, "the token is a secret");
  if (registryType !== "mcpb") {
    assert.equal(identifier, "fastintercom");
    continue;
  }
  // The registry takes bundles from releases only, and only with "mcp" in the address.
  assert.match(identifier, /^https:\/\/github\.com\/[^/]+\/[^/]+\/releases\/download\/[^/]+\/[^/]+\.mcpb$/);
  assert.equal(fileSha256, digest);
}
assert.deepEqual([...kinds].sort(), ["mcpb", "npm", "pypi"]);
// What the registry looks for in the packages themselves.
const root = new URL("../../", import.meta.url);
assert.ok(readFileSync(new URL("README.md", root), "utf8").includes(`mcp-name: ${entry.name} `));
assert.ok(readFileSync(new URL("host/packaging/npm.mjs", root), "utf8").includes(`mcpName: "${entry.name}"`));
assert.ok(readFileSync(new URL("docs/deploy/Dockerfile", root), "utf8").includes(`server.name="${entry.name}"`));
console.log(`The registry's entry names ${entry.packages.length} packages, the bundle with its digest`);
