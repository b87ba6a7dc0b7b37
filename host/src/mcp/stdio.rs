//! The server on standard input and output.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::sync::CancellationToken;

use super::Server;
use crate::application::Application;

/// How long calls in progress may take to end after the input did.
const GRACE: Duration = Duration::from_millis(300);

/// Serves until the client closes standard input, or until cancelled.
///
/// # Errors
/// A sentence, when the protocol could not be begun for another reason than a closed input.
pub async fn serve(application: Arc<Application>, cancelled: CancellationToken) -> Result<(), String> {
    let (input, output) = rmcp::transport::io::stdio_pipes();
    let ended = CancellationToken::new();
    let input = NoticeEnd { input, ended: ended.clone() };
    // The session's own token fires only after calls in progress had their grace.
    let session = CancellationToken::new();
    let serving = Server::new(application, cancelled.clone()).serve_with_ct((input, output), session.clone());
    let service = tokio::select! {
        service = serving => service,
        () = cancelled.cancelled() => return Ok(()),
    };
    let service = match service {
        Ok(service) => service,
        // A client that looks and leaves is no failure.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => return Ok(()),
        Err(error) => return Err(format!("The MCP session could not begin: {error}")),
    };
    let waiting = service.waiting();
    tokio::pin!(waiting);
    tokio::select! {
        _ = &mut waiting => return Ok(()),
        () = cancelled.cancelled() => {}
        () = ended.cancelled() => {}
    }
    // A call that still runs is answered if it ends soon; a client that closed its end does not
    // wait for more.
    if tokio::time::timeout(GRACE, &mut waiting).await.is_err() {
        session.cancel();
        let _ = tokio::time::timeout(GRACE, &mut waiting).await;
    }
    Ok(())
}

/// Tells when the input ends; the SDK would wait for all calls in progress first.
struct NoticeEnd<R> {
    input: R,
    ended: CancellationToken,
}

impl<R: AsyncRead + Unpin> AsyncRead for NoticeEnd<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.input).poll_read(context, buffer));
        if result.is_err() || (buffer.filled().len() == before && buffer.remaining() > 0) {
            self.ended.cancel();
        }
        Poll::Ready(result)
    }
}
