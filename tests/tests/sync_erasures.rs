//! Somebody who was erased does not come back, whatever happens in Intercom and in syncs: in lists,
//! threads, contacts, kept answers, under another id, in what others write.
//!
//! `FASTINTERCOM_HISTORIES` says how many histories (25 by default; the full run has 200 or more),
//! and `FASTINTERCOM_SEED` runs a single one again.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fastintercom_guest::store::erasure::BlockList;
use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_guest::text::folding;
use fastintercom_guest::time::UnixSeconds;
use fastintercom_tests::cache::Cache;
use fastintercom_tests::filled;
use fastintercom_tests::simulator::model::{Author, Part};
use fastintercom_tests::simulator::{Change, Config, Endpoint, Fault, Id, Rule, Simulator};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

const DEFAULT_HISTORIES: u64 = 25;

/// What their contact has, and what they write.
const NAME: &str = "Zoraida Quillfeather";
const ADDRESS: &str = "zoraida.quillfeather@example.net";
const PHONE: &str = "+44 20 7946 0771";
const EXTERNAL_ID: &str = "zq-88127-external";
const SECRET: &str = "wombatsecret";

#[test]
fn nobody_who_was_erased_comes_back() {
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

/// What erasing the customer with the most conversations costs, in a database of so many
/// conversations (`FASTINTERCOM_CONVERSATIONS`), or in a copy of a file (`FASTINTERCOM_FILLED`).
#[test]
#[ignore = "it fills a large database"]
fn erasing_costs_seconds_in_a_large_database() {
    let conversations = std::env::var("FASTINTERCOM_CONVERSATIONS").ok().and_then(|text| text.parse().ok());
    let conversations: usize = conversations.unwrap_or(20_000);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data.db");
    match std::env::var_os("FASTINTERCOM_FILLED") {
        Some(file) => _ = fs::copy(file, &path).expect("copies"),
        None => filled::fill(&path, conversations).expect("fills"),
    }
    let mut store = Store::open(&path, OpenMode::ReadWrite).expect("opens");
    let who: String = store
        .connection()
        .query_row(
            "SELECT k.email FROM contacts k JOIN conversation_contacts x ON x.contact_id = k.id
             WHERE k.email IS NOT NULL GROUP BY k.id ORDER BY count(*) DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .expect("a customer");
    let (receipt, _) = store.erase(&who, false, "new.db", UnixSeconds(filled::NOW)).expect("erases");
    let size = fs::metadata(&path).expect("exists").len();
    let left: i64 = store
        .connection()
        .query_row("SELECT count(*) FROM conversations", [], |row| row.get(0))
        .expect("counts");
    println!("{left} conversations left, {} MB: {receipt:#}", size / 1_000_000);
    let erasing = receipt["milliseconds"]["erasing"].as_u64().expect("a number");
    assert!(erasing < 10_000, "{erasing} ms");
}

struct History {
    random: ChaCha8Rng,
    simulator: Simulator,
    cache: Cache,
    /// Their contact in the simulator.
    contact: u32,
    story: Vec<String>,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let config = Config::new()
            .seed(seed)
            .conversations(random.random_range(6..25))
            .days([1, 5, 20][random.random_range(0..3)])
            .index_lag([0, 5, 120][random.random_range(0..3)]);
        let simulator = Simulator::start(config).expect("the simulator starts");
        let mut cache = Cache::of(&simulator);
        cache.settings.keep_raw_answers = random.random();
        cache.pace.largest_page = [3, 150][random.random_range(0..2)];
        let contact = {
            let mut workspace = simulator.workspace();
            let contact = workspace.conversation_at(0).expect("exists").contacts[0];
            let person = &mut workspace.directory_mut().contacts[contact as usize];
            person.name = Some(NAME.to_owned());
            person.email = Some(ADDRESS.to_owned());
            person.phone = Some(PHONE.to_owned());
            person.external_id = Some(EXTERNAL_ID.to_owned());
            contact
        };
        Self { random, simulator, cache, contact, story: Vec::new() }
    }

    fn play(mut self) {
        for _ in 0..self.random.random_range(2..6) {
            self.change();
        }
        self.simulator.advance(60);
        self.cache.sync(&self.simulator).expect("the first sync");
        for _ in 0..self.random.random_range(0..3) {
            self.change();
        }
        self.sync();
        if !self.erase() {
            // The changes have removed all that was stored of them: there is nobody to erase.
            return;
        }
        self.look("after it was done");
        for step in 0..self.random.random_range(3..8) {
            for _ in 0..self.random.random_range(0..5) {
                self.change();
            }
            let pause = self.random.random_range(1..900);
            self.simulator.advance(pause);
            // What an earlier version did not keep is read again, from kept answers, too.
            if self.random.random_bool(0.3) {
                let store = self.cache.store();
                store.connection().execute("UPDATE conversations SET fields = NULL", []).expect("empties");
            }
            // A contact is looked at again after a month.
            if self.random.random_bool(0.3) {
                self.simulator.advance(31 * 86_400);
            }
            self.sync();
            self.look(&format!("after step {step}"));
        }
        self.simulator.clear_faults();
        self.simulator.advance(8 * 86_400);
        self.cache.sync(&self.simulator).expect("the last sync");
        self.look("at the end");
        let others = self.cache.count("SELECT count(*) FROM conversations");
        assert!(others > 0, "everything is gone\n{}", self.story.join("\n"));
        let report = self.cache.store().check().expect("checks");
        assert_eq!(report["ok"], true, "{report:#}\n{}", self.story.join("\n"));
    }

    /// Says whether anything was stored of them.
    fn erase(&mut self) -> bool {
        // By what the cache knows of them: a sync may have failed to read the rest.
        let known = |column: &str| {
            let sql = format!("SELECT max({column}) FROM contacts WHERE email = '{ADDRESS}'");
            self.cache
                .store()
                .connection()
                .query_row(&sql, [], |row| row.get::<_, Option<String>>(0))
                .expect("reads")
        };
        let by = self.random.random_range(0..3);
        let who = [None, known("id"), known("external_id")][by].clone().unwrap_or_else(|| ADDRESS.to_owned());
        self.story.push(format!("erase {who}"));
        let new = self.cache.path().with_file_name("new.db");
        let now = UnixSeconds(1_795_000_000);
        let (receipt, _) = self.cache.store().erase(&who, false, "new.db", now).expect("erases");
        self.story.push(receipt.to_string());
        if receipt["stored"] == false {
            assert!(!new.exists(), "nothing was to be written\n{}", self.story.join("\n"));
            return false;
        }
        fs::rename(new, self.cache.path()).expect("renames");
        true
    }

    fn sync(&mut self) {
        self.simulator.clear_faults();
        let endpoint = [Endpoint::Search, Endpoint::Conversation, Endpoint::ContactSearch]
            [self.random.random_range(0..3)];
        let fault = match self.random.random_range(0..6) {
            0 => Fault::Unavailable,
            1 => Fault::InvalidJson,
            2 => Fault::StalePage,
            _ => Fault::Slow { seconds: 0.001 },
        };
        self.simulator.add_fault(Rule::new(fault).on(endpoint).with_probability(0.5));
        let questions = if self.random.random_bool(0.2) { self.random.random_range(1..80) } else { u64::MAX };
        let result = self.cache.sync_until(&self.simulator, questions).map(|_| ());
        self.story.push(format!("sync with {endpoint:?}: {result:?}"));
    }

    /// They write, are written to and written about.
    fn change(&mut self) {
        let ids: Vec<Id> = self.simulator.workspace().conversations().map(|one| one.id).collect();
        let Some(id) = ids.get(self.random.random_range(0..ids.len().max(1))).copied() else { return };
        let kind = self.random.random_range(0..11);
        self.story.push(format!("change {kind} of {id}"));
        let contact = self.contact;
        let mut workspace = self.simulator.workspace();
        let now = workspace.now();
        let is_theirs = workspace.conversation(id).is_some_and(|one| one.contacts == [contact]);
        match kind {
            0 | 1 => _ = workspace.contact_reply(id, &format!("I heard of {NAME}, {ADDRESS} or {PHONE}")),
            2 => _ = workspace.admin_reply(id, 1, &format!("Ask {} please", NAME.to_uppercase())),
            // They are added to a conversation of others, and write there.
            3 | 4 if !is_theirs => {
                workspace.edit(id, |one| {
                    if !one.contacts.contains(&contact) {
                        one.contacts.push(contact);
                    }
                    one.updated_at = now;
                });
                let body = format!("<p>{SECRET}</p>");
                workspace.edit(id, |one| {
                    let part = one.parts.last().map(|part| Part {
                        id: part.id + 1_000_003,
                        body: Some(body),
                        author: Author::Contact(contact),
                        ..part.clone()
                    });
                    one.parts.extend(part);
                });
                workspace.admin_reply(id, 1, "Hello Zoraida, and hello all");
            }
            // They begin a conversation, or go on with one.
            5 => {
                let new = workspace.add_conversation(SECRET);
                workspace.edit(new, |one| {
                    one.contacts = vec![contact];
                    if let Some(source) = &mut one.source {
                        source.author = Author::Contact(contact);
                        source.subject = format!("{SECRET} subject");
                    }
                });
            }
            6 if is_theirs => _ = workspace.contact_reply(id, SECRET),
            // They come back under another id.
            7 => {
                let contacts = &mut workspace.directory_mut().contacts;
                let (before, number) = (contacts[contact as usize].id.clone(), self.random.random::<u64>());
                contacts[contact as usize].id = format!("{}{:08x}", &before[..16], number as u32);
            }
            8 => {
                workspace.change(id, Change::Close { by: Author::Admin(2) });
            }
            9 => {
                workspace.delete_conversation(id);
            }
            _ => {
                workspace.bulk_update(5);
            }
        }
        drop(workspace);
        let pause = self.random.random_range(0..60);
        self.simulator.advance(pause);
    }

    /// Nothing of theirs is in a table, in the index of words, in a kept answer or in the file.
    fn look(&self, when: &str) {
        let story = || format!("{when}:\n{}", self.story.join("\n"));
        let store = self.cache.store();
        let connection = store.connection();
        let words: Vec<String> = {
            connection
                .execute_batch(
                    "CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'messages_fts', 'row')",
                )
                .expect("a vocabulary");
            let mut statement = connection.prepare("SELECT term FROM temp.words").expect("prepares");
            statement
                .query_map([], |row| row.get(0))
                .expect("reads")
                .collect::<Result<_, _>>()
                .expect("reads")
        };
        for word in ["zoraida", "quillfeather", SECRET] {
            assert!(!words.iter().any(|known| known == word), "{word} is in the index, {}", story());
        }
        let answers: Vec<String> = {
            let mut statement = connection
                .prepare("SELECT c.id FROM raw_answers r JOIN conversations c ON c.number = r.conversation")
                .expect("prepares");
            let ids = statement.query_map([], |row| row.get::<_, String>(0)).expect("reads");
            ids.map(|id| {
                let id = fastintercom_guest::ids::ConversationId(id.expect("reads"));
                let answer = fastintercom_guest::store::conversations::raw_answers::read(connection, &id)
                    .expect("reads");
                String::from_utf8_lossy(&answer.unwrap_or_default()).into_owned()
            })
            .collect()
        };
        let list = BlockList::read(connection).expect("reads");
        assert!(list.mentions.are_in(NAME) && !list.mentions.are_in("somebody else"), "{}", story());
        let file = String::from_utf8_lossy(&fs::read(self.cache.path()).expect("reads")).into_owned();
        for (text, of) in
            std::iter::once((&file, "the file")).chain(answers.iter().map(|one| (one, "an answer")))
        {
            let text = text.to_lowercase();
            for what in [NAME, "zoraida", ADDRESS, PHONE, EXTERNAL_ID, SECRET] {
                if let Some(at) = text.find(&what.to_lowercase()) {
                    let around = folding::words(
                        &text
                            .chars()
                            .skip(text[..at].chars().count().saturating_sub(60))
                            .take(160)
                            .collect::<String>(),
                    );
                    panic!("{what} is in {of}: {around:?}, {}", story());
                }
            }
        }
    }
}
