//! FastIntercom's test bench: the [`simulator`] that stands in for Intercom, and what is tried on it.
//!
//! - The real program: [`server`] starts it as a server, [`session`] is the client's end of it, and
//!   [`command`] runs its other commands, [`running`] is one that goes on, [`web`] is a client of its HTTP door.
//!   All get a clean environment and a [`scratch`] folder.
//!   [`expected`] says what the simulated workspace makes true, [`database`] looks into the file.
//! - The guest library, native: a [`cache`] runs it through [`native_http`], and a [`still_host`] calls its tools.
//!
//! [`filled`] makes databases of any size without a sync. [`truth`] compares a whole database, whoever wrote it, with the workspace.

pub mod cache;
pub mod collector;
pub mod command;
pub mod database;
mod environment;
pub mod expected;
mod feed;
pub mod filled;
pub mod message;
pub mod native_http;
pub mod probe;
pub mod running;
pub mod scratch;
pub mod server;
pub mod session;
pub mod shell;
pub mod simulator;
pub mod still_host;
pub mod tool_answer;
pub mod truth;
pub mod web;

pub use environment::{binary, slowed};
pub use feed::PATIENCE;
