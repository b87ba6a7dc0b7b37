//! One sentence about an incomplete cache: what is left to be read, and why.

use rusqlite::Connection;

use super::Surroundings;
use super::answer::counted;
use crate::error::StoreResult;
use crate::sync::{Backlog, Reason, backlog};
use crate::time::Day;

/// So many ranges of days are named; the rest is counted.
const MOST_RANGES: usize = 3;

/// What is still to be read, if anything is.
///
/// # Errors
/// When the database cannot be read.
pub fn incomplete(
    around: Surroundings<'_>,
    connection: &Connection,
    is_syncing: bool,
) -> StoreResult<Option<String>> {
    Ok(backlog(connection, around.settings, is_syncing, around.now)?.as_ref().map(sentence))
}

/// What is left and why, in one sentence.
fn sentence(left: &Backlog) -> String {
    let mut parts = Vec::new();
    if left.windows > 0 {
        let windows = counted(left.windows as i64, "window");
        parts.push(format!("{windows} of changes ({})", ranges(&left.days)));
    }
    if left.threads > 0 {
        let mut threads = match left.threads {
            1 => "the thread of 1 conversation".to_owned(),
            count => format!("the threads of {count} conversations"),
        };
        if left.postponed > 0 {
            threads.push_str(&format!(" ({} failed and will be tried again)", left.postponed));
        }
        parts.push(threads);
    }
    let what = if left.untouched {
        "nothing has been read from Intercom yet".to_owned()
    } else {
        let one = matches!((left.windows, left.threads), (1, 0) | (0, 1));
        format!("{} {} still to be read", parts.join(" and "), if one { "is" } else { "are" })
    };
    let why = match &left.reason {
        Reason::Running { held_back: false } => "a sync is reading now".to_owned(),
        Reason::Running { held_back: true } => {
            "a sync is reading, as fast as Intercom's rate limit permits".to_owned()
        }
        Reason::NoToken => "without an access token (INTERCOM_ACCESS_TOKEN) nothing can be read".to_owned(),
        Reason::Failed(error) => format!("the newest sync failed: {}", first_sentence(error)),
        Reason::NotYet => "the next sync goes on with that".to_owned(),
    };
    format!("The cache is incomplete: {what}; {why}.")
}

fn ranges(days: &[(Day, Day)]) -> String {
    // The newest are what people ask about first.
    let named: Vec<String> = days
        .iter()
        .rev()
        .take(MOST_RANGES)
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first} to {last}") })
        .collect();
    let more = days.len().saturating_sub(MOST_RANGES);
    let rest = if more > 0 { format!(", and {more} earlier stretches") } else { String::new() };
    format!("{}{rest}", named.join(", "))
}

/// The explanation without what to do about it, which stands elsewhere in full.
fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a day")
    }

    fn left(windows: usize, threads: u64, reason: Reason) -> Backlog {
        let days = vec![(day("2026-08-01"), day("2026-10-31"))];
        let days = if windows > 0 { days } else { Vec::new() };
        Backlog { untouched: false, windows, days, threads, postponed: 0, reason }
    }

    #[test]
    fn the_sentence_names_what_is_left_and_why() {
        let running = Reason::Running { held_back: true };
        assert_eq!(
            sentence(&left(4, 1240, running)),
            "The cache is incomplete: 4 windows of changes (2026-08-01 to 2026-10-31) and the threads of 1240 conversations are still to be read; a sync is reading, as fast as Intercom's rate limit permits."
        );
        let failed = Reason::Failed(
            "Intercom could not be reached (no answer in time). Check the network.".to_owned(),
        );
        assert_eq!(
            sentence(&left(1, 0, failed)),
            "The cache is incomplete: 1 window of changes (2026-08-01 to 2026-10-31) is still to be read; the newest sync failed: Intercom could not be reached (no answer in time)."
        );
        let one = Backlog { postponed: 1, ..left(0, 1, Reason::NotYet) };
        assert_eq!(
            sentence(&one),
            "The cache is incomplete: the thread of 1 conversation (1 failed and will be tried again) is still to be read; the next sync goes on with that."
        );
        let nothing = Backlog { untouched: true, ..left(0, 0, Reason::NoToken) };
        assert!(
            sentence(&nothing).contains("nothing has been read from Intercom yet; without an access token")
        );
    }

    #[test]
    fn many_stretches_are_counted_from_the_newest_on() {
        let days: Vec<_> =
            (1..=5).map(|n| (day(&format!("2026-0{n}-01")), day(&format!("2026-0{n}-01")))).collect();
        assert_eq!(ranges(&days), "2026-05-01, 2026-04-01, 2026-03-01, and 2 earlier stretches");
    }
}
