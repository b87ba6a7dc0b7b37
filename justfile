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

# Formatting and lints, as CI wants them
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# What CI runs
ci: lint test

# Build the component alone and print its digest
component:
    cargo build --quiet --package fastintercom
    cp target/component/wasm32-wasip2/component/fastintercom_guest.wasm target/fastintercom.wasm
    sha256sum target/fastintercom.wasm

# The storage tests for minutes instead of seconds: writers, kills, traps
soak *arguments: build
    #!/usr/bin/env bash
    set -euo pipefail
    export FASTINTERCOM_BIN={{ bin }} FASTINTERCOM_SOAK=1
    export FASTINTERCOM_TEST_CACHE=$(mktemp -d)
    trap 'rm -rf "$FASTINTERCOM_TEST_CACHE"' EXIT
    cargo test --package fastintercom-tests --test storage -- --nocapture --test-threads 1 {{ arguments }}

# How long readers wait for a busy writer, beside native SQLite
latency: build
    #!/usr/bin/env bash
    set -euo pipefail
    export FASTINTERCOM_BIN={{ bin }}
    cargo test --package fastintercom-tests --test storage -- --nocapture --ignored latency
