//! The calls that read something, each with a line in the audit log, where there is one.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::Application;
use crate::audit::{Disclosed, Pending, Record};
use crate::callers::Asker;
use crate::component::bindings::tools::{Reader, Tool, ToolError, ToolOutput};
use crate::component::bindings::{bulk, prompts, resources, views};
use crate::component::errors::CallError;
use crate::component::pool::{Around, Narrow};
use crate::component::state::ProgressSink;
use crate::component::worker::Live;
use crate::config::redaction_name;
use crate::counters::Outcome;

impl Application {
    /// The tool's own limits, if it has some.
    async fn narrow(&self, tool: &str) -> Result<Option<Narrow>, CallError> {
        let narrow = self.narrow.get_or_try_init(|| async {
            let own = |tool: Tool| Some((tool.name, self.readers.narrow(tool.limits?)));
            Ok(self.tools().await?.into_iter().filter_map(own).collect())
        });
        Ok(narrow.await?.get(tool).cloned())
    }

    /// Calls a tool with a JSON object as arguments, for that reader of its answer.
    ///
    /// # Errors
    /// [`CallError`] when the component gave no answer; the inner error is the tool's own.
    pub async fn call_tool(
        &self,
        asker: &Asker,
        name: String,
        arguments: String,
        reader: Reader,
        cancelled: CancellationToken,
        progress: Option<ProgressSink>,
    ) -> Result<Result<ToolOutput, ToolError>, CallError> {
        let read = Read { operation: "tools/call", name: &name, arguments: &arguments, size: size_of_tool };
        self.audited(asker, read, async |around| {
            let around = Around { cancelled, progress, ..around };
            self.call_tool_unlogged(asker, name.clone(), arguments.clone(), reader, around).await
        })
        .await
    }

    async fn call_tool_unlogged(
        &self,
        asker: &Asker,
        name: String,
        arguments: String,
        reader: Reader,
        around: Around,
    ) -> Result<Result<ToolOutput, ToolError>, CallError> {
        let begun = Instant::now();
        let tool = crate::text::printable(&name, 64);
        // Also around what the component logs meanwhile: see `Worker::call`. It is an error's span
        // so that lines of every level have it.
        let span = tracing::error_span!("call", request = self.calls.next(), caller = &*asker.caller, tool);
        let answer = async {
            let narrow = self.narrow(&name).await?;
            let readers = self.readers_for(&around).await?;
            let call = readers.call(Around { narrow, ..around }, async move |live: &mut Live| {
                let tools = live.exports.fastintercom_component_tools();
                tools.call_call_tool(&mut live.store, &name, &arguments, reader).await
            });
            call.await
        };
        let answer: Result<Result<ToolOutput, ToolError>, CallError> = answer.instrument(span.clone()).await;
        let (outcome, took) = (Outcome::of(&answer), begun.elapsed());
        self.calls.ended(&tool, outcome, took);
        let bytes = answer.as_ref().map_or(0, size_of_tool);
        span.in_scope(|| {
            tracing::info!(
                milliseconds = (took.as_secs_f64() * 10_000.0).round() / 10.0,
                bytes,
                outcome = outcome.as_str(),
                "tool called"
            );
        });
        answer
    }

    /// Does the work if the caller may have it done, and has a line in the audit log before anybody
    /// gets its answer, or is refused it. The work goes on with what it is given.
    async fn audited<T>(
        &self,
        asker: &Asker,
        read: Read<'_, T>,
        work: impl AsyncFnOnce(Around) -> Result<T, CallError>,
    ) -> Result<T, CallError>
    where
        T: Ended,
    {
        let redactions = asker.rights.redactions.iter().filter(|kind| !self.config.redactions.contains(kind));
        let around = Around {
            redactions: redactions.copied().collect(),
            scope: asker.rights.scope.clone(),
            ..Around::default()
        };
        let permitted = asker.rights.check(read.operation, read.name).map_err(CallError::NotPermitted);
        let Some(audit) = &self.audit else {
            permitted?;
            return work(around).await;
        };
        let record = Record {
            at: SystemTime::now(),
            caller: asker.caller.to_string(),
            client: asker.client.clone(),
            operation: read.operation,
            name: crate::text::printable(read.name, 200),
            arguments: read.arguments.to_owned(),
            disclosed: Disclosed::default(),
            bytes: 0,
            redaction: self
                .config
                .redactions
                .iter()
                .chain(&around.redactions)
                .map(|kind| redaction_name(*kind))
                .collect(),
            outcome: Outcome::Cancelled,
            took: Duration::ZERO,
        };
        let pending = Pending::new(Arc::clone(audit), record, Arc::clone(&around.disclosed));
        let answer = match permitted {
            Ok(()) => work(around).await,
            Err(refusal) => Err(refusal),
        };
        let (outcome, bytes) = match &answer {
            Ok(answer) => (answer.outcome(), (read.size)(answer)),
            Err(error) => (Outcome::of_error(error), 0),
        };
        pending.end(outcome, bytes).await.map_err(CallError::Audit)?;
        answer
    }

    /// # Errors
    /// [`CallError`]; the inner error says that there is no such resource.
    pub async fn read_resource(
        &self,
        asker: &Asker,
        uri: String,
        cancelled: CancellationToken,
    ) -> Result<Result<resources::ResourceContent, String>, CallError> {
        let size = |answer: &Result<resources::ResourceContent, String>| {
            answer.as_ref().map_or(0, |content| content.text.len())
        };
        let read = Read { operation: "resources/read", name: &uri, arguments: "{}", size };
        self.audited(asker, read, async |around| {
            let around = Around { cancelled, ..around };
            let uri = uri.clone();
            self.asked(around, async move |live: &mut Live| {
                live.exports
                    .fastintercom_component_resources()
                    .call_read_resource(&mut live.store, &uri)
                    .await
            })
            .await
        })
        .await
    }

    /// # Errors
    /// [`CallError`]; the inner error says what is wrong with name or arguments.
    pub async fn get_prompt(
        &self,
        asker: &Asker,
        name: String,
        arguments: String,
        cancelled: CancellationToken,
    ) -> Result<Result<prompts::PromptContent, String>, CallError> {
        let size = |answer: &Result<prompts::PromptContent, String>| {
            let messages = answer.iter().flat_map(|content| &content.messages);
            messages.map(|message| message.text.len()).sum()
        };
        let read = Read { operation: "prompts/get", name: &name, arguments: &arguments, size };
        self.audited(asker, read, async |around| {
            let around = Around { cancelled, ..around };
            let (name, arguments) = (name.clone(), arguments.clone());
            self.asked(around, async move |live: &mut Live| {
                live.exports
                    .fastintercom_component_prompts()
                    .call_get_prompt(&mut live.store, &name, &arguments)
                    .await
            })
            .await
        })
        .await
    }

    /// # Errors
    /// [`CallError`]; the inner error says what is wrong with the reference.
    pub async fn complete(
        &self,
        asker: &Asker,
        reference: prompts::CompletionReference,
        argument: String,
        typed: String,
        cancelled: CancellationToken,
    ) -> Result<Result<prompts::Completion, String>, CallError> {
        let name = match &reference {
            prompts::CompletionReference::Prompt(name)
            | prompts::CompletionReference::ResourceTemplate(name) => name.clone(),
        };
        let mut arguments = serde_json::Map::new();
        arguments.insert(crate::text::printable(&argument, 100), typed.clone().into());
        let arguments = serde_json::Value::Object(arguments).to_string();
        let size = |answer: &Result<prompts::Completion, String>| {
            answer.iter().flat_map(|completion| &completion.values).map(String::len).sum()
        };
        let read = Read { operation: "completion/complete", name: &name, arguments: &arguments, size };
        self.audited(asker, read, async |around| {
            let around = Around { cancelled, ..around };
            self.asked(around, async move |live: &mut Live| {
                live.exports
                    .fastintercom_component_prompts()
                    .call_complete(&mut live.store, &reference, &argument, &typed)
                    .await
            })
            .await
        })
        .await
    }

    /// Conversations for a terminal, `width` columns wide.
    ///
    /// # Errors
    /// [`CallError`]; the inner error is the component's sentence. So for the other views.
    pub async fn search_view(
        &self,
        options: String,
        width: Option<u32>,
        cancelled: CancellationToken,
    ) -> Result<Result<views::Screen, views::ViewError>, CallError> {
        let read = Read::command("search", &options, size_of_screen);
        self.audited(&terminal(), read, async |around| {
            let around = Around { cancelled, ..around };
            let options = options.clone();
            self.asked(around, async move |live: &mut Live| {
                live.exports
                    .fastintercom_component_views()
                    .call_search(&mut live.store, &options, width)
                    .await
            })
            .await
        })
        .await
    }

    /// One conversation for a terminal, `width` columns wide.
    ///
    /// # Errors
    /// As [`Self::search_view`].
    pub async fn show_view(
        &self,
        options: String,
        width: Option<u32>,
        cancelled: CancellationToken,
    ) -> Result<Result<views::Screen, views::ViewError>, CallError> {
        let read = Read::command("show", &options, size_of_screen);
        self.audited(&terminal(), read, async |around| {
            let around = Around { cancelled, ..around };
            let options = options.clone();
            self.asked(around, async move |live: &mut Live| {
                live.exports.fastintercom_component_views().call_show(&mut live.store, &options, width).await
            })
            .await
        })
        .await
    }

    /// A page with figures and charts.
    ///
    /// # Errors
    /// As [`Self::search_view`].
    pub async fn report(
        &self,
        options: String,
        cancelled: CancellationToken,
    ) -> Result<Result<views::Page, views::ViewError>, CallError> {
        let size = |page: &Result<views::Page, _>| page.as_ref().map_or(0, |page| page.html.len());
        let read = Read::command("report", &options, size);
        self.audited(&terminal(), read, async |around| {
            let around = Around { cancelled, ..around };
            let options = options.clone();
            self.asked(around, async move |live: &mut Live| {
                live.exports.fastintercom_component_views().call_report(&mut live.store, &options).await
            })
            .await
        })
        .await
    }

    /// Everything that is stored of one person.
    ///
    /// # Errors
    /// As [`Self::search_view`].
    pub async fn person(
        &self,
        options: String,
        cancelled: CancellationToken,
    ) -> Result<Result<views::Page, views::ViewError>, CallError> {
        let size = |page: &Result<views::Page, _>| page.as_ref().map_or(0, |page| page.html.len());
        let read = Read::command("export", &options, size);
        self.audited(&terminal(), read, async |around| {
            let around = Around { cancelled, ..around };
            let options = options.clone();
            self.asked(around, async move |live: &mut Live| {
                live.exports.fastintercom_component_views().call_person(&mut live.store, &options).await
            })
            .await
        })
        .await
    }

    /// A stretch of whole conversations. Each is a read of its own, with a line of its own in the
    /// audit log.
    ///
    /// # Errors
    /// As [`Self::search_view`].
    pub async fn bulk(
        &self,
        asker: &Asker,
        options: String,
        start: Option<String>,
        cancelled: CancellationToken,
    ) -> Result<Result<bulk::Stretch, views::ViewError>, CallError> {
        let size =
            |stretch: &Result<bulk::Stretch, _>| stretch.as_ref().map_or(0, |stretch| stretch.text.len());
        let read = Read { operation: "export", name: "export", arguments: &options, size };
        self.audited(asker, read, async |around| {
            let around = Around { cancelled, ..around };
            let options = options.clone();
            self.asked(around, async move |live: &mut Live| {
                let bulk = live.exports.fastintercom_component_bulk();
                bulk.call_read(&mut live.store, &options, start.as_deref()).await
            })
            .await
        })
        .await
    }
}

/// What a call reads, for the audit log.
struct Read<'a, T> {
    operation: &'static str,
    name: &'a str,
    arguments: &'a str,
    /// Bytes of an answer.
    size: fn(&T) -> usize,
}

impl<'a, T> Read<'a, T> {
    /// A command of the command line.
    fn command(name: &'a str, options: &'a str, size: fn(&T) -> usize) -> Self {
        Self { operation: "command", name, arguments: options, size }
    }
}

/// How a call of the component ended that did end.
trait Ended {
    fn outcome(&self) -> Outcome;
}

impl Ended for Result<ToolOutput, ToolError> {
    fn outcome(&self) -> Outcome {
        Outcome::of_tool(self)
    }
}

impl<T> Ended for Result<T, String> {
    fn outcome(&self) -> Outcome {
        if self.is_ok() { Outcome::Ok } else { Outcome::Failed }
    }
}

impl<T> Ended for Result<T, views::ViewError> {
    fn outcome(&self) -> Outcome {
        match self {
            Ok(_) => Outcome::Ok,
            Err(views::ViewError::InvalidOptions(_)) => Outcome::InvalidArguments,
            Err(views::ViewError::Failed(_)) => Outcome::Failed,
        }
    }
}

fn terminal() -> Asker {
    Asker::new(Asker::TERMINAL, None)
}

fn size_of_tool(answer: &Result<ToolOutput, ToolError>) -> usize {
    match answer {
        Ok(output) | Err(ToolError::InvalidArguments(output) | ToolError::Failed(output)) => {
            output.structured.len() + output.text.len()
        }
        Err(ToolError::UnknownTool(_)) => 0,
    }
}

fn size_of_screen(screen: &Result<views::Screen, views::ViewError>) -> usize {
    screen.as_ref().map_or(0, |screen| screen.lines.iter().flatten().map(|span| span.text.len()).sum())
}
