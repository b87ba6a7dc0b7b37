//! The MCP tools: one file a tool, one table that lists them. They know no HTTP.
//!
//! # Layout
//!
//! - Each tool's file holds its definition (name, words for the model, schemas), its parsed
//!   arguments and its answer. [`TOOLS`] lists them; adding a tool is adding a row.
//! - [`arguments`] reads arguments and says what is wrong with them, [`answer`] builds answers,
//!   [`freshness`] says how far they can be trusted, [`content`] cleans and redacts what customers
//!   wrote, [`timeframe`] turns words about time into instants of a [`zone`].
//! - [`resources`] and [`prompts`] are MCP's other two primitives.
//!
//! Every tool but the two that ask for a sync works in one read transaction, so that its figures
//! belong together. Those two open none: the sync could not commit while they wait.

mod added;
pub mod answer;
pub(crate) mod arguments;
mod calendar;
mod check_coverage;
mod connectors;
pub(crate) mod content;
pub(crate) mod conversation;
pub(crate) mod cursor;
pub mod disclosure;
mod failing_articles;
pub(crate) mod figures;
pub(crate) mod filters;
mod find_knowledge_gaps;
mod force_sync;
pub(crate) mod found;
pub(crate) mod freshness;
pub(crate) mod get_conversation;
mod get_conversation_stats;
mod get_customer;
mod get_data_info;
mod get_server_status;
mod get_sync_status;
mod get_trends;
mod incomplete;
mod list_filters;
mod names;
mod period;
pub mod prompts;
mod query_database;
pub mod resources;
mod sample;
mod sample_layout;
mod schema;
mod search_articles;
pub(crate) mod search_conversations;
mod search_notices;
mod search_tickets;
mod significance;
pub mod status;
mod suggest;
mod sync_conversations;
mod terms;
mod ticket_rows;
pub(crate) mod timeframe;
mod topics;
mod unanswered_topics;
pub(crate) mod zone;

pub use crate::wit::exports::fastintercom::component::tools::ToolError;
use rusqlite::Connection;
use serde_json::Value;

pub use answer::ToolOutput;
pub use arguments::Reader;
use arguments::{ArgumentError, Arguments};

use crate::environment::{Clock, Progress, Redaction, Settings, SyncControl};
use crate::error::{StoreError, StoreResult};
use crate::store::Store;
use crate::store::workspace::workspace;
use crate::time::UnixSeconds;

/// What a tool works with.
pub struct Context<'a> {
    pub store: &'a mut Store,
    pub settings: &'a Settings,
    pub clock: &'a dyn Clock,
    pub sync: &'a dyn SyncControl,
    pub progress: &'a dyn Progress,
    /// Whose words sentences take.
    pub reader: Reader,
}

impl<'a> Context<'a> {
    /// What does not change during a call, free of the store's borrow.
    pub(crate) fn surroundings(&self) -> Surroundings<'a> {
        Surroundings { settings: self.settings, now: self.clock.now(), reader: self.reader }
    }

    /// Runs the closure in one read transaction.
    pub(crate) fn reading<T>(
        &mut self,
        read: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        // Errors of the database pass through the store, which knows what to do about some; all
        // others are answers as far as it is concerned.
        let settings = self.settings;
        self.store
            .read(|transaction| {
                know_names(transaction, settings)?;
                match read(transaction) {
                    Err(Failure::Store(error)) => Err(error),
                    other => Ok(other),
                }
            })
            .map_err(Failure::Store)?
    }
}

/// Lets redaction know the names of people in the cache, if names are to be blanked out.
pub(crate) fn know_names(connection: &Connection, settings: &Settings) -> StoreResult<()> {
    if !settings.redactions.contains(&Redaction::Names) {
        return Ok(());
    }
    let version: i64 = connection.query_row("PRAGMA data_version", [], |row| row.get(0))?;
    let newest: Option<i64> =
        connection.query_row("SELECT max(id) FROM sync_metadata", [], |row| row.get(0))?;
    // A replica's file is another one at the same path, with other syncs in it.
    let state = format!("{:?} {version} {} {newest:?}", connection.path(), connection.total_changes());
    crate::redaction::names::know(&state, || crate::store::people::names(connection))
}

/// Settings, time and reader of one call.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub settings: &'a Settings,
    pub now: UnixSeconds,
    pub reader: Reader,
}

/// A tool as `tools/list` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolDefinition {
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    /// JSON Schema (2020-12) of the arguments.
    pub input_schema: String,
    /// JSON Schema (2020-12) of [`ToolOutput::structured`], for answers that are no error.
    pub output_schema: String,
    pub read_only: bool,
    pub destructive: bool,
    pub idempotent: bool,
    pub open_world: bool,
    pub limits: Option<ToolLimits>,
    /// MCP's `_meta`, as JSON.
    pub meta: Option<&'static str>,
}

/// What a tool that can be costly gets of the host, below the limits of all tools; see
/// `record tool-limits` in `wit/world.wit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToolLimits {
    /// How long a call may take.
    pub milliseconds: u32,
    /// Calls at the same time.
    pub at_once: u32,
}

/// What goes wrong inside a tool, before it has the tool's own shape.
#[derive(Debug)]
pub(crate) enum Failure {
    Argument(ArgumentError),
    Store(StoreError),
    /// Nothing there that answers, or the work cannot be done; one sentence with what to do.
    Refused(String),
}

impl From<ArgumentError> for Failure {
    fn from(error: ArgumentError) -> Self {
        Self::Argument(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

type Outcome = Result<ToolOutput, Failure>;

/// An answer as a struct, and a sentence or two about it.
pub(crate) type Answered<T> = Result<(T, String), Failure>;

/// One row of the table of tools.
pub(crate) struct Tool {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    input: fn() -> Value,
    output: schema::AnswerSchema,
    /// The field that a failed call sets to false.
    boolean: Option<&'static str>,
    /// Starts a sync instead of only reading the cache.
    syncs: bool,
    /// Below those of all tools.
    limits: Option<ToolLimits>,
    /// Its answers are drawn on a page (MCP Apps).
    drawn: bool,
    call: fn(&mut Context<'_>, &Arguments) -> Outcome,
}

impl Tool {
    /// The arguments of a call on behalf of that reader.
    pub(crate) fn arguments(&self, reader: Reader, json: &str) -> Result<Arguments, ArgumentError> {
        let schema = (self.input)();
        let known: Vec<&str> =
            schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        Ok(Arguments::parse(json, &known)?.read_by(reader))
    }
}

const TOOLS: &[Tool] = &[
    search_conversations::TOOL,
    get_conversation::TOOL,
    get_conversation_stats::TOOL,
    get_trends::TOOL,
    find_knowledge_gaps::TOOL,
    get_customer::TOOL,
    search_articles::TOOL,
    search_tickets::TOOL,
    list_filters::TOOL,
    query_database::TOOL,
    get_data_info::TOOL,
    check_coverage::TOOL,
    get_sync_status::TOOL,
    get_server_status::TOOL,
    force_sync::TOOL,
    sync_conversations::TOOL,
    connectors::SEARCH,
    connectors::FETCH,
];

/// What the server says of itself to the model. Some clients cut it at 2,048 characters.
pub const INSTRUCTIONS: &str = include_str!("instructions.md");

/// The lists of tools, resources, templates and prompts as MCP shows them, one JSON object. Made of
/// the committed pictures by `build.rs`; tests compare it with what the functions say.
pub const DEFINITIONS: &str = include_str!(concat!(env!("OUT_DIR"), "/definitions.json"));

/// All tools, in a fixed order.
#[must_use]
pub fn list() -> Vec<ToolDefinition> {
    TOOLS
        .iter()
        .map(|tool| ToolDefinition {
            name: tool.name,
            title: tool.title,
            description: tool.description,
            input_schema: (tool.input)().to_string(),
            output_schema: tool.output.of_tool(tool.name).to_string(),
            read_only: !tool.syncs,
            destructive: false,
            idempotent: true,
            // Reading tools return what strangers wrote, the others reach Intercom.
            open_world: true,
            limits: tool.limits,
            meta: tool.drawn.then_some(crate::apps::TOOL_META),
        })
        .collect()
}

/// Calls a tool.
///
/// # Errors
/// [`ToolError`], whose sentence says what to do.
pub fn call(context: &mut Context<'_>, name: &str, arguments_json: &str) -> Result<ToolOutput, ToolError> {
    call_for(Reader::Agent, context, name, arguments_json)
}

/// Calls a tool for that reader.
///
/// # Errors
/// As [`call`].
pub fn call_for(
    reader: Reader,
    context: &mut Context<'_>,
    name: &str,
    arguments_json: &str,
) -> Result<ToolOutput, ToolError> {
    let tool = find(name)?;
    context.reader = reader;
    let outcome = tool
        .arguments(reader, arguments_json)
        .map_err(Failure::from)
        .and_then(|arguments| (tool.call)(context, &arguments));
    let redacted = |output: ToolOutput| output.redacted(&context.settings.redactions);
    let failure = |sentence: &str| redacted(answer::failure(tool.boolean, sentence));
    match outcome {
        Ok(output) => Ok(redacted(output)),
        Err(Failure::Argument(error)) => Err(ToolError::InvalidArguments(failure(&error.0))),
        Err(Failure::Store(error)) => Err(ToolError::Failed(failure(&error.to_string()))),
        Err(Failure::Refused(sentence)) => Err(ToolError::Failed(failure(&sentence))),
    }
}

/// What a tool answers when the database cannot be opened.
#[must_use]
pub fn failed_to_open(name: &str, error: &StoreError) -> ToolError {
    match find(name) {
        Ok(tool) => ToolError::Failed(answer::failure(tool.boolean, &error.to_string())),
        Err(unknown) => unknown,
    }
}

fn find(name: &str) -> Result<&'static Tool, ToolError> {
    TOOLS.iter().find(|tool| tool.name == name).ok_or_else(|| {
        let names: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
        let hint = suggest::nearest(name, names.iter().copied())
            .map(|nearest| format!(" Did you mean {nearest}?"))
            .unwrap_or_default();
        let shown: String = crate::text::clean(name).chars().take(60).collect();
        ToolError::UnknownTool(format!(
            "There is no tool {shown}.{hint} The tools are: {}.",
            names.join(", ")
        ))
    })
}

/// The time zone of days and hours in answers.
pub(crate) fn zone(settings: &Settings, connection: &Connection) -> StoreResult<zone::Zone> {
    let of_workspace = workspace(connection)?.and_then(|workspace| workspace.timezone);
    Ok(zone::Zone::choose(settings.timezone.as_deref(), of_workspace.as_deref()))
}

#[cfg(test)]
pub(crate) mod tests;
