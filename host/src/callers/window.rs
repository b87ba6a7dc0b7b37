//! A limit of calls a minute.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// When the calls of the last minute were made: in no minute are there more than allowed, wherever
/// it begins.
#[derive(Debug, Default)]
pub struct Window(Mutex<VecDeque<Instant>>);

impl Window {
    /// Takes a call's place.
    ///
    /// # Errors
    /// How long to wait for one.
    pub fn enter(&self, most: NonZeroU32, now: Instant) -> Result<(), Duration> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while made.front().is_some_and(|first| now.saturating_duration_since(*first) >= MINUTE) {
            made.pop_front();
        }
        let most = most.get() as usize;
        // The limit may have become lower.
        let Some(over) = made.len().checked_sub(most) else {
            made.push_back(now);
            return Ok(());
        };
        let free = made.get(over).map_or(now, |first| *first + MINUTE);
        Err(free.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(most: u32) -> NonZeroU32 {
        NonZeroU32::new(most).expect("a limit")
    }

    #[test]
    fn no_minute_has_more_calls_than_allowed_and_the_wait_is_until_one_leaves_it() {
        let window = Window::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for second in [0, 10, 20] {
            assert_eq!(window.enter(limit(3), at(second)), Ok(()));
        }
        assert_eq!(window.enter(limit(3), at(30)), Err(Duration::from_secs(30)));
        // A refused call takes no place.
        assert_eq!(window.enter(limit(3), at(59)), Err(Duration::from_secs(1)));
        assert_eq!(window.enter(limit(3), at(60)), Ok(()));
        assert_eq!(window.enter(limit(3), at(60)), Err(Duration::from_secs(10)));
        // A lower limit counts what was made under the higher one.
        assert_eq!(window.enter(limit(1), at(61)), Err(Duration::from_secs(59)));
        assert_eq!(window.enter(limit(1), at(120)), Ok(()));
    }
}
