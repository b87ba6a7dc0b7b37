#!/usr/bin/env bash
# The page of `fastintercom report` in headless Chromium: it asks for nothing, the console has no
# complaint, and it can be printed. Pictures for the eye: desktop and phone, light and dark.
#
#   tests/report/check.sh FASTINTERCOM SIMULATOR FOLDER     (`just report-check` calls this)
#
# Needs Chromium; CHROMIUM names another one than that in PATH.
source "$(dirname "$0")/../lib.sh"

[ $# -eq 3 ] && [ -x "$1" ] && [ -x "$2" ] || usage "FASTINTERCOM SIMULATOR FOLDER (\`just report-check\` builds the two)"
program=$1 simulator=$2 pictures=$3
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$chromium" ]; then
    echo "There is no Chromium: install it (Debian: apt-get install chromium), or name one in CHROMIUM." >&2
    exit 2
fi

mkdir -p "$pictures"
start_simulator --conversations 400 --days 60
fastintercom sync --days 30
fastintercom report --since 30d -o "$work/full.html"
# A period of which part is not in the cache, and one in which nothing happened.
fastintercom report --since 90d -o "$work/gaps.html"
fastintercom report --since 2020-01-01 --until 2020-01-31 -o "$work/empty.html"

# Every name leads nowhere, so that what the page would load cannot be had from a cache or a proxy.
browse() {
    timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars \
        --host-resolver-rules="MAP * ~NOTFOUND" --enable-logging=stderr \
        --user-data-dir="$(mktemp -d "$work/profile.XXXXXX")" "$@" >>"$work/browser.log" 2>&1
}

# The hosts that were asked for, but for the browser's own look for updates, accounts and the time.
own='update.googleapis.com|clients2.google.com|accounts.google.com'
asked_hosts() { # NET-LOG...
    cat "$@" | grep -oE '"url":"[a-z]+://[^/"]*' | sed 's|.*//||' | sort -u | grep -vE "^($own)?\$" || true
}

# First the check itself: a page that does load something must be noticed.
echo '<!doctype html><img src="http://fonts.googleapis.com/x.png">' >"$work/loads.html"
browse --screenshot="$work/loads.png" --log-net-log="$work/net-loads.json" "file://$work/loads.html"
if [ "$(asked_hosts "$work/net-loads.json")" != fonts.googleapis.com ]; then
    echo "The check does not see what a page loads; is this Chromium another one?" >&2
    exit 1
fi

failed=0
complain() { echo "WRONG: $*" >&2; failed=1; }
for page in full gaps empty; do
    : >"$work/browser.log"
    for look in "light 1" "dark 0"; do
        read -r theme scheme <<<"$look"
        for screen in "desktop 1100,3600" "phone 390,5000"; do
            read -r name size <<<"$screen"
            picture="$pictures/$page-$name-$theme.png"
            rm -f "$picture"
            browse --screenshot="$picture" --window-size="$size" \
                --blink-settings=preferredColorScheme="$scheme" \
                --log-net-log="$work/net-$page-$name-$theme.json" "file://$work/$page.html"
            [ -s "$picture" ] || complain "there is no picture $picture"
        done
    done
    browse --print-to-pdf="$work/$page.pdf" "file://$work/$page.html"
    [ -s "$work/$page.pdf" ] || complain "$page cannot be printed"
    asked=$(asked_hosts "$work"/net-"$page"-*.json)
    [ -z "$asked" ] || complain "$page asks for $asked"
    console=$(grep -E 'CONSOLE' "$work/browser.log" || true)
    [ -z "$console" ] || complain "the console says of $page: $console"
done
[ "$failed" = 0 ] && echo "Three pages ask for nothing and have nothing to complain about; pictures are in $pictures."
exit "$failed"
