//! Going through the lines of a log, the oldest first.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use super::journal;
use super::line::Line;

/// Which lines are wanted; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Id of a conversation or a contact that was in the answer.
    pub disclosed: Option<String>,
    pub caller: Option<String>,
    /// The first instant, as the lines write it, or its beginning: `2026-11-21`.
    pub since: Option<String>,
}

impl Wanted {
    #[must_use]
    pub fn is(&self, line: &Line) -> bool {
        self.since.as_deref().is_none_or(|since| line.text("time") >= since)
            && self.caller.as_deref().is_none_or(|caller| line.text("caller") == caller)
            && self.disclosed.as_deref().is_none_or(|id| line.discloses(id))
    }
}

/// A piece of a file between two newlines.
pub struct Piece<'a> {
    /// Number of the file.
    pub file: u32,
    /// Of the piece in its file, from 1.
    pub place: u64,
    pub bytes: &'a [u8],
    /// It has its newline.
    pub ended: bool,
}

/// Calls `each` with all pieces of all files.
///
/// # Errors
/// When folder or files cannot be read.
pub fn pieces(folder: &Path, mut each: impl FnMut(Piece<'_>)) -> io::Result<Vec<u32>> {
    let files = journal::files(folder)?;
    for number in &files {
        let mut reader = BufReader::new(File::open(journal::path(folder, *number))?);
        let mut bytes = Vec::new();
        for place in 1.. {
            bytes.clear();
            if reader.read_until(b'\n', &mut bytes)? == 0 {
                break;
            }
            let ended = bytes.last() == Some(&b'\n');
            if ended {
                bytes.pop();
            }
            each(Piece { file: *number, place, bytes: &bytes, ended });
        }
    }
    Ok(files)
}
