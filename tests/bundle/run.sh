#!/usr/bin/env bash
# Packs the MCP bundle, unpacks it and lets its binary serve a session as a client would.
#
#   tests/bundle/run.sh FASTINTERCOM SIMULATOR OUTPUT.mcpb        (`just mcpb` builds both)
#
# Needs node, and npm for @anthropic-ai/mcpb, which goes into a scratch folder.
source "$(dirname "$0")/../lib.sh"

[ $# -eq 3 ] && [ -x "$1" ] && [ -x "$2" ] || usage "FASTINTERCOM SIMULATOR OUTPUT.mcpb (\`just mcpb\` builds the programs)"
program=$1 simulator=$2 output=$3

# Compiling the component takes seconds: packing and serving share the result.
export FASTINTERCOM_CACHE_DIR=$work/code
npm_install @anthropic-ai/mcpb@2.1.2
mcpb=$work/node/node_modules/.bin/mcpb
platform=$(node --print process.platform)
node "$here/../../host/packaging/bundle.mjs" "$program" "$platform" "$output" "$mcpb"

"$mcpb" unpack "$output" "$work/installed"
start_simulator --conversations 60 --days 20
node "$here/session.mjs" "$work/installed" "$work/client" "$address"

entry=$(node "$here/../../host/packaging/registry.mjs" "v$("$program" --version | cut -d' ' -f2)" "$output")
node "$here/registry.mjs" "$output" <<<"$entry"
