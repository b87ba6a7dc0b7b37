//! Wrong arguments of every tool: named, with what would be right, and nothing lost.

use fastintercom_tests::session::Session;
use serde_json::{Value, json};

use super::{database, small, synced};

/// Tool, arguments, and words that the error must have.
fn wrong() -> Vec<(&'static str, Value, &'static [&'static str])> {
    let search = "search_conversations";
    let get = "get_conversation";
    let coverage = "check_coverage";
    vec![
        (search, json!({"querry": "x"}), &["querry", "query"]),
        (search, json!({"query": {"a": 1}}), &["query", "text"]),
        (search, json!({"query": ["a"]}), &["query", "text"]),
        (search, json!({"query": true}), &["query", "text"]),
        (search, json!({"limit": 0}), &["limit", "1"]),
        (search, json!({"limit": -3}), &["limit", "1"]),
        (search, json!({"limit": 1.5}), &["limit", "whole number"]),
        (search, json!({"limit": "many"}), &["limit", "many"]),
        (search, json!({"timeframe": "soon"}), &["timeframe", "soon", "last week"]),
        (search, json!({"timeframe": 7}), &["timeframe", "last week"]),
        (search, json!({"timeframe_of": "birth"}), &["timeframe_of", "created"]),
        (search, json!({"created_after": "bogus"}), &["created_after", "2026-06-01"]),
        (search, json!({"created_before": "2026-02-30"}), &["created_before", "2026-02-30"]),
        (
            search,
            json!({"created_after": "2026-06-02", "created_before": "2026-06-01"}),
            &["created_after", "later"],
        ),
        (search, json!({"updated_after": {}}), &["updated_after"]),
        (search, json!({"updated_before": "x"}), &["updated_before"]),
        (search, json!({"customer_replied_after": "x"}), &["customer_replied_after"]),
        (search, json!({"customer_replied_before": "x"}), &["customer_replied_before"]),
        (search, json!({"customer_email": ["a@b.c"]}), &["customer_email", "text"]),
        (search, json!({"customer": {}}), &["customer", "text"]),
        (search, json!({"company": []}), &["company", "text"]),
        (search, json!({"state": "ajar"}), &["state", "open, closed, snoozed"]),
        (search, json!({"unanswered": "perhaps"}), &["unanswered", "true or false"]),
        (search, json!({"waiting_hours_min": "long"}), &["waiting_hours_min", "hours"]),
        (search, json!({"assignee": "Nobody Whatsoever"}), &["assignee", "Nobody Whatsoever"]),
        (search, json!({"team": "No Such Team"}), &["team", "No Such Team"]),
        (search, json!({"tags": ["no such tag"]}), &["tag", "no such tag"]),
        (search, json!({"tags_all": ["no such tag"]}), &["tags_all", "no such tag"]),
        (search, json!({"tags_none": {}}), &["tags_none"]),
        (search, json!({"channel": "pigeon"}), &["channel", "pigeon"]),
        (search, json!({"priority": "asap"}), &["priority", "urgent"]),
        (search, json!({"rating_min": 0}), &["rating_min", "1 to 5"]),
        (search, json!({"rating_max": 6}), &["rating_max", "1 to 5"]),
        (search, json!({"rating_min": 4, "rating_max": 2}), &["rating_min", "rating_max"]),
        (search, json!({"ai": "sentient"}), &["ai", "resolved"]),
        (search, json!({"has_attachment": "some"}), &["has_attachment", "true or false"]),
        (search, json!({"plan": "no such plan"}), &["plan", "no such plan"]),
        (search, json!({"country": "Atlantis"}), &["country", "Atlantis"]),
        (search, json!({"ai_rating_max": 9}), &["ai_rating_max", "1 to 5"]),
        (search, json!({"exclude": {}}), &["exclude", "text"]),
        (search, json!({"include_notes": "maybe"}), &["include_notes", "true or false"]),
        (search, json!({"sample": 100}), &["sample", "500 to 8000"]),
        (search, json!({"sample": 500, "sort": "newest"}), &["sort", "sample"]),
        (search, json!({"include_messages": 2}), &["include_messages", "true or false"]),
        (search, json!({"sort": "random"}), &["sort", "newest"]),
        (search, json!({"cursor": "AAAA"}), &["cursor"]),
        (search, json!({"verbosity": "poem"}), &["verbosity", "concise"]),
        (search, json!({"fields": ["idd"]}), &["fields", "id"]),
        (get, json!({}), &["`id` is missing"]),
        (get, json!({"id": ""}), &["`id` is missing"]),
        (get, json!({"id": null}), &["`id` is missing"]),
        (get, json!({"id": {}}), &["id", "text"]),
        (get, json!({"conversation": "1"}), &["no argument `conversation`", "include_notes"]),
        (get, json!({"conversation_id": "1", "id": "2"}), &["`id` is given twice"]),
        (get, json!({"id": "1", "limit": 0}), &["limit", "1 to 500"]),
        (get, json!({"id": "1", "limit": 501}), &["limit", "1 to 500"]),
        (get, json!({"id": "1", "start_from": "middle"}), &["start_from", "oldest"]),
        (get, json!({"id": "1", "around": {}}), &["around", "text"]),
        (get, json!({"id": "1", "include_notes": "no way"}), &["include_notes", "true or false"]),
        (get, json!({"id": "1", "include_events": "no way"}), &["include_events", "true or false"]),
        (get, json!({"id": "1", "cursor": "?"}), &["cursor"]),
        (coverage, json!({}), &["start_date", "end_date"]),
        (coverage, json!({"start_date": "2026-06-01"}), &["end_date"]),
        (coverage, json!({"start_date": "bogus", "end_date": "2026-06-30"}), &["start_date", "bogus"]),
        (
            coverage,
            json!({"start_date": "2026-06-01", "end_date": "2026-06-31"}),
            &["end_date", "2026-06-31"],
        ),
        (coverage, json!({"start_date": "2026-06-30", "end_date": "2026-06-01"}), &["start_date", "after"]),
        ("get_conversation_stats", json!({"group_by": "mood"}), &["group_by", "week"]),
        ("get_conversation_stats", json!({"compare": "perhaps"}), &["compare", "true or false"]),
        ("get_conversation_stats", json!({"timeframe": "soon"}), &["timeframe", "soon"]),
        ("get_conversation_stats", json!({"has_attachment": true}), &["has_attachment"]),
        ("find_knowledge_gaps", json!({"timeframe": "soon"}), &["timeframe", "soon", "last week"]),
        ("find_knowledge_gaps", json!({"created_after": "bogus"}), &["created_after", "2026-06-01"]),
        ("find_knowledge_gaps", json!({"created_before": {}}), &["created_before"]),
        ("find_knowledge_gaps", json!({"kind": "articles"}), &["kind", "failing_articles"]),
        ("find_knowledge_gaps", json!({"limit": 51}), &["limit", "1 to 50"]),
        ("find_knowledge_gaps", json!({"tag": "bug"}), &["no argument `tag`", "kind"]),
        ("search_articles", json!({"query": {}}), &["query", "text"]),
        ("search_articles", json!({"id": []}), &["id", "text"]),
        ("search_articles", json!({"id": "no such article"}), &["no such article", "search_articles"]),
        ("search_articles", json!({"id": "1", "query": "refund"}), &["`id`", "`query`"]),
        ("search_articles", json!({"locale": "de"}), &["`locale` needs `id`"]),
        ("search_articles", json!({"offset": 3}), &["`offset` needs `id`"]),
        ("search_articles", json!({"id": "1", "offset": -1}), &["offset", "0"]),
        ("search_articles", json!({"limit": 0}), &["limit", "1 to 50"]),
        ("search_articles", json!({"title": "refund"}), &["no argument `title`", "query"]),
        ("search_tickets", json!({"query": []}), &["query", "text"]),
        (
            "search_tickets",
            json!({"id": "no such ticket"}),
            &["no such ticket", "not in the cache", "no tickets"],
        ),
        ("search_tickets", json!({"id": "1", "open": true}), &["`id`", "`open`"]),
        ("search_tickets", json!({"state": "done"}), &["`state`", "waiting_on_customer"]),
        ("search_tickets", json!({"category": "Bug"}), &["`category`", "tracker"]),
        ("search_tickets", json!({"type": "Nonsense"}), &["`type`", "Nonsense"]),
        ("search_tickets", json!({"group_by": "colour"}), &["group_by", "state"]),
        ("search_tickets", json!({"timeframe": "whenever"}), &["`timeframe`", "last 7 days"]),
        ("search_tickets", json!({"limit": 101}), &["limit", "1 to 100"]),
        ("search_tickets", json!({"cursor": "x"}), &["`cursor`"]),
        ("get_customer", json!({}), &["customer"]),
        ("get_customer", json!({"customer": {}}), &["customer", "text"]),
        ("list_filters", json!({"kind": "moods"}), &["kind", "tags"]),
        ("list_filters", json!({"contains": []}), &["contains", "text"]),
        ("query_database", json!({}), &["sql"]),
        ("query_database", json!({"sql": "DROP TABLE messages"}), &["SELECT"]),
        ("query_database", json!({"sql": "SELECT 1", "limit": 0}), &["limit", "1 to 500"]),
        ("get_data_info", json!({"verbose": true}), &["verbose", "none"]),
        ("get_sync_status", json!({"verbose": true}), &["verbose", "none"]),
        ("get_server_status", json!({"verbose": true}), &["verbose", "none"]),
        ("force_sync", json!({"days": 3}), &["days", "none"]),
        ("sync_conversations", json!({"force": "perhaps"}), &["force", "true or false"]),
        ("sync_conversations", json!({"days": 3}), &["days", "force"]),
    ]
}

/// The field that a failed call of the tool sets to false.
fn own_boolean(tool: &str) -> Option<&'static str> {
    match tool {
        "get_data_info" => Some("has_data"),
        "check_coverage" => Some("has_coverage"),
        "get_sync_status" => Some("is_syncing"),
        "force_sync" | "sync_conversations" => Some("success"),
        _ => None,
    }
}

#[test]
fn every_wrong_argument_is_named_with_what_would_be_right() {
    let simulator = small();
    let session = synced(&simulator);
    for (tool, arguments, words) in wrong() {
        let answer = session.call_tool(tool, arguments.clone());
        if let Some(field) = own_boolean(tool) {
            assert_eq!(answer.structured[field], false, "{tool} {arguments}: {}", answer.structured);
        }
        let sentence = answer.failed();
        for word in words {
            assert!(sentence.contains(word), "{tool} {arguments}: {word} is not in: {sentence}");
        }
        assert!(sentence.len() < 1_500, "{tool} {arguments}: {} bytes", sentence.len());
    }
    let info = session.call_tool("get_data_info", json!({})).succeeded();
    assert_eq!(info["total_conversations"], 30, "nothing is lost");
    assert_eq!(database(session.scratch()).number("SELECT count(*) FROM sync_metadata"), 1);
}

fn matches(session: &Session, query: &str) {
    session.call_tool("search_conversations", json!({"query": query})).succeeded();
}

/// A query is anything that somebody types.
#[test]
fn no_query_is_an_error() {
    let session = synced(&small());
    for query in [
        "\"",
        "\"\"",
        "'",
        "*",
        "**",
        "(",
        ")",
        "((",
        "a OR",
        "OR",
        "AND AND",
        "NOT",
        "-",
        "--",
        "-a",
        "NEAR(",
        "NEAR(a b",
        "a^b",
        "a:b",
        "body:x",
        "{a b}: c",
        "+",
        "\\",
        "%",
        "_",
        ";",
        "'; DROP TABLE messages; --",
        "\u{0}",
        "\u{feff}",
        "é\u{301}",
        "返金",
        "שלום",
        "👩‍👩‍👧",
        "สวัสดี",
        "a\nb",
        "1e309",
        "[]",
        "null",
    ] {
        matches(&session, query);
    }
    matches(&session, &"word ".repeat(5_000));
    matches(&session, &"(".repeat(5_000));
    matches(&session, &"\"a\" OR ".repeat(2_000));
    let info = session.call_tool("get_data_info", json!({})).succeeded();
    assert_eq!(info["total_conversations"], 30);
}
