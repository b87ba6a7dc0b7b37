//! `fastintercom serve`: the server and its timer, until the client or a signal ends them.
//! With `--http` it has a door for many clients, else the one client of its standard streams.

use std::process::ExitCode;
use std::sync::Arc;

use super::Failure;
use crate::application::Application;
use crate::config::Door;
use crate::{http, mcp, replica, timer};

pub async fn run(application: Arc<Application>, door: Option<Door>) -> Result<ExitCode, Failure> {
    let cancelled = super::signals::cancelled_by();
    // An address that is taken ends the program before it does anything.
    let listener = match &door {
        Some(door) => Some(http::listen(door.address).await.map_err(Failure::Work)?),
        None => None,
    };
    tracing::info!("{}", super::capabilities::in_one_line(&application));
    // Compiling, if need be, goes on beside the protocol's first messages.
    let readers = Arc::clone(&application.readers);
    tokio::spawn(async move {
        if let Err(error) = readers.warm().await {
            tracing::error!("{error}");
        }
    });
    let background = if application.config.replica {
        tokio::spawn(replica::watch(Arc::clone(&application), cancelled.clone()))
    } else {
        tokio::spawn(timer::run(
            Arc::clone(&application.syncs),
            application.config.interval,
            application.config.token.is_some(),
            cancelled.clone(),
        ))
    };
    let served = match door.zip(listener) {
        Some((door, listener)) => {
            http::serve(Arc::clone(&application), &door, listener, cancelled.clone()).await;
            Ok(())
        }
        None => mcp::stdio::serve(Arc::clone(&application), cancelled.clone()).await,
    };
    cancelled.cancel();
    application.syncs.stop().await;
    let _ = background.await;
    if let Some(telemetry) = &application.telemetry {
        telemetry.flush().await;
    }
    served.map_err(Failure::Work)?;
    Ok(ExitCode::SUCCESS)
}
