#!/usr/bin/env bash
# Packs the MCP bundle, unpacks it and lets its binary serve a session as a client would.
#
#   tests/bundle/run.sh FASTINTERCOM SIMULATOR OUTPUT.mcpb        (`just mcpb` builds both)
#
# Needs node, and npm for @anthropic-ai/mcpb, which goes into a scratch folder.
set -euo pipefail

if [ $# -ne 3 ] || [ ! -x "$1" ] || [ ! -x "$2" ]; then
    echo "usage: $0 FASTINTERCOM SIMULATOR OUTPUT.mcpb (\`just mcpb\` builds the programs)" >&2
    exit 2
fi
program=$1 simulator=$2 output=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/fastintercom-bundle.XXXXXX")
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

# Compiling the component takes seconds: packing and serving share the result.
export FASTINTERCOM_CACHE_DIR=$work/code
npm install --prefix "$work" --silent --no-audit --no-fund --ignore-scripts @anthropic-ai/mcpb@2.1.2
mcpb=$work/node_modules/.bin/mcpb
platform=$(node --print process.platform)
node "$here/../../host/packaging/bundle.mjs" "$program" "$platform" "$output" "$mcpb"

"$mcpb" unpack "$output" "$work/installed"
mkfifo "$work/address"
"$simulator" --conversations 60 --days 20 >"$work/address" &
simulator_pid=$!
read -r address <"$work/address" || { echo "The simulator did not start." >&2; exit 1; }
node "$here/session.mjs" "$work/installed" "$work/home" "$address"

entry=$(node "$here/../../host/packaging/registry.mjs" "v$("$program" --version | cut -d' ' -f2)" "$output")
node "$here/registry.mjs" "$output" <<<"$entry"
