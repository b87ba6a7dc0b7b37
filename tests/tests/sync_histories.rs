//! Random histories: changes, faults, kills and a lagging index, in any order. Whatever happened,
//! one quiet sync later the cache is the truth, and at no moment did it claim more than it had.
//!
//! `FASTINTERCOM_HISTORIES` says how many (25 by default; the full run has 200 or more), and
//! `FASTINTERCOM_SEED` runs a single one again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fastintercom_guest::store::Store;
use fastintercom_guest::store::runs::coverage::covered;
use fastintercom_guest::store::runs::facts::{Fact, fact};
use fastintercom_guest::time::UnixSeconds;
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::filter::Comparison;
use fastintercom_tests::simulator::model::Author;
use fastintercom_tests::simulator::{Change, Config, Endpoint, Fault, Id, Rule, Simulator};
use fastintercom_tests::truth::{assert_same, differences};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rusqlite::OptionalExtension;

const DEFAULT_HISTORIES: u64 = 25;

#[test]
fn any_history_ends_in_the_truth() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("FASTINTERCOM_SEED") {
        History::new(seed).play();
        return;
    }
    for seed in 0..number("FASTINTERCOM_HISTORIES").unwrap_or(DEFAULT_HISTORIES) {
        if catch_unwind(AssertUnwindSafe(|| History::new(seed).play())).is_err() {
            panic!("the history of seed {seed} failed; FASTINTERCOM_SEED={seed} runs it alone");
        }
    }
}

struct History {
    random: ChaCha8Rng,
    simulator: Simulator,
    cache: Cache,
    story: Vec<String>,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let lag = [0, 5, 120, 500][random.random_range(0..4)];
        let comparison = if random.random() { Comparison::Inclusive } else { Comparison::Exclusive };
        let mut config = Config::new()
            .seed(seed)
            .conversations(random.random_range(5..50))
            .days([1, 5, 40][random.random_range(0..3)])
            .index_lag_between(0..=lag)
            .comparison(comparison)
            .null_next(random.random());
        if random.random_bool(0.1) {
            config = config.parts(495..=499).conversations(3);
        }
        let simulator = Simulator::start(config).expect("the simulator starts");
        let mut cache =
            Cache::of(&simulator).version(["2.11", "2.14", "2.16", "2.16"][random.random_range(0..4)]);
        cache.pace.largest_page = [3, 10, 150][random.random_range(0..3)];
        Self { random, simulator, cache, story: Vec::new() }
    }

    fn play(mut self) {
        let steps = self.random.random_range(4..14);
        for _ in 0..steps {
            for _ in 0..self.random.random_range(0..6) {
                self.change();
            }
            let pause = self.random.random_range(0..900);
            self.simulator.advance(pause);
            self.faulty_sync();
            self.check_claims();
        }
        // The dust settles: the index catches up, and pauses after failures end.
        self.simulator.clear_faults();
        self.simulator.advance(2 * 3600);
        if let Err(error) = self.cache.sync(&self.simulator) {
            panic!("the quiet sync failed: {error}\n{}", self.story.join("\n"));
        }
        // Old versions learn of a deletion only from a fetch, the daily sweep of the last days, or
        // the weekly comparison of counts.
        if self.cache.settings.api_version != "2.16" {
            self.simulator.advance(8 * 24 * 3600);
            self.cache.sync(&self.simulator).expect("the next week's sync");
        }
        let differences = differences(&self.simulator, &self.cache.store());
        assert!(differences.is_empty(), "{}\n{}", self.story.join("\n"), differences.join("\n"));
        assert_same(&self.simulator, &self.cache.store());
        self.check_claims();
    }

    fn faulty_sync(&mut self) {
        self.simulator.clear_faults();
        let endpoint = [Endpoint::Search, Endpoint::Conversation][self.random.random_range(0..2)];
        let fault = match self.random.random_range(0..14) {
            0 => Fault::HtmlError { status: 502 },
            1 => Fault::Unavailable,
            2 => Fault::EmptyOk,
            3 => Fault::InvalidJson,
            4 => Fault::Truncated,
            5 => Fault::Reset,
            6 => Fault::HtmlError { status: 404 },
            7 => Fault::RepeatedCursor,
            8 => Fault::StalePage,
            9 => Fault::RejectedCursor,
            _ => Fault::Slow { seconds: 0.001 },
        };
        let probability = [0.1, 0.5, 1.0][self.random.random_range(0..3)];
        self.story.push(format!("sync with {fault:?} on {endpoint:?} at {probability}"));
        self.simulator.add_fault(
            Rule::new(fault)
                .on(endpoint)
                .with_probability(probability)
                .after(self.random.random_range(0..20)),
        );
        let questions = if self.random.random_bool(0.3) { self.random.random_range(1..80) } else { u64::MAX };
        let result = if self.random.random_bool(0.2) {
            self.story.push(format!("killed after {questions} questions"));
            self.cache.sync_killed_after(&self.simulator, questions)
        } else {
            self.cache.sync_until(&self.simulator, questions).map(|_| ())
        };
        self.story.push(format!("  {result:?}"));
    }

    fn change(&mut self) {
        let ids: Vec<Id> = self.simulator.workspace().conversations().map(|one| one.id).collect();
        if ids.is_empty() {
            return;
        }
        let id = ids[self.random.random_range(0..ids.len())];
        let kind = self.random.random_range(0..12);
        self.story.push(format!("change {kind} of {id}"));
        let pick = self.random.random_range(0..1000_usize);
        let mut workspace = self.simulator.workspace();
        let part = workspace
            .conversation(id)
            .and_then(|one| (!one.parts.is_empty()).then(|| one.parts[pick % one.parts.len()].id));
        match (kind, part) {
            (0, _) => {
                workspace.add_conversation("a new question");
            }
            (1..=3, _) => {
                workspace.contact_reply(id, "a reply");
            }
            (4, _) => {
                workspace.admin_reply(id, 1, "an answer");
            }
            (5, _) => {
                workspace.change(id, Change::Close { by: Author::Admin(2) });
            }
            (6, _) => {
                workspace.change(id, Change::Tag { admin: 0, tag: 3 });
            }
            (7, _) => {
                workspace.change(id, Change::Untag { admin: 0, tag: 3 });
            }
            (8, Some(part)) => {
                workspace.redact_part(id, part);
            }
            (9, Some(part)) => {
                workspace.delete_part(id, part);
            }
            (10, _) => {
                workspace.delete_conversation(id);
            }
            _ => {
                workspace.bulk_update(12);
            }
        }
        drop(workspace);
        let pause = self.random.random_range(0..3) * self.random.random_range(0..100);
        self.simulator.advance(pause);
    }

    /// What is called covered is in the cache, as new as it is, with its thread or queued. Only
    /// the provisional stretch, where the list may lag, is exempt.
    fn check_claims(&self) {
        let store: Store = self.cache.store();
        let connection = store.connection();
        let provisional =
            fact(connection, Fact::ProvisionalFrom).expect("reads").unwrap_or(UnixSeconds(i64::MAX));
        let covered = covered(connection).expect("reads");
        for conversation in self.simulator.workspace().conversations() {
            let at = UnixSeconds(conversation.updated_at);
            if at >= provisional || !covered.iter().any(|stretch| stretch.contains(at)) {
                continue;
            }
            let id = conversation.id.to_string();
            let found: Option<(String, bool)> = connection
                .query_row(
                    "SELECT updated_at, thread_complete
                        OR EXISTS (SELECT 1 FROM hydration_queue WHERE conversation_id = conversations.id)
                     FROM conversations WHERE id = ?1",
                    [&id],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()
                .expect("reads");
            let claim =
                found.as_ref().is_some_and(|(updated, accounted)| *updated >= at.to_iso() && *accounted);
            assert!(claim, "{id} of {at} is covered, but the cache has {found:?}\n{}", self.story.join("\n"));
        }
    }
}
