//! What the tools say about a cache that is not, or not provably, complete.

use serde_json::{Value, json};

use super::fixture::{NOW, Workspace, at};
use crate::tools::{self, Reader};

/// A first sync of three months whose newest two days are read, and one window of the others
/// half.
fn half_read() -> Workspace {
    let mut workspace = Workspace::filled();
    workspace.sql(
        "DELETE FROM coverage; DELETE FROM sync_metadata;
         INSERT INTO coverage (low, high) VALUES (unixepoch('2026-11-21'), unixepoch('2026-11-22 14:55:00'));
         INSERT INTO sync_windows (low, high, cursor, per_page, last_seen)
         VALUES (unixepoch('2026-11-20'), unixepoch('2026-11-21') - 1, 'c', 150, unixepoch('2026-11-20 12:00:00'));
         INSERT INTO meta (key, value) VALUES ('initial_low', unixepoch('2026-11-14'));
         INSERT INTO sync_metadata (sync_started_at, sync_status, coverage_start_date, coverage_end_date, sync_type)
         VALUES ('2026-11-22T14:55:00+00:00', 'in_progress', '2026-11-14', '2026-11-22', 'background')",
    );
    workspace
}

fn incomplete(workspace: &mut Workspace) -> String {
    let answers =
        ["get_sync_status", "get_server_status"].map(|tool| workspace.ask(tool, "{}")["incomplete"].clone());
    assert_eq!(answers[0], answers[1]);
    let lines = workspace.with(tools::status::status).expect("reads").1;
    let sentence = answers[0].as_str().unwrap_or_default().to_owned();
    assert_eq!(lines.lines().any(|line| line == sentence), !sentence.is_empty(), "{lines}");
    sentence
}

#[test]
fn a_complete_cache_is_not_called_incomplete() {
    let mut workspace = Workspace::filled();
    workspace.sql("UPDATE conversations SET thread_complete = TRUE");
    assert_eq!(incomplete(&mut workspace), "");
    let info = workspace.ask("get_data_info", "{}");
    assert_eq!((&info["data_complete"], &info["incomplete"]), (&json!(true), &Value::Null));
    // A sync that has only just begun to look for what is new.
    workspace.sql(
        "INSERT INTO sync_metadata (sync_started_at, sync_status, coverage_start_date, coverage_end_date, sync_type)
         VALUES ('2026-11-22T15:00:00+00:00', 'in_progress', '2026-11-15', '2026-11-22', 'background')",
    );
    workspace.syncing.set(true);
    assert_eq!(incomplete(&mut workspace), "");
}

#[test]
fn one_sentence_names_windows_days_threads_and_the_reason() {
    let mut workspace = half_read();
    workspace.syncing.set(true);
    let left = "The cache is incomplete: 7 windows of changes (2026-11-14 to 2026-11-20) and the thread of 1 conversation are still to be read; ";
    assert_eq!(incomplete(&mut workspace), format!("{left}a sync is reading now."));

    workspace.sql("INSERT INTO meta (key, value) VALUES ('held_back_at', unixepoch('2026-11-22 14:59:50'))");
    let slow = "a sync is reading, as fast as Intercom's rate limit permits.";
    assert_eq!(incomplete(&mut workspace), format!("{left}{slow}"));

    workspace.syncing.set(false);
    assert_eq!(incomplete(&mut workspace), format!("{left}the next sync goes on with that."));

    workspace.sql(
        "UPDATE sync_metadata SET sync_status = 'failed',
            error_message = 'Intercom could not be reached (no answer in time). Check the network.'",
    );
    let failed = "the newest sync failed: Intercom could not be reached (no answer in time).";
    assert_eq!(incomplete(&mut workspace), format!("{left}{failed}"));

    workspace.settings.token_present = false;
    let mute = "without an access token (INTERCOM_ACCESS_TOKEN) nothing can be read.";
    assert_eq!(incomplete(&mut workspace), format!("{left}{mute}"));
}

#[test]
fn days_that_were_read_meanwhile_are_no_longer_named() {
    let mut workspace = half_read();
    workspace.sql(
        "INSERT INTO coverage (low, high) VALUES (unixepoch('2026-11-16'), unixepoch('2026-11-18') - 1);
         UPDATE conversations SET thread_complete = TRUE",
    );
    assert_eq!(
        incomplete(&mut workspace),
        "The cache is incomplete: 5 windows of changes (2026-11-18 to 2026-11-20, 2026-11-14 to 2026-11-15) are still to be read; the next sync goes on with that."
    );
    // Another, smaller sync completed; the first one is still not where it should get.
    workspace.sql("UPDATE sync_metadata SET sync_status = 'completed', sync_completed_at = sync_started_at");
    assert!(incomplete(&mut workspace).contains("5 windows"));
    let info = workspace.ask("get_data_info", "{}");
    assert_eq!(info["data_complete"], false);
    assert!(info["incomplete"].as_str().is_some_and(|sentence| sentence.contains("5 windows")));
    // Older than what is kept is nothing that anybody waits for.
    workspace.settings.retention_days = Some(3);
    assert!(incomplete(&mut workspace).contains("2 windows of changes (2026-11-19 to 2026-11-20)"));
}

#[test]
fn nothing_read_yet_is_said_as_such() {
    let mut workspace = Workspace::empty();
    workspace.settings.token_present = false;
    assert_eq!(
        incomplete(&mut workspace),
        "The cache is incomplete: nothing has been read from Intercom yet; without an access token (INTERCOM_ACCESS_TOKEN) nothing can be read."
    );
}

/// Everything was read, so every day since 1970 counts as covered; what is shown is the day of
/// the oldest conversation.
#[test]
fn a_cache_of_everything_begins_with_its_oldest_conversation() {
    let mut workspace = Workspace::filled();
    workspace.sql("UPDATE coverage SET low = 0");
    for tool in ["get_data_info", "get_server_status"] {
        let answer = workspace.ask(tool, "{}");
        assert_eq!(answer["coverage_start"], "2026-11-01", "{answer}");
        assert_eq!(answer["covers_everything"], true, "{answer}");
    }
    let lines = workspace.with(tools::status::status).expect("reads").1;
    assert!(
        lines.contains(
            "Coverage: everything, 2026-11-01 to 2026-11-22 (days in UTC; no conversation is older)"
        ),
        "{lines}"
    );
    assert!(!lines.contains("1970"), "{lines}");
    let early = workspace.ask("check_coverage", r#"{"start_date": "2015-01-01", "end_date": "2026-11-22"}"#);
    assert_eq!(early["has_coverage"], true);
    assert_eq!(early["cached_range"], json!({"start": "2026-11-01", "end": "2026-11-22"}));
    let week = Workspace::filled().ask("get_data_info", "{}");
    assert_eq!((&week["coverage_start"], &week["covers_everything"]), (&json!("2026-11-15"), &Value::Null));
}

/// As the original program did: what has not happened cannot be covered, and who keeps the answer
/// would be wrong tomorrow.
#[test]
fn days_to_come_are_a_gap_and_named_as_such() {
    let mut workspace = Workspace::filled();
    let month = workspace.ask("check_coverage", r#"{"start_date": "2026-11-15", "end_date": "2026-11-30"}"#);
    assert_eq!((&month["has_coverage"], &month["partial_coverage"]), (&json!(false), &json!(true)));
    assert_eq!(month["coverage_gaps"], json!([["2026-11-22", "2026-11-30"]]));
    assert_eq!(month["not_yet"], json!(["2026-11-23", "2026-11-30"]));
    let exact = workspace.ask(
        "check_coverage",
        r#"{"start_date": "2026-11-16T00:00:00Z", "end_date": "2026-11-23T12:00:00Z"}"#,
    );
    assert_eq!(exact["coverage_gaps"], json!([["2026-11-22T23:59:59+00:00", "2026-11-23T12:00:00+00:00"]]));
    assert_eq!(exact["not_yet"], json!(["2026-11-23T00:00:00+00:00", "2026-11-23T12:00:00+00:00"]));
    let later = workspace.ask("check_coverage", r#"{"start_date": "2027-01-01", "end_date": "2027-01-31"}"#);
    assert_eq!((&later["has_coverage"], &later["partial_coverage"]), (&json!(false), &json!(false)));
    assert_eq!(later["not_yet"], json!(["2027-01-01", "2027-01-31"]));
    let today = workspace.ask("check_coverage", r#"{"start_date": "2026-11-22", "end_date": "2026-11-22"}"#);
    assert_eq!((&today["has_coverage"], &today["not_yet"]), (&json!(true), &Value::Null));
}

#[test]
fn a_sync_is_offered_only_for_what_it_can_fetch() {
    let mut workspace = Workspace::filled();
    let waiting = workspace
        .with(|context| {
            tools::call(
                context,
                "check_coverage",
                r#"{"start_date": "2026-11-15", "end_date": "2026-11-22"}"#,
            )
        })
        .expect("answers");
    assert_eq!(waiting.text, "Full coverage. The thread of 1 conversation has not been fetched yet.");
    workspace.sql("UPDATE conversations SET thread_complete = TRUE");
    let mut text = |arguments: &str| {
        workspace.with(|context| tools::call(context, "check_coverage", arguments)).expect("answers").text
    };
    let future = text(r#"{"start_date": "2026-11-15", "end_date": "2026-11-30"}"#);
    assert!(future.ends_with("2026-11-23 to 2026-11-30 has not happened yet."), "{future}");
    let both = text(r#"{"start_date": "2026-10-01", "end_date": "2026-11-30"}"#);
    assert!(both.contains("has not happened yet. `fastintercom sync"), "{both}");
}

/// A search up to the end of the month is as complete as one up to now.
#[test]
fn an_answer_is_complete_when_all_that_has_happened_is_there() {
    let mut workspace = Workspace::filled();
    workspace.sql("UPDATE conversations SET thread_complete = TRUE");
    assert_eq!(workspace.now.get(), at(NOW));
    let answer = workspace.ask("search_conversations", r#"{"timeframe": "2026-11-16 to 2026-11-30"}"#);
    assert_eq!(answer["sync_info"]["data_complete"], true, "{answer}");
}

/// A program that reads `data_complete` reads nothing else: what is left out counts for it, while
/// a model that asked for two knows that it gets two.
#[test]
fn a_cut_answer_does_not_call_itself_complete() {
    let mut workspace = Workspace::filled();
    workspace.sql("UPDATE conversations SET thread_complete = TRUE; UPDATE coverage SET low = 0");
    let mut ask = |reader, arguments: &str| {
        let output = workspace
            .with(|context| tools::call_for(reader, context, "search_conversations", arguments))
            .expect("answers");
        serde_json::from_str::<Value>(&output.structured).expect("JSON")
    };
    let all = ask(Reader::Program, "{}");
    assert_eq!(all["conversations"].as_array().map(Vec::len), Some(4));
    assert_eq!(all["sync_info"]["data_complete"], true, "{all}");
    assert!(
        all["conversations"].as_array().is_some_and(|rows| rows.iter().all(|row| row["messages"].is_array()))
    );
    let two = ask(Reader::Program, r#"{"limit": 2}"#);
    assert_eq!(two["sync_info"]["data_complete"], false, "{two}");
    let message = two["sync_info"]["message"].as_str().expect("a message");
    assert!(
        message.ends_with("This answer has 2 of 4 conversations; next_cursor leads to the others."),
        "{message}"
    );
    assert_eq!(ask(Reader::Agent, r#"{"limit": 2}"#)["sync_info"]["data_complete"], true);
    assert_eq!(ask(Reader::Agent, "{}")["conversations"][0].get("messages"), None);

    // More than any answer for a model may have: what it asked for did not come.
    workspace.sql(
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 150)
         INSERT INTO conversations (id, created_at, updated_at, thread_complete)
         SELECT 'c' || i, '2026-11-19T09:00:00+00:00', '2026-11-19T09:00:00+00:00', TRUE FROM n",
    );
    let mut ask = |reader, arguments: &str| {
        let output = workspace
            .with(|context| tools::call_for(reader, context, "search_conversations", arguments))
            .expect("answers");
        serde_json::from_str::<Value>(&output.structured).expect("JSON")
    };
    let hundred = ask(Reader::Agent, r#"{"limit": 1000}"#);
    assert_eq!(hundred["sync_info"]["data_complete"], false, "{hundred}");
    let all = ask(Reader::Program, r#"{"limit": 1000}"#);
    assert_eq!(all["conversations"].as_array().map(Vec::len), Some(154));
    assert_eq!(all["sync_info"]["data_complete"], true, "{}", all["sync_info"]);
}

#[test]
fn a_first_sync_that_is_not_through_says_what_it_has_stored() {
    let mut workspace = half_read();
    let info = workspace.ask("get_data_info", "{}");
    assert_eq!((&info["has_data"], &info["data_complete"]), (&json!(false), &json!(false)));
    assert!(info["total_conversations"].as_u64().is_some_and(|count| count > 0), "{info}");
    let text = workspace.with(|context| tools::call(context, "get_data_info", "{}")).expect("answers").text;
    assert!(text.starts_with("The first sync is not through; it has stored "), "{text}");
}

#[test]
fn an_interrupted_run_is_told_instead_of_the_failure_before_it() {
    let mut workspace = Workspace::filled();
    let failed = "INSERT INTO sync_metadata (sync_started_at, sync_status, error_message, coverage_start_date, coverage_end_date, sync_type)
         VALUES ('2026-11-22T14:50:00+00:00', 'failed', 'The network was down.', '2026-11-15', '2026-11-22', 'background')";
    workspace.sql(failed);
    assert_eq!(workspace.ask("get_sync_status", "{}")["last_error"], "The network was down.");
    workspace.sql(&failed.replace("'failed', 'The network was down.'", "'in_progress', NULL"));
    let status = workspace.ask("get_sync_status", "{}");
    assert_eq!((&status["last_error"], &status["interrupted"]), (&Value::Null, &json!(true)));
    assert_eq!(workspace.ask("get_server_status", "{}")["interrupted"], true);
    let lines = workspace.with(tools::status::status).expect("reads").1;
    assert!(lines.contains("Newest sync: interrupted") && !lines.contains("The network"), "{lines}");
}

#[test]
fn what_could_not_be_read_is_told_with_the_state_of_the_sync() {
    let mut workspace = Workspace::filled();
    let note = "Tickets could not be read (HTTP 503).";
    workspace.sql(&format!(
        "INSERT INTO sync_notes (topic, note, noted_at) VALUES ('tickets', '{note}', '2026-11-22T14:50:00+00:00')"
    ));
    assert_eq!(workspace.ask("get_sync_status", "{}")["notes"], json!([note]));
}

#[test]
fn where_paging_ends_nothing_is_said_to_lead_on() {
    let mut workspace = Workspace::filled();
    workspace.sql(
        "INSERT INTO conversations (number, id, created_at, updated_at, state)
         WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 4200)
         SELECT i, 'many' || i, '2026-11-10T00:00:00+00:00', '2026-11-10T00:00:00+00:00', 'open' FROM n",
    );
    let mut cursor = Value::Null;
    loop {
        let arguments = json!({"sort": "recently_updated", "limit": 500, "cursor": cursor}).to_string();
        let output = workspace
            .with(|context| tools::call_for(Reader::Program, context, "search_conversations", &arguments))
            .expect("answers");
        let answer: Value = serde_json::from_str(&output.structured).expect("JSON");
        let message = answer["sync_info"]["message"].as_str().expect("a message");
        let notice = answer["notice"].as_str().unwrap_or_default();
        cursor = answer["next_cursor"].clone();
        let goes_on = !cursor.is_null();
        assert_eq!(message.contains("next_cursor leads to the others"), goes_on, "{message}");
        assert_eq!(notice.contains("paging ends here"), !goes_on, "{notice}");
        assert_eq!(answer["sync_info"]["data_complete"], false);
        if !goes_on {
            break;
        }
    }
}
