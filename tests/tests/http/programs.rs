//! What the first client of this server asks for, `ask-intercom`: its three ways to call, rebuilt
//! from their public interface (github.com/evolsb/ask-intercom, `src/mcp`). It reads what it gets
//! as all there is, so nothing may be missing from it unsaid.

use std::collections::BTreeMap;

use fastintercom_guest::time::{DAY, UnixSeconds};
use fastintercom_tests::command::Cli;
use fastintercom_tests::server::Server;
use fastintercom_tests::session::Session;
use fastintercom_tests::simulator::{Config, MAX_PARTS, Simulator};
use fastintercom_tests::web::Web;
use serde_json::{Value, json};

use super::{open, simulate};

const DAYS: i64 = 30;

/// Some 750 conversations in the last thirty days, and older ones.
fn busy() -> (Simulator, Session, Web) {
    let simulator = simulate(Config::new().conversations(1_000).days(40));
    let (session, web) = open(Server::new(&simulator).env("FASTINTERCOM_INITIAL_SYNC_DAYS", "0"));
    session.wait_until_synced();
    (simulator, session, web)
}

/// Ids of the conversations of those instants, with how many messages a customer may see of each.
fn truth(simulator: &Simulator, from: i64, to: i64) -> BTreeMap<String, usize> {
    let workspace = simulator.workspace();
    let created = workspace.conversations().filter(|one| (from..=to).contains(&one.created_at));
    let messages = |one: &fastintercom_tests::simulator::Conversation| {
        // Of a thread of more than 500 parts Intercom returns the newest.
        let shown = &one.parts[one.parts.len().saturating_sub(MAX_PARTS)..];
        let said = shown.iter().filter(|part| {
            let is_message = part.body.is_some() || !part.attachments.is_empty() || part.redacted;
            is_message && !part.part_type.starts_with("note")
        });
        said.count() + usize::from(one.source.is_some())
    };
    created.map(|one| (one.id.to_string(), messages(one))).collect()
}

fn found(answer: &Value) -> BTreeMap<String, usize> {
    let rows = answer["conversations"].as_array().expect("conversations");
    let row = |row: &Value| {
        let messages = row["messages"].as_array().expect("messages");
        for message in messages {
            for field in ["id", "author_type", "body", "created_at"] {
                assert!(message[field].is_string(), "{field}: {message}");
            }
        }
        assert!(row["tags"].is_array() && row.get("customer_email").is_some(), "{row}");
        (row["id"].as_str().expect("an id").to_owned(), messages.len())
    };
    rows.iter().map(row).collect()
}

/// `HTTPMCPBackend` behind `UniversalMCPAdapter`: a ping, the search with its limit and two
/// instants, then threads one by one.
#[test]
fn ask_intercom_gets_every_conversation_with_every_message() {
    let (simulator, _session, web) = busy();
    assert!(web.tool("get_server_status", json!({})).succeeded().is_object());
    let now = simulator.now();
    let (from, to) = (now - DAYS * DAY, now);
    let asked = json!({"limit": 1_000, "created_after": UnixSeconds(from).to_iso(), "created_before": UnixSeconds(to).to_iso()});
    let truth = truth(&simulator, from, to);
    assert!(truth.len() > 700, "a busy month: {}", truth.len());
    let answer = web.tool("search_conversations", asked).succeeded();
    let found_all = found(&answer);
    assert_eq!(found_all.len(), truth.len());
    for (id, messages) in &truth {
        assert_eq!(found_all.get(id), Some(messages), "messages of {id}");
    }
    assert_eq!(answer["sync_info"]["data_complete"], true, "{}", answer["sync_info"]);
    assert!(answer.get("next_cursor").is_none() && answer.get("notice").is_none());

    // `filters.limit or 50`, and no dates: the newest fifty, which are not all.
    let answer = web.tool("search_conversations", json!({"limit": 50})).succeeded();
    assert_eq!(found(&answer).len(), 50);
    assert_eq!(answer["sync_info"]["data_complete"], false, "{}", answer["sync_info"]);
    let words = answer["sync_info"]["message"].as_str().expect("a message");
    assert!(words.contains("50 of 1000 conversations"), "{words}");

    let (id, messages) = truth.iter().max_by_key(|(_, messages)| **messages).expect("one");
    let thread = web.tool("get_conversation", json!({"conversation_id": id, "include_notes": false}));
    let thread = thread.succeeded();
    assert_eq!(thread["messages"].as_array().map(Vec::len), Some(*messages));
    assert!(thread.get("next_cursor").is_none() && thread["created_at"].is_string());
    // The same id as Intercom's own server and its pages write it.
    for other in
        [format!("conversation_{id}"), format!("https://app.intercom.com/a/inbox/x/inbox/conversation/{id}")]
    {
        let again = web.tool("get_conversation", json!({"conversation_id": other, "include_notes": false}));
        assert_eq!(again.succeeded(), thread, "{other}");
    }
}

/// `MCPFreshnessChecker`: whether to ask here at all, or Intercom itself.
#[test]
fn ask_intercom_finds_the_data_fresh_and_covered() {
    let (simulator, _session, web) = busy();
    let info = web.tool("get_data_info", json!({})).succeeded();
    assert_eq!((&info["has_data"], info.get("error")), (&json!(true), None), "{info}");
    assert!(info["data_age_minutes"].as_i64().is_some_and(|age| age <= 60), "{info}");
    let now = simulator.now();
    let days =
        json!({"start_date": UnixSeconds(now - DAYS * DAY).to_iso(), "end_date": UnixSeconds(now).to_iso()});
    let coverage = web.tool("check_coverage", days).succeeded();
    assert_eq!((&coverage["has_coverage"], coverage.get("error")), (&json!(true), None), "{coverage}");
}

/// `FastIntercomBackend`, which imported the original package: the same search with words and a
/// customer, a status, and a sync. What it imported is a command now.
#[test]
fn ask_intercom_calls_the_program_itself() {
    let simulator = simulate(Config::new().conversations(60).days(5));
    let (session, web) = super::synced(&simulator);
    let one = web.tool("query_database", json!({"sql": "SELECT customer_email, count(*) FROM v_conversations WHERE customer_email IS NOT NULL GROUP BY 1 ORDER BY 2 DESC"})).succeeded();
    let (email, count) = (one["rows"][0][0].clone(), one["rows"][0][1].as_u64().expect("a number"));
    let call = |tool: &str, arguments: Value| {
        let words = ["call".to_owned(), tool.to_owned(), arguments.to_string()];
        Cli::new(&simulator).on(session.scratch()).args(words).run().json()
    };
    let answer =
        call("search_conversations", json!({"query": null, "customer_email": email, "limit": 1_000}));
    assert_eq!(found(&answer).len() as u64, count);
    assert_eq!(answer["sync_info"]["data_complete"], true, "{}", answer["sync_info"]);
    let status = call("get_server_status", json!({}));
    assert!(status["total_conversations"] == 60, "{status}");
    let synced = call("sync_conversations", json!({"force": false}));
    assert_eq!(synced["success"], true, "{synced}");
}
