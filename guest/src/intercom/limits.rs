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
/// Never wait longer than this for a reset that only headers announce: they may be nonsense.
const LONGEST_WAIT_MS: i64 = 15_000;
/// A reset lies within a minute; one that does not is no reset.
const LONGEST_WINDOW_MS: i64 = 60_000;
/// Never wait longer than this after a 429.
const LONGEST_PAUSE_MS: i64 = 60_000;
/// After a refusal that is none of the limit's: the first pause, and how often it doubles.
const STRAY_PAUSE_MS: i64 = 1000;
const STRAY_DOUBLINGS: u32 = 3;
/// So many answers after such a refusal make the next one a first one.
const ANSWERS_AFTER_STRAY: u32 = 10;
/// After a refusal calls begin again with a few at once, and with so many all is as before.
const RAMP_BEGIN: usize = 3;
const RAMP_END: usize = 64;
/// How long to wait for the answers that let the next call go.
const RAMP_WAIT_MS: u64 = 100;
/// So many windows in a row that were empty from their first answer on, which was no refusal: then
/// the headers say nothing.
const MEANINGLESS_AFTER: u32 = 3;

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
    /// Windows in a row that were empty when they began.
    empty_windows: u32,
    /// The newest refusal's own headers said that calls are left.
    refused_with_calls_left: bool,
    /// Refusals in a row that were none of the limit's, and the answers since the last of them.
    strays: u32,
    answers_since_stray: u32,
    /// How many calls may be in flight while they begin again after a refusal.
    ramp: Option<usize>,
}

#[derive(Debug)]
struct Window {
    limit: i64,
    /// Calls left, not yet counting those in flight.
    remaining: i64,
    /// As the server names it; none where that can be no reset.
    reset: Option<UnixSeconds>,
    /// When it ends, on the stopwatch.
    ends_ms: i64,
    /// No wait for its end goes beyond this moment of the stopwatch, however often it is begun.
    wait_until_ms: i64,
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
            self.refused_with_calls_left = false;
            return;
        };
        self.refused_with_calls_left = response.status == 429 && remaining > fixed_reserve(limit);
        let named = number("x-ratelimit-reset").and_then(|reset| self.placed(reset, now_ms));
        let (reset, ends_ms) = named.map_or((None, now_ms + WINDOW_MS), |(at, ends)| (Some(at), ends));
        match &mut self.window {
            // A late answer of an earlier window.
            Some(window) if reset.is_some() && window.reset > reset => {}
            // Without a reset that can be placed, it is of the window at hand.
            Some(window)
                if window.reset == reset && now_ms < window.ends_ms.max(ends_ms)
                    || reset.is_none() && now_ms < window.ends_ms =>
            {
                window.ours += 1;
                window.limit = limit;
                // Answers overtake each other: the lowest count is the latest.
                window.remaining = window.remaining.min(remaining);
            }
            _ => {
                self.learn_about_others();
                let empty = remaining <= 0 && response.status != 429;
                self.empty_windows = if empty { self.empty_windows + 1 } else { 0 };
                let wait_until_ms = ends_ms.min(now_ms + LONGEST_WAIT_MS);
                self.window = Some(Window { limit, remaining, reset, ends_ms, wait_until_ms, ours: 1 });
            }
        }
    }

    /// A reset and when that is on the stopwatch; none for what can be none: milliseconds, an hour
    /// ahead, long ago, or no way to tell for want of the server's clock.
    fn placed(&self, reset: i64, now_ms: i64) -> Option<(UnixSeconds, i64)> {
        let ends_ms = reset.checked_mul(1000)?.checked_sub(self.offset_ms?)?;
        let plausible = now_ms - LONGEST_WINDOW_MS..=now_ms + LONGEST_WINDOW_MS;
        plausible.contains(&ends_ms).then_some((UnixSeconds(reset), ends_ms + MARGIN_MS))
    }

    /// Takes note of a 429, after its headers: nothing more as long as the server asks, or until
    /// the window ends. Where the headers say that calls are left, or there are none to go by, it
    /// was a burst's or a proxy's limit, whose end nobody knows: then for 1, 2, 4, at last 8 s.
    pub fn note_refusal(&mut self, retry_after: Option<u64>, monotonic_ms: u64) {
        let now_ms = signed(monotonic_ms);
        self.ramp = Some(RAMP_BEGIN);
        let until_reset = self.window.as_ref().map(|window| window.ends_ms - now_ms);
        let stray = self.refused_with_calls_left && self.strays <= STRAY_DOUBLINGS || until_reset.is_none();
        if retry_after.is_none() && stray {
            // Of those that were in flight together, one counts.
            if now_ms >= self.pause_until_ms {
                self.pause_until_ms = now_ms + (STRAY_PAUSE_MS << self.strays.min(STRAY_DOUBLINGS));
                self.strays += 1;
                self.answers_since_stray = 0;
            }
            return;
        }
        if let Some(window) = &mut self.window {
            window.remaining = 0;
        }
        let wait = match retry_after {
            Some(seconds) => i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000),
            None => until_reset.unwrap_or(0).max(1000),
        };
        self.pause_until_ms = self.pause_until_ms.max(now_ms + wait.clamp(0, LONGEST_PAUSE_MS));
    }

    /// Takes note of an answer that was no refusal.
    pub fn note_success(&mut self, monotonic_ms: u64) {
        self.answers_since_stray = self.answers_since_stray.saturating_add(1);
        if self.answers_since_stray >= ANSWERS_AFTER_STRAY {
            self.strays = 0;
        }
        // One that was asked before the refusal tells nothing of the time after it.
        if signed(monotonic_ms) >= self.pause_until_ms {
            self.ramp = self.ramp.map(|most| most + 1).filter(|most| *most < RAMP_END);
        }
    }

    /// How long to wait before one more call, in milliseconds, with so many in flight; 0: go.
    #[must_use]
    pub fn wait_ms(&self, in_flight: usize, monotonic_ms: u64) -> u64 {
        let now_ms = signed(monotonic_ms);
        let pause = self.pause_until_ms - now_ms;
        if pause > 0 {
            return pause.unsigned_abs();
        }
        if self.ramp.is_some_and(|most| in_flight >= most) {
            return RAMP_WAIT_MS;
        }
        let Some(window) = &self.window else { return 0 };
        if self.empty_windows >= MEANINGLESS_AFTER {
            return 0;
        }
        let in_flight = i64::try_from(in_flight).unwrap_or(i64::MAX);
        if now_ms >= window.wait_until_ms {
            // Of the window that has begun nothing is known yet: no more than it has by itself.
            let fits = window.limit.saturating_sub(in_flight) > self.reserve(window, WINDOW_MS);
            return if fits || in_flight == 0 { 0 } else { RAMP_WAIT_MS };
        }
        if window.remaining.saturating_sub(in_flight) > self.reserve(window, window.ends_ms - now_ms) {
            return 0;
        }
        (window.wait_until_ms - now_ms).unsigned_abs()
    }

    /// How many calls a second the limit leaves to us, over whole windows.
    #[must_use]
    pub fn share_per_second(&self) -> Option<f64> {
        let window = self.window.as_ref().filter(|_| self.empty_windows < MEANINGLESS_AFTER)?;
        let calls = (window.limit - self.reserve(window, WINDOW_MS)).max(1);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let share = calls as f64 / (WINDOW_MS as f64 / 1000.0);
        Some(share)
    }

    /// The server's time, as well as its `Date` headers tell.
    #[must_use]
    pub fn server_now(&self, monotonic_ms: u64) -> Option<UnixSeconds> {
        self.server_ms(signed(monotonic_ms)).map(|ms| UnixSeconds(ms.div_euclid(1000)))
    }

    /// Calls that are left to others until the window ends.
    fn reserve(&self, window: &Window, until_reset_ms: i64) -> i64 {
        let fixed = fixed_reserve(window.limit);
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
}

/// Calls of a window that are others' whatever they use.
fn fixed_reserve(limit: i64) -> i64 {
    (limit / RESERVED_SHARE).max(RESERVED_CALLS).min(limit / 2)
}

fn signed(monotonic_ms: u64) -> i64 {
    i64::try_from(monotonic_ms).unwrap_or(i64::MAX)
}

/// The instant of an HTTP `Date` header (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
#[must_use]
pub fn http_date(text: &str) -> Option<UnixSeconds> {
    let instant = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(UnixSeconds(instant.as_second()))
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

    /// `Remaining: 0` with a reset in milliseconds stopped a sync for good: each answer began the
    /// wait anew.
    #[test]
    fn an_odd_reset_costs_one_wait_at_most_and_an_honest_one_replaces_it() {
        for odd in [SECONDS * 1000 + 4, SECONDS + 3600, SECONDS + 120, SECONDS - 3600, 0, -1, i64::MAX] {
            let mut limits = RateLimits::default();
            limits.note(&answer(167, 0, odd, DATE), 0);
            let wait = limits.wait_ms(0, 0);
            assert!((1..=10_000).contains(&wait), "{odd}: {wait}");
            limits.note(&answer(167, 0, odd, DATE), 5000);
            assert_eq!(limits.wait_ms(0, wait), 0, "{odd}: the wait is not begun anew");
            limits.note(&answer(167, 100, SECONDS + 4, DATE), 1000);
            assert_eq!(limits.wait_ms(1, 1000), 0, "{odd}");
        }
    }

    #[test]
    fn without_the_servers_clock_a_reset_is_a_guess_until_an_answer_has_one() {
        let mut limits = RateLimits::default();
        let mut undated = answer(167, 0, SECONDS + 4, DATE);
        undated.headers.retain(|(name, _)| name != "date");
        limits.note(&undated, 0);
        assert_eq!(limits.wait_ms(0, 0), 10_000);
        limits.note(&answer(167, 120, SECONDS + 4, DATE), 20);
        assert_eq!(limits.wait_ms(1, 20), 0);
    }

    #[test]
    fn headers_that_always_say_nothing_is_left_are_not_believed_for_ever() {
        let mut limits = RateLimits::default();
        let mut now = 0;
        for _ in 0..3 {
            limits.note(&answer(167, 0, SECONDS * 1000, DATE), now);
            now += 10_001;
        }
        limits.note(&answer(167, 0, SECONDS * 1000, DATE), now);
        assert_eq!(limits.wait_ms(0, now), 0);
        limits.note_refusal(None, now);
        assert!(limits.wait_ms(0, now) > 0, "a refusal is a refusal");
    }

    fn refusal(remaining: i64) -> HttpResponse {
        HttpResponse { status: 429, ..answer(167, remaining, SECONDS + 9, DATE) }
    }

    #[test]
    fn a_refusal_that_says_calls_are_left_pauses_ever_longer_and_at_last_until_the_reset() {
        let mut limits = RateLimits::default();
        let mut now = 0;
        for pause in [1000, 2000, 4000, 8000] {
            limits.note(&refusal(100), now);
            limits.note_refusal(None, now);
            // Those that were in flight with it change nothing.
            limits.note(&refusal(99), now);
            limits.note_refusal(None, now);
            assert_eq!(limits.wait_ms(0, now), pause);
            now += pause;
        }
        let mut limits = RateLimits { strays: 4, ..RateLimits::default() };
        limits.note(&refusal(100), 0);
        limits.note_refusal(None, 0);
        assert_eq!(limits.wait_ms(0, 0), 9050, "too many of them: it is the limit after all");
    }

    #[test]
    fn a_refusal_that_says_nothing_is_left_or_how_long_to_wait_is_believed() {
        let mut limits = RateLimits::default();
        limits.note(&refusal(10), 0);
        limits.note_refusal(None, 0);
        assert_eq!(limits.wait_ms(0, 0), 9050, "10 are others'");
        let mut limits = RateLimits::default();
        limits.note(&refusal(100), 0);
        limits.note_refusal(Some(5), 0);
        assert_eq!(limits.wait_ms(0, 0), 5000);
    }

    #[test]
    fn ten_answers_make_a_refusal_a_first_one_again() {
        let mut limits = RateLimits::default();
        for answers in [9, 10] {
            limits = RateLimits { strays: 1, ..RateLimits::default() };
            for _ in 0..answers {
                limits.note_success(0);
            }
            limits.note(&refusal(100), 0);
            limits.note_refusal(None, 0);
            assert_eq!(limits.wait_ms(0, 0), if answers < 10 { 2000 } else { 1000 });
        }
        assert_eq!(limits.wait_ms(0, 1000), 0);
    }

    /// A window after a refusal began with as many calls as may be in flight, all of them refused
    /// when another app had been faster.
    #[test]
    fn after_a_refusal_calls_begin_with_a_few() {
        let mut limits = RateLimits::default();
        limits.note(&HttpResponse { status: 429, ..answer(167, 0, SECONDS + 4, DATE) }, 0);
        limits.note_refusal(None, 0);
        // Asked before the refusal.
        limits.note_success(100);
        assert_eq!((limits.wait_ms(2, 4050), limits.wait_ms(3, 4050) > 0), (0, true));
        limits.note_success(4250);
        assert_eq!((limits.wait_ms(3, 4250), limits.wait_ms(4, 4250) > 0), (0, true));
        for _ in 0..RAMP_END {
            limits.note_success(4300);
        }
        assert_eq!(limits.wait_ms(100, 4300), 0);
    }

    #[test]
    fn a_window_that_nothing_is_known_of_is_not_begun_with_more_than_it_has() {
        let mut limits = RateLimits::default();
        limits.note(&answer(20, 3, SECONDS + 4, DATE), 0);
        assert_eq!(limits.wait_ms(14, 4100), 0, "5 of 20 are others'");
        assert!(limits.wait_ms(15, 4100) > 0);
        limits.note(&answer(0, 0, SECONDS + 14, DATE), 4200);
        assert_eq!(limits.wait_ms(0, 20_000), 0, "one is always tried");
    }

    #[test]
    fn the_share_is_what_the_limit_leaves_to_us() {
        let mut limits = RateLimits::default();
        assert_eq!(limits.share_per_second(), None);
        limits.note(&answer(1667, 1000, SECONDS + 4, DATE), 0);
        assert_eq!(limits.share_per_second(), Some(150.1));
    }

    #[test]
    fn no_refusal_pauses_for_more_than_a_minute() {
        let mut limits = RateLimits::default();
        limits.note_refusal(Some(86_400), 0);
        assert_eq!(limits.wait_ms(0, 0), 60_000);
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
