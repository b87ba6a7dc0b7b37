//! Answers whose shapes only older versions have, from the wire to the rows.

use serde_json::{Value, json};

use super::script::{Cache, Script, answer, day};

/// Syncs one conversation, whose list row and thread have that shape.
fn synced(version: &str, shape: &Value) -> Cache {
    let (at, _) = day();
    let mut row = json!({"type": "conversation", "id": "1", "created_at": at + 10, "updated_at": at + 600});
    for (name, value) in shape.as_object().expect("an object") {
        row[name] = value.clone();
    }
    let mut listed = row.clone();
    listed.as_object_mut().expect("an object").remove("conversation_parts");
    if row["conversation_parts"].is_null() {
        row["conversation_parts"] = json!({"conversation_parts": [], "total_count": 0});
    }
    let mut script = Script::of(0).answering(move |asked| {
        if asked.is_search() {
            return Some(answer(&json!({
                "type": "conversation.list", "conversations": [listed], "total_count": 1,
                "pages": {"type": "pages", "page": 1, "per_page": "150", "total_pages": 1, "next": null}
            })));
        }
        (asked.what == "GET /conversations/1").then(|| answer(&row))
    });
    let mut cache = Cache::new();
    version.clone_into(&mut cache.settings.api_version);
    let report = cache.sync(&mut script).unwrap_or_else(|error| panic!("{shape}: {error}"));
    assert_eq!((report.hydrated, report.waiting), (1, 0), "{shape}");
    assert_eq!(cache.covered(), Some(day()), "{shape}");
    cache
}

fn column(version: &str, shape: Value, column: &str) -> String {
    synced(version, &shape).text(&format!("SELECT CAST({column} AS TEXT) FROM conversations"))
}

#[test]
fn priorities_and_assignees_of_before_2_16() {
    for version in ["2.11", "2.14"] {
        assert_eq!(column(version, json!({"priority": "priority"}), "priority"), "high");
        assert_eq!(column(version, json!({"priority": "not_priority"}), "priority"), "none");
        assert_eq!(column(version, json!({"admin_assignee_id": null}), "admin_assignee_id"), "none");
        assert_eq!(column(version, json!({"admin_assignee_id": 814_860}), "admin_assignee_id"), "814860");
        assert_eq!(column(version, json!({"team_assignee_id": "5017691"}), "team_assignee_id"), "5017691");
    }
    assert_eq!(column("2.16", json!({"admin_assignee_id": 0}), "admin_assignee_id"), "none");
}

#[test]
fn outcomes_of_the_ai_in_both_vocabularies() {
    for (word, outcome) in [
        ("assumed_resolution", "resolved"),
        ("routed_to_team", "escalated"),
        ("abandoned", "abandoned"),
        ("procedure_handoff", "escalated"),
        ("a word of the future", "none"),
    ] {
        let shape =
            json!({"ai_agent_participated": true, "ai_agent": {"resolution_state": word, "rating": null}});
        assert_eq!(column("2.11", shape.clone(), "ai_outcome"), outcome, "{word}");
        assert_eq!(column("2.11", shape, "ai_resolution_state"), word);
    }
}

#[test]
fn ratings_in_each_shape() {
    let given = json!({"conversation_rating": {"rating": 4, "remark": "fine", "created_at": 1_795_000_000, "teammate": {"type": "admin", "id": 7}}});
    assert_eq!(column("2.11", given.clone(), "rating"), "4");
    assert_eq!(column("2.11", given, "rated_admin_id"), "7");
    let asked = json!({"conversation_rating": {"rating": null, "remark": null, "created_at": 1_795_000_000}});
    assert_eq!(column("2.11", asked, "rating"), "none", "asked for and not given");
    assert_eq!(column("2.14", json!({"conversation_rating": null}), "rating"), "none");
    let late = json!({"conversation_rating": {"rating": "5", "created_at": 1_795_000_000, "updated_at": 1_795_100_000}});
    assert_eq!(column("2.14", late.clone(), "rating"), "5");
    assert_eq!(column("2.14", late, "rated_at"), "2026-11-19T14:53:20+00:00", "when it was given");
}

/// Recorded live bodies lack or null what the description promises.
#[test]
fn nulls_and_numbers_where_the_description_has_others() {
    let bare = json!({
        "id": 1, "source": null, "statistics": null, "title": "", "custom_attributes": null, "tags": null,
        "contacts": null, "teammates": {"type": "admin.list", "admins": []}, "sla_applied": null,
        "first_contact_reply": {"created_at": 1_795_000_000, "type": "whatsapp", "url": null}
    });
    let cache = synced("2.11", &bare);
    assert_eq!(
        cache.text("SELECT id || ' ' || channel || ' ' || state FROM conversations"),
        "1 whatsapp open"
    );
    let counted =
        json!({"statistics": {"count_reopens": 2, "last_closed_by_id": 5, "time_to_first_close": null}});
    assert_eq!(column("2.14", counted, "reopen_count"), "2");
}

#[test]
fn parts_of_2_11_lack_what_later_versions_added() {
    let (at, _) = day();
    let shape = json!({
        "source": {"type": "email", "id": "1", "delivered_as": "customer_initiated", "subject": "<p>Help</p>", "body": "<p>First</p>",
            "author": {"type": "lead", "id": "l1", "name": null, "email": "a@example.com"}, "attachments": []},
        "conversation_parts": {"type": "conversation_part.list", "total_count": 3, "conversation_parts": [
            {"type": "conversation_part", "id": 11, "part_type": "comment", "body": "<p>Answer</p>", "created_at": at + 100,
             "author": {"type": "admin", "id": "7", "name": "Bob"}, "attachments": [], "external_id": null, "redacted": false},
            {"type": "conversation_part", "id": "12", "part_type": "assignment", "body": "<p>Over to you</p>", "created_at": at + 200,
             "assigned_to": {"type": "team", "id": 5}, "author": {"type": "admin", "id": "7", "name": "Bob"}, "redacted": false},
            {"type": "conversation_part", "id": "13", "part_type": "something_new", "body": null, "created_at": at + 300,
             "author": {"type": "bot", "id": "9", "name": "Operator"}}
        ]}
    });
    let cache = synced("2.11", &shape);
    assert_eq!(cache.count("SELECT count(*) FROM messages"), 3, "a reply may sit in an assignment");
    assert_eq!(
        cache.text("SELECT group_concat(id, ' ') FROM (SELECT id FROM messages ORDER BY number)"),
        "1_initial 11 12"
    );
    assert_eq!(
        cache.text("SELECT k.name FROM conversation_events e JOIN event_kinds k ON k.number = e.kind"),
        "something_new"
    );
    assert_eq!(cache.text("SELECT title FROM conversations"), "Help");
}
