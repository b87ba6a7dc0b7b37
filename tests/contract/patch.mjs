// Makes Intercom's OpenAPI description usable for validation.
//
//   node patch.mjs js-yaml-module in.yaml out.json
//
// As published, the description silently validates nothing of what a sync uses: Prism swallows
// the error when a schema cannot be compiled, and treats everything as valid then. Each step
// below says what it mends. The last part accepts what the live API was seen to return although
// the description does not; nothing else is relaxed.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [jsYaml, source, target] = process.argv.slice(2);
const module = await import(pathToFileURL(jsYaml));
const { load } = module.default ?? module;
const description = load(readFileSync(source, "utf8"));
const schemas = description.components.schemas;
const reference = (name) => ({ $ref: `#/components/schemas/${name}` });

// `nullable` adds null to an enum; where the enum lists null itself, the duplicate does not
// compile. Next to allOf without a type, `nullable` does not compile either.
function mend(node) {
  if (node === null || typeof node !== "object") return;
  if (Array.isArray(node.enum) && node.enum.includes(null)) {
    node.enum = node.enum.filter((value) => value !== null);
  }
  // Addresses within the API are relative, as the examples show, and `uri` means absolute ones.
  if (node.format === "uri" && String(node.example).startsWith("/")) node.format = "uri-reference";
  // A kind of object, such as "note", is no address, whatever the description says.
  if (node.format === "uri" && /^[a-z]+$/.test(String(node.example))) delete node.format;
  if (typeof node.nullable === "boolean" && !("type" in node) && !("$ref" in node)) delete node.nullable;
  Object.values(node).forEach(mend);
}
mend(description);

// A filter group contains itself, which does not compile. Unrolled to the depth that the
// documentation allows: two nested groups, 15 filters each.
const single = reference("single_filter_search_request");
const group = (children) => ({
  type: "object",
  required: ["operator", "value"],
  properties: {
    operator: { type: "string", enum: ["AND", "OR"] },
    value: { type: "array", minItems: 1, maxItems: 15, items: { anyOf: children } },
  },
});
schemas.single_filter_search_request.required = ["field", "operator", "value"];
schemas.filter_group_inner = group([single]);
schemas.filter_group_middle = group([single, reference("filter_group_inner")]);
schemas.multiple_filter_search_request = group([single, reference("filter_group_middle")]);
Object.assign(schemas.search_request.properties, {
  query: { anyOf: [single, reference("multiple_filter_search_request")] },
  // From the pagination guide; the description forgets it.
  sort: {
    type: "object",
    properties: { field: { type: "string" }, order: { type: "string", enum: ["ascending", "descending"] } },
  },
});
Object.assign(schemas.starting_after_paging.properties.per_page, { minimum: 1, maximum: 150 });
// A number is a string, too, to a validator that converts: with oneOf every value would be both.
const value = schemas.single_filter_search_request.properties.value;
value.anyOf = value.oneOf;
delete value.oneOf;

// Answers that every endpoint can give, and of which the description tells only some.
const failure = (code, message) => ({
  description: message,
  content: {
    "application/json": {
      schema: reference("error"),
      example: { type: "error.list", request_id: "b14d75ab", errors: [{ code, message }] },
    },
  },
});
const failures = {
  400: failure("client_error", "Invalid starting_after param."),
  401: failure("unauthorized", "Access Token Invalid"),
  404: failure("not_found", "Resource Not Found"),
  429: failure("rate_limit_exceeded", "Exceeded rate limit of 167 in 10_seconds"),
  500: failure("server_error", "Internal Server Error"),
  503: failure("service_unavailable", "Sorry, the API service is temporarily unavailable"),
};
for (const [path, method] of [
  ["/conversations/search", "post"],
  ["/conversations/{conversation_id}", "get"],
  ["/conversations/deleted", "get"],
  ["/contacts/search", "post"],
  ["/contacts/{contact_id}", "get"],
  ["/admins", "get"],
  ["/teams", "get"],
  ["/tags", "get"],
  ["/me", "get"],
  ["/tickets/search", "post"],
  ["/tickets/{ticket_id}", "get"],
]) {
  const responses = description.paths[path][method].responses;
  for (const [status, response] of Object.entries(failures)) responses[status] ??= response;
}

// What the live API was seen to return (recorded answers, connectors' issues).
const anything = { type: "object", additionalProperties: true };
for (const property of Object.values(schemas.conversation_statistics.properties)) {
  if ("type" in property) property.nullable = true;
}
// Null, number and text were seen.
delete schemas.conversation_statistics.properties.last_closed_by_id;
schemas.custom_attributes = anything;
for (const name of ["conversation", "conversation_list_item"]) {
  const properties = schemas[name]?.properties;
  if (!properties) continue;
  if ("custom_attributes" in properties) properties.custom_attributes = anything;
  properties.source = {
    anyOf: [reference("conversation_source"), { type: "object", nullable: true, maxProperties: 0 }],
  };
  properties.admin_assignee_id.nullable = true;
  properties.team_assignee_id.nullable = true;
}
const kind = schemas.conversation_source.properties.type;
kind.nullable = true;
delete kind.enum;
schemas.cursor_pages.properties.per_page = { anyOf: [{ type: "integer" }, { type: "string" }] };
// Leads without an address: null, and in the parts of a conversation the empty string.
schemas.contact.properties.email.nullable = true;
for (const author of [schemas.conversation_part_author, schemas.ticket_part_author]) {
  author.properties.email = { type: "string", nullable: true, anyOf: [{ format: "email" }, { maxLength: 0 }] };
}
// Null in the examples of the description itself.
schemas.ticket_type_attribute.properties.input_options.nullable = true;
// The description calls the list `.teammates`.
schemas.conversation_teammates.properties.admins = { type: "array", items: reference("reference") };
delete schemas.conversation_part.properties.event_details;
schemas.conversation_part.properties.id = { anyOf: [{ type: "string" }, { type: "integer" }] };

writeFileSync(target, JSON.stringify(description));
