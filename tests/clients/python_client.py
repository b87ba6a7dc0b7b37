"""The Python MCP client, which is not ours, against the real server over stdio.

`run.sh` says in environment variables how to start the server, on a synced database of which one
conversation has a certain word in its fourth reply and nowhere else. Each mode of the client
initializes, lists the tools, calls every one, and finds the word. The exit code is 1 when anything
is not as it should be.
"""

import asyncio
import json
import os
import sys

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

TOOLS = {
    "check_coverage",
    "force_sync",
    "get_conversation",
    "get_data_info",
    "get_server_status",
    "get_sync_status",
    "search_conversations",
    "sync_conversations",
}

# What the client agrees on in each of its modes.
REVISIONS = {"auto": "2026-07-28", "legacy": "2025-11-25"}


checks = 0


def check(holds, words):
    global checks
    if not holds:
        raise AssertionError(words)
    checks += 1


async def call(client, name, arguments):
    """The structured answer; the client itself checks it against the tool's output schema."""
    result = await client.call_tool(name, arguments)
    check(not result.is_error, f"{name} failed: {result.content}")
    answer = result.structured_content
    check(isinstance(answer, dict), f"{name} has no structured answer")
    print(f"    {name}: {json.dumps(answer, ensure_ascii=False)[:150]}")
    return answer


async def session(server, mode, word, conversations):
    print(f"{mode}:")
    async with Client(stdio_client(server), mode=mode) as client:
        revision = client.protocol_version
        print(f"    speaks {revision} with {client.server_info.name} {client.server_info.version}")
        check(revision == REVISIONS[mode], f"{mode} was to speak {REVISIONS[mode]}")
        tools = {tool.name for tool in (await client.list_tools()).tools}
        check(tools >= TOOLS, f"tools are missing: {TOOLS - tools}")

        info = await call(client, "get_data_info", {})
        check(info["total_conversations"] == conversations, f"not {conversations} conversations")
        days = {"start_date": info["coverage_start"], "end_date": info["coverage_end"]}
        coverage = await call(client, "check_coverage", days)
        check(coverage["has_coverage"], "the covered days are not covered")
        await call(client, "get_sync_status", {})
        await call(client, "get_server_status", {})

        found = await call(client, "search_conversations", {"query": word})
        check(found["total_matches"] == 1, f"{word} was to be found once")
        hit = found["conversations"][0]
        thread = await call(client, "get_conversation", {"id": hit["id"]})
        replies = [message for message in thread["messages"] if word in message["body"]]
        check(len(replies) == 1, f"{word} was to be in one message")
        place = thread["messages"].index(replies[0])
        check(place == 4, f"{word} was to be in the fourth reply, not in number {place}")
        check(replies[0]["id"] == hit["match"]["message_id"], "the match is another message")

        await call(client, "get_conversation_stats", {"timeframe": "last 30 days"})
        await call(client, "list_filters", {"kind": "tags"})
        await call(client, "get_customer", {"customer": hit["customer_email"]})
        rows = await call(client, "query_database", {"sql": "SELECT count(*) AS n FROM v_conversations"})
        check(str(conversations) in json.dumps(rows), f"SQL was to count them: {rows}")

        steps = []

        async def progress(done, total, message):
            steps.append(done)

        result = await client.call_tool("force_sync", {}, progress_callback=progress)
        check(result.structured_content["success"], f"force_sync failed: {result.content}")
        check(steps == sorted(set(steps)), f"progress does not rise: {steps}")
        print(f"    force_sync: {json.dumps(result.structured_content)[:150]} ({len(steps)} steps)")
        await call(client, "sync_conversations", {"force": True})

        wrong = await client.call_tool("search_conversations", {"timeframe": "since the flood"})
        check(wrong.is_error, "an unknown timeframe was accepted")
        print(f"    a wrong argument: {wrong.content[0].text[:100]}…")
        try:
            await client.call_tool("delete_everything", {})
        except Exception as error:  # The class differs between versions of the client.
            print(f"    an unknown tool: {error}"[:150])
        else:
            raise AssertionError("an unknown tool was called")
    print(f"    {word} is in the fourth reply of {hit['id']}, one of {conversations}")


async def main():
    server = StdioServerParameters(
        command=os.environ["FASTINTERCOM_PROGRAM"],
        args=["serve"],
        env=dict(line.split("=", 1) for line in os.environ["CLIENT_ENVIRONMENT"].splitlines()),
    )
    for mode in REVISIONS:
        await session(server, mode, os.environ["CLIENT_WORD"], int(os.environ["CLIENT_CONVERSATIONS"]))
    print(f"{checks} checks")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except* AssertionError as failures:
        for failure in failures.exceptions:
            print(f"python_client.py: {failure}", file=sys.stderr)
        sys.exit(1)
