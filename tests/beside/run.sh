#!/usr/bin/env bash
# What an agent waits for an answer, with this program and with what it could ask instead.
#
#   tests/beside/run.sh FASTINTERCOM SIMULATOR DATABASE [DOCUMENT]        (`just beside` builds what it needs)
#
# DATABASE is one that `just bench` made. Needs python3 and the package index.
source "$(dirname "$0")/../lib.sh"

[ $# -ge 3 ] && [ -x "$1" ] && [ -x "$2" ] && [ -f "$3" ] || usage "FASTINTERCOM SIMULATOR DATABASE [DOCUMENT]"
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check 'duckdb==1.5.5' 'duckdb-extension-sqlite-scanner==1.5.5'
"$work/python/bin/python" "$here/beside.py" "$(absolute "$1")" "$(absolute "$2")" "$(absolute "$3")" "$work" "${4:-}"
