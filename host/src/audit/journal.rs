//! The files of the log: `audit-00000001.jsonl`, `audit-00000002.jsonl`, …; the last is written to.
//!
//! Several servers may write to one log. Each append is made under a lock on a file of its own, and
//! looks first whether another process appended or began a new file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::line::{self, Broken, Head, Line};
use super::record::Record;

/// Appends to the log of a folder.
pub struct Journal {
    folder: PathBuf,
    /// Bytes after which a new file begins.
    file_bytes: u64,
    /// Each line is on the disk before the append returns.
    synchronous: bool,
    lock: File,
    state: Mutex<Option<Open>>,
}

/// The file that is written to, and what it ends with.
struct Open {
    number: u32,
    file: File,
    length: u64,
    head: Head,
    broken: Option<Broken>,
}

impl Journal {
    /// Makes folder and first file, for this user alone, if they are not there.
    ///
    /// # Errors
    /// When the folder cannot be made, read or written.
    pub fn open(folder: &Path, file_bytes: u64, synchronous: bool) -> io::Result<Self> {
        make_folder(folder)?;
        let lock = private().write(true).truncate(false).open(folder.join("lock"))?;
        let journal =
            Self { folder: folder.to_owned(), file_bytes, synchronous, lock, state: Mutex::new(None) };
        journal.locked(|state| journal.look(state).map(|_| ()))?;
        Ok(journal)
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Appends a line in one write.
    ///
    /// # Errors
    /// What the system says; nothing was appended then.
    pub fn append(&self, record: &Record, hash_arguments: bool, unlogged: u64) -> io::Result<()> {
        let members = record.members(hash_arguments);
        self.locked(|state| {
            let open = self.look(state)?;
            if open.length >= self.file_bytes && open.broken.is_none() {
                *open = self.create(open.number + 1, open.head.clone())?;
            }
            let (line, head) = line::write(&open.head, &members, unlogged, open.broken.as_ref());
            // What a program that was killed left behind ends here, so that this line is a line.
            let begin = if open.broken.is_some() { "\n" } else { "" };
            let bytes = format!("{begin}{line}\n").into_bytes();
            if let Err(error) = open.file.write_all(&bytes) {
                // A part may be there. Were it to stay, the next append would find it.
                let _ = open.file.set_len(open.length);
                *state = None;
                return Err(error);
            }
            open.length += bytes.len() as u64;
            open.head = head;
            open.broken = None;
            if self.synchronous { open.file.sync_data() } else { Ok(()) }
        })
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Option<Open>) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match self.lock.lock() {
            // Where a file system has no locks, one process has the log to itself.
            Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(error),
            _ => {}
        }
        let done = work(&mut state);
        let _ = self.lock.unlock();
        done
    }

    /// The file to write to as it is now.
    fn look<'a>(&self, state: &'a mut Option<Open>) -> io::Result<&'a mut Open> {
        let current = match state {
            Some(open) => {
                open.file.metadata()?.len() == open.length
                    && path(&self.folder, open.number).try_exists()?
                    && !path(&self.folder, open.number + 1).try_exists()?
            }
            None => false,
        };
        if !current {
            *state = Some(self.reopen()?);
        }
        state.as_mut().ok_or_else(|| io::Error::other("the log is not open"))
    }

    fn reopen(&self) -> io::Result<Open> {
        let numbers = files(&self.folder)?;
        let Some(number) = numbers.last().copied() else { return self.create(1, Head::default()) };
        let mut file = private().append(true).read(true).open(path(&self.folder, number))?;
        let length = file.metadata()?.len();
        let (mut head, broken) = end(&mut file, length)?;
        // The first line of this file is not written yet; the one before it says where it goes on.
        for earlier in numbers.iter().rev().skip(1) {
            if head.is_some() {
                break;
            }
            let mut file = File::open(path(&self.folder, *earlier))?;
            let length = file.metadata()?.len();
            head = end(&mut file, length)?.0;
        }
        Ok(Open { number, file, length, head: head.unwrap_or_default(), broken })
    }

    fn create(&self, number: u32, head: Head) -> io::Result<Open> {
        let file = private().append(true).read(true).open(path(&self.folder, number))?;
        Ok(Open { number, length: file.metadata()?.len(), file, head, broken: None })
    }
}

/// Numbers of the files there are, in their order.
///
/// # Errors
/// When the folder cannot be listed.
pub fn files(folder: &Path) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("audit-")?.strip_suffix(".jsonl"));
        numbers.extend(number.and_then(|number| number.parse::<u32>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The file of that number.
#[must_use]
pub fn path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("audit-{number:08}.jsonl"))
}

/// The last whole line of a file, and what stands behind it without an end. Lines that are none
/// are passed over: `verify` finds them, and the log goes on.
fn end(file: &mut File, length: u64) -> io::Result<(Option<Head>, Option<Broken>)> {
    let mut wanted: u64 = 64 * 1024;
    loop {
        let from = length.saturating_sub(wanted);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(length - from).read_to_end(&mut bytes)?;
        let (whole, fragment) = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(place) => bytes.split_at(place + 1),
            None => (&bytes[..0], &bytes[..]),
        };
        // The first piece may be the rest of a line, and is none then.
        let head = whole.split(|byte| *byte == b'\n').rev().find_map(Line::read).map(|line| line.head());
        let known_fragment = !whole.is_empty() || from == 0;
        if (head.is_some() && known_fragment) || from == 0 {
            return Ok((head, (!fragment.is_empty()).then(|| Broken::of(fragment))));
        }
        wanted = wanted.saturating_mul(4);
    }
}

/// Files are for this user alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}
