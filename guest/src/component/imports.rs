//! The guest's environment, made of the component's imports.

use super::bindings::fastintercom::component::{
    disclosure, log, progress, settings, sync_control, sync_types,
};
use super::bindings::wasi::clocks::{monotonic_clock, wall_clock};
use crate::environment::{
    Clock, Holder, Log, LogLevel, Progress, ProgressUpdate, Redaction, Settings, SyncControl, SyncOutcome,
};
use crate::sync::{SyncError, SyncKind, SyncReport, SyncRequest};
use crate::time::UnixSeconds;
use crate::tools::disclosure::Disclosure;

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
        let level = match level {
            LogLevel::Error => log::Level::Error,
            LogLevel::Warn => log::Level::Warn,
            LogLevel::Info => log::Level::Info,
            LogLevel::Debug => log::Level::Debug,
        };
        log::write(level, message);
    }
}

impl Progress for Host {
    fn report(&self, update: &ProgressUpdate) {
        progress::report(&progress::Update {
            phase: update.phase.clone(),
            done: update.done,
            total: update.total,
            messages: update.messages,
            waiting: update.waiting,
            holder: update.holder.map(|holder| match holder {
                Holder::Limit => progress::Holder::Limit,
                Holder::Network => progress::Holder::Network,
                Holder::Itself => progress::Holder::Itself,
            }),
            seconds_left: update.seconds_left,
        });
    }

    fn should_stop(&self) -> bool {
        progress::should_stop()
    }
}

impl SyncControl for Host {
    fn request_sync(&self, request: SyncRequest, wait_seconds: u32) -> SyncOutcome {
        match sync_control::request_sync(&request_to_wit(request), wait_seconds) {
            sync_control::Outcome::Finished(report) => SyncOutcome::Finished(report_from_wit(report)),
            sync_control::Outcome::Failed(error) => SyncOutcome::Failed(error_from_wit(error)),
            sync_control::Outcome::StillRunning => SyncOutcome::StillRunning,
        }
    }

    fn is_syncing(&self) -> bool {
        sync_control::is_syncing()
    }
}

pub fn settings() -> Settings {
    let given = settings::get();
    let redactions = given
        .redactions
        .into_iter()
        .map(|redaction| match redaction {
            settings::Redaction::Emails => Redaction::Emails,
            settings::Redaction::Phones => Redaction::Phones,
            settings::Redaction::Cards => Redaction::Cards,
            settings::Redaction::Accounts => Redaction::Accounts,
            settings::Redaction::Secrets => Redaction::Secrets,
            settings::Redaction::Names => Redaction::Names,
        })
        .collect();
    Settings {
        base_url: given.base_url,
        api_version: given.api_version,
        database_file: given.database_file,
        read_only: given.read_only,
        replica: given.replica,
        token_present: given.token_present,
        sync_days: given.sync_days,
        initial_sync_days: given.initial_sync_days,
        sync_interval_minutes: given.sync_interval_minutes,
        timezone: given.timezone,
        redactions,
        max_in_flight: given.max_in_flight,
        overlap_seconds: given.overlap_seconds,
        retention_days: given.retention_days,
        keep_raw_answers: given.keep_raw_answers,
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

fn request_to_wit(request: SyncRequest) -> sync_types::SyncRequest {
    let kind = match request.kind {
        SyncKind::Background => sync_types::SyncKind::Background,
        SyncKind::Incremental => sync_types::SyncKind::Incremental,
        SyncKind::Full => sync_types::SyncKind::Full,
    };
    sync_types::SyncRequest {
        kind,
        start_date: request.start_date,
        end_date: request.end_date,
        days: request.days,
        unless_newer_than: request.unless_newer_than,
        refetch: request.refetch,
    }
}

pub fn request_from_wit(request: sync_types::SyncRequest) -> SyncRequest {
    let kind = match request.kind {
        sync_types::SyncKind::Background => SyncKind::Background,
        sync_types::SyncKind::Incremental => SyncKind::Incremental,
        sync_types::SyncKind::Full => SyncKind::Full,
    };
    SyncRequest {
        kind,
        start_date: request.start_date,
        end_date: request.end_date,
        days: request.days,
        unless_newer_than: request.unless_newer_than,
        refetch: request.refetch,
    }
}

fn report_from_wit(report: sync_types::SyncReport) -> SyncReport {
    SyncReport {
        sync_id: report.sync_id,
        kind: report.kind,
        start_date: report.start_date,
        end_date: report.end_date,
        total_conversations: report.total_conversations,
        total_messages: report.total_messages,
        hydrated: report.hydrated,
        unchanged: report.unchanged,
        deleted: report.deleted,
        waiting: report.waiting,
        api_calls: report.api_calls,
        rate_limited: report.rate_limited,
        duration_ms: report.duration_ms,
        skipped: report.skipped,
        notes: report.notes,
    }
}

pub fn report_to_wit(report: SyncReport) -> sync_types::SyncReport {
    sync_types::SyncReport {
        sync_id: report.sync_id,
        kind: report.kind,
        start_date: report.start_date,
        end_date: report.end_date,
        total_conversations: report.total_conversations,
        total_messages: report.total_messages,
        hydrated: report.hydrated,
        unchanged: report.unchanged,
        deleted: report.deleted,
        waiting: report.waiting,
        api_calls: report.api_calls,
        rate_limited: report.rate_limited,
        duration_ms: report.duration_ms,
        skipped: report.skipped,
        notes: report.notes,
    }
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
