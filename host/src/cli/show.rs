//! `fastintercom show ID`: one conversation, laid out by the component for this terminal.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::ShowOptions;
use super::{Failure, terminal};
use crate::application::Application;

pub async fn run(application: &Application, options: ShowOptions) -> Result<ExitCode, Failure> {
    let cancelled = super::signals::cancelled_by();
    let typed = json!({"id": options.id});
    let found = application.show_view(typed.to_string(), terminal::width(), cancelled).await??;
    if options.json {
        terminal::json(&found.structured);
    } else {
        terminal::screen(&found.lines);
    }
    Ok(ExitCode::SUCCESS)
}
