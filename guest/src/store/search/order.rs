//! The order of what was found.

use super::Sort;
use super::judge::Candidate;
use crate::store::message_number;
use crate::time::{DAY, UnixSeconds};

/// A conversation with the messages of it that match.
#[derive(Clone, Debug)]
pub struct Found {
    pub candidate: Candidate,
    /// Score of its best message.
    pub best: f64,
    pub message: i64,
    pub matches: u32,
    /// The words are spread over several messages: a weaker sign than one that has them all.
    pub spread: bool,
}

/// Brings what was found into the order asked for. Conversations that cannot be ordered so go.
pub fn order(found: &mut Vec<Found>, sort: Sort, now: UnixSeconds) {
    match sort {
        Sort::Relevance => {
            let now = message_number(now);
            let mut scored: Vec<(f64, Found)> =
                found.drain(..).map(|found| (blended(&found, now), found)).collect();
            scored.sort_by(|a, b| {
                let spread = a.1.spread.cmp(&b.1.spread);
                spread.then(b.0.total_cmp(&a.0)).then(b.1.message.cmp(&a.1.message))
            });
            found.extend(scored.into_iter().map(|(_, found)| found));
        }
        Sort::Newest => found.sort_by(|a, b| key(b).cmp(&key(a))),
        Sort::Oldest => found.sort_by(|a, b| key(a).cmp(&key(b))),
        Sort::RecentlyUpdated => found.sort_by(|a, b| {
            (&b.candidate.updated_at, b.candidate.number).cmp(&(&a.candidate.updated_at, a.candidate.number))
        }),
        Sort::LongestWaiting => {
            found.retain(|found| found.candidate.waiting_since.is_some());
            found.sort_by(|a, b| {
                (&a.candidate.waiting_since, a.candidate.number)
                    .cmp(&(&b.candidate.waiting_since, b.candidate.number))
            });
        }
    }
}

fn key(found: &Found) -> (&str, i64) {
    (&found.candidate.created_at, found.candidate.number)
}

/// Relevance, more for several matching messages, and up to a half more for new ones: a message
/// loses half of that advantage in six weeks.
fn blended(found: &Found, now: i64) -> f64 {
    let days = (now.saturating_sub(found.message) / 16).max(0) as f64 / DAY as f64;
    let recency = (-days / 42.0 * std::f64::consts::LN_2).exp();
    // Without a score (an emoji, a common word) recency alone decides.
    (found.best + 1e-9) * (1.0 + 0.15 * f64::from(found.matches).ln()) * (1.0 + 0.5 * recency)
}
