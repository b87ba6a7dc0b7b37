//! The provider's keys: kept, and asked for again when it is time.
//!
//! Nobody makes us ask more often than [`Schedule`] has it, whatever tokens they show.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::{Client, Url};

use super::discovery::{self, Key};
use crate::sandbox::outgoing;

/// After that, keys are asked for again: a key that the provider took back is of use so long.
const FRESH: Duration = Duration::from_secs(3_600);
/// So long are keys used whose provider does not answer.
const USABLE: Duration = Duration::from_secs(24 * 3_600);
/// Between two questions for the sake of a key that nobody knew.
const BETWEEN: Duration = Duration::from_secs(60);
/// Between two questions while there are no keys at all.
const AGAIN: Duration = Duration::from_secs(5);
/// For a connection, and for all of a question: three documents at most and the keys.
const CONNECT: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The provider has none of that name.
    Unknown,
    /// It is for another algorithm.
    Unfit,
    /// The provider does not answer; when it is asked again.
    Unavailable(Duration),
}

/// Why the provider is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    NoKeys,
    OldKeys,
    UnknownKey,
}

/// The keys, and the way to them.
#[derive(Debug)]
pub struct Keys {
    issuer: String,
    client: Client,
    state: Mutex<State>,
    /// One question at a time.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    kept: Option<Kept>,
    schedule: Schedule,
}

#[derive(Clone, Debug)]
struct Kept {
    keys: Arc<Vec<Key>>,
    since: Instant,
}

impl Kept {
    fn is_fresh(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < FRESH
    }

    fn is_usable(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < USABLE
    }

    fn search(&self, id: &str, algorithm: Algorithm) -> Result<DecodingKey, Missing> {
        let mut named = self.keys.iter().filter(|key| key.id == id).peekable();
        if named.peek().is_none() {
            return Err(Missing::Unknown);
        }
        let fit = named.find(|key| key.algorithms.contains(&algorithm));
        fit.map(|key| key.key.clone()).ok_or(Missing::Unfit)
    }
}

/// When the provider was asked, and when it may be asked again.
#[derive(Debug, Default)]
struct Schedule {
    asked: Option<Instant>,
    asked_for_unknown: Option<Instant>,
    answered: Option<Instant>,
    failing: bool,
}

impl Schedule {
    /// How long to wait before the next question; nothing: it may be asked now.
    fn wait(&self, reason: Reason, now: Instant) -> Duration {
        let left = |since: Option<Instant>, time: Duration| {
            since.map_or(Duration::ZERO, |since| time.saturating_sub(now.saturating_duration_since(since)))
        };
        let after_failure = match reason {
            Reason::NoKeys => AGAIN,
            Reason::OldKeys | Reason::UnknownKey => BETWEEN,
        };
        let failed = if self.failing { left(self.asked, after_failure) } else { Duration::ZERO };
        let unknown = match reason {
            Reason::UnknownKey => left(self.asked_for_unknown, BETWEEN),
            Reason::NoKeys | Reason::OldKeys => Duration::ZERO,
        };
        failed.max(unknown)
    }

    fn ask(&mut self, reason: Reason, now: Instant) {
        self.asked = Some(now);
        if reason == Reason::UnknownKey {
            self.asked_for_unknown = Some(now);
        }
    }
}

impl Keys {
    /// # Errors
    /// A sentence about a certificate file or proxy that cannot be used.
    pub fn new(issuer: &str, certificates: Option<&Path>) -> Result<Self, String> {
        let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
        let client = outgoing::client(&host.unwrap_or_default(), CONNECT, certificates)?;
        Ok(Self {
            issuer: issuer.to_owned(),
            client,
            state: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// The key of that name for that algorithm.
    ///
    /// # Errors
    /// [`Missing`].
    pub async fn find(self: &Arc<Self>, id: &str, algorithm: Algorithm) -> Result<DecodingKey, Missing> {
        let reason = match self.kept() {
            None => Reason::NoKeys,
            Some(kept) => match kept.search(id, algorithm) {
                Err(Missing::Unknown) => Reason::UnknownKey,
                found => {
                    if !kept.is_fresh(Instant::now()) {
                        // Nobody waits for it: the old ones are good enough.
                        drop(tokio::spawn(Arc::clone(self).ask(Reason::OldKeys)));
                    }
                    return found;
                }
            },
        };
        // A task of its own: who goes away takes the answer from nobody who waits, too.
        let _ = tokio::spawn(Arc::clone(self).ask(reason)).await;
        let found = self.kept().map_or(Err(Missing::Unknown), |kept| kept.search(id, algorithm));
        let state = self.lock();
        match found {
            // It may have the key by now, and nobody can tell.
            Err(Missing::Unknown) if state.schedule.failing => {
                Err(Missing::Unavailable(state.schedule.wait(reason, Instant::now())))
            }
            found => found,
        }
    }

    /// Keeps those keys as if the provider had told them just now.
    #[cfg(test)]
    pub fn hold(&self, keys: Vec<Key>) {
        self.lock().kept = Some(Kept { keys: Arc::new(keys), since: Instant::now() });
    }

    /// Asks the provider, if it is time, and nobody else did meanwhile.
    async fn ask(self: Arc<Self>, reason: Reason) {
        let begun = Instant::now();
        let _turn = match reason {
            // Nobody waits for those, so whoever asks already is enough.
            Reason::OldKeys => match self.turn.try_lock() {
                Ok(turn) => turn,
                Err(_) => return,
            },
            Reason::NoKeys | Reason::UnknownKey => self.turn.lock().await,
        };
        {
            let mut state = self.lock();
            let now = Instant::now();
            let is_answered = state.schedule.answered.is_some_and(|answered| answered > begun);
            if is_answered || !state.schedule.wait(reason, now).is_zero() {
                return;
            }
            state.schedule.ask(reason, now);
        }
        let read = tokio::time::timeout(PATIENCE, discovery::keys(&self.client, &self.issuer))
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())));
        let mut state = self.lock();
        let now = Instant::now();
        state.schedule.answered = Some(now);
        state.schedule.failing = read.is_err();
        match read {
            Ok(keys) => {
                tracing::info!("the identity provider {} has {} keys", self.issuer, keys.len());
                state.kept = Some(Kept { keys: Arc::new(keys), since: now });
            }
            Err(problem) => tracing::warn!(
                "the keys of the identity provider {} cannot be read ({problem}); {}",
                self.issuer,
                if state.kept.as_ref().is_some_and(|kept| kept.is_usable(now)) {
                    "those of before are used for a day at most"
                } else {
                    "nobody comes in with a token of it until they can"
                }
            ),
        }
    }

    /// Those that may be used.
    fn kept(&self) -> Option<Kept> {
        self.lock().kept.clone().filter(|kept| kept.is_usable(Instant::now()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_tokens_come_the_provider_is_asked_once_a_minute() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut schedule = Schedule::default();
        let mut asked = 0;
        // Somebody shows a token of another unknown key each second, for ten minutes.
        for second in 0..600 {
            if schedule.wait(Reason::UnknownKey, at(second)).is_zero() {
                schedule.ask(Reason::UnknownKey, at(second));
                asked += 1;
            }
        }
        assert_eq!(asked, 10);
        assert_eq!(schedule.wait(Reason::UnknownKey, at(599)), Duration::from_secs(1));
        // That keeps nobody from renewing old keys.
        assert_eq!(schedule.wait(Reason::OldKeys, at(599)), Duration::ZERO);
    }

    /// The provider may have taken one back, or be gone for good.
    #[test]
    fn keys_are_fresh_for_an_hour_and_of_use_for_a_day() {
        let now = Instant::now();
        let kept = Kept { keys: Arc::default(), since: now };
        let after = |seconds| {
            let then = now + Duration::from_secs(seconds);
            (kept.is_fresh(then), kept.is_usable(then))
        };
        assert_eq!((after(3_599), after(3_600)), ((true, true), (false, true)));
        assert_eq!((after(86_399), after(86_400)), ((false, true), (false, false)));
    }

    #[test]
    fn a_provider_that_does_not_answer_is_asked_again_sooner_when_there_are_no_keys() {
        let start = Instant::now();
        let mut schedule = Schedule::default();
        schedule.ask(Reason::NoKeys, start);
        schedule.failing = true;
        let waits = [Reason::NoKeys, Reason::OldKeys, Reason::UnknownKey]
            .map(|reason| schedule.wait(reason, start + Duration::from_secs(1)).as_secs());
        assert_eq!(waits, [4, 59, 59]);
        assert!(schedule.wait(Reason::NoKeys, start + AGAIN).is_zero());
        schedule.failing = false;
        // The first new key after a question is asked for at once.
        assert!(schedule.wait(Reason::UnknownKey, start + Duration::from_secs(1)).is_zero());
    }
}
