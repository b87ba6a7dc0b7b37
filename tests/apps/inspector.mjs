// The page in a host that nobody here wrote: the Inspector, on the protocol's own library for hosts.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.CHECK_MODULES}/`);
const { chromium } = (await import(pathToFileURL(require.resolve("playwright-core")).href)).default;

/** The Inspector wants the number of its port beforehand. */
const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(String(port)));
  });
});

const inspector = spawn(process.execPath, [
  `${process.env.CHECK_MODULES}/.bin/mcp-inspector`, "--web",
  ...process.env.CHECK_ENVIRONMENT.split("\n").flatMap((line) => ["-e", line]), process.env.CHECK_PROGRAM,
], {
  env: {
    PATH: process.env.PATH, HOME: process.env.CHECK_HOME, MCP_AUTO_OPEN_ENABLED: "false",
    MCP_INSPECTOR_SECRET_STORE: "memory", CLIENT_PORT: await freePort(), MCP_SANDBOX_PORT: await freePort(),
  },
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  let said = "";
  // It prints its address, with the token for it.
  const address = await new Promise((resolve, reject) => {
    inspector.on("exit", (code) => reject(new Error(`the Inspector ended with ${code}: ${said}`)));
    inspector.stdout.on("data", (piece) => {
      said += piece;
      const found = /http:\/\/\S+API_TOKEN=\S+/.exec(said);
      if (found) resolve(found[0]);
    });
  });
  const browser = await chromium.launch({ executablePath: process.env.CHECK_CHROMIUM, args: ["--no-sandbox"] });
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(address);
  await page.getByLabel("Connect or disconnect").click({ force: true });
  await page.getByText("Apps", { exact: true }).first().click();
  await page.getByText("MCP Apps (3)").waitFor();
  const app = page.frameLocator("iframe").frameLocator("iframe");

  await page.getByText("Figures about conversations").first().click();
  await page.getByRole("button", { name: "Open App" }).click();
  await app.locator(".tiles").waitFor();

  await page.getByText("Search conversations").first().click();
  await page.getByLabel("query", { exact: true }).fill("refund");
  await page.getByRole("button", { name: "Open App" }).click();
  await app.locator("button.row").first().click();
  await app.locator("article.sought").waitFor();
  await page.screenshot({ path: `${process.env.CHECK_PICTURES}/inspector.png` });
  await app.getByRole("button", { name: "Back to the list" }).click();
  assert.ok(await app.locator("button.row").count() > 0);
  await browser.close();
  console.log("The Inspector draws figures, and opens a thread from a list.");
} finally {
  inspector.removeAllListeners("exit");
  inspector.kill();
}
