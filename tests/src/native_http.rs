//! HTTP for the guest library when it runs natively: threads in place of the host.

use std::collections::HashSet;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fastintercom_guest::environment::{Http, HttpError, HttpMethod, HttpRequest, HttpResponse, Ticket};

/// More than any sync has in flight, those included that nobody waits for any more.
const WORKERS: usize = 96;

type Ended = (Ticket, Result<HttpResponse, HttpError>);

/// A client with worker threads that adds the token, as the host does. Requests in flight when it
/// is dropped are forgotten.
#[derive(Debug)]
pub struct NativeHttp {
    next: u64,
    in_flight: HashSet<Ticket>,
    jobs: Sender<(Ticket, HttpRequest)>,
    ended: Receiver<Ended>,
}

impl NativeHttp {
    pub fn new(token: &str) -> Self {
        let (jobs, queue) = mpsc::channel::<(Ticket, HttpRequest)>();
        let (done, ended) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(WORKERS)
            .max_idle_connections_per_host(WORKERS)
            .build()
            .into();
        for _ in 0..WORKERS {
            let (queue, done, agent) = (Arc::clone(&queue), done.clone(), agent.clone());
            let authorization = format!("Bearer {token}");
            std::thread::spawn(move || {
                loop {
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((ticket, request)) = job else { return };
                    if done.send((ticket, send(&agent, &request, &authorization))).is_err() {
                        return;
                    }
                }
            });
        }
        Self { next: 0, in_flight: HashSet::new(), jobs, ended }
    }
}

impl Http for NativeHttp {
    fn send(&mut self, request: HttpRequest) -> Ticket {
        self.next += 1;
        let ticket = Ticket(self.next);
        self.in_flight.insert(ticket);
        // The workers live as long as this sender.
        let _ = self.jobs.send((ticket, request));
        ticket
    }

    fn wait(&mut self, at_most_ms: u64) -> Option<Ended> {
        let until = Instant::now() + Duration::from_millis(at_most_ms);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let ended = self.ended.recv_timeout(left).ok()?;
            if self.in_flight.remove(&ended.0) {
                return Some(ended);
            }
        }
    }

    /// Its worker goes on until the answer or its time-out comes, and nobody hears of it.
    fn cancel(&mut self, ticket: Ticket) {
        self.in_flight.remove(&ticket);
    }

    fn in_flight(&self) -> usize {
        self.in_flight.len()
    }
}

fn send(agent: &ureq::Agent, request: &HttpRequest, authorization: &str) -> Result<HttpResponse, HttpError> {
    let timeout = Some(Duration::from_millis(request.timeout_ms));
    let method = match request.method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
    };
    let mut builder = ureq::http::Request::builder()
        .method(method)
        .uri(&request.url)
        .header("authorization", authorization);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let body = request.body.clone().unwrap_or_default();
    let result = builder.body(body).map_err(ureq::Error::from).and_then(|request| {
        let request = agent
            .configure_request(request)
            .timeout_recv_response(timeout)
            .timeout_recv_body(timeout)
            .build();
        agent.run(request)
    });
    let mut response = result.map_err(read_error)?;
    let headers = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(64 << 20).read_to_vec().map_err(read_error)?;
    Ok(HttpResponse { status, headers, body })
}

fn read_error(error: ureq::Error) -> HttpError {
    match error {
        ureq::Error::Timeout(_) => HttpError::Timeout,
        ureq::Error::BodyExceedsLimit(_) => HttpError::TooLarge,
        other => HttpError::Connection(other.to_string()),
    }
}
