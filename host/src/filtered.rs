//! Callers who may see some of the conversations read copies that have these alone.
//!
//! Each scope has a folder of its own, `<database>.filtered/<hash of the scope>`, and readers that
//! see this folder and nothing else: no database with the rest, no token, no way to make a sync.
//! They are a replica's readers on a file of ours. The component brings a copy up to date beside the
//! database, in an instance that answers nobody, and the host moves it into its folder.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex as AsyncMutex;
use tokio_util::sync::CancellationToken;

use crate::audit::line::hex;
use crate::callers::file::Stamp;
use crate::component::bindings::maintenance;
use crate::component::errors::CallError;
use crate::component::loader::Loader;
use crate::component::pool::Readers;
use crate::component::shared::Shared;
use crate::component::worker::{Live, alone};
use crate::temporary::{Temporary, replace};

/// How often it is looked whether the database has changed.
const LOOK: Duration = Duration::from_secs(1);
/// While a sync writes, a copy is brought up to date no more often than that, ...
const PAUSE: Duration = Duration::from_secs(5);
/// ... and a large one seldom enough for a tenth of the time to be spent on it.
const PAUSES: u32 = 9;
/// A copy that nobody reads is left as it is, and brought up to date before the next answer.
const UNUSED: Duration = Duration::from_secs(3_600);
/// How long a call waits for a copy that is being made. It goes on being made after that.
const PATIENCE: Duration = Duration::from_secs(20);
/// The largest database is gone through by then.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// Which conversations a caller sees: those that meet each of the lists that there are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    pub teams: Option<Vec<String>>,
    pub tags: Option<Vec<String>>,
    pub channels: Option<Vec<String>>,
    /// Internal notes are seen.
    pub notes: bool,
}

impl Scope {
    /// Everything is seen.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.teams.is_none() && self.tags.is_none() && self.channels.is_none() && self.notes
    }

    fn key(&self) -> String {
        hex(&Sha256::digest(format!("{self:?}").as_bytes())[..8])
    }

    fn to_component(&self) -> maintenance::Scope {
        let Self { teams, tags, channels, notes } = self.clone();
        maintenance::Scope { teams, tags, channels, notes }
    }
}

impl std::fmt::Display for Scope {
    /// For people: `only conversations of the teams Billing, Support; without notes`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lists = [
            ("of the teams", &self.teams),
            ("with the tags", &self.tags),
            ("of the channels", &self.channels),
        ];
        let mut words: Vec<String> = lists
            .into_iter()
            .filter_map(|(words, names)| Some(format!("{words} {}", names.as_ref()?.join(", "))))
            .collect();
        if let Some(first) = words.first_mut() {
            first.insert_str(0, "only conversations ");
        }
        words.extend((!self.notes).then(|| "without notes".to_owned()));
        formatter.write_str(&words.join("; "))
    }
}

/// The copies of one database.
pub struct FilteredCopies {
    loader: Arc<Loader>,
    /// Of the database with everything.
    shared: Arc<Shared>,
    copies: Mutex<HashMap<Scope, Arc<FilteredCopy>>>,
    /// One copy is brought up to date at a time.
    turn: AsyncMutex<()>,
    watched: OnceLock<()>,
    itself: Weak<Self>,
}

/// A copy and those who read it.
struct FilteredCopy {
    scope: Scope,
    folder: PathBuf,
    database: PathBuf,
    readers: Arc<Readers>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Of the database when the copy was last brought up to date; `None`: not yet by this process.
    stamp: Option<Stamp>,
    /// When that ended, and how long it took.
    ended: Option<(Instant, Duration)>,
    asked: Option<Instant>,
    /// What was last said of names that mean nothing.
    unknown: Vec<String>,
}

impl FilteredCopies {
    #[must_use]
    pub fn new(loader: Arc<Loader>, shared: Arc<Shared>) -> Arc<Self> {
        Arc::new_cyclic(|itself| Self {
            loader,
            shared,
            copies: Mutex::default(),
            turn: AsyncMutex::new(()),
            watched: OnceLock::new(),
            itself: itself.clone(),
        })
    }

    /// Readers of what that scope shows, as it is or was some seconds ago.
    ///
    /// # Errors
    /// [`CallError::NotReady`] while the copy is made for the first time, and when it cannot be.
    pub async fn readers(&self, scope: &Scope) -> Result<Arc<Readers>, CallError> {
        if self.shared.configuration.read_only {
            return Err(CallError::NotReady(
                "This server cannot write beside its database, and so makes no copy with the conversations that you may see. Its operator can give you a token of a server that can.".to_owned(),
            ));
        }
        let copy = self.copy(scope).map_err(CallError::NotReady)?;
        let is_ready = {
            let mut state = copy.lock();
            let used = state.asked.replace(Instant::now()).is_some_and(|asked| asked.elapsed() < UNUSED);
            used && state.stamp.is_some()
        };
        if !is_ready || !copy.database.exists() {
            let (Some(copies), made) = (self.itself.upgrade(), Arc::clone(&copy)) else {
                return Err(CallError::Cancelled);
            };
            let making = tokio::spawn(async move { copies.refresh(&made).await });
            match tokio::time::timeout(PATIENCE, making).await {
                Ok(Ok(made)) => made.map_err(CallError::NotReady)?,
                Ok(Err(_)) => return Err(CallError::Cancelled),
                Err(_) => {
                    return Err(CallError::NotReady(
                        "The conversations that you may see are being gathered for the first time. Ask again in a minute.".to_owned(),
                    ));
                }
            }
        }
        self.watch();
        Ok(Arc::clone(&copy.readers))
    }

    fn copy(&self, scope: &Scope) -> Result<Arc<FilteredCopy>, String> {
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(copy) = copies.get(scope) {
            return Ok(Arc::clone(copy));
        }
        let copy = Arc::new(FilteredCopy::new(&self.loader, &self.shared, scope)?);
        copies.insert(scope.clone(), Arc::clone(&copy));
        Ok(copy)
    }

    /// Looks after the copies from now on.
    fn watch(&self) {
        if self.watched.set(()).is_err() {
            return;
        }
        let itself = self.itself.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                let Some(copies) = itself.upgrade() else { return };
                let known: Vec<Arc<FilteredCopy>> =
                    copies.copies.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
                for copy in known {
                    if copy.is_due(&copies.shared.database)
                        && let Err(reason) = copies.refresh(&copy).await
                    {
                        tracing::warn!("{reason}");
                    }
                }
            }
        });
    }

    /// Brings a copy up to date.
    async fn refresh(&self, copy: &FilteredCopy) -> Result<(), String> {
        let _turn = self.turn.lock().await;
        let database = &self.shared.database;
        let stamp = stamp(database);
        if stamp.is_some() && copy.lock().stamp == stamp && copy.database.exists() {
            // Somebody else's turn brought it up to date.
            return Ok(());
        }
        let begun = Instant::now();
        let made = self.make(copy).await;
        let mut state = copy.lock();
        state.ended = Some((Instant::now(), begun.elapsed()));
        let made = made.map_err(|reason| {
            format!("The conversations that a caller may see could not be gathered: {reason}")
        })?;
        state.stamp = stamp;
        tracing::debug!(
            conversations = made.conversations,
            changed = made.changed,
            milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "a filtered copy was brought up to date"
        );
        if state.unknown != made.unknown && !made.unknown.is_empty() {
            let names: Vec<String> =
                made.unknown.iter().map(|name| crate::text::printable(name, 100)).collect();
            tracing::warn!(
                "a caller in callers.toml may see conversations by what this workspace does not have: {}",
                names.join(", ")
            );
        }
        state.unknown = made.unknown;
        Ok(())
    }

    async fn make(&self, copy: &FilteredCopy) -> Result<maintenance::Filtered, String> {
        let temporary = Temporary::new(&self.shared.folder, "filtered");
        let (from, to) = (copy.database.clone(), temporary.path.clone());
        // What is there is continued. Whatever is the matter with it, a new one can be made.
        let continued = tokio::task::spawn_blocking(move || fs::copy(from, to));
        if !matches!(continued.await, Ok(Ok(_))) {
            let _ = fs::remove_file(&temporary.path);
        }
        let (scope, name) = (copy.scope.to_component(), temporary.name.clone());
        let work = async move |live: &mut Live| {
            let maintenance = live.exports.fastintercom_component_maintenance();
            maintenance.call_filter(&mut live.store, &scope, &name).await
        };
        let code = self.loader.code().await.map_err(|error| error.to_string())?;
        let made = alone(code, Arc::clone(&self.shared), LONGEST, None, CancellationToken::new(), work)
            .await
            .map_err(|error| error.to_string())??;
        let (to, folder) = (copy.database.clone(), copy.folder.clone());
        let moved = tokio::task::spawn_blocking(move || {
            // An erasure removes it.
            private_folder(&folder)?;
            replace(&temporary.path, &to)
        });
        let moved = moved.await;
        moved.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        copy.readers.renew();
        Ok(made)
    }
}

impl FilteredCopy {
    fn new(loader: &Arc<Loader>, everything: &Shared, scope: &Scope) -> Result<Self, String> {
        let folder = folder_of(&everything.database).join(scope.key());
        private_folder(&folder).map_err(|error| {
            format!("There is no place for the conversations that you may see ({error}).")
        })?;
        let name = everything.database.file_name().unwrap_or_default();
        let database = folder.join(name);
        let mut configuration = everything.configuration.clone();
        configuration.read_only = true;
        configuration.replica = true;
        configuration.token_present = false;
        let shared = Arc::new(Shared {
            configuration,
            folder: folder.clone(),
            database: database.clone(),
            limits: everything.limits,
            memory: Arc::clone(&everything.memory),
            // Whatever such an instance asks for, it gets nothing of Intercom's.
            outgoing: Arc::new(everything.outgoing.without_token()),
            sync: OnceLock::new(),
        });
        let readers = Readers::new(Arc::clone(loader), shared);
        Ok(Self { scope: scope.clone(), folder, database, readers, state: Mutex::default() })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is read, the database has changed since, and the last time was long enough ago.
    fn is_due(&self, database: &Path) -> bool {
        let now = stamp(database);
        let missing = !self.database.exists();
        let state = self.lock();
        let used = state.asked.is_some_and(|asked| asked.elapsed() < UNUSED);
        let rested =
            state.ended.is_none_or(|(ended, took)| ended.elapsed() > (took * PAUSES).max(PAUSE) || missing);
        // Right after the copy was made a sync is mostly over.
        used && rested && now.is_some() && (now != state.stamp || missing)
    }
}

fn stamp(database: &Path) -> Option<Stamp> {
    fs::metadata(database).ok().map(|metadata| Stamp::of(&metadata))
}

/// Where the copies of that database are.
fn folder_of(database: &Path) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    name.push(".filtered");
    database.with_file_name(name)
}

/// The filtered copies of that database, and what an unfinished one left: regular files in folders
/// of names that this program gives.
///
/// # Errors
/// The operating system's.
pub fn files(database: &Path) -> io::Result<Vec<PathBuf>> {
    let name = database.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = Vec::new();
    let folders = match fs::read_dir(folder_of(database)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        folders => folders?,
    };
    for folder in folders {
        let folder = folder?;
        let key = folder.file_name().to_string_lossy().into_owned();
        let ours = key.len() == 16 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !ours || !folder.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder.path())? {
            let file = file?;
            if file.file_type()?.is_file() && file.file_name().to_string_lossy().starts_with(&name) {
                found.push(file.path());
            }
        }
    }
    Ok(found)
}

/// Removes the filtered copies of that database, and their folders where nothing else is in them.
/// Servers make those that somebody reads anew.
///
/// # Errors
/// The operating system's.
pub fn remove(database: &Path) -> io::Result<usize> {
    let files = files(database)?;
    for file in &files {
        fs::remove_file(file)?;
    }
    for folder in files.iter().filter_map(|file| file.parent()) {
        let _ = fs::remove_dir(folder);
    }
    let _ = fs::remove_dir(folder_of(database));
    Ok(files.len())
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
