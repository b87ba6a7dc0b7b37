//! `wasi:cli/run`: messages, and a sync whenever one is due or was asked for. One thread, and no
//! host of ours.

#![cfg(target_family = "wasm")]

#[allow(clippy::all, missing_docs, reason = "generated code")]
mod bindings {
    wit_bindgen::generate!({ path: ["../../../wit", "../wit"], world: "fastintercom:adapter/driver", generate_all });
}

use bindings::exports::wasi::cli::run;
use bindings::fastintercom::adapter::orders::{self, LogLevel};
use bindings::fastintercom::adapter::{pump, writer};
use bindings::fastintercom::component::sync_types::{SyncKind, SyncRequest};
use bindings::fastintercom::component::{maintenance, sync};
use bindings::wasi::clocks::monotonic_clock::now;

const SECOND: u64 = 1_000_000_000;

/// A wait is no longer than this at once: JavaScript takes one of more than 24 days for none.
const LONGEST_WAIT: u64 = 60 * SECOND;

/// A client that was just started asks for the definitions first; the first sync lets it.
const FIRST_PAUSE: u64 = SECOND / 2;

/// How long to wait for another process that makes the first file of a folder.
const FIRST_FILE: u64 = 10 * SECOND;

struct Driver {
    /// Nanoseconds between two background syncs.
    interval: Option<u64>,
    /// When the next one is due, on the monotonic clock.
    due: u64,
    /// When what was synced and not published may be; copying has its share of the time.
    publish: u64,
}

struct Program;
bindings::export!(Program with_types_in bindings);

impl run::Guest for Program {
    fn run() -> Result<(), ()> {
        let complaints = orders::complaints();
        if !complaints.is_empty() {
            complaints.iter().for_each(|sentence| orders::log(LogLevel::Error, sentence));
            return Err(());
        }
        let interval = orders::interval_seconds().map(|seconds| u64::from(seconds) * SECOND);
        let mut driver = Driver { interval, due: u64::MAX, publish: u64::MAX };
        driver.make_first_file().map_err(|sentence| orders::log(LogLevel::Error, &sentence))?;
        driver.due = interval.map_or(u64::MAX, |_| now() + FIRST_PAUSE);
        while driver.step() {}
        Ok(())
    }
}

impl Driver {
    /// Waits, and does what is due. False: the client is gone.
    fn step(&mut self) -> bool {
        if let Some(wish) = orders::take_wish() {
            self.sync(&wish, true);
        } else if now() >= self.due {
            let interval = self.interval.unwrap_or(LONGEST_WAIT);
            self.due = now() + interval;
            // Another process on the folder may have been quicker.
            let unless_newer_than = u32::try_from(interval / SECOND / 2).ok();
            let background = SyncRequest {
                kind: SyncKind::Background,
                start_date: None,
                end_date: None,
                days: None,
                unless_newer_than,
                refetch: false,
            };
            self.sync(&background, false);
        } else if now() >= self.publish {
            self.publish = u64::MAX;
            self.with_lease(|driver| driver.publish(false));
        }
        pump::step(self.due.min(self.publish).min(now() + LONGEST_WAIT).max(now() + 1))
    }

    /// Readers need a file before the first answer, if only an empty one.
    fn make_first_file(&mut self) -> Result<(), String> {
        let begun = now();
        while orders_a_file() {
            if writer::begin()? {
                let made = maintenance::prepare().and_then(|_| publish_all(&mut || true));
                writer::end();
                return made;
            }
            if now() - begun > FIRST_FILE {
                return Err("Another process has been making the cache in this folder for ten seconds. Start again in a minute: if it is dead, its lease is lost by then.".to_owned());
            }
            // The protocol is not open yet: nothing is answered before there is something to read.
            bindings::wasi::clocks::monotonic_clock::subscribe_duration(SECOND / 20).block();
        }
        Ok(())
    }

    /// Runs a sync under the lease. One that was asked for is published at once.
    fn sync(&mut self, request: &SyncRequest, at_once: bool) {
        let had = self.with_lease(|driver| {
            let _ = sync::close_abandoned("the server was ended during this run");
            match sync::run(request) {
                Ok(report) if report.skipped => {}
                Ok(report) => orders::log(
                    LogLevel::Info,
                    &format!(
                        "sync {}: {} conversations, {} threads fetched, {} requests, {} ms",
                        report.sync_id,
                        report.total_conversations,
                        report.hydrated,
                        report.api_calls,
                        report.duration_ms
                    ),
                ),
                Err(error) => orders::log(LogLevel::Warn, &format!("sync: {}", error.sentence)),
            }
            driver.publish(at_once);
        });
        if had {
            pump::sync_ended();
        } else {
            orders::log(LogLevel::Info, "Another process syncs this folder.");
        }
    }

    /// False: another process holds the lease.
    fn with_lease(&mut self, work: impl FnOnce(&mut Self)) -> bool {
        match writer::begin() {
            Ok(true) => {
                work(self);
                writer::end();
                true
            }
            Ok(false) => false,
            Err(sentence) => {
                orders::log(LogLevel::Error, &sentence);
                true
            }
        }
    }

    /// Publishes what is new, now or when it is time.
    fn publish(&mut self, at_once: bool) {
        let Some(wait) = writer::due_in() else { return };
        if wait > 0 && !at_once {
            self.publish = now() + u64::from(wait) * SECOND;
            return;
        }
        let begun = now();
        // Tools are answered from the older file meanwhile.
        match publish_all(&mut || pump::step(0)) {
            Ok(()) => {
                let took = (now() - begun) / 1_000_000;
                orders::log(LogLevel::Debug, &format!("published in {took} ms"));
            }
            Err(sentence) => orders::log(LogLevel::Warn, &sentence),
        }
    }
}

/// Whether there is nothing to read yet, and it is for us to make it.
fn orders_a_file() -> bool {
    !writer::is_published()
}

/// Copies to the end. What is done between the steps says whether to go on: without a client there
/// is no reader, and the next holder of the lease goes on with the file.
fn publish_all(between: &mut dyn FnMut() -> bool) -> Result<(), String> {
    while !writer::publish_step()? {
        if !between() {
            return Ok(());
        }
    }
    Ok(())
}
