//! From the bytes that a client sent to a message, or to what is wrong with them.
//!
//! Whoever sent a request waits for its answer, so each refusal names the request's id wherever
//! one can be made out, also in what is no JSON. The SDK would leave such requests unanswered.

use rmcp::RoleServer;
use rmcp::service::RxJsonRpcMessage;
use serde_json::{Value, json};

/// A message as the SDK takes it.
pub type Incoming = RxJsonRpcMessage<RoleServer>;

/// JSON-RPC's code for what is no JSON.
const PARSE_ERROR: i64 = -32700;
/// And for JSON that is no request.
const INVALID_REQUEST: i64 = -32600;
/// And for a request whose parameters are wrong.
const INVALID_PARAMS: i64 = -32602;
/// And for what a server could not do.
const INTERNAL_ERROR: i64 = -32603;

/// The longest line; the SDK's own limit.
pub const LINE_BYTES: usize = 16 * 1024 * 1024;
/// Longer ids are no ids.
const ID_BYTES: usize = 1_024;

/// What was sent.
#[derive(Debug)]
pub enum Received {
    Message(Box<Incoming>),
    /// Asks for no answer: an empty line, a notification or an answer that nobody understands.
    Nothing,
    Refused(Refusal),
}

/// What is wrong with a request, and whose request it is.
#[derive(Debug, PartialEq)]
pub struct Refusal {
    /// `null` where none can be made out.
    id: Value,
    code: i64,
    pub sentence: String,
}

impl Refusal {
    /// For a request that is longer than it may be, seen by the scanner.
    fn too_long(id: Option<Value>) -> Self {
        let sentence = format!("The request is longer than {} MB.", LINE_BYTES / (1024 * 1024));
        Self { id: id.unwrap_or(Value::Null), code: INVALID_REQUEST, sentence }
    }

    /// For a request that nothing was sent of.
    fn empty() -> Self {
        let sentence = "The request is empty: it has to be a JSON-RPC 2.0 request in JSON.".to_owned();
        Self { id: Value::Null, code: PARSE_ERROR, sentence }
    }

    /// For a request that cannot be done now.
    #[must_use]
    pub fn busy(id: Value, sentence: String) -> Self {
        Self { id, code: INTERNAL_ERROR, sentence }
    }

    /// JSON-RPC's answer.
    #[must_use]
    pub fn answer(&self) -> Value {
        json!({"jsonrpc": "2.0", "id": self.id, "error": {"code": self.code, "message": self.sentence}})
    }
}

/// Reads one message. Escapes of half a surrogate pair, which JavaScript writes for half an emoji,
/// are read as U+FFFD.
#[must_use]
pub fn read(bytes: &[u8]) -> Received {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii();
    if text.is_empty() {
        return Received::Nothing;
    }
    if let Ok(message) = serde_json::from_slice(text) {
        return checked(message, text);
    }
    let mended = mend_surrogates(text);
    let text = mended.as_deref().unwrap_or(text);
    match serde_json::from_slice::<Value>(text) {
        Ok(value) => match serde_json::from_slice(text) {
            Ok(message) => checked(message, text),
            Err(_) => misshapen(&value),
        },
        Err(error) => {
            let mut scanner = IdScanner::default();
            scanner.feed(text);
            Received::Refused(Refusal {
                id: scanner.found().unwrap_or(Value::Null),
                code: PARSE_ERROR,
                sentence: format!("The request is not valid JSON: {error}."),
            })
        }
    }
}

/// The body of an HTTP request as the SDK can read it: it has no words of JSON-RPC for what it cannot.
/// Nothing, if it can be read as it is. With it, whether that is a call that [reads].
///
/// # Errors
/// What is wrong with it.
pub fn in_body(body: &[u8]) -> Result<(Option<Vec<u8>>, bool), Refusal> {
    // Over stdio an empty line asks for nothing; here somebody waits.
    if body.trim_ascii().is_empty() {
        return Err(Refusal::empty());
    }
    match read(body) {
        Received::Refused(refusal) => Err(refusal),
        Received::Nothing => Ok((mend_surrogates(body), false)),
        Received::Message(message) => Ok((mend_surrogates(body), reads(&message))),
    }
}

/// The line that is being read.
#[derive(Debug, Default)]
pub struct Line {
    bytes: Vec<u8>,
    /// It is longer than it may be: only its id is looked for.
    oversized: Option<IdScanner>,
}

impl Line {
    pub fn add(&mut self, piece: &[u8]) {
        if let Some(scanner) = &mut self.oversized {
            scanner.feed(piece);
            return;
        }
        if self.bytes.len() + piece.len() <= LINE_BYTES {
            self.bytes.extend_from_slice(piece);
            return;
        }
        let mut scanner = IdScanner::default();
        scanner.feed(&self.bytes);
        scanner.feed(piece);
        self.bytes = Vec::new();
        self.oversized = Some(scanner);
    }

    /// What the line is, once it has ended.
    pub fn read(&mut self) -> Received {
        match self.oversized.take() {
            Some(scanner) => Received::Refused(Refusal::too_long(scanner.found())),
            None => read(&self.bytes),
        }
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Begins the next one. One long line must not keep its room for ever.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(64 * 1024);
    }
}

/// An `initialize` that the SDK could not decode would be answered as a request before one. In the
/// revision of 2026-07-28, which each of its requests names, there is no such method.
fn checked(message: Box<Incoming>, text: &[u8]) -> Received {
    use rmcp::model::{ClientRequest, JsonRpcMessage};
    if let JsonRpcMessage::Request(request) = &*message
        && let ClientRequest::CustomRequest(custom) = &request.request
        && custom.method == "initialize"
        && !names_its_revision(text)
    {
        let id = serde_json::to_value(&request.id).unwrap_or_default();
        let sentence = crate::wrong_parameters(&custom.method, custom.params.as_ref());
        return Received::Refused(Refusal { id, code: INVALID_PARAMS, sentence });
    }
    Received::Message(message)
}

/// The SDK takes `_meta` out of the parameters.
fn names_its_revision(text: &[u8]) -> bool {
    let request: Value = serde_json::from_slice(text).unwrap_or_default();
    request["params"]["_meta"].get("io.modelcontextprotocol/protocolVersion").is_some()
}

/// Whether it asks for something that is stored: what has a line in the audit log.
#[must_use]
pub fn reads(message: &Incoming) -> bool {
    use rmcp::model::{ClientRequest, JsonRpcMessage};
    let JsonRpcMessage::Request(request) = message else { return false };
    matches!(
        &request.request,
        ClientRequest::CallToolRequest(_)
            | ClientRequest::ReadResourceRequest(_)
            | ClientRequest::GetPromptRequest(_)
            | ClientRequest::CompleteRequest(_)
    )
}

/// JSON that is no message of the protocol.
fn misshapen(value: &Value) -> Received {
    let refused = |id, sentence: &str| {
        Received::Refused(Refusal { id, code: INVALID_REQUEST, sentence: sentence.to_owned() })
    };
    match value {
        Value::Object(members) if members.contains_key("method") && !members.contains_key("id") => {
            Received::Nothing
        }
        Value::Object(members) if members.contains_key("result") || members.contains_key("error") => {
            Received::Nothing
        }
        Value::Object(members) => refused(
            members.get("id").map_or(Value::Null, answerable),
            "This is no JSON-RPC 2.0 request: it has `jsonrpc` \"2.0\", a `method`, an `id` that is a text or a whole number, and `params` that are an object.",
        ),
        // JSON-RPC's one answer to a batch that is refused as a whole.
        Value::Array(_) => refused(Value::Null, "Batches are not supported: send each request by itself."),
        _ => refused(Value::Null, "This is no JSON-RPC 2.0 request, which is a JSON object."),
    }
}

/// An id that an answer can carry; JSON-RPC has texts and numbers.
fn answerable(id: &Value) -> Value {
    match id {
        Value::Number(_) | Value::String(_) => id.clone(),
        _ => Value::Null,
    }
}

/// The text with each escape of half a surrogate pair replaced by `\ufffd`; `None`: there is none.
#[must_use]
pub fn mend_surrogates(text: &[u8]) -> Option<Vec<u8>> {
    let unit = |at: usize| {
        let escape = text.get(at..at + 6)?;
        let digits = std::str::from_utf8(escape.strip_prefix(b"\\u")?).ok()?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', text.get(at..)?) {
        at += found;
        at += match unit(at) {
            Some(0xD800..=0xDBFF) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                let copy = mended.get_or_insert_with(|| text.to_vec());
                if let Some(digits) = copy.get_mut(at + 2..at + 6) {
                    digits.copy_from_slice(b"fffd");
                }
                6
            }
            // Also the escaped backslash, whose second one begins nothing.
            _ => 2,
        };
        at = at.min(text.len());
    }
    mended
}

/// Finds the `id` of a JSON-RPC message in bytes that come in pieces and need be no JSON.
#[derive(Debug, Default)]
pub struct IdScanner {
    depth: usize,
    inside: Inside,
    /// The text or the number that is being read at the first level, with its quotes.
    token: Vec<u8>,
    /// The last text at the first level; what a colon follows is a name.
    name: Vec<u8>,
    /// What comes next is the value of `id`.
    is_id: bool,
    found: Option<Value>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Inside {
    #[default]
    Structure,
    Text,
    /// After a backslash.
    Escape,
}

impl IdScanner {
    pub fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.step(*byte);
        }
    }

    /// The id, once everything was fed.
    #[must_use]
    pub fn found(mut self) -> Option<Value> {
        self.end_token();
        self.found
    }

    fn step(&mut self, byte: u8) {
        match self.inside {
            Inside::Escape => {
                self.keep(byte);
                self.inside = Inside::Text;
            }
            Inside::Text => {
                self.keep(byte);
                match byte {
                    b'\\' => self.inside = Inside::Escape,
                    b'"' => self.inside = Inside::Structure,
                    _ => {}
                }
            }
            Inside::Structure => match byte {
                b'"' => {
                    self.token.clear();
                    self.keep(byte);
                    self.inside = Inside::Text;
                }
                b'{' | b'[' => {
                    self.depth += 1;
                    self.is_id = false;
                    self.token.clear();
                }
                b'}' | b']' => {
                    self.end_token();
                    self.depth = self.depth.saturating_sub(1);
                }
                b':' if self.depth == 1 => {
                    self.name = std::mem::take(&mut self.token);
                    self.is_id = self.name == b"\"id\"";
                }
                b',' => self.end_token(),
                _ if byte.is_ascii_whitespace() => {}
                _ => self.keep(byte),
            },
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.depth == 1 && self.token.len() < ID_BYTES {
            self.token.push(byte);
        }
    }

    fn end_token(&mut self) {
        let token = std::mem::take(&mut self.token);
        if std::mem::take(&mut self.is_id) && self.found.is_none() {
            let token = mend_surrogates(&token).unwrap_or(token);
            let id = serde_json::from_slice(&token).ok();
            self.found = id.filter(|id: &Value| id.is_number() || id.is_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &[u8]) -> Refusal {
        match read(line) {
            Received::Refused(refusal) => refusal,
            other => panic!("{}: {other:?}", String::from_utf8_lossy(line)),
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_read_as_a_replacement_character() {
        for (escaped, shown) in [
            (r"\ud83d", "\u{fffd}"),
            (r"\uDE00", "\u{fffd}"),
            (r"a\uD83Db", "a\u{fffd}b"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
            (r"\ud83d\\ude00", "\u{fffd}\\ude00"),
            (r"\\ud83d", r"\ud83d"),
            (r"\ud83d\u0041", "\u{fffd}A"),
        ] {
            let line = format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"x","arguments":{{"q":"{escaped}"}}}}}}"#
            );
            let Received::Message(message) = read(line.as_bytes()) else { panic!("{escaped}") };
            let arguments = serde_json::to_value(&*message).expect("JSON")["params"]["arguments"].clone();
            assert_eq!(arguments["q"], shown, "{escaped}");
        }
        assert_eq!(mend_surrogates(br#""\ud83d\ude00 \u00e9 \n""#), None);
        assert!(matches!(read(br#""\ud83"#), Received::Refused(_)), "cut in the middle of an escape");
    }

    #[test]
    fn whatever_is_wrong_with_a_request_its_id_is_answered() {
        let body = r#""method":"tools/list","params":{"x":{"id":99,"y":"\"id\":98"}}"#;
        for (broken, code) in [
            ("{\"id\":7,\"jsonrpc\":\"2.0\",BODY,\"t\":\"a\u{0}b\"}", PARSE_ERROR),
            ("{\"jsonrpc\":\"2.0\",BODY,\"t\":\"a\tb\",\"id\":7}", PARSE_ERROR),
            (r#"{"id": 7 ,"jsonrpc":"2.0",BODY,}"#, PARSE_ERROR),
            (r#"{"jsonrpc":"2.0",BODY,"n":NaN,"id":7}"#, PARSE_ERROR),
            (r#"{"jsonrpc":"2.0",BODY,"n":1e999,"id":7}"#, PARSE_ERROR),
            (r#"{"jsonrpc":"2.0",BODY,"id":7"#, PARSE_ERROR),
            (r#"{"jsonrpc":"2.0",'q':1,BODY,"id":7}"#, PARSE_ERROR),
            (r#"{"id":7,BODY} trailing"#, PARSE_ERROR),
            (r#"{"jsonrpc":"1.0",BODY,"id":7}"#, INVALID_REQUEST),
            (r#"{"jsonrpc":"2.0","id":7,"method":3}"#, INVALID_REQUEST),
            (r#"{"jsonrpc":"2.0","id":7}"#, INVALID_REQUEST),
            (
                r#"{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":5}}"#,
                INVALID_PARAMS,
            ),
            (r#"{"jsonrpc":"2.0","id":7,"method":"initialize"}"#, INVALID_PARAMS),
        ] {
            let line = broken.replace("BODY", body);
            let refusal = refused(line.as_bytes());
            assert_eq!((refusal.id, refusal.code), (json!(7), code), "{line}");
        }
        let invalid = [br#"{"id":"a\u00e9b","t":""#.as_slice(), b"\xff\xfe\"}"].concat();
        assert_eq!(refused(&invalid).id, json!("aéb"));
        let deep = format!("{{\"id\":7,\"params\":{}{}}}", "[".repeat(1_000), "]".repeat(1_000));
        assert_eq!(refused(deep.as_bytes()).id, json!(7));
        for (id, answered) in
            [("1.5", json!(1.5)), ("18446744073709551615", json!(u64::MAX)), ("null", Value::Null)]
        {
            let line = format!(r#"{{"jsonrpc":"2.0","method":"tools/list","id":{id}}}"#);
            assert_eq!(refused(line.as_bytes()).id, answered, "{id}");
        }
        assert_eq!(refused(br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#).id, Value::Null);
        assert_eq!(refused(b"hello").id, Value::Null);
    }

    /// The SDK answers it, and over HTTP with 404.
    #[test]
    fn a_method_that_the_named_revision_has_not_is_the_sdks() {
        let line = r#"{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
        assert!(matches!(read(line.as_bytes()), Received::Message(_)));
    }

    #[test]
    fn what_asks_for_no_answer_gets_none() {
        for line in [
            "",
            "\r",
            r#"{"jsonrpc":"2.0","method":"notifications/unheard_of","params":7}"#,
            r#"{"jsonrpc":"1.0","id":3,"result":{}}"#,
        ] {
            assert!(matches!(read(line.as_bytes()), Received::Nothing | Received::Message(_)), "{line}");
        }
    }

    #[test]
    fn an_id_is_found_in_pieces() {
        let line = br#"{"method":"x","params":{"id":1,"l":[{"id":2}]},"id":"found\"it"}"#;
        for size in 1..line.len() {
            let mut scanner = IdScanner::default();
            line.chunks(size).for_each(|piece| scanner.feed(piece));
            assert_eq!(scanner.found(), Some(json!("found\"it")), "pieces of {size}");
        }
    }
}
