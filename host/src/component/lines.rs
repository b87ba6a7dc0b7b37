//! How many lines an instance may add to the log.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Lines at once: more than a whole sync of ours writes.
const BURST: f64 = 200.0;
/// Lines a second after that: a log that somebody can still read, and a disk that does not fill.
const PER_SECOND: f64 = 10.0;

/// Lines that an instance may still write, shared by its log and its standard error.
#[derive(Clone, Debug)]
pub struct LineBudget(Arc<Mutex<Left>>);

#[derive(Debug)]
struct Left {
    lines: f64,
    at: Instant,
    dropped: u64,
}

impl Default for LineBudget {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Left { lines: BURST, at: Instant::now(), dropped: 0 })))
    }
}

impl LineBudget {
    /// Takes one line; `false`: it is to be dropped. The log says when a gap begins, and at its
    /// end how long it was.
    #[must_use]
    pub fn take(&self) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        left.lines = (left.lines + now.duration_since(left.at).as_secs_f64() * PER_SECOND).min(BURST);
        left.at = now;
        if left.lines < 1.0 {
            if left.dropped == 0 {
                tracing::warn!("the component writes too many lines; some are dropped");
            }
            left.dropped += 1;
            return false;
        }
        left.lines -= 1.0;
        match std::mem::take(&mut left.dropped) {
            0 => {}
            dropped => tracing::warn!("{dropped} lines of the component were dropped"),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut() {
        let budget = LineBudget::default();
        let written = (0..10_000).filter(|_| budget.take()).count();
        assert!((200..300).contains(&written), "{written}");
    }
}
