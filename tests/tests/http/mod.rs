//! The HTTP door of the real program, and replicas: one theme a file. `FASTINTERCOM_BIN` names it.

mod audit;
mod callers;
mod connections;
mod door;
mod export;
mod health;
mod limited_callers;
mod many;
mod oauth;
mod pages;
mod programs;
mod protocol;
mod replicas;
mod replicas_refreshed;
mod stopping;
mod tools;

use fastintercom_tests::server::Server;
use fastintercom_tests::session::Session;
use fastintercom_tests::simulator::{Config, Simulator};
use fastintercom_tests::web::Web;

const TOKEN: &str = "a-token-of-the-tests-0123456789";

fn simulate(config: Config) -> Simulator {
    Simulator::start(config).expect("a simulator on loopback")
}

/// Some conversations of the last days, all of them quick to read.
fn small() -> Simulator {
    simulate(Config::new().conversations(30).days(5))
}

/// A server with a door, and a client before it.
fn open(server: Server) -> (Session, Web) {
    let session = server.http().start_silent();
    let web = Web::of(&session);
    (session, web)
}

/// The same, when its first sync is over.
fn synced(simulator: &Simulator) -> (Session, Web) {
    let (session, web) = open(Server::new(simulator));
    session.wait_until_synced();
    (session, web)
}
