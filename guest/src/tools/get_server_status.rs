//! `get_server_status`: counts, freshness and the sync in one answer.

use super::answer::ToolOutput;
use super::{Arguments, Context, Outcome, Tool, schema, status};

pub const TOOL: Tool = Tool {
    name: "get_server_status",
    title: "State of the server",
    description: "The state of this server in one answer: what the cache holds and covers, how fresh it is, whether a sync runs or failed, and the time zone of days in answers.",
    input: schema::no_arguments,
    output: schema::of::<status::Status>(),
    boolean: None,
    syncs: false,
    limits: None,
    drawn: false,
    call,
};

fn call(context: &mut Context<'_>, _: &Arguments) -> Outcome {
    let (structured, text) = status::status(context)?;
    Ok(ToolOutput { structured, text })
}
