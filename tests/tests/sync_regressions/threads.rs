//! What becomes of a conversation: its parts, its deletion, its fields in each version of the API.

use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule};
use fastintercom_tests::truth::assert_same;

use super::simulator;

/// #39463: three fifths of the conversations had fewer parts than they should, because parts were
/// filtered by their own times, and because the count of parts includes the first message.
#[test]
fn every_part_of_a_changed_conversation_is_there() {
    let simulator = simulator(Config::new().conversations(20).parts(30..=60));
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    simulator.advance(60);
    let id = simulator.workspace().conversation_at(3).expect("exists").id;
    simulator.workspace().contact_reply(id, "one more thing");
    simulator.advance(60);
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!(report.hydrated, 1);
    assert_same(&simulator, &cache.store());
}

/// More than 500 parts: the newest are returned, and those that fell off stay.
#[test]
fn parts_that_fall_off_stay_and_the_thread_is_marked() {
    let simulator = simulator(Config::new().conversations(2).parts(499..=499));
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    let id = simulator.workspace().conversation_at(0).expect("exists").id;
    let before = cache.count(&format!("SELECT count(*) FROM messages WHERE conversation_id = '{id}'"));
    simulator.advance(100);
    for word in ["one", "two", "three", "four"] {
        simulator.workspace().contact_reply(id, word);
        simulator.advance(1);
    }
    cache.sync(&simulator).expect("syncs");
    let after = cache.count(&format!("SELECT count(*) FROM messages WHERE conversation_id = '{id}'"));
    assert_eq!(after, before + 4);
    assert_eq!(
        cache.count(&format!("SELECT parts_truncated FROM conversations WHERE id = '{id}'")),
        i64::from(simulator.workspace().conversation(id).expect("exists").parts.len() > 500)
    );
    assert_same(&simulator, &cache.store());
}

/// `redacted` takes the text away everywhere, the index of words included.
#[test]
fn a_redacted_part_loses_its_text_everywhere() {
    let simulator = simulator(Config::new().conversations(3).plant(1, 1, "<p>zanzibarsecret</p>"));
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    let find = "SELECT count(*) FROM messages_fts WHERE messages_fts MATCH 'zanzibarsecret'";
    assert_eq!(cache.count(find), 1);
    simulator.advance(60);
    {
        let mut workspace = simulator.workspace();
        let conversation = workspace.conversation_at(1).expect("exists").clone();
        let part = conversation
            .parts
            .iter()
            .find(|part| part.body.as_deref().is_some_and(|body| body.contains("zanzibarsecret")))
            .expect("planted");
        assert!(workspace.redact_part(conversation.id, part.id));
    }
    simulator.advance(60);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(cache.count(find), 0);
    assert_eq!(cache.count("SELECT count(*) FROM messages WHERE body LIKE '%zanzibarsecret%'"), 0);
    assert_same(&simulator, &cache.store());
}

/// Estuary c6adba7: a conversation deleted between search and fetch killed the sync.
#[test]
fn a_404_becomes_a_tombstone_and_a_proxys_404_does_not() {
    let simulator = simulator(Config::new().conversations(30));
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    let (gone, alive) = {
        let mut workspace = simulator.workspace();
        let gone = workspace.conversation_at(1).expect("exists").id;
        let alive = workspace.conversation_at(2).expect("exists").id;
        workspace.contact_reply(alive, "still here");
        workspace.delete_conversation(gone);
        (gone, alive)
    };
    simulator.advance(5);
    simulator.add_fault(Rule::new(Fault::HtmlError { status: 404 }).on(Endpoint::Conversation));
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!((report.deleted, report.waiting), (1, 1));
    assert_eq!(cache.count(&format!("SELECT count(*) FROM conversations WHERE id = '{alive}'")), 1);
    assert_eq!(cache.count(&format!("SELECT count(*) FROM tombstones WHERE conversation_id = '{gone}'")), 1);
    simulator.clear_faults();
    simulator.advance(200);
    cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
}

/// Versions before 2.16 have no list of deletions: the sweep finds them.
#[test]
fn older_versions_learn_of_a_deletion_from_the_daily_sweep() {
    let simulator = simulator(Config::new().conversations(30));
    let cache = Cache::of(&simulator).version("2.14");
    cache.sync(&simulator).expect("syncs");
    let recent = simulator.workspace().add_conversation("soon gone");
    simulator.advance(30);
    cache.sync(&simulator).expect("syncs");
    simulator.workspace().delete_conversation(recent);
    simulator.advance(25 * 3600);
    cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
}

/// #13204 and tap-intercom 2.0.1: odd values in custom attributes and elsewhere failed the schema.
#[test]
fn every_version_is_understood() {
    for version in ["2.11", "2.12", "2.13", "2.14", "2.15", "2.16"] {
        let simulator = simulator(Config::new().conversations(60).text_per_page(true).null_next(true));
        let cache = Cache::of(&simulator).version(version);
        cache.sync(&simulator).expect(version);
        assert_same(&simulator, &cache.store());
        assert_eq!(
            cache.count(
                "SELECT count(*) FROM conversations
                 WHERE priority NOT IN ('none', 'low', 'medium', 'high', 'urgent')
                    OR state NOT IN ('open', 'closed', 'snoozed') OR admin_assignee_id = '0' OR team_assignee_id = '0'"
            ),
            0
        );
    }
}
