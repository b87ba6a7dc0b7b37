// The declarations that the AI SDK would send to Gemini: its request is caught on its way out.

import { load, server } from "./callers.mjs";

const { generateText } = await load("ai");
const { createGoogleGenerativeAI } = await load("@ai-sdk/google");
const { createMCPClient } = await load("@ai-sdk/mcp");
const { Experimental_StdioMCPTransport } = await load("@ai-sdk/mcp/mcp-stdio");

let sent;
const google = createGoogleGenerativeAI({
  apiKey: "none",
  fetch: async (_, { body }) => {
    sent = JSON.parse(body);
    const candidates = [{ content: { parts: [{ text: "no" }], role: "model" }, finishReason: "STOP" }];
    return new Response(JSON.stringify({ candidates }), { headers: { "content-type": "application/json" } });
  },
});
const client = await createMCPClient({ transport: new Experimental_StdioMCPTransport(server) });
const { warnings } = await generateText({ model: google("gemini-2.5-flash"), tools: await client.tools(), prompt: "?" });
await client.close();
if (warnings?.length) throw new Error(JSON.stringify(warnings));
console.log(JSON.stringify(sent.tools[0].functionDeclarations ?? sent.tools[0].function_declarations));
process.exit(0);
