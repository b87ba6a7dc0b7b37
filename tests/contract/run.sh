#!/usr/bin/env bash
# Holds our requests and the simulator's answers against Intercom's OpenAPI description.
#
#   run.sh fastintercom intercom-simulator [folder with @stoplight/prism-cli installed]
#
# Needs node and npm. Prism 5.14.2 is the last version that runs on Node 20.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
bin=$(realpath "$1")
simulator=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

tools=${3:-$scratch}
if [ ! -x "$tools/node_modules/.bin/prism" ]; then
    npm install --silent --no-audit --no-fund --prefix "$tools" @stoplight/prism-cli@5.14.2
fi
node "$here/patch.mjs" "$tools/node_modules/js-yaml/index.js" \
    "$here/intercom-openapi-2.16.yaml" "$scratch/description.json"
# No setting of the person who runs this may change what is checked.
for name in $(env | sed -n 's/^\(INTERCOM_[A-Z_]*\|FASTINTERCOM_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
export HOME=$scratch
node "$here/check.mjs" "$tools/node_modules/.bin/prism" "$scratch/description.json" \
    "$bin" "$simulator" "$scratch"
