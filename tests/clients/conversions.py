"""Our tool definitions through a framework's own conversion into those of a model provider.

    conversions.py NAME          NAME is a function of this file

No model is called. Nothing may be lost on the way (a tool, parameter, type, description, enum
value, required entry), nothing may be complained about, and what comes out must hold to the
provider's rules: `guest/src/tools/tests/providers.rs` has them with their sources.
"""

import json
import logging
import os
import pathlib
import subprocess
import sys
import warnings

from common import tools

# Each takes the tools of `tools/list` and returns the provider's name and {name, description, parameters}.


def google_adk_declarations(listed):
    from google.adk.features import FeatureName, override_feature_enabled
    from google.adk.tools.mcp_tool.mcp_tool import McpTool
    from mcp.types import Tool

    # Else it hands our JSON Schema on as it is, and there is nothing to try.
    override_feature_enabled(FeatureName.JSON_SCHEMA_FOR_FUNC_DECL, False)
    converted = [McpTool(mcp_tool=Tool.model_validate(tool), mcp_session_manager=None) for tool in listed]
    return "gemini", [tool._get_declaration().model_dump(mode="json", exclude_none=True) for tool in converted]


def litellm_vertex(listed):
    from litellm.experimental_mcp_client.tools import transform_mcp_tool_to_openai_tool
    from litellm.llms.vertex_ai.gemini.vertex_and_google_ai_studio_gemini import VertexGeminiConfig
    from mcp.types import Tool

    openai = [transform_mcp_tool_to_openai_tool(Tool.model_validate(tool)) for tool in listed]
    settings = VertexGeminiConfig().map_openai_params({"tools": openai}, {}, "gemini-2.5-flash", False)
    return "gemini", settings["tools"][0]["function_declarations"]


def langchain_google_genai(listed):
    from langchain_google_genai._function_utils import convert_to_genai_function_declarations
    from langchain_mcp_adapters.tools import convert_mcp_tool_to_langchain_tool
    from mcp.types import Tool

    class Session: ...

    converted = [convert_mcp_tool_to_langchain_tool(Session(), Tool.model_validate(tool)) for tool in listed]
    declarations = convert_to_genai_function_declarations(converted)[0].function_declarations
    return "gemini", [each.model_dump(mode="json", exclude_none=True) for each in declarations]


def ai_sdk_google(_):
    script = pathlib.Path(__file__).with_name("conversions.mjs")
    return "gemini", json.loads(subprocess.run(["node", script], check=True, stdout=subprocess.PIPE).stdout)


# The major version before, which converts the schemas itself.
ai_sdk_google_3 = ai_sdk_google


def openai_agents_strict(listed):
    from agents.mcp import MCPServerStdio, MCPUtil
    from mcp.types import Tool

    server = MCPServerStdio({"command": os.environ["FASTINTERCOM_PROGRAM"]})
    declarations = []
    for tool in listed:
        converted = MCPUtil.to_function_tool(Tool.model_validate(tool), server, convert_schemas_to_strict=True)
        # It gives up without a warning, and goes on without strictness.
        assert converted.strict_json_schema, f"{tool['name']}: was not made strict"
        declarations.append({"name": converted.name, "description": converted.description,
                             "parameters": converted.params_json_schema})
    return "openai", declarations


def pydantic_ai_google(listed):
    from pydantic_ai.profiles.google import GoogleJsonSchemaTransformer

    return "json schema", [{"name": tool["name"], "description": tool["description"],
                            "parameters": GoogleJsonSchemaTransformer(tool["inputSchema"]).walk()} for tool in listed]


def pydantic_ai_openai(listed):
    from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer

    declarations = []
    for tool in listed:
        parameters = OpenAIJsonSchemaTransformer(tool["inputSchema"], strict=True).walk()
        declarations.append({"name": tool["name"], "description": tool["description"], "parameters": parameters})
    return "openai", declarations


# Complaints that are the client's own affair.
KNOWN = [
    # OpenAI and Anthropic require it, Gemini knows it not, and here a warning says that it is left out.
    "Key 'additionalProperties' is not supported in schema, ignoring",
]

# All fields of Gemini's `Schema`.
GEMINI = set(
    "type format title description nullable enum items maxItems minItems properties required minProperties "
    "maxProperties minLength maxLength pattern example anyOf propertyOrdering default minimum maximum "
    "max_items min_items property_ordering any_of".split()
)


def kind(schema):
    """The type in JSON Schema's letters; the optional ones of OpenAI's strict mode may be null, too."""
    value = schema.get("type")
    if isinstance(value, list) and len(value) == 2 and "null" in value:
        value = next(one for one in value if one != "null")
    return value.lower() if isinstance(value, str) else value


def compare(place, ours, theirs, faults):
    """What the conversion lost or changed."""
    def fault(words):
        faults.append(f"{place}: {words}")

    if kind(theirs) != ours["type"]:
        fault(f"type {ours['type']} became {theirs.get('type')}")
    if ours.get("description", "") not in theirs.get("description", ""):
        fault("the description is lost")
    if lost := [word for word in ours.get("enum", []) if word not in theirs.get("enum", [])]:
        fault(f"enum values are lost: {lost}")
    if lost := [name for name in ours.get("required", []) if name not in theirs.get("required", [])]:
        fault(f"no longer required: {lost}")
    for name, schema in ours.get("properties", {}).items():
        if name in theirs.get("properties", {}):
            compare(f"{place}.{name}", schema, theirs["properties"][name], faults)
        else:
            fault(f"the parameter {name} is lost")
    if "items" in ours:
        compare(f"{place}[]", ours["items"], theirs.get("items") or {}, faults)


def lint(place, provider, schema, faults):
    """What the provider would refuse."""
    def fault(words):
        faults.append(f"{place}: {words}")

    if "type" not in schema:
        fault("no type")
    if "items" in schema and kind(schema) != "array" or kind(schema) == "array" and not schema.get("items"):
        fault("`items` belongs to arrays, and every array needs it")
    if provider == "gemini":
        if isinstance(schema.get("type"), list):
            fault("a list of types")
        if "enum" in schema and kind(schema) != "string":
            fault("`enum` on something else than a text")
        if strange := set(schema) - GEMINI:
            fault(f"Gemini's Schema has no {sorted(strange)}")
    if provider == "openai" and kind(schema) == "object":
        if schema.get("additionalProperties") is not False:
            fault("an open object")
        if lost := set(schema.get("properties", {})) - set(schema.get("required", [])):
            fault(f"strict mode requires all, but not {sorted(lost)}")
    for name in schema.get("required") or []:
        if name not in schema.get("properties", {}):
            fault(f"{name} is required and no property")
    for name, property in (schema.get("properties") or {}).items():
        lint(f"{place}.{name}", provider, property, faults)
    if schema.get("items"):
        lint(f"{place}[]", provider, schema["items"], faults)


class Complaints(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.said = []

    def emit(self, record):
        self.said.append(f"{record.name}: {record.getMessage()}")


def main(name):
    listed = tools()
    convert = globals()[name.replace("-", "_")]
    convert(json.loads(json.dumps(listed)))  # The first time for what is said of the import.
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger) and not logger.propagate:
            logger.addHandler(complaints)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        provider, declarations = convert(json.loads(json.dumps(listed)))
    faults = [f"complains: {words}" for words in complaints.said if not any(known in words for known in KNOWN)]
    faults += [f"warns: {warning.message}" for warning in warned if warning.category is UserWarning]
    theirs = {tool["name"]: tool for tool in declarations}
    parameters = 0
    for tool in listed:
        name, ours = tool["name"], tool["inputSchema"]
        if name not in theirs:
            faults.append(f"{name}: the tool is lost")
            continue
        if tool["description"] not in theirs[name].get("description", ""):
            faults.append(f"{name}: the tool's description is lost")
        converted = theirs[name].get("parameters")
        if "parametersJsonSchema" in theirs[name]:
            # Gemini's other field, which takes JSON Schema as it is.
            converted, provider = theirs[name]["parametersJsonSchema"], "json schema"
        parameters += len(ours["properties"])
        # A tool without parameters needs none declared.
        if converted or ours["properties"]:
            compare(name, ours, converted or {}, faults)
            lint(name, provider, converted or {}, faults)
    print("\n".join(f"  {fault}" for fault in faults))
    if faults:
        print(f"result: {len(faults)} faults: {faults[0]}")
        sys.exit(1)
    print(f"result: nothing lost of {parameters} parameters in {len(listed)} tools")


if __name__ == "__main__":
    main(sys.argv[1])
