//! Compiles the component once, beside everything else.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use tokio::sync::OnceCell;

use super::code::{Bytes, Code};
use super::errors::CallError;
use super::metadata::{Definitions, Metadata};

/// The component's code, compiled when somebody first needs it or earlier.
pub struct Loader {
    bytes: Bytes,
    cache: Option<PathBuf>,
    /// Another process compiles, so that the code is stored even if this one ends before.
    detached: bool,
    code: OnceCell<Result<Arc<Code>, String>>,
    metadata: OnceLock<Metadata>,
}

impl Loader {
    #[must_use]
    pub fn new(bytes: Bytes, cache: Option<PathBuf>) -> Self {
        Self { bytes, cache, detached: false, code: OnceCell::new(), metadata: OnceLock::new() }
    }

    /// For a process that may end at any moment: see [`super::compiler`].
    #[must_use]
    pub fn detached(self) -> Self {
        Self { detached: true, ..self }
    }

    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What the component says of itself without being compiled.
    pub fn metadata(&self) -> &Metadata {
        self.metadata.get_or_init(|| Metadata::read(self.bytes.as_slice()))
    }

    /// The component's lists while it cannot be asked, because its code is not ready.
    pub fn cold_definitions(&self) -> Option<&Definitions> {
        if self.code.initialized() {
            return None;
        }
        self.metadata().definitions.as_ref()
    }

    /// The compiled code; compiling happens once, whoever asks first.
    ///
    /// # Errors
    /// [`CallError::Unavailable`], the same for all who ask.
    pub async fn code(&self) -> Result<Arc<Code>, CallError> {
        self.code
            .get_or_init(|| async {
                let (bytes, cache, detached) = (self.bytes.clone(), self.cache.clone(), self.detached);
                tokio::task::spawn_blocking(move || Code::prepare(&bytes, cache, detached))
                    .await
                    .unwrap_or_else(|error| Err(format!("compiling failed: {error}")))
            })
            .await
            .clone()
            .map_err(CallError::Unavailable)
    }
}
