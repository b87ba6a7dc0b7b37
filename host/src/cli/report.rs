//! `fastintercom report -o FILE`: one page with the figures of a period.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::arguments::ReportOptions;
use super::{Failure, terminal};
use crate::application::Application;

pub async fn run(application: &Application, options: ReportOptions) -> Result<ExitCode, Failure> {
    let cancelled = super::signals::cancelled_by();
    let typed = json!({"since": options.since, "until": options.until});
    let page = application.report(typed.to_string(), cancelled).await??;
    if options.json {
        terminal::json(&page.structured);
        return Ok(ExitCode::SUCCESS);
    }
    if options.output == Path::new("-") {
        terminal::line(page.html.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let shown = options.output.display();
    write_whole(&options.output, page.html.as_bytes())
        .map_err(|error| Failure::Work(format!("The page could not be written to {shown} ({error}).")))?;
    terminal::text(&page.text);
    terminal::text(&format!("Wrote {shown} ({} KB). Open it in a browser.", page.html.len().div_ceil(1_000)));
    Ok(ExitCode::SUCCESS)
}

/// The file has the old content or the new, never half of it. It is for this user only, since it
/// names customers: see `platform::keep_new_files_private`.
fn write_whole(file: &Path, content: &[u8]) -> io::Result<()> {
    if file.file_name().is_none() || file.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    // What is no plain file, such as /dev/stdout or a pipe, is written to and not replaced.
    if file.exists() && !file.is_file() {
        return fs::File::options().write(true).open(file)?.write_all(content);
    }
    let mut draft = file.as_os_str().to_owned();
    draft.push(format!(".{}.part", std::process::id()));
    let written = fs::write(&draft, content).and_then(|()| fs::rename(&draft, file));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_takes_the_place_of_an_older_one() {
        let folder = std::env::temp_dir().join(format!("fastintercom-report-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("report.html");
        for content in ["first", "second"] {
            write_whole(&file, content.as_bytes()).expect("written");
            assert_eq!(fs::read_to_string(&file).expect("read"), content);
        }
        assert_eq!(fs::read_dir(&folder).expect("listed").count(), 1, "no draft is left");
        assert!(write_whole(&folder, b"x").is_err());
        assert!(write_whole(&folder.join("none/report.html"), b"x").is_err());
        fs::remove_dir_all(&folder).expect("removed");
    }
}
