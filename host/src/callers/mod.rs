//! Who asks, and what each may.
//!
//! # Layout
//!
//! - [`Asker`] goes with every call: a name for the log, and [`Rights`].
//! - [`file`] reads and writes `callers.toml`; [`Callers`] reads it again when it changes.
//! - [`window`] limits the calls of a minute.

pub mod file;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::audit::Client;
use crate::component::bindings::settings::Redaction;
use crate::filtered::Scope;
use file::{Caller, Known, Stamp, TokenHash};
use window::Window;

/// Who asks, and with which program.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The caller's name: that of a person or a service over HTTP, else how the call came.
    pub caller: Arc<str>,
    /// What the program says of itself.
    pub client: Option<Client>,
    pub rights: Arc<Rights>,
}

impl Asker {
    /// The one client of standard input and output, who is the user.
    pub const STDIO: &'static str = "stdio";
    /// The command line.
    pub const TERMINAL: &'static str = "terminal";
    /// Somebody before a door that asks for no token.
    pub const ANYBODY: &'static str = "anybody";
    /// Somebody with the one token of the door.
    pub const TOKEN: &'static str = "token";

    /// Somebody who may do everything.
    #[must_use]
    pub fn new(caller: &str, client: Option<Client>) -> Self {
        Self { caller: caller.into(), client, rights: Rights::all() }
    }
}

/// What a caller may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Names of the tools that they may call; `None`: all.
    pub tools: Option<BTreeSet<String>>,
    /// Resources, prompts and completions.
    pub resources: bool,
    /// `GET /export`.
    pub export: bool,
    /// What is blanked out for them, beside what is for everybody.
    pub redactions: Vec<Redaction>,
    /// Which conversations they see; `None`: all.
    pub scope: Option<Arc<Scope>>,
}

impl Rights {
    /// Everything.
    #[must_use]
    pub fn all() -> Arc<Self> {
        static ALL: LazyLock<Arc<Rights>> = LazyLock::new(|| {
            Arc::new(Rights {
                tools: None,
                resources: true,
                export: true,
                redactions: Vec::new(),
                scope: None,
            })
        });
        Arc::clone(&ALL)
    }

    #[must_use]
    pub fn has_tool(&self, name: &str) -> bool {
        self.tools.as_ref().is_none_or(|tools| tools.contains(name))
    }

    /// Whether that may be done; the operation as the audit log names it.
    ///
    /// # Errors
    /// A sentence that says what may be done.
    pub fn check(&self, operation: &str, name: &str) -> Result<(), String> {
        let (may, what) = match operation {
            "tools/call" => (self.has_tool(name), format!("call {}", crate::text::printable(name, 64))),
            "export" => (self.export, "export conversations".to_owned()),
            "resources/read" => (self.resources, "read resources".to_owned()),
            "prompts/get" => (self.resources, "use prompts".to_owned()),
            "completion/complete" => (self.resources, "ask for completions".to_owned()),
            // The command line has no callers but its user.
            _ => (true, String::new()),
        };
        if may {
            return Ok(());
        }
        let tools: Vec<&str> = self.tools.iter().flatten().map(String::as_str).collect();
        let tools = match tools.as_slice() {
            [] if self.tools.is_some() => "You may call no tool.".to_owned(),
            [] => "You may call all tools.".to_owned(),
            tools => format!("You may call {}.", tools.join(", ")),
        };
        Err(format!("You may not {what} here. {tools} The operator of this server can allow more."))
    }
}

/// The callers of `callers.toml`, as it is now.
#[derive(Debug)]
pub struct Callers {
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Of the file that was read; `None`: it was not there, or could not be read.
    stamp: Option<Stamp>,
    known: Result<Known, Unreadable>,
    /// Calls of the last minute, by the caller's name, which outlive a change of the file.
    windows: BTreeMap<Arc<str>, Arc<Window>>,
    /// There were callers once. A file that is gone opens no door.
    guarding: bool,
}

/// Whom an identity provider vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vouched {
    Caller(Caller),
    Nobody,
    /// Their names: whose rights are meant, nobody can say.
    Several(Vec<Arc<str>>),
}

/// The file is there and says nothing that can be relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub String);

impl Callers {
    /// Reads the file, which need not be there.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(file: &Path) -> Result<Self, Unreadable> {
        let state =
            State { stamp: None, known: Ok(Known::default()), windows: BTreeMap::new(), guarding: false };
        let callers = Self { file: file.to_owned(), state: Mutex::new(state) };
        callers.current().known.clone()?;
        Ok(callers)
    }

    /// Whether there are callers now, or were since the start: only they come in then.
    #[must_use]
    pub fn guard(&self) -> bool {
        self.current().guarding
    }

    /// Whose token that is.
    ///
    /// # Errors
    /// The file changed, and cannot be read now. Nobody of it comes in: who was taken out of it
    /// would, else, for as long as there is another mistake in it.
    pub fn find(&self, token: &[u8]) -> Result<Option<Caller>, Unreadable> {
        let hash: TokenHash = Sha256::digest(token).into();
        match &self.current().known {
            // How long this takes tells of hashes, and of no token.
            Ok(known) => Ok(known.with_token(&hash).cloned()),
            Err(unreadable) => Err(unreadable.clone()),
        }
    }

    /// Who has one of those subjects.
    ///
    /// # Errors
    /// As [`Callers::find`].
    pub fn vouched(&self, subjects: &[&str]) -> Result<Vouched, Unreadable> {
        let state = self.current();
        let known = state.known.as_ref().map_err(Clone::clone)?;
        let mut found: Vec<&Caller> =
            subjects.iter().filter_map(|subject| known.with_subject(subject)).collect();
        found.sort_by(|one, other| one.name.cmp(&other.name));
        found.dedup_by(|one, other| one.name == other.name);
        Ok(match found.as_slice() {
            [] => Vouched::Nobody,
            [caller] => Vouched::Caller((*caller).clone()),
            several => Vouched::Several(several.iter().map(|caller| Arc::clone(&caller.name)).collect()),
        })
    }

    /// Takes the place of a call in the caller's minute.
    ///
    /// # Errors
    /// How long to wait for one.
    pub fn enter(&self, caller: &Caller) -> Result<(), Duration> {
        let Some(most) = caller.calls_per_minute else { return Ok(()) };
        let window = Arc::clone(self.lock().windows.entry(Arc::clone(&caller.name)).or_default());
        window.enter(most, Instant::now())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state after a look whether the file changed: a system call, which is nothing beside a
    /// request.
    fn current(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        let stamp = std::fs::metadata(&self.file).ok().map(|metadata| Stamp::of(&metadata));
        if stamp.is_some() && stamp == state.stamp {
            return state;
        }
        let read = file::read(&self.file).and_then(|read| match read {
            Some((text, stamp)) => file::parse(&text).map(|known| (known, Some(stamp))),
            None => Ok((Known::default(), None)),
        });
        let before = state.known.clone();
        (state.known, state.stamp) = match read {
            Ok((known, stamp)) => (Ok(known), stamp),
            Err(reason) => (
                Err(Unreadable(format!("The callers in {} are not known: {reason}.", self.file.display()))),
                None,
            ),
        };
        state.guarding |= !matches!(&state.known, Ok(known) if known.is_empty());
        if state.known != before {
            match &state.known {
                Ok(known) => {
                    tracing::info!("{} has {} callers", self.file.display(), known.len());
                    let names: BTreeSet<Arc<str>> =
                        known.values().map(|caller| Arc::clone(&caller.name)).collect();
                    state.windows.retain(|name, _| names.contains(name));
                }
                Err(Unreadable(sentence)) => {
                    tracing::error!("{sentence} Nobody of it comes in until it is mended.")
                }
            }
        }
        state
    }
}

#[cfg(test)]
mod tests;
