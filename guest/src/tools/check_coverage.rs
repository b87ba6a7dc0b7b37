//! `check_coverage`: whether the cache covers a range of time.

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use serde_with::skip_serializing_none;

use super::answer::{Range, ToolOutput, counted, finished, minutes_since, threads_have};
use super::arguments::{ArgumentError, When};
use super::{Arguments, Context, Failure, Outcome, Surroundings, Tool, freshness, schema};
use crate::store::conversations::totals::incomplete_within;
use crate::store::runs;
use crate::store::runs::coverage::{Checked, Coverage};
use crate::time::{Interval, UnixSeconds};

pub const TOOL: Tool = Tool {
    name: "check_coverage",
    title: "Does the cache cover these dates?",
    description: "Whether the cache covers every conversation that was updated from start_date to end_date, and which parts are missing. Days are UTC and inclusive; today counts as covered up to the latest sync; days to come are missing.",
    input,
    output: schema::of::<CoverageCheck>(),
    boolean: Some("has_coverage"),
    syncs: false,
    limits: None,
    drawn: false,
    call,
};

fn input() -> Value {
    schema::arguments(
        json!({
            "start_date": schema::text("Day (2026-06-01) or ISO timestamp."),
            "end_date": schema::text("Day or ISO timestamp, inclusive.")
        }),
        &["start_date", "end_date"],
    )
}

#[derive(Serialize, JsonSchema)]
struct CoverageCheck {
    /// All of the range is covered.
    has_coverage: bool,
    // A call that fails has the boolean and a sentence, so nothing else is promised.
    #[serde(flatten)]
    #[schemars(with = "Option<Findings>")]
    findings: Findings,
}

#[skip_serializing_none]
#[derive(Default, Serialize, JsonSchema)]
#[schemars(description = "")]
struct Findings {
    /// Some of it, not all.
    partial_coverage: bool,
    /// Missing stretches as [start, end]; they share end points with the covered ones.
    #[schemars(with = "Vec<Vec<String>>")]
    coverage_gaps: Vec<(String, String)>,
    /// [start, end] of what has not happened yet.
    #[schemars(with = "Option<Vec<String>>")]
    not_yet: Option<[String; 2]>,
    #[schemars(skip)]
    cached_range: Option<Range>,
    #[schemars(skip)]
    data_age_minutes: Option<i64>,
    reason: String,
    #[schemars(skip)]
    threads_waiting: Option<u64>,
}

fn call(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let (Some(start), Some(end)) = (arguments.when("start_date")?, arguments.when("end_date")?) else {
        return Err(ArgumentError(
            "Both start_date and end_date are required, as in {\"start_date\": \"2026-06-01\", \"end_date\": \"2026-06-30\"}."
                .to_owned(),
        )
        .into());
    };
    if first_instant(start) > last_instant(end) {
        return Err(ArgumentError("`start_date` is after `end_date`; swap them.".to_owned()).into());
    }
    let around = context.surroundings();
    context.reading(|connection| {
        let coverage = Coverage::load(connection, around.now)?;
        if coverage.is_empty() {
            return Ok(nothing(start, end, freshness::how_to_begin(around)));
        }
        compare(around, connection, &coverage, start, end)
    })
}

/// The answer of an empty cache.
fn nothing(start: When, end: When, how_to_begin: &str) -> ToolOutput {
    let reason = "No data available";
    let findings = Findings {
        coverage_gaps: vec![(shown(start), shown(end))],
        reason: reason.to_owned(),
        ..Findings::default()
    };
    finished(
        &CoverageCheck { has_coverage: false, findings },
        format!("{reason}: nothing has been synced yet. {how_to_begin}"),
    )
}

/// What of the range is covered.
fn compare(
    around: Surroundings<'_>,
    connection: &Connection,
    coverage: &Coverage,
    start: When,
    end: When,
) -> Result<ToolOutput, Failure> {
    let now = around.now;
    let check = |end: When| match (start, end) {
        (When::Day(start), When::Day(end)) => to_text(coverage.check_days(start, end, now)),
        _ => to_text(coverage.check_instants(first_instant(start), last_instant(end), now)),
    };
    let Checked { gaps, any } = check(end);
    let has_coverage = gaps.is_empty();
    let today = now.day();
    let not_yet = not_yet(start, end, now);
    // What a sync could fetch: the gaps without the time to come.
    let until_today = match end {
        When::Day(end) => When::Day(end.min(today)),
        When::Instant(end) => When::Instant(end.min(today.end())),
    };
    let fetchable = first_instant(start) <= today.end() && !check(until_today).gaps.is_empty();
    let reason = if has_coverage {
        "Full coverage".to_owned()
    } else {
        format!("Missing data for {}", counted(gaps.len() as i64, "date range"))
    };
    let held = coverage.held(connection, now)?;
    let read_at = runs::latest_read(connection)?.and_then(|run| run.completed_at);
    // Covered is what was listed; a thread may still be to come.
    let asked = Interval { low: first_instant(start), high: last_instant(end) };
    let waiting = Some(incomplete_within(connection, asked)?).filter(|waiting| *waiting > 0);
    let place = if around.settings.replica { " on the primary" } else { "" };
    let fill = fetchable.then(|| format!("`fastintercom sync --start-date … --end-date …`{place}"));
    let mut text = in_words(&reason, &gaps, not_yet.as_ref(), fill.as_deref());
    if let Some(waiting) = waiting {
        text = format!("{}. The {} not been fetched yet.", text.trim_end_matches('.'), threads_have(waiting));
    }
    let findings = Findings {
        partial_coverage: !has_coverage && any,
        coverage_gaps: gaps,
        not_yet,
        cached_range: held.map(|held| Range::new(held.first, held.last)),
        data_age_minutes: read_at.and_then(|at| minutes_since(at, now)),
        reason,
        threads_waiting: waiting,
    };
    Ok(finished(&CoverageCheck { has_coverage, findings }, text))
}

/// The part of the range that is still to come.
fn not_yet(start: When, end: When, now: UnixSeconds) -> Option<[String; 2]> {
    let tomorrow = now.day().plus(1);
    (last_instant(end) > now.day().end()).then(|| match (start, end) {
        (When::Day(start), When::Day(end)) => [start.max(tomorrow).to_string(), end.to_string()],
        _ => [first_instant(start).max(tomorrow.start()).to_iso(), last_instant(end).to_iso()],
    })
}

/// The answer in a sentence or two.
fn in_words(
    reason: &str,
    gaps: &[(String, String)],
    not_yet: Option<&[String; 2]>,
    fill: Option<&str>,
) -> String {
    if gaps.is_empty() {
        return reason.to_owned();
    }
    let missing: Vec<String> = gaps.iter().map(|(from, to)| format!("{from} to {to}")).collect();
    let mut text = format!("{reason}: {}.", missing.join(", "));
    if let Some([from, to]) = not_yet {
        text.push_str(&format!(" {from} to {to} has not happened yet."));
    }
    if let Some(fill) = fill {
        text.push_str(&format!(" {fill} fetches what is missing up to today."));
    }
    text
}

fn first_instant(when: When) -> UnixSeconds {
    match when {
        When::Day(day) => day.start(),
        When::Instant(instant) => instant,
    }
}

fn last_instant(when: When) -> UnixSeconds {
    match when {
        When::Day(day) => day.end(),
        When::Instant(instant) => instant,
    }
}

fn shown(when: When) -> String {
    match when {
        When::Day(day) => day.to_string(),
        When::Instant(instant) => instant.to_iso(),
    }
}

fn to_text<T: ToString>(checked: Checked<T>) -> Checked<String> {
    Checked {
        gaps: checked.gaps.iter().map(|(from, to)| (from.to_string(), to.to_string())).collect(),
        any: checked.any,
    }
}
