"""What the Python programs of this folder share."""

import json
import os
import subprocess

PROGRAM = os.environ["FASTINTERCOM_PROGRAM"]
WORD = os.environ["CLIENT_WORD"]
ENVIRONMENT = dict(line.split("=", 1) for line in os.environ["CLIENT_ENVIRONMENT"].splitlines())


def tools():
    """`tools/list` as the server sends it, by no client's library: what a client shows is held to it."""
    requests = [
        {"id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
    ]
    server = subprocess.Popen([PROGRAM], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for request in requests:
        server.stdin.write(json.dumps({"jsonrpc": "2.0", **request}) + "\n")
    server.stdin.flush()
    answer = next(message for message in map(json.loads, server.stdout) if message.get("id") == 2)
    server.stdin.close()
    server.wait()
    return answer["result"]["tools"]
