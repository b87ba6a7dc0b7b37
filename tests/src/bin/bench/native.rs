//! The guest's tools in native form, on the same file.

use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use fastintercom_guest::environment::{Clock, Progress, ProgressUpdate, Settings, SyncControl, SyncOutcome};
use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_guest::sync::SyncRequest;
use fastintercom_guest::time::UnixSeconds;
use fastintercom_guest::tools::{Context, Reader, call};

use crate::Result;

/// A store and what stands for the host.
pub struct Native {
    store: Store,
    settings: Settings,
    outside: Outside,
}

struct Outside {
    begun: Instant,
}

impl Native {
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            store: Store::open(path, OpenMode::ReadWrite)?,
            settings: Settings { token_present: false, ..Settings::default() },
            outside: Outside { begun: Instant::now() },
        })
    }

    /// The structured answer.
    pub fn call(&mut self, tool: &str, arguments: &str) -> Result<String> {
        let mut context = Context {
            store: &mut self.store,
            settings: &self.settings,
            clock: &self.outside,
            sync: &self.outside,
            progress: &self.outside,
            reader: Reader::Agent,
        };
        let answer = call(&mut context, tool, arguments).map_err(|error| format!("{error:?}"))?;
        Ok(answer.structured)
    }
}

impl Clock for Outside {
    fn now(&self) -> UnixSeconds {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixSeconds(i64::try_from(now.as_secs()).unwrap_or_default())
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl SyncControl for Outside {
    fn request_sync(&self, _: SyncRequest, _: u32) -> SyncOutcome {
        SyncOutcome::StillRunning
    }

    fn is_syncing(&self) -> bool {
        false
    }
}

impl Progress for Outside {
    fn report(&self, _: &ProgressUpdate) {}

    fn should_stop(&self) -> bool {
        false
    }
}
