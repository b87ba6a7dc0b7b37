#!/usr/bin/env bash
# The image as podman builds and runs it, with a simulated workspace:
#
#   docs/deploy/container.sh PROGRAM SIMULATOR     (`just container` builds the two)
#
# Of the Dockerfile the last stage is built, the one that is shipped; what its first stage makes is
# put together from PROGRAM, so that no base image has to be fetched. Needs root, podman and Python;
# PODMAN names another command than `podman`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "$1") simulator=$(realpath "$2")
work=$(mktemp -d)
read -ra podman <<<"${PODMAN:-podman}"
# Storage of its own, which needs no file system of any kind.
podman+=(--root "$work/storage" --runroot "$work/run" --storage-driver vfs --cgroup-manager cgroupfs)
started=
clean_up() {
  "${podman[@]}" rm --force --all >"$work/removed" 2>&1 || true
  for process in $started; do kill "$process" 2>/dev/null || true; done
  chmod -R u+w "$work" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

"$here/image.sh" "$program" "$work/context/image"
chown -R 65532:65532 "$work/context/image"/{data,cache,audit,copies}
{
  printf 'FROM scratch AS build\nCOPY image /image\n'
  sed -n '/^FROM scratch$/,$p' "$here/Dockerfile"
} >"$work/Containerfile"
"${podman[@]}" build --quiet --tag localhost/fastintercom:0.1.0 --file "$work/Containerfile" "$work/context" >"$work/id"
label=$("${podman[@]}" inspect --format '{{index .Config.Labels "io.modelcontextprotocol.server.name"}}' localhost/fastintercom:0.1.0)
[ "$label" = io.github.fastintercom/fastintercom ] || { echo "The image has the label $label." >&2; exit 1; }
echo "ok: the image is built; it has the registry's label"

# No privileges, nothing writable but the volumes. The network is the machine's own, where the
# simulator is.
for folder in data cache audit; do install -d -o 65532 -g 65532 -m 700 "$work/$folder"; done
mkfifo "$work/address"
"$simulator" --conversations 60 --days 20 >"$work/address" &
started+=" $!"
read -r address <"$work/address"
field() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" <<<"$address"; }
field token >"$work/token"
printf 'a-token-of-this-test-alone-0123456789' >"$work/http-token"
chown 65532:65532 "$work/token" "$work/http-token"
chmod 400 "$work/token" "$work/http-token"
run() {
  "${podman[@]}" run --read-only --cap-drop all --security-opt no-new-privileges --network host \
    --ulimit nofile=4096:4096 --ulimit nproc=1024:1024 \
    --volume "$work/data:/data" --volume "$work/cache:/cache" --volume "$work/audit:/audit" \
    --volume "$work/token:/run/secrets/token:ro" --volume "$work/http-token:/run/secrets/http-token:ro" \
    --env INTERCOM_ACCESS_TOKEN_FILE=/run/secrets/token --env INTERCOM_BASE_URL="$(field base_url)" "$@"
}

# As it is, it would be open to others: that is refused.
if run --rm localhost/fastintercom:0.1.0 >"$work/open" 2>&1; then
  echo "It served an address that others reach without a token." >&2
  exit 1
fi
grep -q FASTINTERCOM_HTTP_TOKEN "$work/open" || { cat "$work/open"; exit 1; }
echo "ok: without a token for callers it does not serve others"

run --detach --name server --env FASTINTERCOM_INITIAL_SYNC_DAYS=30 --env FASTINTERCOM_HTTP_TOKEN_FILE=/run/secrets/http-token \
  localhost/fastintercom:0.1.0 serve --http 127.0.0.1:0 >"$work/id"
ask() { # PATH [BODY]
  curl --silent --fail --header "Authorization: Bearer $(cat "$work/http-token")" ${2:+--data "$2" --header 'Content-Type: application/json'} "$door$1"
}
door=
for _ in $(seq 300); do
  door=$("${podman[@]}" logs server 2>&1 | sed -n 's|.*listening on \(http://[0-9.:]*\).*|\1|p' || true)
  [ -n "$door" ] && ask /readyz >"$work/ready" 2>/dev/null && break
  sleep 0.2
done
found=
for _ in $(seq 100); do
  found=$(ask /tools/search_conversations '{"limit": 1}' | grep -o '"total_matches":[0-9]*' || true)
  [ "$found" = '"total_matches":60' ] && break
  sleep 0.2
done
[ "$found" = '"total_matches":60' ] || { "${podman[@]}" logs server; echo "It answers $found of 60 conversations." >&2; exit 1; }
"${podman[@]}" exec server /fastintercom status >"$work/status"
"${podman[@]}" stop --time 20 server >"$work/id"
code=$("${podman[@]}" inspect --format '{{.State.ExitCode}}' server)
[ "$code" = 143 ] || [ "$code" = 0 ] || { "${podman[@]}" logs server; echo "It ended with $code." >&2; exit 1; }
echo "ok: read-only, as user 65532 and without privileges it synced 60 conversations, answered, and ended on SIGTERM"
