//! SQLite's locks, of which nothing is left to do: nobody else writes the writer's file, and what
//! readers read never changes. Only a replica's file may be replaced by another one.

use std::cell::Cell;

use crate::Base;
use crate::bindings::exports::fastintercom::component::database_lock::{Guest, GuestLock, Level, Lock};
use crate::bindings::wasi::filesystem::types::PathFlags;
use crate::files;
use crate::settings::settings;

pub struct Handle {
    level: Cell<Level>,
    /// Which file a replica has.
    file: Option<(u64, u64)>,
}

impl Guest for Base {
    type Lock = Handle;
}

impl GuestLock for Handle {
    fn open() -> Result<Lock, String> {
        Ok(Lock::new(Self { level: Cell::new(Level::Unlocked), file: replica() }))
    }

    fn acquire(&self, level: Level) -> Result<bool, String> {
        self.level.set(level);
        Ok(true)
    }

    fn release(&self, level: Level) -> Result<(), String> {
        self.level.set(level);
        Ok(())
    }

    fn is_reserved(&self) -> Result<bool, String> {
        Ok(matches!(self.level.get(), Level::Reserved | Level::Exclusive))
    }

    fn has_moved(&self) -> bool {
        replica() != self.file
    }
}

/// Which file lies at a replica's path now.
fn replica() -> Option<(u64, u64)> {
    let name = settings().replica.as_ref()?;
    let hash = files::folder().ok()?.metadata_hash_at(PathFlags::empty(), name).ok()?;
    Some((hash.lower, hash.upper))
}
