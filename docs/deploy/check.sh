#!/usr/bin/env bash
# Checks the deployment files as far as a machine without a cluster and without Docker can:
#
#   docs/deploy/check.sh PROGRAM
#
# The manifest against Kubernetes' own schemas (a Python package that ships them), the unit with
# systemd-analyze, the property list with Python's parser, and the image's content by running the
# program in it as a container would: another root, read-only, no privileges. What this machine
# lacks the tools for is said and not checked.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "$1")
work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT

skip() { echo "not checked: $1"; }

if python3 -m venv "$work/venv" 2>/dev/null \
  && "$work/venv/bin/pip" install --quiet --disable-pip-version-check 'kubernetes-validate==1.37.0'; then
  for version in 1.30 1.34; do
    "$work/venv/bin/kubernetes-validate" --strict -k "$version" "$here/kubernetes.yaml" >"$work/said" 2>&1 \
      || { cat "$work/said"; exit 1; }
  done
  echo "ok: kubernetes.yaml holds to the schemas of Kubernetes 1.30 and 1.34"
else
  skip "kubernetes.yaml (needs Python with venv, and the package index)"
fi

if command -v systemd-analyze >/dev/null; then
  sed "s|/usr/local/bin/fastintercom|$program|" "$here/fastintercom.service" >"$work/fastintercom.service"
  systemd-analyze verify --man=no "$work/fastintercom.service" 2>&1 | grep "fastintercom.service" >"$work/said" || true
  if [ -s "$work/said" ]; then cat "$work/said"; exit 1; fi
  exposure=$(systemd-analyze security --offline=true --threshold=20 "$work/fastintercom.service" | tail -1)
  echo "ok: fastintercom.service is understood;${exposure#→}"
else
  skip "fastintercom.service (needs systemd-analyze)"
fi

python3 - "$here/io.fastintercom.server.plist" <<'PYTHON'
import plistlib, sys
with open(sys.argv[1], "rb") as file:
    assert plistlib.load(file)["ProgramArguments"][1:] == ["serve", "--http", "127.0.0.1:8137"]
print("ok: io.fastintercom.server.plist is a property list")
PYTHON

image=$work/image
"$here/image.sh" "$program" "$image"
if [ "$(id -u)" = 0 ]; then
  chown -R 65532:65532 "$image/data" "$image/cache" "$image/audit"
  unprivileged="--userspec=65532:65532"
  flags=-m
else
  unprivileged=
  flags=-rm
fi
if ! unshare $flags true 2>/dev/null; then
  skip "the image's content (needs mount namespaces)"
  exit 0
fi
# As `docker run --read-only -v …:/data -v …:/cache -v …:/audit` would, the network being the machine's own. The
# function becomes the program, so that the signal below reaches it.
cat >"$work/run" <<RUN
set -e
mount --make-rprivate /
mount --bind "$image" "$image"
mount --bind "$image/data" "$image/data"
mount --bind "$image/cache" "$image/cache"
mount --bind "$image/audit" "$image/audit"
mount -o remount,bind,ro "$image"
exec chroot $unprivileged "$image" /fastintercom "\$@"
RUN
in_image() {
  exec unshare $flags env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin FASTINTERCOM_DB_PATH=/data/data.db \
    FASTINTERCOM_CACHE_DIR=/cache FASTINTERCOM_AUDIT_FOLDER=/audit sh "$work/run" "$@"
}
in_image serve --http 127.0.0.1:0 2>"$work/log" &
server=$!
address=
for _ in $(seq 100); do
  address=$(grep -o 'http://127.0.0.1:[0-9]*' "$work/log" || true)
  [ -n "$address" ] && break
  sleep 0.1
done
ready=$(python3 - "$address" <<'PYTHON'
import sys, time, urllib.request
for _ in range(120):
    try:
        print(urllib.request.urlopen(sys.argv[1] + "/readyz", timeout=10).read().decode())
        break
    except OSError:
        time.sleep(0.5)
PYTHON
)
kill -TERM $server
wait $server || { cat "$work/log"; exit 1; }
if [ "$ready" != '{"status":"ready"}' ]; then
  cat "$work/log"
  exit 1
fi
size=$(du -sm --exclude=cache --exclude=data --exclude=audit "$image" | cut -f1)
echo "ok: the image's content ($size MB) serves as user 65532 on a read-only root, and ends on SIGTERM"
