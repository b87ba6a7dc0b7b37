//! A cache of a simulated workspace: the guest library, native, on a database of its own.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::Instant;

use fastintercom_guest::environment::{Clock, Http, Log, LogLevel, Progress, ProgressUpdate, Settings};
use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_guest::sync::{
    AccountEnvironment, AccountReport, Pace, SyncEnvironment, SyncError, SyncKind, SyncReport, SyncRequest,
    check_account, run,
};
use fastintercom_guest::time::UnixSeconds;

use crate::native_http::NativeHttp;
use crate::simulator::Simulator;

/// A database file in a temporary folder, and the settings with which it is synced.
#[derive(Debug)]
pub struct Cache {
    pub settings: Settings,
    pub pace: Pace,
    token: String,
    folder: tempfile::TempDir,
    /// Log lines of all syncs so far.
    pub lines: RefCell<Vec<(LogLevel, String)>>,
}

impl Cache {
    /// An empty cache of that workspace, which reads everything at first, without long pauses.
    ///
    /// # Panics
    /// When there is no temporary folder.
    pub fn of(simulator: &Simulator) -> Self {
        Self {
            settings: Settings {
                base_url: simulator.base_url(),
                initial_sync_days: 0,
                ..Settings::default()
            },
            pace: Pace { first_pause_ms: 5, longest_pause_ms: 40, ..Pace::default() },
            token: simulator.token().to_owned(),
            folder: tempfile::tempdir().expect("a temporary folder"),
            lines: RefCell::default(),
        }
    }

    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.settings.api_version);
        self
    }

    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        token.clone_into(&mut self.token);
        self
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("data.db")
    }

    /// Opens the database.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub fn store(&self) -> Store {
        Store::open(&self.path(), OpenMode::ReadWrite).expect("the database opens")
    }

    /// What the timer does.
    ///
    /// # Errors
    /// As [`run`].
    pub fn sync(&self, simulator: &Simulator) -> Result<SyncReport, SyncError> {
        self.request(simulator, &background())
    }

    /// # Errors
    /// As [`run`].
    pub fn request(&self, simulator: &Simulator, request: &SyncRequest) -> Result<SyncReport, SyncError> {
        self.attempt(simulator, request, u64::MAX)
    }

    /// The same, stopped by the host after it was asked so many times whether to go on.
    ///
    /// # Errors
    /// As [`run`].
    pub fn request_until(
        &self,
        simulator: &Simulator,
        request: &SyncRequest,
        questions: u64,
    ) -> Result<SyncReport, SyncError> {
        self.attempt(simulator, request, questions)
    }

    /// A background sync that the host stops after it was asked so many times whether to go on.
    ///
    /// # Errors
    /// As [`run`].
    pub fn sync_until(&self, simulator: &Simulator, questions: u64) -> Result<SyncReport, SyncError> {
        self.attempt(simulator, &background(), questions)
    }

    /// A background sync through a client of the caller's.
    ///
    /// # Errors
    /// As [`run`].
    pub fn sync_through(&self, simulator: &Simulator, http: &mut dyn Http) -> Result<SyncReport, SyncError> {
        let outside = Outside::new(self, simulator, u64::MAX);
        let mut store = self.store();
        run(&mut store, outside.environment(self, http), &background())
    }

    /// A background sync that is torn down in the middle, as by a kill: nothing is closed.
    ///
    /// # Errors
    /// The sync's own, when it ended before, and `Stopped` for the kill.
    pub fn sync_killed_after(&self, simulator: &Simulator, questions: u64) -> Result<(), SyncError> {
        let mut http = NativeHttp::new(&self.token);
        let outside = Outside { kill: true, ..Outside::new(self, simulator, questions) };
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut store = self.store();
            run(&mut store, outside.environment(self, &mut http), &background()).map(|_| ())
        }));
        ended.unwrap_or_else(|_| Err(SyncError::Stopped("killed".to_owned())))
    }

    /// A background sync whose commits fail, from the one of that number on.
    ///
    /// # Errors
    /// As [`run`].
    ///
    /// # Panics
    /// When SQLite takes no commit hook.
    pub fn sync_with_failing_commit(
        &self,
        simulator: &Simulator,
        fatal: u32,
    ) -> Result<SyncReport, SyncError> {
        let mut http = NativeHttp::new(&self.token);
        let outside = Outside::new(self, simulator, u64::MAX);
        let mut store = self.store();
        let mut commits = 0;
        store
            .connection_mut()
            .commit_hook(Some(move || {
                commits += 1;
                commits >= fatal
            }))
            .expect("a commit hook");
        run(&mut store, outside.environment(self, &mut http), &background())
    }

    fn attempt(
        &self,
        simulator: &Simulator,
        request: &SyncRequest,
        questions: u64,
    ) -> Result<SyncReport, SyncError> {
        let mut http = NativeHttp::new(&self.token);
        let outside = Outside::new(self, simulator, questions);
        let mut store = self.store();
        run(&mut store, outside.environment(self, &mut http), request)
    }

    /// Asks whose the token is.
    ///
    /// # Errors
    /// As [`check_account`].
    pub fn check_account(&self, simulator: &Simulator) -> Result<AccountReport, SyncError> {
        let mut http = NativeHttp::new(&self.token);
        let outside = Outside::new(self, simulator, u64::MAX);
        check_account(AccountEnvironment {
            settings: &self.settings,
            http: &mut http,
            clock: &outside,
            progress: &outside,
        })
    }

    /// One number from the database.
    ///
    /// # Panics
    /// When the query is wrong.
    pub fn count(&self, query: &str) -> i64 {
        self.store().connection().query_row(query, [], |row| row.get(0)).expect("a number")
    }

    /// One text from the database.
    ///
    /// # Panics
    /// When the query is wrong.
    pub fn text(&self, query: &str) -> String {
        self.store().connection().query_row(query, [], |row| row.get(0)).expect("a text")
    }
}

pub fn background() -> SyncRequest {
    SyncRequest {
        kind: SyncKind::Background,
        start_date: None,
        end_date: None,
        days: None,
        unless_newer_than: None,
        refetch: false,
    }
}

/// Time, ears and pace of the host. Time is the simulator's, so that a test can move it.
struct Outside<'a> {
    simulator: &'a Simulator,
    cache: &'a Cache,
    begin: Instant,
    questions_left: Cell<u64>,
    /// Out of questions, die instead of asking to stop.
    kill: bool,
}

impl<'a> Outside<'a> {
    fn new(cache: &'a Cache, simulator: &'a Simulator, questions: u64) -> Self {
        Self { simulator, cache, begin: Instant::now(), questions_left: Cell::new(questions), kill: false }
    }

    fn environment<'b>(&'b self, cache: &'b Cache, http: &'b mut dyn Http) -> SyncEnvironment<'b> {
        SyncEnvironment {
            settings: &cache.settings,
            http,
            clock: self,
            log: self,
            progress: self,
            pace: cache.pace,
        }
    }
}

impl Clock for Outside<'_> {
    fn now(&self) -> UnixSeconds {
        UnixSeconds(self.simulator.now())
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Log for Outside<'_> {
    fn write(&self, level: LogLevel, message: &str) {
        self.cache.lines.borrow_mut().push((level, message.to_owned()));
    }
}

impl Progress for Outside<'_> {
    fn report(&self, _: &ProgressUpdate) {}

    fn should_stop(&self) -> bool {
        let left = self.questions_left.get();
        self.questions_left.set(left.saturating_sub(1));
        if self.kill && left == 0 {
            // Without the message of a real panic.
            std::panic::resume_unwind(Box::new("killed"));
        }
        left == 0
    }
}
