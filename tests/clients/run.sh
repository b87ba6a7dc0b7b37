#!/usr/bin/env bash
# Clients that are not ours, each of a pinned version, against the real server over stdio.
#
#   tests/clients/run.sh FASTINTERCOM SIMULATOR [CLIENT…]     (`just clients` builds both)
#
# CLIENT is one of: python typescript-v2 typescript-v1 inspector claude-code, and listed (six clients
# say themselves what `install` wrote for them); all without any.
# Needs node 20, python 3.11 and the package indexes, from which everything is installed into a
# scratch folder; therefore it is not among the ordinary tests. Claude Code also needs `unshare`.
source "$(dirname "$0")/../lib.sh"

[ $# -ge 2 ] && [ -x "$1" ] && [ -x "$2" ] || usage "FASTINTERCOM SIMULATOR [CLIENT…] (two programs; \`just clients\` builds them)"
program=$(absolute "$1") simulator=$2
shift 2
[ $# -gt 0 ] || set -- python typescript-v2 typescript-v1 inspector claude-code listed

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
        listed)
            npm_install @openai/codex@0.171.0 @google/gemini-cli@0.61.0 @qwen-code/qwen-code@0.15.10 \
                opencode-ai@1.18.33 @github/copilot@1.0.102 @anthropic-ai/claude-code@2.1.197
            "$here/listed.sh" "$program" "$work/node/node_modules" "$work"
            ;;
        *)
            echo "There is no client $1: python, typescript-v2, typescript-v1, inspector, claude-code, listed." >&2
            return 2
            ;;
    esac
}

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
