//! Standard input: lines become messages, and no client can make the server take more of them
//! than it can hold.
//!
//! So many requests are worked on at once; the others wait as the lines that they are. While
//! nobody reads the answers, none is begun, and when even the refusals are not read, nothing more
//! is taken in: the client feels it in its own pipe.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::{ClientNotification, ClientRequest, JsonRpcMessage, RequestId};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::outlet::Outlet;
use fastintercom_mcp::message::{self, Incoming, Line, Received, Refusal};

/// Requests at work; the pool of readers has places for a quarter of them by default.
const AT_WORK: usize = 64;
/// Subscriptions have no end of their own, so they have a count of their own.
const SUBSCRIPTIONS: usize = 16;
/// Bytes of lines that wait for their turn.
const WAITING_BYTES: usize = 8 * 1024 * 1024;
/// No request is begun while so much is unread.
const UNREAD: usize = 2 * 1024 * 1024;
/// No line is read while so much is unread.
const UNREAD_REFUSALS: usize = 4 * 1024 * 1024;
/// Notifications that wait for the SDK, which takes each at once when the session has begun.
const NOTIFICATIONS: usize = 1_024;

/// What has come and was not handed over yet.
pub struct Intake {
    state: Mutex<State>,
    outlet: Arc<Outlet>,
    /// For the receiver: look again.
    changed: Notify,
    /// Cancelled when the input ends.
    pub ended: CancellationToken,
}

#[derive(Default)]
struct State {
    /// Before its first request the SDK takes any other message for the end of the session.
    begun: bool,
    /// Requests whose turn it is.
    ready: VecDeque<Incoming>,
    /// Notifications and answers.
    others: VecDeque<Incoming>,
    /// Requests that wait for their turn, as they came.
    waiting: VecDeque<(RequestId, Box<[u8]>)>,
    waiting_bytes: usize,
    at_work: HashSet<RequestId>,
    subscriptions: HashSet<RequestId>,
    /// All lines were read.
    all_read: bool,
}

impl Intake {
    pub fn new(outlet: Arc<Outlet>) -> Self {
        Self { state: Mutex::default(), outlet, changed: Notify::new(), ended: CancellationToken::new() }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The SDK has begun the session, and takes every kind of message.
    pub fn begin(&self) {
        self.locked().begun = true;
        self.changed.notify_one();
    }

    /// The request was answered.
    pub fn answered(&self, id: &RequestId) {
        let mut state = self.locked();
        state.at_work.remove(id);
        state.subscriptions.remove(id);
        drop(state);
        self.changed.notify_one();
    }

    /// Something changed that may let a request begin.
    pub fn look_again(&self) {
        self.changed.notify_one();
    }

    /// The next message for the SDK; `None` when the input has ended and everything was handed
    /// over. Can be dropped at any time.
    pub async fn next(&self) -> Option<Incoming> {
        loop {
            let unread = self.outlet.waiting();
            {
                let mut state = self.locked();
                state.call_up(unread);
                if let Some(request) = state.ready.pop_front() {
                    return Some(request);
                }
                if state.begun
                    && let Some(message) = state.others.pop_front()
                {
                    return Some(message);
                }
                if state.all_read && state.waiting.is_empty() && (state.others.is_empty() || !state.begun) {
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Reads lines to the end of the input.
    pub async fn read_from(&self, input: impl AsyncRead + Unpin) {
        let mut input = BufReader::with_capacity(64 * 1024, input);
        let mut line = Line::default();
        loop {
            while self.outlet.waiting() > UNREAD_REFUSALS {
                self.outlet.drained().await;
            }
            let buffer = match input.fill_buf().await {
                Ok([]) => break,
                Ok(buffer) => buffer,
                Err(error) => {
                    tracing::warn!("standard input cannot be read ({error})");
                    break;
                }
            };
            let (piece, ends) = match memchr::memchr(b'\n', buffer) {
                Some(end) => (buffer.get(..=end).unwrap_or(buffer), true),
                None => (buffer, false),
            };
            let read = piece.len();
            line.add(piece);
            input.consume(read);
            if ends {
                self.take(&mut line);
            }
        }
        // A last line needs no end.
        self.take(&mut line);
        self.locked().all_read = true;
        self.ended.cancel();
        self.changed.notify_one();
    }

    fn take(&self, line: &mut Line) {
        match line.read() {
            Received::Message(message) => self.sort(*message, line.bytes()),
            Received::Nothing => {}
            Received::Refused(refusal) => self.refuse(&refusal),
        }
        line.clear();
    }

    fn refuse(&self, refusal: &Refusal) {
        tracing::warn!("a line of the client is refused: {}", crate::text::printable(&refusal.sentence, 300));
        self.outlet.answer(format!("{}\n", refusal.answer()).into_bytes());
    }

    fn sort(&self, message: Incoming, line: &[u8]) {
        let unread = self.outlet.waiting();
        let mut state = self.locked();
        match message {
            JsonRpcMessage::Request(request) => {
                let id = request.id.clone();
                let subscribes = subscribes(&request.request);
                let refusal = if subscribes && state.subscriptions.len() >= SUBSCRIPTIONS {
                    Some(format!("There are {SUBSCRIPTIONS} subscriptions already. End one of them first."))
                } else if !state.waiting.is_empty() && state.waiting_bytes + line.len() > WAITING_BYTES {
                    Some(format!(
                        "Too many requests are waiting ({} MB of them). Wait for answers before you send more.",
                        WAITING_BYTES / (1024 * 1024)
                    ))
                } else {
                    None
                };
                if let Some(sentence) = refusal {
                    drop(state);
                    self.refuse(&Refusal::busy(id.into_json_value(), sentence));
                    return;
                }
                if state.waiting.is_empty() && state.may_begin(&id, unread) {
                    state.begin(id, JsonRpcMessage::Request(request));
                } else {
                    state.waiting_bytes += line.len();
                    state.waiting.push_back((id, line.into()));
                }
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) = &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    if state.forget(id) {
                        return;
                    }
                    // The SDK does not answer it any more.
                    state.at_work.remove(id);
                    state.subscriptions.remove(id);
                }
                state.others.push_back(JsonRpcMessage::Notification(notification));
            }
            other => state.others.push_back(other),
        }
        state.others.truncate(NOTIFICATIONS);
        drop(state);
        self.changed.notify_one();
    }
}

impl State {
    /// An id that is at work already waits: both answers would look the same.
    fn may_begin(&self, id: &RequestId, unread: usize) -> bool {
        self.at_work.len() < AT_WORK
            && unread <= UNREAD
            && !self.at_work.contains(id)
            && !self.subscriptions.contains(id)
    }

    fn begin(&mut self, id: RequestId, message: Incoming) {
        let subscription =
            matches!(&message, JsonRpcMessage::Request(request) if subscribes(&request.request));
        if subscription {
            self.subscriptions.insert(id)
        } else {
            self.at_work.insert(id)
        };
        self.ready.push_back(message);
    }

    /// Begins what may begin of those that wait.
    fn call_up(&mut self, unread: usize) {
        while self.waiting.front().is_some_and(|(id, _)| self.may_begin(id, unread)) {
            let Some((id, line)) = self.waiting.pop_front() else { return };
            self.waiting_bytes -= line.len();
            // It was a message when it came.
            if let Received::Message(message) = message::read(&line) {
                self.begin(id, *message);
            }
        }
    }

    /// Takes back a request that still waits. False: it does not.
    fn forget(&mut self, id: &RequestId) -> bool {
        let Some(index) = self.waiting.iter().position(|(waiting, _)| waiting == id) else { return false };
        if let Some((_, line)) = self.waiting.remove(index) {
            self.waiting_bytes -= line.len();
        }
        true
    }
}

fn subscribes(request: &ClientRequest) -> bool {
    matches!(request, ClientRequest::SubscriptionsListenRequest(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intake() -> Intake {
        Intake::new(Arc::default())
    }

    fn call(id: usize) -> String {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"x"}}}}"#)
    }

    fn id(message: &Incoming) -> Option<RequestId> {
        match message {
            JsonRpcMessage::Request(request) => Some(request.id.clone()),
            _ => None,
        }
    }

    /// What the SDK would get right now.
    async fn now(intake: &Intake) -> Option<Incoming> {
        let limit = std::time::Duration::from_millis(20);
        tokio::time::timeout(limit, intake.next()).await.ok().flatten()
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_are_at_work_and_the_others_take_their_turns() {
        let intake = intake();
        intake.begin();
        let lines: Vec<String> = (0..1_000).map(call).collect();
        intake
            .read_from(
                lines
                    .join(
                        "
",
                    )
                    .as_bytes(),
            )
            .await;
        let mut seen = 0;
        while let Some(message) = now(&intake).await {
            let id = id(&message).expect("a request");
            assert_eq!(id, RequestId::Number(seen));
            seen += 1;
            assert!(intake.locked().at_work.len() <= AT_WORK);
            if seen % 64 == 0 {
                assert!(now(&intake).await.is_none(), "no more than may be");
                for done in seen - 64..seen {
                    intake.answered(&RequestId::Number(done));
                }
            }
        }
        assert_eq!(seen, 1_000);
        assert_eq!(intake.locked().waiting_bytes, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_that_wait_are_refused_by_id() {
        let intake = intake();
        intake.begin();
        let long = "y".repeat(1024 * 1024);
        let lines: Vec<String> =
            (0..AT_WORK + 10).map(|id| call(id).replace("\"x\"", &format!("\"{long}\""))).collect();
        intake
            .read_from(
                lines
                    .join(
                        "
",
                    )
                    .as_bytes(),
            )
            .await;
        assert!(intake.locked().waiting_bytes <= WAITING_BYTES);
        let answers = intake.outlet.take_all();
        assert_eq!(answers.len(), 3, "64 at work, 7 of a megabyte wait");
        assert!(
            answers[0].contains("\"id\":71") && answers[0].contains("Wait for answers"),
            "{}",
            answers[0]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_request_that_waits_is_forgotten_and_an_id_is_at_work_once() {
        let intake = intake();
        intake.begin();
        let mut lines: Vec<String> = (0..AT_WORK).map(call).collect();
        lines.extend([call(100), call(0)]);
        lines.push(
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":100}}"#.to_owned(),
        );
        intake
            .read_from(
                lines
                    .join(
                        "
",
                    )
                    .as_bytes(),
            )
            .await;
        for _ in 0..AT_WORK {
            assert!(now(&intake).await.is_some());
        }
        intake.answered(&RequestId::Number(5));
        assert!(now(&intake).await.is_none(), "100 was taken back, and 0 is still at work");
        intake.answered(&RequestId::Number(0));
        assert_eq!(now(&intake).await.as_ref().and_then(id), Some(RequestId::Number(0)));
    }

    #[tokio::test(start_paused = true)]
    async fn before_the_session_begins_only_requests_pass() {
        let intake = intake();
        let lines = [
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned(),
            "junk".to_owned(),
            r#"{"jsonrpc":"2.0","id":9,"result":{}}"#.to_owned(),
            call(1),
        ];
        intake
            .read_from(
                lines
                    .join(
                        "
",
                    )
                    .as_bytes(),
            )
            .await;
        assert_eq!(now(&intake).await.as_ref().and_then(id), Some(RequestId::Number(1)));
        assert!(!intake.ended.is_cancelled() || intake.locked().all_read);
        intake.begin();
        assert!(matches!(now(&intake).await, Some(JsonRpcMessage::Notification(_))));
        assert!(intake.outlet.take_all()[0].contains("-32700"), "junk is answered");
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_is_too_long_is_refused_by_its_id() {
        let intake = intake();
        let line = format!(
            r#"{{"jsonrpc":"2.0","method":"x","params":{{"t":"{}"}},"id":"last"}}"#,
            "z".repeat(message::LINE_BYTES)
        );
        intake
            .read_from(
                [line, call(1)]
                    .join(
                        "
",
                    )
                    .as_bytes(),
            )
            .await;
        let answers = intake.outlet.take_all();
        assert!(
            answers[0].contains("\"id\":\"last\"") && answers[0].contains("longer than 16 MB"),
            "{answers:?}"
        );
        assert_eq!(now(&intake).await.as_ref().and_then(id), Some(RequestId::Number(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_begun_while_nobody_reads() {
        let intake = intake();
        intake.begin();
        intake.outlet.answer(vec![b'x'; UNREAD + 1]);
        intake.read_from(call(1).as_bytes()).await;
        assert!(now(&intake).await.is_none());
        intake.outlet.take_all();
        intake.look_again();
        assert!(now(&intake).await.is_some());
    }
}
