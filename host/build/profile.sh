#!/usr/bin/env bash
# Counts anew what SQLite does all day: host/build/sqlite.profdata, by which clang optimises it.
#
# tests/src/bin/train.rs asks a workspace that is not the benchmark's, natively, with SQLite built
# as the component has it. Needs clang-19, llvm-19 and libclang-rt-19-dev.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=$(rustc --print host-tuple)
name=${target//-/_}
folder=${CARGO_TARGET_DIR:-target}/profile
counts=$(mktemp -d)
trap 'rm -rf "$counts"' EXIT

# The component's own.
flags=$(sed -n '/^const SQLITE_FLAGS/,/;$/p' host/build/component.rs | tr -d '\n\\";' | sed 's/.*&str = //')
linked="-Clink-arg=-fprofile-instr-generate -Clink-arg=-Wl,-u,atexit -Clink-arg=-lc"
env CARGO_TARGET_DIR="$folder" LIBSQLITE3_FLAGS="$flags" \
  "CC_$name=clang-19" "CFLAGS_$name=-O2 -fprofile-instr-generate" \
  "CARGO_TARGET_${name^^}_LINKER=clang-19" "CARGO_TARGET_${name^^}_RUSTFLAGS=$linked" \
  cargo build --target "$target" --profile bench --package fastintercom-tests --bin train
LLVM_PROFILE_FILE="$counts/%p.profraw" "$folder/$target/release/train"
llvm-profdata-19 merge --output=host/build/sqlite.profdata "$counts"/*.profraw
ls -l host/build/sqlite.profdata
