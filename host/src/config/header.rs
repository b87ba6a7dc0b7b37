//! Whose a file is, by how it begins, before anything is done to it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// `PRAGMA application_id` of our databases, "FaIn"; the component sets it.
const APPLICATION_ID: [u8; 4] = *b"FaIn";

/// Whose a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Without content, as we and SQLite make new ones.
    Empty,
    /// It has our mark.
    Ours,
    /// A database of SQLite's without any mark: the original program's, or one of many others.
    Unmarked,
    /// Another program's, or no database.
    Stranger,
}

/// Reads the first 100 bytes of the file (<https://sqlite.org/fileformat2.html#the_database_header>).
/// Anything but a regular file is a stranger's, and is not opened: opening a pipe would wait.
///
/// # Errors
/// When it cannot be read.
pub fn whose(path: &Path) -> io::Result<Owner> {
    if !path.symlink_metadata()?.is_file() {
        return Ok(Owner::Stranger);
    }
    let mut header = Vec::with_capacity(100);
    File::open(path)?.take(100).read_to_end(&mut header)?;
    Ok(match header.as_slice() {
        [] => Owner::Empty,
        header if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") => Owner::Stranger,
        header if header[68..72] == APPLICATION_ID => Owner::Ours,
        header if header[68..72] == [0; 4] => Owner::Unmarked,
        _ => Owner::Stranger,
    })
}

/// Whether its mode and its folder's are ours to close: it has our mark, or none yet and the name
/// that the original program gave its database.
#[cfg(unix)]
pub fn is_ours_to_close(path: &Path) -> bool {
    match whose(path) {
        Ok(Owner::Ours | Owner::Empty) => true,
        Ok(Owner::Unmarked) => path.file_name().is_some_and(|name| name == "data.db"),
        Ok(Owner::Stranger) | Err(_) => false,
    }
}
