//! `check_coverage`: whether the cache covers a range of time.

use serde_json::{Value, json};

use super::answer::{Answer, minutes_since, range, threads_have};
use super::arguments::{ArgumentError, When};
use super::{Arguments, Context, Outcome, Tool, freshness, schema};
use crate::store::conversations::totals::incomplete_within;
use crate::store::runs;
use crate::store::runs::coverage::{Checked, Coverage};
use crate::time::{Interval, UnixSeconds};

pub const TOOL: Tool = Tool {
    name: "check_coverage",
    title: "Does the cache cover these dates?",
    description: "Whether the cache covers every conversation that was updated from start_date to end_date, and which parts are missing. Days are UTC and inclusive; today counts as covered up to the latest sync; days to come are missing.",
    input,
    output,
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

fn output() -> Value {
    schema::answer(
        json!({
            "has_coverage": schema::boolean("All of the range is covered."),
            "partial_coverage": schema::boolean("Some of it, not all."),
            "coverage_gaps": schema::list(
                schema::texts(""),
                "Missing stretches as [start, end]; they share end points with the covered ones."
            ),
            "not_yet": schema::texts("[start, end] of what has not happened yet."),
            "reason": schema::text("")
        }),
        &["has_coverage"],
    )
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
    let asked = json!([shown(start), shown(end)]);
    let around = context.surroundings();
    let now = around.now;
    context.reading(|connection| {
        let coverage = Coverage::load(connection, now)?;
        let mut answer = Answer::new();
        if coverage.is_empty() {
            answer.set("has_coverage", false).set("partial_coverage", false);
            answer.set("coverage_gaps", json!([asked])).set("reason", "No data available");
            return Ok(answer.with_text(format!(
                "No data available: nothing has been synced yet. {}",
                freshness::how_to_begin(around)
            )));
        }
        let check = |end: When| match (start, end) {
            (When::Day(start), When::Day(end)) => to_text(coverage.check_days(start, end, now)),
            _ => to_text(coverage.check_instants(first_instant(start), last_instant(end), now)),
        };
        let Checked { gaps, any } = check(end);
        let has = gaps.is_empty();
        let today = now.day();
        let tomorrow = today.plus(1);
        let not_yet = (last_instant(end) > today.end()).then(|| match (start, end) {
            (When::Day(start), When::Day(end)) => [start.max(tomorrow).to_string(), end.to_string()],
            _ => [first_instant(start).max(tomorrow.start()).to_iso(), last_instant(end).to_iso()],
        });
        // What a sync could fetch: the gaps without the time to come.
        let until_today = match end {
            When::Day(end) => When::Day(end.min(today)),
            When::Instant(end) => When::Instant(end.min(today.end())),
        };
        let fetchable = first_instant(start) <= today.end() && !check(until_today).gaps.is_empty();
        let reason = if has {
            "Full coverage".to_owned()
        } else {
            format!("Missing data for {} date ranges", gaps.len())
        };
        answer.set("has_coverage", has).set("partial_coverage", !has && any);
        answer.set("coverage_gaps", json!(gaps.iter().map(|(from, to)| [from, to]).collect::<Vec<_>>()));
        answer.set_some("not_yet", not_yet.as_ref().map(|range| json!(range)));
        let held = coverage.held(connection, now)?;
        answer.set_some("cached_range", held.map(|held| range(held.first, held.last)));
        let age = runs::latest_read(connection)?.and_then(|run| run.completed_at);
        answer.set_some("data_age_minutes", age.and_then(|at| minutes_since(at, now)));
        answer.set("reason", reason.clone());
        let mut text = in_words(&reason, &gaps, not_yet.as_ref(), fetchable);
        // Covered is what was listed; a thread may still be to come.
        let asked = Interval { low: first_instant(start), high: last_instant(end) };
        let waiting = incomplete_within(connection, asked)?;
        if waiting > 0 {
            answer.set("threads_waiting", waiting);
            text = format!(
                "{}. The {} not been fetched yet.",
                text.trim_end_matches('.'),
                threads_have(waiting)
            );
        }
        Ok(answer.with_text(text))
    })
}

/// The answer in a sentence or two.
fn in_words(
    reason: &str,
    gaps: &[(String, String)],
    not_yet: Option<&[String; 2]>,
    fetchable: bool,
) -> String {
    if gaps.is_empty() {
        return reason.to_owned();
    }
    let missing: Vec<String> = gaps.iter().map(|(from, to)| format!("{from} to {to}")).collect();
    let mut text = format!("{reason}: {}.", missing.join(", "));
    if let Some([from, to]) = not_yet {
        text.push_str(&format!(" {from} to {to} has not happened yet."));
    }
    if fetchable {
        text.push_str(
            " `fastintercom sync --start-date … --end-date …` fetches what is missing up to today.",
        );
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
