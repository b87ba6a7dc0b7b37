//! The command line: one file a command.

mod arguments;
mod backup;
mod call;
mod capabilities;
mod doctor;
mod logging;
mod repair;
mod serve;
mod status;
mod sync;
mod terminal;
mod tools;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::application::Application;
use crate::config::{Config, ConfigError, Door, Sources};
use arguments::{Arguments, Command, ServeOptions};

/// A command's failure, and with which code the program ends.
#[derive(Debug)]
pub enum Failure {
    /// The work could not be done: 1.
    Work(String),
    /// A setting or an argument is wrong: 2.
    Usage(String),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.0)
    }
}

impl From<crate::component::errors::CallError> for Failure {
    fn from(error: crate::component::errors::CallError) -> Self {
        Self::Work(error.to_string())
    }
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    crate::platform::keep_new_files_private();
    crate::platform::allow_open_files();
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(failure) => {
            let (sentence, code) = match failure {
                Failure::Work(sentence) => (sentence, 1),
                Failure::Usage(sentence) => (sentence, 2),
            };
            terminal::error(&sentence);
            ExitCode::from(code)
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut sources = Sources::read(arguments.settings.flags(), arguments.settings.config.as_deref())?;
    logging::start(&sources, arguments.command())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("host")
        .build()
        .map_err(|error| Failure::Work(format!("No runtime: {error}.")))?;
    let code = runtime.block_on(async {
        let application = application(&mut sources)?;
        // Held to the end, so that no repair takes the file away from under this process. A replica
        // that serves lets go of a file that was replaced.
        let _use = match arguments.command() {
            Command::Repair | Command::Doctor(_) => None,
            Command::Serve(_) if application.config.replica => None,
            _ => Some(repair::wait_for(&application).await?),
        };
        match arguments.command.unwrap_or(Command::Serve(ServeOptions::default())) {
            Command::Serve(options) => {
                let folder = &application.config.data_folder;
                let door =
                    options.http.map(|address| Door::resolve(&sources, folder, address)).transpose()?;
                serve::run(application, door).await
            }
            Command::Sync(options) => sync::run(application, options).await,
            Command::Call(options) => call::run(application, options).await,
            Command::Tools(options) => tools::run(application, options).await,
            Command::Status(options) => status::run(application, options).await,
            Command::Capabilities(options) => capabilities::run(&application, options),
            Command::Doctor(options) => doctor::run(&application, &options).await,
            Command::Backup(options) => backup::run(&application, options).await,
            Command::Repair => repair::run(&application).await,
        }
    });
    // A read of standard input that is still pending must not hold up the end.
    runtime.shutdown_timeout(std::time::Duration::from_millis(100));
    code
}

fn application(sources: &mut Sources) -> Result<Arc<Application>, Failure> {
    if let Some(folder) = data_folder(sources) {
        sources.read_original(&folder);
    }
    Ok(Application::new(Config::resolve(sources)?)?)
}

/// Where the original program's `config.json` would lie; wrong paths are reported later.
fn data_folder(sources: &Sources) -> Option<std::path::PathBuf> {
    match sources.path("database") {
        Ok(Some(file)) => file.parent().map(std::path::Path::to_path_buf),
        Ok(None) => etcetera::home_dir().ok().map(|home| home.join(".fastintercom")),
        Err(_) => None,
    }
}
