//! Requests that no sync makes.

use serde_json::{Map, Value, json};

use super::bindings::wasi::http::outgoing_handler::handle;
use super::bindings::wasi::http::types::{
    Fields, FutureIncomingResponse, IncomingBody, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use super::{number, text};

/// One request as the arguments say; the answer as it reaches the component.
pub fn send(arguments: &Value) -> Value {
    match begin(arguments).and_then(|response| finish(&response)) {
        Ok(answer) => answer,
        Err(error) => json!({"error": error}),
    }
}

fn begin(arguments: &Value) -> Result<FutureIncomingResponse, String> {
    let headers = Fields::new();
    for pair in arguments.get("headers").and_then(Value::as_array).into_iter().flatten() {
        let (name, value) = (text_at(pair, 0), text_at(pair, 1));
        headers.append(name, value.as_bytes()).map_err(|error| format!("header {name}: {error:?}"))?;
    }
    let request = OutgoingRequest::new(headers);
    let method = match text(arguments, "method") {
        "" | "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "PATCH" => Method::Patch,
        "CONNECT" => Method::Connect,
        other => Method::Other(other.to_owned()),
    };
    let scheme = match text(arguments, "scheme") {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        other => Scheme::Other(other.to_owned()),
    };
    request.set_method(&method).map_err(|()| "method refused".to_owned())?;
    request.set_scheme(Some(&scheme)).map_err(|()| "scheme refused".to_owned())?;
    request.set_authority(Some(text(arguments, "authority"))).map_err(|()| "authority refused".to_owned())?;
    request.set_path_with_query(Some(text(arguments, "path"))).map_err(|()| "path refused".to_owned())?;
    let body = request.body().map_err(|()| "no body".to_owned())?;
    let response = handle(request, None).map_err(|code| format!("{code:?}"))?;
    OutgoingBody::finish(body, None).map_err(|code| format!("{code:?}"))?;
    Ok(response)
}

fn text_at(pair: &Value, index: usize) -> &str {
    pair.get(index).and_then(Value::as_str).unwrap_or_default()
}

fn finish(response: &FutureIncomingResponse) -> Result<Value, String> {
    response.subscribe().block();
    let response =
        response.get().ok_or("no answer")?.map_err(|()| "taken")?.map_err(|code| format!("{code:?}"))?;
    let headers: Map<String, Value> = response
        .headers()
        .entries()
        .into_iter()
        .map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned().into()))
        .collect();
    let body = read(&response.consume().map_err(|()| "no body")?);
    json_answer(response.status(), headers, &body)
}

fn json_answer(status: u16, headers: Map<String, Value>, body: &[u8]) -> Result<Value, String> {
    let shown: String = String::from_utf8_lossy(body).chars().take(2_000).collect();
    Ok(json!({"status": status, "headers": headers, "body": shown, "bytes": body.len()}))
}

fn read(incoming: &IncomingBody) -> Vec<u8> {
    let mut body = Vec::new();
    if let Ok(stream) = incoming.stream() {
        while let Ok(bytes) = stream.blocking_read(1 << 20) {
            body.extend_from_slice(&bytes);
        }
    }
    body
}

/// Tries every way to set a header of that name.
pub fn set_header(arguments: &Value) -> Value {
    let name = text(arguments, "name");
    let value = b"hostile".to_vec();
    let mut set = Vec::new();
    let fields = Fields::new();
    if fields.append(name, &value).is_ok() {
        set.push("append");
    }
    if fields.set(name, std::slice::from_ref(&value)).is_ok() {
        set.push("set");
    }
    if Fields::from_list(&[(name.to_owned(), value)]).is_ok() {
        set.push("from_list");
    }
    json!({"set": set})
}

/// Begins a request that the policy allows; its body is still to be written.
fn begin_search(
    arguments: &Value,
    headers: Fields,
) -> Result<(OutgoingBody, FutureIncomingResponse), String> {
    let request = OutgoingRequest::new(headers);
    let refused = |()| "refused".to_owned();
    request.set_method(&Method::Post).map_err(refused)?;
    request.set_scheme(Some(&Scheme::Http)).map_err(refused)?;
    request.set_authority(Some(text(arguments, "authority"))).map_err(refused)?;
    request.set_path_with_query(Some("/conversations/search")).map_err(refused)?;
    let body = request.body().map_err(refused)?;
    let response = handle(request, None).map_err(|code| format!("{code:?}"))?;
    Ok((body, response))
}

/// Tries to send a header of that name after the body.
pub fn set_trailer(arguments: &Value) -> Value {
    let send_it = || -> Result<Value, String> {
        let headers = Fields::new();
        headers.append("transfer-encoding", b"chunked").ok();
        let (body, response) = begin_search(arguments, headers)?;
        if let Ok(stream) = body.write() {
            let _ = stream.blocking_write_and_flush(b"{}");
        }
        let trailers = Fields::new();
        trailers
            .append(text(arguments, "name"), b"Bearer hostile")
            .map_err(|error| format!("trailer: {error:?}"))?;
        OutgoingBody::finish(body, Some(trailers)).map_err(|code| format!("{code:?}"))?;
        finish(&response)
    };
    send_it().unwrap_or_else(|error| json!({"error": error}))
}

/// Begins so many requests at once; tells how many were taken, and why the others were not.
pub fn send_many(arguments: &Value) -> Value {
    let mut taken = Vec::new();
    let mut refusals = Map::new();
    for _ in 0..number(arguments, "count") {
        match begin(arguments) {
            Ok(response) => taken.push(response),
            Err(error) => *refusals.entry(error).or_insert_with(|| json!(0)) = json!(1),
        }
    }
    for response in &taken {
        if let Err(error) = finish(response) {
            *refusals.entry(error).or_insert_with(|| json!(0)) = json!(1);
        }
    }
    json!({"taken": taken.len(), "refusals": refusals})
}

/// Asks for so many large answers and reads none of them.
pub fn hold_bodies(arguments: &Value) -> Value {
    let mut held = Vec::new();
    let mut refusals = Map::new();
    for _ in 0..number(arguments, "count") {
        let Ok(response) = begin(arguments) else { continue };
        response.subscribe().block();
        match response.get() {
            Some(Ok(Ok(answer))) => held.push(answer),
            Some(Ok(Err(code))) => drop(refusals.insert(format!("{code:?}"), json!(1))),
            _ => {}
        }
    }
    json!({"held": held.len(), "refusals": refusals})
}

/// Sends a body of so many bytes.
pub fn large_request(arguments: &Value) -> Value {
    let send_it = || -> Result<Value, String> {
        let (body, response) = begin_search(arguments, Fields::new())?;
        if let Ok(stream) = body.write() {
            for _ in 0..number(arguments, "bytes") / 4_096 {
                if stream.blocking_write_and_flush(&[b'x'; 4_096]).is_err() {
                    break;
                }
            }
        }
        let _ = OutgoingBody::finish(body, None);
        finish(&response)
    };
    send_it().unwrap_or_else(|error| json!({"error": error}))
}
