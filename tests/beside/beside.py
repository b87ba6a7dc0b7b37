"""Asks the same questions of this program, of SQLite and DuckDB on the same file, of a plain FTS5
index, and of Intercom's API as the simulator plays it: 200 ms an answer, 1,667 calls in 10 s.

Prints a table in Markdown: milliseconds, medians of several runs in turns, and what was found.
"""

import atexit
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.request

import duckdb
import duckdb_extension_sqlite_scanner

program, simulator, database, scratch, document = sys.argv[1:6]
RUNS = 7
LATENCY_MS = 200
# Pages of a long list that are read.
SAMPLED = 20
BEGIN, END = "<!-- written by `just beside` -->", "<!-- end of what `just beside` writes -->"


class Server:
    """The program over stdio."""

    def __init__(self):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": scratch,
            "FASTINTERCOM_DB_PATH": database,
            "FASTINTERCOM_CACHE_DIR": os.path.join(scratch, "code"),
        }
        self.process = subprocess.Popen(
            [program, "serve", "--read-only"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self.calls = 0
        client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "beside", "version": "1"}}
        self.ask("initialize", client)
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message):
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, method, parameters):
        self.calls += 1
        self.send({"jsonrpc": "2.0", "id": self.calls, "method": method, "params": parameters})
        while True:
            answer = json.loads(self.process.stdout.readline())
            if answer.get("id") == self.calls:
                return answer["result"]

    def tool(self, name, **arguments):
        answer = self.ask("tools/call", {"name": name, "arguments": arguments})
        assert not answer.get("isError"), answer
        return answer["structuredContent"]


class Api:
    """Intercom's API, as the simulator plays it."""

    def __init__(self, conversations):
        command = [simulator, "--conversations", str(conversations), "--days", "400"]
        command += ["--latency-ms", str(LATENCY_MS), "--rate-limit", "1667"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        atexit.register(self.process.terminate)
        self.address = json.loads(self.process.stdout.readline())
        self.requests = 0

    def ask(self, method, path, body=None):
        self.requests += 1
        request = urllib.request.Request(
            self.address["base_url"] + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": "Bearer " + self.address["token"],
                "Intercom-Version": "2.14",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def search(self, field, operator, value, starting_after=None, per_page=150):
        pagination = {"per_page": per_page}
        if starting_after:
            pagination["starting_after"] = starting_after
        query = {"field": field, "operator": operator, "value": value}
        return self.ask("POST", "/conversations/search", {"query": query, "pagination": pagination})

    def pages_since(self, since, most):
        """Reads so many pages. How many conversations there are in all."""
        after = None
        for _ in range(most):
            page = self.search("created_at", ">", since, after)
            after = page["pages"]["next"]["starting_after"]
        return page["total_count"]


def timed(ask):
    """The median in milliseconds, and the last answer."""
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        answer = ask()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times), answer


server = Server()
rows = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
one = lambda sql, *values: rows.execute(sql, values).fetchone()[0]
conversations, messages = one("SELECT count(*) FROM conversations"), one("SELECT count(*) FROM messages")
newest = one("SELECT max(created_at) FROM conversations")[:10]
year_ago = str(int(newest[:4]) - 1) + newest[4:]
thread = one("SELECT id FROM conversations WHERE message_count = 10 ORDER BY number LIMIT 1")

duck = duckdb.connect()
extension = os.path.join(duckdb_extension_sqlite_scanner.__path__[0], "extensions", "v" + duckdb.__version__)
duck.execute(f"LOAD '{extension}/sqlite_scanner.duckdb_extension'")
duck.execute(f"ATTACH '{database}' AS cache (TYPE sqlite, READ_ONLY)")

plain = sqlite3.connect(os.path.join(scratch, "plain.db"))
begun = time.perf_counter()
plain.execute("CREATE VIRTUAL TABLE words USING fts5 (conversation UNINDEXED, body)")
plain.executemany("INSERT INTO words VALUES (?, ?)", rows.execute("SELECT conversation_id, body FROM messages"))
plain.commit()
building = time.perf_counter() - begun

api = Api(conversations)
like = "SELECT count(DISTINCT conversation_id) FROM {}messages WHERE body LIKE '%zanzibar%'"
both = (
    "SELECT count(*) FROM (SELECT conversation_id FROM {0}messages WHERE body {1} '%refund%'"
    " INTERSECT SELECT conversation_id FROM {0}messages WHERE body {1} '%invoice%')"
)
states = "SELECT state, count(*) FROM {}conversations GROUP BY state"
first_response = f"SELECT first_response_seconds FROM conversations WHERE created_at >= '{year_ago}' AND first_response_seconds IS NOT NULL"


def matching(words):
    return len({row[0] for row in plain.execute("SELECT conversation FROM words WHERE words MATCH ?", [words])})


def matching_both():
    refunds = {row[0] for row in plain.execute("SELECT conversation FROM words WHERE words MATCH 'refund'")}
    invoices = {row[0] for row in plain.execute("SELECT conversation FROM words WHERE words MATCH 'invoice'")}
    return len(refunds & invoices)


def duck_one(sql):
    return duck.execute(sql).fetchall()


def api_states():
    return {state: api.search("state", "=", state, per_page=1)["total_count"] for state in ("open", "closed", "snoozed")}


def api_year():
    """All conversations of the year, of which some pages are read: nothing counts them by more than one field."""
    since = int(time.mktime(time.strptime(year_ago, "%Y-%m-%d")))
    begun = time.perf_counter()
    total = api.pages_since(since, SAMPLED)
    pages = -(-total // 150)
    took = (time.perf_counter() - begun) / SAMPLED * pages
    return f"{took:,.0f} s for {pages} pages, by {SAMPLED} of them"


def ours_search(query):
    return server.tool("search_conversations", query=query)["total_matches"]


questions = [
    (
        "conversations that say \"zanzibar\"",
        lambda: ours_search("zanzibar"),
        lambda: one(like.format("")),
        lambda: duck_one(like.format("cache."))[0][0],
        lambda: matching("zanzibar"),
        lambda: str(api.search("source.body", "~", "zanzibar")["total_count"]) + " in first messages",
    ),
    (
        "that speak of a refund and an invoice",
        lambda: ours_search("refund invoice"),
        lambda: one(both.format("", "LIKE")),
        lambda: duck_one(both.format("cache.", "ILIKE"))[0][0],
        matching_both,
        None,
    ),
    (
        "how many of each state",
        lambda: len(server.tool("query_database", sql=states.format("v_"))["rows"]),
        lambda: len(rows.execute(states.format("")).fetchall()),
        lambda: len(duck_one(states.format("cache."))),
        None,
        lambda: len(api_states()),
    ),
    (
        "a year's figures (median first response, minutes)",
        lambda: server.tool("get_conversation_stats", created_after=year_ago, created_before=newest)["figures"]["first_response_median"],
        lambda: round(statistics.median(row[0] for row in rows.execute(first_response)) / 60, 1),
        lambda: round(duck_one("SELECT median(first_response_seconds) FROM cache.conversations WHERE created_at >= '" + year_ago + "'")[0][0] / 60, 1),
        None,
        api_year,
    ),
    (
        "one thread",
        lambda: len(server.tool("get_conversation", id=thread)["messages"]),
        lambda: len(rows.execute("SELECT * FROM messages WHERE conversation_id = ? ORDER BY sequence_number", [thread]).fetchall()),
        lambda: len(duck_one(f"SELECT * FROM cache.messages WHERE conversation_id = '{thread}' ORDER BY sequence_number")),
        None,
        lambda: len(api.ask("GET", "/conversations/" + api.all_first())["conversation_parts"]["conversation_parts"]),
    ),
]


def cell(ask):
    if ask is None:
        return "–"
    if ask is api_year:
        return ask()
    before = api.requests
    took, found = timed(ask)
    requests = (api.requests - before) // RUNS
    asked = f", {requests} requests" if requests > 1 else ""
    shown = f"{took:,.0f}" if took >= 100 else f"{took:.1f}"
    return f"{shown} ({found}{asked})"


api.all_first = lambda: str(api.search("created_at", ">", 0, per_page=1)["conversations"][0]["id"])
first = api.all_first()
api.all_first = lambda: first
lines = [
    f"{conversations:,} conversations, {messages:,} messages. Milliseconds until the answer is there, medians of {RUNS}; in parentheses what was found.",
    "",
    f"| | this program, over stdio | `sqlite3` on the file | DuckDB on the file | plain FTS5, built in {building:.0f} s | Intercom's API at {LATENCY_MS} ms |",
    "|---|---|---|---|---|---|",
]
for name, *ways in questions:
    lines.append(f"| {name} | " + " | ".join(cell(way) for way in ways) + " |")
server.process.stdin.close()
server.process.wait()
table = "\n".join(lines)
print(table)
if document:
    text = open(document, encoding="utf-8").read()
    assert BEGIN in text and END in text, f"{document} has no place for the table"
    text = re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: f"{BEGIN}\n\n{table}\n\n{END}", text, flags=re.S)
    open(document, "w", encoding="utf-8").write(text)
