//! An OpenTelemetry collector on loopback that keeps what it gets.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use serde_json::Value;

type Kept = Arc<Mutex<Vec<(String, String)>>>;

/// Listens until the test ends.
#[derive(Debug)]
pub struct Collector {
    endpoint: String,
    kept: Kept,
}

impl Collector {
    /// # Errors
    /// When there is no port on loopback.
    pub fn start() -> io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let kept = Kept::default();
        let router = Router::new().fallback(keep).with_state(Arc::clone(&kept));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::spawn(move || {
            runtime.block_on(async move {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    let _ = axum::serve(listener, router).await;
                }
            });
        });
        Ok(Self { endpoint, kept })
    }

    /// What to name in `FASTINTERCOM_OTLP_ENDPOINT`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The messages that came to that path.
    ///
    /// # Panics
    /// When one is no JSON.
    #[must_use]
    pub fn messages(&self, path: &str) -> Vec<Value> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let of_path = kept.iter().filter(|(to, _)| to == path);
        of_path.map(|(_, body)| serde_json::from_str(body).expect("JSON")).collect()
    }

    /// Everything that came, as text.
    #[must_use]
    pub fn everything(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|(path, body)| format!("{path} {body}\n")).collect()
    }
}

async fn keep(State(kept): State<Kept>, uri: Uri, body: String) -> &'static str {
    kept.lock().unwrap_or_else(PoisonError::into_inner).push((uri.path().to_owned(), body));
    "{}"
}
