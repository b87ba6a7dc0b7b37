// Packs the npm packages: one for each platform, which holds the program, and `fastintercom`, which
// has those as optional dependencies and runs the one that npm installed (as esbuild does).
//
//   node host/packaging/npm.mjs platform TARGET PROGRAM VERSION FOLDER
//   node host/packaging/npm.mjs main VERSION FOLDER
//
// Writes .tgz files into FOLDER. No script runs when they are installed.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const repository = "https://github.com/fastintercom/fastintercom";

// Static programs run on every Linux, whatever its C library.
const platforms = {
  "x86_64-unknown-linux-musl": ["linux", "x64"],
  "aarch64-unknown-linux-musl": ["linux", "arm64"],
  "aarch64-apple-darwin": ["darwin", "arm64"],
  "x86_64-apple-darwin": ["darwin", "x64"],
  "x86_64-pc-windows-msvc": ["win32", "x64"],
};
// For a trial on this machine.
platforms["x86_64-unknown-linux-gnu"] = platforms["x86_64-unknown-linux-musl"];

const name = (os, cpu) => `@fastintercom/${os}-${cpu}`;
const common = (version) => ({
  version,
  license: "MIT",
  homepage: `${repository}#readme`,
  repository: { type: "git", url: `git+${repository}.git` },
});

function pack(folder, output) {
  copyFileSync(join(here, "../../LICENSE"), join(folder, "LICENSE"));
  mkdirSync(output, { recursive: true });
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  execFileSync(npm, ["pack", "--silent", "--ignore-scripts", "--pack-destination", resolve(output)], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
}

const launcher = `#!/usr/bin/env node
// Runs the program of this platform, with this process's streams.
const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const platform = \`@fastintercom/\${process.platform}-\${process.arch}\`;
const file = process.platform === "win32" ? "fastintercom.exe" : "fastintercom";
let program;
try {
  program = require.resolve(\`\${platform}/bin/\${file}\`);
} catch {
  console.error(
    \`fastintercom: the package \${platform} is not installed. Either there is no program for this platform \` +
      "(${repository}/releases lists them), or npm was told to leave out optional packages (--omit=optional)."
  );
  process.exit(1);
}
const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(\`fastintercom: \${program} cannot be run (\${error.message})\`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
`;

const [kind, ...rest] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), "fastintercom-npm-"));
try {
  mkdirSync(join(work, "bin"));
  if (kind === "platform" && rest.length === 4 && platforms[rest[0]]) {
    const [target, program, version, output] = rest;
    const [os, cpu] = platforms[target];
    const file = os === "win32" ? "fastintercom.exe" : "fastintercom";
    copyFileSync(program, join(work, "bin", file));
    chmodSync(join(work, "bin", file), 0o755);
    const description = `FastIntercom's program for ${os} ${cpu}`;
    const manifest = { name: name(os, cpu), description, ...common(version), os: [os], cpu: [cpu], files: ["bin"] };
    writeFileSync(join(work, "package.json"), JSON.stringify({ ...manifest, preferUnplugged: true }, null, 2));
    pack(work, output);
  } else if (kind === "main" && rest.length === 2) {
    const [version, output] = rest;
    writeFileSync(join(work, "bin/fastintercom.js"), launcher);
    chmodSync(join(work, "bin/fastintercom.js"), 0o755);
    copyFileSync(join(here, "../../README.md"), join(work, "README.md"));
    const all = [...new Set(Object.values(platforms).map(([os, cpu]) => name(os, cpu)))];
    const manifest = {
      name: "fastintercom",
      description: "MCP server: a company's Intercom conversations from a fast local cache",
      ...common(version),
      mcpName: "io.github.fastintercom/fastintercom",
      keywords: ["mcp", "intercom", "model-context-protocol"],
      bin: { fastintercom: "bin/fastintercom.js" },
      files: ["bin"],
      engines: { node: ">=18" },
      optionalDependencies: Object.fromEntries(all.map((each) => [each, version])),
    };
    writeFileSync(join(work, "package.json"), JSON.stringify(manifest, null, 2));
    pack(work, output);
  } else {
    console.error("usage: node npm.mjs platform TARGET PROGRAM VERSION FOLDER | main VERSION FOLDER");
    process.exitCode = 2;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
