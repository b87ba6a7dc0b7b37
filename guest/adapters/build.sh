#!/usr/bin/env bash
# Builds the component and its adapters as small as they get, and composes them into artifacts for
# other hosts. Needs the wasm-opt that `just optimised` names.
#
#   guest/adapters/build.sh OUT [COMPONENT]     another component than the small one
set -euo pipefail
out=$(realpath -m "$1")
component=${2:+$(realpath "$2")}
cd "$(dirname "$0")/../.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")

# A target folder of its own, as the component has: flags of the native build are not for these.
# Paths of this machine would make two builds of the same source differ.
home=${CARGO_HOME:-$HOME/.cargo}
separator=$(printf '\037')
# All sources are there, so that the first build has the same folders as later ones.
cargo fetch --quiet --locked
flags="--remap-path-prefix=$PWD=/fastintercom${separator}--remap-path-prefix=$home=/cargo"
for registry in "$home"/registry/src/*; do flags+="${separator}--remap-path-prefix=$registry=/cargo"; done
build() {
  local packages=() name
  for name in $1; do packages+=("--package=fastintercom-adapter-$name"); done
  env -u RUSTFLAGS -u RUSTC_WRAPPER CARGO_TARGET_DIR="$target/component/adapters" \
    CARGO_ENCODED_RUSTFLAGS="$flags" \
    cargo build --quiet --locked --profile portable --target wasm32-wasip2 "${packages[@]}" "${@:2}"
}
built="$target/component/adapters/wasm32-wasip2/portable"
# Apart, since features of one build are everybody's.
build 'base act' --features=fastintercom-adapter-base/act
cp "$built/fastintercom_adapter_base.wasm" "$built/fastintercom_adapter_base_act.wasm"
build 'base driver http stdio typed'
compose() { cargo run --quiet --locked --package fastintercom-compose -- "$@"; }
[ -n "$component" ] || component=$(compose build "$PWD" "$target/component")
compose compose "$component" "$built" "$target/component/optimised" "$out"
