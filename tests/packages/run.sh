#!/usr/bin/env bash
# Packs the program for npm and PyPI, installs both from the packed files as users would, lets each
# sync a simulated workspace and answer; then the shell installer, with right and wrong checksums.
#
#   tests/packages/run.sh FASTINTERCOM SIMULATOR        (`just packages` builds both)
#
# Needs node with npm, and python3 with pip. Nothing is fetched.
source "$(dirname "$0")/../lib.sh"

[ $# -eq 2 ] && [ -x "$1" ] && [ -x "$2" ] || usage "FASTINTERCOM SIMULATOR (\`just packages\` builds the programs)"
program=$(absolute "$1") simulator=$2
packaging=$here/../../host/packaging
version=$("$program" --version | cut -d' ' -f2)
target=x86_64-unknown-linux-gnu
packed=$work/packed

start_simulator --conversations 40 --days 5
url=$(field "$address" base_url) token=$(field "$address" token)
fail() {
    echo "$*" >&2
    exit 1
}
# A new user's home: nothing compiled, nothing cached.
as_new_user() {
    local name=$1
    shift
    mkdir -p "$work/home-$name"
    env -i PATH="$PATH" HOME="$work/home-$name" INTERCOM_BASE_URL="$url" INTERCOM_ACCESS_TOKEN="$token" \
        FASTINTERCOM_DB_PATH="$work/home-$name/cache/data.db" "$@"
}
# From an installed program to an answer about synced conversations.
answers() {
    local name=$1 begin=$SECONDS
    shift
    as_new_user "$name" "$@" --version | grep -qx "fastintercom $version" || fail "$name: not our version"
    as_new_user "$name" "$@" sync --days 5 --json >"$work/$name.json" || fail "$name: no sync"
    as_new_user "$name" "$@" call get_data_info | grep -q '"has_data": *true' || fail "$name: no data"
    # Its exit code is the program's.
    if as_new_user "$name" "$@" call no_such_tool >/dev/null 2>&1; then fail "$name: a failure is no failure"; fi
    echo "$name: installed, synced and asked in $((SECONDS - begin)) s"
}

node "$packaging/npm.mjs" platform "$target" "$program" "$version" "$packed" >/dev/null
node "$packaging/npm.mjs" main "$version" "$packed" >/dev/null
mkdir -p "$work/node"
# The packages of other platforms are in no registry yet; npm leaves optional ones out.
(cd "$work/node" && npm init --yes >/dev/null \
    && npm install --offline --no-audit --no-fund --ignore-scripts --omit=optional \
        "$packed/fastintercom-$version.tgz" >/dev/null)
if as_new_user bare "$work/node/node_modules/.bin/fastintercom" --version >"$work/bare" 2>&1; then
    fail "npm: it ran without its program"
fi
grep -q 'is not installed' "$work/bare" || fail "npm: no word about what is missing"
mkdir -p "$work/node/node_modules/@fastintercom/linux-x64"
tar -xzf "$packed/fastintercom-linux-x64-$version.tgz" -C "$work/node/node_modules/@fastintercom/linux-x64" --strip-components 1
answers npm "$work/node/node_modules/.bin/fastintercom"

python3 "$packaging/wheel.py" "$target" "$program" "$version" "$packed" >/dev/null
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --no-index --disable-pip-version-check "$packed"/fastintercom-*.whl
answers pypi "$work/venv/bin/fastintercom"

# The shell installer, from a release in a folder.
release=$work/releases/latest/download
name=fastintercom-v$version-x86_64-unknown-linux-musl
mkdir -p "$release" "$work/$name"
cp "$program" "$work/$name/fastintercom"
tar -czf "$release/$name.tar.gz" -C "$work" "$name"
(cd "$release" && sha256sum -- * >SHA256SUMS)
as_new_user shell FASTINTERCOM_RELEASES="file://$work/releases" sh "$packaging/install.sh" >/dev/null
answers shell "$work/home-shell/.local/bin/fastintercom"
echo "more" >>"$release/$name.tar.gz"
if as_new_user wrong FASTINTERCOM_RELEASES="file://$work/releases" sh "$packaging/install.sh" >"$work/wrong" 2>&1; then
    fail "the installer took an archive with another digest"
fi
grep -q 'does not have the digest' "$work/wrong" || fail "the installer did not say why"
[ ! -e "$work/home-wrong/.local/bin/fastintercom" ] || fail "the installer put it there all the same"

# The manifests name every archive with its digest, or are not written.
for each in aarch64-apple-darwin x86_64-apple-darwin aarch64-unknown-linux-musl; do
    echo "$(printf %064d 1)  fastintercom-v$version-$each.tar.gz"
done >>"$release/SHA256SUMS"
if node "$packaging/manifests.mjs" "v$version" "$release/SHA256SUMS" "$work/manifests" 2>/dev/null; then
    fail "manifests without the Windows archive"
fi
echo "$(printf %064d 2)  fastintercom-v$version-x86_64-pc-windows-msvc.zip" >>"$release/SHA256SUMS"
node "$packaging/manifests.mjs" "v$version" "$release/SHA256SUMS" "$work/manifests"
[ "$(grep -c sha256 "$work/manifests/fastintercom.rb")" = 4 ] || fail "the formula lacks an archive"
grep -q 'InstallerSha256: 0*2$' "$work/manifests/winget/FastIntercom.FastIntercom.installer.yaml" || fail "winget: no digest"
echo "npm, PyPI, the shell installer and the manifests: all well"
