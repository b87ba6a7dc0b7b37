//! A consistent copy of the database, while others read and write it.

use std::fs::{self, File};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};

use super::new_file_beside;
use crate::error::{StoreError, StoreResult};
use crate::store::connection::Store;
use crate::store::header::on_disk;
use crate::store::header::sibling;
use crate::store::opening::{OpenMode, open_raw};
use crate::store::takeover::create_private;

/// Pages, 4 KiB each, of the first step; the next ones follow the clock.
const FIRST_STEP: i32 = 256;
/// How long a step may keep a commit waiting, about.
const STEP: Duration = Duration::from_millis(20);
/// Between two steps a commit that waits gets in: the busy handler of ours asks each millisecond.
const PAUSE: Duration = Duration::from_millis(3);
/// So often may a commit make the copy begin anew, before it is made in one go.
const RESTARTS: u32 = 3;

impl Store {
    /// Writes a consistent copy beside the database, while others read and write it. The name has
    /// no folder in it, and no file of that name may exist.
    ///
    /// The copy is made in short steps, between which others may commit. A commit makes it begin
    /// anew, since it must show one state; after some of these it is made in one go, in which
    /// commits have to wait.
    ///
    /// # Errors
    /// [`StoreError::Other`] for an unusable name, and what SQLite or the disk reports; an
    /// unfinished copy is removed.
    pub fn backup(&self, file_name: &str) -> StoreResult<()> {
        let target = new_file_beside(self.path(), file_name)?;
        let part = sibling(&target, ".part");
        let copied = copy_pages(self, &part).and_then(|()| {
            // Only now, when no lock is held for it.
            let writing = |error: std::io::Error| StoreError::from_writing(&error);
            let copy = File::options().write(true).open(on_disk(&part)).map_err(writing)?;
            copy.sync_all().map_err(writing)?;
            // Windows renames no file that is open.
            drop(copy);
            fs::rename(on_disk(&part), on_disk(&target)).map_err(writing)
        });
        if copied.is_err() {
            let _ = fs::remove_file(on_disk(&part));
        }
        copied
    }
}

fn copy_pages(store: &Store, part: &Path) -> StoreResult<()> {
    create_private(part)?;
    let mut target = open_raw(part, OpenMode::ReadWrite)?;
    // Nobody reads an unfinished copy, so it needs no journal and no write-through.
    target
        .execute_batch("PRAGMA temp_store = MEMORY; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    let backup = Backup::new(store.connection(), &mut target)?;
    let (mut pages, mut done, mut restarts) = (FIRST_STEP, 0, 0);
    loop {
        let begun = Instant::now();
        match backup.step(pages)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // The busy handler has waited already, or another commit came between.
            _ => return Err(StoreError::Busy),
        }
        let progress = backup.progress();
        let now_done = progress.pagecount - progress.remaining;
        restarts += u32::from(now_done <= done);
        done = now_done;
        if restarts > RESTARTS {
            pages = -1;
            continue;
        }
        let took = begun.elapsed();
        if took > STEP {
            pages = (pages / 2).max(1);
        } else if took < STEP / 2 {
            pages = pages.saturating_mul(2);
        }
        thread::sleep(PAUSE);
    }
}
