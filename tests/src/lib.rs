//! FastIntercom's test bench: the [`simulator`] that stands in for Intercom, and the real program
//! beside it.
//!
//! [`server`] starts the program as a server and [`session`] is the client's end of it; [`command`]
//! runs its other commands. Both get a clean environment and a [`scratch`] folder. [`expected`]
//! says what the simulated workspace makes true, [`database`] looks into the file.

pub mod command;
pub mod database;
mod environment;
pub mod expected;
mod feed;
pub mod message;
pub mod scratch;
pub mod server;
pub mod session;
pub mod simulator;
pub mod tool_answer;

pub use environment::binary;
pub use feed::PATIENCE;
