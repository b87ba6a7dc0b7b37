//! How long answers take, and when one is overdue.

/// Of each answer so much goes into the smoothed time, and into its deviation (RFC 6298 §2).
const SMOOTHING: f64 = 1.0 / 8.0;
const DEVIATION_SMOOTHING: f64 = 1.0 / 4.0;
/// An answer is overdue so many deviations after the usual time (RFC 6298: the retransmission timeout).
const DEVIATIONS: f64 = 4.0;
/// The usual time at ease rises so slowly towards what is seen: within some hundred answers.
const BASE_RISE: f64 = 1.0 / 1024.0;
/// Up to twice the time at ease, and so much more, is no sign of a busy server: threads differ in
/// size, and on a fast network everything is noise.
const EASE_MS: f64 = 50.0;

/// The times of answers to one kind of question.
#[derive(Debug)]
pub(super) struct Latency {
    smoothed_ms: Option<f64>,
    deviation_ms: f64,
    /// The smoothed time when the server was least busy.
    base_ms: f64,
    /// No answer is overdue before this, nor later than that.
    overdue_within_ms: (f64, f64),
}

impl Latency {
    pub(super) fn overdue_within(least_ms: u32, most_ms: u32) -> Self {
        let bounds = (f64::from(least_ms), f64::from(most_ms));
        Self { smoothed_ms: None, deviation_ms: 0.0, base_ms: f64::INFINITY, overdue_within_ms: bounds }
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds of one answer")]
    pub(super) fn note(&mut self, took_ms: u64) {
        let took = took_ms as f64;
        let smoothed = match self.smoothed_ms {
            None => {
                self.deviation_ms = took / 2.0;
                took
            }
            Some(before) => {
                self.deviation_ms += DEVIATION_SMOOTHING * ((before - took).abs() - self.deviation_ms);
                before + SMOOTHING * (took - before)
            }
        };
        self.smoothed_ms = Some(smoothed);
        self.base_ms = if smoothed < self.base_ms {
            smoothed
        } else {
            self.base_ms + BASE_RISE * (smoothed - self.base_ms)
        };
    }

    /// The usual time, once there was an answer.
    pub(super) fn usual_ms(&self) -> Option<f64> {
        self.smoothed_ms
    }

    /// Answers take far longer than they did: more questions at once would only take longer still.
    pub(super) fn is_busy(&self) -> bool {
        self.smoothed_ms.is_some_and(|now| now > 2.0 * self.base_ms + EASE_MS)
    }

    /// After so long an answer is overdue; nobody knows before the first one.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within bounds")]
    pub(super) fn overdue_ms(&self) -> u64 {
        let (least, most) = self.overdue_within_ms;
        let usual = self.smoothed_ms.map_or(most, |usual| usual + DEVIATIONS * self.deviation_ms);
        usual.clamp(least, most) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_overdue_some_deviations_after_the_usual_time() {
        let mut latency = Latency::overdue_within(2000, 10_000);
        assert_eq!(latency.overdue_ms(), 10_000, "nothing is known");
        (0..50).for_each(|_| latency.note(200));
        assert_eq!(latency.overdue_ms(), 2000);
        (0..100).for_each(|n| latency.note(if n % 2 == 0 { 1000 } else { 3000 }));
        let overdue = latency.overdue_ms();
        assert!((5000..7500).contains(&overdue), "{overdue}");
        (0..50).for_each(|_| latency.note(60_000));
        assert_eq!(latency.overdue_ms(), 10_000);
    }

    #[test]
    fn a_server_is_busy_when_its_answers_take_twice_as_long_and_not_for_ever() {
        let mut latency = Latency::overdue_within(2000, 10_000);
        (0..50).for_each(|_| latency.note(200));
        (0..50).for_each(|_| latency.note(380));
        assert!(!latency.is_busy());
        (0..50).for_each(|_| latency.note(600));
        assert!(latency.is_busy());
        // It is how Intercom is today.
        (0..2000).for_each(|_| latency.note(600));
        assert!(!latency.is_busy());
    }
}
