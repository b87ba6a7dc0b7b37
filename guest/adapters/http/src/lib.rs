//! `wasi:http/incoming-handler`: MCP over Streamable HTTP, bare tool calls, and syncs.
//!
//! | request | answer |
//! |---|---|
//! | `POST /mcp` | MCP, both eras, without sessions |
//! | `POST /tools/NAME` | the structured answer of a tool, its arguments being the body |
//! | `POST /sync` | syncs and says what was read; for the platform's timer, which this has not |
//! | `GET /healthz` | the program runs |
//! | `GET /readyz` | calls can be answered; else 503 and why not |
//!
//! Hosts make a fresh instance for each request, or for many; nothing is kept between two. The same
//! guard as the native host's stands before all routes. There is no timer: a sync runs when `/sync`
//! is called, or after the answer to a tool that asked for one.

#![cfg(target_family = "wasm")]

mod backend;
mod routes;
mod wire;

#[allow(clippy::all, missing_docs, reason = "generated code")]
mod bindings {
    wit_bindgen::generate!({ path: ["../../../wit", "../wit"], world: "fastintercom:adapter/http", generate_all });
}

use bindings::exports::wasi::http::incoming_handler::{Guest, IncomingRequest, ResponseOutparam};
use fastintercom_adapter_calls as calls;
use fastintercom_adapter_calls::bindings::fastintercom::adapter::orders;

struct Program;
bindings::export!(Program with_types_in bindings);

impl Guest for Program {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let answer = match wire::head(&request) {
            Ok(parts) => routes::answer(parts, request),
            Err(refusal) => refusal,
        };
        wire::respond(out, answer);
        // What a tool asked for comes after its answer, in the same call of the host.
        if let Some(wish) = orders::take_wish() {
            let _ = calls::run(&wish, true);
        }
    }
}
