//! Output without bound.

use std::io::Write as _;

use serde_json::{Value, json};

use super::bindings::fastintercom::component::log;

/// Lines that are written before an attack on the log gives up.
const LINES: u32 = 100_000;

pub fn flood_log() -> Value {
    for number in 0..LINES {
        log::write(log::Level::Error, &format!("flood {number} {}", "x".repeat(1_000)));
    }
    json!({"lines": LINES})
}

pub fn flood_stderr() -> Value {
    let mut stderr = std::io::stderr();
    for number in 0..LINES {
        let _ = writeln!(stderr, "flood {number} {}", "x".repeat(1_000));
    }
    json!({"lines": LINES})
}

/// Into the stream that carries the protocol.
pub fn write_stdout() -> Value {
    let written = writeln!(std::io::stdout(), "{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{}}}}");
    json!({"written": written.is_ok()})
}

pub fn terminal_escapes() -> Value {
    log::write(log::Level::Error, "before\u{1b}]0;title\u{7}\u{1b}[2J\r\nERROR forged\u{202e}\u{e0041}after");
    json!({})
}
