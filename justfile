# Everything that is done with this repository. `just` lists it.

set shell := ["bash", "-euo", "pipefail", "-c"]

bin := justfile_directory() / "target/debug/fastintercom"

_list:
    @just --list --unsorted

# Start the server for real; INTERCOM_ACCESS_TOKEN holds the token
run *arguments:
    cargo run --quiet --package fastintercom -- {{ arguments }}

# The main job without an account: sync a simulated workspace, then ask what an agent would
demo: build
    cargo build --quiet --package fastintercom-tests --bin intercom-simulator
    tests/demo.sh {{ bin }} target/debug/intercom-simulator

# Build the server, with the component inside
build:
    cargo build --package fastintercom

# All tests
test *arguments: build
    #!/usr/bin/env bash
    set -euo pipefail
    export FASTINTERCOM_BIN={{ bin }}
    # Test processes share one place for compiled code: compiling takes seconds.
    export FASTINTERCOM_TEST_CACHE=$(mktemp -d)
    trap 'rm -rf "$FASTINTERCOM_TEST_CACHE"' EXIT
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --workspace {{ arguments }}
    else
        cargo test --workspace {{ arguments }}
    fi

# Tests that wait for the real clock: some minutes
soak: build
    #!/usr/bin/env bash
    set -euo pipefail
    export FASTINTERCOM_BIN={{ bin }}
    export FASTINTERCOM_TEST_CACHE=$(mktemp -d)
    trap 'rm -rf "$FASTINTERCOM_TEST_CACHE"' EXIT
    cargo test --package fastintercom-tests --test binary -- --ignored

# The Python MCP client, installed from the package index, against the server
python-client: build
    cargo build --quiet --package fastintercom-tests --bin intercom-simulator
    tests/clients/python.sh {{ bin }} target/debug/intercom-simulator

# Formatting and lints, as CI wants them
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# What CI runs
ci: lint test

# Measure: start, calls, syncs, memory, sizes; writes docs/BENCHMARKS.md. `just bench 200000` takes long
bench sizes="2000,50000" *arguments: build
    cargo build --profile bench --package fastintercom-tests --bin bench
    "${CARGO_TARGET_DIR:-target}/release/bench" --binary {{ bin }} --sizes {{ sizes }} --write docs/BENCHMARKS.md {{ arguments }}

# Build the component alone and print its digest
component:
    cargo build --quiet --package fastintercom
    cp target/component/wasm32-wasip2/component/fastintercom_guest.wasm target/fastintercom.wasm
    sha256sum target/fastintercom.wasm
