//! The account of the rate limit, and the server's clock.
//!
//! Intercom counts calls in windows of ten seconds and says after each call how many are left
//! (`X-RateLimit-Limit`, `-Remaining`, `-Reset`; the last in Unix seconds of its own clock). The
//! limit is shared with the company's other apps, and differs between workspaces (167 and 5,000
//! were seen), so nothing is assumed: without headers nothing is known, and nothing is held back.

use crate::environment::HttpResponse;
use crate::time::UnixSeconds;

/// Share of each window that is left to the company's other apps: a tenth.
const RESERVED_SHARE: i64 = 10;
/// At least so many calls are left to them.
const RESERVED_CALLS: i64 = 5;
/// How long a window lasts when the server does not say.
const WINDOW_MS: i64 = 10_000;
/// Waited after a reset on top, because the reset is in whole seconds.
const MARGIN_MS: i64 = 50;
/// Never wait longer than this for a reset: the headers may be nonsense.
const LONGEST_WAIT_MS: i64 = 15_000;

/// What the last answers said about the limit and the time.
#[derive(Debug, Default)]
pub struct RateLimits {
    /// Server's clock minus our stopwatch, in milliseconds; the largest seen is the truest,
    /// because the header cuts off fractions and the way back takes time.
    offset_ms: Option<i64>,
    window: Option<Window>,
    /// Calls per second of others, as seen in the last windows.
    others_per_second: f64,
    /// Not before this moment of the stopwatch, after a 429.
    pause_until_ms: i64,
}

#[derive(Debug)]
struct Window {
    limit: i64,
    /// Calls left, not yet counting those in flight.
    remaining: i64,
    reset: UnixSeconds,
    ours: i64,
}

impl RateLimits {
    /// Takes note of an answer's headers, `monotonic_ms` being when it came.
    pub fn note(&mut self, response: &HttpResponse, monotonic_ms: u64) {
        let now_ms = signed(monotonic_ms);
        if let Some(date) = response.header("date").and_then(http_date) {
            let offset = date.0.saturating_mul(1000).saturating_sub(now_ms);
            // A clock that was set back shows as a jump of many seconds: then begin anew.
            self.offset_ms =
                Some(self.offset_ms.map_or(offset, |known| {
                    if known - offset > 60_000 { offset } else { known.max(offset) }
                }));
        }
        let number = |name| response.header(name).and_then(|text: &str| text.trim().parse::<i64>().ok());
        let (Some(limit), Some(remaining)) = (number("x-ratelimit-limit"), number("x-ratelimit-remaining"))
        else {
            return;
        };
        let reset = number("x-ratelimit-reset")
            .map(UnixSeconds)
            .or_else(|| self.server_ms(now_ms).map(|server| UnixSeconds((server + WINDOW_MS) / 1000)));
        let Some(reset) = reset else { return };
        match &mut self.window {
            Some(window) if window.reset == reset => {
                window.ours += 1;
                window.limit = limit;
                // Answers overtake each other: the lowest count is the latest.
                window.remaining = window.remaining.min(remaining);
            }
            Some(window) if window.reset > reset => {} // a late answer of an earlier window
            _ => {
                self.learn_about_others();
                self.window = Some(Window { limit, remaining, reset, ours: 1 });
            }
        }
    }

    /// Takes note of a 429: nothing more until the window ends, or as long as the server asks.
    pub fn note_refusal(&mut self, retry_after: Option<u64>, monotonic_ms: u64) {
        let now_ms = signed(monotonic_ms);
        if let Some(window) = &mut self.window {
            window.remaining = 0;
        }
        let wait = match (retry_after, self.until_reset_ms(now_ms)) {
            (Some(seconds), _) => i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000),
            (None, Some(wait)) => wait.max(1000),
            (None, None) => 1000,
        };
        self.pause_until_ms = self.pause_until_ms.max(now_ms + wait.clamp(0, LONGEST_WAIT_MS));
    }

    /// How long to wait before one more call, in milliseconds, with so many in flight; 0: go.
    #[must_use]
    pub fn wait_ms(&self, in_flight: usize, monotonic_ms: u64) -> u64 {
        let now_ms = signed(monotonic_ms);
        let pause = self.pause_until_ms - now_ms;
        if pause > 0 {
            return pause.unsigned_abs();
        }
        let Some(window) = &self.window else { return 0 };
        let Some(until_reset) = self.until_reset_ms(now_ms) else { return 0 };
        if until_reset <= 0 {
            return 0;
        }
        let in_flight = i64::try_from(in_flight).unwrap_or(i64::MAX);
        if window.remaining.saturating_sub(in_flight) > self.reserve(window, until_reset) {
            return 0;
        }
        until_reset.min(LONGEST_WAIT_MS).unsigned_abs()
    }

    /// The server's time, as well as its `Date` headers tell.
    #[must_use]
    pub fn server_now(&self, monotonic_ms: u64) -> Option<UnixSeconds> {
        self.server_ms(signed(monotonic_ms)).map(|ms| UnixSeconds(ms.div_euclid(1000)))
    }

    /// Calls that are left to others until the window ends.
    fn reserve(&self, window: &Window, until_reset_ms: i64) -> i64 {
        let fixed = (window.limit / RESERVED_SHARE).max(RESERVED_CALLS).min(window.limit / 2);
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a small estimate")]
        let expected = (self.others_per_second * 1.2 * until_reset_ms as f64 / 1000.0) as i64;
        fixed.max(expected.min(window.limit / 2))
    }

    /// At the end of a window: what was used and was not ours was somebody else's.
    fn learn_about_others(&mut self) {
        if let Some(window) = &self.window {
            #[expect(clippy::cast_precision_loss, reason = "a small estimate")]
            let seen =
                (window.limit - window.remaining - window.ours).max(0) as f64 / (WINDOW_MS as f64 / 1000.0);
            self.others_per_second = (self.others_per_second + seen) / 2.0;
        }
    }

    fn server_ms(&self, now_ms: i64) -> Option<i64> {
        self.offset_ms.map(|offset| now_ms + offset)
    }

    fn until_reset_ms(&self, now_ms: i64) -> Option<i64> {
        let reset = self.window.as_ref()?.reset.0.saturating_mul(1000);
        // Without a server's clock the reset cannot be placed; a whole window is the safe guess.
        Some(self.server_ms(now_ms).map_or(WINDOW_MS, |server| reset.saturating_sub(server) + MARGIN_MS))
    }
}

fn signed(monotonic_ms: u64) -> i64 {
    i64::try_from(monotonic_ms).unwrap_or(i64::MAX)
}

/// The instant of an HTTP `Date` header (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
#[must_use]
pub fn http_date(text: &str) -> Option<UnixSeconds> {
    chrono::DateTime::parse_from_rfc2822(text.trim()).ok().map(|instant| UnixSeconds(instant.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(limit: i64, remaining: i64, reset: i64, date: &str) -> HttpResponse {
        HttpResponse {
            status: 200,
            headers: vec![
                ("x-ratelimit-limit".to_owned(), limit.to_string()),
                ("x-ratelimit-remaining".to_owned(), remaining.to_string()),
                ("x-ratelimit-reset".to_owned(), reset.to_string()),
                ("date".to_owned(), date.to_owned()),
            ],
            body: Vec::new(),
        }
    }

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const SECONDS: i64 = 784_111_777;

    #[test]
    fn dates_of_headers_are_read() {
        assert_eq!(http_date(DATE), Some(UnixSeconds(SECONDS)));
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn nothing_known_holds_nothing_back() {
        assert_eq!(RateLimits::default().wait_ms(15, 0), 0);
    }

    #[test]
    fn a_tenth_is_left_to_others_and_calls_in_flight_count() {
        let mut limits = RateLimits::default();
        limits.note(&answer(167, 40, SECONDS + 4, DATE), 1000);
        assert_eq!(limits.wait_ms(15, 1000), 0, "40 - 15 is more than 16");
        assert_eq!(limits.wait_ms(24, 1000), 4050, "40 - 24 is not");
        assert_eq!(limits.wait_ms(24, 5100), 0, "a new window");
    }

    #[test]
    fn a_late_answer_does_not_raise_what_is_left() {
        let mut limits = RateLimits::default();
        limits.note(&answer(167, 17, SECONDS + 4, DATE), 0);
        limits.note(&answer(167, 30, SECONDS + 4, DATE), 1);
        assert!(limits.wait_ms(1, 1) > 0);
    }

    #[test]
    fn a_refusal_waits_for_the_reset_or_as_told() {
        let mut limits = RateLimits::default();
        limits.note(&answer(167, 100, SECONDS + 4, DATE), 0);
        limits.note_refusal(None, 0);
        assert_eq!(limits.wait_ms(0, 0), 4050);
        limits.note_refusal(Some(7), 0);
        assert_eq!(limits.wait_ms(0, 0), 7000);
    }

    #[test]
    fn what_others_use_is_left_to_them() {
        let mut limits = RateLimits::default();
        // One call of ours, 120 gone: the others make about 12 a second.
        limits.note(&answer(167, 47, SECONDS + 1, DATE), 0);
        limits.note(&answer(167, 100, SECONDS + 11, DATE), 1100);
        assert!(limits.wait_ms(45, 1100) > 0, "100 - 45 is less than they need in ten seconds");
        assert_eq!(limits.wait_ms(10, 1100), 0);
    }
}
