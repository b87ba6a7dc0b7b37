#!/usr/bin/env bash
# Clients that are not ours, each of a pinned version, against the real server.
#
#   tests/clients/run.sh FASTINTERCOM SIMULATOR [CLIENT…]     (`just clients` builds both)
#
# CLIENT is a name of the file `versions`. Without any, all run, and docs/reports/clients.md is
# written anew; a run of some leaves it alone.
# Needs node 20, python 3.11 and the package indexes, from which everything is installed into a
# scratch folder; therefore it is not among the ordinary tests. Claude Code also needs `unshare`.
source "$(dirname "$0")/../lib.sh"

[ $# -ge 2 ] && [ -x "$1" ] && [ -x "$2" ] || usage "FASTINTERCOM SIMULATOR [CLIENT…] (two programs; \`just clients\` builds them)"
program=$(absolute "$1") simulator=$2
shift 2
rows=$(grep -v '^#' "$here/versions" | grep .)
report=
if [ $# -eq 0 ]; then
    report=$here/../../docs/reports/clients.md
    mapfile -t all < <(awk '{print $1}' <<<"$rows")
    set -- "${all[@]}"
fi
for client in "$@"; do
    grep -q "^$client " <<<"$rows" || usage "FASTINTERCOM SIMULATOR [CLIENT…] ($client is not in $here/versions)"
done

# What every client's program is given.
export FASTINTERCOM_PROGRAM=$program
export CLIENT_WORD=glockenspielist CLIENT_CONVERSATIONS=2000 CLIENT_FOLDER=$work

start_simulator --conversations "$CLIENT_CONVERSATIONS" --days 80 --messages 6 --plant "1234:4:$CLIENT_WORD"
environment+=(FASTINTERCOM_LOG=warn)
# The server's own environment, as a client's configuration would say it.
CLIENT_ENVIRONMENT=$(printf '%s\n' "${environment[@]}")
export CLIENT_ENVIRONMENT
echo "Syncing $CLIENT_CONVERSATIONS conversations"
fastintercom sync --full
CLIENT_TOOLS=$(fastintercom tools --json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))')
export CLIENT_TOOLS

# One server for the clients that come over HTTP, as the clients of one machine would share it.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export CLIENT_URL=http://127.0.0.1:$port/mcp CLIENT_TOKEN=0123456789abcdef0123456789abcdef
env -i PATH="$PATH" "${environment[@]}" FASTINTERCOM_HTTP_TOKEN="$CLIENT_TOKEN" "$program" serve --http "127.0.0.1:$port" &
started+=" $!"

# Nothing that a client keeps for its user is read or written, and none asks home.
export XDG_CONFIG_HOME=$work/config PYTHONDONTWRITEBYTECODE=1
export DO_NOT_TRACK=1 MCP_USE_ANONYMIZED_TELEMETRY=false CREWAI_DISABLE_TELEMETRY=true \
    LITELLM_LOCAL_MODEL_COST_MAP=True OTEL_SDK_DISABLED=true
python3 -m venv "$work/uv"
"$work/uv/bin/pip" install --quiet --disable-pip-version-check 'uv==0.13.9'

# A Python environment with these packages; prints its folder.
python_environment() { # NAME PACKAGE…
    local folder=$work/python-$1
    shift
    "$work/uv/bin/uv" venv --quiet --python python3 "$folder" >&2
    "$work/uv/bin/uv" pip install --quiet --python "$folder/bin/python" "$@" >&2
    echo "$folder"
}

run_own() { # NAME
    case $1 in
        python) "$environment_folder/bin/python" "$here/python_client.py" ;;
        typescript-v2) node "$here/typescript_v2.mjs" ;;
        typescript-v1) node "$here/typescript_v1.mjs" ;;
        inspector) INSPECTOR=$CLIENT_MODULES/.bin/mcp-inspector node "$here/inspector.mjs" ;;
        claude-code) python3 "$here/claude_code.py" "$CLIENT_MODULES/@anthropic-ai" ;;
        listed) "$here/listed.sh" "$program" "$CLIENT_MODULES" "$work" ;;
    esac
}

# Installs a client and runs it. The caller wants to know whether it failed, and then `set -e` is
# off in here: each step says itself that the rest needs it.
run_client() { # NAME HOW PACKAGE…
    local name=$1 how=$2
    shift 2
    case $1 in
        *==*) environment_folder=$(python_environment "$name" "$@") || { echo "result: does not install"; return 1; } ;;
        *)
            node=$work/node-$name
            npm_install "$@" || { echo "result: does not install"; return 1; }
            export CLIENT_MODULES=$node/node_modules
            ;;
    esac
    case $how in
        own) run_own "$name" ;;
        py) timeout 300 "$environment_folder/bin/python" "$here/callers.py" "$name" ;;
        convert) timeout 300 "$environment_folder/bin/python" "$here/conversions.py" "$name" ;;
        js) timeout 300 node "$here/callers.mjs" "$name" ;;
        convert-js) timeout 300 python3 "$here/conversions.py" "$name" ;;
    esac
}

failed=()
table=()
for client in "$@"; do
    read -r _ how transport packages < <(grep "^$client " <<<"$rows")
    printf '\n%s\n' "$client"
    case $how in
        skip)
            table+=("| $client | - | $transport | nothing | skipped: $packages |")
            continue
            ;;
        own) what="the protocol and every tool" ;;
        convert*) what="conversion of every definition" ;;
        *) what="three right calls, four wrong" ;;
    esac
    [ "$client" != listed ] || what="\`install\` and \`uninstall\`"
    # In a shell of its own, that one client ends no others and leaves them no variables.
    # shellcheck disable=SC2086
    if (run_client "$client" "$how" $packages) 2>&1 | tee "$work/$client.log"; then
        result=$(sed -n 's/^result: //p; s/^\([0-9]* checks\)$/\1/p' "$work/$client.log" | tail -n 1)
        result="ok: $result"
    else
        failed+=("$client")
        result=$(sed -n 's/^result: //p' "$work/$client.log" | tail -n 1)
        result=${result:-$(grep . "$work/$client.log" | tail -n 1)}
        result="FAILED: ${result:0:200}"
    fi
    # Environments of some gigabytes would come together otherwise.
    rm -rf "$work/python-$client" "$work/node-$client"
    table+=("| $client | ${packages// /<br>} | $transport | $what | ${result//|/\/} |")
done

# The table, as Markdown.
write_report() {
    cat <<END
# Clients that were tried

\`just clients\` writes this file, in a run of all; \`just clients NAME…\` runs some, and leaves it alone. $("$program" --version), which held $CLIENT_CONVERSATIONS conversations of a simulated workspace, on $(date -u +%Y-%m-%d). No model is asked: what is looked at is what a model would be given. The calls are those of \`tests/clients/calls.json\`; a conversion is a framework's own, into the declarations of a model provider, and must lose nothing and hold to the provider's rules.

| client | version | transport | what was run | result |
|---|---|---|---|---|
END
    printf '%s\n' "${table[@]}"
}
[ -z "$report" ] || write_report >"$report"
printf '\n'
printf '%s\n' "${table[@]}"
[ ${#failed[@]} -eq 0 ] || { echo "Failed: ${failed[*]}" >&2; exit 1; }
