//! `sync_conversations`: bring the cache up to date, when it is not.

use serde_json::{Value, json};

use super::{Arguments, Context, Outcome, Tool, force_sync, schema};
use crate::sync::{SyncKind, SyncRequest};

pub const TOOL: Tool = Tool {
    name: "sync_conversations",
    title: "Bring the cache up to date",
    description: "Syncs with Intercom unless the cache is fresh. force: true reads the last 7 days in any case. Waits up to about 50 seconds; a longer sync goes on in the background.",
    input,
    output,
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

fn output() -> Value {
    schema::answer(
        json!({"success": schema::boolean(""), "message": schema::text("This and all else as in force_sync.")}),
        &["success"],
    )
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
