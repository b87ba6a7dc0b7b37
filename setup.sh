#!/usr/bin/env bash
# Installs what building FastIntercom needs, and nothing that is there already.
#
#   ./setup.sh            install
#   ./setup.sh --check    only say what is missing; exit code 1 if anything is
#
# Needed: rustup with the toolchain of rust-toolchain.toml and its WebAssembly target, a clang
# that knows WebAssembly with the WASI headers (or WASI_SDK_PATH), a C compiler, and `just`.
set -euo pipefail
cd "$(dirname "$0")"

check_only=false
[ "${1:-}" = "--check" ] && check_only=true
missing=()

say() { printf '%s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else
    say "This needs root: $*"
    return 1
  fi
}

apt_updated=false
apt_install() {
  if ! $apt_updated; then
    as_root apt-get update -qq
    apt_updated=true
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# The newest clang on this machine that can compile for WebAssembly with WASI's headers.
wasm_clang() {
  [ -n "${WASI_SDK_PATH:-}" ] && [ -x "$WASI_SDK_PATH/bin/clang" ] && return 0
  local version
  for version in 25 24 23 22 21 20 19 18 17 16 15; do
    if have "clang-$version" && have "llvm-ar-$version" \
      && compgen -G "/usr/lib/llvm-$version/lib/clang/$version/lib/wasi*" >/dev/null \
      && [ -f /usr/include/wasm32-wasi/stdio.h ]; then
      return 0
    fi
    compgen -G "/usr/lib/llvm-$version/lib/clang/$version/lib/wasm32-unknown-wasi*" >/dev/null \
      && have "clang-$version" && [ -f /usr/include/wasm32-wasi/stdio.h ] && return 0
  done
  return 1
}

install_wasm_clang() {
  local version
  for version in 19 20 18 17 16; do
    if apt-cache show "libclang-rt-$version-dev-wasm32" >/dev/null 2>&1; then
      apt_install "clang-$version" "lld-$version" "llvm-$version" "libclang-rt-$version-dev-wasm32" wasi-libc
      return 0
    fi
  done
  say "No clang for WebAssembly among this system's packages: unpack wasi-sdk and set WASI_SDK_PATH."
  return 1
}

by_hand() {
  say "Install by hand, then run ./setup.sh again:"
  case "$(uname -s)" in
    Darwin)
      say "  xcode-select --install         # a C compiler"
      say "  brew install rustup just       # or rustup from its own site"
      say "  unpack wasi-sdk and: export WASI_SDK_PATH=/path/to/wasi-sdk"
      ;;
    MINGW* | MSYS* | CYGWIN* | Windows_NT)
      say "  winget install Rustlang.Rustup Casey.Just"
      say "  Visual Studio Build Tools with the C++ workload"
      say "  unpack wasi-sdk and: setx WASI_SDK_PATH C:\\path\\to\\wasi-sdk"
      ;;
    *)
      say "  rustup, gcc or clang, just; clang with wasi-libc, or wasi-sdk with WASI_SDK_PATH"
      ;;
  esac
  say "Missing: ${missing[*]}"
  exit 1
}

debian=false
have apt-get && debian=true

# 1. A C compiler and a linker for the host.
if ! have cc; then
  if $check_only || ! $debian; then missing+=("a C compiler"); else apt_install gcc libc6-dev; fi
fi

# 2. Rust. The toolchain file names the version; a target is not installed by it alone.
toolchain=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)
if ! have rustup; then
  if ! $check_only && $debian && { $apt_updated || as_root apt-get update -qq; } && apt-cache show rustup >/dev/null 2>&1; then
    apt_install rustup
  else
    missing+=("rustup (https://rustup.rs)")
  fi
fi
if have rustup; then
  if ! rustup toolchain list | grep -q "^$toolchain"; then
    if $check_only; then missing+=("Rust $toolchain"); else
      rustup toolchain install "$toolchain" --profile minimal --component clippy --component rustfmt
    fi
  fi
  if rustup toolchain list | grep -q "^$toolchain"; then
    for component in clippy rustfmt; do
      if ! rustup component list --toolchain "$toolchain" --installed | grep -q "^$component"; then
        if $check_only; then missing+=("$component"); else rustup component add --toolchain "$toolchain" "$component"; fi
      fi
    done
    if ! rustup target list --toolchain "$toolchain" --installed | grep -q '^wasm32-wasip2$'; then
      if $check_only; then missing+=("the target wasm32-wasip2"); else
        rustup target add --toolchain "$toolchain" wasm32-wasip2
      fi
    fi
  fi
fi

# 3. A clang for SQLite's C code in the component.
if ! wasm_clang; then
  if $check_only || ! $debian; then missing+=("a clang for WebAssembly with wasi-libc"); else
    $apt_updated || { as_root apt-get update -qq && apt_updated=true; }
    install_wasm_clang
  fi
fi

# 4. just, which runs everything else: ready made from PyPI or the system's packages, since compiling
#    it takes minutes.
cargo_bin="${CARGO_HOME:-$HOME/.cargo}/bin"

# `--target` leaves the Python installation alone, so that it works where that is managed by the
# system (PEP 668), and the program is one file without Python.
just_from_pypi() {
  local folder python
  for python in python3 python; do
    "$python" -m pip --version >/dev/null 2>&1 || continue
    folder=$(mktemp -d)
    if "$python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
      --target "$folder" rust-just >/dev/null 2>&1 && [ -x "$folder/bin/just" ] && "$folder/bin/just" --version >/dev/null; then
      mkdir -p "$cargo_bin"
      install -m 755 "$folder/bin/just" "$cargo_bin/just"
      rm -rf "$folder"
      return 0
    fi
    rm -rf "$folder"
  done
  return 1
}

just_from_packages() {
  $debian || return 1
  $apt_updated || { as_root apt-get update -qq && apt_updated=true; }
  if apt-cache show just >/dev/null 2>&1; then
    apt_install just
  else
    apt_install python3-pip && just_from_pypi
  fi
}

if ! have just && [ ! -x "$cargo_bin/just" ]; then
  if $check_only; then
    missing+=("just")
  elif ! just_from_pypi && ! just_from_packages; then
    if have cargo; then cargo install just --locked --quiet; else missing+=("just"); fi
  fi
fi
if ! have just && [ -x "$cargo_bin/just" ] && ! $check_only; then
  # The next command on the line must find it.
  if [ -w /usr/local/bin ]; then ln -sf "$cargo_bin/just" /usr/local/bin/just; else
    say "just lies in $cargo_bin, which is not in PATH: export PATH=\"$cargo_bin:\$PATH\""
  fi
fi

# 5. The sqlite3 shell: tests let it work on the live database. Without it they skip that part.
if ! have sqlite3; then
  if $check_only; then missing+=("sqlite3"); elif $debian; then
    $apt_updated || { as_root apt-get update -qq && apt_updated=true; }
    apt_install sqlite3
  else
    say "sqlite3 is not installed: some tests will skip what they do with it."
  fi
fi

if [ ${#missing[@]} -gt 0 ]; then
  if $check_only; then
    say "Missing: ${missing[*]}"
    exit 1
  fi
  by_hand
fi
say "Everything is there. Next: just demo"
