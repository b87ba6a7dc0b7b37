//! Compiles in a process of its own, for a server that may end before the compiler does.
//!
//! Many clients start a server, ask for its tools, and close it within a second or two. A compiler
//! inside that server would begin anew each time and never end. So the server starts one that is
//! in a process group of its own and outlives its parent, until the code is stored; that takes
//! seconds, and is bounded by [`LONGEST`]. A lock on a file in the cache's folder keeps it to one.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::cache::CodeCache;
use super::code::{Bytes, Code};

/// The hidden command that compiles and nothing else.
pub const COMMAND: &str = "compile-component";
/// What it needs to know. Nothing else of the environment is passed on, least of all a token.
pub const FOLDER: &str = "FASTINTERCOM_CACHE_DIR";
pub const COMPONENT: &str = "FASTINTERCOM_COMPONENT_FILE";

/// On the slowest machine that was seen it took two minutes.
const LONGEST: Duration = Duration::from_secs(600);
/// How often to look whether the code is there.
const LOOK: Duration = Duration::from_millis(20);

/// Lets another process compile, and waits until it has. False: the code is not there, and this
/// process has to compile for itself.
pub fn compile_elsewhere(cache: &CodeCache, component: Option<&Path>) -> bool {
    let Some(folder) = cache.folder() else { return false };
    let begun = Instant::now();
    let begin = match lock(folder) {
        // Given back at once: it is for the other process.
        Ok(Some(lock)) => {
            drop(lock);
            start(folder, component)
        }
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = begin {
        tracing::debug!("no other process can compile: {error}");
        return false;
    }
    let mut seen = false;
    while begun.elapsed() < LONGEST {
        if cache.is_there() {
            return true;
        }
        let is_at_work = lock(folder).is_ok_and(|lock| lock.is_none());
        // It needs a moment to take the lock; when it gave that back, it has ended.
        if (seen && !is_at_work) || (!seen && begun.elapsed() > Duration::from_secs(5)) {
            return cache.is_there();
        }
        seen |= is_at_work;
        thread::sleep(LOOK);
    }
    false
}

/// Compiles into the cache, unless somebody does already or it is there.
///
/// # Errors
/// A sentence.
pub fn compile(component: Option<&Path>, folder: PathBuf) -> Result<(), String> {
    let bytes = Bytes::load(component)?;
    let Ok(Some(_lock)) = lock(&folder) else { return Ok(()) };
    // It ends by itself if the compiler should not.
    thread::spawn(|| {
        thread::sleep(LONGEST);
        std::process::exit(1);
    });
    Code::prepare(&bytes, Some(folder), false).map(|_| ())
}

/// `None`: somebody else has it.
fn lock(folder: &Path) -> io::Result<Option<File>> {
    let file = File::options().create(true).append(true).open(folder.join("compiling.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

fn start(folder: &Path, component: Option<&Path>) -> io::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg(COMMAND)
        .env_clear()
        .env(FOLDER, folder)
        // Not where the server was started: somebody may want to remove that folder meanwhile.
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(component) = component {
        command.env(COMPONENT, component);
    }
    crate::platform::detach(&mut command);
    let mut child = command.spawn()?;
    // Whoever outlives it must not keep its remains.
    thread::spawn(move || child.wait());
    Ok(())
}
