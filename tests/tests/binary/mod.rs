//! The whole program over its real streams: one theme a file. `FASTINTERCOM_BIN` names it.

mod background;
#[cfg(unix)]
mod backup_every;
mod bad_input;
mod call_flags;
mod cold_start;
mod commands;
mod crash;
mod doctor;
#[cfg(unix)]
mod documents;
#[cfg(unix)]
mod exit_codes;
mod failures;
mod install;
mod json_errors;
mod login;
mod no_token;
mod observability;
mod old_databases;
mod progress;
mod protocol;
mod reset;
mod resources;
mod schemas;
mod secrets;
mod settings;
mod sharing;
mod stopping;
mod subscriptions;
mod tools_coverage;
mod tools_data;
mod tools_figures;
mod tools_search;
mod tools_sync;
mod tools_thread;
#[cfg(unix)]
mod unread;
mod views;
#[cfg(target_os = "linux")]
mod widths;
mod wire_lines;
mod wire_refusals;
mod wire_results;

use fastintercom_tests::database::Database;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::Server;
use fastintercom_tests::session::Session;
use fastintercom_tests::simulator::{Config, Simulator};

fn simulate(config: Config) -> Simulator {
    Simulator::start(config).expect("a simulator on loopback")
}

/// Some conversations of the last days, all of them quick to read.
fn small() -> Simulator {
    simulate(Config::new().conversations(30).days(5))
}

/// A server whose first sync is over.
fn synced(simulator: &Simulator) -> Session {
    let session = Server::new(simulator).start();
    session.wait_until_synced();
    session
}

fn database(scratch: &Scratch) -> Database {
    Database::open(&scratch.database())
}
