//! Planted strings of one person in every kind of field, and what is left of them.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::*;
use crate::error::StoreError;
use crate::store::OpenMode;
use crate::store::conversations::raw_answers::{self, Deflated};
use crate::store::help_center::articles;
use crate::store::refresh::index_anew;

const NOW: UnixSeconds = UnixSeconds(1_795_000_000);

/// Texts that only Jane has, or that name her. None may be left.
const PLANTED: &[&str] = &[
    "jane.doe@example.com",
    "Jane Q. Doe",
    "quagmire",
    "xylophone",
    "zeppelin",
    "fjordland",
    "wyvern",
    "kumquat",
    "obsidian",
    "plankton",
    "quicksilver",
    "rhubarb",
    "saxophone",
    "turmeric",
    "ukulele",
    "vermilion",
    "walrusoil",
    "yellowfin",
    "0067bb55",
    "jq-external-77",
    "442079460958",
    "nightjar",
    "ocelot.example",
    "pangolin",
    "caracal",
    "lynxland",
];

struct Home {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn message(
    db: &Connection,
    number: i64,
    conversation: i64,
    author: (&str, &str, &str),
    part: &str,
    body: &str,
) {
    db.execute(
        "INSERT INTO messages (number, id, conversation_id, author_type, author_id, author_name, body, created_at,
            part_type, is_note, sequence_number, attachments, tags)
         VALUES (?1, 'm' || ?1, 'c' || ?2, ?3, ?4, ?5, ?6, '2026-01-01T00:00:00+00:00', ?7, ?7 = 'note', ?1,
            CASE ?4 WHEN '0067bb55' THEN '[{\"name\":\"walrusoil.pdf\"}]' END, NULL)",
        rusqlite::params![number, conversation, author.0, author.1, author.2, body, part],
    )
    .expect("inserts");
    index_anew(db, number).expect("indexes");
    db.execute(
        "UPDATE conversations SET message_count = message_count + 1 WHERE id = 'c' || ?1",
        [conversation],
    )
    .expect("counts");
}

impl Home {
    /// Jane alone in conversation 1, with Bob in conversation 2, spoken of in Bob's conversation 3.
    fn with_jane() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.db");
        let home = Self { _folder: folder, path };
        let mut store = home.open();
        store
            .write(|db| {
                db.execute_batch(
                    "INSERT INTO contacts (id, role, name, email, phone, external_id, company_id, company_name, city, country, browser, custom_attributes)
                     VALUES ('0067bb55', 'user', 'Jane Q. Doe', 'Jane.Doe@example.com', '+44 20 7946 0958', 'jq-external-77', 'k1', 'Quagmire Ltd', 'Fjordland', 'Lynxland', 'xylophone 3', '{\"pet\":\"ocelot.example\",\"caracal\":1}'),
                            ('00aaaa', 'user', 'Bob Roe', 'bob@example.org', NULL, NULL, 'k2', 'Roe & Co', NULL, NULL, NULL, NULL),
                            ('00namesake', 'lead', 'Sam Poe', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
                     INSERT INTO contacts (id, merged_into, name) VALUES ('0067old0', '0067bb55', 'jane wyvern');
                     INSERT INTO companies (id, name, website, custom_attributes) VALUES ('k1', 'Quagmire Ltd', 'https://quagmire.test', '{\"a\":\"kumquat\"}'),
                            ('k2', 'Roe & Co', 'https://roe.test', '{\"contact\":\"Jane Q. Doe\"}');
                     INSERT INTO tags (id, name, listed) VALUES ('t1', 'zeppelin', FALSE), ('t2', 'friends of jane q doe', TRUE), ('t3', 'billing', TRUE);
                     INSERT INTO admins (id, name, email) VALUES ('9', 'Ann Admin', 'ann@us.test');
                     INSERT INTO conversations (number, id, created_at, updated_at, customer_email, customer_name, contact_id, company_id, company_name, title, tags, rating_remark, custom_attributes, source_url, ai_source_title, ai_rating_remark, channel, thread_complete)
                     VALUES (1, 'c1', '2026-01-01T00:00:00+00:00', '2026-01-02T00:00:00+00:00', 'jane.doe@example.com', 'Jane Q. Doe', '0067bb55', 'k1', 'Quagmire Ltd', 'My obsidian', '[\"zeppelin\"]', 'plankton', '{\"x\":\"quicksilver\"}', 'https://shop.test/rhubarb', 'saxophone', 'turmeric', 'email', TRUE),
                            (2, 'c2', '2026-01-01T00:00:00+00:00', '2026-01-02T00:00:00+00:00', 'jane.doe@example.com', 'Jane Q. Doe', '0067bb55', 'k1', 'Quagmire Ltd', 'ukulele lesson', '[]', 'vermilion', NULL, 'https://shop.test/?who=jane.doe%40example.com', NULL, NULL, 'email', TRUE),
                            (3, 'c3', '2026-01-01T00:00:00+00:00', '2026-01-02T00:00:00+00:00', 'bob@example.org', 'Bob Roe', '00aaaa', 'k2', 'Roe & Co', 'About Jane Q. Doe', '[\"friends of jane q doe\"]', NULL, '{\"ask\":\"jane.doe@example.com\"}', NULL, NULL, NULL, 'email', TRUE);
                     INSERT INTO conversation_contacts (conversation_id, contact_id) VALUES ('c1', '0067bb55'), ('c2', '0067bb55'), ('c2', '00aaaa'), ('c3', '00aaaa'), ('c3', '00namesake');
                     INSERT INTO conversations (number, id, created_at, updated_at, customer_email, customer_name, contact_id)
                     VALUES (4, 'c4', '2026-01-01T00:00:00+00:00', '2026-01-02T00:00:00+00:00', 'jane.doe@example.com', 'Jane Q. Doe', '00aaaa');
                     INSERT INTO conversation_contacts (conversation_id, contact_id) VALUES ('c4', '00aaaa'), ('c4', '0067bb55');
                     INSERT INTO conversation_tags (tag_id, conversation_id) VALUES ('t1', 'c1'), ('t2', 'c3'), ('t3', 'c1');
                     INSERT INTO event_kinds (number, name) VALUES (1, 'assignment');
                     INSERT INTO conversation_events (conversation, id, kind, created_seconds, author_type, author_id, author_name, details)
                     VALUES (1, 1, 1, 1, 'user', '0067bb55', 'Jane Q. Doe', '{\"v\":\"yellowfin\"}'), (2, 2, 1, 1, 'user', '0067bb55', 'Jane Q. Doe', '{\"v\":\"yellowfin\"}'),
                            (3, 3, 1, 1, 'admin', '9', NULL, '{\"to\":\"Jane Q. Doe\"}');
                     INSERT INTO content_sources (number, kind, title, url, locale) VALUES (1, 'page', 'nightjar', '', ''), (2, 'page', 'How to pay', 'https://help.test/?u=jane.doe@example.com', '');
                     INSERT INTO conversation_content_sources (source, conversation) VALUES (1, 1), (2, 3);
                     INSERT INTO conversation_links (conversation, kind, id) VALUES (1, 'ticket', 'pangolin');
                     INSERT INTO hydration_queue (conversation_id, updated_at, last_error) VALUES ('c1', 5, 'pangolin');
                     INSERT INTO sync_notes (topic, note, noted_at) VALUES ('x', 'Jane Q. Doe could not be read', '');
                     INSERT INTO articles (id) VALUES ('a1');
                     INSERT INTO article_texts (article_id, position, title, body, state) VALUES ('a1', 0, 'Pets', '<p>as Jane Q. Doe has one</p>', 'published');
                     CREATE TABLE messages_original (id TEXT, conversation_id TEXT, body TEXT);
                     INSERT INTO messages_original VALUES ('1', 'c1', 'quagmire'), ('2', 'c3', 'hello'), ('3', 'c3', 'from jane.doe@example.com');",
                )?;
                articles::index_all(db)?;
                db.execute_batch(
                    "INSERT INTO tickets (number, id, category, title, description, attributes, created_at, updated_at)
                     VALUES (1, 't1', 'Customer', 'A zeppelin', '<p>quagmire</p>', '{\"x\":\"obsidian\"}', '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00'),
                            (2, 't2', 'Customer', 'ukulele', '<p>vermilion</p>', '{\"x\":\"turmeric\"}', '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00'),
                            (3, 't3', 'Customer', 'parrot', NULL, NULL, '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00'),
                            (4, 't4', 'Back-office', 'For Jane and Bob', '<p>parrots, says jane.doe@example.com</p>', '{\"for\":\"Jane Q. Doe\"}', '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00');
                     INSERT INTO ticket_contacts (ticket, contact_id) VALUES (1, '0067bb55'), (2, '0067bb55'), (2, '00aaaa'), (3, '00aaaa'), (4, '0067bb55'), (4, '00aaaa');
                     INSERT INTO ticket_links (ticket, kind, id) VALUES (1, 'conversation', 'pangolin');
                     INSERT INTO ticket_parts (ticket, position, id, part_type, created_at, author_type, author_id, author_name, body, attachments, details)
                     VALUES (1, 0, 'p1', 'note', '2026-01-01T00:00:00+00:00', 'admin', '9', NULL, '<p>kumquat</p>', NULL, NULL),
                            (2, 0, 'p2', 'comment', '2026-01-01T00:00:00+00:00', 'user', '0067bb55', 'Jane Q. Doe', '<p>wyvern</p>', '[{\"name\":\"walrusoil.pdf\"}]', '{\"a\":\"yellowfin\"}'),
                            (2, 1, 'p3', 'note', '2026-01-01T00:00:00+00:00', 'admin', '9', NULL, '<p>Call Jane at 020 7946 0958</p>', NULL, NULL),
                            (2, 2, 'p4', 'attribute', '2026-01-01T00:00:00+00:00', 'admin', '9', NULL, NULL, NULL, '{\"value\":\"Jane Q. Doe\"}');",
                )?;
                crate::store::tickets::index_all(db)?;
                let jane = ("user", "0067bb55", "Jane Q. Doe");
                let bob = ("user", "00aaaa", "Bob Roe");
                let ann = ("admin", "9", "Ann Admin");
                message(db, 10, 1, jane, "initial", "<p>my xylophone is wyvern</p>");
                message(db, 11, 1, ann, "note", "<p>quagmire, she says</p>");
                message(db, 20, 2, jane, "initial", "<p>fjordland kumquat</p>");
                message(db, 21, 2, ann, "comment", "<p>Hi Jane, and hi Bob</p>");
                message(db, 22, 2, bob, "comment", "<p>bob has a parrot</p>");
                message(db, 30, 3, bob, "initial", "<p>Jane&nbsp;Q. <b>Doe</b> &lt;<a href=\"mailto:jane.doe@example.com\">mail</a>&gt; calls from 020 7946 0958</p>");
                message(db, 31, 3, ann, "note", "<p>JANE Q DOE is a friend, parrot</p>");
                raw_answers::write(db, 1, &Deflated::of(b"{\"a\":\"quagmire\"}"))?;
                raw_answers::write(db, 2, &Deflated::of(b"{\"a\":\"quagmire\"}"))?;
                raw_answers::write(db, 3, &Deflated::of(b"{\"a\":\"\\nJane Q. Doe\"}"))?;
                Ok(())
            })
            .expect("fills");
        // What was there before and was overwritten: gaps in pages, and samples of the indexes.
        for _ in 0..2 {
            store
                .write(|tx| {
                    tx.execute_batch(
                        "UPDATE conversations SET title = title || ' quicksilver' WHERE id = 'c3'",
                    )?;
                    Ok(tx.execute_batch(
                        "UPDATE conversations SET title = 'About Jane Q. Doe' WHERE id = 'c3'",
                    )?)
                })
                .expect("changes");
        }
        index_anew(store.connection(), 30).expect("indexes");
        store.connection().execute_batch("ANALYZE").expect("analyses");
        people::labels::keep(store.connection()).expect("keeps names");
        while crate::store::statistics::keep_days(store.connection(), 9).expect("keeps figures") {}
        home
    }

    fn open(&self) -> Store {
        Store::open(&self.path, OpenMode::ReadWrite).expect("opens")
    }

    /// Erases, and puts the new file in the old one's place, as the host does.
    fn erase(&self, who: &str) -> Value {
        let (receipt, _) = self.open().erase(who, false, "new.db", NOW).expect("erases");
        fs::rename(self.path.with_file_name("new.db"), &self.path).expect("renames");
        receipt
    }
}

fn words_in_index(connection: &Connection) -> Vec<String> {
    connection
        .execute_batch("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'messages_fts', 'row')")
        .expect("a vocabulary");
    let mut statement = connection.prepare("SELECT term FROM temp.words").expect("prepares");
    let mut words: Vec<String> =
        statement.query_map([], |row| row.get(0)).expect("reads").collect::<Result<_, _>>().expect("reads");
    let of_articles = connection
        .prepare("SELECT 'jane' FROM articles_fts WHERE articles_fts MATCH 'jane'")
        .expect("prepares")
        .exists([])
        .expect("reads");
    words.extend(of_articles.then(|| "jane".to_owned()));
    drop(statement);
    connection
        .execute_batch("CREATE VIRTUAL TABLE temp.of_tickets USING fts5vocab('main', 'tickets_fts', 'row')")
        .expect("a vocabulary");
    let mut statement = connection.prepare("SELECT term FROM temp.of_tickets").expect("prepares");
    let of_tickets = statement.query_map([], |row| row.get::<_, String>(0)).expect("reads");
    words.extend(of_tickets.map(|word| word.expect("reads")));
    words
}

/// All places where a planted string is left: in the bytes, or in the words of the index.
fn left(path: &Path) -> Vec<String> {
    let bytes = fs::read(path).expect("reads");
    let bytes = String::from_utf8_lossy(&bytes).to_lowercase();
    let mut left: Vec<String> = PLANTED
        .iter()
        .filter(|text| bytes.contains(&text.to_lowercase()))
        .map(|text| (*text).to_owned())
        .collect();
    let store = Store::open(path, OpenMode::ReadWrite).expect("opens");
    for word in words_in_index(store.connection()) {
        if PLANTED.iter().any(|text| crate::text::folding::words(text).contains(&word))
            // "Q" of her name stands in others' texts as a letter.
            || ["jane", "doe"].contains(&word.as_str())
        {
            left.push(format!("word {word}"));
        }
    }
    left
}

#[test]
fn nothing_of_a_person_is_left_and_others_are_as_they_were() {
    for who in ["JANE.DOE@example.com", "0067bb55", "0067old0", "jq-external-77"] {
        let home = Home::with_jane();
        assert!(left(&home.path).len() > PLANTED.len(), "{:?}", left(&home.path));
        let receipt = home.erase(who);
        assert_eq!(left(&home.path), Vec::<String>::new(), "{who}: {receipt:#}");
        let found = &receipt["looked_again"]["found"];
        assert_eq!(found, &json!({"contacts": 0, "texts": 0, "in_index": 0, "in_bytes": 0}), "{who}");
        assert_eq!(receipt["looked_again"]["free_pages"], 0);
        assert_eq!(receipt["removed"]["conversations"], 1);
        assert_eq!(receipt["shared_conversations"], 2);
        assert_eq!((&receipt["removed"]["tickets"], &receipt["shared_tickets"]), (&json!(1), &json!(2)));

        let mut store = home.open();
        let report = store.check().expect("checks");
        assert_eq!(report["ok"], true, "{report:#}");
        // Kept figures of a day may be one conversation's.
        let kept = "SELECT count(*) FROM day_figures WHERE day IN (SELECT day FROM stale_days)";
        let kept: i64 = store.connection().query_row(kept, [], |row| row.get(0)).expect("counts");
        let stale: i64 = store
            .connection()
            .query_row("SELECT count(*) FROM stale_days", [], |row| row.get(0))
            .expect("counts");
        assert!((kept, stale > 0) == (0, true), "{kept} of {stale}");
        let text =
            |sql: &str| store.connection().query_row(sql, [], |row| row.get::<_, String>(0)).expect(sql);
        assert_eq!(
            text("SELECT group_concat(body, '|') FROM (SELECT body FROM messages ORDER BY number)"),
            "<p>Hi [erased], and hi Bob</p>|<p>bob has a parrot</p>|\
             <p>[erased]&nbsp;[erased]. <b>[erased]</b> &lt;<a href=\"mailto:[erased]\">mail</a>&gt; calls from [erased]</p>|\
             <p>[erased] is a friend, parrot</p>"
        );
        assert_eq!(
            text(
                "SELECT contact_id || customer_name || customer_email || company_name FROM conversations WHERE id = 'c2'"
            ),
            "00aaaaBob Roebob@example.orgRoe & Co"
        );
        assert_eq!(
            text("SELECT contact_id || customer_name || customer_email FROM conversations WHERE id = 'c4'"),
            "00aaaaBob Roebob@example.org"
        );
        assert_eq!(
            text("SELECT title || tags || custom_attributes FROM conversations WHERE id = 'c3'"),
            "About [erased][\"friends of [erased]\"]{\"ask\":\"[erased]\"}"
        );
        assert_eq!(
            text("SELECT group_concat(id) FROM (SELECT id FROM contacts ORDER BY id)"),
            "00aaaa,00namesake"
        );
        assert_eq!(
            text("SELECT group_concat(name) FROM (SELECT name FROM tags ORDER BY id)"),
            "friends of [erased],billing"
        );
        assert_eq!(text("SELECT group_concat(body) FROM messages_original"), "hello");
        assert_eq!(text("SELECT count(*) || '' FROM messages_fts WHERE messages_fts MATCH 'parrot'"), "2");

        assert_eq!(
            text(
                "SELECT group_concat(coalesce(title, '') || coalesce(description, '') || coalesce(attributes, ''), '|') FROM (SELECT * FROM tickets ORDER BY number)"
            ),
            "|parrot|For [erased] and Bob<p>parrots, says [erased]</p>{\"for\":\"[erased]\"}"
        );
        assert_eq!(
            text(
                "SELECT group_concat(coalesce(body, details), '|') FROM (SELECT * FROM ticket_parts ORDER BY position)"
            ),
            "<p>Call [erased] at [erased]</p>|{\"value\":\"[erased]\"}"
        );
        assert_eq!(text("SELECT group_concat(contact_id) FROM ticket_contacts"), "00aaaa,00aaaa,00aaaa");

        let list = BlockList::read(store.connection()).expect("reads");
        assert!(list.bars(Some("0067bb55"), None, None) && list.bars_conversation("c1"));
        assert!(
            list.bars(None, Some("Jane.DOE@example.com"), None)
                && list.bars(None, None, Some("jq-external-77"))
        );
        assert!(!list.bars(Some("00aaaa"), Some("bob@example.org"), None) && !list.bars_conversation("c2"));
        assert!(list.mentions.are_in("to jane q. doe") && !list.mentions.are_in("to bob roe"));
    }
}

#[test]
fn a_dry_run_counts_and_changes_nothing() {
    let home = Home::with_jane();
    let before = fs::read(&home.path).expect("reads");
    let (dry, _) = home.open().erase("jane.doe@example.com", true, "new.db", NOW).expect("counts");
    assert!(fs::read(&home.path).expect("reads")[100..] == before[100..], "the file was changed");
    assert!(!home.path.with_file_name("new.db").exists());
    let mut receipt = home.erase("jane.doe@example.com");
    let mut dry = dry;
    for field in ["looked_again", "milliseconds"] {
        receipt.as_object_mut().expect("an object").remove(field);
        dry.as_object_mut().expect("an object").remove(field);
    }
    assert_eq!(dry, receipt);
    let again = home.erase("jane.doe@example.com");
    assert_eq!(
        (&again["removed"], &again["blanked"], &again["blocked"]),
        (&json!({}), &json!({}), &json!(0))
    );
}

/// Whatever is nobody stored: a word, a name, an id or an address of somebody else's program.
#[test]
fn who_is_not_stored_is_refused_and_nothing_is_changed() {
    let home = Home::with_jane();
    let before = fs::read(&home.path).expect("reads");
    for who in [
        "",
        " ",
        "parrot",
        "customer",
        "subscription",
        "Roe & Co",
        "Jane Q. Doe",
        "Bob Roe",
        "6762",
        "user-99999",
        "contact_5f00aa11bb22",
        "@",
        "bob@",
        "@example.org",
        "says bob@example.org",
        "new@example.net",
        // A part of another address.
        "doe@example.com",
    ] {
        for dry_run in [true, false] {
            let (receipt, _) = home.open().erase(who, dry_run, "new.db", NOW).expect("looks");
            assert_eq!(receipt, json!({"stored": false}), "{who}");
        }
        assert!(!home.path.with_file_name("new.db").exists(), "{who}");
    }
    assert!(fs::read(&home.path).expect("reads") == before, "the file was changed");
    assert!(BlockList::read(home.open().connection()).expect("reads").is_empty());
}

#[test]
fn an_address_that_only_stands_in_texts_is_erased_from_them() {
    let home = Home::with_jane();
    message(home.open().connection(), 9_000, 3, ("user", "00aaaa", "Bob"), "comment", "ask kim@example.net");
    let receipt = home.erase("Kim@example.net");
    assert_eq!(
        (&receipt["contacts_of_the_person"], &receipt["removed"], &receipt["blanked"]),
        (&json!(0), &json!({}), &json!({"messages": 1})),
        "{receipt}"
    );
    assert!(BlockList::read(home.open().connection()).expect("reads").bars(
        None,
        Some("kim@example.net"),
        None
    ));
}

#[test]
fn who_is_only_known_by_what_they_wrote_is_erased_by_their_id() {
    let home = Home::with_jane();
    let lead = ("lead", "77", "A lead");
    message(home.open().connection(), 9_000, 3, lead, "comment", "hello from nowhere");
    let receipt = home.erase("77");
    assert_eq!(receipt["contacts_of_the_person"], 1, "{receipt}");
    assert_eq!(receipt["removed"], json!({"messages": 1, "raw_answers": 1}), "{receipt}");
    // A teammate's id is no customer's.
    let (receipt, _) = home.open().erase("9", false, "new.db", NOW).expect("looks");
    assert_eq!(receipt, json!({"stored": false}));
}

#[test]
fn contacts_are_counted_as_they_are() {
    for (who, contacts) in [("jane.doe@example.com", 2), ("00aaaa", 1)] {
        let receipt = Home::with_jane().erase(who);
        assert_eq!(receipt["contacts_of_the_person"], contacts, "{who}: {receipt}");
    }
}

/// The rows are gone, and the file was not made anew: a full disk, or the end of the process.
#[test]
fn an_interrupted_erasure_is_told_until_the_file_is_made_anew() {
    for who in ["jane.doe@example.com", "0067bb55", "jq-external-77"] {
        let home = Home::with_jane();
        // A file of that name is in the way, as a full disk would be.
        let new = home.path.with_file_name("new.db");
        fs::write(&new, "").expect("writes");
        let error = home.open().erase(who, false, "new.db", NOW).expect_err("cannot write").to_string();
        assert!(error.contains("gone") && error.contains("again for the same person"), "{error}");
        assert!(!error.contains("Nothing stored before is lost"), "{error}");
        let marked = |home: &Home| {
            let report = home.open().check().expect("checks");
            assert_eq!(report["ok"], true, "{report:#}");
            report["unfinished_erasure"].clone()
        };
        assert_eq!(marked(&home), true);
        let value: String = home
            .open()
            .connection()
            .query_row("SELECT group_concat(key || value) FROM meta WHERE key LIKE 'unfin%'", [], |row| {
                row.get(0)
            })
            .expect("reads");
        assert_eq!(value, "unfinished_erasure1", "it names nobody");

        fs::remove_file(&new).expect("removes");
        let receipt = home.erase(who);
        assert_eq!(receipt["contacts_of_the_person"], 0, "{receipt}");
        assert_eq!(receipt["looked_again"]["free_pages"], 0, "{receipt}");
        assert_eq!(marked(&home), false);
        assert_eq!(left(&home.path), Vec::<String>::new(), "{who}");
    }
}

#[test]
fn a_full_disk_is_told_by_what_has_happened_already() {
    let full = || StoreError::CannotWrite("no space left".to_owned());
    let (before, after) =
        (unfinished::not_begun(full()).to_string(), unfinished::not_ended(full()).to_string());
    assert!(before.contains("Nobody was erased"), "{before}");
    assert!(after.contains("may still have their bytes (no space left"), "{after}");
    assert!(!after.contains("the next sync goes on"), "{after}");
}

/// A contact that is gone takes nothing with it that another one has, too.
#[test]
fn a_contact_that_is_gone_leaves_others_of_the_same_address() {
    let home = Home::with_jane();
    let mut store = home.open();
    store
        .write(|tx| {
            Ok(tx.execute_batch(
                "INSERT INTO contacts (id, name, email) VALUES ('00lead', 'Jane Q. Doe', 'jane.doe@example.com');
                 INSERT INTO conversation_contacts (conversation_id, contact_id) VALUES ('c2', '00lead');",
            )?)
        })
        .expect("adds");
    store.erase_gone(&[ContactId("0067bb55".to_owned())], NOW, &|| false).expect("erases");
    let text = |sql: &str| store.connection().query_row(sql, [], |row| row.get::<_, String>(0)).expect(sql);
    assert_eq!(
        text("SELECT group_concat(id) FROM (SELECT id FROM contacts ORDER BY id)"),
        "00aaaa,00lead,00namesake"
    );
    assert_eq!(text("SELECT title FROM conversations WHERE id = 'c3'"), "About Jane Q. Doe");
    let list = BlockList::read(store.connection()).expect("reads");
    assert!(
        list.bars(Some("0067bb55"), None, None)
            && !list.bars(Some("00lead"), Some("jane.doe@example.com"), None)
    );
}

/// What is a part of something longer stays, and is no failure.
#[test]
fn a_longer_address_that_ends_in_an_erased_one_is_told_apart() {
    let home = Home::with_jane();
    let longer = "maryjane.doe@example.com";
    message(home.open().connection(), 9_000, 3, ("user", "00aaaa", "Bob"), "comment", longer);
    let receipt = home.erase("jane.doe@example.com");
    let again = &receipt["looked_again"];
    assert_eq!(again["found"]["in_bytes"], json!(0), "{receipt}");
    assert!(again["in_longer_words"].as_u64().is_some_and(|places| places > 0), "{receipt}");
    let left: String = home
        .open()
        .connection()
        .query_row("SELECT body FROM messages WHERE number = 9000", [], |row| row.get(0))
        .expect("is there");
    assert_eq!(left, longer);
}
