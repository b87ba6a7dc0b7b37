//! The HTTP side: the checks that every endpoint shares, faults, and the headers of each answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::answer::{Answer, instead, into_response, rate_limited, refusal};
use super::clock::Clock;
use super::config::Config;
use super::connection::Cut;
use super::control;
use super::error::ApiError;
use super::faults::{Call, Fault, Faults, OddReset, TimeForm};
use super::log::{Endpoint, Entry, Log};
use super::query::Cursor;
use super::rate_limit::{RateLimit, Verdict};
use super::routes::{self, ApiRequest};
use super::ticket_control;
use super::version::ApiVersion;
use super::workspace::Workspace;

/// A search with 15 filters of 150 ids each fits many times.
const MAX_BODY: usize = 1 << 20;

/// Everything that requests share.
#[derive(Debug)]
pub struct Shared {
    pub config: Config,
    pub clock: Arc<Clock>,
    pub workspace: Mutex<Workspace>,
    pub rate_limit: RateLimit,
    pub faults: Faults,
    pub log: Arc<Log>,
    /// The body of the last search by the name of its list, for [`Fault::StalePage`].
    last_pages: Mutex<BTreeMap<&'static str, Vec<u8>>>,
    requests: AtomicU64,
}

impl Shared {
    pub fn new(config: Config) -> Self {
        let clock = Arc::new(config.clock());
        Self {
            workspace: Mutex::new(Workspace::generate(&config, Arc::clone(&clock))),
            rate_limit: RateLimit::new(config.rate_limit, config.other_apps),
            faults: Faults::new(config.seed),
            log: Arc::default(),
            last_pages: Mutex::default(),
            requests: AtomicU64::new(0),
            clock,
            config,
        }
    }

    fn last_pages(&self) -> MutexGuard<'_, BTreeMap<&'static str, Vec<u8>>> {
        self.last_pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn workspace(&self) -> MutexGuard<'_, Workspace> {
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_simulator/change", post(control::change))
        .route("/_simulator/tickets", post(ticket_control::change))
        .route(
            "/_simulator/faults",
            get(control::faults).post(control::add_faults).delete(control::clear_faults),
        )
        .route("/_simulator/stats", get(control::stats).delete(control::reset_stats))
        .route("/_simulator/log", get(control::log))
        .route("/_simulator/advance", post(control::advance))
        .fallback(handle)
        .with_state(shared)
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let endpoint = Endpoint::of(parts.method.as_str(), &segments);
    let params =
        Query::<HashMap<String, String>>::try_from_uri(&parts.uri).map(|query| query.0).unwrap_or_default();
    let in_flight = shared.log.begin(Entry {
        endpoint,
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        version: text(&parts.headers, "intercom-version").map(str::to_owned),
        per_page: None,
        starting_after: None,
        started_after: Duration::ZERO,
        status: None,
    });
    let number = shared.requests.fetch_add(1, Ordering::Relaxed);
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // A UUID in the bodies of errors, 20 characters of it in the header.
    let request_id =
        format!("{:08x}-{:04x}-4000-a000-{number:012x}", scattered >> 32, scattered >> 16 & 0xffff);

    let mut headers = HeaderMap::new();
    let bytes = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let (answer, fault) = match check(&shared, &parts.headers, &mut headers) {
        Err(error) => {
            tokio::time::sleep(shared.config.latency).await;
            (refusal(&error, &request_id), None)
        }
        Ok(version) => {
            let body = if bytes.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&bytes) };
            let page = Paging::of(&params, body.as_ref().ok());
            in_flight.paging(page.per_page, page.starting_after.as_deref());
            let call = Call {
                endpoint,
                per_page: page.per_page,
                has_cursor: page.starting_after.is_some(),
                answer: None,
            };
            let mut fault = shared.faults.strike(call);
            let delay = match fault {
                Some(Fault::Slow { seconds }) => Duration::try_from_secs_f64(seconds).unwrap_or_default(),
                _ => Duration::ZERO,
            };
            tokio::time::sleep(shared.config.latency + delay).await;
            if fault == Some(Fault::RateLimited) {
                let exhausted = shared.rate_limit.exhausted(shared.clock.millis());
                rate_headers(&mut headers, exhausted);
            }
            let answer = fault.as_ref().and_then(|fault| instead(fault, &shared, &request_id));
            let mut answer = answer.unwrap_or_else(|| {
                let Ok(body) = &body else {
                    return Answer::json(
                        400,
                        &json!({
                            "status": 400,
                            "error": "There was a problem in the JSON you submitted [unexpected token]",
                        }),
                    );
                };
                let request = ApiRequest {
                    endpoint,
                    id: segments.last().copied().unwrap_or_default(),
                    depth: segments.len(),
                    params: &params,
                    body,
                    version,
                    host: text(&parts.headers, "host").unwrap_or("localhost"),
                };
                respond(&request, &shared, fault.as_ref(), page.starting_after.as_deref(), &request_id)
            });
            if fault.is_none() {
                fault = shared.faults.strike(Call { answer: Some(&answer.body), ..call });
                if let Some(fault) = &fault {
                    answer = instead(fault, &shared, &request_id).unwrap_or(answer);
                    spoil(&mut answer, fault);
                }
            }
            (answer, fault)
        }
    };
    add_headers(&mut headers, &answer, &shared, &request_id, started);
    if let Some(fault) = &fault {
        odd_headers(&mut headers, fault, shared.clock.seconds());
    }
    if fault == Some(Fault::Reset) {
        cut.pull();
    } else {
        in_flight.answered(answer.status);
    }
    into_response(answer, headers, fault, in_flight)
}

/// Bearer, `Accept`, version and rate limit, in Intercom's order. Fills in the headers that an
/// answer carries from that point on: a 401 has no rate headers.
fn check(shared: &Shared, request: &HeaderMap, answer: &mut HeaderMap) -> Result<ApiVersion, ApiError> {
    let expected = format!("Bearer {}", shared.config.token);
    if text(request, "authorization") != Some(expected.as_str()) {
        return Err(ApiError::new(401, "unauthorized", "Access Token Invalid"));
    }
    let accept = text(request, "accept").unwrap_or("*/*");
    if !["application/json", "application/*", "*/*"].iter().any(|fine| accept.contains(fine)) {
        let message = "The Accept header should send a media type of application/json";
        return Err(ApiError::new(406, "media_type_not_acceptable", message));
    }
    let version = match text(request, "intercom-version") {
        None => shared.config.default_version,
        Some(version) => {
            version.parse().ok().filter(|version| shared.config.versions.contains(version)).ok_or_else(
                || ApiError::new(400, "intercom_version_invalid", "The requested version could not be found"),
            )?
        }
    };
    put(answer, "intercom-version", &version.to_string());
    if let Some(verdict) = shared.rate_limit.take(shared.clock.millis()) {
        rate_headers(answer, verdict);
        if !verdict.allowed {
            return Err(rate_limited(verdict.limit));
        }
    }
    Ok(version)
}

fn rate_headers(headers: &mut HeaderMap, verdict: Verdict) {
    put(headers, "x-ratelimit-limit", &verdict.limit.to_string());
    put(headers, "x-ratelimit-remaining", &verdict.remaining.to_string());
    put(headers, "x-ratelimit-reset", &verdict.reset.to_string());
}

/// The page that a request asks for, in its query string or its body.
struct Paging {
    per_page: Option<u64>,
    starting_after: Option<String>,
}

impl Paging {
    fn of(params: &HashMap<String, String>, body: Option<&Value>) -> Self {
        let pagination = body.map(|body| &body["pagination"]);
        let in_body = |name: &str| match pagination.map(|pagination| &pagination[name]) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let find = |name: &str| params.get(name).cloned().or_else(|| in_body(name));
        Self {
            per_page: find("per_page").and_then(|text| text.parse().ok()),
            starting_after: find("starting_after"),
        }
    }
}

fn respond(
    request: &ApiRequest<'_>,
    shared: &Shared,
    fault: Option<&Fault>,
    starting_after: Option<&str>,
    request_id: &str,
) -> Answer {
    let mut value = match routes::answer(request, &mut shared.workspace(), &shared.config) {
        Ok(value) => value,
        Err(error) => return refusal(&error, request_id),
    };
    let list = if request.endpoint == Endpoint::TicketSearch { "tickets" } else { "conversations" };
    match (fault, starting_after) {
        (Some(Fault::StalePage), _) => {
            let last = shared.last_pages().get(list).and_then(|last| serde_json::from_slice(last).ok());
            value[list] = last.map_or(Value::Null, |last: Value| last[list].clone());
        }
        (Some(Fault::EndsEarly), _) => value["pages"]["next"] = Value::Null,
        (Some(Fault::EmptyPage), cursor) => {
            let at = cursor.and_then(|cursor| Cursor::decode(cursor).ok());
            let at = at.unwrap_or(Cursor { sort_value: Some(0), id: 0, page: 1 });
            let again = Cursor { page: at.page + 1, ..at };
            value[list] = json!([]);
            value["pages"]["next"] = json!({"page": again.page, "starting_after": again.encode()});
        }
        (Some(Fault::OddTimes { form }), _) => write_times(&mut value, list, *form),
        (Some(Fault::RepeatedCursor), Some(cursor)) => {
            let page = value["pages"]["page"].clone();
            value["pages"]["next"] = json!({"page": page, "starting_after": cursor});
        }
        _ => {}
    }
    let mut answer = Answer::json(200, &value);
    if matches!(request.endpoint, Endpoint::Search | Endpoint::Conversations | Endpoint::TicketSearch) {
        shared.last_pages().insert(list, answer.body.clone());
    }
    if let Some(fault) = fault {
        spoil(&mut answer, fault);
    }
    answer
}

/// What a fault makes of the bytes of an answer.
fn spoil(answer: &mut Answer, fault: &Fault) {
    match fault {
        Fault::InvalidJson => answer.body.truncate(answer.body.len() / 2),
        Fault::LoneSurrogates => {
            let mut text = String::from_utf8_lossy(&answer.body).into_owned();
            for name in ["name", "title", "body"] {
                text = text.replace(&format!("\"{name}\":\""), &format!("\"{name}\":\"\\ud83d"));
            }
            answer.body = text.into_bytes();
        }
        _ => {}
    }
}

/// Writes the last change of a record, or of all in a list, in another way.
fn write_times(value: &mut Value, list: &str, form: TimeForm) {
    let write = |record: &mut Value| {
        let Some(at) = record["updated_at"].as_i64() else { return };
        let time = chrono::DateTime::from_timestamp(at, 0).unwrap_or_default();
        record["updated_at"] = match form {
            TimeForm::Milliseconds => json!(at * 1000),
            TimeForm::Decimal => json!(format!("{at}.0")),
            TimeForm::Words => json!(time.format("%Y-%m-%d %H:%M:%S UTC").to_string()),
            TimeForm::Ahead => json!(at + 9 * 3600),
            TimeForm::Null | TimeForm::Missing => Value::Null,
        };
        if let (TimeForm::Missing, Some(fields)) = (form, record.as_object_mut()) {
            fields.remove("updated_at");
        }
    };
    match value.get_mut(list).and_then(Value::as_array_mut) {
        Some(list) => list.iter_mut().for_each(write),
        None => write(value),
    }
}

/// Headers that tell a wrong time.
fn odd_headers(headers: &mut HeaderMap, fault: &Fault, now: i64) {
    match fault {
        Fault::DateAhead { seconds } => put(headers, "date", &date(now + seconds)),
        Fault::OddLimit { reset } => {
            let reset = match reset {
                OddReset::Milliseconds => now * 1000,
                OddReset::AnHourAhead => now + 3600,
            };
            rate_headers(headers, Verdict { allowed: true, limit: 167, remaining: 0, reset });
        }
        _ => {}
    }
}

fn date(seconds: i64) -> String {
    let time = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn add_headers(
    headers: &mut HeaderMap,
    answer: &Answer,
    shared: &Shared,
    request_id: &str,
    started: Instant,
) {
    put(headers, "date", &date(shared.clock.seconds()));
    put(headers, "content-type", answer.content_type);
    put(headers, "content-length", &answer.body.len().to_string());
    put(headers, "x-request-id", &request_id.replace('-', "")[..20]);
    put(headers, "x-runtime", &format!("{:.6}", started.elapsed().as_secs_f64()));
    if let Some(canonical) = &answer.canonical {
        put(headers, "link", &format!("<{canonical}>; rel=\"canonical\""));
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
