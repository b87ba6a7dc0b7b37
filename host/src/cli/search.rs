//! `fastintercom search [WORDS]`: conversations, laid out by the component for this terminal.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::SearchOptions;
use super::{Failure, terminal};
use crate::application::Application;

pub async fn run(application: &Application, options: SearchOptions) -> Result<ExitCode, Failure> {
    let cancelled = super::signals::cancelled_by();
    let typed = json!({
        "query": options.query.join(" "),
        "since": options.since,
        "until": options.until,
        "state": options.state,
        "limit": options.limit,
    });
    let found = application.search_view(typed.to_string(), terminal::width(), cancelled).await??;
    if options.json {
        terminal::json(&found.structured);
    } else {
        terminal::screen(&found.lines);
    }
    Ok(ExitCode::SUCCESS)
}
