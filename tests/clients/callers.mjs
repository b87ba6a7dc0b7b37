// The calls of calls.json through clients that are not ours, each by the way a program would use it.
//
//   callers.mjs NAME          NAME is a key of `clients`

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { execFile } from "node:child_process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

export const server = {
  command: process.env.FASTINTERCOM_PROGRAM,
  args: ["serve"],
  env: Object.fromEntries(process.env.CLIENT_ENVIRONMENT.split("\n").map((line) => line.split(/=(.*)/s, 2))),
};
const url = process.env.CLIENT_URL;
const headers = { Authorization: `Bearer ${process.env.CLIENT_TOKEN}` };

const modules = process.env.CLIENT_MODULES;
const require = createRequire(`${modules}/`);
/** A package of the scratch folder. */
export const load = async (name) => {
  const path = name.replace(/^((?:@[^/]+\/)?[^/]+)/, "");
  // Some can be imported but not required: those are found by what their package says.
  try {
    return await import(pathToFileURL(require.resolve(name)).href);
  } catch (error) {
    if (error.code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error;
    const folder = `${modules}/${path ? name.slice(0, -path.length) : name}`;
    const entry = JSON.parse(readFileSync(`${folder}/package.json`)).exports[`.${path}`];
    const file = (at) => (typeof at === "string" ? at : file(at.import ?? at.node ?? at.default));
    return import(pathToFileURL(`${folder}/${file(entry)}`).href);
  }
};

/** The text of an answer, and an error where it is one. */
function text(answer) {
  if (answer?.isError) throw new Error(JSON.stringify(answer.content ?? answer));
  return typeof answer === "string" ? answer : JSON.stringify(answer?.content ?? answer);
}

/** A client of the SDK, with a program between it and the server. */
async function through(command, ...args) {
  const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
  const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");
  const client = new Client({ name: "tests", version: "1" });
  const env = { ...process.env, ...server.env };
  await client.connect(new StdioClientTransport({ command: `${modules}/.bin/${command}`, args, env, stderr: "ignore" }));
  return {
    names: (await client.listTools()).tools.map((tool) => tool.name),
    call: async (name, values) => text(await client.callTool({ name, arguments: values })),
  };
}

// Each returns the names of the tools, and what calls one: it returns the text, or throws with it.
const clients = {
  "ai-sdk": async () => {
    const { createMCPClient } = await load("@ai-sdk/mcp");
    const { Experimental_StdioMCPTransport } = await load("@ai-sdk/mcp/mcp-stdio");
    const client = await createMCPClient({ transport: new Experimental_StdioMCPTransport(server) });
    const tools = await client.tools();
    const options = { toolCallId: "1", messages: [] };
    return { names: Object.keys(tools), call: async (name, values) => text(await tools[name].execute(values, options)) };
  },
  "ai-sdk-http": async () => {
    const { createMCPClient } = await load("@ai-sdk/mcp");
    const client = await createMCPClient({ transport: { type: "http", url, headers } });
    const tools = await client.tools();
    const options = { toolCallId: "1", messages: [] };
    return { names: Object.keys(tools), call: async (name, values) => text(await tools[name].execute(values, options)) };
  },
  "langchain-js": async () => {
    const { MultiServerMCPClient } = await load("@langchain/mcp-adapters");
    const client = new MultiServerMCPClient({ mcpServers: { fastintercom: { ...server, transport: "stdio" } } });
    const tools = Object.fromEntries((await client.getTools()).map((tool) => [tool.name, tool]));
    return { names: Object.keys(tools), call: async (name, values) => text(await tools[name].invoke(values)) };
  },
  "openai-agents-js": async () => {
    const { MCPServerStdio, RunContext, getAllMcpTools } = await load("@openai/agents");
    const client = new MCPServerStdio(server);
    await client.connect();
    const tools = await getAllMcpTools({ mcpServers: [client], convertSchemasToStrict: true });
    const named = Object.fromEntries(tools.map((tool) => [tool.name, tool]));
    return {
      names: Object.keys(named),
      call: async (name, values) => text(await named[name].invoke(new RunContext(), JSON.stringify(values))),
    };
  },
  mastra: async () => {
    const { MCPClient } = await load("@mastra/mcp");
    const client = new MCPClient({ servers: { fastintercom: server } });
    const tools = await client.listTools();
    const prefix = "fastintercom_";
    return {
      names: Object.keys(tools).map((name) => name.slice(prefix.length)),
      call: async (name, values) => text(await tools[prefix + name].execute(values, {})),
    };
  },
  genkit: async () => {
    const { genkit } = await load("genkit");
    const { createMcpHost } = await load("@genkit-ai/mcp");
    const host = createMcpHost({ name: "tests", mcpServers: { fastintercom: server } });
    const tools = await host.getActiveTools(genkit({}));
    const named = Object.fromEntries(tools.map((tool) => [tool.__action.name.split("/").pop(), tool]));
    return { names: Object.keys(named), call: async (name, values) => text(await named[name](values)) };
  },
  mcporter: async () => {
    const { createRuntime } = await load("mcporter");
    const { command, args, env } = server;
    const runtime = await createRuntime({
      servers: [{ name: "fastintercom", command: { kind: "stdio", command, args, cwd: process.cwd() }, env }],
    });
    return {
      names: (await runtime.listTools("fastintercom")).map((tool) => tool.name),
      call: async (name, values) => text(await runtime.callTool("fastintercom", name, { args: values })),
    };
  },
  "mcp-remote": () => through("mcp-remote", url, "--header", `Authorization: ${headers.Authorization}`, "--allow-http"),
  supergateway: () =>
    through("supergateway", "--streamableHttp", url, "--header", `Authorization: ${headers.Authorization}`, "--logLevel", "none"),
};

// These leave out what the schema does not name, so that the server never sees it.
const dropUnknown = new Set();
// These hold the arguments to the schema themselves, and do not say what is wrong with them.
const refuse = { "langchain-js": "Received tool input did not match expected schema" };

const UNSAID = "refuses wrong arguments itself, without the reason";

async function main(name) {
  const folder = new URL("calls.json", import.meta.url);
  const calls = JSON.parse(readFileSync(folder, "utf8").replaceAll("{word}", process.env.CLIENT_WORD));
  const { stdout } = await promisify(execFile)(server.command, ["tools", "--json"], { env: server.env });
  const expected = JSON.parse(stdout).map((tool) => tool.name);
  const faults = [];
  const remarks = [];
  const { names, call } = await clients[name]();
  const missing = expected.filter((tool) => !names.includes(tool));
  if (missing.length > 0) faults.push(`tools are missing: ${missing}`);
  let checks = 1;
  let found = "none";
  for (const { tool, arguments: values, says, fails } of calls) {
    const what = `${tool} ${JSON.stringify(values)}`;
    let answer;
    let error;
    try {
      answer = await call(tool, JSON.parse(JSON.stringify(values).replaceAll("{id}", found)));
    } catch (thrown) {
      error = `${thrown.name}: ${thrown.message}`;
    }
    console.log(`  ${what}: ${answer ?? error}`.slice(0, 300).replaceAll("\n", " "));
    checks += 1;
    // Without what clients add and leave out when they print JSON.
    const bare = answer?.replace(/[\s"'\\]/g, "");
    if (says) {
      const missing = error ?? says.filter((words) => !bare.includes(words)).join();
      if (missing) faults.push(`${what}: ${error ?? `without ${missing}: ${answer.slice(0, 200)}`}`);
      else if (found === "none") found = bare.match(/conversations:\[\{id:(\d+)/)[1];
    } else if (!error && "qeury" in values && dropUnknown.has(name)) {
      remarks.push("drops unknown arguments");
    } else if (refuse[name] && error?.includes(refuse[name])) {
      if (!remarks.includes(UNSAID)) remarks.push(UNSAID);
    } else if (!(error ?? answer).includes(fails)) {
      faults.push(`${what}: ${error ? `the error does not say ${fails}` : "no error"}: ${(error ?? answer).slice(0, 200)}`);
    }
  }
  for (const fault of faults) console.log(`  FAULT ${fault}`);
  console.log(`result: ${faults.length ? `${faults.length} faults: ${faults[0].slice(0, 160)}` : [`${checks} checks`, ...remarks].join(", ")}`);
  // Some leave something behind that would keep this process alive.
  process.exit(faults.length ? 1 : 0);
}

if (process.argv[1] === new URL(import.meta.url).pathname) await main(process.argv[2]);
