"""A client of programs that speak MCP on standard input and output."""

import json
import pathlib
import subprocess
import threading


class Stdio:
    """A program that speaks MCP on standard input and output."""

    # The base, the component twice, the front and the driver, each with a memory.
    memories = 5

    def __init__(self, command, environment=None, log=None):
        self.log = open(log, "ab") if log else None
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, env=environment)
        self.id = 0
        self.lock = threading.Lock()
        self.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "hosts", "version": "1"}})

    def ask(self, method, parameters):
        with self.lock:
            self.id += 1
            line = json.dumps({"jsonrpc": "2.0", "id": self.id, "method": method, "params": parameters})
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
            while True:
                answer = self.process.stdout.readline()
                assert answer, f"the program ended: {self.said()}"
                answer = json.loads(answer)
                if answer.get("id") == self.id:
                    assert "result" in answer, answer
                    return answer["result"]

    def said(self):
        return pathlib.Path(self.log.name).read_text() if self.log else ""

    def call(self, tool, **arguments):
        result = self.ask("tools/call", {"name": tool, "arguments": arguments})
        assert not result.get("isError"), result
        return result["structuredContent"]

    def sync(self):
        """There is a timer, which has begun by itself."""

    def stop(self):
        self.process.stdin.close()
        code = self.process.wait(20)
        assert code == 0, code
