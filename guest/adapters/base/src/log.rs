//! Log lines on standard error.

use std::io::Write as _;

use fastintercom_policy::text::printable;

use crate::Base;
use crate::bindings::exports::fastintercom::component::log::{Guest, Level};
use crate::settings::settings;

/// Bytes of a line.
const LINE: usize = 2_000;

impl Guest for Base {
    fn write(level: Level, message: String) {
        write(level, &message);
    }
}

/// Writes a line, if lines of that level are wanted. A reader that is gone is no error.
pub fn write(level: Level, message: &str) {
    if settings().log.is_some_and(|wanted| level as u8 <= wanted as u8) {
        let name = match level {
            Level::Error => "ERROR",
            Level::Warn => "WARN",
            Level::Info => "INFO",
            Level::Debug => "DEBUG",
        };
        let _ = writeln!(std::io::stderr(), "{name} {}", printable(message, LINE));
    }
}
