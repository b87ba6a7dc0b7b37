//! `GET /export`: whole conversations, sent while they are read.
//!
//! The first stretch is read before the answer begins, so that a wrong option gets its status.
//! What goes wrong later cuts the connection: a body in chunks without its last one is an error
//! for every client. Who reads slowly is waited for, with one stretch in hand.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt as _;
use http_body_util::channel::{Channel, Sender};
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer, Cut};
use crate::application::Application;
use crate::bulk::{Export, Trouble};
use crate::callers::Asker;

/// Answers with the conversations that meet the filters in the query.
pub async fn begin(application: &Arc<Application>, asker: Asker, query: &str) -> Answer {
    // In a query `+` is a blank, and `…T09:30:00+00:00` is how instants are written here.
    let instant = |name: &str, value: String| match name.ends_with("_after") || name.ends_with("_before") {
        true if value.contains('T') => value.replace(' ', "+"),
        _ => value,
    };
    let options: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .map(|(name, value)| {
            let value = instant(&name, value);
            (name, value)
        })
        .collect();
    let markdown = options.iter().any(|(name, value)| name == "format" && value == "markdown");
    let media_type = if markdown { "text/markdown; charset=utf-8" } else { "application/x-ndjson" };
    let mut export = Export::new(application, asker, options, CancellationToken::new());
    let first = match export.stretch().await {
        Ok(first) => first,
        Err(trouble) => return answer::error(status(&trouble), &trouble.to_string()),
    };
    let (mut sender, body) = Channel::<Bytes, Cut>::new(1);
    tokio::spawn(async move {
        if let Err(trouble) = send(&mut sender, first.map(|first| first.text), &mut export).await {
            tracing::warn!("an export broke off: {trouble}");
            sender.abort(Cut(trouble.to_string()));
        }
    });
    answer::of(media_type, StatusCode::OK, body.boxed())
}

/// Sends stretch after stretch, as long as somebody reads.
async fn send(
    sender: &mut Sender<Bytes, Cut>,
    mut text: Option<String>,
    export: &mut Export,
) -> Result<(), Trouble> {
    while let Some(stretch) = text {
        if !stretch.is_empty() && sender.send_data(Bytes::from(stretch)).await.is_err() {
            return Ok(());
        }
        text = export.stretch().await?.map(|stretch| stretch.text);
    }
    Ok(())
}

fn status(trouble: &Trouble) -> StatusCode {
    match trouble {
        Trouble::Options(_) => StatusCode::BAD_REQUEST,
        Trouble::Failed(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Trouble::Call(error) => super::tools::status(error),
    }
}
