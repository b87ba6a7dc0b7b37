//! The component's code: its bytes, the engine that compiles them, the cache of the result.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};
use wasmtime::component::{Component, InstancePre, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store, UpdateDeadline};
use wasmtime_wasi::{FsPerms, WasiCtx};
use wasmtime_wasi_http::WasiHttpCtx;

use super::bindings::{self, FastintercomPre};
use super::cache::CodeCache;
use super::compiler;
use super::deadline::{Deadline, Limit};
use super::limits::InstanceLimits;
use super::lines::LineBudget;
use super::shared::Shared;
use super::state::{CallContext, LockKeeper, OwnImports, State};
use super::stderr::GuestStderr;
use super::ticker::Ticker;
use super::worker::Live;
use crate::sandbox::egress::Egress;

/// The component built with this host.
pub const EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/fastintercom.wasm"));

/// The name under which the guest sees the data folder.
const GUEST_FOLDER: &str = "/data";

/// Headers that a guest may hold in one `fields` resource, bytes in memory. Intercom's answers
/// have two kilobytes. Times [`RESOURCE_ENTRIES`], this is what headers can cost the host: 32 MB.
const FIELD_BYTES: usize = 32 * 1024;
/// Random bytes in one call: SQLite and hash tables ask for a few dozen.
const RANDOM_BYTES: u64 = 64 * 1024;
/// Entries of the resource table: a sync with 100 requests in flight holds some 500 of them,
/// bodies and streams included. Files are among them, so this bounds open files, too.
const RESOURCE_ENTRIES: usize = 1_024;
/// Handles in the instance's own tables: one for each entry above, and as many borrowed.
const HANDLES: usize = 4 * RESOURCE_ENTRIES;

/// Bytes of a component, embedded or from a file.
#[derive(Clone)]
pub struct Bytes {
    bytes: std::borrow::Cow<'static, [u8]>,
    digest: String,
    /// `None`: the embedded one.
    file: Option<PathBuf>,
}

impl Bytes {
    /// The embedded component, or that file's.
    ///
    /// # Errors
    /// A sentence, when the file cannot be read.
    pub fn load(file: Option<&Path>) -> Result<Self, String> {
        let bytes = match file {
            None => std::borrow::Cow::Borrowed(EMBEDDED),
            Some(path) => std::borrow::Cow::Owned(
                std::fs::read(path)
                    .map_err(|error| format!("The component {} cannot be read: {error}.", path.display()))?,
            ),
        };
        let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { bytes, digest, file: file.map(Path::to_owned) })
    }

    /// Lower-case hexadecimal SHA-256 of the bytes.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The file it was read from; `None`: it is the embedded one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }
}

/// Compiled code, ready to make instances.
pub struct Code {
    pre: FastintercomPre<State>,
    pub ticker: Ticker,
}

impl Code {
    /// Compiles the component, or takes the result of an earlier run from the cache. Takes
    /// seconds the first time: call it off the async threads. `elsewhere`: another process
    /// compiles, where that can be.
    ///
    /// # Errors
    /// A sentence, when it is no component or does not fit this host.
    pub fn prepare(bytes: &Bytes, cache: Option<PathBuf>, elsewhere: bool) -> Result<Arc<Self>, String> {
        let begun = Instant::now();
        let engine = Engine::new(&config()).map_err(|error| format!("no engine: {error:#}"))?;
        let cache = cache.and_then(|folder| CodeCache::open(folder, &engine, bytes.digest()));
        let mut cached = cache.as_ref().and_then(|cache| cache.load(&engine));
        let was_cached = cached.is_some();
        if cached.is_none()
            && elsewhere
            && let Some(cache) = &cache
            && compiler::compile_elsewhere(cache, bytes.file())
        {
            cached = cache.load(&engine);
        }
        let component = match cached {
            Some(component) => component,
            None => {
                let component = Component::from_binary(&engine, bytes.as_slice())
                    .map_err(|error| format!("the component cannot be compiled: {error:#}"))?;
                // What was just stored is used from the file: pages of a file that are not needed
                // cost no memory, those of code in the heap do.
                let stored = cache.as_ref().filter(|cache| cache.store(&component));
                let component = stored.and_then(|cache| cache.load(&engine)).unwrap_or(component);
                crate::platform::give_back_memory();
                component
            }
        };
        let pre = link(&engine, &component)
            .map_err(|error| format!("the component does not fit this host: {error:#}"))?;
        let ticker = Ticker::new(&engine).map_err(|error| format!("no thread: {error}"))?;
        tracing::debug!(
            milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            cached = was_cached,
            "component ready"
        );
        Ok(Arc::new(Self { pre, ticker }))
    }

    /// A fresh instance in a store of its own.
    ///
    /// # Errors
    /// wasmtime's, when the memory or the folder is not to be had.
    pub async fn instantiate(&self, shared: Arc<Shared>, locks: LockKeeper) -> wasmtime::Result<Live> {
        let permissions = if shared.configuration.read_only { FsPerms::ReadOnly } else { FsPerms::ReadWrite };
        let lines = LineBudget::default();
        let wasi = WasiCtx::builder()
            .allow_blocking_current_thread(true)
            .preopened_dir(&shared.folder, GUEST_FOLDER, permissions)?
            .stderr(GuestStderr::new(lines.clone()))
            .max_random_size(RANDOM_BYTES)
            .build();
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(FIELD_BYTES);
        let deadline = Arc::new(Deadline::new(Limit::Call(shared.limits.call)));
        let answer = shared.limits.answer;
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCE_ENTRIES);
        let state = State {
            wasi,
            http,
            egress: Egress::new(Arc::clone(&shared.outgoing), Arc::clone(&shared.memory)),
            table,
            limits: InstanceLimits::new(Arc::clone(&shared.memory), shared.limits.memory),
            shared,
            locks,
            lines,
            call: CallContext {
                deadline,
                progress: None,
                disclosed: Arc::default(),
                redactions: Vec::new(),
                stop: Arc::default(),
                place: None,
            },
            last_update: None,
        };
        let mut store = Store::new(self.pre.engine(), state);
        store.limiter(|state| &mut state.limits);
        // What one call hands to the host in either direction, and so above all its answer: over
        // the limit nothing is copied. Everything else that the guest passes is far smaller.
        store.set_hostcall_fuel(answer);
        store.set_max_component_handles(HANDLES);
        store.set_epoch_deadline(1);
        // At every tick the guest yields to its runtime, where `Worker::call` ends a call that
        // was cancelled or is overdue, and where answers of the network are taken in.
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Yield(1)));
        let exports = self.pre.instantiate_async(&mut store).await?;
        Ok(Live { store, exports })
    }
}

/// The engine's settings. They are part of the cache's key through the engine's own hash.
fn config() -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.wasm_backtrace_max_frames(std::num::NonZeroUsize::new(20));
    config.memory_init_cow(true);
    config
}

/// Everything that an instance can call: parts of WASI 0.2, and our own interfaces. No sockets.
fn link(engine: &Engine, component: &Component) -> wasmtime::Result<FastintercomPre<State>> {
    use wasmtime_wasi::p2::bindings::{cli, filesystem, random};
    use wasmtime_wasi::random::WasiRandom;
    use wasmtime_wasi::{
        cli::WasiCli, cli::WasiCliView, filesystem::WasiFilesystem, filesystem::WasiFilesystemView,
    };

    let mut linker: Linker<State> = Linker::new(engine);
    // Clocks, random, io, and the standard streams.
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(&mut linker)?;
    filesystem::types::add_to_linker::<State, WasiFilesystem>(&mut linker, State::filesystem)?;
    filesystem::preopens::add_to_linker::<State, WasiFilesystem>(&mut linker, State::filesystem)?;
    // Rust's standard library imports these; the environment, arguments and terminals are empty.
    // The seeds of hash tables.
    random::insecure_seed::add_to_linker::<State, WasiRandom>(&mut linker, |state| state.wasi.random())?;
    cli::environment::add_to_linker::<State, WasiCli>(&mut linker, State::cli)?;
    cli::exit::add_to_linker::<State, WasiCli>(&mut linker, State::cli)?;
    cli::terminal_input::add_to_linker::<State, WasiCli>(&mut linker, State::cli)?;
    cli::terminal_output::add_to_linker::<State, WasiCli>(&mut linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<State, WasiCli>(&mut linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<State, WasiCli>(&mut linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<State, WasiCli>(&mut linker, State::cli)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;

    bindings::settings::add_to_linker::<State, OwnImports>(&mut linker, |state| state)?;
    bindings::database_lock::add_to_linker::<State, OwnImports>(&mut linker, |state| state)?;
    bindings::log::add_to_linker::<State, OwnImports>(&mut linker, |state| state)?;
    bindings::disclosure::add_to_linker::<State, OwnImports>(&mut linker, |state| state)?;
    bindings::progress::add_to_linker::<State, OwnImports>(&mut linker, |state| state)?;
    bindings::sync_types::add_to_linker::<State, OwnImports>(&mut linker, |state| state)?;
    bindings::sync_control::add_to_linker::<State, OwnImports>(&mut linker, |state| state)?;
    let pre: InstancePre<State> = linker.instantiate_pre(component)?;
    FastintercomPre::new(pre)
}
