//! A component that fits FastIntercom's world and attacks its host.
//!
//! Each tool is one attack; `call-tool` answers what came of it as a JSON object, if the host lets
//! it live that long. The tests in `tests/tests/sandbox` say what must come of it.
//!
//! - [`files`]: out of the data folder.
//! - [`network`]: to other places than the one origin, and with other headers.
//! - [`secrets`]: the access token, wherever it could be.
//! - [`time`]: calls that never end.
//! - [`space`]: memory, tables, stack and answers without bound.
//! - [`noise`]: output without bound.
//! - [`locks`]: the database's locks.
//!
//! On anything but WebAssembly this crate is empty.
#![cfg(target_family = "wasm")]

mod bindings;
mod exports;
mod files;
mod locks;
mod network;
mod noise;
mod secrets;
mod space;
mod time;

use serde_json::{Value, json};

/// Runs the attack of that name; `None`: there is none.
fn attack(name: &str, arguments: &Value) -> Option<Value> {
    Some(match name {
        "nothing" => json!({"ok": true}),
        "read_outside" => files::read_outside(arguments),
        "write_outside" => files::write_outside(arguments),
        "link_outside" => files::link_outside(arguments),
        "read_without_bound" => files::read_without_bound(),
        "open_a_pipe" => files::open_a_pipe(arguments),
        "send" => network::send(arguments),
        "set_header" => network::set_header(arguments),
        "set_trailer" => network::set_trailer(arguments),
        "send_many" => network::send_many(arguments),
        "hold_bodies" => network::hold_bodies(arguments),
        "large_request" => network::large_request(arguments),
        "surroundings" => secrets::surroundings(),
        "find_token" => secrets::find_token(arguments),
        "loop_without_calls" | "narrow_loop" => time::loop_without_calls(),
        "loop_of_calls" => time::loop_of_calls(),
        "loop_of_progress" => time::loop_of_progress(),
        "loop_of_syncs" => time::loop_of_syncs(),
        "loop_of_waiting" => time::loop_of_waiting(),
        "sleep_a_year" => time::sleep_a_year(),
        "leave" => time::leave(),
        "grow" => space::grow(),
        "random_gigabyte" => space::random_gigabyte(),
        "recurse" => space::recurse(),
        "large_answer" => space::large_answer(arguments),
        "large_log_line" => space::large_log_line(),
        "many_pollables" => space::many_pollables(),
        "many_fields" => space::many_fields(),
        "many_files" => space::many_files(),
        "large_fields" => space::large_fields(),
        "panic" => space::panic_now(),
        "flood_log" => noise::flood_log(),
        "flood_stderr" => noise::flood_stderr(),
        "write_stdout" => noise::write_stdout(),
        "terminal_escapes" => noise::terminal_escapes(),
        "lock_for_ever" => locks::lock_for_ever(),
        "many_locks" => locks::many_locks(),
        _ => return None,
    })
}

/// The argument of that name, or nothing.
fn text<'a>(arguments: &'a Value, name: &str) -> &'a str {
    arguments.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The texts of the argument of that name.
fn texts<'a>(arguments: &'a Value, name: &str) -> Vec<&'a str> {
    let items = arguments.get(name).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The whole number of that name, or 0.
fn number(arguments: &Value, name: &str) -> u64 {
    arguments.get(name).and_then(Value::as_u64).unwrap_or_default()
}
