//! Memory, tables, stack and answers without bound.

use serde_json::{Value, json};

use super::bindings::fastintercom::component::log;
use super::bindings::wasi::clocks::monotonic_clock;
use super::bindings::wasi::filesystem::preopens::get_directories;
use super::bindings::wasi::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};
use super::bindings::wasi::http::types::Fields;
use super::bindings::wasi::random::random::get_random_bytes;
use super::number;

pub fn grow() -> Value {
    let mut held = Vec::new();
    loop {
        held.push(vec![1_u8; 1 << 20]);
        std::hint::black_box(&held);
    }
}

pub fn random_gigabyte() -> Value {
    json!({"bytes": get_random_bytes(1 << 30).len()})
}

pub fn recurse() -> Value {
    fn deeper(depth: u64) -> u64 {
        let kept = std::hint::black_box([depth; 16]);
        if depth == u64::MAX { 0 } else { deeper(depth + 1) + kept[3] }
    }
    json!({"depth": deeper(0)})
}

pub fn large_answer(arguments: &Value) -> Value {
    json!({"text": "x".repeat(usize::try_from(number(arguments, "bytes")).unwrap_or(usize::MAX))})
}

pub fn large_log_line() -> Value {
    log::write(log::Level::Error, &"x".repeat(100 << 20));
    json!({})
}

pub fn many_pollables() -> Value {
    let mut held = Vec::new();
    loop {
        held.push(monotonic_clock::subscribe_duration(u64::MAX));
    }
}

pub fn many_fields() -> Value {
    let mut held = Vec::new();
    loop {
        held.push(Fields::new());
    }
}

pub fn many_files() -> Value {
    let mut held = Vec::new();
    for (folder, _) in get_directories() {
        loop {
            let flags = DescriptorFlags::READ | DescriptorFlags::WRITE;
            match folder.open_at(PathFlags::empty(), "one", OpenFlags::CREATE, flags) {
                Ok(file) => held.push(file),
                Err(code) => return json!({"opened": held.len(), "error": format!("{code:?}")}),
            }
        }
    }
    json!({})
}

/// Fills one table of headers.
pub fn large_fields() -> Value {
    let fields = Fields::new();
    let value = vec![b'x'; 1_000];
    let mut count = 0;
    while count < 1_000_000 && fields.append(&format!("x-{count}"), &value).is_ok() {
        count += 1;
    }
    json!({"headers": count})
}

pub fn panic_now() -> Value {
    panic!("a hostile panic")
}
