//! One line of the server's standard output.

use std::fmt;

use serde_json::Value;

/// What a line says; anything but one JSON-RPC message is [`Message::Impure`].
#[derive(Clone, Debug)]
pub enum Message {
    /// `id` is none where the server could not tell to which request its error belongs.
    Response {
        id: Option<u64>,
        outcome: Result<Value, RpcError>,
    },
    Notification {
        method: String,
        params: Value,
    },
    /// The line, and what is wrong with it.
    Impure(String),
}

/// The error of a JSON-RPC response.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcError {
    pub code: i64,
    pub message: String,
    pub data: Value,
}

impl fmt::Display for RpcError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.code, self.message)
    }
}

impl Message {
    pub(crate) fn read(line: String) -> Self {
        match parse(&line) {
            Ok(message) => message,
            Err(reason) => Self::Impure(format!("{reason}: {line}")),
        }
    }
}

fn parse(line: &str) -> Result<Message, &'static str> {
    let value: Value = serde_json::from_str(line).map_err(|_| "not JSON")?;
    let fields = value.as_object().ok_or("not one message")?;
    if fields.get("jsonrpc") != Some(&Value::from("2.0")) {
        return Err("not JSON-RPC 2.0");
    }
    let method =
        fields.get("method").map(|method| method.as_str().ok_or("a method that is no text")).transpose()?;
    match (method, fields.get("id"), fields.get("result"), fields.get("error")) {
        (Some(_), Some(_), ..) => Err("a request to the client"),
        (Some(method), None, None, None) => Ok(Message::Notification {
            method: method.to_owned(),
            params: fields.get("params").cloned().unwrap_or_default(),
        }),
        (None, Some(id), Some(result), None) => {
            let id = id.as_u64().ok_or("an id that nobody sent")?;
            Ok(Message::Response { id: Some(id), outcome: Ok(result.clone()) })
        }
        (None, id, None, Some(error)) => {
            let code = error["code"].as_i64().ok_or("an error without a code")?;
            let message = error["message"].as_str().ok_or("an error without a message")?.to_owned();
            let error = RpcError { code, message, data: error["data"].clone() };
            Ok(Message::Response { id: id.and_then(Value::as_u64), outcome: Err(error) })
        }
        _ => Err("neither response nor notification"),
    }
}
