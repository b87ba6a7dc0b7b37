//! What tools and the driver want of each other.

use std::cell::RefCell;

use crate::Base;
use crate::bindings::exports::fastintercom::adapter::orders::{Guest, LogLevel, SyncRequest};
use crate::bindings::exports::fastintercom::adapter::outcomes;
use crate::bindings::exports::fastintercom::component::log::Level;
use crate::bindings::exports::fastintercom::component::sync_control;
use crate::files::{Listing, folder};
use crate::settings::settings;
use crate::{lease, log};

thread_local! {
    static WISH: RefCell<Option<SyncRequest>> = const { RefCell::new(None) };
    static OUTCOME: RefCell<Option<sync_control::Outcome>> = const { RefCell::new(None) };
}

/// The tool's instance cannot be left while a sync runs for it, so the sync comes after its answer.
/// A front that waits for it calls the tool once more.
impl sync_control::Guest for Base {
    fn request_sync(request: sync_control::SyncRequest, _: u32) -> sync_control::Outcome {
        if let Some(outcome) = OUTCOME.take() {
            return outcome;
        }
        WISH.set(Some(request));
        sync_control::Outcome::StillRunning
    }

    fn is_syncing() -> bool {
        WISH.with_borrow(Option::is_some) || lease::is_held()
    }
}

impl outcomes::Guest for Base {
    fn leave(ended: Result<outcomes::SyncReport, outcomes::SyncError>) {
        OUTCOME.set(Some(match ended {
            Ok(report) => sync_control::Outcome::Finished(report),
            Err(error) => sync_control::Outcome::Failed(error),
        }));
    }
}

impl Guest for Base {
    fn complaints() -> Vec<String> {
        let mut complaints = settings().complaints.clone();
        if let Err(sentence) = folder() {
            complaints.push(sentence);
        } else if settings().replica.is_none() && Listing::read().is_ok_and(|listing| listing.native) {
            complaints.push(
                "The data folder holds data.db, the database of a native FastIntercom server, which cannot be shared with this program. Give this one a folder of its own, or set FASTINTERCOM_READ_ONLY=true where data.db is a copy that somebody replaces."
                    .to_owned(),
            );
        }
        complaints
    }

    fn take_wish() -> Option<SyncRequest> {
        WISH.take()
    }

    fn interval_seconds() -> Option<u32> {
        let settings = settings();
        (settings.token.is_some() && settings.replica.is_none()).then_some(settings.interval_seconds)
    }

    fn log(level: LogLevel, message: String) {
        let level = match level {
            LogLevel::Error => Level::Error,
            LogLevel::Warn => Level::Warn,
            LogLevel::Info => Level::Info,
            LogLevel::Debug => Level::Debug,
        };
        log::write(level, &message);
    }
}
