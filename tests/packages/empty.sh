#!/usr/bin/env bash
# `npx fastintercom` and `uvx fastintercom` in a root folder with nothing but npm or uv: from there
# to a synced workspace and an answer, in seconds.
#
#   tests/packages/empty.sh FASTINTERCOM SIMULATOR        (`just packages-empty` builds both)
#
# Needs root, node with npm, Debian's python3 with venv, and the package index for uv itself.
source "$(dirname "$0")/../lib.sh"

[ $# -eq 2 ] && [ -x "$1" ] && [ -x "$2" ] || usage "FASTINTERCOM SIMULATOR (\`just packages-empty\` builds the programs)"
program=$(absolute "$1") simulator=$2
packaging=$here/../../host/packaging
version=$("$program" --version | cut -d' ' -f2)
target=x86_64-unknown-linux-gnu
python=$(readlink -f /usr/bin/python3)
fail() {
    echo "$*" >&2
    exit 1
}

start_simulator --conversations 300 --days 20
mkdir "$work/npm" "$work/wheels" "$work/root"
node "$packaging/npm.mjs" platform "$target" "$program" "$version" "$work/npm" >"$work/said"
node "$packaging/npm.mjs" main "$version" "$work/npm" >"$work/said"
python3 "$packaging/wheel.py" "$target" "$program" "$version" "$work/wheels" >"$work/said"
mkfifo "$work/registry"
node "$here/registry.mjs" "$work/npm" >"$work/registry" &
started+=" $!"
read -r registry <"$work/registry"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uv==0.13.9

# The root folder: a shell, node, npm, Python and uv with the libraries that they were linked with.
root=$work/root
mkdir -p "$root"/{bin,usr/bin,usr/lib/node_modules,tmp,dev,proc,home,packages}
chmod 1777 "$root/tmp"
put() { # PROGRAM PLACE
    cp -L "$1" "$root$2"
    # A static program has none.
    { ldd "$1" || true; } 2>"$work/said" | { grep -o '/[^ ]*' || true; } | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
}
put "$(command -v dash)" /bin/sh
put "$(command -v env)" /usr/bin/env
put "$(readlink -f "$(command -v node)")" /usr/bin/node
put "$python" /usr/bin/python3
put "$work/venv/bin/uv" /usr/bin/uv
put "$work/venv/bin/uvx" /usr/bin/uvx
cp -r "/usr/lib/$(basename "$python")" "$root/usr/lib/"
for extension in "/usr/lib/$(basename "$python")"/lib-dynload/*.so; do put "$extension" "$extension"; done
cp -r "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")" "$root/usr/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/bin/npx"
cp "$work"/wheels/* "$root/packages/"

inside() { # NAME COMMAND…
    local name=$1
    shift
    mkdir -p "$root/home/$name"
    # shellcheck disable=SC2016 # the inner shell's variables
    unshare --mount --pid --fork sh -c 'root=$1; shift
        mount --make-rprivate / && mount --rbind /dev "$root/dev" && mount -t proc proc "$root/proc"
        exec chroot "$root" "$@"' sh "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME="/home/$name" \
        INTERCOM_BASE_URL="$(field "$address" base_url)" INTERCOM_ACCESS_TOKEN="$(field "$address" token)" \
        UV_PYTHON_DOWNLOADS=never "$@"
}
answers() { # NAME COMMAND…
    local name=$1 begin=$SECONDS
    shift
    inside "$name" "$@" sync --days 20 >"$work/$name" 2>&1 || { cat "$work/$name"; fail "$name: no sync"; }
    inside "$name" "$@" search refund >"$work/$name.found" || fail "$name: no answer"
    grep -q refund "$work/$name.found" || fail "$name: nothing found"
    echo "$name: from nothing to a synced workspace and an answer in $((SECONDS - begin)) s"
}
# Small images have no certificate authorities; that is said, and what to do.
if inside bare npx --yes --registry "$registry" fastintercom sync >"$work/bare" 2>&1; then fail "it needs no authorities"; fi
grep -q ca-certificates "$work/bare" || { cat "$work/bare"; fail "no word about ca-certificates"; }
mkdir -p "$root/etc/ssl/certs"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
answers npx npx --yes --registry "$registry" fastintercom
answers uvx uvx --offline --find-links /packages fastintercom
