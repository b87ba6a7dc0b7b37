//! The one loop that asks Intercom, without a database.

use std::collections::BTreeSet;

use serde_json::Value;

use super::script::{Script, answer, error, fetching, raw};
use crate::ids::CompanyId;
use crate::intercom::error::ApiError;
use crate::sync::SyncError;
use crate::sync::failure::Failure;
use crate::sync::fetch::{Fetcher, Next, Source, Turn};

/// Asks for so many companies, and again for those that failed.
#[derive(Default)]
struct Companies {
    wanted: Vec<u32>,
    read: BTreeSet<u32>,
    failed: usize,
    /// How often the loop came around with nothing in flight.
    idle: usize,
}

impl Companies {
    fn of(count: u32) -> Self {
        Self { wanted: (1..=count).collect(), ..Self::default() }
    }
}

impl Source for Companies {
    type Job = u32;

    fn next(&mut self, fetcher: &mut Fetcher<'_>) -> Result<Next<u32>, Failure> {
        Ok(match self.wanted.pop() {
            Some(id) => Next::Ask(fetcher.api.company(&CompanyId(id.to_string())), id),
            None => Next::NOTHING,
        })
    }

    fn arrived(
        &mut self,
        _: &mut Fetcher<'_>,
        id: u32,
        answer: Result<Value, ApiError>,
    ) -> Result<(), Failure> {
        match answer {
            Ok(company) => {
                assert_eq!(company["id"], id.to_string(), "each answer belongs to its question");
                assert!(self.read.insert(id), "{id} came twice");
            }
            Err(error) if error.is_temporary() => {
                self.failed += 1;
                self.wanted.push(id);
            }
            Err(error) => return Err(Failure::Api(error)),
        }
        Ok(())
    }

    fn turn(&mut self, _: &mut Fetcher<'_>, idle: bool) -> Result<Turn, Failure> {
        self.idle += usize::from(idle);
        Ok(if idle && self.wanted.is_empty() { Turn::Done } else { Turn::Wait })
    }
}

/// The company that a question is about.
fn company(what: &str) -> Value {
    let id = what.strip_prefix("GET /companies/").expect("a company");
    serde_json::json!({"type": "company", "id": id, "name": "Acme"})
}

#[test]
fn everything_is_asked_once_and_several_at_a_time() {
    let mut script =
        Script::of(0).taking(|_| Some(200)).answering(|asked| Some(answer(&company(&asked.what))));
    let mut companies = Companies::of(200);
    let (calls, took) = fetching(&mut script, None, |fetcher| {
        fetcher.fetch(&mut companies).expect("reads");
        (fetcher.calls, fetcher.monotonic_ms())
    });
    assert_eq!((companies.read.len(), calls, companies.idle), (200, 200, 1));
    assert!((20..=60).contains(&script.most_in_flight), "{}", script.most_in_flight);
    assert!(took < 200 * 200 / 15, "{took} ms");
}

#[test]
fn what_fails_in_passing_comes_in_the_end() {
    let mut broken = 0;
    let mut script = Script::of(0).taking(|_| Some(200)).answering(move |asked| {
        broken += 1;
        Some(if broken % 9 == 0 { error(502, "bad_gateway") } else { answer(&company(&asked.what)) })
    });
    let mut companies = Companies::of(100);
    fetching(&mut script, None, |fetcher| fetcher.fetch(&mut companies)).expect("reads");
    assert_eq!(companies.read.len(), 100);
    assert!(companies.failed >= 10, "{}", companies.failed);
}

#[test]
fn a_refusal_holds_everything_up_until_its_time_is_over() {
    let mut asked_once = false;
    let mut script = Script::of(0).answering(move |asked| {
        if std::mem::replace(&mut asked_once, true) {
            return Some(answer(&company(&asked.what)));
        }
        let mut refusal = raw(429, "application/json", "{}").expect("an answer");
        refusal.headers.push(("retry-after".to_owned(), "7".to_owned()));
        Some(Ok(refusal))
    });
    let mut companies = Companies::of(1);
    let held_back = fetching(&mut script, None, |fetcher| {
        fetcher.fetch(&mut companies).expect("reads");
        (fetcher.refusals, fetcher.take_held_back(), fetcher.take_held_back())
    });
    assert_eq!(held_back, (1, true, false));
    assert_eq!((companies.read.len(), script.asked.len()), (1, 2));
    let waited = script.asked[1].at_ms - script.asked[0].at_ms;
    assert!((7000..9000).contains(&waited), "{waited} ms");
}

#[test]
fn a_stop_ends_what_is_in_flight() {
    let mut script =
        Script::of(0).taking(|_| Some(200)).answering(|asked| Some(answer(&company(&asked.what))));
    let mut companies = Companies::of(500);
    let ended = fetching(&mut script, Some(1000), |fetcher| fetcher.fetch(&mut companies));
    assert!(matches!(ended, Err(Failure::Fatal(SyncError::Stopped(_)))), "{ended:?}");
    assert!((1..500).contains(&companies.read.len()));
    assert_eq!(crate::environment::Http::in_flight(&script), 0);
}

#[test]
fn an_error_that_no_second_attempt_helps_ends_the_source() {
    let mut script = Script::of(0).answering(|_| Some(error(403, "forbidden")));
    let mut companies = Companies::of(50);
    let ended = fetching(&mut script, None, |fetcher| fetcher.fetch(&mut companies));
    assert!(matches!(ended, Err(Failure::Api(ApiError::Forbidden { .. }))), "{ended:?}");
    assert_eq!(crate::environment::Http::in_flight(&script), 0);
}

#[test]
fn one_question_is_asked_again_after_ever_longer_pauses() {
    let mut script = Script::of(0).answering(|_| Some(error(500, "server_error")));
    let mut turns = 0;
    let ended = fetching(&mut script, None, |fetcher| {
        let request = fetcher.api.me();
        fetcher.ask(&request, Ok, |_| {
            turns += 1;
            Ok(())
        })
    });
    assert!(matches!(ended, Err(Failure::Api(ApiError::Unavailable { .. }))), "{ended:?}");
    let at: Vec<u64> = script.asked.iter().map(|asked| asked.at_ms).collect();
    let pauses: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(at.len(), 8);
    assert!(pauses.windows(2).all(|pair| pair[1] >= pair[0]) && pauses[6] >= 8000, "{pauses:?}");
    assert!(turns > 100, "the host is listened to meanwhile: {turns}");
}
