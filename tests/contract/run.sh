#!/usr/bin/env bash
# Holds our requests and the simulator's answers against Intercom's OpenAPI description.
#
#   tests/contract/run.sh FASTINTERCOM SIMULATOR     (`just contract` builds both)
#
# Needs node and npm. Prism 5.14.2 is the last version that runs on Node 20.
source "$(dirname "$0")/../lib.sh"

[ $# -eq 2 ] && [ -x "$1" ] && [ -x "$2" ] || usage "FASTINTERCOM SIMULATOR (\`just contract\` builds them)"
program=$(absolute "$1") simulator=$(absolute "$2")

npm_install @stoplight/prism-cli@5.14.2
modules=$work/node/node_modules
node "$here/patch.mjs" "$modules/js-yaml/index.js" "$here/intercom-openapi-2.16.yaml" "$work/description.json"
# No setting of the person who runs this may change what is checked.
env -i PATH="$PATH" HOME="$work/home" node "$here/check.mjs" "$modules/.bin/prism" "$work/description.json" \
    "$program" "$simulator" "$work"
