//! The parts put together: what the MCP server and the command line both use.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::audit::Audit;
use crate::component::bindings::account::AccountReport;
use crate::component::bindings::sync_types::SyncError;
use crate::component::bindings::tools::Tool;
use crate::component::bindings::{maintenance, prompts, resources};
use crate::component::code::Bytes;
use crate::component::errors::CallError;
use crate::component::limits::MemoryBudget;
use crate::component::loader::Loader;
use crate::component::pool::{Around, Narrow, Readers};
use crate::component::shared::Shared;
use crate::component::state::ProgressSink;
use crate::component::worker::{Live, alone};
use crate::config::{Config, ConfigError};
use crate::counters::Calls;
use crate::filtered::FilteredCopies;
use crate::sandbox::outgoing::Outgoing;
use crate::syncs::Syncs;
use crate::telemetry::Telemetry;

mod reads;

/// A copy of the largest database on the slowest disk is done by then.
const LONGEST_CARE: Duration = Duration::from_secs(24 * 3_600);

/// Six small requests, each tried twice at most; nobody waits longer at a terminal.
const LONGEST_ACCOUNT: Duration = Duration::from_secs(120);

/// The component with everything around it.
pub struct Application {
    pub config: Config,
    pub loader: Arc<Loader>,
    pub shared: Arc<Shared>,
    pub readers: Arc<Readers>,
    /// What callers read who may not see everything.
    pub filtered: Arc<FilteredCopies>,
    pub syncs: Arc<Syncs>,
    pub calls: Calls,
    /// `None`: nobody keeps who read what.
    pub audit: Option<Arc<Audit>>,
    /// `None`: nothing is sent anywhere.
    pub telemetry: Option<Telemetry>,
    /// Limits of the tools that asked for some, once the component was asked.
    narrow: OnceCell<HashMap<String, Narrow>>,
}

impl Application {
    /// Puts the parts together. Compiles nothing yet.
    ///
    /// # Errors
    /// [`ConfigError`] about a component or certificate file that cannot be used.
    pub fn new(config: Config) -> Result<Arc<Self>, ConfigError> {
        let bytes = Bytes::load(config.component.as_deref()).map_err(ConfigError)?;
        let outgoing = Outgoing::new(
            config.policy.clone(),
            config.token.clone(),
            config.outgoing_limits,
            config.certificates.as_deref(),
            tokio::runtime::Handle::current(),
        )
        .map_err(ConfigError)?;
        let shared = Arc::new(Shared {
            configuration: config.for_component(),
            folder: config.data_folder.clone(),
            database: config.database.clone(),
            limits: config.call_limits,
            memory: MemoryBudget::new(config.memory_total),
            outgoing: Arc::new(outgoing),
            sync: OnceLock::new(),
        });
        let telemetry =
            config.otlp_endpoint.as_deref().map(Telemetry::start).transpose().map_err(ConfigError)?;
        let audit = (config.audit.enabled == Some(true)).then(|| Audit::open(&config.audit)).transpose();
        let audit = audit.map_err(ConfigError)?.map(Arc::new);
        let loader = Loader::new(bytes, config.code_cache.clone());
        let loader = Arc::new(if config.may_end_early { loader.detached() } else { loader });
        let readers = Readers::new(Arc::clone(&loader), Arc::clone(&shared));
        let filtered = FilteredCopies::new(Arc::clone(&loader), Arc::clone(&shared));
        let syncs = Syncs::new(Arc::clone(&loader), Arc::clone(&shared));
        // The cell is new, so this cannot fail.
        let _ = shared.sync.set(Arc::clone(&syncs) as Arc<dyn crate::component::shared::SyncService>);
        Ok(Arc::new(Self {
            config,
            loader,
            shared,
            readers,
            filtered,
            syncs,
            calls: Calls::default(),
            audit,
            telemetry,
            narrow: OnceCell::new(),
        }))
    }

    /// One call of a reader.
    async fn asked<R: Send + 'static>(
        &self,
        around: Around,
        call: impl AsyncFnOnce(&mut Live) -> wasmtime::Result<R> + Send + 'static,
    ) -> Result<R, CallError> {
        self.readers_for(&around).await?.call(around, call).await
    }

    /// Those who read what the caller may see.
    async fn readers_for(&self, around: &Around) -> Result<Arc<Readers>, CallError> {
        match &around.scope {
            None => Ok(Arc::clone(&self.readers)),
            Some(scope) => self.filtered.readers(scope).await,
        }
    }

    /// The tools that the component has.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn tools(&self) -> Result<Vec<Tool>, CallError> {
        self.asked(Around::default(), async move |live: &mut Live| {
            live.exports.fastintercom_component_tools().call_list_tools(&mut live.store).await
        })
        .await
    }

    /// What this process did since it started, a JSON object.
    #[must_use]
    pub fn counters(&self) -> serde_json::Value {
        let mut counters = self.calls.to_json();
        counters["syncs"] = self.syncs.runs.to_json();
        counters["requests"] = self.shared.outgoing.requests.to_json();
        counters
    }

    /// # Errors
    /// [`CallError`].
    pub async fn resources(&self) -> Result<Vec<resources::ResourceEntry>, CallError> {
        self.asked(Around::default(), async move |live: &mut Live| {
            live.exports.fastintercom_component_resources().call_list_resources(&mut live.store).await
        })
        .await
    }

    /// # Errors
    /// [`CallError`].
    pub async fn resource_templates(&self) -> Result<Vec<resources::ResourceTemplate>, CallError> {
        self.asked(Around::default(), async move |live: &mut Live| {
            live.exports
                .fastintercom_component_resources()
                .call_list_resource_templates(&mut live.store)
                .await
        })
        .await
    }

    /// # Errors
    /// [`CallError`].
    pub async fn prompts(&self) -> Result<Vec<prompts::Prompt>, CallError> {
        self.asked(Around::default(), async move |live: &mut Live| {
            live.exports.fastintercom_component_prompts().call_list_prompts(&mut live.store).await
        })
        .await
    }

    /// Takes care of the database in an instance of its own. What goes through a whole database
    /// may take long, so this ends only with its work or with the token.
    ///
    /// # Errors
    /// [`CallError`]; the inner error is the component's sentence.
    pub async fn take_care<R, F>(
        &self,
        cancelled: CancellationToken,
        work: F,
    ) -> Result<Result<R, String>, CallError>
    where
        R: Send + 'static,
        F: AsyncFnOnce(&mut Live) -> wasmtime::Result<Result<R, String>> + Send + 'static,
    {
        self.alone(LONGEST_CARE, None, cancelled, work).await
    }

    /// Opens the database in an instance of its own, and creates, migrates or takes over its
    /// tables. Says in one line what was done.
    ///
    /// # Errors
    /// [`CallError`]; the inner error is the component's sentence.
    pub async fn open(&self, progress: ProgressSink) -> Result<Result<String, String>, CallError> {
        self.alone(LONGEST_CARE, Some(progress), CancellationToken::new(), async move |live: &mut Live| {
            live.exports.fastintercom_component_maintenance().call_prepare(&mut live.store).await
        })
        .await
    }

    /// Asks Intercom whose the access token is, and what it may read.
    ///
    /// # Errors
    /// [`CallError`]; the inner error is the component's.
    pub async fn account(
        &self,
        cancelled: CancellationToken,
    ) -> Result<Result<AccountReport, SyncError>, CallError> {
        self.alone(LONGEST_ACCOUNT, None, cancelled, async move |live: &mut Live| {
            live.exports.fastintercom_component_account().call_check(&mut live.store).await
        })
        .await
    }

    /// One call in an instance of its own.
    async fn alone<R, F>(
        &self,
        limit: Duration,
        progress: Option<ProgressSink>,
        cancelled: CancellationToken,
        work: F,
    ) -> Result<R, CallError>
    where
        R: Send + 'static,
        F: AsyncFnOnce(&mut Live) -> wasmtime::Result<R> + Send + 'static,
    {
        alone(self.loader.code().await?, Arc::clone(&self.shared), limit, progress, cancelled, work).await
    }

    /// Calls a function of the maintenance interface, for the command line.
    ///
    /// # Errors
    /// [`CallError`]; the inner error is the component's sentence.
    pub async fn maintain<R: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Live) -> wasmtime::Result<Result<R, String>> + Send + 'static,
    ) -> Result<Result<R, String>, CallError> {
        self.readers.call(Around::default(), work).await
    }

    /// The state of the cache: a JSON object, and lines for a person.
    ///
    /// # Errors
    /// [`CallError`]; the inner error is the component's sentence.
    pub async fn status(&self) -> Result<Result<(String, String), String>, CallError> {
        self.maintain(async move |live: &mut Live| {
            let exports: &maintenance::Guest = live.exports.fastintercom_component_maintenance();
            exports.call_status(&mut live.store).await
        })
        .await
    }
}

#[cfg(test)]
pub mod testing {
    //! The real component in the real application, on a folder of its own.

    use std::path::PathBuf;
    use std::sync::Arc;

    use super::Application;
    use crate::config::{Config, Sources};

    /// Removes its folder with itself.
    pub struct Folder(pub PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    /// With those settings beside the usual ones. Compiled code is shared by all tests.
    pub fn application(test: &str, more: &[(&str, &str)]) -> (Arc<Application>, Folder) {
        let root = std::env::temp_dir();
        let folder = Folder(root.join(format!("fastintercom-{test}-{}", std::process::id())));
        let database = folder.0.join("data.db").display().to_string();
        let cache = root.join(format!("fastintercom-tests-code-{}", crate::platform::user_id()));
        let cache = cache.display().to_string();
        let mut pairs = vec![
            ("FASTINTERCOM_DB_PATH", database.as_str()),
            ("FASTINTERCOM_CACHE_DIR", cache.as_str()),
            ("INTERCOM_BASE_URL", "http://127.0.0.1:9"),
        ];
        pairs.extend(more);
        let config = Config::resolve(&Sources::of_environment(&pairs)).expect("settings");
        (Application::new(config).expect("an application"), folder)
    }
}
