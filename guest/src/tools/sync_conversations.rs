//! `sync_conversations`: bring the cache up to date, when it is not.

use schemars::JsonSchema;
use serde_json::{Value, json};
use serde_with::skip_serializing_none;

use super::{Arguments, Context, Outcome, Tool, force_sync, schema};
use crate::sync::{SyncKind, SyncRequest};

pub const TOOL: Tool = Tool {
    name: "sync_conversations",
    title: "Bring the cache up to date",
    description: "Syncs with Intercom unless the cache is fresh. force: true reads the last 7 days in any case. Waits up to about 50 seconds; a longer sync goes on in the background.",
    input,
    output: schema::of::<SyncAnswer>(),
    boolean: Some("success"),
    syncs: true,
    limits: None,
    drawn: false,
    call,
};

fn input() -> Value {
    schema::arguments(
        json!({"force": schema::boolean("Sync the last 7 days even when the cache is fresh.")}),
        &[],
    )
}

/// The answer is that of `force_sync`, whose schema is not said twice.
#[skip_serializing_none]
#[derive(JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct SyncAnswer {
    success: bool,
    /// This and all else as in force_sync.
    message: Option<String>,
}

fn call(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let force = arguments.boolean("force")?.unwrap_or(false);
    let request = SyncRequest {
        kind: if force { SyncKind::Incremental } else { SyncKind::Background },
        start_date: None,
        end_date: None,
        days: force.then_some(7),
        unless_newer_than: (!force).then_some(context.settings.sync_interval_minutes.saturating_mul(60)),
        refetch: false,
    };
    force_sync::run(context, request)
}
