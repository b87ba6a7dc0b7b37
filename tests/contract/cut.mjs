// Cuts Intercom's OpenAPI description to the requests that we make, with all that they refer to.
//
//   node cut.mjs js-yaml-module whole.yaml cut.yaml
//
// The whole one is descriptions/2.16/api.intercom.io.yaml of github.com/intercom/Intercom-OpenAPI.
// Nothing in what is kept is changed; `patch.mjs` does that, step by step, at every run.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [jsYaml, source, target] = process.argv.slice(2);
const module = await import(pathToFileURL(jsYaml));
const { load, dump } = module.default ?? module;
const whole = load(readFileSync(source, "utf8"));

const requests = {
  "/admins": ["get"],
  "/articles": ["get"],
  "/articles/{article_id}": ["get"],
  "/companies/list": ["post"],
  "/companies/scroll": ["get"],
  "/companies/{company_id}": ["get"],
  "/contacts/search": ["post"],
  "/contacts/{contact_id}": ["get"],
  "/conversations/deleted": ["get"],
  "/conversations/search": ["post"],
  "/conversations/{conversation_id}": ["get"],
  "/help_center/collections": ["get"],
  "/me": ["get"],
  "/tags": ["get"],
  "/teams": ["get"],
  "/tickets/search": ["post"],
  "/tickets/{ticket_id}": ["get"],
};

const cut = { ...whole, paths: {}, components: { securitySchemes: whole.components.securitySchemes } };
delete cut.tags;
for (const [path, methods] of Object.entries(requests)) {
  const found = whole.paths[path];
  if (!found) throw new Error(`the description has no ${path}`);
  const others = ["get", "put", "post", "delete", "patch"].filter((method) => !methods.includes(method));
  cut.paths[path] = Object.fromEntries(Object.entries(found).filter(([key]) => !others.includes(key)));
}

function keep(node) {
  if (node === null || typeof node !== "object") return;
  if (typeof node.$ref === "string") {
    const [, , kind, name] = node.$ref.split("/");
    const schema = whole.components[kind]?.[name];
    if (!schema) throw new Error(`the description has no ${node.$ref}`);
    cut.components[kind] ??= {};
    if (!cut.components[kind][name]) {
      cut.components[kind][name] = schema;
      keep(schema);
    }
  }
  Object.values(node).forEach(keep);
}
keep(cut.paths);
for (const kind of Object.keys(cut.components)) {
  cut.components[kind] = Object.fromEntries(Object.entries(cut.components[kind]).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const head = `# Cut from Intercom's own description by cut.mjs; the licence is beside it.\n`;
writeFileSync(target, head + dump(cut, { noRefs: true, lineWidth: 120 }));
