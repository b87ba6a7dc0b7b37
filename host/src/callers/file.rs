//! `callers.toml`: who may come through the HTTP door, and what each may do.
//!
//! ```toml
//! [caller.ada]
//! token_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
//! tools = ["search_conversations", "get_conversation"]
//! redact = ["emails", "phones"]
//! teams = ["Support"]
//! notes = false
//! calls_per_minute = 60
//!
//! [caller.bob]
//! subject = "auth0|1234"  # comes in with a token of the identity provider (`oauth`)
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::{Asker, Rights};
use crate::config::redactions;
use crate::filtered::Scope;

/// SHA-256 of a token. Tokens are random and long, so their hashes need no salt and no slow hash:
/// nobody finds a token by trying.
pub type TokenHash = [u8; 32];

/// Somebody who may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub name: Arc<str>,
    pub rights: Arc<Rights>,
    /// `None`: as many as they like.
    pub calls_per_minute: Option<NonZeroU32>,
    /// What the identity provider calls them; empty: they come in with a token of their own only.
    pub subjects: Vec<String>,
}

/// Everybody who may come in, and by what they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    callers: Vec<Caller>,
    tokens: BTreeMap<TokenHash, usize>,
    subjects: BTreeMap<String, usize>,
}

impl Known {
    #[must_use]
    pub fn with_token(&self, hash: &TokenHash) -> Option<&Caller> {
        self.tokens.get(hash).and_then(|place| self.callers.get(*place))
    }

    #[must_use]
    pub fn with_subject(&self, subject: &str) -> Option<&Caller> {
        self.subjects.get(subject).and_then(|place| self.callers.get(*place))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.callers.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.callers.len()
    }

    /// Each once.
    pub fn values(&self) -> impl Iterator<Item = &Caller> {
        self.callers.iter()
    }

    /// Each once.
    pub fn into_values(self) -> impl Iterator<Item = Caller> {
        self.callers.into_iter()
    }

    /// # Errors
    /// Of whom that is the token or the subject already.
    fn add(&mut self, caller: Caller, hash: Option<TokenHash>) -> Result<(), String> {
        let other = |known: Option<&Caller>, what: &str| match known {
            Some(known) => Err(format!("has the {what} of {}; each needs one of their own", known.name)),
            None => Ok(()),
        };
        let place = self.callers.len();
        if let Some(hash) = hash {
            other(self.with_token(&hash), "token")?;
            self.tokens.insert(hash, place);
        }
        for subject in &caller.subjects {
            other(self.with_subject(subject), "subject")?;
            self.subjects.insert(subject.clone(), place);
        }
        self.callers.push(caller);
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    caller: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    token_sha256: Option<String>,
    #[serde(default)]
    subject: Subjects,
    tools: Option<Vec<String>>,
    resources: Option<bool>,
    export: Option<bool>,
    #[serde(default)]
    redact: Vec<String>,
    teams: Option<Vec<String>>,
    tags: Option<Vec<String>>,
    channels: Option<Vec<String>>,
    notes: Option<bool>,
    calls_per_minute: Option<NonZeroU32>,
}

/// One, or a list.
#[derive(Deserialize)]
#[serde(untagged, expecting = "subject is a text or a list of texts")]
enum Subjects {
    One(String),
    Many(Vec<String>),
}

impl Default for Subjects {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

/// Bytes of a subject: OpenID Connect has 255 of them at most, names of groups may be longer.
const LONGEST_SUBJECT: usize = 1_000;

/// More calls a minute than one server answers; a limit beyond would only cost memory.
const MOST_PER_MINUTE: u32 = 100_000;

/// Reads the callers of a text.
///
/// # Errors
/// A sentence without its beginning, which names the file.
pub fn parse(text: &str) -> Result<Known, String> {
    // The parser's own words quote the line, which may hold a token that was put in by mistake.
    let document: Document = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        format!("line {line} is wrong: {}", error.message())
    })?;
    let mut known = Known::default();
    for (name, entry) in document.caller {
        check_name(&name)?;
        let wrong = |what: &str| format!("the caller {name}: {what}");
        let hash = entry.token_sha256.as_deref().map(|digits| {
            unhex(digits)
                .ok_or_else(|| wrong("token_sha256 is the SHA-256 of the token, 64 hexadecimal digits"))
        });
        let hash = hash.transpose()?;
        let subjects = match entry.subject {
            Subjects::One(subject) => vec![subject],
            Subjects::Many(subjects) => subjects,
        };
        if subjects.iter().any(|subject| !is_subject(subject)) {
            return Err(wrong("a subject is a text of 1 to 1000 bytes"));
        }
        if hash.is_none() && subjects.is_empty() {
            return Err(wrong("there is no token_sha256 and no subject, so they could never come in"));
        }
        if entry.calls_per_minute.is_some_and(|calls| calls.get() > MOST_PER_MINUTE) {
            return Err(wrong("calls_per_minute is a number from 1 to 100000"));
        }
        let limited = entry.tools.is_some();
        for (list, names) in [("teams", &entry.teams), ("tags", &entry.tags), ("channels", &entry.channels)] {
            let names = names.as_deref();
            if names.is_some_and(<[String]>::is_empty) {
                return Err(wrong(&format!(
                    "{list} is empty, so they would see nothing; leave it out to show them everything"
                )));
            }
            if names.unwrap_or_default().iter().any(|name| name.trim().is_empty()) {
                return Err(wrong(&format!("{list} has an empty name")));
            }
        }
        let scope = Scope {
            teams: entry.teams,
            tags: entry.tags,
            channels: entry.channels,
            notes: entry.notes.unwrap_or(true),
        };
        let rights = Rights {
            scope: (!scope.is_everything()).then(|| Arc::new(scope)),
            tools: entry.tools.map(|tools| tools.into_iter().collect()),
            resources: entry.resources.unwrap_or(!limited),
            export: entry.export.unwrap_or(!limited),
            redactions: redactions(&entry.redact.join(","))
                .map_err(|reason| wrong(&format!("redact: {reason}")))?,
        };
        let caller = Caller {
            name: name.as_str().into(),
            rights: Arc::new(rights),
            calls_per_minute: entry.calls_per_minute,
            subjects,
        };
        known.add(caller, hash).map_err(|other| wrong(&other))?;
    }
    Ok(known)
}

/// Whether an identity provider could call somebody that.
#[must_use]
pub fn is_subject(text: &str) -> bool {
    (1..=LONGEST_SUBJECT).contains(&text.len())
}

/// Names stand in the log as they are, and beside those of who has no name of their own.
///
/// # Errors
/// What is allowed.
pub fn check_name(name: &str) -> Result<(), String> {
    let plain = (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte));
    if !plain {
        return Err(format!(
            "\"{}\" is no name of a caller: it has up to 64 letters, digits, dots, hyphens, underscores and @",
            crate::text::printable(name, 70)
        ));
    }
    let taken = [Asker::STDIO, Asker::TERMINAL, Asker::ANYBODY, Asker::TOKEN];
    if taken.iter().any(|taken| name.eq_ignore_ascii_case(taken)) {
        return Err(format!("the audit log has the name {name} for something else; take another one"));
    }
    Ok(())
}

/// 64 hexadecimal digits.
fn unhex(text: &str) -> Option<TokenHash> {
    let mut hash = TokenHash::default();
    if text.len() != 2 * hash.len() {
        return None;
    }
    for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    // `from_str_radix` takes a sign.
    text.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(hash)
}

/// Reads the file, if it is for its user alone. `None`: it is not there.
///
/// # Errors
/// What the system says, or who else may change it or read it.
pub fn read(file: &Path) -> Result<Option<(String, Stamp)>, String> {
    let mut open = match File::open(file) {
        Ok(open) => open,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("it cannot be read ({error})")),
    };
    let unreadable = |error: io::Error| format!("it cannot be read ({error})");
    let metadata = open.metadata().map_err(unreadable)?;
    check_mode(&metadata)?;
    let mut text = String::new();
    io::Read::read_to_string(&mut open, &mut text).map_err(unreadable)?;
    Ok(Some((text, Stamp::of(&metadata))))
}

/// Who can write to the file lets in whom they like. A group may read it: that is how
/// orchestrators hand over secrets to a process that is not their owner.
#[cfg(unix)]
fn check_mode(metadata: &fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o037 == 0 {
        return Ok(());
    }
    Err(format!("others than its owner may change it or read it (mode {mode:o}); chmod 600 mends that"))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it says who else may change the file")]
fn check_mode(_: &fs::Metadata) -> Result<(), String> {
    Ok(())
}

/// Tells whether a file is still the one that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Of its content or of who may read it.
    changed: Option<std::time::SystemTime>,
    length: u64,
    /// Another file may have come into its place with time and length of the old one.
    inode: u64,
}

impl Stamp {
    #[must_use]
    pub fn of(metadata: &fs::Metadata) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            use std::time::{Duration, UNIX_EPOCH};
            let seconds = Duration::from_secs(u64::try_from(metadata.ctime()).unwrap_or_default());
            let rest = Duration::from_nanos(u64::try_from(metadata.ctime_nsec()).unwrap_or_default());
            let changed = UNIX_EPOCH.checked_add(seconds + rest);
            Self { changed, length: metadata.len(), inode: metadata.ino() }
        }
        #[cfg(not(unix))]
        Self { changed: metadata.modified().ok(), length: metadata.len(), inode: 0 }
    }
}

/// Writes the file for its user alone, whole or not at all.
///
/// # Errors
/// The operating system's.
pub fn write(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = file.with_extension(format!("{}.draft", std::process::id()));
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut open| {
        open.write_all(text.as_bytes())?;
        open.sync_all()?;
        fs::rename(&draft, file)
    });
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}
