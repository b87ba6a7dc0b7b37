//! One writer among many processes, without file locks.
//!
//! WASI has no file locks, and a database file that two processes write is destroyed within a
//! second. So whoever writes holds a lease, whose terms are numbers:
//!
//! - **Taking** the lease is creating the file `lease.TERM` for the number after the highest one,
//!   which only one process can. It is done when the last holder gave the lease back (the file
//!   says so), or did not renew it for [`LOST_AFTER`] seconds.
//! - **The holder writes a file of its own term.** It goes on with the last holder's file only when
//!   that one gave it back. Of a holder that was lost nobody knows whether it sleeps or is dead, so
//!   its file is left to it, and the new one begins with a copy of what was published last. Whoever
//!   wakes up too late writes into a file that nobody reads.
//! - **What is published carries the term in its name**, and readers take the highest. So one who
//!   wakes up between looking at its lease and publishing hides nothing newer.
//!
//! Clocks decide only when a lease counts as lost. If they lie, two processes work for a while, each
//! on its own file, and the higher term wins.

use std::cell::RefCell;

use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags};
use crate::files::{self, Copying, Listing, lease_name, published_name, publishing_name, writer_name};

/// A lease that was not renewed for so long is lost. No step of a sync takes nearly as long.
pub const LOST_AFTER: u64 = 60;

/// Between two renewals, in nanoseconds.
const RENEW: u64 = 5_000_000_000;

/// What the lease's file says; both are equally long.
const HELD: &[u8] = b"held    \n";
const RELEASED: &[u8] = b"released\n";

struct Held {
    term: u64,
    /// When it was renewed last, on the monotonic clock.
    renewed: u64,
    lost: bool,
}

thread_local! { static MINE: RefCell<Option<Held>> = const { RefCell::new(None) }; }

/// The term of the lease that is held.
pub fn term() -> Option<u64> {
    MINE.with_borrow(|mine| mine.as_ref().filter(|held| !held.lost).map(|held| held.term))
}

/// The file to write. Without a lease a name that is never there.
pub fn writer_file() -> String {
    MINE.with_borrow(|mine| {
        mine.as_ref().map_or_else(|| "no-lease.db".to_owned(), |held| writer_name(held.term))
    })
}

/// Whether another process holds the lease.
pub fn is_held() -> bool {
    let Ok(listing) = Listing::read() else { return false };
    listing.leases.into_iter().max().is_some_and(|term| !is_free(term))
}

/// Takes the lease. False: another process holds it.
///
/// # Errors
/// A sentence, when the folder cannot be used.
pub fn begin() -> Result<bool, String> {
    let listing = Listing::read()?;
    let last = listing.leases.iter().copied().max();
    if last.is_some_and(|last| !is_free(last)) {
        return Ok(false);
    }
    let released = last.filter(|last| says(*last).as_deref() == Some(RELEASED));
    let term = last.unwrap_or(0) + 1;
    let name = lease_name(term);
    match files::open(&name, OpenFlags::CREATE | OpenFlags::EXCLUSIVE, DescriptorFlags::WRITE) {
        Ok(file) => {
            file.write(HELD, 0)
                .map_err(|code| files::failed("The lease of the data folder", "written", code))?;
        }
        Err(ErrorCode::Exist) => return Ok(false),
        Err(code) => return Err(files::failed("The lease of the data folder", "taken", code)),
    }
    // The listing may be so old that this number was taken and given up in between.
    let listing = Listing::read()?;
    if listing.leases.iter().any(|other| *other > term) {
        files::remove(&name);
        return Ok(false);
    }
    if let Err(code) = prepare(term, released, &listing) {
        files::remove(&name);
        return Err(files::failed("The writer's file", "made", code));
    }
    MINE.set(Some(Held { term, renewed: monotonic_clock::now(), lost: false }));
    clean(term, &listing);
    Ok(true)
}

/// The file of this term: the last holder's if it was given back, else a copy of what was
/// published, else none yet.
fn prepare(term: u64, released: Option<u64>, listing: &Listing) -> Result<(), ErrorCode> {
    let mine = writer_name(term);
    if let Some(last) = released {
        let file = writer_name(last);
        // A journal that is not empty belongs to a transaction that did not end.
        let is_whole = files::size(&format!("{file}-journal")).unwrap_or(0) == 0;
        if is_whole && files::size(&file).is_some_and(|size| size > 0) {
            if files::rename(&file, &mine).is_ok() {
                return Ok(());
            }
            return copy(&file, &mine);
        }
    }
    match listing.published.last() {
        Some(newest) => copy(&published_name(*newest), &mine),
        None => Ok(()),
    }
}

fn copy(from: &str, to: &str) -> Result<(), ErrorCode> {
    let mut copying = Copying::begin(from, to)?;
    let copied = loop {
        match copying.step() {
            Ok(false) => {}
            Ok(true) => break Ok(()),
            Err(code) => break Err(code),
        }
    };
    if copied.is_err() {
        files::remove(to);
    }
    copied
}

/// Removes what earlier terms left. Whoever of them still runs writes into nothing.
fn clean(term: u64, listing: &Listing) {
    for other in listing.leases.iter().filter(|other| **other < term) {
        files::remove(&lease_name(*other));
    }
    for other in listing.writers.iter().filter(|other| **other < term) {
        files::remove(&writer_name(*other));
        files::remove(&format!("{}-journal", writer_name(*other)));
    }
    for other in listing.publishing.iter().filter(|other| **other < term) {
        files::remove(&publishing_name(*other));
    }
}

/// Renews the lease when it is time. False: it is another's now, and nothing more may be written.
/// Without a lease there is nothing to lose.
pub fn beat() -> bool {
    MINE.with_borrow_mut(|mine| {
        let Some(held) = mine else { return true };
        if !held.lost && monotonic_clock::now().saturating_sub(held.renewed) >= RENEW {
            held.renew();
        }
        !held.lost
    })
}

/// As [`beat`], but looks now.
pub fn is_mine() -> bool {
    MINE.with_borrow_mut(|mine| {
        mine.as_mut().is_some_and(|held| {
            held.renew();
            !held.lost
        })
    })
}

impl Held {
    fn renew(&mut self) {
        self.renewed = monotonic_clock::now();
        let higher =
            Listing::read().is_ok_and(|listing| listing.leases.iter().any(|other| *other > self.term));
        // A disk that is full for a moment is no reason to give up; a file that is gone is.
        let gone = matches!(write(self.term, HELD), Err(ErrorCode::NoEntry));
        if higher || gone {
            self.lost = true;
        }
    }
}

/// Gives the lease back, with the file.
pub fn end() {
    if is_mine()
        && let Some(term) = term()
    {
        let _ = write(term, RELEASED);
    }
    MINE.set(None);
}

fn write(term: u64, text: &[u8]) -> Result<(), ErrorCode> {
    files::open(&lease_name(term), OpenFlags::empty(), DescriptorFlags::WRITE)?.write(text, 0).map(|_| ())
}

fn says(term: u64) -> Option<Vec<u8>> {
    let file = files::open(&lease_name(term), OpenFlags::empty(), DescriptorFlags::READ).ok()?;
    file.read(64, 0).ok().map(|(bytes, _)| bytes)
}

/// Given back, or not renewed in time.
fn is_free(term: u64) -> bool {
    says(term).as_deref() == Some(RELEASED)
        || files::age(&lease_name(term)).is_none_or(|age| age >= LOST_AFTER)
}
