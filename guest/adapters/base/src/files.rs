//! The one folder and the names in it.
//!
//! | name | what it is |
//! |---|---|
//! | `lease.TERM` | who may write; the highest term counts |
//! | `writer.TERM.db` | the file of that term's holder |
//! | `published.TERM.NUMBER.db` | what readers read: the highest of all, and it never changes |
//! | `publishing.TERM.db` | a copy that is not complete yet |

use crate::bindings::wasi::filesystem::preopens::get_directories;
use crate::bindings::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags,
};

use zeroize::Zeroizing;

/// Bytes that are read and written at once.
const PIECE: u64 = 1024 * 1024;

/// The first preopened folder; there is one.
///
/// # Errors
/// A sentence, when the host opened none.
pub fn folder() -> Result<&'static Descriptor, String> {
    thread_local! {
        static FOLDER: Option<&'static Descriptor> =
            get_directories().into_iter().next().map(|(folder, _)| &*Box::leak(Box::new(folder)));
    }
    FOLDER.with(|folder| *folder).ok_or_else(|| {
        "No folder is open to the program, and the cache needs one: with wasmtime, --dir FOLDER::/data."
            .to_owned()
    })
}

/// What is in the folder.
#[derive(Debug, Default)]
pub struct Listing {
    pub leases: Vec<u64>,
    pub writers: Vec<u64>,
    /// Newest last.
    pub published: Vec<(u64, u64)>,
    pub publishing: Vec<u64>,
    /// A native server's database, or its journal.
    pub native: bool,
}

impl Listing {
    /// # Errors
    /// A sentence, when the folder cannot be read.
    pub fn read() -> Result<Self, String> {
        let entries = folder()?.read_directory().map_err(|code| failed("The data folder", "read", code))?;
        let mut listing = Self::default();
        while let Some(entry) =
            entries.read_directory_entry().map_err(|code| failed("The data folder", "read", code))?
        {
            listing.add(&entry.name);
        }
        listing.published.sort_unstable();
        Ok(listing)
    }

    fn add(&mut self, name: &str) {
        let mut parts = name.split('.');
        let number = |part: Option<&str>| part.and_then(|text| text.parse::<u64>().ok());
        match (parts.next(), number(parts.next())) {
            (Some("lease"), Some(term)) => self.leases.push(term),
            (Some("writer"), Some(term)) => self.writers.push(term),
            (Some("publishing"), Some(term)) => self.publishing.push(term),
            (Some("published"), Some(term)) => {
                if let (Some(number), Some("db")) = (number(parts.next()), parts.next()) {
                    self.published.push((term, number));
                }
            }
            (Some("data"), _) if name.starts_with(crate::settings::NATIVE_DATABASE) => self.native = true,
            _ => {}
        }
    }
}

pub fn lease_name(term: u64) -> String {
    format!("lease.{term}")
}

pub fn writer_name(term: u64) -> String {
    format!("writer.{term}.db")
}

pub fn published_name((term, number): (u64, u64)) -> String {
    format!("published.{term}.{number}.db")
}

pub fn publishing_name(term: u64) -> String {
    format!("publishing.{term}.db")
}

pub fn failed(what: &str, verb: &str, code: ErrorCode) -> String {
    let why = match code {
        ErrorCode::InsufficientSpace | ErrorCode::Quota => "the disk is full".to_owned(),
        ErrorCode::ReadOnly | ErrorCode::NotPermitted | ErrorCode::Access => {
            "the host allows no writing here".to_owned()
        }
        other => other.name().to_owned(),
    };
    format!("{what} cannot be {verb} ({why}).")
}

/// # Errors
/// WASI's.
pub fn open(name: &str, how: OpenFlags, flags: DescriptorFlags) -> Result<Descriptor, ErrorCode> {
    let folder = folder().map_err(|_| ErrorCode::NoEntry)?;
    folder.open_at(PathFlags::empty(), name, how, flags)
}

/// Seconds since the file was written last, by the wall clock; a time to come counts as long ago
/// when it is further away than a clock is adjusted.
pub fn age(name: &str) -> Option<u64> {
    let stat = folder().ok()?.stat_at(PathFlags::empty(), name).ok()?;
    let written = stat.data_modification_timestamp?.seconds;
    Some(crate::bindings::wasi::clocks::wall_clock::now().seconds.abs_diff(written))
}

/// The file's size; none: there is no such file.
pub fn size(name: &str) -> Option<u64> {
    folder().ok()?.stat_at(PathFlags::empty(), name).ok().map(|stat| stat.size)
}

/// Removes a file that nobody needs. One that another process still has open stays, on some
/// systems, until the next time.
pub fn remove(name: &str) {
    if let Ok(folder) = folder() {
        let _ = folder.unlink_file_at(name);
    }
}

/// # Errors
/// WASI's.
pub fn rename(from: &str, to: &str) -> Result<(), ErrorCode> {
    let folder = folder().map_err(|_| ErrorCode::NoEntry)?;
    folder.rename_at(from, folder, to)
}

/// SQLite's change counter: each transaction that wrote something makes it another. None: there is
/// no database (https://sqlite.org/fileformat2.html#file_change_counter).
pub fn change_counter(file: &Descriptor) -> Option<u32> {
    let (bytes, _) = file.read(28, 0).ok()?;
    bytes.get(24..28)?.try_into().ok().map(u32::from_be_bytes)
}

/// A copy in the making.
pub struct Copying {
    source: Descriptor,
    target: Descriptor,
    /// Bytes done.
    done: u64,
}

impl Copying {
    /// # Errors
    /// WASI's.
    pub fn begin(from: &str, to: &str) -> Result<Self, ErrorCode> {
        let source = open(from, OpenFlags::empty(), DescriptorFlags::READ)?;
        let target = open(to, OpenFlags::CREATE | OpenFlags::TRUNCATE, DescriptorFlags::WRITE)?;
        Ok(Self { source, target, done: 0 })
    }

    /// Copies a piece. True: that was the last one, and all is on the disk.
    ///
    /// # Errors
    /// WASI's.
    pub fn step(&mut self) -> Result<bool, ErrorCode> {
        let (bytes, ended) = self.source.read(PIECE, self.done)?;
        // The token is in this memory, and text of conversations has no business beside it.
        let bytes = Zeroizing::new(bytes);
        let mut written = 0;
        while written < bytes.len() {
            match self.target.write(&bytes[written..], self.done)? {
                0 => return Err(ErrorCode::InsufficientSpace),
                count => {
                    written += usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len() - written);
                    self.done += count;
                }
            }
        }
        if ended || bytes.is_empty() {
            self.target.sync()?;
            return Ok(true);
        }
        Ok(false)
    }
}
