#!/bin/sh
# Installs FastIntercom without a compiler: fetches the release's archive for this system, checks
# it against the release's checksums, and puts the program into a folder of yours.
#
#   curl -fsSL https://github.com/fastintercom/fastintercom/releases/latest/download/install.sh | sh
#
#   FASTINTERCOM_VERSION=0.1.0   another version than the newest
#   FASTINTERCOM_BIN_DIR=…       another folder than ~/.local/bin
#   FASTINTERCOM_RELEASES=…      another place of releases
set -eu

fail() {
  echo "install.sh: $*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

main() {
  releases=${FASTINTERCOM_RELEASES:-https://github.com/fastintercom/fastintercom/releases}
  folder=${FASTINTERCOM_BIN_DIR:-$HOME/.local/bin}

  case "$(uname -s)" in
    Linux) system=unknown-linux-musl ;;
    Darwin) system=apple-darwin ;;
    *) fail "there is no archive for $(uname -s) that this can install; see $releases" ;;
  esac
  case "$(uname -m)" in
    x86_64 | amd64) processor=x86_64 ;;
    aarch64 | arm64) processor=aarch64 ;;
    *) fail "there is no archive for the processor $(uname -m); see $releases" ;;
  esac
  target=$processor-$system

  if have curl; then
    fetch() { curl --fail --silent --show-error --location --output "$2" "$1"; }
  elif have wget; then
    fetch() { wget --quiet --output-document "$2" "$1"; }
  else
    fail "curl or wget is needed"
  fi
  if have sha256sum; then
    digest() { sha256sum "$1" | cut -d ' ' -f 1; }
  elif have shasum; then
    digest() { shasum -a 256 "$1" | cut -d ' ' -f 1; }
  else
    fail "sha256sum or shasum is needed, to check what is fetched"
  fi

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  if [ -n "${FASTINTERCOM_VERSION:-}" ]; then
    from=$releases/download/v${FASTINTERCOM_VERSION#v}
  else
    from=$releases/latest/download
  fi
  fetch "$from/SHA256SUMS" "$work/SHA256SUMS" || fail "$from/SHA256SUMS cannot be fetched"
  line=$(grep "  fastintercom-v[^ ]*-$target\.tar\.gz\$" "$work/SHA256SUMS") ||
    fail "the release has no archive for $target"
  archive=${line##* }
  fetch "$from/$archive" "$work/$archive" || fail "$from/$archive cannot be fetched"
  [ "$(digest "$work/$archive")" = "${line%% *}" ] ||
    fail "$archive does not have the digest that the release names; nothing was installed"

  tar -xzf "$work/$archive" -C "$work"
  mkdir -p "$folder"
  # Put in its place in one step: a server that runs keeps its file.
  cp "$work/${archive%.tar.gz}/fastintercom" "$folder/.fastintercom.$$"
  chmod 755 "$folder/.fastintercom.$$"
  mv -f "$folder/.fastintercom.$$" "$folder/fastintercom"
  "$folder/fastintercom" --version
  echo "Installed $folder/fastintercom"
  case ":$PATH:" in
    *":$folder:"*) ;;
    *) echo "That folder is not in PATH: export PATH=\"$folder:\$PATH\"" ;;
  esac
  echo "Next: fastintercom login, then fastintercom install --all"
}

# Called at the end, so that half a download does nothing.
main
