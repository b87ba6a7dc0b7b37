//! FastIntercom's native host: everything that a WebAssembly component cannot do for itself.
//!
//! # Layout
//!
//! - [`component`] compiles the component, keeps instances, limits and ends calls.
//! - [`sandbox`] is what the component may do: one folder, one origin, real file locks. The
//!   access token lives here and goes no further.
//! - [`syncs`] runs syncs one at a time; [`timer`] asks for one every so often.
//! - [`mcp`] speaks the protocol to the client; [`http`] is the door for many clients.
//! - [`replica`] notices that a replica's file was replaced; `filtered` keeps copies for callers who
//!   may see some of the conversations.
//! - [`callers`] says who asks, [`audit`] keeps who read what; [`oauth`] takes the word of an
//!   identity provider for who somebody is.
//! - `stderr` writes the log and all other words to standard error, and blocks nobody.
//! - [`counters`] counts what this process does; [`telemetry`] tells a collector, if one is named.
//! - [`cli`] is the command line, [`config`] the settings, [`clients`] the MCP clients that can be
//!   set up; [`application`] puts it all together.
//!
//! The host knows WIT, MCP and the operating system. It knows no field of Intercom's, no SQL and
//! no tool's name: those come from the component at run time.

pub mod application;
pub mod audit;
mod bulk;
pub mod callers;
pub mod cli;
pub mod clients;
pub mod component;
pub mod config;
pub mod counters;
pub mod filtered;
pub mod http;
pub mod mcp;
pub mod oauth;
pub mod platform;
pub mod replica;
pub mod sandbox;
mod stderr;
pub mod syncs;
pub mod telemetry;
mod temporary;
pub mod timer;

pub use fastintercom_policy::text;
