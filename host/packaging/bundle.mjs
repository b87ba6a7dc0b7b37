// Packs the server as an MCP bundle, which desktop clients install with a double click.
//
//   node host/packaging/bundle.mjs BINARY PLATFORM OUTPUT.mcpb MCPB
//
// PLATFORM is what the manifest calls it: linux, darwin or win32; a bundle holds one binary, so
// each processor has one of its own. MCPB is the command of @anthropic-ai/mcpb. The tools in the
// manifest are what the binary itself lists, where this machine can run it.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [binary, platform, output, mcpb] = process.argv.slice(2);
if (!mcpb || !["linux", "darwin", "win32"].includes(platform)) {
  console.error("usage: node bundle.mjs BINARY linux|darwin|win32 OUTPUT.mcpb MCPB");
  process.exit(2);
}
const here = dirname(fileURLToPath(import.meta.url));
const manifest = JSON.parse(readFileSync(join(here, "manifest.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "fastintercom-bundle-"));
try {
  const suffix = platform === "win32" ? ".exe" : "";
  manifest.server.entry_point += suffix;
  manifest.compatibility = { platforms: [platform] };
  if (platform === process.platform) {
    // No database and no setting of this machine is touched.
    const env = { ...process.env, HOME: folder, FASTINTERCOM_DB_PATH: join(folder, "scratch", "data.db") };
    const run = (...words) => execFileSync(binary, words, { encoding: "utf8", env });
    const version = run("--version").trim().split(" ").pop();
    if (version !== manifest.version) {
      throw new Error(`manifest.json is of version ${manifest.version}, the binary of ${version}`);
    }
    manifest.tools = JSON.parse(run("tools", "--json")).map(({ name, title }) => ({ name, description: title }));
  }
  const content = join(folder, "bundle");
  mkdirSync(join(content, "server"), { recursive: true });
  writeFileSync(join(content, "manifest.json"), JSON.stringify(manifest, null, 2));
  copyFileSync(join(here, "../../LICENSE"), join(content, "LICENSE"));
  const program = join(content, "server", `fastintercom${suffix}`);
  copyFileSync(binary, program);
  chmodSync(program, 0o755);
  execFileSync(mcpb, ["validate", join(content, "manifest.json")], { stdio: "inherit" });
  execFileSync(mcpb, ["pack", content, output], { stdio: "inherit" });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
