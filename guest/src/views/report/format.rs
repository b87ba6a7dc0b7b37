//! Numbers and durations as a person writes them.

use crate::time::{DAY, HOUR, MINUTE};

/// A length of time in at most two units: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`.
pub fn duration(seconds: i64) -> String {
    let two = |large: i64, unit: &str, small: i64, sub: &str| match small {
        0 => format!("{large} {unit}"),
        small => format!("{large} {unit} {small} {sub}"),
    };
    match seconds.max(0) {
        seconds @ ..MINUTE => format!("{seconds} s"),
        seconds @ MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        seconds @ HOUR..DAY => two(seconds / HOUR, "h", seconds % HOUR / MINUTE, "min"),
        seconds => two(seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    }
}

/// The part as a percentage of the whole; a dash of nothing.
pub fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.0} %", part as f64 / whole as f64 * 100.0) }
}

/// The end of a scale for counts: a round number, never below the largest value, and even, so
/// that its half is whole.
pub fn round_count(largest: usize) -> usize {
    let mut power = 1;
    loop {
        let ends = [2, 3, 4, 5, 6, 8, 10].map(|factor| factor * power);
        if let Some(end) = ends.into_iter().find(|end| *end >= largest && end.is_multiple_of(2)) {
            return end;
        }
        power *= 10;
    }
}

/// The end of a scale for durations, in seconds: one that a clock or calendar has.
pub fn round_duration(largest: i64) -> i64 {
    const STEPS: &[i64] = &[
        MINUTE * 2,
        MINUTE * 10,
        MINUTE * 20,
        HOUR,
        HOUR * 2,
        HOUR * 4,
        HOUR * 8,
        HOUR * 12,
        DAY,
        DAY * 2,
        DAY * 4,
        DAY * 8,
        DAY * 14,
    ];
    STEPS
        .iter()
        .copied()
        .find(|step| *step >= largest)
        .unwrap_or_else(|| (largest / (DAY * 20) + 1) * DAY * 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        assert_eq!(duration(45), "45 s");
        assert_eq!(duration(12 * MINUTE + 5), "12 min");
        assert_eq!(duration(3 * HOUR + 20 * MINUTE), "3 h 20 min");
        assert_eq!(duration(2 * DAY), "2 d");
        assert_eq!(duration(2 * DAY + 4 * HOUR), "2 d 4 h");
        assert_eq!(duration(-5), "0 s");
    }

    #[test]
    fn scales_end_at_or_above_the_largest_value() {
        for largest in [0, 1, 2, 3, 7, 40, 41, 99, 100, 12_345] {
            let end = round_count(largest);
            assert!(end >= largest && end.is_multiple_of(2) && end <= largest.max(1) * 4, "{largest}: {end}");
        }
        for largest in [0, 1, 119, 3_601, DAY, 13 * DAY, 15 * DAY, 400 * DAY] {
            assert!(round_duration(largest) >= largest, "{largest}");
        }
    }
}
