//! The component's exports. One instance serves one call at a time and keeps its store open.

use std::cell::RefCell;
use std::path::Path;

use super::http::WasiHttp;
use super::imports::{self, Host};
use crate::environment::{Clock, Redaction, Settings};
use crate::error::{StoreError, StoreResult};
use crate::store::filtered;
use crate::store::{OpenMode, OpenOptions, READER_CACHE_KIB, SYNC_CACHE_KIB, Store};
use crate::sync::{AccountEnvironment, Pace, SyncEnvironment};
use crate::tools::{Context, disclosure};
use crate::wit::exports::fastintercom::component::{
    account, bulk, maintenance, prompts, resources, sync, tools, views,
};
use crate::wit::fastintercom::component::{settings, sync_types};

struct Component;

crate::wit::export!(Component with_types_in crate::wit);

thread_local! {
    static STORE: RefCell<Option<Opened>> = const { RefCell::new(None) };
}

/// The store of an instance. Its connection keeps views, functions and statements, and what they
/// blank out is for the callers it was opened for: others get another one.
struct Opened {
    store: Store,
    redactions: Vec<Redaction>,
}

/// Runs the work on this instance's store, opening it first.
fn with_store<T>(settings: &Settings, cache_kib: u32, work: impl FnOnce(&mut Store) -> T) -> StoreResult<T> {
    STORE.with_borrow_mut(|slot| {
        // Where there are no locks, each newer state of the cache is a file with another name.
        slot.take_if(|opened| {
            opened.store.path() != Path::new(&settings.database_file)
                || opened.redactions != settings.redactions
        });
        if slot.is_none() {
            let store = open(settings, cache_kib)?;
            *slot = Some(Opened { store, redactions: settings.redactions.clone() });
        }
        match slot {
            Some(opened) => Ok(work(&mut opened.store)),
            None => Err(StoreError::Other("the database is not open".to_owned())),
        }
    })
}

fn open(settings: &Settings, cache_kib: u32) -> StoreResult<Store> {
    Store::open_with(Path::new(&settings.database_file), &options(settings, cache_kib))
}

fn options(settings: &Settings, cache_kib: u32) -> OpenOptions<'static> {
    OpenOptions {
        mode: if settings.read_only { OpenMode::ReadOnly } else { OpenMode::ReadWrite },
        cache_kib,
        now: Host.now(),
        local_offset: &imports::local_offset,
        phase: &imports::phase,
    }
}

/// Runs the work with everything a tool needs.
fn with_context<T>(work: impl FnOnce(&mut Context<'_>) -> T) -> StoreResult<T> {
    let settings = settings::get();
    let done = with_store(&settings, READER_CACHE_KIB, |store| {
        work(&mut Context {
            store,
            settings: &settings,
            clock: &Host,
            sync: &Host,
            progress: &Host,
            reader: crate::tools::Reader::Agent,
        })
    });
    imports::tell(disclosure::take());
    done
}

#[cfg(feature = "probe")]
fn probe(name: &str, arguments: &str) -> Option<Result<tools::ToolOutput, tools::ToolError>> {
    let answer = with_context(|context| super::probe::call(context.store, name, arguments));
    let output = |value: serde_json::Value| tools::ToolOutput {
        structured: value.to_string(),
        text: value.to_string(),
    };
    Some(match answer.transpose()?.and_then(|answer| answer) {
        Ok(value) => Ok(output(value)),
        Err(error) => {
            Err(tools::ToolError::Failed(output(serde_json::json!({ "error": error.to_string() }))))
        }
    })
}

impl tools::Guest for Component {
    fn list_tools() -> Vec<tools::Tool> {
        crate::tools::list()
            .into_iter()
            .map(|tool| tools::Tool {
                name: tool.name.to_owned(),
                title: tool.title.to_owned(),
                description: tool.description.to_owned(),
                input_schema: tool.input_schema,
                output_schema: tool.output_schema,
                read_only_hint: tool.read_only,
                destructive_hint: tool.destructive,
                idempotent_hint: tool.idempotent,
                open_world_hint: tool.open_world,
                limits: tool.limits.map(|limits| tools::ToolLimits {
                    milliseconds: limits.milliseconds,
                    at_once: limits.at_once,
                }),
                meta: tool.meta.map(str::to_owned),
            })
            .collect()
    }

    fn call_tool(
        name: String,
        arguments: String,
        reader: tools::Reader,
    ) -> Result<tools::ToolOutput, tools::ToolError> {
        #[cfg(feature = "probe")]
        if name.starts_with("probe_")
            && let Some(answer) = probe(&name, &arguments)
        {
            return answer;
        }
        let reader = match reader {
            tools::Reader::Agent => crate::tools::Reader::Agent,
            tools::Reader::Program => crate::tools::Reader::Program,
        };
        with_context(|context| crate::tools::call_for(reader, context, &name, &arguments))
            .unwrap_or_else(|error| Err(crate::tools::failed_to_open(&name, &error)))
    }
}

impl resources::Guest for Component {
    fn list_resources() -> Vec<resources::ResourceEntry> {
        crate::tools::resources::list_resources()
            .into_iter()
            .map(|entry| resources::ResourceEntry {
                uri: entry.uri.into(),
                name: entry.name.into(),
                title: entry.title.into(),
                description: entry.description.into(),
                mime_type: entry.mime_type.into(),
            })
            .collect()
    }

    fn list_resource_templates() -> Vec<resources::ResourceTemplate> {
        crate::tools::resources::list_resource_templates()
            .into_iter()
            .map(|template| resources::ResourceTemplate {
                uri_template: template.uri_template.into(),
                name: template.name.into(),
                title: template.title.into(),
                description: template.description.into(),
                mime_type: template.mime_type.into(),
            })
            .collect()
    }

    fn read_resource(uri: String) -> Result<resources::ResourceContent, String> {
        use crate::tools::resources::{read_fixed_resource, read_resource};
        let read = match read_fixed_resource(&uri) {
            Some(content) => Ok(content),
            None => {
                with_context(|context| read_resource(context, &uri)).map_err(|error| error.to_string())?
            }
        };
        read.map(|content| resources::ResourceContent {
            uri: content.uri,
            mime_type: content.mime_type.into(),
            text: content.text,
            meta: content.meta.map(str::to_owned),
        })
    }
}

impl prompts::Guest for Component {
    fn list_prompts() -> Vec<prompts::Prompt> {
        crate::tools::prompts::list_prompts()
            .into_iter()
            .map(|prompt| prompts::Prompt {
                name: prompt.name.into(),
                title: prompt.title.into(),
                description: prompt.description.into(),
                arguments: prompt
                    .arguments
                    .into_iter()
                    .map(|argument| prompts::PromptArgument {
                        name: argument.name.into(),
                        title: argument.title.into(),
                        description: argument.description.into(),
                        required: argument.required,
                    })
                    .collect(),
            })
            .collect()
    }

    fn get_prompt(name: String, arguments: String) -> Result<prompts::PromptContent, String> {
        with_context(|context| crate::tools::prompts::get_prompt(context, &name, &arguments))
            .map_err(|error| error.to_string())?
            .map(|content| prompts::PromptContent {
                description: content.description.into(),
                messages: content
                    .messages
                    .into_iter()
                    .map(|text| prompts::PromptMessage { role: prompts::Role::User, text })
                    .collect(),
            })
    }

    fn complete(
        reference: prompts::CompletionReference,
        argument: String,
        typed: String,
    ) -> Result<prompts::Completion, String> {
        use crate::tools::prompts::Reference;
        let reference = match reference {
            prompts::CompletionReference::Prompt(name) => Reference::Prompt(name),
            prompts::CompletionReference::ResourceTemplate(uri) => Reference::ResourceTemplate(uri),
        };
        with_context(|context| crate::tools::prompts::complete(context, &reference, &argument, &typed))
            .map_err(|error| error.to_string())?
            .map(|completion| prompts::Completion {
                values: completion.values,
                total: completion.total,
                has_more: completion.has_more,
            })
    }
}

/// After so many new threads the index of words has many small pieces, and SQLite's statistics
/// are of another database.
const MANY_THREADS: u64 = 1_000;

/// Tidies up after a big sync, within its lock, so that no two processes do it at once. Each step
/// is a short transaction, and a stop ends it after the step at hand.
fn tidy_after(store: &mut Store, threads: u64) {
    use crate::environment::{Log, LogLevel, Progress};
    if threads < MANY_THREADS {
        return;
    }
    let begun = Host.monotonic_ms();
    match store.optimize(&|| Host.should_stop()) {
        Ok(()) => Host
            .write(LogLevel::Debug, &format!("tidied the database up in {} ms", Host.monotonic_ms() - begun)),
        // Nothing is lost; the next big sync tries again.
        Err(error) => Host.write(LogLevel::Warn, &format!("the database could not be tidied up: {error}")),
    }
}

impl sync::Guest for Component {
    fn run(request: sync_types::SyncRequest) -> Result<sync_types::SyncReport, sync_types::SyncError> {
        let settings = settings::get();
        let mut http = WasiHttp::default();
        with_store(&settings, SYNC_CACHE_KIB, |store| {
            let environment = SyncEnvironment {
                settings: &settings,
                http: &mut http,
                clock: &Host,
                log: &Host,
                progress: &Host,
                pace: Pace::default(),
            };
            let report = crate::sync::run(store, environment, &request)?;
            tidy_after(store, report.hydrated);
            Ok(report)
        })
        .map_err(|error| imports::error_to_wit(crate::sync::SyncError::Storage(error.to_string())))?
        .map_err(imports::error_to_wit)
    }

    fn close_abandoned(reason: String) -> Result<u32, String> {
        let settings = settings::get();
        with_store(&settings, SYNC_CACHE_KIB, |store| {
            crate::sync::close_abandoned(store, &reason, Host.now())
        })
        .and_then(|closed| closed)
        .map_err(|error| error.to_string())
    }
}

impl account::Guest for Component {
    fn check() -> Result<account::AccountReport, sync_types::SyncError> {
        let settings = settings::get();
        let environment = AccountEnvironment {
            settings: &settings,
            http: &mut WasiHttp::default(),
            clock: &Host,
            progress: &Host,
        };
        crate::sync::check_account(environment).map_err(imports::error_to_wit)
    }
}

impl maintenance::Guest for Component {
    fn prepare() -> Result<String, String> {
        let settings = settings::get();
        let path = Path::new(&settings.database_file);
        crate::store::maintenance::prepare(path, &options(&settings, READER_CACHE_KIB))
            .map_err(|error| error.to_string())
    }

    fn check() -> Result<String, String> {
        let settings = settings::get();
        with_store(&settings, READER_CACHE_KIB, Store::check)
            .and_then(|report| report)
            .map(|report| report.to_string())
            .map_err(|error| error.to_string())
    }

    fn backup(file_name: String) -> Result<(), String> {
        let settings = settings::get();
        with_store(&settings, READER_CACHE_KIB, |store| store.backup(&file_name))
            .and_then(|done| done)
            .map_err(|error| error.to_string())
    }

    fn salvage(file_name: String) -> Result<String, String> {
        let settings = settings::get();
        let path = Path::new(&settings.database_file);
        crate::store::maintenance::salvage(path, &file_name, &options(&settings, READER_CACHE_KIB))
            .map(|report| report.to_string())
            .map_err(|error| error.to_string())
    }

    fn erase(person: String, dry_run: bool, file_name: String) -> Result<maintenance::Erasure, String> {
        let settings = settings::get();
        with_store(&settings, SYNC_CACHE_KIB, |store| store.erase(&person, dry_run, &file_name, Host.now()))
            .and_then(|erased| erased)
            .map(|(receipt, change_counter)| maintenance::Erasure {
                receipt: receipt.to_string(),
                change_counter,
            })
            .map_err(|error| error.to_string())
    }

    fn filter(scope: maintenance::Scope, file_name: String) -> Result<maintenance::Filtered, String> {
        use crate::environment::Progress;
        let settings = settings::get();
        let options = OpenOptions { mode: OpenMode::ReadOnly, ..options(&settings, READER_CACHE_KIB) };
        Store::open_with(Path::new(&settings.database_file), &options)
            .and_then(|mut source| {
                let options = OpenOptions { cache_kib: SYNC_CACHE_KIB, ..options };
                filtered::refresh(&mut source, &file_name, &scope, &options, &|| Host.should_stop())
            })
            .map_err(|error| error.to_string())
    }

    fn status() -> Result<(String, String), String> {
        with_context(crate::tools::status::status_and_activity)
            .and_then(|status| status)
            .map_err(|error| error.to_string())
    }
}

impl views::Guest for Component {
    fn search(options: String, width: Option<u32>) -> Result<views::Screen, views::ViewError> {
        view(|context| crate::views::search::search(context, &options, width))
    }

    fn show(options: String, width: Option<u32>) -> Result<views::Screen, views::ViewError> {
        view(|context| crate::views::show::show(context, &options, width))
    }

    fn report(options: String) -> Result<views::Page, views::ViewError> {
        view(|context| crate::views::report::report(context, &options))
    }

    fn person(options: String) -> Result<views::Page, views::ViewError> {
        view(|context| crate::views::person::person(context, &options))
    }
}

impl bulk::Guest for Component {
    fn read(options: String, start: Option<String>) -> Result<bulk::Stretch, views::ViewError> {
        view(|context| crate::bulk::read(context, &options, start.as_deref()))
    }
}

fn view<T>(
    work: impl FnOnce(&mut Context<'_>) -> Result<T, views::ViewError>,
) -> Result<T, views::ViewError> {
    with_context(work).unwrap_or_else(|error| Err(error.into()))
}
