"""Loads conversations*.ndjson of this folder by the statements of the document, and compares."""

import json
import re
import sys

import duckdb

document = open(sys.argv[1], encoding="utf-8").read()
statements = re.search(r"```sql\n-- DuckDB\n(.*?)```", document, re.S)
if statements is None:
    sys.exit("docs/DEPLOYMENT.md has no statements for DuckDB")
create, tags = [one.strip() for one in statements.group(1).split(";") if one.strip()]

database = duckdb.connect()
database.execute(create)
lines = sum(1 for name in ("conversations.ndjson", "conversations-2.ndjson") for _ in open(name, encoding="utf-8"))
rows, ids = database.execute("SELECT count(*), count(DISTINCT id) FROM conversations").fetchone()


def answer(name):
    """The structured answer that the program gave."""
    return json.load(open(name, encoding="utf-8"))


def groups(name):
    return {group["group"]: group["conversations"] for group in answer(name)["groups"]}


failures = []


def same(question, found, expected):
    print(f"{'same' if found == expected else 'DIFFERENT'}: {question}")
    if found != expected:
        failures.append(f"{question}\n  DuckDB: {found}\n  server: {expected}")


same("each conversation once", (rows, rows), (ids, sum(groups("states.json").values())))
expected = {tag: count for tag, count in groups("tags.json").items() if tag != "untagged"}
found = {tag: count for tag, count, *_ in database.execute(tags).fetchall()}
same("conversations by tag", {tag: found.get(tag) for tag in expected}, expected)
same(
    "conversations by state",
    dict(database.execute("SELECT state, count(*) FROM conversations GROUP BY state").fetchall()),
    groups("states.json"),
)
same(
    "messages by kind of author",
    [
        list(row)
        for row in database.execute(
            "SELECT m.author_type, count(*) FROM conversations, unnest(messages) AS t(m) GROUP BY 1 ORDER BY 1"
        ).fetchall()
    ],
    answer("authors.json")["rows"],
)
same(
    "conversations that are linked to a ticket",
    [list(database.execute("SELECT count(*) FROM conversations WHERE len(list_filter(linked, lambda l: l.kind = 'ticket')) > 0").fetchone())],
    answer("linked.json")["rows"],
)
print(f"{lines} lines, {rows} conversations")
sys.exit("\n".join(failures) if failures else 0)
