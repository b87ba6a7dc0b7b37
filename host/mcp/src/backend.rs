//! Who calls the component.

use std::fmt;
use std::sync::Arc;

use rmcp::RoleServer;
use rmcp::model::{CacheScope, GetPromptResult, Prompt, ResourceTemplate, Tool};
use rmcp::service::RequestContext;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Why the component gave no answer, of which it knows nothing. A sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The call could not be made or did not end well: it trapped, ran over a limit, or there is no
    /// component.
    Broken(String),
    /// This asker may not make the call.
    NotPermitted(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Broken(sentence) | Self::NotPermitted(sentence)) = self;
        formatter.write_str(sentence)
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
    /// Who asks, as far as answers depend on it; `()` where they do not.
    type Asker: Send + Sync;

    /// Reads the asker from a request.
    fn asker(&self, context: &RequestContext<RoleServer>) -> Self::Asker;

    /// Whether all who ask get the same lists as this one.
    fn scope(&self, asker: &Self::Asker) -> CacheScope;

    /// What clients are told about the use of the tools.
    fn instructions(&self) -> Option<String>;

    fn tools(&self, asker: &Self::Asker) -> impl Future<Output = Result<Vec<Tool>, Failure>> + Send;

    fn call_tool(
        &self,
        asker: &Self::Asker,
        call: Call,
    ) -> impl Future<Output = Result<Result<ToolOutput, ToolError>, Failure>> + Send;

    fn resources(
        &self,
        asker: &Self::Asker,
    ) -> impl Future<Output = Result<Vec<rmcp::model::Resource>, Failure>> + Send;

    fn resource_templates(
        &self,
        asker: &Self::Asker,
    ) -> impl Future<Output = Result<Vec<ResourceTemplate>, Failure>> + Send;

    /// The inner error says that there is no such resource, or why it cannot be read.
    fn read_resource(
        &self,
        asker: &Self::Asker,
        uri: String,
        cancelled: CancellationToken,
    ) -> impl Future<Output = Result<Result<Resource, String>, Failure>> + Send;

    fn prompts(&self, asker: &Self::Asker) -> impl Future<Output = Result<Vec<Prompt>, Failure>> + Send;

    /// `arguments` is a JSON object.
    fn get_prompt(
        &self,
        asker: &Self::Asker,
        name: String,
        arguments: String,
        cancelled: CancellationToken,
    ) -> impl Future<Output = Result<Result<Prompted, String>, Failure>> + Send;

    /// Values for an argument of a prompt or, with `of_resource`, of a resource template.
    fn complete(
        &self,
        asker: &Self::Asker,
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
