//! The order of what was found.

use super::Sort;
use super::eligible::Candidate;
use crate::sorting;
use crate::store::message_number;
use crate::time::{DAY, UnixSeconds};

/// What new conversations gain at most: enough to put the newer of two equals first. An agent
/// that wants the newest asks for that order.
const RECENCY: f64 = 0.02;
/// Days in which that gain halves.
const HALF_LIFE: f64 = 42.0;

/// A conversation with something of what was asked for.
#[derive(Clone, Debug)]
pub struct Found {
    pub candidate: Candidate,
    pub score: f64,
    /// The message that matches best.
    pub message: i64,
    /// The leaves that it has, when these are not all that is needed.
    pub only: Option<Vec<usize>>,
}

/// Brings what was found into the order asked for. Conversations that cannot be ordered so go.
pub fn order(found: &mut Vec<Found>, sort: Sort, now: UnixSeconds) {
    match sort {
        Sort::Relevance => {
            let now = message_number(now);
            sorting::by_cached_key(found, |found| {
                let score = found.score * (1.0 + RECENCY * recency(found.message, now));
                // Scores are never negative, so that their bits sort as they do.
                (found.only.is_some(), std::cmp::Reverse((score.max(0.0).to_bits(), found.message)))
            });
        }
        Sort::Newest => sorting::by(found, |a, b| key(b).cmp(&key(a))),
        Sort::Oldest => sorting::by(found, |a, b| key(a).cmp(&key(b))),
        Sort::RecentlyUpdated => sorting::by(found, |a, b| {
            (&b.candidate.updated_at, b.candidate.number).cmp(&(&a.candidate.updated_at, a.candidate.number))
        }),
        Sort::LongestWaiting => {
            found.retain(|found| found.candidate.waiting_since.is_some());
            sorting::by(found, |a, b| {
                (&a.candidate.waiting_since, a.candidate.number)
                    .cmp(&(&b.candidate.waiting_since, b.candidate.number))
            });
        }
    }
}

fn key(found: &Found) -> (&str, i64) {
    (&found.candidate.created_at, found.candidate.number)
}

/// 1 for what was written now, half of it after [`HALF_LIFE`].
fn recency(message: i64, now: i64) -> f64 {
    // In seconds: where in its second a message is numbered depends on what else was said in it.
    let days = (now.div_euclid(16) - message.div_euclid(16)).max(0) as f64 / DAY as f64;
    (-days / HALF_LIFE * std::f64::consts::LN_2).exp()
}
