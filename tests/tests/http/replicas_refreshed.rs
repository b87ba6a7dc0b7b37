//! A primary that syncs, and two replicas fed from its backups, replaced while clients ask.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fastintercom_tests::PATIENCE;
use fastintercom_tests::command::Cli;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::Server;
use fastintercom_tests::session::Session;
use fastintercom_tests::web::Web;
use serde_json::json;

use super::{open, small, synced};

const ROUNDS: usize = 8;
const CLIENTS_EACH: usize = 4;

/// A replica and what it has at least: the count of the newest copy that is in place.
struct Replica {
    scratch: Scratch,
    session: Session,
    web: Web,
    at_least: AtomicI64,
}

impl Replica {
    /// Puts a copy of the primary's database in place, as an operator does.
    fn refresh(&self, primary: &Cli, count: i64) {
        let file = self.scratch.database().display().to_string();
        let written = primary.clone().args(["backup", "--replace", &file]).run().assert_code(0).stdout;
        assert!(written.contains(&file), "{written}");
        self.at_least.store(count, Ordering::SeqCst);
    }

    /// Asks until told to stop; nothing may fail, and nothing may be older than the newest copy.
    fn ask(&self, stop: &AtomicBool, asked: &AtomicUsize) {
        while !stop.load(Ordering::SeqCst) {
            let at_least = self.at_least.load(Ordering::SeqCst);
            let info = self.web.tool("get_data_info", json!({})).succeeded();
            let count = info["total_conversations"].as_i64().expect("a number");
            assert!(count >= at_least, "{count} conversations, and the copy in place has {at_least}");
            let found =
                self.web.tool("search_conversations", json!({"query": "parcel", "limit": 3})).succeeded();
            assert!(found["conversations"].is_array(), "{found}");
            asked.fetch_add(2, Ordering::SeqCst);
        }
    }
}

#[test]
fn two_replicas_follow_the_primary_and_nobody_sees_an_error() {
    let simulator = small();
    let (primary, at_primary) = synced(&simulator);
    let commands = Cli::new(&simulator).on(primary.scratch()).without_token();
    let replicas: Vec<Replica> = (0..2)
        .map(|_| {
            let scratch = Scratch::new();
            let (session, web) = open(Server::new(&simulator).on(&scratch).replica().without_token());
            let replica = Replica { scratch, session, web, at_least: AtomicI64::new(0) };
            replica.refresh(&commands, 30);
            replica
        })
        .collect();
    let mut subscribed = replicas[0].web.subscribe("intercom://status");
    assert!(
        subscribed
            .next_message()
            .is_some_and(|first| first["method"] == "notifications/subscriptions/acknowledged")
    );
    let (stop, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        // A failed assertion in here must end the clients, too.
        let _stop = StopAtEnd(&stop);
        for replica in &replicas {
            for _ in 0..CLIENTS_EACH {
                let (stop, asked) = (&stop, &asked);
                scope.spawn(move || replica.ask(stop, asked));
            }
        }
        for round in 1..=ROUNDS {
            let id = simulator.workspace().add_conversation(&format!("Where is my parcel number {round}?"));
            assert_eq!(at_primary.tool("force_sync", json!({})).succeeded()["success"], true);
            let count =
                at_primary.tool("get_data_info", json!({})).succeeded()["total_conversations"].as_i64();
            assert_eq!(count, i64::try_from(30 + round).ok(), "the primary has what is new");
            for replica in &replicas {
                replica.refresh(&commands, count.expect("a count"));
                let newest = replica.web.tool("get_conversation", json!({"id": id.to_string()}));
                assert!(newest.succeeded().to_string().contains(&format!("parcel number {round}")));
            }
            // Clients ask a few times of every copy.
            let (before, begun) = (asked.load(Ordering::SeqCst), Instant::now());
            while asked.load(Ordering::SeqCst) < before + 40 {
                assert!(begun.elapsed() < PATIENCE, "the clients have stopped asking");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    });
    eprintln!("{ROUNDS} copies, two replicas, {} calls, no error", asked.load(Ordering::SeqCst));
    for replica in &replicas {
        let status = replica.web.tool("get_server_status", json!({})).succeeded();
        assert_eq!(status["total_conversations"], 30 + ROUNDS, "{status}");
        replica.web.wait_until_ready();
        replica.session.wait_for_log("there is a new copy at");
        no_replaced_file_stays_open(replica);
    }
    let told = subscribed.next_message().expect("a message");
    assert_eq!(told["method"], "notifications/resources/updated", "subscribers hear of a new copy: {told}");
}

/// The space of a replaced file is free once the server let go of it, within a second or two.
fn no_replaced_file_stays_open(replica: &Replica) {
    if !cfg!(target_os = "linux") {
        return;
    }
    let open = format!("/proc/{}/fd", replica.session.process());
    let deleted = || {
        let links = fs::read_dir(&open).expect("its files").flatten();
        links
            .filter_map(|link| fs::read_link(link.path()).ok())
            .filter(|target| target.starts_with(replica.scratch.path()))
            .filter(|target| target.to_string_lossy().ends_with("(deleted)"))
            .count()
    };
    let begun = Instant::now();
    while deleted() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "{} replaced files are still open", deleted());
        std::thread::sleep(Duration::from_millis(100));
    }
}

struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
