//! Odd threads: ids that fit no address, no list of parts, one part in two conversations.

use serde_json::json;

use super::script::{Cache, Script, answer, day};

/// The sandbox lets no such id into an address; it refused, and the whole sync failed.
#[test]
fn an_id_that_fits_no_address_costs_one_thread_and_not_the_sync() {
    for odd in ["12/../me", "..", "a?b", "x y"] {
        let mut script = Script::of(20);
        script.conversations[9].0 = odd.to_owned();
        let mut cache = Cache::new();
        let report = cache.sync(&mut script).expect("syncs");
        assert_eq!((report.hydrated, report.waiting), (19, 1), "{odd}");
        assert_eq!(
            script.asked.iter().filter(|asked| asked.what.starts_with("GET /conversations/")).count(),
            19
        );
        assert_eq!(cache.count("SELECT count(*) FROM conversations WHERE NOT thread_complete"), 1, "{odd}");
        assert!(cache.text("SELECT last_error FROM hydration_queue").contains("no address"), "{odd}");
    }
}

/// A thread without a list of parts: its first message is there, whatever else is missing.
#[test]
fn a_thread_without_a_list_of_parts_keeps_its_messages_and_is_not_called_whole() {
    let whole = |parts: serde_json::Value| {
        let at = day().0 + 500;
        json!({"id": "1", "created_at": at, "updated_at": at, "conversation_parts": parts, "source": {
            "type": "email", "body": "<p>Hello pineapple</p>", "author": {"type": "user", "id": "c1", "name": "Ann"}}})
    };
    for parts in [json!(null), json!({}), json!({"conversation_parts": null, "total_count": 0})] {
        let mut cache = Cache::new();
        let mut script = Script::of(1)
            .answering(|asked| (asked.what == "GET /conversations/1").then(|| answer(&whole(parts.clone()))));
        script.conversations[0].1 = day().0 + 500;
        let report = cache.sync(&mut script).expect("syncs");
        assert_eq!((report.hydrated, report.waiting), (0, 1), "{parts}");
        assert_eq!(cache.text("SELECT body FROM messages"), "<p>Hello pineapple</p>", "{parts}");
        assert_eq!(cache.count("SELECT count(*) FROM conversations WHERE thread_complete"), 0, "{parts}");
        let reply = json!({"conversation_parts": [{"id": "p1", "part_type": "comment", "created_at": day().0 + 600,
            "body": "<p>Reply</p>", "author": {"type": "admin", "id": "9"}}], "total_count": 1});
        let mut script = Script::of(1)
            .later(3600)
            .answering(|asked| (asked.what == "GET /conversations/1").then(|| answer(&whole(reply.clone()))));
        script.conversations[0].1 = day().0 + 500;
        assert_eq!(cache.sync(&mut script).expect("syncs").waiting, 0);
        assert_eq!(
            cache.count("SELECT message_count FROM conversations WHERE thread_complete"),
            2,
            "{parts}"
        );
    }
}

/// The message belonged to whichever conversation was read last.
#[test]
fn one_part_in_two_conversations_stays_in_both() {
    let thread = |id: &str| {
        let at = day().0 + 500;
        json!({"id": id, "created_at": at, "updated_at": at, "conversation_parts": {"total_count": 1,
            "conversation_parts": [{"id": "shared", "part_type": "comment", "created_at": at, "body": format!("in {id}"),
                "author": {"type": "admin", "id": "9"}}]}})
    };
    let mut cache = Cache::new();
    for run in 0..2 {
        let mut script = Script::of(2)
            .later(run * 24 * 3600)
            .answering(|asked| asked.what.strip_prefix("GET /conversations/").map(|id| answer(&thread(id))));
        for conversation in &mut script.conversations {
            conversation.1 = day().0 + 500;
        }
        cache.sync(&mut script).expect("syncs");
        // Again, as it were changed.
        cache
            .store
            .connection()
            .execute_batch("UPDATE conversations SET thread_complete = FALSE")
            .expect("writes");
        assert_eq!(cache.count("SELECT count(*) FROM messages"), 2);
        assert_eq!(cache.text("SELECT body FROM messages WHERE conversation_id = '1'"), "in 1");
        assert_eq!(cache.text("SELECT body FROM messages WHERE conversation_id = '2'"), "in 2");
        assert_eq!(cache.count("SELECT sum(message_count) FROM conversations"), 2);
    }
}

/// An entry without an id is counted and cannot be fetched: what it stands for is lost, and the day
/// must not be called complete.
#[test]
fn an_entry_without_an_id_keeps_its_time_out_of_the_coverage() {
    let model = Script::of(20);
    let mut script = Script::of(20).answering(|asked| {
        asked.is_search().then(|| {
            let mut page = model.page(asked);
            for row in page["conversations"].as_array_mut().expect("rows") {
                if row["id"] == "7" {
                    row["id"] = json!(null);
                }
            }
            answer(&page)
        })
    });
    let mut cache = Cache::new();
    let report = cache.sync(&mut script).expect("syncs");
    assert_eq!(report.hydrated, 19);
    let at = model.conversations[6].1;
    assert_eq!(cache.count(&format!("SELECT count(*) FROM coverage WHERE {at} BETWEEN low AND high")), 0);
    assert!(report.notes.iter().any(|note| note.contains("counts 1 more")), "{:?}", report.notes);
}
