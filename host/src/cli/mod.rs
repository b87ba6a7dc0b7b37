//! The command line: one file a command.

mod arguments;
mod audit;
mod backup;
mod call;
mod caller;
mod capabilities;
mod completions;
mod doctor;
#[cfg(test)]
mod documentation;
mod erase;
mod export;
mod install;
mod logging;
mod login;
mod manual;
mod progress;
mod repair;
mod report;
mod reset;
mod search;
mod serve;
mod show;
mod signals;
mod status;
mod sync;
mod terminal;
mod tools;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::application::Application;
use crate::config::{Config, ConfigError, Door, Sources};
use crate::sandbox::lock::UseLock;
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

impl From<crate::component::bindings::views::ViewError> for Failure {
    fn from(error: crate::component::bindings::views::ViewError) -> Self {
        use crate::component::bindings::views::ViewError;
        match error {
            ViewError::InvalidOptions(sentence) => Self::Usage(sentence),
            ViewError::Failed(sentence) => Self::Work(sentence),
        }
    }
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    crate::platform::keep_new_files_private();
    crate::platform::allow_open_files();
    crate::stderr::take_panics();
    let typed: Vec<OsString> = std::env::args_os().collect();
    // Also where the rest cannot be understood.
    let mut as_json = typed.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    let code = match Arguments::try_parse_from(call::settings_first(typed)) {
        Ok(arguments) => {
            as_json |= matches!(arguments.command(), Command::Call(_));
            finished(run(arguments), as_json)
        }
        Err(words) => {
            if as_json && words.use_stderr() {
                terminal::json_error(&format!("{}.", terminal::in_one_sentence(&words)));
            }
            terminal::usage(&words);
            ExitCode::from(u8::try_from(words.exit_code()).unwrap_or(2))
        }
    };
    let code = match terminal::unwritten() {
        Some(sentence) => {
            terminal::error(&sentence);
            ExitCode::from(1)
        }
        None => code,
    };
    crate::stderr::flush();
    code
}

/// Says what went wrong, to programs in the answer's place, and ends with its code. A signal beats it:
/// what it ended is no failure of the work.
fn finished(outcome: Result<ExitCode, Failure>, as_json: bool) -> ExitCode {
    let failed = match outcome {
        Ok(code) if code == ExitCode::SUCCESS => return code,
        Ok(code) => code,
        Err(failure) => {
            let (sentence, code) = match failure {
                Failure::Work(sentence) => (sentence, 1),
                Failure::Usage(sentence) => (sentence, 2),
            };
            if as_json {
                terminal::json_error(&sentence);
            }
            terminal::error(&sentence);
            ExitCode::from(code)
        }
    };
    signals::exit_code().unwrap_or(failed)
}

fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    // These need neither settings nor a database.
    match arguments.command() {
        Command::Completions(options) => return completions::run(options),
        Command::Manual(options) => return manual::run(options),
        Command::CompileComponent => return compile_component(),
        _ => {}
    }
    let mut sources = Sources::read(arguments.settings.flags(), arguments.settings.config.as_deref())?;
    logging::start(&sources, arguments.command())?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if !arguments.command().serves_many() {
        // A message of one client passes through several tasks, each of which would wake another
        // thread. The work itself is done in threads of the instances.
        runtime.worker_threads(1);
    }
    let runtime = runtime
        .enable_all()
        .thread_name("host")
        .build()
        .map_err(|error| Failure::Work(format!("No runtime: {error}.")))?;
    let config = arguments.settings.config;
    let command = arguments.command.unwrap_or(Command::Serve(ServeOptions::default()));
    let code = runtime.block_on(execute(command, &mut sources, config.as_deref()));
    // A read of standard input that is still pending must not hold up the end.
    runtime.shutdown_timeout(std::time::Duration::from_millis(100));
    code
}

async fn execute(
    command: Command,
    sources: &mut Sources,
    config: Option<&Path>,
) -> Result<ExitCode, Failure> {
    match command {
        Command::Install(options) => {
            let written = install::install(sources, config, &options)?;
            if !options.print {
                progress::compile_ahead(sources).await;
            }
            Ok(written)
        }
        Command::Uninstall(options) => install::uninstall(&options),
        Command::Login(options) => login::login(sources, &options).await,
        Command::Logout(options) => login::logout(sources, &options),
        Command::Reset(options) => reset::run(sources, &options),
        Command::Doctor(options) => doctor::run(sources, &options).await,
        Command::Audit(options) => audit::run(sources, &options),
        Command::Caller(command) => caller::run(sources, &command),
        Command::Repair(options) => {
            let application = application(sources)?;
            progress::compile(&application).await?;
            repair::run(&application, options).await
        }
        Command::Erase(options) => {
            let (application, _use) = open(sources).await?;
            erase::run(&application, sources, options).await
        }
        Command::Capabilities(options) => capabilities::run(application(sources)?.as_ref(), options),
        Command::Completions(options) => completions::run(&options),
        Command::Manual(options) => manual::run(&options),
        Command::CompileComponent => compile_component(),
        Command::Serve(options) => serve(sources, options).await,
        Command::Sync(options) => {
            let (application, _use) = open(sources).await?;
            sync::run(application, options).await
        }
        Command::Call(options) => call::run(sources, options).await,
        Command::Tools(options) => {
            let (application, _use) = open(sources).await?;
            tools::run(application, options).await
        }
        Command::Status(options) => {
            let (application, _use) = open(sources).await?;
            status::run(application, options).await
        }
        Command::Search(options) => {
            let (application, _use) = open(sources).await?;
            search::run(&application, options).await
        }
        Command::Show(options) => {
            let (application, _use) = open(sources).await?;
            show::run(&application, options).await
        }
        Command::Report(options) => {
            let (application, _use) = open(sources).await?;
            report::run(&application, options).await
        }
        Command::Export(options) => {
            let (application, _use) = open(sources).await?;
            export::run(&application, options).await
        }
        Command::Backup(options) => {
            let (application, _use) = open(sources).await?;
            backup::run(&application, options).await
        }
    }
}

/// The application and, to be held to the end, what keeps a repair from taking the file away from
/// under this process.
async fn open(sources: &mut Sources) -> Result<(Arc<Application>, UseLock), Failure> {
    let application = application(sources)?;
    let in_use = repair::wait_for(&application).await?;
    progress::prepare(&application).await?;
    Ok((application, in_use))
}

async fn serve(sources: &mut Sources, options: ServeOptions) -> Result<ExitCode, Failure> {
    let mut config = settings(sources)?;
    config.may_end_early = options.http.is_none();
    // Who has a door for many wants to know who came in.
    if options.http.is_some() {
        config.audit.enabled.get_or_insert(true);
    }
    let application = Application::new(config)?;
    // A replica that serves lets go of a file that was replaced.
    let _use = match application.config.replica {
        true => None,
        false => Some(repair::wait_for(&application).await?),
    };
    let folder = &application.config.data_folder;
    let door = options.http.map(|address| Door::resolve(sources, folder, address)).transpose()?;
    serve::run(application, door).await
}

/// What a server starts for itself: see `component::compiler`.
fn compile_component() -> Result<ExitCode, Failure> {
    use crate::component::compiler::{COMPONENT, FOLDER, compile};
    let folder = std::env::var_os(FOLDER).ok_or_else(|| Failure::Usage(format!("{FOLDER} is not set.")))?;
    let component = std::env::var_os(COMPONENT).map(std::path::PathBuf::from);
    compile(component.as_deref(), folder.into()).map_err(Failure::Work)?;
    Ok(ExitCode::SUCCESS)
}

fn application(sources: &mut Sources) -> Result<Arc<Application>, Failure> {
    Ok(Application::new(settings(sources)?)?)
}

fn settings(sources: &mut Sources) -> Result<Config, ConfigError> {
    if let Some(folder) = data_folder(sources) {
        sources.read_original(&folder);
    }
    Config::resolve(sources)
}

/// Where the original program's `config.json` would lie; wrong paths are reported later.
fn data_folder(sources: &Sources) -> Option<std::path::PathBuf> {
    match sources.path("database") {
        Ok(Some(file)) => file.parent().map(std::path::Path::to_path_buf),
        Ok(None) => etcetera::home_dir().ok().map(|home| home.join(".fastintercom")),
        Err(_) => None,
    }
}
