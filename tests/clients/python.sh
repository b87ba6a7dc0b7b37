#!/usr/bin/env bash
# A client that is not ours: the Python MCP SDK, in a scratch environment, over stdio.
#
#   tests/clients/python.sh FASTINTERCOM SIMULATOR        (`just python-client` builds both)
#
# Installs mcp from the package index, so it is not among the ordinary tests.
set -euo pipefail

if [ $# -ne 2 ] || [ ! -x "$1" ] || [ ! -x "$2" ]; then
    echo "usage: $0 FASTINTERCOM SIMULATOR (two programs; \`just python-client\` builds them)" >&2
    exit 2
fi
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
simulator=$2
here=$(cd "$(dirname "$0")" && pwd)

work=$(mktemp -d "${TMPDIR:-/tmp}/fastintercom-python.XXXXXX")
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

echo "Installing the Python client"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'mcp==2.3.0'

conversations=2000
word=glockenspielist
mkfifo "$work/address"
"$simulator" --conversations "$conversations" --days 80 --messages 6 --plant "1234:4:$word" >"$work/address" &
simulator_pid=$!
read -r address <"$work/address" || { echo "The simulator did not start." >&2; exit 1; }
field() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" <<<"$address"; }

echo "Syncing $conversations conversations"
mkdir -p "$work/home" "$work/data"
env -i PATH="$PATH" HOME="$work/home" FASTINTERCOM_DB_PATH="$work/data/data.db" \
    FASTINTERCOM_CACHE_DIR="$work/code" INTERCOM_BASE_URL="$(field base_url)" \
    INTERCOM_ACCESS_TOKEN="$(field token)" "$program" sync --full

"$work/venv/bin/python" "$here/python_client.py" \
    "$program" "$(field base_url)" "$(field token)" "$work" "$word" "$conversations"
