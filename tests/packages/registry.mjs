// A registry of npm packages on loopback that has the packed files of a folder and nothing else:
//
//   node registry.mjs FOLDER     prints its address

import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const folder = process.argv[2];
const packages = new Map(readdirSync(folder).filter((file) => file.endsWith(".tgz")).map((file) => {
  const manifest = JSON.parse(execFileSync("tar", ["-xzOf", join(folder, file), "package/package.json"], { encoding: "utf8" }));
  return [manifest.name, { file, manifest, bytes: readFileSync(join(folder, file)) }];
}));

const server = createServer((request, response) => {
  const path = decodeURIComponent(request.url.slice(1));
  const file = [...packages.values()].find((one) => `files/${one.file}` === path);
  const found = packages.get(path);
  if (file) return response.end(file.bytes);
  if (!found) return response.writeHead(404).end("{}");
  const { manifest, bytes } = found;
  const dist = {
    tarball: `http://${request.headers.host}/files/${found.file}`,
    integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
  };
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({
    name: manifest.name,
    "dist-tags": { latest: manifest.version },
    versions: { [manifest.version]: { ...manifest, dist } },
  }));
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
