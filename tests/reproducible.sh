#!/usr/bin/env bash
# Builds the component from two copies of this repository, in folders whose names differ, and
# compares the digests: nothing of the machine may get into the component.
#
# It compiles and runs `host/build.rs` by itself: that builds the component exactly as every
# build of the host does, without building the host.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset FASTINTERCOM_COMPONENT CARGO_TARGET_DIR
rustc --edition 2024 -o "$scratch/build" host/build.rs

digests=()
for folder in "$scratch/one" "$scratch/another/with-a-longer-name"; do
  mkdir -p "$folder/out"
  git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$folder"
  (cd "$folder" && CARGO_MANIFEST_DIR="$folder/host" OUT_DIR="$folder/out" "$scratch/build" >/dev/null)
  digests+=("$(sha256sum "$folder/out/fastintercom.wasm" | cut -d' ' -f1)")
  rm -rf "$folder/target"
done

printf '%s\n' "${digests[@]}"
if [ "${digests[0]}" != "${digests[1]}" ]; then
  echo "two builds of the same source differ" >&2
  exit 1
fi
