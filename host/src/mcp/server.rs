//! The protocol's requests, answered by the component.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
    CompletionInfo, CustomRequest, CustomResult, DiscoverResult, ErrorCode, GetPromptRequestParams,
    GetPromptResponse, GetPromptResult, Implementation, InitializeRequestParams, InitializeResult,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Reference,
    ServerCapabilities, ServerConfig, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::convert;
use super::progress::Forwarder;
use super::subscriptions::{self, LegacySubscription};
use super::undecoded;
use crate::application::Application;
use crate::audit::Client;
use crate::callers::{Asker, Rights};
use crate::component::bindings::prompts::CompletionReference;
use crate::component::bindings::tools::{Reader, ToolError};
use crate::component::errors::CallError;
use crate::counters::Outcome;
use crate::telemetry::Operation;

pub const NAME: &str = "fastintercom";
pub const TITLE: &str = "FastIntercom";

/// Definitions change only with the program.
const DEFINITIONS_TTL_MS: u64 = 3_600_000;
/// What is read changes with every sync.
const CONTENT_TTL_MS: u64 = 10_000;

/// One session's handler; cheap to clone.
#[derive(Clone)]
pub struct Server {
    application: Arc<Application>,
    /// The program is to end: subscriptions, which have no end of their own, end.
    stopping: CancellationToken,
    instructions: Option<String>,
    /// None where no session lasts longer than a request.
    subscription: Option<Arc<LegacySubscription>>,
}

impl Server {
    #[must_use]
    pub fn new(application: Arc<Application>, stopping: CancellationToken) -> Self {
        let instructions = application.loader.metadata().instructions.clone();
        Self { application, stopping, instructions, subscription: Some(Arc::default()) }
    }

    /// For a transport on which every request stands alone.
    #[must_use]
    pub fn without_sessions(self) -> Self {
        Self { subscription: None, ..self }
    }

    /// The tool's output schema. None: no such tool, or the component cannot be asked.
    async fn output_schema(&self, tool: &str) -> Option<String> {
        let tools = self.application.tools().await.ok()?;
        tools.into_iter().find(|one| one.name == tool).map(|one| one.output_schema)
    }
}

/// Lists are short and come whole: the only cursor is none.
fn first_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|page| page.cursor) {
        None => Ok(()),
        Some(_) => Err(ErrorData::invalid_params(
            "There is no such page: this list has one page. Ask again without a cursor.",
            None,
        )),
    }
}

/// The beginning of a request, for telemetry.
fn operation(method: &'static str, context: &RequestContext<RoleServer>) -> Operation {
    Operation {
        method,
        tool: None,
        protocol_version: context.protocol_version().map(|version| version.to_string()),
        request_id: crate::text::printable(&context.id.to_string(), 64),
        traceparent: context.meta.get_traceparent().map(str::to_owned),
        begun: SystemTime::now(),
        took: Duration::ZERO,
        error: None,
    }
}

/// Who asks: the caller that the HTTP door knows, or the one client of standard input; with what
/// the program says of itself in the request, else in the session, else in its header.
fn asker(context: &RequestContext<RoleServer>) -> Asker {
    let door =
        context.extensions.get::<http::request::Parts>().and_then(|parts| parts.extensions.get::<Asker>());
    let mut asker = door.cloned().unwrap_or_else(|| Asker::new(Asker::STDIO, None));
    let said =
        context.meta.client_info().or_else(|| context.peer.peer_info().map(|info| info.client_info.clone()));
    if let Some(said) = said {
        asker.client = Some(Client::new(&said.name, &said.version));
    }
    asker
}

/// The end of a tool call. What a client calls a tool that does not exist, or not for them, could be
/// anything, so it is not told.
fn ended(operation: Operation, tool: &str, outcome: Outcome) -> Operation {
    Operation {
        tool: (!matches!(outcome, Outcome::UnknownTool | Outcome::NotPermitted)).then(|| tool.to_owned()),
        took: operation.begun.elapsed().unwrap_or_default(),
        error: match outcome {
            Outcome::Ok => None,
            // The conventions' word for a result with `isError`.
            Outcome::InvalidArguments | Outcome::Failed => Some("tool_error"),
            other => Some(other.as_str()),
        },
        ..operation
    }
}

/// The JSON object with one member more; other text stays as it is.
fn with_member(object: &str, name: &str, value: serde_json::Value) -> String {
    match serde_json::from_str(object) {
        Ok(serde_json::Value::Object(mut members)) => {
            members.insert(name.to_owned(), value);
            serde_json::Value::Object(members).to_string()
        }
        _ => object.to_owned(),
    }
}

fn internal(error: &CallError) -> ErrorData {
    match error {
        CallError::NotPermitted(sentence) => ErrorData::invalid_request(sentence.clone(), None),
        other => ErrorData::internal_error(other.to_string(), None),
    }
}

/// Whether all who ask get the same list.
fn scope(rights: &Rights) -> CacheScope {
    if rights.tools.is_none() && rights.resources { CacheScope::Public } else { CacheScope::Private }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_prompts()
            .enable_completions()
            .build();
        let mut implementation = Implementation::new(NAME, env!("CARGO_PKG_VERSION"));
        implementation.title = Some(TITLE.to_owned());
        implementation.description = Some(env!("CARGO_PKG_DESCRIPTION").to_owned());
        let config = ServerConfig::new(capabilities).with_server_info(implementation);
        match &self.instructions {
            Some(instructions) => config.with_instructions(instructions.clone()),
            None => config,
        }
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let mut result = self.negotiate_initialize(&request)?;
        context.peer.set_peer_info(request);
        if self.subscription.is_none()
            && let Some(resources) = &mut result.capabilities.resources
        {
            resources.subscribe = None;
        }
        Ok(result)
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let mut result = DiscoverResult::from_server_info(
            self.supported_protocol_versions().into_owned(),
            self.get_info(),
        );
        result.ttl_ms = DEFINITIONS_TTL_MS;
        result.cache_scope = CacheScope::Public;
        Ok(result)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        first_page(request)?;
        let rights = asker(&context).rights;
        let mut tools: Vec<rmcp::model::Tool> = match self.application.loader.cold_definitions() {
            Some(cold) => cold.tools.iter().cloned().map(convert::cold_tool).collect(),
            None => {
                let tools = self.application.tools().await.map_err(|error| internal(&error))?;
                let tools = tools.into_iter().map(convert::tool).collect::<Result<Vec<_>, _>>();
                tools.map_err(|error| ErrorData::internal_error(error, None))?
            }
        };
        tools.retain(|tool| rights.has_tool(&tool.name));
        if !rights.resources {
            // The pages that `_meta` names are resources: who may read none would see an empty frame.
            tools.iter_mut().for_each(|tool| tool.meta = None);
        }
        let mut result = ListToolsResult::with_all_items(tools)
            .with_ttl_ms(DEFINITIONS_TTL_MS)
            .with_cache_scope(scope(&rights));
        result.meta = Some(convert::server_meta());
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.to_string();
        let arguments = request
            .arguments
            .map_or_else(|| "{}".to_owned(), |map| serde_json::Value::Object(map).to_string());
        let operation = operation("tools/call", &context);
        let asker = asker(&context);
        let forwarder =
            context.meta.get_progress_token().map(|token| Forwarder::new(context.peer.clone(), token));
        let sink = forwarder.as_ref().map(|forwarder| Arc::clone(&forwarder.sink));
        let span = tracing::error_span!("mcp", id = %operation.request_id);
        let call = self.application.call_tool(
            &asker,
            name.clone(),
            arguments,
            Reader::Agent,
            context.ct.clone(),
            sink,
        );
        let call = call.instrument(span);
        let answer = match forwarder {
            Some(forwarder) => forwarder.during(call).await,
            None => call.await,
        };
        if let Some(telemetry) = &self.application.telemetry {
            telemetry.record(ended(operation, &name, Outcome::of(&answer)));
        }
        let result = match answer {
            Ok(Ok(output)) => convert::tool_success(output),
            Ok(Err(ToolError::UnknownTool(sentence))) => {
                return Err(ErrorData::invalid_params(sentence, None));
            }
            Ok(Err(ToolError::InvalidArguments(output) | ToolError::Failed(output))) => {
                let schema = self.output_schema(&name).await;
                convert::tool_failure(output, schema.as_deref())
            }
            Err(error) => {
                tracing::warn!("{} failed: {error}", crate::text::printable(&name, 64));
                convert::host_failure(&error.to_string())
            }
        };
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        first_page(request)?;
        let rights = asker(&context).rights;
        let resources = match self.application.loader.cold_definitions() {
            _ if !rights.resources => Vec::new(),
            Some(cold) => cold.resources.clone(),
            None => {
                let entries = self.application.resources().await.map_err(|error| internal(&error))?;
                entries.into_iter().map(convert::resource).collect()
            }
        };
        let mut result = ListResourcesResult::with_all_items(resources)
            .with_ttl_ms(DEFINITIONS_TTL_MS)
            .with_cache_scope(scope(&rights));
        result.meta = Some(convert::server_meta());
        Ok(result)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        first_page(request)?;
        let rights = asker(&context).rights;
        let templates = match self.application.loader.cold_definitions() {
            _ if !rights.resources => Vec::new(),
            Some(cold) => cold.resource_templates.clone(),
            None => {
                let templates =
                    self.application.resource_templates().await.map_err(|error| internal(&error))?;
                templates.into_iter().map(convert::resource_template).collect()
            }
        };
        let mut result = ListResourceTemplatesResult::with_all_items(templates)
            .with_ttl_ms(DEFINITIONS_TTL_MS)
            .with_cache_scope(scope(&rights));
        result.meta = Some(convert::server_meta());
        Ok(result)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let content = self
            .application
            .read_resource(&asker(&context), request.uri.clone(), context.ct.clone())
            .await
            .map_err(|error| internal(&error))?
            .map_err(|sentence| ErrorData::resource_not_found(sentence, Some(json!({"uri": request.uri}))))?;
        // What the component says of the cache, and beside it what this process did.
        let text = match content.uri.as_str() {
            subscriptions::STATUS_URI if asker(&context).rights.scope.is_none() => {
                with_member(&content.text, "process", self.application.counters())
            }
            _ => content.text.clone(),
        };
        let mut result = ReadResourceResult::new(vec![convert::resource_contents(content, text)])
            .with_ttl_ms(CONTENT_TTL_MS)
            .with_cache_scope(CacheScope::Private);
        result.meta = Some(convert::server_meta());
        Ok(result.into())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        first_page(request)?;
        let rights = asker(&context).rights;
        let prompts = match self.application.loader.cold_definitions() {
            _ if !rights.resources => Vec::new(),
            Some(cold) => cold.prompts.clone(),
            None => {
                let prompts = self.application.prompts().await.map_err(|error| internal(&error))?;
                prompts.into_iter().map(convert::prompt).collect()
            }
        };
        let mut result = ListPromptsResult::with_all_items(prompts)
            .with_ttl_ms(DEFINITIONS_TTL_MS)
            .with_cache_scope(scope(&rights));
        result.meta = Some(convert::server_meta());
        Ok(result)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request
            .arguments
            .map_or_else(|| "{}".to_owned(), |map| serde_json::Value::Object(map).to_string());
        let content = self
            .application
            .get_prompt(&asker(&context), request.name, arguments, context.ct.clone())
            .await
            .map_err(|error| internal(&error))?
            .map_err(|sentence| ErrorData::invalid_params(sentence, None))?;
        let messages = content.messages.into_iter().map(convert::prompt_message).collect();
        let mut result = GetPromptResult::new(messages).with_description(content.description);
        result.meta = Some(convert::server_meta());
        Ok(result.into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let reference = match request.r#ref {
            Reference::Prompt(prompt) => CompletionReference::Prompt(prompt.name),
            Reference::Resource(resource) => CompletionReference::ResourceTemplate(resource.uri),
            _ => return Err(ErrorData::invalid_params("A reference is ref/prompt or ref/resource.", None)),
        };
        let completion = self
            .application
            .complete(
                &asker(&context),
                reference,
                request.argument.name,
                request.argument.value,
                context.ct.clone(),
            )
            .await
            .map_err(|error| internal(&error))?
            .map_err(|sentence| ErrorData::invalid_params(sentence, None))?;
        let mut values = completion.values;
        values.truncate(CompletionInfo::MAX_VALUES);
        let mut info = CompletionInfo::new(values).map_err(|error| ErrorData::internal_error(error, None))?;
        info.total = Some(completion.total);
        info.has_more = Some(completion.has_more);
        let mut result = CompleteResult::new(info);
        result.meta = Some(convert::server_meta());
        Ok(result)
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(subscriptions::accepted(requested))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        subscriptions::listen(context, self.application.syncs.ended(), &self.stopping).await;
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let subscription = self.subscription.as_ref().ok_or_else(no_subscriptions)?;
        subscription.begin(&request.uri, context.peer, self.application.syncs.ended())
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.subscription.as_ref().ok_or_else(no_subscriptions)?.end(&request.uri);
        Ok(())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let legacy = context.protocol_version().is_none_or(|version| version.has_initialize());
        Err(undecoded::refusal(request.method, legacy && self.subscription.is_some()))
    }
}

/// What a transport without sessions does not declare to the older era, it does not have.
fn no_subscriptions() -> ErrorData {
    ErrorData::new(
        ErrorCode::METHOD_NOT_FOUND,
        "A subscription lasts for a session, and this transport has none: ask with subscriptions/listen (2026-07-28), or read the resource again.",
        None,
    )
}
