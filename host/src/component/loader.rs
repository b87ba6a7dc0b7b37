//! Compiles the component once, beside everything else.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::code::{Bytes, Code};
use super::errors::CallError;

/// The component's code, compiled when somebody first needs it or earlier.
pub struct Loader {
    bytes: Bytes,
    cache: Option<PathBuf>,
    code: OnceCell<Result<Arc<Code>, String>>,
}

impl Loader {
    #[must_use]
    pub fn new(bytes: Bytes, cache: Option<PathBuf>) -> Arc<Self> {
        Arc::new(Self { bytes, cache, code: OnceCell::new() })
    }

    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The compiled code; compiling happens once, whoever asks first.
    ///
    /// # Errors
    /// [`CallError::Unavailable`], the same for all who ask.
    pub async fn code(&self) -> Result<Arc<Code>, CallError> {
        self.code
            .get_or_init(|| async {
                let (bytes, cache) = (self.bytes.clone(), self.cache.clone());
                tokio::task::spawn_blocking(move || Code::prepare(&bytes, cache))
                    .await
                    .unwrap_or_else(|error| Err(format!("compiling failed: {error}")))
            })
            .await
            .clone()
            .map_err(CallError::Unavailable)
    }
}
