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
}

fn always() -> f64 {
    1.0
}

impl Rule {
    /// Strikes every call until it is narrowed down or cleared.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self { fault, endpoint: None, probability: 1.0, times: None, after: 0, per_page_above: None }
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

    /// Strikes only when the request asks for more than `per_page` records.
    #[must_use]
    pub fn when_per_page_above(self, per_page: u64) -> Self {
        Self { per_page_above: Some(per_page), ..self }
    }
}

/// What a rule looks at in a request.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub endpoint: Endpoint,
    pub per_page: Option<u64>,
    pub has_cursor: bool,
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
    pub fn strike(&self, call: Call) -> Option<Fault> {
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
    fn strikes(&mut self, call: Call, rng: &mut ChaCha8Rng) -> bool {
        let cursor_fault =
            matches!(self.fault, Fault::RepeatedCursor | Fault::StalePage | Fault::RejectedCursor);
        let meant = self.times != Some(0)
            && self.endpoint.is_none_or(|endpoint| endpoint == call.endpoint)
            && self.per_page_above.is_none_or(|limit| call.per_page.is_some_and(|size| size > limit))
            && (!cursor_fault || call.has_cursor);
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
        let call = |endpoint, per_page| Call { endpoint, per_page: Some(per_page), has_cursor: false };
        assert_eq!(faults.strike(call(Endpoint::Me, 150)), None);
        assert_eq!(faults.strike(call(Endpoint::Search, 75)), None);
        let struck: Vec<_> = (0..4).map(|_| faults.strike(call(Endpoint::Search, 150)).is_some()).collect();
        assert_eq!(struck, [false, true, true, false]);
        assert!(faults.rules().is_empty());
    }

    #[test]
    fn rules_read_as_flat_json() {
        let rule: Rule =
            serde_json::from_str(r#"{"fault":"stall","seconds":1.5,"endpoint":"conversation","times":3}"#)
                .expect("a rule");
        assert_eq!(rule, Rule::new(Fault::Stall { seconds: 1.5 }).on(Endpoint::Conversation).times(3));
    }
}
