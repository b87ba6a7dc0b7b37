#!/usr/bin/env bash
# Pushes WebAssembly files to an OCI registry as artifacts of their kind (one layer of application/wasm),
# pulls each back and compares: what is there are the same bytes.
#
#   host/packaging/oci.sh REPOSITORY VERSION NAME=FILE…
#
# Prints the digest of each manifest, `NAME sha256:…`, for who signs them. Needs `wkg`, and what it
# reads: WKG_OCI_USERNAME and WKG_OCI_PASSWORD, and WKG_OCI_INSECURE for a registry without TLS.
set -euo pipefail

if [ $# -lt 3 ]; then
    echo "usage: $0 REPOSITORY VERSION NAME=FILE…" >&2
    exit 2
fi
repository=$1 version=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for each in "$@"; do
    name=${each%%=*} file=${each#*=}
    reference=$repository/$name:$version
    wkg oci push "$reference" "$file" >"$work/said"
    digest=$(sed -n 's/^digest: *\(sha256:[0-9a-f]\{64\}\)$/\1/p' "$work/said")
    [ -n "$digest" ] || { cat "$work/said" >&2; exit 1; }
    wkg oci pull "$repository/$name@$digest" --output "$work/pulled" >"$work/said"
    cmp "$file" "$work/pulled"
    echo "$name $digest"
done
