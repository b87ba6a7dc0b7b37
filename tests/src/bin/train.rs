//! What SQLite does all day, for a profile of its C code (`just profile`): a workspace is written,
//! and asked. Neither its messages nor its questions are the benchmark's.

#[path = "bench/native.rs"]
mod native;

use fastintercom_tests::filled;
use serde_json::{Value, json};

use native::Native;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Conversations, and how many times as long as the benchmark's their messages are.
const CONVERSATIONS: usize = 3_000;
const TIMES: usize = 3;
/// How often each question is asked.
const ROUNDS: usize = 12;

fn questions() -> Vec<(&'static str, Value)> {
    let mut questions = Vec::new();
    for query in [
        "delivery",
        "card declined",
        "cancel my plan",
        "\"on the invoice\"",
        "addr*",
        "login code email",
        "where is the parcel that was sent last week",
        "qqqzzz",
        "shiping adress",
        "team OR report OR today",
    ] {
        questions.push(("search_conversations", json!({"query": query})));
        questions.push((
            "search_conversations",
            json!({"query": query, "state": "open", "timeframe": "last 90 days"}),
        ));
    }
    for filter in [
        json!({"state": "snoozed"}),
        json!({"timeframe": "last 14 days"}),
        json!({"timeframe": "last 300 days", "limit": 40}),
        json!({"sort": "longest_waiting"}),
        json!({"tags": "untagged", "sort": "recently_updated"}),
    ] {
        questions.push(("search_conversations", filter));
    }
    for group in ["team", "assignee", "tag", "day", "channel"] {
        questions.push(("get_conversation_stats", json!({"timeframe": "last 200 days", "group_by": group})));
    }
    for sql in [
        "SELECT team, count(*) FROM v_conversations GROUP BY 1 ORDER BY 2 DESC",
        "SELECT date(created_at), count(*) FROM v_conversations GROUP BY 1",
        "SELECT conversation_id, title FROM v_conversations WHERE state = 'closed' ORDER BY updated_at DESC LIMIT 100",
        "SELECT author_type, count(*), avg(length(body)) FROM v_messages GROUP BY 1",
    ] {
        questions.push(("query_database", json!({"sql": sql})));
    }
    for tool in ["list_filters", "get_data_info", "get_sync_status", "get_server_status"] {
        questions.push((tool, json!({})));
    }
    questions
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("data.db");
    filled::fill_longer(&path, CONVERSATIONS, TIMES)?;
    let mut native = Native::open(&path)?;
    let found: Value =
        serde_json::from_str(&native.call("search_conversations", r#"{"limit": 50, "fields": ["id"]}"#)?)?;
    let rows = found["conversations"].as_array().ok_or("no conversations")?;
    let threads: Vec<Value> = rows.iter().map(|row| json!({"id": row["id"]})).collect();
    let questions = questions();
    for _ in 0..ROUNDS {
        for (tool, arguments) in &questions {
            native
                .call(tool, &arguments.to_string())
                .map_err(|error| format!("{tool} {arguments}: {error}"))?;
        }
        for arguments in &threads {
            native.call("get_conversation", &arguments.to_string())?;
        }
    }
    Ok(())
}
