#!/usr/bin/env bash
# Clients that are not ours, each of a pinned version, against the real server over stdio.
#
#   tests/clients/run.sh FASTINTERCOM SIMULATOR [CLIENT…]     (`just clients` builds both)
#
# CLIENT is one of: python typescript-v2 typescript-v1 inspector claude-code; all without any.
# Needs node 20, python 3.11 and the package indexes, from which everything is installed into a
# scratch folder; therefore it is not among the ordinary tests. Claude Code also needs `unshare`.
set -euo pipefail

if [ $# -lt 2 ] || [ ! -x "$1" ] || [ ! -x "$2" ]; then
    echo "usage: $0 FASTINTERCOM SIMULATOR [CLIENT…] (two programs; \`just clients\` builds them)" >&2
    exit 2
fi
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
simulator=$2
shift 2
[ $# -gt 0 ] || set -- python typescript-v2 typescript-v1 inspector claude-code
here=$(cd "$(dirname "$0")" && pwd)

work=$(mktemp -d "${TMPDIR:-/tmp}/fastintercom-clients.XXXXXX")
simulator_pid=
clean_up() {
    if [ -n "$simulator_pid" ]; then
        kill "$simulator_pid" 2>/dev/null || true
        wait "$simulator_pid" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

npm_install() {
    npm install --prefix "$work/node" --silent --no-audit --no-fund --ignore-scripts "$@"
}

# What every client's program is given.
export FASTINTERCOM_PROGRAM=$program
export CLIENT_WORD=glockenspielist CLIENT_CONVERSATIONS=2000 CLIENT_FOLDER=$work
# The server's own environment, as a client's configuration would say it.
export CLIENT_ENVIRONMENT

prepare() {
    mkfifo "$work/address"
    "$simulator" --conversations "$CLIENT_CONVERSATIONS" --days 80 --messages 6 \
        --plant "1234:4:$CLIENT_WORD" >"$work/address" &
    simulator_pid=$!
    read -r address <"$work/address" || { echo "The simulator did not start." >&2; exit 1; }
    local field='s/.*"%s" *: *"\([^"]*\)".*/\1/p' base_url token
    base_url=$(sed -n "${field/\%s/base_url}" <<<"$address")
    token=$(sed -n "${field/\%s/token}" <<<"$address")
    mkdir -p "$work/home" "$work/data"
    CLIENT_ENVIRONMENT=$(printf '%s\n' "HOME=$work/home" "FASTINTERCOM_DB_PATH=$work/data/data.db" \
        "FASTINTERCOM_CACHE_DIR=$work/code" "FASTINTERCOM_LOG=warn" \
        "INTERCOM_BASE_URL=$base_url" "INTERCOM_ACCESS_TOKEN=$token")
    echo "Syncing $CLIENT_CONVERSATIONS conversations"
    local environment
    mapfile -t environment <<<"$CLIENT_ENVIRONMENT"
    env -i PATH="$PATH" "${environment[@]}" "$program" sync --full
}

run_client() {
    case $1 in
        python)
            python3 -m venv "$work/python"
            "$work/python/bin/pip" install --quiet --disable-pip-version-check 'mcp==2.3.0'
            "$work/python/bin/python" "$here/python_client.py"
            ;;
        typescript-v2)
            npm_install @modelcontextprotocol/client@2.4.0
            CLIENT_MODULES=$work/node/node_modules node "$here/typescript_v2.mjs"
            ;;
        typescript-v1)
            npm_install @modelcontextprotocol/sdk@1.32.2
            CLIENT_MODULES=$work/node/node_modules node "$here/typescript_v1.mjs"
            ;;
        inspector)
            npm_install @modelcontextprotocol/inspector@2.12.0
            INSPECTOR=$work/node/node_modules/.bin/mcp-inspector node "$here/inspector.mjs"
            ;;
        claude-code)
            npm_install @anthropic-ai/claude-code@2.1.197
            python3 "$here/claude_code.py" "$work/node/node_modules/@anthropic-ai"
            ;;
        *)
            echo "There is no client $1: python, typescript-v2, typescript-v1, inspector, claude-code." >&2
            return 2
            ;;
    esac
}

prepare
failed=()
summary=()
for client in "$@"; do
    printf '\n%s\n' "$client"
    # Each program ends with a line "N checks": its own count, or it failed.
    if run_client "$client" 2>&1 | tee "$work/$client.log"; then
        summary+=("$client: $(sed -n 's/^\([0-9]* checks\)$/\1/p' "$work/$client.log" | tail -n 1)")
    else
        failed+=("$client")
        summary+=("$client: FAILED")
    fi
done
printf '\n'
printf '%s\n' "${summary[@]}"
[ ${#failed[@]} -eq 0 ]
