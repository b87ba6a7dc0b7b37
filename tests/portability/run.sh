#!/usr/bin/env bash
# Builds the server for other systems around one and the same component, and lets it work there as
# far as this machine can run it. What came out goes to standard output and into
# docs/reports/PORTABILITY.md, in the place of what the last run found.
#
#   tests/portability/run.sh COMPONENT SIMULATOR [windows|arm64|macos|musl]...
#
# `just portability` makes both files and calls this; without a system it takes all. What is
# missing on this machine is named, and nothing is installed.
set -euo pipefail

if [ $# -lt 2 ] || [ ! -f "$1" ] || [ ! -x "$2" ]; then
    echo "usage: $0 COMPONENT SIMULATOR [windows|arm64|macos|musl]... (\`just portability\` makes both)" >&2
    exit 2
fi
component=$(realpath "$1")
simulator=$(realpath "$2")
shift 2
[ $# -gt 0 ] || set -- windows arm64 macos musl
cd "$(dirname "$0")/../.."
document=$PWD/docs/reports/PORTABILITY.md
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
digest=$(sha256sum "$component" | cut -d' ' -f1)

work=$(mktemp -d "${TMPDIR:-/tmp}/fastintercom-portability.XXXXXX")
clean_up() {
    stop_simulator
    # Wine's server outlives its programs, and writes its folder at its end.
    [ ! -d "$work/wine" ] || WINEPREFIX=$work/wine wineserver --kill --wait 2>/dev/null || true
    rm -rf "$work"
}
. tests/portability/steps.sh
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

windows() {
    local triple=x86_64-pc-windows-gnu
    need_target $triple
    need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64
    need wine wine64
    export WINEPREFIX=$work/wine WINEDEBUG=-all
    wineboot --init >/dev/null 2>&1
    # Rust's standard library needs a system library that Wine has from version 9 on.
    local library=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
    [ -e "$library" ] || x86_64-w64-mingw32-gcc -shared -O -o "$library" tests/portability/bcryptprimitives.c -ladvapi32
    say "$triple, built with $(version x86_64-w64-mingw32-gcc), run by $(version wine)"
    build $triple
    run_by wine "$target/$triple/debug/fastintercom.exe"
    walk
    # The tests, too, are Windows programs here: its locks are known to its programs only.
    export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine
    export FASTINTERCOM_BIN=$target/$triple/debug/fastintercom.exe FASTINTERCOM_TEST_SLOWNESS=5
    run_tests "tests of storage and locks" --package fastintercom-tests --test program --target $triple storage::
    run_tests "unit tests of the locks" --package fastintercom --lib --target $triple sandbox::lock
}

arm64() {
    local triple=aarch64-unknown-linux-gnu root=/usr/aarch64-linux-gnu
    need_target $triple
    need aarch64-linux-gnu-gcc "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
    need qemu-aarch64 qemu-user
    say "$triple, built with $(version aarch64-linux-gnu-gcc), run by $(version qemu-aarch64)"
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
    build $triple
    run_by "$(command -v qemu-aarch64) -L $root" "$target/$triple/debug/fastintercom"
    walk
    # The program under test is emulated; the tests, and the SQLite in them, are this machine's
    # own, and so a stranger to it on the same file.
    export FASTINTERCOM_BIN=$work/fastintercom FASTINTERCOM_TEST_SLOWNESS=5
    run_tests "tests of storage and locks" --package fastintercom-tests --test program storage::
}

macos() { only_check aarch64-apple-darwin; }

musl() { only_check x86_64-unknown-linux-musl; }

for system in "$@"; do
    case "$system" in
        windows | arm64 | macos | musl) ;;
        *) fail "there is no system \"$system\"; there are windows, arm64, macos and musl" ;;
    esac
done
for system in "$@"; do
    : >"$work/report"
    # What a system needs in the environment ends with it.
    ("$system")
    write_down "$system"
done
