//! An Intercom of a few conversations whose answers a test overrides one by one.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};

use crate::environment::{
    Clock, Http, HttpError, HttpRequest, HttpResponse, Log, LogLevel, Progress, ProgressUpdate, Settings,
    Ticket,
};
use crate::store::erasure::BlockList;
use crate::store::{OpenMode, Store};
use crate::sync::fetch::Fetcher;
use crate::sync::{Pace, SyncEnvironment, SyncError, SyncKind, SyncReport, SyncRequest, run};
use crate::time::UnixSeconds;

/// The server's clock when a run begins.
pub const NOW: UnixSeconds = UnixSeconds(1_795_350_000);
/// The one day that runs read: it is over, so that they read it in one window.
pub const DAY: &str = "2026-11-20";
/// How long an answer takes, in milliseconds.
pub const LATENCY_MS: u64 = 20;

pub type Reply = Result<HttpResponse, HttpError>;

/// Begin and end of [`DAY`].
pub fn day() -> (i64, i64) {
    let day = crate::time::Day::parse(DAY).expect("a day");
    (day.start().0, day.end().0)
}

/// A request, as a test looks at it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Milliseconds since the script began.
    pub at_ms: u64,
    /// `POST /conversations/search`
    pub what: String,
    pub body: Value,
}

impl Asked {
    fn new(request: &HttpRequest, at_ms: u64) -> Self {
        let path = request.url.strip_prefix("https://api.intercom.io").expect("only Intercom is asked");
        let method = if request.body.is_some() { "POST" } else { "GET" };
        let body = request.body.as_deref().map(|body| serde_json::from_slice(body).expect("JSON"));
        Self { at_ms, what: format!("{method} {path}"), body: body.unwrap_or_default() }
    }

    pub fn is_search(&self) -> bool {
        self.what == "POST /conversations/search"
    }

    pub fn per_page(&self) -> usize {
        self.body["pagination"]["per_page"].as_u64().and_then(|n| usize::try_from(n).ok()).expect("a size")
    }

    pub fn cursor(&self) -> Option<&str> {
        self.body["pagination"]["starting_after"].as_str()
    }

    /// The bounds that are meant, both included: the query is a second wider.
    pub fn bounds(&self) -> (i64, i64) {
        let bound = |place: usize| self.body["query"]["value"][place]["value"].as_i64().expect("a bound");
        (bound(0) + 1, bound(1) - 1)
    }
}

type Answers<'a> = Box<dyn FnMut(&Asked) -> Option<Reply> + 'a>;

/// How many milliseconds an answer takes; none: it never comes.
type Latencies<'a> = Box<dyn FnMut(&Asked) -> Option<u64> + 'a>;
type Updates = Rc<RefCell<Vec<(u64, ProgressUpdate)>>>;

/// The outside world of a run: Intercom, the clocks and the host.
pub struct Script<'a> {
    /// Milliseconds since it began; shared with the clock of a run.
    now_ms: Rc<Cell<u64>>,
    /// The conversations that there are: id and `updated_at`, ascending.
    pub conversations: Vec<(String, i64)>,
    answers: Answers<'a>,
    pub asked: Vec<Asked>,
    /// How many seconds Intercom's clock is ahead, and how many ours.
    pub ahead: (i64, i64),
    in_flight: VecDeque<(Ticket, Reply)>,
    /// In place of one answer after the other: how long each takes, all of them at once.
    latency: Option<Latencies<'a>>,
    /// When the answers of such requests come.
    due: Vec<(u64, Ticket, Reply)>,
    pub most_in_flight: usize,
    /// What the run said of its progress, and when.
    updates: Updates,
}

impl<'a> Script<'a> {
    /// So many conversations, spread over [`DAY`].
    pub fn of(count: usize) -> Self {
        let (begin, end) = day();
        let step = (end - begin) / (i64::try_from(count).expect("few") + 1);
        let conversations = (1..).take(count).map(|n| (format!("{n}"), begin + n * step)).collect();
        Self {
            now_ms: Rc::new(Cell::new(0)),
            conversations,
            answers: Box::new(|_| None),
            asked: Vec::new(),
            ahead: (0, 0),
            in_flight: VecDeque::new(),
            latency: None,
            due: Vec::new(),
            most_in_flight: 0,
            updates: Updates::default(),
        }
    }

    /// Answers all requests at once, each after its own time.
    pub fn taking(mut self, latency: impl FnMut(&Asked) -> Option<u64> + 'a) -> Self {
        self.latency = Some(Box::new(latency));
        self
    }

    pub fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    pub fn updates(&self) -> Vec<(u64, ProgressUpdate)> {
        self.updates.borrow().clone()
    }

    /// Answers in place of the usual ones; none: the usual one.
    pub fn answering(mut self, answers: impl FnMut(&Asked) -> Option<Reply> + 'a) -> Self {
        self.answers = Box::new(answers);
        self
    }

    pub fn searches(&self) -> impl Iterator<Item = &Asked> {
        self.asked.iter().filter(|asked| asked.is_search())
    }

    pub fn count(&self, what: &str) -> usize {
        self.asked.iter().filter(|asked| asked.what == what).count()
    }

    /// Lets time pass before a run.
    pub fn later(self, seconds: u64) -> Self {
        self.now_ms.set(self.now_ms.get() + seconds * 1000);
        self
    }

    /// What Intercom would answer.
    pub fn usual(&self, asked: &Asked) -> Reply {
        match asked.what.as_str() {
            "GET /me" => {
                answer(&json!({"type": "admin", "id": "1", "app": {"id_code": "w1", "region": "US"}}))
            }
            "GET /admins" => answer(&json!({"type": "admin.list", "admins": []})),
            "GET /teams" => answer(&json!({"type": "team.list", "teams": []})),
            "GET /tags" | "POST /contacts/search" => answer(&json!({"type": "list", "data": []})),
            "POST /conversations/search" => answer(&self.page(asked)),
            "POST /tickets/search" => {
                answer(&json!({"type": "ticket.list", "tickets": [], "total_count": 0}))
            }
            other if other.starts_with("GET /articles?") || other.starts_with("GET /help_center/") => {
                answer(&json!({"type": "list", "data": [], "total_count": 0}))
            }
            other if other.starts_with("GET /articles/") => answer(&json!({"type": "article", "id": "1"})),
            other if other.starts_with("GET /contacts/") => error(404, "not_found"),
            other => match other.strip_prefix("GET /conversations/") {
                Some(id) => self.thread(id),
                None => panic!("nobody needs {other}"),
            },
        }
    }

    /// A page of those that match, the cursor being how many came before.
    pub fn page(&self, asked: &Asked) -> Value {
        let (low, high) = asked.bounds();
        let matching: Vec<_> =
            self.conversations.iter().filter(|(_, at)| (low..=high).contains(at)).collect();
        let from: usize = asked.cursor().map_or(0, |cursor| cursor.parse().expect("a cursor of ours"));
        let shown = matching.iter().skip(from).take(asked.per_page());
        let listed: Vec<Value> = shown.map(|(id, at)| listed(id, *at)).collect();
        let to = from + listed.len();
        let next = (to < matching.len()).then(|| json!({"page": 2, "starting_after": to.to_string()}));
        json!({
            "type": "conversation.list", "conversations": listed, "total_count": matching.len(),
            "pages": {"type": "pages", "page": 1, "per_page": asked.per_page(), "total_pages": 1, "next": next}
        })
    }

    fn thread(&self, id: &str) -> Reply {
        let Some((id, at)) = self.conversations.iter().find(|(known, _)| known == id) else {
            return error(404, "not_found");
        };
        let mut thread = listed(id, *at);
        thread["conversation_parts"] =
            json!({"type": "conversation_part.list", "conversation_parts": [], "total_count": 0});
        answer(&thread)
    }
}

fn listed(id: &str, at: i64) -> Value {
    json!({
        "type": "conversation", "id": id, "created_at": at - 60, "updated_at": at, "state": "open", "open": true,
        "source": {
            "type": "conversation", "delivered_as": "customer_initiated", "body": "<p>Hello</p>",
            "author": {"type": "user", "name": "Ann", "email": "ann@example.com"}
        }
    })
}

impl Http for Script<'_> {
    fn send(&mut self, request: HttpRequest) -> Ticket {
        let asked = Asked::new(&request, self.now_ms.get());
        let reply = (self.answers)(&asked).unwrap_or_else(|| self.usual(&asked));
        let asked_at = i64::try_from(asked.at_ms).expect("a short test");
        let date =
            jiff::Timestamp::from_millisecond((NOW.0 + self.ahead.0) * 1000 + asked_at).expect("an instant");
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&date).expect("a date");
        let reply = reply.map(|mut response| {
            response.headers.push(("date".to_owned(), date.clone()));
            response
        });
        let ticket = Ticket(self.asked.len() as u64 + 1);
        if let Some(latency) = &mut self.latency {
            let (takes, reply) = match latency(&asked).filter(|takes| *takes < request.timeout_ms) {
                Some(takes) => (takes, reply),
                None => (request.timeout_ms, Err(HttpError::Timeout)),
            };
            self.due.push((asked.at_ms + takes, ticket, reply));
        } else {
            self.in_flight.push_back((ticket, reply));
        }
        self.asked.push(asked);
        self.most_in_flight = self.most_in_flight.max(self.in_flight());
        ticket
    }

    fn wait(&mut self, at_most_ms: u64) -> Option<(Ticket, Reply)> {
        if self.latency.is_some() {
            let until = self.now_ms.get() + at_most_ms;
            let next = (0..self.due.len()).min_by_key(|at| (self.due[*at].0, self.due[*at].1));
            let Some(next) = next.filter(|at| self.due[*at].0 <= until) else {
                self.now_ms.set(until);
                return None;
            };
            let (due, ticket, reply) = self.due.swap_remove(next);
            self.now_ms.set(self.now_ms.get().max(due));
            return Some((ticket, reply));
        }
        let ended = self.in_flight.pop_front();
        let passed = if ended.is_some() { LATENCY_MS } else { at_most_ms };
        self.now_ms.set(self.now_ms.get() + passed);
        ended
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.in_flight.retain(|(one, _)| *one != ticket);
        self.due.retain(|(_, one, _)| *one != ticket);
    }

    fn in_flight(&self) -> usize {
        self.in_flight.len() + self.due.len()
    }
}

/// The host: it waits, listens and lets everything go on.
#[derive(Default)]
struct Host {
    lines: RefCell<Vec<String>>,
    updates: Updates,
    now_ms: Rc<Cell<u64>>,
    /// When it wants the run to end.
    stop_ms: Option<u64>,
}

impl Log for Host {
    fn write(&self, _: LogLevel, message: &str) {
        self.lines.borrow_mut().push(message.to_owned());
    }
}

impl Progress for Host {
    fn report(&self, update: &ProgressUpdate) {
        self.updates.borrow_mut().push((self.now_ms.get(), update.clone()));
    }

    fn should_stop(&self) -> bool {
        self.stop_ms.is_some_and(|stop| self.now_ms.get() >= stop)
    }
}

/// The script's time.
struct Time(Rc<Cell<u64>>, i64);

impl Clock for Time {
    fn now(&self) -> UnixSeconds {
        NOW.plus(self.1 + i64::try_from(self.0.get() / 1000).expect("a short test"))
    }

    fn monotonic_ms(&self) -> u64 {
        self.0.get()
    }
}

/// Lets a fetcher ask the script, without a database. `stop_ms`: when the host wants an end.
pub fn fetching<T>(
    script: &mut Script<'_>,
    stop_ms: Option<u64>,
    work: impl FnOnce(&mut Fetcher<'_>) -> T,
) -> T {
    let host = Host { now_ms: Rc::clone(&script.now_ms), stop_ms, ..Host::default() };
    let time = Time(Rc::clone(&script.now_ms), script.ahead.1);
    let settings = Settings { api_version: "2.14".to_owned(), ..Settings::default() };
    let nobody = Rc::new(BlockList::of_nobody());
    work(&mut Fetcher::new(&settings, script, &time, &host, Pace::default(), nobody))
}

/// A database, and runs that read [`DAY`] into it.
pub struct Cache {
    _folder: tempfile::TempDir,
    pub store: Store,
    pub settings: Settings,
    pub lines: Vec<String>,
}

impl Cache {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("data.db"), OpenMode::ReadWrite).expect("opens");
        // Hundreds of small commits that nobody needs to survive a power cut.
        store.connection().execute_batch("PRAGMA synchronous = OFF").expect("sets");
        let settings = Settings { api_version: "2.14".to_owned(), ..Settings::default() };
        Self { _folder: folder, store, settings, lines: Vec::new() }
    }

    /// Erases a contact where the file lies.
    pub fn erase_contact(&mut self, id: &str) {
        self.store.erase_gone(&[id.into()], NOW, &|| false).expect("erases");
    }

    pub fn sync(&mut self, script: &mut Script<'_>) -> Result<SyncReport, SyncError> {
        self.sync_until(script, Some(DAY))
    }

    /// From [`DAY`] to that day; none: until now.
    pub fn sync_until(
        &mut self,
        script: &mut Script<'_>,
        last: Option<&str>,
    ) -> Result<SyncReport, SyncError> {
        let request = SyncRequest {
            kind: SyncKind::Incremental,
            start_date: Some(DAY.to_owned()),
            end_date: last.map(str::to_owned),
            days: None,
            unless_newer_than: None,
            refetch: false,
        };
        self.request(script, &request)
    }

    pub fn request(
        &mut self,
        script: &mut Script<'_>,
        request: &SyncRequest,
    ) -> Result<SyncReport, SyncError> {
        let host = Host {
            updates: Rc::clone(&script.updates),
            now_ms: Rc::clone(&script.now_ms),
            ..Host::default()
        };
        let time = Time(Rc::clone(&script.now_ms), script.ahead.1);
        let outside = SyncEnvironment {
            settings: &self.settings,
            http: script,
            clock: &time,
            log: &host,
            progress: &host,
            pace: Pace::default(),
        };
        let result = run(&mut self.store, outside, request);
        self.lines = host.lines.into_inner();
        result
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.store.connection().query_row(sql, [], |row| row.get(0)).expect("a number")
    }

    pub fn text(&self, sql: &str) -> String {
        self.store
            .connection()
            .query_row(sql, [], |row| row.get::<_, Option<String>>(0))
            .expect("a row")
            .unwrap_or_else(|| "none".to_owned())
    }

    /// The covered stretch, when there is just one.
    pub fn covered(&self) -> Option<(i64, i64)> {
        let sql = "SELECT min(low), max(high), count(*) FROM coverage";
        let (low, high, count): (Option<i64>, Option<i64>, i64) = self
            .store
            .connection()
            .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .expect("reads");
        low.zip(high).filter(|_| count == 1)
    }
}

pub fn answer(body: &Value) -> Reply {
    raw(200, "application/json; charset=utf-8", &body.to_string())
}

pub fn raw(status: u16, kind: &str, body: &str) -> Reply {
    Ok(HttpResponse {
        status,
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body: body.as_bytes().to_vec(),
    })
}

/// Intercom's own envelope of an error.
pub fn error(status: u16, code: &str) -> Reply {
    let body =
        json!({"type": "error.list", "request_id": null, "errors": [{"code": code, "message": "so it is"}]});
    raw(status, "application/json; charset=utf-8", &body.to_string())
}

/// A page of some proxy's.
pub fn html(status: u16) -> Reply {
    raw(status, "text/html", "<html><body><h1>nginx</h1></body></html>")
}

/// Every way in which an answer can be useless and the same question may help.
pub fn passing_troubles() -> Vec<(&'static str, Reply)> {
    vec![
        ("500", error(500, "server_error")),
        ("502 from a proxy", html(502)),
        ("503", error(503, "service_unavailable")),
        ("504 from a proxy", html(504)),
        ("408", error(408, "timeout")),
        ("a page for people with status 200", html(200)),
        ("an empty success", raw(200, "application/json", "")),
        ("a body that breaks off", raw(200, "application/json", "{\"type\":\"conversation.list\",\"conver")),
        ("an empty object", answer(&json!({}))),
        ("no answer in time", Err(HttpError::Timeout)),
        ("a reset connection", Err(HttpError::Connection("reset by peer".to_owned()))),
    ]
}
