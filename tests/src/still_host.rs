//! What surrounds a tool that is called without a host, on a cache that nobody else works on.

use fastintercom_guest::environment::{Clock, Progress, ProgressUpdate, Settings, SyncControl, SyncOutcome};
use fastintercom_guest::store::Store;
use fastintercom_guest::sync::SyncRequest;
use fastintercom_guest::time::UnixSeconds;
use fastintercom_guest::tools::{self, Context, Reader, ToolError, ToolOutput};

/// A host whose clock stands still. A sync that it is asked for never ends.
#[derive(Clone, Copy, Debug)]
pub struct StillHost {
    /// The time, in seconds since 1970.
    pub now: i64,
    /// Whether a sync is said to run.
    pub syncing: bool,
}

impl StillHost {
    #[must_use]
    pub fn at(now: i64) -> Self {
        Self { now, syncing: false }
    }

    #[must_use]
    pub fn while_a_sync_runs(self) -> Self {
        Self { syncing: true, ..self }
    }

    /// Calls a tool with arguments as JSON.
    ///
    /// # Errors
    /// The tool's own.
    pub fn call(
        &self,
        store: &mut Store,
        settings: &Settings,
        tool: &str,
        arguments: &str,
    ) -> Result<ToolOutput, ToolError> {
        let reader = Reader::Agent;
        let mut context = Context { store, settings, clock: self, sync: self, progress: self, reader };
        tools::call(&mut context, tool, arguments)
    }
}

impl Clock for StillHost {
    fn now(&self) -> UnixSeconds {
        UnixSeconds(self.now)
    }

    fn monotonic_ms(&self) -> u64 {
        0
    }
}

impl Progress for StillHost {
    fn report(&self, _: &ProgressUpdate) {}

    fn should_stop(&self) -> bool {
        false
    }
}

impl SyncControl for StillHost {
    fn request_sync(&self, _: SyncRequest, _: u32) -> SyncOutcome {
        SyncOutcome::StillRunning
    }

    fn is_syncing(&self) -> bool {
        self.syncing
    }
}
