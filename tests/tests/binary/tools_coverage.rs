//! `check_coverage`: which days the cache can speak about.

use fastintercom_tests::command::Cli;
use fastintercom_tests::expected::day;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::Server;
use fastintercom_tests::simulator::{Config, Simulator};
use serde_json::{Value, json};

use super::{simulate, small};

/// Reads the days from so many days ago to so many days ago.
fn sync_days(simulator: &Simulator, scratch: &Scratch, first: i64, last: i64) {
    let now = simulator.now();
    let (first, last) = (day(now, first), day(now, last));
    let run =
        Cli::new(simulator).on(scratch).args(["sync", "--json", "--start-date", &first, "--end-date", &last]);
    assert_eq!(run.run().json()["success"], true);
}

fn check(simulator: &Simulator, scratch: &Scratch, start: &str, end: &str) -> Value {
    let question = json!({"start_date": start, "end_date": end}).to_string();
    Cli::new(simulator).on(scratch).args(["call", "check_coverage", &question]).run().json()
}

#[test]
fn gaps_share_their_ends_with_what_is_covered() {
    let simulator = simulate(Config::new().conversations(60).days(50));
    let (scratch, now) = (Scratch::new(), simulator.now());
    sync_days(&simulator, &scratch, 20, 10);
    let answer = check(&simulator, &scratch, &day(now, 30), &day(now, 1));
    assert_eq!(answer["has_coverage"], false);
    assert_eq!(answer["partial_coverage"], true);
    assert_eq!(answer["coverage_gaps"], json!([[day(now, 30), day(now, 20)], [day(now, 10), day(now, 1)]]));
    assert_eq!(answer["cached_range"], json!({"start": day(now, 20), "end": day(now, 10)}));
    assert_eq!(answer["reason"], "Missing data for 2 date ranges");

    let answer = check(&simulator, &scratch, &day(now, 18), &day(now, 12));
    assert_eq!((&answer["has_coverage"], &answer["coverage_gaps"]), (&json!(true), &json!([])));
    assert_eq!(answer["reason"], "Full coverage");

    let answer = check(&simulator, &scratch, &day(now, 40), &day(now, 30));
    assert_eq!((&answer["has_coverage"], &answer["partial_coverage"]), (&json!(false), &json!(false)));
    assert_eq!(answer["coverage_gaps"], json!([[day(now, 40), day(now, 30)]]));
}

/// The original program looked at the newest run alone, and so forgot an older, wider one.
#[test]
fn coverage_is_the_union_of_all_runs() {
    let simulator = simulate(Config::new().conversations(60).days(50));
    let (scratch, now) = (Scratch::new(), simulator.now());
    sync_days(&simulator, &scratch, 30, 11);
    sync_days(&simulator, &scratch, 10, 5);
    let answer = check(&simulator, &scratch, &day(now, 30), &day(now, 5));
    assert_eq!(answer["has_coverage"], true, "{answer}");
    assert_eq!(answer["cached_range"], json!({"start": day(now, 30), "end": day(now, 5)}));
    sync_days(&simulator, &scratch, 2, 1);
    let answer = check(&simulator, &scratch, &day(now, 30), &day(now, 1));
    assert_eq!(answer["coverage_gaps"], json!([[day(now, 5), day(now, 2)]]), "{answer}");
    assert_eq!(answer["cached_range"], json!({"start": day(now, 2), "end": day(now, 1)}), "the newest range");
}

#[test]
fn full_timestamps_are_understood_and_today_counts_up_to_the_latest_sync() {
    let simulator = small();
    let session = Server::new(&simulator).start();
    session.wait_until_synced();
    let now = simulator.now();
    let ask = |start: String, end: String| {
        session.call_tool("check_coverage", json!({"start_date": start, "end_date": end})).succeeded()
    };
    let today = ask(day(now, 2), day(now, 0));
    assert_eq!(today["has_coverage"], true, "{today}");
    let exact = ask(format!("{}T09:30:00Z", day(now, 2)), format!("{}T09:30:00+02:00", day(now, 1)));
    assert_eq!(exact["has_coverage"], true, "{exact}");
    assert!(exact["data_age_minutes"].as_i64().is_some_and(|age| age < 2), "{exact}");
}

#[test]
fn without_a_sync_the_question_itself_is_the_gap() {
    let simulator = small();
    let answer = check(&simulator, &Scratch::new(), "2026-06-01", "2026-06-30");
    assert_eq!(answer["has_coverage"], false);
    assert_eq!(answer["reason"], "No data available");
    assert_eq!(answer["coverage_gaps"], json!([["2026-06-01", "2026-06-30"]]));
}
