//! The leaf of every composition: what the component imports, made of plain WASI.
//!
//! - [`settings`]: from environment variables, by the names that the native host reads. With the
//!   feature `act` they come with a session, and the token from the host's store (`session.rs`).
//! - [`outgoing`]: the way out. The access token is added here. Components of a composition have
//!   memories of their own, so the token is in no other.
//! - [`lease`], [`publishing`]: one writer among many processes, without file locks.
//! - [`lock`]: SQLite's locks, of which nothing is left to do then.
//!
//! What only the native host gives is missing here: deadlines and memory of calls are what the
//! foreign host sets, and answers of Intercom are passed on without being read.

#![cfg(target_family = "wasm")]

mod files;
mod lease;
mod lock;
mod log;
mod orders;
mod outgoing;
mod publishing;
#[cfg(feature = "act")]
mod session;
mod settings;

#[allow(clippy::all, missing_docs, reason = "generated code")]
mod bindings {
    #[cfg(not(feature = "act"))]
    wit_bindgen::generate!({ path: ["../../../wit", "../wit"], world: "fastintercom:adapter/base", generate_all });
    #[cfg(feature = "act")]
    wit_bindgen::generate!({ path: ["../../../wit", "../wit"], world: "fastintercom:adapter/base-act", generate_all });
}

use bindings::exports::fastintercom::component::{disclosure, progress};
use bindings::exports::wasi::cli::{environment, stdout};

struct Base;
bindings::export!(Base with_types_in bindings);

/// The component has no environment: it is told its settings.
impl environment::Guest for Base {
    fn get_environment() -> Vec<(String, String)> {
        Vec::new()
    }

    fn get_arguments() -> Vec<String> {
        Vec::new()
    }

    fn initial_cwd() -> Option<String> {
        None
    }
}

/// Standard output may be a protocol's. What the component wrote there would break it.
impl stdout::Guest for Base {
    fn get_stdout() -> stdout::OutputStream {
        bindings::wasi::cli::stderr::get_stderr()
    }
}

/// Nobody keeps an audit log here: whoever could write it is the component's neighbour.
impl disclosure::Guest for Base {
    fn tell(_: disclosure::Disclosed) {}
}

/// For a sync: whether it may go on writing. Tools never hold the lease. What it has so far is
/// published when it is time, so that a kill costs no more than the rest.
impl progress::Guest for Base {
    fn report(_: progress::Update) {
        lease::beat();
        publishing::meanwhile();
    }

    fn should_stop() -> bool {
        publishing::meanwhile();
        !lease::beat()
    }
}
