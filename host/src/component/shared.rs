//! What all instances of a process have in common.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_core::future::BoxFuture;

use super::bindings::{settings, sync_control, sync_types};
use super::limits::MemoryBudget;
use super::state::ProgressSink;
use crate::sandbox::outgoing::Outgoing;

/// Runs syncs, one at a time, in instances of their own.
pub trait SyncService: Send + Sync {
    /// Starts a sync or joins the one that runs, and waits at most so long for its end.
    fn request(
        &self,
        request: sync_types::SyncRequest,
        wait_seconds: u32,
        progress: Option<ProgressSink>,
    ) -> BoxFuture<'static, sync_control::Outcome>;

    /// Whether this process is syncing.
    fn is_running(&self) -> bool;
}

/// Limits of instances and calls; every one can be set.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    /// How long a tool call may take, waiting for a sync not counted.
    pub call: Duration,
    /// How long a sync may go without a sign of progress.
    pub sync_stall: Duration,
    /// Linear memory of one instance, bytes.
    pub memory: usize,
    /// Warm reader instances at the most.
    pub readers: usize,
    /// Bytes of an answer at the most.
    pub answer: usize,
}

/// What all instances share.
pub struct Shared {
    /// What the component is told.
    pub configuration: settings::Configuration,
    /// The data folder, the only one that an instance can see.
    pub folder: PathBuf,
    /// The database file in it.
    pub database: PathBuf,
    pub limits: CallLimits,
    pub memory: Arc<MemoryBudget>,
    /// The way out to the network.
    pub outgoing: Arc<Outgoing>,
    /// Set once, by the application, when both exist.
    pub sync: OnceLock<Arc<dyn SyncService>>,
}

impl Shared {
    #[must_use]
    pub fn sync_service(&self) -> Option<&Arc<dyn SyncService>> {
        self.sync.get()
    }
}
