#!/usr/bin/env bash
# Follows "A new tool in ten minutes" of docs/CONTRIBUTING.md to the letter, in a copy of the source.
#
#   tests/example/run.sh        (`just example`)
source "$(dirname "$0")/../lib.sh"

root=$(cd "$here/../.." && pwd)
document=$root/docs/CONTRIBUTING.md
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
copy=$work/copy
mkdir "$copy"
(cd "$root" && git ls-files -z | tar --null --files-from - -cf -) | tar -xf - -C "$copy"

# 1. The file that the document shows.
awk '/^## A new tool/ { inside = 1 } inside && /^ *```rust/ { code = 1; next } code && /^ *```/ { exit } code' \
    "$document" | sed 's/^   //' >"$copy/guest/src/tools/count_messages.rs"
grep -q 'name: "count_messages"' "$copy/guest/src/tools/count_messages.rs"
# 2. The two lines.
sed -i 's/^mod check_coverage;/&\nmod count_messages;/; s/^    check_coverage::TOOL,/&\n    count_messages::TOOL,/' \
    "$copy/guest/src/tools/mod.rs"
[ "$(grep -c count_messages "$copy/guest/src/tools/mod.rs")" = 2 ]

cd "$copy"
# 3. The pictures of the definitions and the documentation, and then everything that is asked of a tool.
packages=(--package fastintercom-guest --package fastintercom-tests --lib)
INSTA_UPDATE=always cargo test --quiet "${packages[@]}" tools::tests::definitions
INSTA_UPDATE=no cargo test --quiet "${packages[@]}" tools::
grep -q '### `count_messages`' docs/TOOLS.md
echo "The example of docs/CONTRIBUTING.md works as it stands there"
