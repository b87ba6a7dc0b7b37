//! Links that let in whoever has them: with a password, a token or a signature in them, and the
//! hooks of chat programs.

use std::sync::OnceLock;

use super::{is_word, random};
use crate::text::patterns::{Case, Patterns};

/// Addresses behind which everything is secret.
const HOOKS: &[&str] = &[
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "hooks.slack.com/triggers/",
    "hooks.zapier.com/hooks/catch/",
    "hooks.zapier.com/hooks/standard/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/",
    "outlook.office.com/webhook/",
    "api.telegram.org/bot",
    "hook.eu1.make.com/",
    "hook.us1.make.com/",
    "hook.integromat.com/",
    "events.pagerduty.com/integration/",
    "chat.googleapis.com/v1/spaces/",
    "logic.azure.com/",
    "maker.ifttt.com/trigger/",
];

/// Parts of a path behind which a token may stand.
const PATHS: &str = "\
    reset, reset-password, reset_password, password-reset, password_reset, magic, magic-link, magiclink, \
    invite, invitation, invitations, join, verify, verification, confirm, confirmation, activate, \
    activation, unlock, login, signin, sign-in, token, tokens, auth, sso, share, shared, s, secret, key, \
    hook, webhook, webhooks, edit";

/// Names of parameters whose values are secret.
const PARAMETERS: &str = "\
    access_key, access_token, accesskey, accesstoken, api-key, api_key, apikey, apitoken, auth, \
    auth_code, auth_token, authkey, authorization, authtoken, authuser_token, awsaccesskeyid, bearer, \
    client_secret, code, confirmation_token, credential, credentials, csrf_token, \
    googleaccessid_signature, hash, hmac, id_token, invitation_token, invite, jwt, key, login_token, \
    magic, otp, pass, passcode, passwd, password, pin, policy, private_token, pwd, refresh_token, reset, \
    reset_password_token, reset_token, sas, secret, session, session_id, sessionid, sharekey, sid, sig, \
    sign, signature, subscription-key, tempauth, ticket, tk, token, upload_token, user_hash, \
    verification_token, verify, x-amz-credential, x-amz-security-token, x-amz-signature, \
    x-goog-credential, x-goog-signature";
/// Those of them that also have values which nobody minds: told by the value alone.
const DOUBTFUL: &str = "\
    code, hash, invite, key, magic, pass, policy, reset, session, sid, sign, ticket, tk, verify, s";

fn hooks() -> Option<&'static Patterns> {
    static HOOKS_FOUND: OnceLock<Option<Patterns>> = OnceLock::new();
    HOOKS_FOUND.get_or_init(|| Patterns::new(HOOKS, Case::Either)).as_ref()
}

pub(super) fn find(text: &str, add: &mut impl FnMut(usize, usize)) {
    let mut done = 0;
    for found in hooks().into_iter().flat_map(|hooks| hooks.find_iter(text.as_bytes())) {
        if found.start() < done {
            continue;
        }
        let end = end_of_link(text, found.end());
        done = end;
        if end > found.end() + 8 {
            add(found.end(), end);
        }
    }
    let mut at = 0;
    while let Some(found) = text[at..].find("://") {
        let start = at + found + 3;
        let end = end_of_link(text, start);
        let link = &text[start..end];
        let path = link.find(['/', '?', '#']).unwrap_or(link.len());
        passwords(start, &link[..path], add);
        segments(start + path, &link[path..], add);
        at = end.max(start);
    }
    parameters(text, add);
}

/// `user:password@host`, `token@host`.
fn passwords(start: usize, authority: &str, add: &mut impl FnMut(usize, usize)) {
    let Some(at) = authority.rfind('@') else { return };
    match authority[..at].find(':') {
        Some(colon) if colon + 1 < at && !is_placeholder(&authority[colon + 1..at]) => {
            add(start + colon + 1, start + at);
        }
        None if at >= 16 && authority[..at].bytes().all(is_word) => add(start, start + at),
        _ => {}
    }
}

/// A long part of a path that nobody made up, behind a word such as `reset`.
fn segments(start: usize, path: &str, add: &mut impl FnMut(usize, usize)) {
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    let mut at = start;
    let mut before = "";
    for segment in path.split('/') {
        let is_token = segment.len() >= 16
            && segment.bytes().all(|byte| is_word(byte) || b".~%=".contains(&byte))
            && segment.bytes().filter(u8::is_ascii_digit).count() >= 2
            && segment.bytes().any(|byte| byte.is_ascii_alphabetic())
            && (random::is_random(segment.as_bytes()) || !segment.contains('-'));
        if is_token && is_in(PATHS, &before.to_ascii_lowercase()) {
            add(at, at + segment.len());
        }
        at += segment.len() + 1;
        before = segment;
    }
}

/// `?token=…`, `&sig=…`, `#access_token=…`, also with `&amp;` and in `%3F` and `%26`.
fn parameters(text: &str, add: &mut impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = text[at..].find('=') {
        let equals = at + found;
        at = equals + 1;
        let name_start = equals
            - bytes[..equals]
                .iter()
                .rev()
                .take(40)
                .take_while(|byte| is_word(**byte) || **byte == b'.')
                .count();
        let introduced = bytes[..name_start].last().is_some_and(|byte| b"?&#;".contains(byte));
        if !introduced {
            continue;
        }
        let name = text[name_start..equals].to_ascii_lowercase();
        if !is_in(PARAMETERS, &name) {
            continue;
        }
        let length = super::run(text, at, |byte| is_word(byte) || b"%+/=~.:!*@$,".contains(&byte));
        let value = text[at..at + length].trim_end_matches(['.', ',', ':', '!']);
        let doubtful = is_in(DOUBTFUL, &name);
        let least = if doubtful { 12 } else { 4 };
        let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
        if value.len() >= least && !is_placeholder(value) && (!doubtful || has_digit) {
            add(at, at + value.len());
        }
        at += length;
    }
}

pub(super) fn is_placeholder(value: &str) -> bool {
    value.starts_with(['$', '{', '<', '*', '%', '[']) && !value.starts_with("%2")
        || value.len() > 2 && value.bytes().all(|byte| b"*x.X-_".contains(&byte))
}

fn end_of_link(text: &str, start: usize) -> usize {
    let length = text[start..]
        .find(|letter: char| letter.is_whitespace() || "\"'`<>\\|{}[]()".contains(letter))
        .unwrap_or(text.len() - start);
    start + text[start..start + length].trim_end_matches(['.', ',', ';', ':', '!', '*', '_']).len()
}

fn is_in(list: &str, word: &str) -> bool {
    list.split(", ").any(|known| known == word)
}
