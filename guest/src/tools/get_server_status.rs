//! `get_server_status`: counts, freshness and the sync in one answer.

use serde_json::{Value, json};

use super::answer::ToolOutput;
use super::{Arguments, Context, Outcome, Tool, schema, status};

pub const TOOL: Tool = Tool {
    name: "get_server_status",
    title: "State of the server",
    description: "The state of this server in one answer: what the cache holds and covers, how fresh it is, whether a sync runs or failed, and the time zone of days in answers.",
    input: schema::no_arguments,
    output,
    boolean: None,
    syncs: false,
    limits: None,
    call,
};

fn output() -> Value {
    schema::answer(
        json!({
            "status": schema::choice(&["ready", "empty"], ""),
            "total_conversations": schema::integer(""),
            "total_messages": schema::integer(""),
            "database_size_mb": {"type": "number"},
            "coverage_start": schema::text("First covered day (UTC)."),
            "coverage_end": schema::text(""),
            "last_sync": schema::text(""),
            "data_age_minutes": schema::integer(""),
            "is_syncing": schema::boolean(""),
            "sync_started_at": schema::text(""),
            "last_error": schema::text("Why the newest sync failed."),
            "threads_waiting": schema::integer(""),
            "incomplete": schema::text(""),
            "replica": schema::boolean(""),
            "timezone": schema::text(""),
            "sync_info": schema::sync_info_in_brief()
        }),
        &["status", "total_conversations", "total_messages", "is_syncing", "sync_info"],
    )
}

fn call(context: &mut Context<'_>, _: &Arguments) -> Outcome {
    let (structured, text) = status::status(context)?;
    Ok(ToolOutput { structured, text })
}
