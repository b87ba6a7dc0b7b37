//! The Model Context Protocol over the component: both eras, tools, resources and prompts.
//!
//! The protocol itself is rmcp's; this module maps the component's exports to it and fills what
//! the specification asks for beyond the SDK's defaults.

pub mod convert;
pub mod message;
mod progress;
mod server;
pub mod stdio;
pub mod streamable;
mod subscriptions;
mod undecoded;

pub use server::Server;
