// What both TypeScript SDKs are asked to do: the same calls, through an adapter for each.

import assert from "node:assert/strict";

const word = process.env.CLIENT_WORD;
const conversations = Number(process.env.CLIENT_CONVERSATIONS);

/** How to start the server, as a client's configuration says it. */
export const server = {
  command: process.env.FASTINTERCOM_PROGRAM,
  args: ["serve"],
  env: Object.fromEntries(
    process.env.CLIENT_ENVIRONMENT.split("\n").map((line) => {
      const equals = line.indexOf("=");
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  ),
};

const expected = Number(process.env.CLIENT_TOOLS);
let checks = 0;

/** Counts what held; stops at the first that does not. */
export function check(holds, words) {
  assert.ok(holds, words);
  checks += 1;
}

export function finish() {
  console.log(`${checks} checks`);
  // A server that was not shut down would keep this process alive.
  process.exit(0);
}

/**
 * @param mode what to call this session in the output
 * @param revision the one that must have been agreed on
 * @param client {revision, callTool(name, arguments, options), …} with the SDK's other methods
 */
export async function scenario(mode, revision, client) {
  const name = client.getServerVersion().name;
  console.log(`  ${mode}: ${client.revision} with ${name}`);
  check(client.revision === revision, `${mode} was to speak ${revision}, not ${client.revision}`);
  check(name === "fastintercom", "the server's name");
  check(client.getInstructions().includes("cache"), "instructions");

  const { tools } = await client.listTools();
  check(tools.length === expected, `${expected} tools, not ${tools.length}`);
  check(tools.every((tool) => tool.title && tool.annotations && tool.outputSchema), "definitions are whole");

  // The SDK itself holds the structured answer against the tool's output schema.
  const call = async (tool, arguments_ = {}, options = undefined) => {
    const result = await client.callTool(tool, arguments_, options);
    check(!result.isError, `${tool}: ${JSON.stringify(result.content)}`);
    check(typeof result.structuredContent === "object", `${tool} has no structured answer`);
    return result.structuredContent;
  };
  const info = await call("get_data_info");
  check(info.total_conversations === conversations, `${info.total_conversations} conversations`);
  const coverage = await call("check_coverage", {
    start_date: info.coverage_start,
    end_date: info.coverage_end,
  });
  check(coverage.has_coverage, "the covered days are not covered");
  for (const tool of ["get_sync_status", "get_server_status", "get_conversation_stats"]) {
    await call(tool);
  }
  await call("list_filters", { kind: "tags" });

  const found = await call("search_conversations", { query: word });
  check(found.total_matches === 1, `${word} was to be found once`);
  const hit = found.conversations[0];
  const thread = await call("get_conversation", { id: hit.id });
  const place = thread.messages.findIndex((message) => message.body.includes(word));
  check(place === 4, `${word} was to be in the fourth reply, not in number ${place}`);
  await call("get_customer", { customer: hit.customer_email });
  const rows = await call("query_database", { sql: "SELECT count(*) AS n FROM v_conversations" });
  check(JSON.stringify(rows).includes(String(conversations)), "SQL was to count the conversations");

  const steps = [];
  const sync = await call("force_sync", {}, { onprogress: ({ progress }) => steps.push(progress) });
  check(sync.success, "force_sync");
  check(steps.every((step, index) => index === 0 || step > steps[index - 1]), `progress rises: ${steps}`);
  await call("sync_conversations", { force: true });

  // Version 1 holds failures to the output schema, too, and shows its own complaint if they do not.
  const { isError, content } = await client.callTool("search_conversations", { timeframe: "since the flood" });
  check(isError && content[0].text.includes("timeframe"), `not our sentence: ${JSON.stringify(content)}`);
  await assert.rejects(client.callTool("delete_everything", {}), { code: -32602 });
  check(true);

  const abort = new AbortController();
  const aborted = client.callTool("force_sync", {}, { signal: abort.signal });
  setImmediate(() => abort.abort("enough"));
  await assert.rejects(aborted);
  await call("get_data_info");

  const { resources } = await client.listResources();
  for (const { uri } of resources) {
    const { contents } = await client.readResource({ uri });
    check(contents.length === 1 && contents[0].uri === uri && contents[0].text, uri);
  }
  const { resourceTemplates } = await client.listResourceTemplates();
  const uri = resourceTemplates[0].uriTemplate.replace("{id}", hit.id);
  check((await client.readResource({ uri })).contents[0].text.includes(word), uri);
  await assert.rejects(client.readResource({ uri: "intercom://nothing" }));
  check(true);

  const { prompts } = await client.listPrompts();
  for (const prompt of prompts) {
    const needed = (prompt.arguments ?? []).filter((argument) => argument.required);
    const values = Object.fromEntries(needed.map((argument) => [argument.name, "last week"]));
    const { messages } = await client.getPrompt({ name: prompt.name, arguments: values });
    check(messages[0].content.text.length > 0, prompt.name);
  }
  const { completion } = await client.complete({
    ref: { type: "ref/prompt", name: "weekly_summary" },
    argument: { name: "team", value: "" },
  });
  check(completion.values.length > 0 && completion.values.length <= 100, "teams to choose from");
}
