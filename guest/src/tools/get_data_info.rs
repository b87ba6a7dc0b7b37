//! `get_data_info`: what the cache holds, and how old it is.

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::answer::{ago, counted, finished, minutes_since};
use super::freshness::{self, Covered, Reach};
use super::incomplete::incomplete;
use super::{Arguments, Context, Outcome, Surroundings, Tool, schema, search_tickets};
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
    output: schema::of::<DataInfo>(),
    boolean: Some("has_data"),
    syncs: false,
    limits: None,
    drawn: false,
    call,
};

#[skip_serializing_none]
#[derive(Default, Serialize, JsonSchema)]
struct DataInfo {
    /// Whether a sync has completed.
    has_data: bool,
    #[schemars(skip)]
    message: Option<&'static str>,
    #[schemars(skip)]
    last_sync: Option<String>,
    #[schemars(skip)]
    data_age_minutes: Option<i64>,
    #[serde(flatten)]
    covered: Covered,
    /// In the whole cache.
    total_conversations: Option<u64>,
    #[schemars(skip)]
    total_messages: Option<u64>,
    #[schemars(skip)]
    articles: Option<u64>,
    #[schemars(skip)]
    articles_as_of: Option<String>,
    #[schemars(skip)]
    tickets: Option<u64>,
    #[schemars(skip)]
    tickets_as_of: Option<String>,
    #[schemars(skip)]
    sync_type: Option<String>,
    #[schemars(skip)]
    database_size_mb: Option<f64>,
    #[schemars(skip)]
    threads_waiting: Option<u64>,
    #[schemars(skip)]
    incomplete: Option<String>,
    /// False: `incomplete` says why, or the last sync is too old.
    data_complete: Option<bool>,
}

fn call(context: &mut Context<'_>, _: &Arguments) -> Outcome {
    let around = context.surroundings();
    let now = around.now;
    let is_syncing = context.sync.is_syncing();
    context.reading(|connection| {
        let Some(run) = runs::latest_completed(connection)? else {
            return none_completed(around, connection, is_syncing);
        };
        let totals = totals(connection)?;
        let waiting = incomplete_since(connection, None)?;
        let coverage = Coverage::load(connection, now)?;
        let reach = Reach { start: coverage.newest().map(|span| span.low), end: None };
        let freshness = freshness::of(around, connection, reach)?;
        let at = run.completed_at.or(run.started_at);
        let articles_at = fact(connection, Fact::ArticlesReadAt)?;
        let tickets_at = search_tickets::as_of(connection)?;
        let incomplete = incomplete(around, connection, is_syncing)?;
        let text = format!(
            "{} with {}, last sync {}. {}{}",
            counted(totals.conversations, "conversation"),
            counted(totals.messages, "message"),
            at.map_or_else(|| "at an unknown time".to_owned(), |at| ago(at, now)),
            freshness.message,
            incomplete.as_ref().map(|sentence| format!(" {sentence}")).unwrap_or_default()
        );
        let answer = DataInfo {
            has_data: true,
            message: None,
            last_sync: at.map(UnixSeconds::to_iso),
            data_age_minutes: at.and_then(|at| minutes_since(at, now)),
            covered: coverage.held(connection, now)?.map_or_else(
                || Covered {
                    coverage_start: run.first_day.map(|day| day.to_string()),
                    coverage_end: run.last_day.map(|day| day.to_string()),
                    covers_everything: None,
                },
                Covered::from,
            ),
            total_conversations: Some(totals.conversations),
            total_messages: Some(totals.messages),
            articles: articles_at.map(|_| articles::count(connection)).transpose()?,
            articles_as_of: articles_at.map(UnixSeconds::to_iso),
            tickets: tickets_at.as_ref().map(|_| tickets::count(connection)).transpose()?,
            tickets_as_of: tickets_at,
            sync_type: run.kind.clone(),
            database_size_mb: Some(megabytes(database_bytes(connection)?)),
            threads_waiting: (waiting > 0).then_some(waiting),
            data_complete: Some(freshness.data_complete && incomplete.is_none() && !run.is_migration()),
            incomplete,
        };
        Ok(finished(&answer, text))
    })
}

/// The answer before the first sync is through, which may have stored conversations already.
fn none_completed(around: Surroundings<'_>, connection: &Connection, is_syncing: bool) -> Outcome {
    let message = "No successful sync found";
    let stored = totals(connection)?;
    let is_empty = stored.conversations == 0;
    let incomplete = incomplete(around, connection, is_syncing)?;
    let text = if is_empty {
        format!("{message}. {}", freshness::how_to_begin(around))
    } else {
        let stored = counted(stored.conversations, "conversation");
        format!(
            "The first sync is not through; it has stored {stored} so far. {}",
            incomplete.as_deref().unwrap_or_default()
        )
    };
    let answer = DataInfo {
        message: Some(message),
        total_conversations: (!is_empty).then_some(stored.conversations),
        total_messages: (!is_empty).then_some(stored.messages),
        incomplete: incomplete.filter(|_| !is_empty),
        data_complete: (!is_empty).then_some(false),
        ..DataInfo::default()
    };
    Ok(finished(&answer, text))
}

/// Megabytes (2^20 bytes) with two decimals, as the original program wrote them.
pub fn megabytes(bytes: u64) -> f64 {
    (bytes as f64 / 1_048_576.0 * 100.0).round() / 100.0
}
