//! Readers get each finished state of the cache under a new name, so nothing changes under them.
//!
//! SQLite writes to the file only when a transaction commits (`cache_spill` is off), and never
//! while the component calls out. So a copy of the bytes is a state between two transactions.

use std::cell::{Cell, RefCell};

use crate::Base;
use crate::bindings::exports::fastintercom::adapter::writer::Guest;
use crate::bindings::exports::fastintercom::component::log::Level;
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags};
use crate::files::{self, Copying, Listing, published_name, publishing_name, writer_name};
use crate::settings::settings;
use crate::{lease, log};

/// Copying takes at most one part in so many of the time, so that a large cache is not copied for
/// three new messages: at 100 MB/s, 2 GB are copied at most every 33 minutes.
const SHARE: u64 = 100;
/// Bytes that a disk copies in a second, for a guess.
const SPEED: u64 = 100_000_000;
/// Small caches are not copied more often than that, in seconds.
const LEAST_PAUSE: u64 = 5;
/// Nanoseconds of a step.
const STEP: u64 = 10_000_000;
/// Nanoseconds between two looks whether a sync has something to show.
const LOOK: u64 = 1_000_000_000;
/// A file that readers may have chosen before a newer one came stays for so long, in seconds.
const GRACE: u64 = 60;

thread_local! { static COPYING: RefCell<Option<Copying>> = const { RefCell::new(None) }; }

/// The file that readers are to read now; a name that is never there when there is none.
pub fn newest_name() -> String {
    let newest = Listing::read().ok().and_then(|listing| listing.published.last().copied());
    published_name(newest.unwrap_or_default())
}

impl Guest for Base {
    fn begin() -> Result<bool, String> {
        let begun = lease::begin();
        if matches!(begun, Ok(true)) {
            sweep();
        }
        begun
    }

    fn beat() -> bool {
        lease::beat()
    }

    fn is_published() -> bool {
        settings().replica.is_some() || Listing::read().is_ok_and(|listing| !listing.published.is_empty())
    }

    fn due_in() -> Option<u32> {
        let counter = |name: &str| {
            let file = files::open(name, OpenFlags::empty(), DescriptorFlags::READ).ok()?;
            files::change_counter(&file)
        };
        let mine = writer_name(lease::term()?);
        let written = counter(&mine)?;
        let Some(newest) = Listing::read().ok()?.published.last().copied() else { return Some(0) };
        let newest = published_name(newest);
        if counter(&newest) == Some(written) {
            return None;
        }
        let size = files::size(&mine)?;
        // The first sync of a folder: each time that what it has was doubled.
        if files::size(&newest).is_some_and(|shown| shown * 2 <= size) {
            return Some(0);
        }
        let pause = (size * SHARE / SPEED).max(LEAST_PAUSE);
        let since = files::age(&newest).unwrap_or(pause);
        Some(u32::try_from(pause.saturating_sub(since)).unwrap_or(u32::MAX))
    }

    fn publish_step() -> Result<bool, String> {
        let term = lease::term().ok_or("The lease of the data folder was lost, so nothing was published.")?;
        let (from, to) = (writer_name(term), publishing_name(term));
        let done = COPYING.with_borrow_mut(|slot| -> Result<bool, ErrorCode> {
            let copying = match slot {
                Some(copying) => copying,
                None => slot.insert(Copying::begin(&from, &to)?),
            };
            let begun = monotonic_clock::now();
            while monotonic_clock::now() - begun < STEP {
                if copying.step()? {
                    return Ok(true);
                }
            }
            Ok(false)
        });
        match done {
            Ok(false) => return Ok(false),
            Ok(true) => COPYING.set(None),
            Err(code) => {
                COPYING.set(None);
                files::remove(&to);
                return Err(files::failed("A copy for readers", "written", code));
            }
        }
        if !lease::is_mine() {
            files::remove(&to);
            return Err("The lease of the data folder was lost, so nothing was published.".to_owned());
        }
        let published = Listing::read()?.published;
        let number =
            published.iter().filter(|(of, _)| *of == term).map(|(_, number)| number + 1).max().unwrap_or(1);
        files::rename(&to, &published_name((term, number)))
            .map_err(|code| files::failed("A copy for readers", "published", code))?;
        sweep();
        Ok(true)
    }

    fn end() {
        COPYING.set(None);
        lease::end();
    }
}

/// Publishes during a sync, between two of its transactions. In front of standard input the front
/// does this, which answers between the steps.
pub fn meanwhile() {
    thread_local! { static LOOKED: Cell<u64> = const { Cell::new(0) } }
    let now = monotonic_clock::now();
    if now.saturating_sub(LOOKED.get()) < LOOK {
        return;
    }
    LOOKED.set(now);
    if Base::due_in() != Some(0) {
        return;
    }
    loop {
        match Base::publish_step() {
            Ok(true) => return,
            Ok(false) => {}
            Err(sentence) => return log::write(Level::Warn, &sentence),
        }
    }
}

/// Removes what was published earlier. Only who holds the lease does.
fn sweep() {
    let Ok(listing) = Listing::read() else { return };
    let Some(newest) = listing.published.last() else { return };
    let is_settled = files::age(&published_name(*newest)).is_some_and(|age| age >= GRACE);
    let kept = if is_settled { 1 } else { 2 };
    for old in listing.published.iter().rev().skip(kept) {
        files::remove(&published_name(*old));
    }
}
