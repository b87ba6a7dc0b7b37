//! `get_data_info`: what the cache holds, and how old it is.

use serde_json::{Value, json};

use super::answer::{Answer, ago, counted, minutes_since};
use super::freshness::{self, Reach};
use super::{Arguments, Context, Outcome, Tool, incomplete, schema, search_tickets};
use crate::store::conversations::totals::{database_bytes, incomplete_since, totals};
use crate::store::help_center::articles;
use crate::store::runs::coverage::Coverage;
use crate::store::runs::facts::{Fact, fact};
use crate::store::{runs, tickets};
use crate::time::UnixSeconds;

pub const TOOL: Tool = Tool {
    name: "get_data_info",
    title: "What the cache holds",
    description: "How many Intercom conversations and messages the local cache holds, which days it covers and how old it is. Call it before you rely on the cache for a period.",
    input: schema::no_arguments,
    output,
    boolean: Some("has_data"),
    syncs: false,
    limits: None,
    drawn: false,
    call,
};

fn output() -> Value {
    schema::answer(
        json!({
            "has_data": schema::boolean("Whether a sync has completed."),
            "coverage_start": schema::text("First day of the newest contiguous covered range (UTC)."),
            "total_conversations": schema::integer("In the whole cache."),
            "data_complete": schema::boolean("False: `incomplete` says why, or the last sync is too old.")
        }),
        &["has_data"],
    )
}

fn call(context: &mut Context<'_>, _: &Arguments) -> Outcome {
    let around = context.surroundings();
    let now = around.now;
    let is_syncing = context.sync.is_syncing();
    context.reading(|connection| {
        let Some(run) = runs::latest_completed(connection)? else {
            let mut answer = Answer::new();
            answer.set("has_data", false).set("message", "No successful sync found");
            return Ok(answer.with_text(format!(
                "No successful sync found. {}",
                freshness::how_to_begin(around.settings)
            )));
        };
        let totals = totals(connection)?;
        let waiting = incomplete_since(connection, None)?;
        let coverage = Coverage::load(connection, now)?;
        let held = coverage.held(connection, now)?;
        let freshness = freshness::of(
            around,
            connection,
            Reach { start: coverage.newest().map(|span| span.low), end: None },
        )?;
        let mut answer = Answer::new();
        answer.set("has_data", true);
        let at = run.completed_at.or(run.started_at);
        answer.set_some("last_sync", at.map(UnixSeconds::to_iso));
        answer.set_some("data_age_minutes", at.and_then(|at| minutes_since(at, now)));
        match held {
            Some(held) => freshness::add_coverage(&mut answer, held),
            None => {
                answer.set_some("coverage_start", run.first_day.map(|day| day.to_string()));
                answer.set_some("coverage_end", run.last_day.map(|day| day.to_string()));
            }
        }
        answer.set("total_conversations", totals.conversations);
        answer.set("total_messages", totals.messages);
        let articles_at = fact(connection, Fact::ArticlesReadAt)?;
        answer.set_some("articles", articles_at.map(|_| articles::count(connection)).transpose()?);
        answer.set_some("articles_as_of", articles_at.map(UnixSeconds::to_iso));
        let tickets_at = search_tickets::as_of(connection)?;
        answer.set_some("tickets", tickets_at.as_ref().map(|_| tickets::count(connection)).transpose()?);
        answer.set_some("tickets_as_of", tickets_at);
        answer.set_some("sync_type", run.kind.clone());
        answer.set("database_size_mb", megabytes(database_bytes(connection)?));
        answer.set_some("threads_waiting", (waiting > 0).then_some(waiting));
        let incomplete = incomplete::add(&mut answer, around, connection, is_syncing)?;
        let complete = freshness.data_complete && incomplete.is_none() && !run.is_migration();
        answer.set("data_complete", complete);
        let text = format!(
            "{} with {}, last sync {}. {}{}",
            counted(totals.conversations, "conversation"),
            counted(totals.messages, "message"),
            at.map_or_else(|| "at an unknown time".to_owned(), |at| ago(at, now)),
            freshness.message,
            incomplete.map(|sentence| format!(" {sentence}")).unwrap_or_default()
        );
        Ok(answer.with_text(text))
    })
}

/// Megabytes (2^20 bytes) with two decimals, as the original program wrote them.
pub fn megabytes(bytes: u64) -> f64 {
    (bytes as f64 / 1_048_576.0 * 100.0).round() / 100.0
}
