//! The server on standard input and output.
//!
//! The SDK's own transport leaves lines unanswered that it cannot read, takes in whatever comes,
//! and ends the session when its first message is no request. So this one stands before it:
//! [`intake`] reads, [`outlet`] writes, [`fastintercom_mcp::message`] says what a line is.

mod intake;
mod outlet;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastintercom_mcp::Server;
use rmcp::RoleServer;
use rmcp::ServiceExt;
use rmcp::model::JsonRpcMessage;
use rmcp::service::{ServerInitializeError, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use self::intake::Intake;
use self::outlet::Outlet;
use crate::application::Application;
use fastintercom_mcp::message::Incoming;

/// How long calls in progress may take to end when the program is told to, or to the next answer
/// that the client reads.
const GRACE: Duration = Duration::from_millis(300);
/// How long at least when the input has ended: whoever pipes a request in still reads. Clients
/// give a server two seconds before they end it themselves.
const PATIENCE: Duration = Duration::from_millis(700);
/// How long that may go on in all.
const LONGEST_GRACE: Duration = Duration::from_secs(10);

/// Serves until the client closes standard input, or until cancelled.
///
/// # Errors
/// A sentence, when the protocol could not be begun for another reason than a closed input.
pub async fn serve(application: Arc<Application>, cancelled: CancellationToken) -> Result<(), String> {
    let (input, output) = rmcp::transport::io::stdio_pipes();
    let outlet = Arc::new(Outlet::default());
    let intake = Arc::new(Intake::new(Arc::clone(&outlet)));
    let _reading = {
        let intake = Arc::clone(&intake);
        AbortOnDropHandle::new(tokio::spawn(async move { intake.read_from(input).await }))
    };
    let _writing = {
        let (intake, outlet) = (Arc::clone(&intake), Arc::clone(&outlet));
        AbortOnDropHandle::new(tokio::spawn(async move {
            outlet.write_to(output, || intake.look_again()).await;
        }))
    };
    let transport = Stdio { intake: Arc::clone(&intake), outlet: Arc::clone(&outlet) };
    let ended = intake.ended.clone();
    // The session's own token fires only after calls in progress had their grace.
    let session = CancellationToken::new();
    let serving = Server::new(application, cancelled.clone()).serve_with_ct(transport, session.clone());
    let service = tokio::select! {
        service = serving => service,
        () = cancelled.cancelled() => return Ok(()),
    };
    let service = match service {
        Ok(service) => service,
        // A client that looks and leaves is no failure.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => {
            let _ = tokio::time::timeout(GRACE, outlet.flushed()).await;
            return Ok(());
        }
        Err(error) => return Err(format!("The MCP session could not begin: {error}")),
    };
    intake.begin();
    let waiting = service.waiting();
    tokio::pin!(waiting);
    tokio::select! {
        _ = &mut waiting => return Ok(()),
        () = cancelled.cancelled() => {}
        () = ended.cancelled() => {}
    }
    // A call that still runs is answered if it ends soon; a client that closed its end does not
    // wait for more. As long as it reads what was answered, it does.
    let begun = Instant::now();
    loop {
        let written = outlet.written();
        let told = cancelled.is_cancelled();
        let patience = if told { GRACE } else { PATIENCE.saturating_sub(begun.elapsed()).max(GRACE) };
        tokio::select! {
            biased;
            _ = &mut waiting => break,
            () = cancelled.cancelled(), if !told => continue,
            () = tokio::time::sleep(patience) => {}
        }
        if outlet.written() == written || cancelled.is_cancelled() || begun.elapsed() > LONGEST_GRACE {
            session.cancel();
            let _ = tokio::time::timeout(GRACE, &mut waiting).await;
            break;
        }
    }
    if outlet.dropped() > 0 {
        tracing::warn!("{} answers found no reader: standard output was closed", outlet.dropped());
    }
    Ok(())
}

/// What the SDK sees of the two streams.
struct Stdio {
    intake: Arc<Intake>,
    outlet: Arc<Outlet>,
}

impl Transport<RoleServer> for Stdio {
    type Error = Infallible;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        match serde_json::to_vec(&message) {
            Ok(mut line) => {
                line.push(b'\n');
                match &message {
                    JsonRpcMessage::Notification(_) => self.outlet.notify(line),
                    _ => self.outlet.answer(line),
                }
            }
            Err(error) => tracing::error!("an answer is no JSON: {error}"),
        }
        let id = match &message {
            JsonRpcMessage::Response(response) => Some(&response.id),
            JsonRpcMessage::Error(error) => error.id.as_ref(),
            _ => None,
        };
        if let Some(id) = id {
            self.intake.answered(id);
        }
        std::future::ready(Ok(()))
    }

    async fn receive(&mut self) -> Option<Incoming> {
        self.intake.next().await
    }

    async fn close(&mut self) -> Result<(), Infallible> {
        self.outlet.flushed().await;
        Ok(())
    }
}
