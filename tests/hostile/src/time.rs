//! Calls that never end.

use serde_json::{Value, json};

use super::bindings::fastintercom::component::sync_control::{is_syncing, request_sync};
use super::bindings::fastintercom::component::sync_types::{SyncKind, SyncRequest};
use super::bindings::fastintercom::component::{progress, settings};
use super::bindings::wasi::clocks::monotonic_clock;

/// Never calls the host.
pub fn loop_without_calls() -> Value {
    let mut number: u64 = 1;
    loop {
        number = std::hint::black_box(number.wrapping_mul(3));
        if number == 0 {
            return json!({});
        }
    }
}

/// Spends its time in the host, in calls that return at once.
pub fn loop_of_calls() -> Value {
    let mut sum = 0;
    loop {
        sum += monotonic_clock::now() % 2;
        sum += settings::get().base_url.len() as u64;
        if sum == u64::MAX {
            return json!({});
        }
    }
}

/// Says all the time that it gets on.
pub fn loop_of_progress() -> Value {
    let mut done = 0;
    loop {
        done += 1;
        progress::report(&progress::Update {
            phase: "x".repeat(1_000_000),
            done,
            total: None,
            messages: 0,
            waiting: 0,
            holder: None,
            seconds_left: None,
        });
    }
}

/// Waits for one sync after the other.
pub fn loop_of_syncs() -> Value {
    loop {
        let request = SyncRequest {
            kind: SyncKind::Background,
            start_date: None,
            end_date: None,
            days: None,
            unless_newer_than: None,
            refetch: false,
        };
        let _ = request_sync(&request, u32::MAX);
        let _ = is_syncing();
    }
}

/// Waits for something that comes in a year.
pub fn sleep_a_year() -> Value {
    monotonic_clock::subscribe_duration(365 * 24 * 3_600 * 1_000_000_000).block();
    json!({})
}

/// Ends the process, if it can.
pub fn leave() -> Value {
    std::process::exit(0)
}

/// Says again and again where it is, and never gets on.
pub fn loop_of_waiting() -> Value {
    loop {
        progress::report(&progress::Update {
            phase: "waiting for the rate limit".to_owned(),
            done: 7,
            total: Some(9),
            messages: 3,
            waiting: 2,
            holder: None,
            seconds_left: None,
        });
        monotonic_clock::subscribe_duration(100_000_000).block();
    }
}
