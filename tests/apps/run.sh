#!/usr/bin/env bash
# The page of MCP Apps in headless Chromium, in a host of our own and in the Inspector, with the
# answers of the real server: what it draws, what can be done with it, and pictures for the eye.
#
#   tests/apps/run.sh FASTINTERCOM SIMULATOR FOLDER     (`just apps` calls this)
#
# Needs node 20, the package index and Chromium; CHROMIUM names another one than that in PATH.
source "$(dirname "$0")/../lib.sh"

[ $# -eq 3 ] && [ -x "$1" ] && [ -x "$2" ] || usage "FASTINTERCOM SIMULATOR FOLDER (\`just apps\` builds the two)"
program=$(absolute "$1") simulator=$2 pictures=$3
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$chromium" ]; then
    echo "There is no Chromium: install it (Debian: apt-get install chromium), or name one in CHROMIUM." >&2
    exit 2
fi

mkdir -p "$pictures"
start_simulator --conversations 300 --days 40 --messages 6 --plant "150:4:glockenspielist" \
    --plant "150:2:$(printf 'x%.0s' {1..9000})"
change() { # ORDER
    curl --silent --show-error --fail --output "$work/changed" --data "$1" "$(field "$address" base_url)/_simulator/change"
}
change '{"kind": "random", "count": 200}'
change '{"kind": "note", "text": "She is one of our oldest customers: please call her."}'
change '{"kind": "admin_reply", "text": "I will call you this afternoon."}'
change '{"kind": "rate", "score": 2, "remark": "It took two days."}'
environment+=(FASTINTERCOM_LOG=warn)
fastintercom sync --days 30
npm_install playwright-core@1.65.1 axe-core@4.14.1 @modelcontextprotocol/client@2.4.0 \
    @modelcontextprotocol/inspector@2.12.0

CHECK_ENVIRONMENT=$(printf '%s\n' "${environment[@]}")
export CHECK_ENVIRONMENT CHECK_PROGRAM=$program CHECK_MODULES=$work/node/node_modules CHECK_HOME=$work/home
export CHECK_CHROMIUM=$chromium CHECK_PICTURES=$pictures
node "$here/check.mjs"
node "$here/inspector.mjs"
