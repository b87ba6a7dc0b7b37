//! Who calls the component.

use std::fmt;
use std::sync::Arc;

use rmcp::model::{GetPromptResult, ResourceTemplate};
use rmcp::model::{Prompt, Tool};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The call could not be made or did not end well, and the component knows nothing of it: it
/// trapped, ran over a limit, or there is none. A sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub String);

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A tool's answer: a JSON object, and the same in a sentence or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolOutput {
    pub structured: String,
    pub text: String,
}

/// Why a tool gave no answer; see `tool-error` in `wit/world.wit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolError {
    UnknownTool(String),
    InvalidArguments(ToolOutput),
    Failed(ToolOutput),
}

/// What was read of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub uri: String,
    pub mime_type: String,
    pub text: String,
    /// MCP's `_meta`, a JSON object.
    pub meta: Option<String>,
}

/// A prompt, filled in.
pub type Prompted = GetPromptResult;

/// Values that an argument could have; see `completion` in `wit/world.wit`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    pub values: Vec<String>,
    pub total: u32,
    pub has_more: bool,
}

/// How far a call has come; see `progress.update` in `wit/world.wit`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    pub phase: String,
    pub done: u64,
    pub total: Option<u64>,
    pub messages: u64,
    pub waiting: u64,
}

/// Takes the progress of one call.
pub type Sink = Arc<dyn Fn(Update) + Send + Sync>;

/// A tool call as the client sent it.
pub struct Call {
    pub tool: String,
    /// A JSON object.
    pub arguments: String,
    /// The client gave up.
    pub cancelled: CancellationToken,
    /// The client wants to know how far it has come.
    pub progress: Option<Sink>,
    /// The request's id, fit for a log.
    pub request_id: String,
    pub protocol_version: Option<String>,
    /// What the client sent as `_meta.traceparent`.
    pub traceparent: Option<String>,
}

/// Calls the component's exports. Lists change only with the program.
pub trait Backend: Send + Sync + 'static {
    /// What clients are told about the use of the tools.
    fn instructions(&self) -> Option<String>;

    fn tools(&self) -> impl Future<Output = Result<Vec<Tool>, Failure>> + Send;

    fn call_tool(
        &self,
        call: Call,
    ) -> impl Future<Output = Result<Result<ToolOutput, ToolError>, Failure>> + Send;

    fn resources(&self) -> impl Future<Output = Result<Vec<rmcp::model::Resource>, Failure>> + Send;

    fn resource_templates(&self) -> impl Future<Output = Result<Vec<ResourceTemplate>, Failure>> + Send;

    /// The inner error says that there is no such resource, or why it cannot be read.
    fn read_resource(
        &self,
        uri: String,
        cancelled: CancellationToken,
    ) -> impl Future<Output = Result<Result<Resource, String>, Failure>> + Send;

    fn prompts(&self) -> impl Future<Output = Result<Vec<Prompt>, Failure>> + Send;

    /// `arguments` is a JSON object.
    fn get_prompt(
        &self,
        name: String,
        arguments: String,
        cancelled: CancellationToken,
    ) -> impl Future<Output = Result<Result<Prompted, String>, Failure>> + Send;

    /// Values for an argument of a prompt or, with `of_resource`, of a resource template.
    fn complete(
        &self,
        reference: String,
        of_resource: bool,
        argument: String,
        typed: String,
        cancelled: CancellationToken,
    ) -> impl Future<Output = Result<Result<Completion, String>, Failure>> + Send;

    /// Counts the syncs that ended, for those who subscribe to the status. None: nobody can, since
    /// this server lives no longer than a request.
    fn syncs_ended(&self) -> Option<watch::Receiver<u64>>;
}
