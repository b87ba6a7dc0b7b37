//! FastIntercom's test bench: the [`simulator`] that stands in for Intercom, and what is tried on it.
//!
//! - The real program: [`server`] starts it as a server, [`session`] is the client's end of it, and
//!   [`command`] runs its other commands, [`running`] is one that goes on, [`web`] is a client of its HTTP door.
//!   All get a clean environment and a [`scratch`] folder.
//!   [`expected`] says what the simulated workspace makes true, [`database`] looks into the file.
//! - The guest library, native: a [`cache`] runs it through [`native_http`], and a [`still_host`] calls its tools.
//!
//! [`filled`] makes databases of any size without a sync. [`truth`] compares a whole database, whoever wrote it, with the workspace.
//!
//! Without the feature `scenarios` there is the simulator alone, which needs neither the guest nor
//! its SQLite nor the probe: that is what `just demo` builds.

pub mod simulator;

#[cfg(feature = "scenarios")]
pub mod cache;
#[cfg(feature = "scenarios")]
pub mod collector;
#[cfg(feature = "scenarios")]
pub mod command;
#[cfg(feature = "scenarios")]
pub mod database;
#[cfg(feature = "scenarios")]
mod environment;
#[cfg(feature = "scenarios")]
pub mod expected;
#[cfg(feature = "scenarios")]
mod feed;
#[cfg(feature = "scenarios")]
pub mod filled;
#[cfg(feature = "scenarios")]
pub mod message;
#[cfg(feature = "scenarios")]
pub mod native_http;
#[cfg(feature = "scenarios")]
pub mod probe;
#[cfg(feature = "scenarios")]
pub mod raw;
#[cfg(feature = "scenarios")]
pub mod running;
#[cfg(feature = "scenarios")]
pub mod scratch;
#[cfg(feature = "scenarios")]
pub mod server;
#[cfg(feature = "scenarios")]
pub mod session;
#[cfg(feature = "scenarios")]
pub mod shell;
#[cfg(feature = "scenarios")]
pub mod still_host;
#[cfg(feature = "scenarios")]
pub mod tool_answer;
#[cfg(feature = "scenarios")]
pub mod truth;
#[cfg(feature = "scenarios")]
pub mod web;

#[cfg(feature = "scenarios")]
pub use environment::{binary, slowed};
#[cfg(feature = "scenarios")]
pub use feed::PATIENCE;
