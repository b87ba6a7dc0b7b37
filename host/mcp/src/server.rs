//! The protocol's requests, answered by the component.

use std::sync::Arc;

use fastintercom_policy::text::printable;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
    CompletionInfo, CustomRequest, CustomResult, DiscoverResult, ErrorCode, GetPromptRequestParams,
    GetPromptResponse, Implementation, InitializeRequestParams, InitializeResult, JsonObject,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Reference,
    ServerCapabilities, ServerConfig, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::backend::{Backend, Call, Completion, Failure, ToolError};
use crate::convert;
use crate::progress::Forwarder;
use crate::subscriptions::{self, LegacySubscription};
use crate::undecoded;

pub const NAME: &str = "fastintercom";
pub const TITLE: &str = "FastIntercom";

/// Definitions change only with the program.
const DEFINITIONS_TTL_MS: u64 = 3_600_000;
/// What is read changes with every sync.
const CONTENT_TTL_MS: u64 = 10_000;

/// One session's handler; cheap to clone.
pub struct Server<B> {
    backend: Arc<B>,
    /// The program is to end: subscriptions, which have no end of their own, end.
    stopping: CancellationToken,
    /// None where no session lasts longer than a request.
    subscription: Option<Arc<LegacySubscription>>,
}

impl<B> Clone for Server<B> {
    fn clone(&self) -> Self {
        Self {
            backend: Arc::clone(&self.backend),
            stopping: self.stopping.clone(),
            subscription: self.subscription.clone(),
        }
    }
}

impl<B: Backend> Server<B> {
    #[must_use]
    pub fn new(backend: Arc<B>, stopping: CancellationToken) -> Self {
        let subscription = backend.syncs_ended().is_some().then(Arc::default);
        Self { backend, stopping, subscription }
    }

    /// For a transport on which every request stands alone.
    #[must_use]
    pub fn without_sessions(self) -> Self {
        Self { subscription: None, ..self }
    }

    /// The tool's output schema. None: no such tool, or the component cannot be asked.
    async fn output_schema(&self, asker: &B::Asker, tool: &str) -> Option<Arc<JsonObject>> {
        let tools = self.backend.tools(asker).await.ok()?;
        tools.into_iter().find(|one| one.name == tool)?.output_schema
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

fn internal(error: &Failure) -> ErrorData {
    match error {
        Failure::NotPermitted(sentence) => ErrorData::invalid_request(sentence.clone(), None),
        Failure::Broken(sentence) => ErrorData::internal_error(sentence.clone(), None),
    }
}

impl<B: Backend> ServerHandler for Server<B> {
    fn get_info(&self) -> ServerConfig {
        let mut capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_prompts()
            .enable_completions()
            .build();
        if self.backend.syncs_ended().is_none()
            && let Some(resources) = &mut capabilities.resources
        {
            resources.subscribe = None;
        }
        let mut implementation = Implementation::new(NAME, env!("CARGO_PKG_VERSION"));
        implementation.title = Some(TITLE.to_owned());
        implementation.description = Some(env!("CARGO_PKG_DESCRIPTION").to_owned());
        let config = ServerConfig::new(capabilities).with_server_info(implementation);
        match self.backend.instructions() {
            Some(instructions) => config.with_instructions(instructions),
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
        let asker = self.backend.asker(&context);
        let tools = self.backend.tools(&asker).await.map_err(|error| internal(&error))?;
        let mut result = ListToolsResult::with_all_items(tools)
            .with_ttl_ms(DEFINITIONS_TTL_MS)
            .with_cache_scope(self.backend.scope(&asker));
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
        let forwarder =
            context.meta.get_progress_token().map(|token| Forwarder::new(context.peer.clone(), token));
        let asker = self.backend.asker(&context);
        let call = Call {
            tool: name.clone(),
            arguments,
            cancelled: context.ct.clone(),
            progress: forwarder.as_ref().map(|forwarder| Arc::clone(&forwarder.sink)),
            request_id: printable(&context.id.to_string(), 64),
            protocol_version: context.protocol_version().map(|version| version.to_string()),
            traceparent: context.meta.get_traceparent().map(str::to_owned),
        };
        let call = self.backend.call_tool(&asker, call);
        let answer = match forwarder {
            Some(forwarder) => forwarder.during(call).await,
            None => call.await,
        };
        let result = match answer {
            Ok(Ok(output)) => convert::tool_success(output),
            Ok(Err(ToolError::UnknownTool(sentence))) => {
                return Err(ErrorData::invalid_params(sentence, None));
            }
            Ok(Err(ToolError::InvalidArguments(output) | ToolError::Failed(output))) => {
                let schema = self.output_schema(&asker, &name).await;
                convert::tool_failure(output, schema.as_deref())
            }
            Err(error) => {
                tracing::warn!("{} failed: {error}", printable(&name, 64));
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
        let asker = self.backend.asker(&context);
        let entries = self.backend.resources(&asker).await.map_err(|error| internal(&error))?;
        let mut result = ListResourcesResult::with_all_items(entries)
            .with_ttl_ms(DEFINITIONS_TTL_MS)
            .with_cache_scope(self.backend.scope(&asker));
        result.meta = Some(convert::server_meta());
        Ok(result)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        first_page(request)?;
        let asker = self.backend.asker(&context);
        let templates = self.backend.resource_templates(&asker).await.map_err(|error| internal(&error))?;
        let mut result = ListResourceTemplatesResult::with_all_items(templates)
            .with_ttl_ms(DEFINITIONS_TTL_MS)
            .with_cache_scope(self.backend.scope(&asker));
        result.meta = Some(convert::server_meta());
        Ok(result)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let content = self
            .backend
            .read_resource(&self.backend.asker(&context), request.uri.clone(), context.ct.clone())
            .await
            .map_err(|error| internal(&error))?
            .map_err(|sentence| ErrorData::resource_not_found(sentence, Some(json!({"uri": request.uri}))))?;
        let mut result = ReadResourceResult::new(vec![convert::resource_contents(content)])
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
        let asker = self.backend.asker(&context);
        let prompts = self.backend.prompts(&asker).await.map_err(|error| internal(&error))?;
        let mut result = ListPromptsResult::with_all_items(prompts)
            .with_ttl_ms(DEFINITIONS_TTL_MS)
            .with_cache_scope(self.backend.scope(&asker));
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
        let mut result = self
            .backend
            .get_prompt(&self.backend.asker(&context), request.name, arguments, context.ct.clone())
            .await
            .map_err(|error| internal(&error))?
            .map_err(|sentence| ErrorData::invalid_params(sentence, None))?;
        result.meta = Some(convert::server_meta());
        Ok(result.into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let (reference, of_resource) = match request.r#ref {
            Reference::Prompt(prompt) => (prompt.name, false),
            Reference::Resource(resource) => (resource.uri, true),
            _ => return Err(ErrorData::invalid_params("A reference is ref/prompt or ref/resource.", None)),
        };
        let (argument, typed) = (request.argument.name, request.argument.value);
        let Completion { mut values, total, has_more } = self
            .backend
            .complete(
                &self.backend.asker(&context),
                reference,
                of_resource,
                argument,
                typed,
                context.ct.clone(),
            )
            .await
            .map_err(|error| internal(&error))?
            .map_err(|sentence| ErrorData::invalid_params(sentence, None))?;
        values.truncate(CompletionInfo::MAX_VALUES);
        let mut info = CompletionInfo::new(values).map_err(|error| ErrorData::internal_error(error, None))?;
        info.total = Some(total);
        info.has_more = Some(has_more);
        let mut result = CompleteResult::new(info);
        result.meta = Some(convert::server_meta());
        Ok(result)
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(subscriptions::accepted(requested))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let ended = self.backend.syncs_ended().ok_or_else(nothing_is_told)?;
        subscriptions::listen(context, ended, &self.stopping).await;
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let subscription = self.subscription.as_ref().ok_or_else(no_subscriptions)?;
        let ended = self.backend.syncs_ended().ok_or_else(nothing_is_told)?;
        subscription.begin(&request.uri, context.peer, ended)
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
        Err(undecoded::refusal(&request, legacy && self.subscription.is_some()))
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

/// A server that lives no longer than a request cannot tell of later changes.
fn nothing_is_told() -> ErrorData {
    ErrorData::new(
        ErrorCode::METHOD_NOT_FOUND,
        "This server tells of no changes: it lives no longer than a request. Read the resource again.",
        None,
    )
}
