//! `fastintercom export`: whole conversations on standard output or in a file.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::arguments::ExportOptions;
use super::{Failure, terminal};
use crate::application::Application;
use crate::bulk::{Export, Trouble};
use crate::callers::Asker;

pub async fn run(application: &Arc<Application>, options: ExportOptions) -> Result<ExitCode, Failure> {
    let cancelled = super::signals::cancelled_by();
    if let Some(person) = &options.person {
        return hand_out(application, &options, person, cancelled).await;
    }
    let mut export = Export::new(application, Asker::new(Asker::TERMINAL, None), given(&options), cancelled);
    let mut conversations: u64 = 0;
    let mut reached = None;
    let mut written: u64 = 0;
    // A wrong option leaves the file alone, and nothing of it is lost before there is something new.
    let mut stretch = export.stretch().await?;
    let mut target = Target::open(&options)?;
    while let Some(read) = stretch {
        if let Err(error) = target.write(read.text.as_bytes()) {
            // `| head` has what it wants.
            if error.kind() == io::ErrorKind::BrokenPipe {
                return Ok(ExitCode::SUCCESS);
            }
            return Err(Failure::Work(format!("{target} cannot be written ({error}).")));
        }
        conversations += u64::from(read.conversations);
        written += read.text.len() as u64;
        reached = read.reached.or(reached);
        stretch = export.stretch().await?;
    }
    target.finish().map_err(|error| Failure::Work(format!("{target} cannot be written ({error}).")))?;
    let reached = reached.map_or_else(String::new, |reached| {
        format!(" What changes from now on: --updated-after {}", crate::text::printable(&reached, 40))
    });
    terminal::note(&format!(
        "{conversations} {}, {} KB.{reached}",
        if conversations == 1 { "conversation" } else { "conversations" },
        written.div_ceil(1_000)
    ));
    Ok(ExitCode::SUCCESS)
}

/// Everything that is stored of one person, as a page or as JSON.
async fn hand_out(
    application: &Arc<Application>,
    options: &ExportOptions,
    person: &str,
    cancelled: CancellationToken,
) -> Result<ExitCode, Failure> {
    let page = application.person(json!({"person": person}).to_string(), cancelled).await??;
    let is_json =
        options.output.as_ref().is_some_and(|file| file.extension().is_some_and(|ending| ending == "json"));
    let content = if is_json { &page.structured } else { &page.html };
    let mut target = Target::open(options)?;
    let written = target.write(content.as_bytes()).and_then(|()| target.finish());
    written.map_err(|error| Failure::Work(format!("{target} cannot be written ({error}).")))?;
    terminal::note(&crate::text::visible(&page.text));
    Ok(ExitCode::SUCCESS)
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Options(sentence) => Self::Usage(sentence),
            Trouble::Failed(sentence) => Self::Work(sentence),
            Trouble::Call(error) => error.into(),
        }
    }
}

/// The options by the component's names.
fn given(options: &ExportOptions) -> Vec<(String, String)> {
    let mut given = vec![("format".to_owned(), options.format.name().to_owned())];
    given.extend(options.updated_after.iter().map(|time| ("updated_after".to_owned(), time.clone())));
    given.extend(options.filter.iter().cloned());
    if options.no_notes {
        given.push(("include_notes".to_owned(), "false".to_owned()));
    }
    given
}

/// Where it goes.
enum Target {
    Stdout(io::Stdout),
    /// Beside the file, whose place it takes when all is there; appending needs no draft.
    File {
        file: std::path::PathBuf,
        draft: Option<std::path::PathBuf>,
        open: std::fs::File,
    },
}

impl Target {
    fn open(options: &ExportOptions) -> Result<Self, Failure> {
        let Some(file) = options.output.clone().filter(|file| file.as_os_str() != "-") else {
            return Ok(Self::Stdout(io::stdout()));
        };
        let refuse =
            |error: io::Error| Failure::Work(format!("{} cannot be written ({error}).", file.display()));
        if options.append {
            let open = std::fs::File::options().append(true).create(true).open(&file).map_err(refuse)?;
            return Ok(Self::File { file, draft: None, open });
        }
        // What is no plain file, such as a pipe, is written to and not replaced.
        if file.exists() && !file.is_file() {
            let open = std::fs::File::options().write(true).open(&file).map_err(refuse)?;
            return Ok(Self::File { file, draft: None, open });
        }
        let mut draft = file.as_os_str().to_owned();
        draft.push(format!(".{}.part", std::process::id()));
        let draft = std::path::PathBuf::from(draft);
        let open = std::fs::File::create(&draft).map_err(refuse)?;
        Ok(Self::File { file, draft: Some(draft), open })
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        match self {
            // A terminal obeys control characters, and the component is not trusted with one.
            Self::Stdout(stdout) if stdout.is_terminal() => {
                let text = String::from_utf8_lossy(text);
                let mut stdout = stdout.lock();
                text.lines().try_for_each(|line| writeln!(stdout, "{}", crate::text::visible(line)))
            }
            Self::Stdout(stdout) => stdout.lock().write_all(text),
            Self::File { open, .. } => open.write_all(text),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.lock().flush(),
            Self::File { file, draft, open } => {
                open.flush()?;
                match draft.take() {
                    Some(draft) => std::fs::rename(draft, file),
                    None => Ok(()),
                }
            }
        }
    }
}

/// An export that broke off leaves no half file, but what was appended stays: whole lines.
impl Drop for Target {
    fn drop(&mut self) {
        if let Self::File { draft: Some(draft), .. } = self {
            let _ = std::fs::remove_file(draft);
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stdout(_) => formatter.write_str("Standard output"),
            Self::File { file, .. } => file.display().fmt(formatter),
        }
    }
}
