#!/usr/bin/env bash
# Enters the server into the configuration of clients that are not ours, over a remote entry of the
# same name, and lets each client itself say what it reads there.
#
#   tests/clients/listed.sh FASTINTERCOM MODULES FOLDER     (`just clients listed` calls it)
#
# MODULES is the folder of the clients' npm packages. Each has a home folder of its own below FOLDER.
set -euo pipefail
program=$1 modules=$2 folder=$3
checks=0

# Two put their program in its place by a script, and scripts do not run on installation.
(cd "$modules/opencode-ai" && node postinstall.mjs >/dev/null 2>&1) || true
(cd "$modules/@anthropic-ai/claude-code" && node install.cjs >/dev/null 2>&1) || true
# Without a network, where that can be had: none of this needs one.
offline=(unshare --map-root-user --net)
"${offline[@]}" true 2>/dev/null || offline=()

check() { # CLIENT FILE REMOTE-ENTRY COMMAND…
    local client=$1 home=$folder/home-$1 file=$2 before=$3 listed
    shift 3
    local clean=(env -i PATH="$PATH" HOME="$home" TERM=dumb NO_COLOR=1)
    mkdir -p "$(dirname "$home/$file")" "$home/work"
    printf '%s\n' "$before" >"$home/$file"
    "${clean[@]}" "$program" --region eu install "$client" >/dev/null
    listed=$(cd "$home/work" && "${clean[@]}" "${offline[@]}" timeout 120 "$@" </dev/null 2>&1) || {
        printf '%s does not list its servers:\n%s\n' "$client" "$listed" >&2
        return 1
    }
    listed=${listed//"$folder"/}
    if ! grep -q fastintercom <<<"$listed" || grep -q old.example <<<"$listed"; then
        printf '%s lists something else:\n%s\n' "$client" "$listed" >&2
        return 1
    fi
    # And again without it.
    "${clean[@]}" "$program" uninstall "$client" >/dev/null
    listed=$(cd "$home/work" && "${clean[@]}" "${offline[@]}" timeout 120 "$@" </dev/null 2>&1) || true
    # The scratch folder has that name, too, and some complain of where their home is.
    listed=${listed//"$folder"/}
    if grep -q fastintercom <<<"$listed"; then
        printf '%s still lists it:\n%s\n' "$client" "$listed" >&2
        return 1
    fi
    echo "    $client lists it, and no longer after uninstall"
    checks=$((checks + 2))
}

bin=$modules/.bin
remote='{"mcpServers": {"fastintercom": {"type": "http", "url": "https://old.example/mcp", "httpUrl": "https://old.example/mcp", "headers": {"A": "b"}}}}'
# Codex does not start at all when one server has both an address and a command.
check codex .codex/config.toml $'[mcp_servers.fastintercom]\nurl = "https://old.example/mcp"\nbearer_token_env_var = "T"' \
    "$bin/codex" mcp list
check gemini .gemini/settings.json "$remote" "$bin/gemini" mcp list
check qwen .qwen/settings.json "$remote" "$bin/qwen" mcp list
check copilot .copilot/mcp-config.json "$remote" "$bin/copilot" mcp list
check opencode .config/opencode/opencode.jsonc \
    '{"mcp": {"fastintercom": {"type": "remote", "url": "https://old.example/mcp", "enabled": true}}} // mine' \
    "$bin/opencode" mcp list
check claude-code .claude.json "$remote" "$bin/claude" mcp list
echo "$checks checks"
