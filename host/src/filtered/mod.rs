//! Callers who may see some of the conversations read copies that have these alone.
//!
//! Each scope has a folder of its own, `<database>.filtered/<hash of the scope>`, and readers that
//! see this folder and nothing else: no database with the rest, no token, no way to make a sync.
//! They are a replica's readers on a file of ours. The component brings a copy up to date beside the
//! database, in an instance that answers nobody, and the host moves it into its folder.
//!
//! Whoever erases a person puts another file in the database's place and then removes the copies
//! under a lock; whoever makes a copy looks under the same lock whether the file that it was made of
//! is still there. So no copy of before an erasure comes after it.

mod files;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::audit::line::hex;
use crate::callers::file::Stamp;
use crate::component::bindings::maintenance;
use crate::component::errors::CallError;
use crate::component::loader::Loader;
use crate::component::pool::Readers;
use crate::component::shared::Shared;
use crate::component::worker::{Live, alone};
use crate::sandbox::lock::UseLock;
use crate::temporary::{Temporary, replace};
pub use files::{files, remove};

/// How often it is looked whether the database has changed.
const LOOK: Duration = Duration::from_secs(1);
/// While a sync writes, a copy is brought up to date no more often than that, ...
const PAUSE: Duration = Duration::from_secs(5);
/// ... and a large one seldom enough for a tenth of the time to be spent on it.
const PAUSES: u32 = 9;
/// Copies that are brought up to date at the same time.
const AT_ONCE: usize = 2;
/// How long answers come from a copy that cannot be brought up to date any more.
const STALE: Duration = Duration::from_secs(60);
/// A copy that nobody has read for so long is removed.
const UNUSED: Duration = Duration::from_secs(3_600);
/// How often it is looked for these.
const TIDIED: Duration = Duration::from_secs(60);
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
        let lists =
            [("of the team", &self.teams), ("with the tag", &self.tags), ("of the channel", &self.channels)];
        let mut words: Vec<String> = lists
            .into_iter()
            .filter_map(|(words, names)| {
                let names = names.as_ref()?;
                Some(format!("{words}{} {}", if names.len() == 1 { "" } else { "s" }, names.join(", ")))
            })
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
    turns: Semaphore,
    itself: Weak<Self>,
}

/// A copy and those who read it.
struct FilteredCopy {
    scope: Scope,
    folder: PathBuf,
    database: PathBuf,
    readers: Arc<Readers>,
    state: Mutex<State>,
    making: AsyncMutex<()>,
}

#[derive(Default)]
struct State {
    /// Of the database when the copy was last brought up to date; `None`: not yet by this process.
    stamp: Option<Stamp>,
    /// When that was last tried, and how long it took.
    ended: Option<(Instant, Duration)>,
    /// When it succeeded, and why it did not since.
    succeeded: Option<Instant>,
    failed: Option<String>,
    asked: Option<Instant>,
    /// What was last said of names that mean nothing.
    unknown: Vec<String>,
}

/// Why there is no newer copy.
enum Made {
    /// Another file was put in the database's place meanwhile.
    Exchanged,
    Failed(String),
}

impl FilteredCopies {
    #[must_use]
    pub fn new(loader: Arc<Loader>, shared: Arc<Shared>) -> Arc<Self> {
        Arc::new_cyclic(|itself| Self {
            loader,
            shared,
            copies: Mutex::default(),
            turns: Semaphore::new(AT_ONCE),
            itself: itself.clone(),
        })
    }

    /// Readers of what that scope shows, as it is or was some seconds ago.
    ///
    /// # Errors
    /// [`CallError::NotReady`] while the copy is made, and when it cannot be.
    pub async fn readers(&self, scope: &Scope) -> Result<Arc<Readers>, CallError> {
        if self.shared.configuration.read_only {
            return Err(CallError::NotReady(
                "This server cannot write beside its database, and so makes no copy with the conversations that you may see. Its operator can give you a token of a server that can.".to_owned(),
            ));
        }
        let copy = self.copy(scope).map_err(CallError::NotReady)?;
        if copy.is_ready() && copy.database.exists() {
            return Ok(Arc::clone(&copy.readers));
        }
        let Some(copies) = self.itself.upgrade() else { return Err(CallError::Cancelled) };
        let made = Arc::clone(&copy);
        let making = tokio::spawn(async move { copies.refresh(&made).await });
        match tokio::time::timeout(PATIENCE, making).await {
            Ok(Ok(Ok(()))) => Ok(Arc::clone(&copy.readers)),
            Ok(Ok(Err(reason))) => Err(CallError::NotReady(reason)),
            Ok(Err(_)) => Err(CallError::Cancelled),
            Err(_) => Err(CallError::NotReady(
                "The conversations that you may see are being gathered. Ask again in a minute or two."
                    .to_owned(),
            )),
        }
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Scope, Arc<FilteredCopy>>> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn copy(&self, scope: &Scope) -> Result<Arc<FilteredCopy>, String> {
        let mut copies = self.locked();
        if let Some(copy) = copies.get(scope) {
            return Ok(Arc::clone(copy));
        }
        let copy = Arc::new(FilteredCopy::new(&self.loader, &self.shared, scope)?);
        copies.insert(scope.clone(), Arc::clone(&copy));
        Ok(copy)
    }

    /// Looks after the copies as long as the server is there: those that are read follow the
    /// database, and those that nobody reads go, of this process and of others.
    pub async fn watch(self: Arc<Self>, cancelled: CancellationToken) {
        if self.shared.configuration.read_only {
            return;
        }
        let mut tidied: Option<Instant> = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = cancelled.cancelled() => return,
            }
            let known: Vec<Arc<FilteredCopy>> = self.locked().values().cloned().collect();
            for copy in known {
                if copy.is_due(&self.shared.database) {
                    let copies = Arc::clone(&self);
                    tokio::spawn(async move {
                        if let Err(reason) = copies.refresh(&copy).await {
                            tracing::warn!("{reason}");
                        }
                    });
                }
            }
            if tidied.is_none_or(|at| at.elapsed() > TIDIED) {
                tidied = Some(Instant::now());
                self.locked().retain(|_, copy| copy.is_used());
                let used: Vec<PathBuf> = self.locked().values().map(|copy| copy.database.clone()).collect();
                let database = self.shared.database.clone();
                let tidy =
                    tokio::task::spawn_blocking(move || files::remove_unused(&database, &used, UNUSED));
                if let Ok(Err(error)) = tidy.await {
                    tracing::debug!("filtered copies that nobody reads could not be removed: {error}");
                }
            }
        }
    }

    /// Brings a copy up to date.
    async fn refresh(&self, copy: &FilteredCopy) -> Result<(), String> {
        let _this_one = copy.making.lock().await;
        let Ok(_turn) = self.turns.acquire().await else { return Ok(()) };
        let mut made = Err(Made::Exchanged);
        let (mut stamp_before, mut begun) = (None, Instant::now());
        // Erasures are rare, so this ends.
        while matches!(made, Err(Made::Exchanged)) {
            stamp_before = stamp(&self.shared.database);
            if stamp_before.is_some() && copy.lock().stamp == stamp_before && copy.database.exists() {
                // It was brought up to date while this waited.
                return Ok(());
            }
            begun = Instant::now();
            made = self.make(copy).await;
        }
        let mut state = copy.lock();
        state.ended = Some((Instant::now(), begun.elapsed()));
        let made = match made {
            Ok(made) => made,
            Err(Made::Exchanged) => return Ok(()),
            Err(Made::Failed(reason)) => {
                let reason =
                    format!("The conversations that a caller may see could not be gathered: {reason}");
                state.failed = Some(reason.clone());
                return Err(reason);
            }
        };
        (state.succeeded, state.failed, state.stamp) = (Some(Instant::now()), None, stamp_before);
        tracing::debug!(
            conversations = made.conversations,
            changed = made.changed,
            milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "a filtered copy was brought up to date"
        );
        if state.unknown != made.unknown && !made.unknown.is_empty() {
            let names = made.unknown.iter().take(10).map(|name| crate::text::printable(name, 100));
            tracing::warn!(
                "callers.toml lets a caller see conversations by what this workspace does not have: {}",
                names.collect::<Vec<_>>().join(", ")
            );
        }
        state.unknown = made.unknown;
        Ok(())
    }

    async fn make(&self, copy: &FilteredCopy) -> Result<maintenance::Filtered, Made> {
        let database = self.shared.database.clone();
        // Holds on to the file: one that is put in its place meanwhile is another one.
        let used = UseLock::share(&database).map_err(|error| Made::Failed(error.to_string()))?;
        let used = used.ok_or_else(|| Made::Failed("the database is being repaired".to_owned()))?;
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
        let code = self.loader.code().await.map_err(|error| Made::Failed(error.to_string()))?;
        let made = alone(code, Arc::clone(&self.shared), LONGEST, None, CancellationToken::new(), work)
            .await
            .map_err(|error| Made::Failed(error.to_string()))?;
        let (to, folder) = (copy.database.clone(), copy.folder.clone());
        let moved = tokio::task::spawn_blocking(move || {
            let _lock = files::lock(&database)?;
            if used.has_moved(&database) {
                // Somebody may have been erased whom the copy still has.
                return Ok(None);
            }
            let made = match made {
                Ok(made) => made,
                Err(reason) => return Ok(Some(Err(reason))),
            };
            // An erasure removes it.
            files::private_folder(&folder)?;
            replace(&temporary.path, &to).map(|_| Some(Ok(made)))
        });
        match moved.await {
            Ok(Ok(Some(Ok(made)))) => {
                copy.readers.renew();
                Ok(made)
            }
            Ok(Ok(Some(Err(reason)))) => Err(Made::Failed(reason)),
            Ok(Ok(None)) => Err(Made::Exchanged),
            Ok(Err(error)) => {
                let shown = copy.database.display();
                tracing::warn!("{shown} cannot be written ({error})");
                Err(Made::Failed(format!("the copy cannot be written ({error})")))
            }
            Err(error) => Err(Made::Failed(error.to_string())),
        }
    }
}

impl FilteredCopy {
    fn new(loader: &Arc<Loader>, everything: &Shared, scope: &Scope) -> Result<Self, String> {
        let folder = files::folder_of(&everything.database).join(scope.key());
        files::private_folder(&folder).map_err(|error| {
            tracing::warn!("{} cannot be made ({error})", folder.display());
            "There is no place for the conversations that you may see. The operator of this server finds the reason in its log.".to_owned()
        })?;
        let database = folder.join(everything.database.file_name().unwrap_or_default());
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
        let (state, making) = (Mutex::default(), AsyncMutex::new(()));
        Ok(Self { scope: scope.clone(), folder, database, readers, state, making })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that somebody asks. Whether the copy can answer: it was brought up to date lately, or
    /// could be.
    fn is_ready(&self) -> bool {
        let mut state = self.lock();
        let used = state.asked.replace(Instant::now()).is_some_and(|asked| asked.elapsed() < UNUSED);
        // What was taken from the caller since is still in it.
        let stale = state.failed.is_some() && state.succeeded.is_none_or(|at| at.elapsed() > STALE);
        used && state.stamp.is_some() && !stale
    }

    /// Whether somebody has read it lately, or waits for it.
    fn is_used(&self) -> bool {
        self.making.try_lock().is_err() || self.lock().asked.is_some_and(|asked| asked.elapsed() < UNUSED)
    }

    /// Whether it is read, the database has changed since, and the last time was long enough ago.
    fn is_due(&self, database: &Path) -> bool {
        if self.making.try_lock().is_err() || !self.is_used() {
            return false;
        }
        let missing = !self.database.exists();
        let state = self.lock();
        let rested =
            state.ended.is_none_or(|(ended, took)| ended.elapsed() > (took * PAUSES).max(PAUSE) || missing);
        let now = stamp(database);
        rested && now.is_some() && (now != state.stamp || missing)
    }
}

fn stamp(database: &Path) -> Option<Stamp> {
    fs::metadata(database).ok().map(|metadata| Stamp::of(&metadata))
}
