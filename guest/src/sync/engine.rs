//! What all steps of a run share: Intercom on the one side, the database on the other.

use std::rc::Rc;

use serde_json::Value;

use super::SyncError;
use super::failure::{Failure, fatal};
use super::fetch::Fetcher;
use super::pacing::Pace;
use super::writer::Writer;
use crate::environment::{Clock, Http, HttpRequest, Log, LogLevel, Progress, Settings};
use crate::error::StoreResult;
use crate::intercom::error::ApiError;
use crate::store::Store;
use crate::store::erasure::BlockList;
use crate::store::runs::notes::set_note;
use crate::time::UnixSeconds;

/// What a sync gets from outside.
pub struct SyncEnvironment<'a> {
    pub settings: &'a Settings,
    pub http: &'a mut dyn Http,
    pub clock: &'a dyn Clock,
    pub log: &'a dyn Log,
    pub progress: &'a dyn Progress,
    pub pace: Pace,
}

pub(super) struct Engine<'a> {
    pub fetcher: Fetcher<'a>,
    pub writer: Writer<'a>,
    pub settings: &'a Settings,
}

impl<'a> Engine<'a> {
    pub(super) fn new(
        store: &'a mut Store,
        outside: SyncEnvironment<'a>,
        sync_id: i64,
        erased: Rc<BlockList>,
    ) -> Self {
        let SyncEnvironment { settings, http, clock, log, progress, pace } = outside;
        Self {
            fetcher: Fetcher::new(settings, http, clock, progress, pace, erased),
            writer: Writer::new(store, settings, clock, log, progress, sync_id),
            settings,
        }
    }

    /// Our clock's time, for what is written about ourselves.
    pub(super) fn now(&self) -> UnixSeconds {
        self.writer.now()
    }

    /// Intercom's time: see [`Fetcher::server_now`].
    pub(super) fn server_now(&self) -> UnixSeconds {
        self.fetcher.server_now()
    }

    pub(super) fn connection(&self) -> &rusqlite::Connection {
        self.writer.store.connection()
    }

    pub(super) fn log(&self, level: LogLevel, message: &str) {
        self.writer.log(level, message);
    }

    /// See [`Writer::write`].
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> StoreResult<T>,
    ) -> Result<T, SyncError> {
        self.writer.write(work)
    }

    /// Says what is being done, in a few words.
    pub(super) fn begin(&mut self, phase: &str) {
        phase.clone_into(&mut self.writer.phase);
    }

    pub(super) fn report(&mut self, force: bool) -> Result<(), SyncError> {
        self.writer.report(&mut self.fetcher, force)
    }

    /// Asks one question and waits for its answer, trying again where that may help.
    pub(super) fn ask<T>(
        &mut self,
        request: &HttpRequest,
        read: impl Fn(Value) -> Result<T, ApiError>,
    ) -> Result<T, Failure> {
        self.fetcher.ask(request, read, |fetcher| self.writer.note_held_back(fetcher))
    }

    /// Like [`Engine::ask`], for what the run cannot do without.
    pub(super) fn demand<T>(
        &mut self,
        request: &HttpRequest,
        read: impl Fn(Value) -> Result<T, ApiError>,
    ) -> Result<T, SyncError> {
        self.ask(request, read).map_err(|failure| self.ended_by(failure))
    }

    /// What a failure means where nothing goes on without an answer.
    pub(super) fn ended_by(&self, failure: Failure) -> SyncError {
        match failure {
            Failure::Fatal(error) => error,
            Failure::Api(error) => fatal(&self.fetcher.api, &error),
        }
    }

    /// Turns a failure of something optional into a note for the user.
    pub(super) fn degrade(
        &mut self,
        topic: &str,
        permission: &str,
        failure: Failure,
    ) -> Result<(), SyncError> {
        let error = match failure {
            Failure::Fatal(error) => return Err(error),
            Failure::Api(error) => error,
        };
        let note = if error.is_permission() {
            format!(
                "The {topic} could not be read ({error}); everything else could. Give the app the permission \"{permission}\" in Intercom's Developer Hub to have them."
            )
        } else {
            format!("The {topic} could not be read ({error}); the next sync tries again.")
        };
        self.log(LogLevel::Warn, &note);
        let now = self.now();
        self.write(|transaction| set_note(transaction, topic, &note, now))
    }
}
