//! Requests in flight, and asking again for what does not come.
//!
//! Every question of a sync may be repeated, since none changes anything. One whose answer is
//! overdue is asked again beside the first, and whichever answers first is taken (a hedged request;
//! Dean and Barroso, "The Tail at Scale"): a connection that a proxy forgot costs seconds
//! instead of the minute until it is given up.

use std::collections::HashMap;

use super::latency::Latency;
use crate::environment::{HttpError, HttpMethod, HttpRequest, HttpResponse, Ticket};

type Reply = Result<HttpResponse, HttpError>;

/// At most one request in so many, and one in any case, is a repeated one: a slow server must not get
/// twice the work.
const REPEATS_SHARE: u64 = 10;
/// So often one question is asked; each further wait is twice as long.
const MOST_ASKED: u32 = 3;
/// Single objects come within a second or two. Searches were seen to take 18 s.
const OBJECT_OVERDUE_MS: (u32, u32) = (2000, 10_000);
const SEARCH_OVERDUE_MS: (u32, u32) = (5000, 20_000);

/// A question whose answer is awaited, under the ticket of its first request.
#[derive(Debug)]
struct Question {
    request: HttpRequest,
    /// Its requests in flight, with when they were sent.
    requests: Vec<(Ticket, u64)>,
    asked: u32,
}

impl Question {
    fn last_sent_ms(&self) -> u64 {
        self.requests.iter().map(|(_, sent)| *sent).max().unwrap_or(0)
    }
}

/// What [`Flights::ended`] makes of the end of a request.
pub(super) enum Ended {
    /// The question's answer, and the requests for it that nobody needs any more.
    Answer { question: Ticket, reply: Reply, needless: Vec<Ticket> },
    /// It broke, but another one for the same question is in flight; or nobody asked.
    Nothing,
}

/// All requests in flight.
#[derive(Debug)]
pub(super) struct Flights {
    questions: HashMap<Ticket, Question>,
    /// From a repeated request to its question.
    repeated: HashMap<Ticket, Ticket>,
    /// Of single objects, and of searches.
    pub objects: Latency,
    searches: Latency,
    sent: u64,
    repeats: u64,
}

impl Default for Flights {
    fn default() -> Self {
        Self {
            questions: HashMap::new(),
            repeated: HashMap::new(),
            objects: Latency::overdue_within(OBJECT_OVERDUE_MS.0, OBJECT_OVERDUE_MS.1),
            searches: Latency::overdue_within(SEARCH_OVERDUE_MS.0, SEARCH_OVERDUE_MS.1),
            sent: 0,
            repeats: 0,
        }
    }
}

impl Flights {
    pub(super) fn sent(&mut self, ticket: Ticket, request: HttpRequest, now_ms: u64) {
        self.sent += 1;
        self.questions.insert(ticket, Question { request, requests: vec![(ticket, now_ms)], asked: 1 });
    }

    pub(super) fn repeated(&mut self, question: Ticket, ticket: Ticket, now_ms: u64) {
        self.sent += 1;
        self.repeats += 1;
        self.repeated.insert(ticket, question);
        if let Some(question) = self.questions.get_mut(&question) {
            question.requests.push((ticket, now_ms));
            question.asked += 1;
        }
    }

    /// A question whose answer is overdue, with its request, unless too many were repeated already.
    pub(super) fn overdue(&self, now_ms: u64) -> Option<(Ticket, HttpRequest)> {
        if self.repeats * REPEATS_SHARE > self.sent {
            return None;
        }
        let late = |question: &&Question| {
            let waits = self.latency(&question.request).overdue_ms() << (question.asked - 1).min(8);
            question.asked < MOST_ASKED && now_ms.saturating_sub(question.last_sent_ms()) >= waits
        };
        let (ticket, question) = self
            .questions
            .iter()
            .filter(|(_, question)| late(question))
            .min_by_key(|(_, question)| question.last_sent_ms())?;
        Some((*ticket, question.request.clone()))
    }

    /// How many questions are open.
    pub(super) fn questions(&self) -> usize {
        self.questions.len()
    }

    /// Requests that the server may still have to count: what is overdue, it counted or never got.
    pub(super) fn awaited(&self, now_ms: u64) -> usize {
        let young = |question: &&Question| {
            let overdue = self.latency(&question.request).overdue_ms();
            now_ms.saturating_sub(question.last_sent_ms()) < overdue
        };
        self.questions.values().filter(young).count()
    }

    pub(super) fn ended(&mut self, ticket: Ticket, reply: Reply, now_ms: u64) -> Ended {
        let name = self.repeated.remove(&ticket).unwrap_or(ticket);
        let Some(question) = self.questions.get_mut(&name) else { return Ended::Nothing };
        let sent = question.requests.iter().find(|(one, _)| *one == ticket).map_or(now_ms, |(_, sent)| *sent);
        question.requests.retain(|(one, _)| *one != ticket);
        let broken = matches!(reply, Err(HttpError::Timeout | HttpError::Connection(_)));
        if broken && !question.requests.is_empty() {
            return Ended::Nothing;
        }
        let needless: Vec<Ticket> = question.requests.iter().map(|(one, _)| *one).collect();
        if let Some(question) = self.questions.remove(&name)
            && reply.is_ok()
        {
            self.latency_mut(&question.request).note(now_ms.saturating_sub(sent));
        }
        for one in &needless {
            self.repeated.remove(one);
        }
        Ended::Answer { question: name, reply, needless }
    }

    /// Forgets everything. Returns the requests that nobody needs any more.
    pub(super) fn forget(&mut self) -> Vec<Ticket> {
        self.repeated.clear();
        self.questions.drain().flat_map(|(_, question)| question.requests).map(|(ticket, _)| ticket).collect()
    }

    fn latency(&self, request: &HttpRequest) -> &Latency {
        match request.method {
            HttpMethod::Get => &self.objects,
            HttpMethod::Post => &self.searches,
        }
    }

    fn latency_mut(&mut self, request: &HttpRequest) -> &mut Latency {
        match request.method {
            HttpMethod::Get => &mut self.objects,
            HttpMethod::Post => &mut self.searches,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> HttpRequest {
        HttpRequest {
            method: HttpMethod::Get,
            url: "https://api.intercom.io/me".to_owned(),
            headers: Vec::new(),
            body: None,
            timeout_ms: 30_000,
        }
    }

    fn found() -> Reply {
        Ok(HttpResponse { status: 200, headers: Vec::new(), body: Vec::new() })
    }

    /// So many questions that were answered after 100 ms, at second zero.
    fn after(answers: u64) -> Flights {
        let mut flights = Flights::default();
        for ticket in (0..answers).map(Ticket) {
            flights.sent(ticket, request(), 0);
            let _ = flights.ended(ticket, found(), 100);
        }
        flights
    }

    #[test]
    fn an_overdue_question_is_asked_again_and_the_first_answer_counts() {
        for first in [1000, 1001] {
            let mut flights = after(20);
            flights.sent(Ticket(1000), request(), 0);
            assert!(flights.overdue(1999).is_none());
            assert_eq!(flights.overdue(2000).map(|(ticket, _)| ticket), Some(Ticket(1000)));
            flights.repeated(Ticket(1000), Ticket(1001), 2000);
            assert_eq!(flights.awaited(2000), 1);
            let Ended::Answer { question, needless, .. } = flights.ended(Ticket(first), found(), 2100) else {
                panic!("an answer")
            };
            assert_eq!((question, needless), (Ticket(1000), vec![Ticket(2001 - first)]));
            assert_eq!(flights.objects.usual_ms().is_some_and(|usual| usual > 101.0), first == 1000);
            assert_eq!(flights.awaited(2100), 0);
            assert!(matches!(flights.ended(Ticket(2001 - first), found(), 2200), Ended::Nothing));
        }
    }

    #[test]
    fn a_request_that_breaks_leaves_its_question_to_the_other_one() {
        let mut flights = after(20);
        flights.sent(Ticket(1000), request(), 0);
        flights.repeated(Ticket(1000), Ticket(1001), 2000);
        assert!(matches!(flights.ended(Ticket(1000), Err(HttpError::Timeout), 2100), Ended::Nothing));
        let last = flights.ended(Ticket(1001), Err(HttpError::Timeout), 2200);
        assert!(matches!(last, Ended::Answer { reply: Err(HttpError::Timeout), .. }));
    }

    #[test]
    fn no_more_than_one_request_in_ten_is_a_repeated_one() {
        let mut flights = after(50);
        for ticket in (1000..1030).map(Ticket) {
            flights.sent(ticket, request(), 0);
        }
        for ticket in (2000..).map(Ticket) {
            let Some((question, _)) = flights.overdue(3000) else { break };
            flights.repeated(question, ticket, 3000);
        }
        assert_eq!((flights.repeats, flights.sent), (9, 89));
        // What was asked in vain counts for nothing in the limit.
        assert_eq!(flights.awaited(3000), 9);
    }
}
