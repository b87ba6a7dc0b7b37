//! The application behind the protocol's requests, for whoever may make them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fastintercom_mcp::{
    Backend, Call, Completion, Failure, Prompted, Resource, STATUS_URI, ToolError, ToolOutput, Update,
};
use rmcp::RoleServer;
use rmcp::model::{self, CacheScope};
use rmcp::service::RequestContext;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::application::Application;
use crate::audit::Client;
use crate::callers::Asker;
use crate::component::bindings::progress;
use crate::component::bindings::tools::Reader;
use crate::component::errors::CallError;
use crate::component::state::ProgressSink;
use crate::counters::Outcome;
use crate::telemetry::Operation;

fastintercom_mcp::conversions!(
    crate::component::bindings::tools,
    crate::component::bindings::resources,
    crate::component::bindings::prompts
);

/// A tool as lists show it.
///
/// # Errors
/// When a schema is no JSON object.
pub fn listed(tool: crate::component::bindings::tools::Tool) -> Result<model::Tool, Failure> {
    from_wit::tool(tool)
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotPermitted(sentence) => Self::NotPermitted(sentence),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl Backend for Application {
    type Asker = Asker;

    /// The caller that the HTTP door knows, or the one client of standard input; with what the
    /// program says of itself in the request, else in the session, else in its header.
    fn asker(&self, context: &RequestContext<RoleServer>) -> Asker {
        let door = context
            .extensions
            .get::<http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<Asker>());
        let mut asker = door.cloned().unwrap_or_else(|| Asker::new(Asker::STDIO, None));
        let said = context
            .meta
            .client_info()
            .or_else(|| context.peer.peer_info().map(|info| info.client_info.clone()));
        if let Some(said) = said {
            asker.client = Some(Client::new(&said.name, &said.version));
        }
        asker
    }

    fn scope(&self, asker: &Asker) -> CacheScope {
        let all = asker.rights.tools.is_none() && asker.rights.resources;
        if all { CacheScope::Public } else { CacheScope::Private }
    }

    fn instructions(&self) -> Option<String> {
        self.loader.metadata().instructions.clone()
    }

    async fn tools(&self, asker: &Asker) -> Result<Vec<model::Tool>, Failure> {
        let mut tools = match self.loader.cold_definitions() {
            Some(cold) => cold.tools.clone(),
            None => Self::tools(self).await?.into_iter().map(from_wit::tool).collect::<Result<_, _>>()?,
        };
        tools.retain(|tool| asker.rights.has_tool(&tool.name));
        if !asker.rights.resources {
            // The pages that `_meta` names are resources: who may read none would see an empty frame.
            tools.iter_mut().for_each(|tool| tool.meta = None);
        }
        Ok(tools)
    }

    async fn call_tool(&self, asker: &Asker, call: Call) -> Result<Result<ToolOutput, ToolError>, Failure> {
        let begun = SystemTime::now();
        let progress = call.progress.map(|sink| -> ProgressSink {
            Arc::new(move |update: progress::Update| {
                sink(Update {
                    phase: update.phase,
                    done: update.done,
                    total: update.total,
                    messages: update.messages,
                    waiting: update.waiting,
                });
            })
        });
        let span = tracing::error_span!("mcp", id = %call.request_id);
        let answer = Self::call_tool(
            self,
            asker,
            call.tool.clone(),
            call.arguments,
            Reader::Agent,
            call.cancelled,
            progress,
        );
        let answer = answer.instrument(span).await;
        if let Some(telemetry) = &self.telemetry {
            let outcome = Outcome::of(&answer);
            // What a client calls a tool that does not exist, or not for them, could be anything.
            let is_tool = !matches!(outcome, Outcome::UnknownTool | Outcome::NotPermitted);
            telemetry.record(Operation {
                method: "tools/call",
                tool: is_tool.then_some(call.tool),
                protocol_version: call.protocol_version,
                request_id: call.request_id,
                traceparent: call.traceparent,
                begun,
                took: begun.elapsed().unwrap_or(Duration::ZERO),
                error: match outcome {
                    Outcome::Ok => None,
                    // The conventions' word for a result with `isError`.
                    Outcome::InvalidArguments | Outcome::Failed => Some("tool_error"),
                    other => Some(other.as_str()),
                },
            });
        }
        Ok(from_wit::answer(answer?))
    }

    async fn resources(&self, asker: &Asker) -> Result<Vec<model::Resource>, Failure> {
        Ok(match self.loader.cold_definitions() {
            _ if !asker.rights.resources => Vec::new(),
            Some(cold) => cold.resources.clone(),
            None => Self::resources(self).await?.into_iter().map(from_wit::resource).collect(),
        })
    }

    async fn resource_templates(&self, asker: &Asker) -> Result<Vec<model::ResourceTemplate>, Failure> {
        Ok(match self.loader.cold_definitions() {
            _ if !asker.rights.resources => Vec::new(),
            Some(cold) => cold.resource_templates.clone(),
            None => {
                Self::resource_templates(self).await?.into_iter().map(from_wit::resource_template).collect()
            }
        })
    }

    async fn read_resource(
        &self,
        asker: &Asker,
        uri: String,
        cancelled: CancellationToken,
    ) -> Result<Result<Resource, String>, Failure> {
        let answer = Self::read_resource(self, asker, uri, cancelled).await?;
        let mut answer = answer.map(from_wit::content);
        // What the component says of the cache, and beside it what this process did.
        if let Ok(content) = &mut answer
            && content.uri == STATUS_URI
            && asker.rights.scope.is_none()
            && let Ok(Value::Object(mut members)) = serde_json::from_str(&content.text)
        {
            members.insert("process".to_owned(), self.counters());
            content.text = Value::Object(members).to_string();
        }
        Ok(answer)
    }

    async fn prompts(&self, asker: &Asker) -> Result<Vec<model::Prompt>, Failure> {
        Ok(match self.loader.cold_definitions() {
            _ if !asker.rights.resources => Vec::new(),
            Some(cold) => cold.prompts.clone(),
            None => Self::prompts(self).await?.into_iter().map(from_wit::prompt).collect(),
        })
    }

    async fn get_prompt(
        &self,
        asker: &Asker,
        name: String,
        arguments: String,
        cancelled: CancellationToken,
    ) -> Result<Result<Prompted, String>, Failure> {
        let answer = Self::get_prompt(self, asker, name, arguments, cancelled).await?;
        Ok(answer.map(from_wit::prompted))
    }

    async fn complete(
        &self,
        asker: &Asker,
        reference: String,
        of_resource: bool,
        argument: String,
        typed: String,
        cancelled: CancellationToken,
    ) -> Result<Result<Completion, String>, Failure> {
        let reference = from_wit::reference(reference, of_resource);
        let answer = Self::complete(self, asker, reference, argument, typed, cancelled).await?;
        Ok(answer.map(from_wit::completion))
    }

    fn syncs_ended(&self) -> Option<watch::Receiver<u64>> {
        Some(self.syncs.ended())
    }
}
