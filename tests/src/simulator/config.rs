//! How a simulator is set up.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::clock::Clock;
use super::filter::Comparison;
use super::generate::{Length, Plant, Shape};
use super::model::Seconds;
use super::version::ApiVersion;
use super::workspace::Identity;

/// A builder; every setting has a default that makes a small, unlimited, exact workspace.
///
/// ```
/// use fastintercom_tests::simulator::Config;
/// let config = Config::new().conversations(2_000).seed(7).rate_limit(167).plant(12, 4, "xylophone");
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) conversations: usize,
    pub(super) tickets: usize,
    pub(super) seed: u64,
    pub(super) days: u32,
    pub(super) length: Length,
    pub(super) plants: Vec<Plant>,
    pub(super) latency: Duration,
    pub(super) token: String,
    pub(super) identity: Identity,
    pub(super) rate_limit: Option<u32>,
    pub(super) other_apps: u32,
    pub(super) versions: RangeInclusive<ApiVersion>,
    pub(super) default_version: ApiVersion,
    pub(super) time: Time,
    pub(super) text_per_page: bool,
    pub(super) null_next: bool,
    pub(super) comparison: Comparison,
    pub(super) index_lag: RangeInclusive<u32>,
    pub(super) port: u16,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Time {
    Real,
    StartingAt(Seconds),
    FrozenAt(Seconds),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            conversations: 100,
            tickets: 0,
            seed: 1,
            days: 90,
            length: Length::Realistic,
            plants: Vec::new(),
            latency: Duration::ZERO,
            token: "simulator-token".to_owned(),
            identity: Identity {
                id_code: "sim00001".to_owned(),
                name: "Acme Support".to_owned(),
                region: "US".to_owned(),
                timezone: "Europe/Dublin".to_owned(),
            },
            rate_limit: None,
            other_apps: 0,
            versions: ApiVersion::V2_11..=ApiVersion::V2_16,
            default_version: ApiVersion::V2_14,
            time: Time::Real,
            text_per_page: false,
            null_next: false,
            comparison: Comparison::Inclusive,
            index_lag: 0..=0,
            port: 0,
        }
    }
}

impl Config {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Default 100.
    #[must_use]
    pub fn conversations(self, conversations: usize) -> Self {
        Self { conversations, ..self }
    }

    /// Default 0. With tickets, conversations are what they are without, but for their links.
    #[must_use]
    pub fn tickets(self, tickets: usize) -> Self {
        Self { tickets, ..self }
    }

    /// Default 1. Seed, numbers of conversations and tickets, and clock determine all data.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How far back the oldest conversation lies; default 90.
    #[must_use]
    pub fn days(self, days: u32) -> Self {
        Self { days, ..self }
    }

    /// Every thread has a number of parts in this range, instead of a realistic spread.
    #[must_use]
    pub fn parts(self, parts: RangeInclusive<usize>) -> Self {
        Self { length: Length::Parts(parts), ..self }
    }

    /// The realistic spread around this many parts instead of eight.
    #[must_use]
    pub fn around(self, median_parts: f64) -> Self {
        Self { length: Length::Around(median_parts), ..self }
    }

    /// Every thread has exactly this many messages, the first one included, and no events.
    #[must_use]
    pub fn messages_per_conversation(self, messages: usize) -> Self {
        Self { length: Length::Messages(messages), ..self }
    }

    /// Puts `text` into one message of one conversation: message 0 is the first one, message 4
    /// the fourth reply. The thread is prolonged when it is too short.
    #[must_use]
    pub fn plant(mut self, conversation: usize, message: usize, text: impl Into<String>) -> Self {
        self.plants.push(Plant { conversation, message, text: text.into() });
        self
    }

    /// How long every answer takes; default zero.
    #[must_use]
    pub fn latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// The bearer token that is accepted.
    #[must_use]
    pub fn token(self, token: impl Into<String>) -> Self {
        Self { token: token.into(), ..self }
    }

    /// The workspace id that `/me` tells; default `sim00001`.
    #[must_use]
    pub fn id_code(mut self, id_code: impl Into<String>) -> Self {
        self.identity.id_code = id_code.into();
        self
    }

    /// `US` (default), `EU` or `AU`.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.identity.region = region.into();
        self
    }

    /// The workspace's timezone as an IANA name; default `Europe/Dublin`.
    #[must_use]
    pub fn timezone(mut self, timezone: impl Into<String>) -> Self {
        self.identity.timezone = timezone.into();
        self
    }

    /// Calls in each window of 10 s; seen in the wild are 167, 1,667 and 5,000. Without a limit
    /// (the default) answers carry no rate headers at all.
    #[must_use]
    pub fn rate_limit(self, calls: u32) -> Self {
        Self { rate_limit: Some(calls), ..self }
    }

    /// Calls that other apps of the company spend in each window, spread evenly over it.
    #[must_use]
    pub fn other_apps(self, calls: u32) -> Self {
        Self { other_apps: calls, ..self }
    }

    /// The API versions that are served; default 2.11 to 2.16. Others get a 400.
    #[must_use]
    pub fn versions(self, versions: RangeInclusive<ApiVersion>) -> Self {
        let default_version = self.default_version.clamp(*versions.start(), *versions.end());
        Self { versions, default_version, ..self }
    }

    /// The version for calls without an `Intercom-Version` header; default 2.14.
    #[must_use]
    pub fn default_version(self, default_version: ApiVersion) -> Self {
        Self { default_version, ..self }
    }

    /// The clock starts at this Unix second instead of the real time, and runs on.
    #[must_use]
    pub fn starting_at(self, now: Seconds) -> Self {
        Self { time: Time::StartingAt(now), ..self }
    }

    /// The clock stands at this Unix second until [`Simulator::advance`](super::Simulator::advance)
    /// moves it. A client that waits for a rate window in real time would wait for ever.
    #[must_use]
    pub fn frozen_at(self, now: Seconds) -> Self {
        Self { time: Time::FrozenAt(now), ..self }
    }

    /// `pages.per_page` is a string, as old versions send it.
    #[must_use]
    pub fn text_per_page(self, text_per_page: bool) -> Self {
        Self { text_per_page, ..self }
    }

    /// The last page says `"next": null` instead of leaving `next` out.
    #[must_use]
    pub fn null_next(self, null_next: bool) -> Self {
        Self { null_next, ..self }
    }

    /// What `>` and `<` mean; default [`Comparison::Inclusive`].
    #[must_use]
    pub fn comparison(self, comparison: Comparison) -> Self {
        Self { comparison, ..self }
    }

    /// Searches see a change only this many seconds later; default 0.
    #[must_use]
    pub fn index_lag(self, seconds: u32) -> Self {
        Self { index_lag: seconds..=seconds, ..self }
    }

    /// Like [`Config::index_lag`], with a random lag in a range (seconds) for each change.
    #[must_use]
    pub fn index_lag_between(self, seconds: RangeInclusive<u32>) -> Self {
        Self { index_lag: seconds, ..self }
    }

    /// The loopback port; 0 (the default) takes a free one.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    pub(super) fn clock(&self) -> Clock {
        match self.time {
            Time::Real => Clock::real(),
            Time::StartingAt(now) => Clock::starting_at(now),
            Time::FrozenAt(now) => Clock::frozen_at(now),
        }
    }

    /// The generator's settings when the workspace is made at `now`.
    pub fn shape(&self, now: Seconds) -> Shape {
        Shape {
            seed: self.seed,
            conversations: self.conversations,
            now,
            days: self.days,
            length: self.length.clone(),
            plants: self.plants.clone(),
        }
    }
}
