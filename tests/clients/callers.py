"""The calls of calls.json through clients that are not ours, each by the way a program would use it.

    callers.py NAME          NAME is a function of this file

What is held to calls.json is the text that a model would read, or the error that it would.
"""

import asyncio
import contextlib
import json
import os
import pathlib
import re
import sys

from common import ENVIRONMENT, PROGRAM, WORD, tools

SERVER = {"command": PROGRAM, "args": ["serve"], "env": ENVIRONMENT}
URL = os.environ.get("CLIENT_URL")
TOKEN = os.environ.get("CLIENT_TOKEN")
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def texts(content):
    """The text of a list of content blocks, whatever they are called."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return texts(content.get("content") or content.get("text") or json.dumps(content))
    if isinstance(content, (list, tuple)):
        return "".join(map(texts, content))
    return getattr(content, "text", None) or str(content)


def bare(text):
    """Without what clients add and leave out when they print JSON."""
    return re.sub(r"""[\s"'\\\\]""", "", text)


def stdio_parameters():
    from mcp import StdioServerParameters

    return StdioServerParameters(**SERVER)


# These leave out what the schema does not name, so that the server never sees it.
DROP_UNKNOWN = {"mcp-use"}

# Each yields the names of the tools, and what calls one: it returns the text, or raises with it.


@contextlib.asynccontextmanager
async def fastmcp():
    from fastmcp import Client

    async with Client({"mcpServers": {"fastintercom": SERVER}}) as client:
        async def call(name, arguments):
            return texts((await client.call_tool(name, arguments)).content)

        yield [tool.name for tool in await client.list_tools()], call


@contextlib.asynccontextmanager
async def fastmcp_http():
    from fastmcp import Client

    async with Client(URL, auth=TOKEN) as client:
        async def call(name, arguments):
            return texts((await client.call_tool(name, arguments)).content)

        yield [tool.name for tool in await client.list_tools()], call


@contextlib.asynccontextmanager
async def langchain(server={**SERVER, "transport": "stdio"}):
    from langchain_mcp_adapters.client import MultiServerMCPClient

    client = MultiServerMCPClient({"fastintercom": server})
    offered = {tool.name: tool for tool in await client.get_tools()}

    async def call(name, arguments):
        message = await offered[name].ainvoke({"type": "tool_call", "id": "1", "name": name, "args": arguments})
        if message.status == "error":
            raise RuntimeError(texts(message.content))
        return texts(message.content)

    yield list(offered), call


def langchain_http():
    return langchain({"transport": "streamable_http", "url": URL, "headers": HEADERS})


@contextlib.asynccontextmanager
async def openai_agents(make=None):
    from agents.mcp import MCPServerStdio, MCPUtil
    from agents.tool_context import ToolContext

    async with make() if make else MCPServerStdio(SERVER, client_session_timeout_seconds=60) as server:
        offered = {
            tool.name: MCPUtil.to_function_tool(tool, server, True, failure_error_function=None)
            for tool in await server.list_tools()
        }

        async def call(name, arguments):
            arguments = json.dumps(arguments)
            context = ToolContext(None, tool_name=name, tool_call_id="1", tool_arguments=arguments)
            return texts(await offered[name].on_invoke_tool(context, arguments))

        yield list(offered), call


def openai_agents_http():
    from agents.mcp import MCPServerStreamableHttp

    return openai_agents(lambda: MCPServerStreamableHttp({"url": URL, "headers": HEADERS}))


@contextlib.asynccontextmanager
async def pydantic_ai():
    from pydantic_ai.mcp import MCPToolset
    from pydantic_ai.models.test import TestModel
    from pydantic_ai.usage import RunUsage
    from pydantic_ai import RunContext

    async with MCPToolset({"mcpServers": {"fastintercom": SERVER}}) as toolset:
        context = RunContext(deps=None, model=TestModel(), usage=RunUsage())
        offered = await toolset.get_tools(context)

        async def call(name, arguments):
            answer = await toolset.call_tool(name, arguments, context, offered[name])
            return str(answer)

        yield list(offered), call


@contextlib.asynccontextmanager
async def llama_index():
    from llama_index.tools.mcp import BasicMCPClient, McpToolSpec

    client = BasicMCPClient(PROGRAM, args=["serve"], env=ENVIRONMENT)
    offered = {tool.metadata.name: tool for tool in await McpToolSpec(client).to_tool_list_async()}

    async def call(name, arguments):
        answer = await offered[name].acall(**arguments)
        raw = answer.raw_output
        if answer.is_error or getattr(raw, "isError", getattr(raw, "is_error", False)):
            raise RuntimeError(answer.content)
        return texts(raw.content) if hasattr(raw, "content") else answer.content

    yield list(offered), call


@contextlib.asynccontextmanager
async def smolagents():
    from smolagents import ToolCollection

    with ToolCollection.from_mcp(stdio_parameters(), trust_remote_code=True, structured_output=False) as collection:
        offered = {tool.name: tool for tool in collection.tools}

        async def call(name, arguments):
            return texts(await asyncio.to_thread(lambda: offered[name](**arguments)))

        yield list(offered), call


@contextlib.asynccontextmanager
async def crewai():
    from crewai_tools import MCPServerAdapter

    with MCPServerAdapter(stdio_parameters()) as adapted:
        offered = {tool.name: tool for tool in adapted}

        async def call(name, arguments):
            return texts(await asyncio.to_thread(lambda: offered[name].run(**arguments)))

        yield list(offered), call


@contextlib.asynccontextmanager
async def mcp_use():
    from mcp_use import MCPClient
    from mcp_use.agents.adapters import LangChainAdapter

    client = MCPClient.from_dict({"mcpServers": {"fastintercom": SERVER}})
    await client.create_all_sessions()
    adapter = LangChainAdapter()
    await adapter.create_all(client)
    offered = {tool.name: tool for tool in adapter.tools}

    async def call(name, arguments):
        return texts(await offered[name].ainvoke(arguments))

    yield list(offered), call
    await client.close_all_sessions()


@contextlib.asynccontextmanager
async def strands():
    from mcp.client.stdio import stdio_client
    from strands.tools.mcp import MCPClient

    with MCPClient(lambda: stdio_client(stdio_parameters())) as client:
        async def call(name, arguments):
            answer = client.call_tool_sync("1", name, arguments)
            if answer["status"] != "success":
                raise RuntimeError(texts(answer["content"]))
            return texts(answer["content"])

        yield [tool.tool_name for tool in client.list_tools_sync()], call


@contextlib.asynccontextmanager
async def agno():
    from agno.tools.function import FunctionCall
    from agno.tools.mcp import MCPTools

    async with MCPTools(server_params=stdio_parameters(), transport="stdio", timeout_seconds=60) as toolkit:
        async def call(name, arguments):
            made = FunctionCall(function=toolkit.functions[name], arguments=arguments, call_id="1")
            answer = await made.aexecute()
            if answer.status != "success":
                raise RuntimeError(answer.error)
            return texts(getattr(answer.result, "content", answer.result))

        yield list(toolkit.functions), call


@contextlib.asynccontextmanager
async def haystack(info=None):
    from haystack_integrations.tools.mcp import MCPToolset, StdioServerInfo

    toolset = MCPToolset(info() if info else StdioServerInfo(command=PROGRAM, args=["serve"], env=ENVIRONMENT))
    toolset.warm_up()
    offered = {tool.name: tool for tool in toolset}

    async def call(name, arguments):
        return texts(await asyncio.to_thread(lambda: offered[name].invoke(**arguments)))

    yield list(offered), call
    toolset.close()


def haystack_http():
    from haystack_integrations.tools.mcp import StreamableHttpServerInfo

    return haystack(lambda: StreamableHttpServerInfo(url=URL, headers=HEADERS))


@contextlib.asynccontextmanager
async def agent_framework():
    from agent_framework import MCPStdioTool

    async with MCPStdioTool("fastintercom", PROGRAM, args=["serve"], env=ENVIRONMENT) as server:
        offered = {tool.name: tool for tool in server.functions}

        async def call(name, arguments):
            return texts(await offered[name].invoke(arguments=arguments))

        yield list(offered), call


@contextlib.asynccontextmanager
async def google_adk():
    from google.adk.agents import LlmAgent
    from google.adk.agents.invocation_context import InvocationContext
    from google.adk.sessions import InMemorySessionService
    from google.adk.tools.mcp_tool import McpToolset, StdioConnectionParams
    from google.adk.tools.tool_context import ToolContext

    sessions = InMemorySessionService()
    session = await sessions.create_session(app_name="tests", user_id="tests")
    invocation = InvocationContext(
        invocation_id="1", agent=LlmAgent(name="tests"), session=session, session_service=sessions)
    toolset = McpToolset(connection_params=StdioConnectionParams(server_params=stdio_parameters(), timeout=60))
    offered = {tool.name: tool for tool in await toolset.get_tools()}

    async def call(name, arguments):
        context = ToolContext(invocation, function_call_id="1")
        answer = await offered[name].run_async(args=arguments, tool_context=context)
        if answer.get("isError") or answer.get("is_error") or "error" in answer:
            raise RuntimeError(json.dumps(answer))
        return texts(answer["content"])

    yield list(offered), call
    await toolset.close()


@contextlib.asynccontextmanager
async def litellm():
    from litellm.experimental_mcp_client.client import MCPClient
    from litellm.types.mcp import MCPAuth, MCPTransport
    from mcp.types import CallToolRequestParams

    client = MCPClient(URL, MCPTransport.http, auth_type=MCPAuth.bearer_token, auth_value=TOKEN)
    listed = [tool.name for tool in await client.list_tools()]

    async def call(name, arguments):
        answer = await client.call_tool(CallToolRequestParams(name=name, arguments=arguments))
        if getattr(answer, "isError", getattr(answer, "is_error", False)):
            raise RuntimeError(texts(answer.content))
        return texts(answer.content)

    yield listed, call


@contextlib.asynccontextmanager
async def through(command, *arguments):
    """A client of the SDK, with a proxy between it and the server."""
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    proxy = StdioServerParameters(command=command, args=arguments, env={**os.environ, **ENVIRONMENT})
    async with stdio_client(proxy) as streams, ClientSession(*streams) as session:
        await session.initialize()

        async def call(name, arguments):
            answer = await session.call_tool(name, arguments)
            if getattr(answer, "isError", getattr(answer, "is_error", False)):
                raise RuntimeError(texts(answer.content))
            return texts(answer.content)

        yield [tool.name for tool in (await session.list_tools()).tools], call


def mcp_proxy():
    command = pathlib.Path(sys.executable).with_name("mcp-proxy")
    return through(str(command), URL, "--transport", "streamablehttp", "--headers", "Authorization", f"Bearer {TOKEN}")


async def main(name):
    calls = pathlib.Path(__file__).with_name("calls.json").read_text()
    expected = {tool["name"] for tool in tools()}
    faults, remarks, checks = [], [], 0
    async with globals()[name.replace("-", "_")]() as (offered, call):
        # Some put a prefix before the name; none of ours does.
        if missing := expected - set(offered):
            faults.append(f"tools are missing: {sorted(missing)}")
        checks += 1
        found = "none"
        for step in json.loads(calls.replace("{word}", WORD)):
            what = f"{step['tool']} {json.dumps(step['arguments'])}"
            arguments = json.loads(json.dumps(step["arguments"]).replace("{id}", found))
            try:
                text, error = await asyncio.wait_for(call(step["tool"], arguments), 90), None
            except BaseException as raised:
                text, error = None, f"{type(raised).__name__}: {raised}"
            print(f"  {what}: {text or error}"[:300].replace("\n", " "))
            checks += 1
            if "says" in step:
                if error or (missing := [words for words in step["says"] if words not in bare(text)]):
                    faults.append(f"{what}: {error or f'without {missing}: {text[:200]}'}")
                elif found == "none":
                    found = re.search(r"conversations:\[\{id:(\d+)", bare(text))[1]
            elif error is None and "qeury" in step["arguments"] and name in DROP_UNKNOWN:
                remarks.append("drops unknown arguments")
            elif error is None and step["fails"] not in text:
                faults.append(f"{what}: no error: {text[:200]}")
            elif step["fails"] not in (error or text):
                faults.append(f"{what}: the error does not say {step['fails']}: {error[:200]}")
    if faults:
        print("\n".join(f"  FAULT {fault}" for fault in faults))
        print(f"result: {len(faults)} faults: {faults[0][:160]}".replace("\n", " "))
    else:
        print(f"result: {', '.join([f'{checks} checks', *remarks])}")
    sys.stdout.flush()
    # Some leave threads behind that would keep this process alive.
    os._exit(1 if faults else 0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
