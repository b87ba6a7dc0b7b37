//! The sandbox, attacked from inside by the component in `tests/hostile`, and its way out.
//!
//! Each test says in one line what was tried; afterwards the server must still answer.
//! `FASTINTERCOM_HOSTILE` names the component, which `just test` builds.

mod authority;
mod files;
mod folders;
mod network;
mod noise;
mod proxy;
mod space;
mod terminal;
mod time;
mod token;
mod upstream;
mod way_out;

use std::path::PathBuf;

use fastintercom_tests::server::Server;
use fastintercom_tests::session::Session;
use fastintercom_tests::simulator::{Config, Simulator};
use serde_json::{Value, json};

/// # Panics
/// When `FASTINTERCOM_HOSTILE` does not name the component.
fn hostile() -> PathBuf {
    let Some(path) = std::env::var_os("FASTINTERCOM_HOSTILE").map(PathBuf::from) else {
        panic!("FASTINTERCOM_HOSTILE is not set; `just test` builds the component and sets it");
    };
    assert!(path.is_file(), "FASTINTERCOM_HOSTILE is {}, and there is no such file", path.display());
    path
}

fn simulate(config: Config) -> Simulator {
    Simulator::start(config).expect("a simulator on loopback")
}

/// A server that runs the hostile component, with limits that make the tests short.
fn attacked(simulator: &Simulator) -> Server {
    Server::new(simulator)
        .argument("--component")
        .argument(hostile().to_str().expect("a path in UTF-8"))
        .env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "1")
        .env("FASTINTERCOM_MEMORY_MB", "64")
}

/// A server under attack, when it does not matter what is behind it.
fn victim() -> Session {
    let simulator = simulate(Config::new().conversations(1));
    attacked(&simulator).without_token().start()
}

/// The attack is ended, with a sentence that has these words, and the next call works.
fn is_ended(session: &Session, attack: &str, arguments: Value, words: &str) {
    let sentence = session.call_tool(attack, arguments).failed();
    assert!(sentence.contains(words), "{attack}: {sentence}");
    goes_on(session);
}

/// The attack comes to its own end, and tells what it reached; the next call works.
fn answers(session: &Session, attack: &str, arguments: Value) -> Value {
    let answer = session.call_tool(attack, arguments).succeeded();
    goes_on(session);
    answer
}

fn goes_on(session: &Session) {
    assert_eq!(session.call_tool("nothing", json!({})).succeeded(), json!({"ok": true}));
}
