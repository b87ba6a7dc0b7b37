//! `fastintercom status`: what is cached and how fresh it is.

use std::process::ExitCode;
use std::sync::Arc;

use super::arguments::JsonOption;
use super::{Failure, terminal};
use crate::application::Application;

pub async fn run(application: Arc<Application>, options: JsonOption) -> Result<ExitCode, Failure> {
    let (json, lines) = application.status().await?.map_err(Failure::Work)?;
    if options.json {
        terminal::json(&json);
    } else {
        terminal::text(lines.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}
