"""Claude Code against a mock of its API, in a network namespace with nothing but loopback.

    claude_code.py NODE_MODULES/@anthropic-ai

The mock plays the model: it asks for three of the server's tools and looks at what Claude Code
hands back. What is checked is Claude Code itself: that it connects, which tools and instructions
it passes on, and what the model gets to see of an answer and of an error.
"""

import fcntl
import json
import os
import pathlib
import platform
import socket
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAMESPACE = "FASTINTERCOM_IN_NAMESPACE"
PREFIX = "mcp__fastintercom__"
FAREWELL = "That is what the customer wrote."

checks = 0


def check(holds, words):
    global checks
    if not holds:
        sys.exit(f"claude_code.py: {words}")
    checks += 1


def enter_namespace():
    """Starts this program again where no address but loopback exists."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", *as_root, "--net", sys.executable, *sys.argv]
    sys.exit(subprocess.run(command, env={**os.environ, NAMESPACE: "1"}).returncode)


def raise_loopback():
    up_and_running, set_flags = 0x41, 0x8914
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
        fcntl.ioctl(anything, set_flags, struct.pack("16sh14x", b"lo", up_and_running))


class Model:
    """What the mock answers, one turn after the other, and what it was sent."""

    def __init__(self, word):
        self.word = word
        self.requests = []
        self.results = []

    def turn(self, request):
        """The tool to ask for, or the last words."""
        self.requests.append(request)
        last = request["messages"][-1]["content"]
        for block in last if isinstance(last, list) else []:
            if block["type"] == "tool_result":
                self.results.append(block)
        match len(self.results):
            case 0:
                return "search_conversations", {"query": self.word}
            case 1:
                found = json.loads(text_of(self.results[0]))
                return "get_conversation", {"id": found["conversations"][0]["id"]}
            case 2:
                return "search_conversations", {"timeframe": "since the flood"}
            case _:
                return None


def text_of(block):
    content = block["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def events(turn, number):
    """A message of the Messages API as server-sent events."""
    if turn is None:
        start, reason = {"type": "text", "text": ""}, "end_turn"
        delta = {"type": "text_delta", "text": FAREWELL}
    else:
        name, arguments = turn
        start = {"type": "tool_use", "id": f"toolu_{number:04}", "name": PREFIX + name, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
        reason = "tool_use"
    message = {
        "id": f"msg_{number:04}", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
        "content": [], "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    yield {"type": "message_start", "message": message}
    yield {"type": "content_block_start", "index": 0, "content_block": start}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    ending = {"stop_reason": reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 1}}
    yield {"type": "message_stop"}


def serve(model):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
            # Only the conversation itself has tools; titles and the like have none.
            asked = self.path.split("?")[0] == "/v1/messages" and body.get("tools")
            turn = model.turn(body) if asked else None
            lines = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events(turn, len(model.requests))]
            answer = "".join(lines).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_HEAD(self):
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def main(packages):
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    claude = pathlib.Path(packages) / f"claude-code-{sys.platform}-{machine}" / "claude"
    folder = pathlib.Path(os.environ["CLIENT_FOLDER"]) / "claude-code"
    folder.mkdir()
    word = os.environ["CLIENT_WORD"]
    model = Model(word)
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "DISABLE_TELEMETRY": "1",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "ANTHROPIC_API_KEY": "sk-dummy",
        "ANTHROPIC_BASE_URL": serve(model),
    }

    def run(*arguments):
        run = subprocess.run(
            [claude, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120,
        )
        check(run.returncode == 0, f"claude {arguments[0]}: {run.returncode} {run.stdout} {run.stderr}")
        return run.stdout

    print(f"  version {run('--version').strip()}")
    # Neither Intercom nor its simulator exists here: the answers come from the cache.
    variables = [
        part
        for line in os.environ["CLIENT_ENVIRONMENT"].splitlines()
        if not line.startswith("INTERCOM_")
        for part in ("--env", line)
    ]
    program = os.environ["FASTINTERCOM_PROGRAM"]
    run("mcp", "add", *variables, "--scope", "user", "fastintercom", "--", program)
    listed = run("mcp", "list")
    check("Connected" in listed, f"not connected: {listed}")
    printed = run("-p", "What did the customer write?", "--allowedTools", f"{PREFIX}*", "--model", "claude-sonnet-4-5")
    check(FAREWELL in printed, f"the last words were to be printed: {printed}")

    offered = {tool["name"] for request in model.requests for tool in request["tools"]}
    ours = sorted(name.removeprefix(PREFIX) for name in offered if name.startswith(PREFIX))
    expected = int(os.environ["CLIENT_TOOLS"])
    check(len(ours) == expected, f"the model is offered {len(ours)} of {expected} tools: {ours}")
    first = json.dumps(model.requests[0])
    check("FastIntercom answers from a local cache" in first, "the instructions do not reach the model")

    check(len(model.results) == 3, f"{len(model.results)} of 3 results")
    found, thread, wrong = model.results
    check(json.loads(text_of(found))["total_matches"] == 1, f"{word} was to be found once")
    bodies = [message["body"] for message in json.loads(text_of(thread))["messages"]]
    check(word in bodies[4], f"{word} was to be in the fourth reply: {bodies}")
    check(wrong.get("is_error") is True and "timeframe" in text_of(wrong), f"not an error that helps: {wrong}")
    print(f"  {len(model.requests)} turns; the model read the fourth reply, and an error with its remedy")
    print(f"{checks} checks")


if __name__ == "__main__":
    if NAMESPACE not in os.environ:
        enter_namespace()
    raise_loopback()
    main(*sys.argv[1:])
