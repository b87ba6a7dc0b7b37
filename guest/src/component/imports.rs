//! The guest's environment, made of the component's imports.

use crate::environment::{Clock, Log, LogLevel, Progress, ProgressUpdate, SyncControl, SyncOutcome};
use crate::sync::{SyncError, SyncRequest};
use crate::time::UnixSeconds;
use crate::tools::disclosure::Disclosure;
use crate::wit::fastintercom::component::{disclosure, log, progress, settings, sync_control, sync_types};
use crate::wit::wasi::clocks::{monotonic_clock, wall_clock};

/// Stands for everything that the host provides.
#[derive(Clone, Copy, Debug)]
pub struct Host;

impl Clock for Host {
    fn now(&self) -> UnixSeconds {
        UnixSeconds(i64::try_from(wall_clock::now().seconds).unwrap_or(i64::MAX))
    }

    fn monotonic_ms(&self) -> u64 {
        monotonic_clock::now() / 1_000_000
    }
}

impl Log for Host {
    fn write(&self, level: LogLevel, message: &str) {
        log::write(level, message);
    }
}

impl Progress for Host {
    fn report(&self, update: &ProgressUpdate) {
        progress::report(update);
    }

    fn should_stop(&self) -> bool {
        progress::should_stop()
    }
}

impl SyncControl for Host {
    fn request_sync(&self, request: SyncRequest, wait_seconds: u32) -> SyncOutcome {
        match sync_control::request_sync(&request, wait_seconds) {
            sync_control::Outcome::Finished(report) => SyncOutcome::Finished(report),
            sync_control::Outcome::Failed(error) => SyncOutcome::Failed(error_from_wit(error)),
            sync_control::Outcome::StillRunning => SyncOutcome::StillRunning,
        }
    }

    fn is_syncing(&self) -> bool {
        sync_control::is_syncing()
    }
}

/// Tells the host what the call's answer discloses.
pub fn tell(what: Disclosure) {
    if what == Disclosure::default() {
        return;
    }
    disclosure::tell(&disclosure::Disclosed {
        conversations: what.conversations.into_iter().collect(),
        contacts: what.contacts.into_iter().collect(),
        rows: what.rows,
    });
}

/// Seconds to add to UTC to get the host's local time at that instant.
pub fn local_offset(at: i64) -> i32 {
    settings::local_utc_offset(at)
}

/// Tells the host what takes long.
pub fn phase(words: &str) {
    Host.report(&ProgressUpdate { phase: words.to_owned(), ..ProgressUpdate::default() });
}

fn error_from_wit(error: sync_types::SyncError) -> SyncError {
    use sync_types::SyncErrorKind as Kind;
    let kind = match error.kind {
        Kind::InvalidRequest => SyncError::InvalidRequest,
        Kind::NoToken => SyncError::NoToken,
        Kind::Unauthorized => SyncError::Unauthorized,
        Kind::WrongWorkspace => SyncError::WrongWorkspace,
        Kind::Stopped => SyncError::Stopped,
        Kind::Upstream => SyncError::Upstream,
        Kind::Storage => SyncError::Storage,
        Kind::Busy => SyncError::Busy,
    };
    kind(error.sentence)
}

pub fn error_to_wit(error: SyncError) -> sync_types::SyncError {
    use sync_types::SyncErrorKind as Kind;
    let (kind, sentence) = match error {
        SyncError::InvalidRequest(sentence) => (Kind::InvalidRequest, sentence),
        SyncError::NoToken(sentence) => (Kind::NoToken, sentence),
        SyncError::Unauthorized(sentence) => (Kind::Unauthorized, sentence),
        SyncError::WrongWorkspace(sentence) => (Kind::WrongWorkspace, sentence),
        SyncError::Stopped(sentence) => (Kind::Stopped, sentence),
        SyncError::Upstream(sentence) => (Kind::Upstream, sentence),
        SyncError::Storage(sentence) => (Kind::Storage, sentence),
        SyncError::Busy(sentence) => (Kind::Busy, sentence),
    };
    sync_types::SyncError { kind, sentence }
}
