//! What can go wrong, switched on and off by rules while the simulator runs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::log::Endpoint;

/// One way to fail; each has been seen from Intercom or from the network before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// 500, 502 or 504 with the HTML page of a proxy.
    HtmlError { status: u16 },
    /// 503 `service_unavailable` as an `error.list`.
    Unavailable,
    /// 200 without a body.
    EmptyOk,
    /// 200 with an HTML page.
    HtmlOk,
    /// 200 with JSON that breaks off, in an answer that is complete by its length.
    InvalidJson,
    /// Half of the body, then the connection closes; `content-length` announces all of it.
    Truncated,
    /// The connection is reset instead of an answer.
    Reset,
    /// Half of the body, then nothing for some time, then the rest.
    Stall { seconds: f64 },
    /// The answer starts late.
    Slow { seconds: f64 },
    /// 429, whatever the window says.
    RateLimited,
    /// 429 although the headers say that calls are left, as from a limit on bursts or a proxy's.
    RefusedBurst,
    /// The answer's cursor is the one that the request came with.
    RepeatedCursor,
    /// The records of the search before, again, under a new cursor.
    StalePage,
    /// 400: the cursor of the request is not understood.
    RejectedCursor,
    /// 400 `parameter_invalid`: the request asks for too much.
    ParameterInvalid,
    /// 401 or 403: the token lacks the scope for this endpoint.
    MissingScope { status: u16 },
    /// 404 `not_found`, as Intercom answers for a page with a conversation that it cannot show.
    NotFound,
    /// The list ends with this page, whatever its count says.
    EndsEarly,
    /// A page without records, whose cursor leads to where the request was.
    EmptyPage,
    /// The `Date` header is ahead.
    DateAhead { seconds: i64 },
    /// `updated_at` of conversations is written in another way, or tells another time.
    OddTimes { form: TimeForm },
    /// Each name, title and body begins with half of an emoji, as JavaScript cuts it.
    LoneSurrogates,
    /// Rate-limit headers that leave nothing, until a moment that can be none.
    OddLimit { reset: OddReset },
}

/// Ways to write `updated_at` that are no Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeForm {
    Milliseconds,
    /// `"1795809970.0"`
    Decimal,
    /// `2026-11-27 20:06:10 UTC`
    Words,
    Null,
    Missing,
    /// Nine hours to come, as of a zone that was added twice.
    Ahead,
}

/// Values of `X-RateLimit-Reset` that are no reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OddReset {
    Milliseconds,
    AnHourAhead,
}

/// When a fault strikes. All conditions must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    #[serde(flatten)]
    pub fault: Fault,
    /// `None` strikes everywhere.
    #[serde(default)]
    pub endpoint: Option<Endpoint>,
    /// From 0 to 1; default 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// Strikes for this many calls and is then used up; `None` for ever.
    #[serde(default)]
    pub times: Option<u32>,
    /// Lets this many matching calls pass first.
    #[serde(default)]
    pub after: u32,
    /// Only for pages larger than this.
    #[serde(default)]
    pub per_page_above: Option<u64>,
    /// Only for answers that would hold this, such as the id of a conversation with its quotation marks.
    #[serde(default)]
    pub holding: Option<String>,
}

fn always() -> f64 {
    1.0
}

impl Rule {
    /// Strikes every call until it is narrowed down or cleared.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            endpoint: None,
            probability: 1.0,
            times: None,
            after: 0,
            per_page_above: None,
            holding: None,
        }
    }

    #[must_use]
    pub fn on(self, endpoint: Endpoint) -> Self {
        Self { endpoint: Some(endpoint), ..self }
    }

    #[must_use]
    pub fn with_probability(self, probability: f64) -> Self {
        Self { probability, ..self }
    }

    /// Strikes `times` calls only.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Lets `calls` matching calls pass first.
    #[must_use]
    pub fn after(self, calls: u32) -> Self {
        Self { after: calls, ..self }
    }

    /// Strikes only answers that would hold this text.
    #[must_use]
    pub fn holding(self, text: impl Into<String>) -> Self {
        Self { holding: Some(text.into()), ..self }
    }

    /// Strikes only when the request asks for more than `per_page` records.
    #[must_use]
    pub fn when_per_page_above(self, per_page: u64) -> Self {
        Self { per_page_above: Some(per_page), ..self }
    }
}

/// What a rule looks at in a request, and in its answer when there is one.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub endpoint: Endpoint,
    pub per_page: Option<u64>,
    pub has_cursor: bool,
    /// None before the answer is made: then rules that look into it do not strike.
    pub answer: Option<&'a [u8]>,
}

/// The rules in force; the first that strikes decides.
#[derive(Debug)]
pub struct Faults(Mutex<Active>);

#[derive(Debug)]
struct Active {
    rules: Vec<Rule>,
    rng: ChaCha8Rng,
}

impl Faults {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(Active { rules: Vec::new(), rng: ChaCha8Rng::seed_from_u64(seed ^ 0xfa017) }))
    }

    pub fn add(&self, rule: Rule) {
        self.lock().rules.push(rule);
    }

    pub fn clear(&self) {
        self.lock().rules.clear();
    }

    /// The rules that are not used up.
    pub fn rules(&self) -> Vec<Rule> {
        self.lock().rules.clone()
    }

    /// The fault for `call`, if any; counts it against its rule.
    pub fn strike(&self, call: Call<'_>) -> Option<Fault> {
        let Active { rules, rng } = &mut *self.lock();
        let place = rules.iter_mut().position(|rule| rule.strikes(call, rng))?;
        let rule = &mut rules[place];
        let fault = rule.fault.clone();
        if let Some(times) = &mut rule.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                rules.remove(place);
            }
        }
        Some(fault)
    }

    fn lock(&self) -> MutexGuard<'_, Active> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    fn strikes(&mut self, call: Call<'_>, rng: &mut ChaCha8Rng) -> bool {
        let cursor_fault =
            matches!(self.fault, Fault::RepeatedCursor | Fault::StalePage | Fault::RejectedCursor);
        let meant = self.times != Some(0)
            && self.endpoint.is_none_or(|endpoint| endpoint == call.endpoint)
            && self.per_page_above.is_none_or(|limit| call.per_page.is_some_and(|size| size > limit))
            && (!cursor_fault || call.has_cursor)
            && match (&self.holding, call.answer) {
                (None, None) => true,
                (Some(text), Some(answer)) => answer.windows(text.len()).any(|part| part == text.as_bytes()),
                _ => false,
            };
        if meant && self.after > 0 {
            self.after -= 1;
            return false;
        }
        meant && (self.probability >= 1.0 || rng.random_bool(self.probability.max(0.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_waits_strikes_its_number_of_times_and_is_used_up() {
        let faults = Faults::new(1);
        faults.add(Rule::new(Fault::EmptyOk).on(Endpoint::Search).after(1).times(2).when_per_page_above(75));
        let call =
            |endpoint, per_page| Call { endpoint, per_page: Some(per_page), has_cursor: false, answer: None };
        assert_eq!(faults.strike(call(Endpoint::Me, 150)), None);
        assert_eq!(faults.strike(call(Endpoint::Search, 75)), None);
        let struck: Vec<_> = (0..4).map(|_| faults.strike(call(Endpoint::Search, 150)).is_some()).collect();
        assert_eq!(struck, [false, true, true, false]);
        assert!(faults.rules().is_empty());
    }

    #[test]
    fn a_rule_that_looks_into_the_answer_strikes_where_it_holds_the_text() {
        let faults = Faults::new(1);
        faults.add(Rule::new(Fault::NotFound).holding("\"7\""));
        let call = |answer| Call { endpoint: Endpoint::Search, per_page: None, has_cursor: false, answer };
        assert_eq!(faults.strike(call(None)), None);
        assert_eq!(faults.strike(call(Some(br#"{"id":"77"}"#))), None);
        assert_eq!(faults.strike(call(Some(br#"{"id":"7"}"#))), Some(Fault::NotFound));
    }

    #[test]
    fn rules_read_as_flat_json() {
        let rule: Rule =
            serde_json::from_str(r#"{"fault":"stall","seconds":1.5,"endpoint":"conversation","times":3}"#)
                .expect("a rule");
        assert_eq!(rule, Rule::new(Fault::Stall { seconds: 1.5 }).on(Endpoint::Conversation).times(3));
    }
}
