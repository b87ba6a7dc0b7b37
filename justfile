# Everything that is done with this repository. `just` lists it.

set shell := ["bash", "-euo", "pipefail", "-c"]
# Arguments reach a recipe as "$@", whole: a filter or JSON has blanks, quotes and parentheses.
set positional-arguments

target := env("CARGO_TARGET_DIR", justfile_directory() / "target")
bin := target / "debug/fastintercom"
simulator := target / "debug/intercom-simulator"
hostile := target / "wasm32-wasip2/release/fastintercom_hostile.wasm"

_list:
    @just --list --unsorted

# Start the server for real; INTERCOM_ACCESS_TOKEN holds the token
run *arguments:
    cargo run --quiet --package fastintercom -- "$@"

# The main job without an account: sync a simulated workspace, then ask what an agent would
demo: _simulated
    tests/demo.sh {{ bin }} {{ simulator }}

# Build the server, with the component inside
build:
    cargo build --package fastintercom

# Build the server and the simulator, together, so that neither core waits for the other
_simulated:
    cargo build --package fastintercom --package fastintercom-tests --no-default-features --bin fastintercom --bin intercom-simulator

# All tests, or some: just test -E 'test(subscriptions)'
test *arguments: build
    #!/usr/bin/env bash
    set -euo pipefail
    # The component that attacks the sandbox.
    cargo build --quiet --package fastintercom-hostile --target wasm32-wasip2 --release
    export FASTINTERCOM_BIN={{ bin }} FASTINTERCOM_HOSTILE={{ hostile }}
    .ci/tests "$@"

# Before a commit: format, lints, and the tests of what changed since main; under two minutes warm
check base="main":
    .ci/check {{ bin }} "$1"

# Tests that wait for the real clock, and long syncs with their figures: half an hour
soak: build
    #!/usr/bin/env bash
    set -euo pipefail
    export FASTINTERCOM_BIN={{ bin }}
    export FASTINTERCOM_TEST_CACHE=$(mktemp -d)
    trap 'rm -rf "$FASTINTERCOM_TEST_CACHE"' EXIT
    cargo test --package fastintercom-tests --test program binary:: -- --ignored
    cargo test --package fastintercom-tests --test program http::audit -- --ignored --nocapture
    # One after the other: they measure time.
    cargo test --package fastintercom-tests --test scenarios sync_soak:: -- --ignored --nocapture --test-threads 1
    # The storage tests for minutes instead of seconds: writers, kills, traps.
    FASTINTERCOM_SOAK=1 cargo test --package fastintercom-tests --test program storage:: -- --nocapture --test-threads 1

# Our requests and the simulator's answers against Intercom's own OpenAPI description; needs npm
contract: _simulated
    tests/contract/run.sh {{ bin }} {{ simulator }}

# Clients and frameworks that are not ours; without names all, and writes docs/reports/clients.md; needs npm and python
clients *names: _simulated
    tests/clients/run.sh {{ bin }} {{ simulator }} "$@"

# The official MCP conformance suite, revisions 2026-07-28 and 2025-11-25; needs npm
conformance: build
    tests/conformance/run.sh {{ bin }}

# The same suite, with the same expectations, against the artifact for HTTP hosts under `wasmtime serve`; needs npm and python
conformance-artifact: artifacts
    tests/conformance/run.sh {{ target }}/artifacts/fastintercom-http.wasm

# Pack the server as an MCP bundle for desktop clients, and let the unpacked one serve; needs npm
mcpb: _simulated
    tests/bundle/run.sh {{ bin }} {{ simulator }} {{ target }}/fastintercom.mcpb

# Pack for npm and PyPI, install from the packed files, sync and ask; needs npm and python
packages: _simulated
    tests/packages/run.sh {{ bin }} {{ simulator }}

# `npx` and `uvx` from the packed files in a root folder that has nothing else. Needs root, npm and python
packages-empty: _simulated
    tests/packages/empty.sh {{ bin }} {{ simulator }}

# Follow "A new tool in ten minutes" of docs/CONTRIBUTING.md to the letter
example:
    tests/example/run.sh

# Formatting and lints, as CI wants them
lint:
    cargo fmt --all --check
    cargo clippy --package fastintercom --package fastintercom-compose --package fastintercom-mcp --package fastintercom-policy --all-targets -- -D warnings
    cargo clippy --target wasm32-wasip2 --package fastintercom-adapter-base --package fastintercom-adapter-calls --package fastintercom-adapter-driver --package fastintercom-adapter-http --package fastintercom-adapter-stdio --package fastintercom-adapter-typed -- -D warnings
    cargo clippy --target wasm32-wasip2 --package fastintercom-adapter-base --features fastintercom-adapter-base/act --package fastintercom-adapter-act -- -D warnings
    cargo clippy --package fastintercom-guest --package fastintercom-hostile --package fastintercom-tests --all-targets -- -D warnings

# What CI runs
ci: lint test

# Measure the release build: start, calls, syncs, memory, sizes; writes docs/reports/BENCHMARKS.md. `just bench 200000` takes long
bench sizes="2000,50000" *arguments:
    cargo build --release --package fastintercom
    cargo build --profile bench --package fastintercom-tests --bin bench
    {{ target }}/release/bench --binary {{ target }}/release/fastintercom --sizes {{ sizes }} --write docs/reports/BENCHMARKS.md "${@:2}"

# What an agent waits with this program, SQLite, DuckDB, plain FTS5 and Intercom's API: on a database of `just bench`; writes docs/reports/BENCHMARKS.md. Needs python and the package index
beside database=(target / "bench/50000/data.db"): _simulated
    cargo build --release --package fastintercom
    tests/beside/run.sh {{ target }}/release/fastintercom {{ simulator }} "$1" docs/reports/BENCHMARKS.md

# Search quality on public collections: nDCG@10 of each collection in a folder; see docs/SEARCH.md
search-quality folder: build
    FASTINTERCOM_BIN={{ bin }} SEARCH_COLLECTIONS={{ quote(absolute_path(folder)) }} cargo nextest run --package fastintercom-guest --package fastintercom-tests --test scenarios --run-ignored ignored-only --no-capture -E 'test(collections_of_a_folder)'

# Measure the hot functions alone, in native form
bench-functions *arguments:
    cargo bench --package fastintercom-tests --bench functions -- "$@"

# Count anew what SQLite does all day, for its compiler; writes host/build/sqlite.profdata
profile:
    host/build/profile.sh

# Build the component alone and print its digest
component:
    cargo build --quiet --package fastintercom
    cp {{ target }}/component/wasm32-wasip2/component/fastintercom_guest.wasm {{ target }}/fastintercom.wasm
    sha256sum {{ target }}/fastintercom.wasm

# The component, optimised: smaller and as quick. Needs wasm-opt 132 (`npm install --global binaryen@132.0.0`), or WASM_OPT=FILE
optimised: component
    cargo run --quiet --locked --package fastintercom-compose -- optimise {{ target }}/fastintercom.wasm {{ target }}/component/optimised {{ target }}/fastintercom-optimised.wasm
    sha256sum {{ target }}/fastintercom-optimised.wasm

# Compose the artifacts for other hosts (fastintercom-stdio.wasm, …) into target/artifacts, with their digests
artifacts:
    guest/adapters/build.sh {{ target }}/artifacts

# The artifacts in hosts that nobody here wrote; `--write docs/HOSTS.md` renews its table. Needs python and the package index
hosts *arguments: artifacts _simulated
    tests/hosts/run.sh {{ bin }} {{ target }}/artifacts {{ simulator }} "$@"

# The artifacts in an OCI registry on loopback, pushed as a release does. Needs wkg, docker-registry, python and the package index
oci: artifacts
    tests/hosts/oci.sh {{ target }}/artifacts

# Licences, bans and sources of all dependencies; `just deny advisories` asks the network, too
deny *checks="licenses bans sources":
    command -v cargo-deny >/dev/null || cargo install cargo-deny --locked --quiet
    cargo deny --locked check {{ checks }}

# Build the component twice, in two folders, and compare
reproducible:
    tests/reproducible.sh

# An export loaded into DuckDB, and its answers held against the server's; needs python and the package index
engines: _simulated
    tests/engines/run.sh {{ bin }} {{ simulator }}

# The files for systemd, launchd, containers and Kubernetes, as far as this machine can check them
deploy-check: build
    docs/deploy/check.sh {{ bin }}

# The image as podman builds and runs it: read-only, without privileges. Needs root and podman
container: _simulated
    docs/deploy/container.sh {{ bin }} {{ simulator }}

# The same component on Windows (wine), arm64 (qemu) and, type-checked, macOS; writes docs/reports/PORTABILITY.md
portability *systems: component _simulated
    tests/portability/run.sh {{ target }}/fastintercom.wasm {{ simulator }} "$@"

# How long readers wait for a busy writer, beside native SQLite
latency: build
    #!/usr/bin/env bash
    set -euo pipefail
    export FASTINTERCOM_BIN={{ bin }}
    cargo test --package fastintercom-tests --test program storage::latency -- --nocapture --ignored

# The report in headless Chromium: nothing is loaded, nothing is wrong, pictures in target/report
report-check: _simulated
    tests/report/check.sh {{ bin }} {{ simulator }} {{ target }}/report

# The page of MCP Apps in headless Chromium, with the real server's answers; pictures in target/apps. Needs npm
apps: _simulated
    tests/apps/run.sh {{ bin }} {{ simulator }} {{ target }}/apps
