//! The database's locks.

use serde_json::{Value, json};

use super::bindings::fastintercom::component::database_lock::{Level, Lock};

/// Takes the database for itself, and keeps it as long as it is let.
pub fn lock_for_ever() -> Value {
    if let Ok(lock) = Lock::open() {
        for level in [Level::Shared, Level::Reserved, Level::Exclusive] {
            let _ = lock.acquire(level);
        }
        super::time::loop_without_calls();
    }
    json!({})
}

/// Each lock is an open file of the host.
pub fn many_locks() -> Value {
    let mut held = Vec::new();
    loop {
        match Lock::open() {
            Ok(lock) => held.push(lock),
            Err(error) => return json!({"opened": held.len(), "error": error}),
        }
    }
}
