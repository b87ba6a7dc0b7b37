//! `check_coverage`: whether the cache covers a range of time.

use serde_json::{Value, json};

use super::answer::{Answer, minutes_since, range};
use super::arguments::{ArgumentError, When};
use super::{Arguments, Context, Outcome, Surroundings, Tool, freshness, schema};
use crate::store::coverage::{Checked, Coverage};
use crate::store::runs;
use crate::time::UnixSeconds;

pub const TOOL: Tool = Tool {
    name: "check_coverage",
    title: "Does the cache cover these dates?",
    description: "Whether the cache covers every conversation that was updated from start_date to end_date, and which parts are missing. Days are UTC and inclusive; today counts as covered up to the latest sync.",
    input,
    output,
    boolean: Some("has_coverage"),
    syncs: false,
    call,
};

fn input() -> Value {
    schema::arguments(
        json!({
            "start_date": {"type": "string", "description": "Day or ISO timestamp.", "examples": ["2026-06-01"]},
            "end_date": {"type": "string", "description": "Day or ISO timestamp, inclusive.", "examples": ["2026-06-30"]}
        }),
        &["start_date", "end_date"],
    )
}

fn output() -> Value {
    schema::answer(
        json!({
            "has_coverage": schema::boolean("All of the range is covered."),
            "partial_coverage": schema::boolean("Some of it, not all."),
            "coverage_gaps": {
                "type": "array",
                "description": "Missing stretches as [start, end]; they share end points with the covered ones.",
                "items": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}
            },
            "cached_range": schema::range(),
            "data_age_minutes": schema::integer("Minutes since the last sync completed."),
            "reason": schema::text("")
        }),
        &["has_coverage", "coverage_gaps", "reason"],
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
    let Surroundings { settings, now } = context.surroundings();
    context.reading(|connection| {
        let coverage = Coverage::load(connection)?;
        let mut answer = Answer::new();
        if coverage.is_empty() {
            answer.set("has_coverage", false).set("partial_coverage", false);
            answer.set("coverage_gaps", json!([asked])).set("reason", "No data available");
            return Ok(answer.with_text(format!(
                "No data available: nothing has been synced yet. {}",
                freshness::how_to_begin(settings)
            )));
        }
        let Checked { gaps, any } = match (start, end) {
            (When::Day(start), When::Day(end)) => to_text(coverage.check_days(start, end, now)),
            _ => to_text(coverage.check_instants(first_instant(start), last_instant(end), now)),
        };
        let has = gaps.is_empty();
        let reason = if has {
            "Full coverage".to_owned()
        } else {
            format!("Missing data for {} date ranges", gaps.len())
        };
        answer.set("has_coverage", has).set("partial_coverage", !has && any);
        answer.set("coverage_gaps", json!(gaps.iter().map(|(from, to)| [from, to]).collect::<Vec<_>>()));
        answer.set_some("cached_range", coverage.newest_days(now).map(|(from, to)| range(from, to)));
        let age = runs::latest_read(connection)?.and_then(|run| run.completed_at);
        answer.set_some("data_age_minutes", age.map(|at| minutes_since(at, now)));
        answer.set("reason", reason.clone());
        let text = if has {
            reason
        } else {
            let missing: Vec<String> = gaps.iter().map(|(from, to)| format!("{from} to {to}")).collect();
            format!(
                "{reason}: {}. `fastintercom sync --start-date … --end-date …` fetches them.",
                missing.join(", ")
            )
        };
        Ok(answer.with_text(text))
    })
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
