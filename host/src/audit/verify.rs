//! Whether a log is what was written.
//!
//! What a chain of hashes shows: a line that was changed, taken out, put in or moved, unless all
//! that follow were made anew. Who can write to the folder can do that, or cut the end off, so a
//! hash that was noted elsewhere is worth more than the chain alone: [`verify`] looks for it.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::line::{Broken, Head, Line};
use super::reading::{self, Piece};

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub files: usize,
    pub lines: u64,
    /// Number of the first line; larger than 1 when older files were removed.
    pub first: Option<u64>,
    /// The end of the chain, to be noted elsewhere.
    pub head: Option<Head>,
    /// Calls that were answered without a line, as the settings of that time allowed.
    pub unlogged: u64,
    /// What is no fault of anybody: a line that was being written when a program ended.
    pub notes: Vec<String>,
    /// What was changed, is missing, or stands elsewhere, a sentence each.
    pub problems: Vec<String>,
}

/// Problems that are told one by one.
const TOLD: usize = 50;

impl Report {
    fn problem(&mut self, sentence: String) {
        match self.problems.len() {
            count if count < TOLD => self.problems.push(sentence),
            TOLD => self.problems.push("There are more of these.".to_owned()),
            _ => {}
        }
    }
}

/// Goes through all lines. `noted`: the hash of a line that must be there.
///
/// # Errors
/// When folder or files cannot be read.
pub fn verify(folder: &Path, noted: Option<&str>) -> io::Result<Report> {
    let mut report = Report::default();
    let mut check = Check { expected: None, unread: Vec::new(), noted_found: false };
    let files = reading::pieces(folder, |piece| check.take(&piece, noted, &mut report))?;
    check.end(&mut report);
    report.files = files.len();
    let known: BTreeSet<u32> = files.iter().copied().collect();
    if let (Some(first), Some(last)) = (files.first(), files.last()) {
        for missing in (*first..=*last).filter(|number| !known.contains(number)) {
            report.problem(format!("The file audit-{missing:08}.jsonl is missing."));
        }
    }
    if let Some(noted) = noted.filter(|_| !check.noted_found) {
        report.problem(format!("No line has the hash {noted}: it was taken out or changed, or the lines after an earlier one were written anew."));
    }
    Ok(report)
}

struct Check {
    /// What the next line goes on from.
    expected: Option<Head>,
    /// Pieces that are no line of this log: where, what, and whether it has its newline.
    unread: Vec<(String, Broken, bool)>,
    noted_found: bool,
}

impl Check {
    fn take(&mut self, piece: &Piece<'_>, noted: Option<&str>, report: &mut Report) {
        let place = format!("Line {} of audit-{:08}.jsonl", piece.place, piece.file);
        let Some(line) = Line::read(piece.bytes).filter(|_| piece.ended) else {
            self.unread.push((place, Broken::of(piece.bytes), piece.ended));
            return;
        };
        let broken = line.broken();
        for (place, fragment, _) in self.unread.drain(..) {
            if broken.as_ref() == Some(&fragment) {
                report.notes.push(format!(
                    "{place} was being written when the program ended ({} bytes).",
                    fragment.bytes
                ));
            } else {
                report.problem(format!("{place} was changed, or is no line of this log."));
            }
        }
        report.lines += 1;
        report.unlogged +=
            line.members.get("unlogged_before").and_then(serde_json::Value::as_u64).unwrap_or(0);
        if report.first.is_none() {
            report.first = Some(line.number);
            if line.number > 1 {
                report
                    .notes
                    .push(format!("The log begins at line {}: what was before it was removed.", line.number));
            }
        }
        let expected = self.expected.take().or_else(|| (line.number == 1).then(Head::default));
        if let Some(expected) = expected {
            if line.number > expected.number + 1 {
                report.problem(format!(
                    "Before number {} ({place}), {} lines are missing.",
                    line.number,
                    line.number - expected.number - 1
                ));
            } else if line.number <= expected.number {
                report.problem(format!(
                    "Number {} ({place}) follows number {}: lines were moved or copied.",
                    line.number, expected.number
                ));
            } else if line.previous != expected.hash {
                report.problem(format!(
                    "Number {} ({place}) does not follow the line before it: that line, or this one, was written anew.",
                    line.number
                ));
            }
        }
        self.noted_found |= noted == Some(line.hash.as_str());
        let head = line.head();
        self.expected = Some(head.clone());
        report.head = Some(head);
    }

    fn end(&mut self, report: &mut Report) {
        for (place, fragment, ended) in self.unread.drain(..) {
            if ended {
                report.problem(format!("{place} was changed, or is no line of this log."));
            } else {
                report.notes.push(format!(
                    "{place}, the last, has no end ({} bytes): it is being written, or was when the program ended.",
                    fragment.bytes
                ));
            }
        }
    }
}
