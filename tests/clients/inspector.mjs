// The Inspector's command line, which opens a session for each question, in both eras.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";

const inspector = process.env.INSPECTOR;
const word = process.env.CLIENT_WORD;
const variables = process.env.CLIENT_ENVIRONMENT.split("\n").flatMap((line) => ["-e", line]);
let checks = 0;

/** Runs one method; returns what it printed. */
function inspect(era, method, options = [], code = 0) {
  const run = spawnSync(
    process.execPath,
    [
      inspector, "--cli", process.env.FASTINTERCOM_PROGRAM, ...variables,
      "--protocol-era", era, "--format", "json", "--method", method, ...options,
    ],
    { encoding: "utf8", env: { ...process.env, MCP_INSPECTOR_SECRET_STORE: "memory" } },
  );
  assert.equal(run.status, code, `${era} ${method} ${options}: ${run.stdout}${run.stderr}`);
  checks += 1;
  return { printed: run.stdout + (code === 0 ? "" : run.stderr), warnings: run.stderr };
}

console.log(`  version ${execFileSync(process.execPath, [inspector, "--cli", "--version"], { encoding: "utf8" }).trim()}`);
for (const era of ["legacy", "modern", "auto"]) {
  // 6 would be a schema that some client cannot take; a warning is about one that may not.
  const { printed, warnings } = inspect(era, "tools/list", ["--strict"]);
  assert.equal(JSON.parse(printed).result.tools.length, Number(process.env.CLIENT_TOOLS));
  checks += 1;

  const found = inspect(era, "tools/call", ["--tool-name", "search_conversations", "--tool-arg", `query=${word}`]);
  const answer = JSON.parse(found.printed).result.structuredContent;
  assert.equal(answer.total_matches, 1, `${era}: ${word} was to be found once`);
  checks += 1;
  // 5 is a tool's failure. It holds those to the output schema, too, and would say 1 and its own
  // words if they did not.
  const wrong = ["--tool-name", "search_conversations", "--tool-arg", "timeframe=soon"];
  assert.match(inspect(era, "tools/call", wrong, 5).printed, /timeframe.*soon/);
  checks += 1;

  inspect(era, "resources/list");
  inspect(era, "resources/templates/list");
  inspect(era, "resources/read", ["--uri", "intercom://status"]);
  inspect(era, "prompts/list");
  inspect(era, "prompts/get", ["--prompt-name", "weekly_summary"]);
  // Warnings of types with two names, which some dialects of JSON Schema lack: legal, and shorter.
  const portability = warnings.split("\n").filter((line) => line.startsWith("Warning:")).length;
  console.log(`  ${era}: strict mode is content, with ${portability} warnings`);
}
console.log(`${checks} checks`);
