//! A client of a server's HTTP door.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::http;

use crate::feed::PATIENCE;
use crate::server::{Era, client_info};
use crate::session::Session;

/// Asks a server at its address, over connections that are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Web {
    base: String,
    agent: ureq::Agent,
    headers: Vec<(String, String)>,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Web {
    /// Of a server that was started with `--http`, as soon as it listens.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn of(session: &Session) -> Self {
        Self::listening(&session.wait_for_log("listening on http://"))
    }

    /// Of a server that logged this line.
    ///
    /// # Panics
    /// When there is no address in it.
    #[must_use]
    pub fn listening(line: &str) -> Self {
        let address = line.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next());
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        Self { base: format!("http://{}", address.expect("an address")), agent, headers: Vec::new() }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// With that header in every request.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn get(&self, path: &str) -> Reply {
        self.run(self.request("GET", path), ()).expect("an answer")
    }

    /// Asks until the server says that it is ready: its first start compiles for some seconds.
    ///
    /// # Panics
    /// When it does not get ready.
    pub fn wait_until_ready(&self) {
        let begun = Instant::now();
        loop {
            let reply = self.get("/readyz");
            if reply.status == 200 {
                assert_eq!(reply.json()["status"], "ready");
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "it is not ready: {}", reply.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> Reply {
        self.try_post(path, body).expect("an answer")
    }

    /// # Errors
    /// What went wrong with the connection.
    pub fn try_post(&self, path: &str, body: impl Into<Vec<u8>>) -> Result<Reply, String> {
        let body: Vec<u8> = body.into();
        self.run(self.request("POST", path).header("content-type", "application/json"), body)
    }

    /// What the server answers to these bytes, to the end of the connection. They must not be more
    /// than it reads.
    ///
    /// # Panics
    /// When there is no connection.
    #[must_use]
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.base.trim_start_matches("http://")).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(bytes).expect("the server reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    /// Calls a tool at `/tools/NAME`.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn tool(&self, name: &str, arguments: Value) -> Reply {
        self.post(&format!("/tools/{name}"), arguments.to_string())
    }

    /// Sends a request to `/mcp`, as a client of the era does.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn mcp(&self, era: Era, method: &str, parameters: Value) -> Reply {
        let name = parameters["name"].as_str().or(parameters["uri"].as_str()).map(str::to_owned);
        let message =
            json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": era.parameters(parameters)});
        self.mcp_message(era, method, name.as_deref(), &message).expect("an answer")
    }

    /// The legacy handshake. Returns what the server says of itself.
    ///
    /// # Panics
    /// When it refuses.
    #[must_use]
    pub fn initialize(&self) -> Value {
        let parameters =
            json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client_info()});
        let result = self.mcp(Era::Legacy, "initialize", parameters).result();
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let noted = self.mcp_message(Era::Legacy, "notifications/initialized", None, &initialized);
        assert_eq!(noted.expect("an answer").status, 202);
        result
    }

    /// Subscribes to a resource, and reads the stream of notifications as they come.
    ///
    /// # Panics
    /// When it is refused.
    #[must_use]
    pub fn subscribe(&self, uri: &str) -> Stream {
        let method = "subscriptions/listen";
        let parameters = Era::Modern.parameters(json!({"notifications": {"resourceSubscriptions": [uri]}}));
        let message = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": parameters});
        let request = self.mcp_request(Era::Modern, method, None);
        let request = request.body(message.to_string().into_bytes()).expect("a request");
        let response = self.agent.run(request).expect("an answer");
        assert_eq!(response.status().as_u16(), 200);
        Stream(BufReader::new(response.into_body().into_reader()))
    }

    /// # Errors
    /// What went wrong with the connection.
    pub fn mcp_message(
        &self,
        era: Era,
        method: &str,
        name: Option<&str>,
        message: &Value,
    ) -> Result<Reply, String> {
        self.run(self.mcp_request(era, method, name), message.to_string().into_bytes())
    }

    fn mcp_request(&self, era: Era, method: &str, name: Option<&str>) -> http::request::Builder {
        let mut request = self
            .request("POST", "/mcp")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        match era {
            Era::Legacy if method == "initialize" => {}
            Era::Legacy => request = request.header("mcp-protocol-version", "2025-11-25"),
            Era::Modern => {
                request = request.header("mcp-protocol-version", "2026-07-28").header("mcp-method", method);
                if let Some(name) = name {
                    request = request.header("mcp-name", name);
                }
            }
        }
        request
    }

    fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request
    }

    fn run(&self, request: http::request::Builder, body: impl ureq::AsSendBody) -> Result<Reply, String> {
        let request = request.body(body).map_err(|error| error.to_string())?;
        let mut response = self.agent.run(request).map_err(|error| error.to_string())?;
        let body = response.body_mut().with_config().limit(64 << 20).read_to_vec();
        Ok(Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: body.map_err(|error| error.to_string())?,
        })
    }
}

/// A stream of messages that is still open.
pub struct Stream(BufReader<ureq::BodyReader<'static>>);

impl Stream {
    /// The next message; `None` at the end.
    ///
    /// # Panics
    /// When it is cut, or holds something else.
    pub fn next_message(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).expect("the stream goes on") == 0 {
                return None;
            }
            if let Some(data) = line.strip_prefix("data:") {
                return Some(serde_json::from_str(data.trim()).expect("a message"));
            }
        }
    }
}

impl Reply {
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// # Panics
    /// When the body is no JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The JSON of an answer with status 200.
    ///
    /// # Panics
    /// When it has another status.
    #[must_use]
    pub fn succeeded(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// The sentence of a refusal with that status.
    ///
    /// # Panics
    /// When it has another status, or no sentence.
    #[must_use]
    pub fn refused(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/json"), "{}", self.text());
        let sentence = self.json()["error"].as_str().unwrap_or_default().to_owned();
        assert!(!sentence.is_empty(), "a refusal says why: {}", self.text());
        sentence
    }

    /// The messages of MCP in it: one as JSON, or a stream of events.
    ///
    /// # Panics
    /// When the body is neither.
    #[must_use]
    pub fn messages(&self) -> Vec<Value> {
        match self.header("content-type") {
            Some("application/json") => vec![self.json()],
            Some("text/event-stream") => self
                .text()
                .lines()
                .filter_map(|line| line.strip_prefix("data:"))
                .map(|data| serde_json::from_str(data.trim()).expect("a message"))
                .collect(),
            other => panic!("content of type {other:?}: {}", self.text()),
        }
    }

    /// The result of the request, the last message.
    ///
    /// # Panics
    /// When it is an error.
    #[must_use]
    pub fn result(self) -> Value {
        let last = self.messages().pop().expect("a message");
        assert!(last["result"].is_object(), "no result: {last}");
        last["result"].clone()
    }
}
