#!/usr/bin/env bash
# The main job without an account: a simulated workspace, a sync, and what an agent then sees.
#
#   tests/demo.sh FASTINTERCOM SIMULATOR        (`just demo` builds both and calls this)
#
# Everything lies in one temporary folder, which goes away at the end.
source "$(dirname "$0")/lib.sh"

[ $# -eq 2 ] && [ -x "$1" ] && [ -x "$2" ] || usage "FASTINTERCOM SIMULATOR (two programs; \`just demo\` builds them)"
program=$(absolute "$1") simulator=$2

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
else
    bold='' dim='' plain=''
fi
heading() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
remark() { printf '%s%s%s\n' "$dim" "$1" "$plain"; }

heading "A simulated Intercom workspace"
# The word stands in the fifth reply of one conversation and nowhere else.
conversations=300 tickets=60
start_simulator --conversations "$conversations" --tickets "$tickets" --days 30 --latency-ms 100 \
    --plant "137:5:Our accordionist cannot open the invoice of October."
remark "$conversations conversations and $tickets tickets of the last 30 days at $(field "$address" base_url), 100 ms an answer"
environment+=(TERM="${TERM:-dumb}" LANG="${LANG:-C.UTF-8}" NO_COLOR="${NO_COLOR:-}")

# Shows a tool call as it is typed, and its answer: indented on a terminal.
ask() {
    local shown=$1 quote="'"
    if [ $# -gt 1 ]; then shown="$1 $quote$2$quote"; fi
    remark "\$ fastintercom call $shown"
    fastintercom call "$@"
}

heading "The tools an agent gets"
remark '$ fastintercom tools     (the first start compiles the component, which takes some seconds)'
fastintercom tools | cut -c 1-110

heading "1. Sync it into SQLite, inside the sandboxed component"
remark '$ fastintercom sync --days 60'
fastintercom sync --days 60

heading "2. What does the cache hold?"
ask get_data_info

heading "3. Does it cover the last week?"
if today=$(date -u +%F) && week_ago=$(date -u -d '7 days ago' +%F 2>/dev/null || date -u -v-7d +%F); then
    ask check_coverage "{\"start_date\": \"$week_ago\", \"end_date\": \"$today\"}"
fi

heading "4. Who wrote about the accordionist? (the fifth reply of one thread, found by its word)"
query='{"query": "accordionist invoice", "fields": ["title", "customer_name", "state", "match", "snippet"]}'
ask search_conversations "$query"
hit=$(fastintercom call search_conversations "$query")
id=$(field "$hit" id)
message=$(field "$hit" message_id)
if [ -z "$id" ] || [ -z "$message" ]; then
    echo "The search found nothing: this is a bug." >&2
    exit 1
fi

heading "5. That thread, around the message"
ask get_conversation "{\"id\": \"$id\", \"around\": \"$message\", \"limit\": 3}"

heading "Connect Claude Code to your own workspace"
cat <<END
  claude mcp add fastintercom --env INTERCOM_ACCESS_TOKEN=YOUR_TOKEN --scope user -- "$program"

A token comes from Intercom's Developer Hub (Your app > Authentication). Workspaces in Europe or
Australia add --env INTERCOM_REGION=eu or au. Then ask Claude: "What did customers complain about
last week?"
END
