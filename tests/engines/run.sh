#!/usr/bin/env bash
# Loads an export of a simulated workspace into DuckDB as docs/DEPLOYMENT.md shows it, and holds what
# it answers against what the server answers.
#
#   tests/engines/run.sh FASTINTERCOM SIMULATOR        (`just engines` builds both)
#
# Needs python3 and the package index.
source "$(dirname "$0")/../lib.sh"

[ $# -eq 2 ] && [ -x "$1" ] && [ -x "$2" ] || usage "FASTINTERCOM SIMULATOR (\`just engines\` builds the programs)"
program=$(absolute "$1") simulator=$2
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check 'duckdb==2.0.1'
start_simulator --conversations 600 --days 30 --tickets 80
fastintercom sync --days 30 --json >/dev/null

# The first export whole; some conversations change; then what changed since.
fastintercom export -o "$work/conversations.ndjson" 2>/dev/null
reached=$(tail -n 1 "$work/conversations.ndjson" | sed 's/.*"updated_at":"\([^"]*\)".*/\1/')
curl --silent --fail --output /dev/null --request POST "$(field "$address" base_url)/_simulator/advance" \
    --header 'content-type: application/json' --data '{"seconds": 86400}'
fastintercom sync --days 30 --json >/dev/null
fastintercom export --updated-after "$reached" -o "$work/conversations-2.ndjson" 2>/dev/null

ask() { # TOOL ARGUMENTS
    fastintercom call "$1" "$2"
}
ask get_conversation_stats '{"timeframe": "all", "group_by": "tag", "compare": false}' >"$work/tags.json"
ask get_conversation_stats '{"timeframe": "all", "group_by": "state", "compare": false}' >"$work/states.json"
ask query_database '{"sql": "SELECT author_type, count(*) FROM v_messages GROUP BY author_type ORDER BY author_type"}' >"$work/authors.json"
ask query_database '{"sql": "SELECT count(DISTINCT conversation_id) FROM v_links WHERE kind = '"'ticket'"'"}' >"$work/linked.json"
cd "$work"
"$work/python/bin/python" "$here/duck.py" "$here/../../docs/DEPLOYMENT.md"
