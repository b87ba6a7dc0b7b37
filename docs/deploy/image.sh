#!/bin/sh
# Puts together what a container needs to run the program:
#
#   docs/deploy/image.sh PROGRAM FOLDER
set -eu
program=$1
folder=$2
mkdir -p "$folder/etc/ssl/certs" "$folder/data" "$folder/cache" "$folder/audit" "$folder/copies"
cp "$program" "$folder/fastintercom"
# The C library it was linked with, under the same paths.
ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$folder$(dirname "$library")"
  cp -L "$library" "$folder$library"
done
cp -L /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/"
echo 'fastintercom:x:65532:65532::/:/none' >"$folder/etc/passwd"
echo 'fastintercom:x:65532:' >"$folder/etc/group"
echo 'hosts: files dns' >"$folder/etc/nsswitch.conf"
chmod 700 "$folder/data" "$folder/cache" "$folder/audit"
