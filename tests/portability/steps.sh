# The steps of `run.sh`, which reads this file and sets the variables used here.
# shellcheck shell=bash disable=SC2154

fail() {
    echo "portability: $*" >&2
    exit 1
}

# A program, and the packages of Debian that have it.
need() { command -v "$1" >/dev/null || fail "$1 is missing; on Debian: apt-get install $2"; }

need_target() {
    rustup target list --installed | grep -qx "$1" || fail "Rust's library for $1 is missing: rustup target add $1"
}

# The first line of what a program says of itself, without the hints of Debian's wine.
version() { "$1" --version 2>/dev/null | head -n 1; }

# A line of the report.
say() { printf '%s\n' "$*" | tee -a "$work/report"; }

build() {
    echo "building for $1 ..." >&2
    FASTINTERCOM_COMPONENT=$component cargo build --quiet --package fastintercom --target "$1"
}

# Makes "$work/fastintercom", which starts the program through an emulator. The tests start it with
# an empty environment, so all that is needed stands in it.
run_by() {
    local emulator=$1 program=$2
    cat >"$work/fastintercom" <<END
#!/bin/sh
export WINEPREFIX='${WINEPREFIX:-}' WINEDEBUG='${WINEDEBUG:-}'
exec $emulator '$program' "\$@"
END
    chmod +x "$work/fastintercom"
}

# Compiling under emulation is slow, so the steps and the tests of a system share one cache.
cache() { echo "$work/cache-$system"; }

fastintercom() {
    env -i PATH="$PATH" HOME="$work/home" FASTINTERCOM_DB_PATH="$work/data/data.db" \
        FASTINTERCOM_CACHE_DIR="$(cache)" INTERCOM_BASE_URL="$base_url" INTERCOM_ACCESS_TOKEN="$token" \
        "$work/fastintercom" "$@" 2>"$work/log" || fail "\`fastintercom $*\` failed: $(cat "$work/log")"
}

# The first value of that name in JSON on standard input, a text or a number.
field() { grep -o "\"$1\" *: *[^,}]*" | head -n 1 | sed 's/^"[^"]*" *: *"\{0,1\}\([^"]*\).*/\1/'; }

expect() { [ "$2" = "$3" ] || fail "$1: \"$2\" instead of \"$3\""; }

# Start, sync and search, against the simulator on loopback; then a look at the file from outside.
walk() {
    local address base_url token conversations=300 json
    rm -rf "$work/home" "$work/data"
    mkdir -p "$work/home" "$work/data"
    mkfifo "$work/address"
    "$simulator" --conversations $conversations --days 30 \
        --plant "137:5:Our accordionist cannot open the invoice of October." >"$work/address" &
    echo $! >"$work/simulator.pid"
    read -r address <"$work/address"
    rm "$work/address"
    base_url=$(field base_url <<<"$address")
    token=$(field token <<<"$address")

    json=$(fastintercom capabilities --json)
    expect "the digest of the component" "$(field component_sha256 <<<"$json")" "$digest"
    say "component   sha256 $digest"
    json=$(fastintercom tools --json)
    say "start       $(grep -o '"inputSchema"' <<<"$json" | wc -l) tools"
    fastintercom sync --days 60 >/dev/null
    json=$(fastintercom call get_data_info)
    expect "conversations in the cache" "$(field total_conversations <<<"$json")" $conversations
    say "sync        $conversations conversations, all there are"
    json=$(fastintercom call search_conversations '{"query": "accordionist"}')
    expect "hits" "$(field total_matches <<<"$json")" 1
    fastintercom search accordionist | grep -q accordionist || fail "\`search\` shows no hit"
    say "search      the one message with a certain word"
    if command -v sqlite3 >/dev/null; then
        expect "integrity" "$(sqlite3 "$work/data/data.db" 'PRAGMA integrity_check')" ok
        expect "rows" "$(sqlite3 "$work/data/data.db" 'SELECT count(*) FROM conversations')" $conversations
        say "sqlite3     the one of this machine finds the file sound, and all conversations in it"
    fi
    stop_simulator
}

# Also called at the end of everything, from another shell than the one that started it.
stop_simulator() {
    [ ! -f "$work/simulator.pid" ] || kill "$(cat "$work/simulator.pid")" 2>/dev/null || true
    rm -f "$work/simulator.pid"
}

# A name, and the rest of a `cargo test`. Reports counts, and of the tests of the program each one,
# what it measured, and what it left out.
run_tests() {
    local name=$1 log=$work/tests.log
    shift
    echo "$name ..." >&2
    FASTINTERCOM_COMPONENT=$component FASTINTERCOM_TEST_CACHE=$(cache) \
        cargo test --quiet "$@" -- --format pretty --test-threads 1 --show-output >"$log" 2>&1 || {
        cat "$log" >&2
        fail "$name: see above"
    }
    say "$name: $(sed -n 's/^test result: ok\. \([0-9]* passed\); 0 failed; \([0-9]* ignored\).*/\1, \2/p' "$log")"
    case "$*" in *--lib*) return ;; esac
    sed -n 's/^test \(.*\) \.\.\. \(ok\|ignored\).*$/  \2  \1/p' "$log" | tee -a "$work/report"
    sed -n '/^successes:/,$ { /^[a-zA-Z0-9].*\(: \|;\|, \)/p }' "$log" |
        grep -v -e '^successes' -e SEED -e '^test result' -e fastintercom-test- | sort -u | sed 's/^/      /' | tee -a "$work/report" || true
}

# Type-checks the host, where nothing can run it. Checking links nothing, so a compiler and an
# archiver that only make empty files stand in for the C tools of that system.
only_check() {
    local triple=$1 tools=$work/tools
    need_target "$triple"
    mkdir -p "$tools/sdk"
    printf '#!/bin/sh\nwhile [ $# -gt 0 ]; do [ "$1" != -o ] || : >"$2"; shift; done\n' >"$tools/cc"
    printf '#!/bin/sh\nfor file; do case "$file" in *.a) : >"$file" ;; esac; done\n' >"$tools/ar"
    chmod +x "$tools/cc" "$tools/ar"
    echo "checking for $triple ..." >&2
    env "CC_${triple//-/_}=$tools/cc" "AR_${triple//-/_}=$tools/ar" SDKROOT="$tools/sdk" \
        FASTINTERCOM_COMPONENT="$component" \
        cargo check --quiet --package fastintercom --target "$triple"
    say "$triple: the host type-checks; it is not linked, and nothing is run"
}

# Puts the report between the marks of that system in the document.
write_down() {
    local system=$1
    # Not named `system`, which is a function of awk's.
    awk -v name="$system" -v report="$work/report" '
        $0 == "<!-- end " name " -->" { inside = 0 }
        !inside { print }
        $0 == "<!-- begin " name " -->" {
            inside = 1
            print "```text"
            while ((getline line < report) > 0) print line
            print "```"
        }
    ' "$document" >"$work/document"
    cat "$work/document" >"$document"
}
