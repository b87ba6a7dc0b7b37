//! The Model Context Protocol over the component: both eras, tools, resources and prompts.
//!
//! The protocol itself is rmcp's; this crate maps the component's exports to it and fills what the
//! specification asks for beyond the SDK's defaults. It is one layer for all: the native host and
//! the adapters that make the component run elsewhere differ only in their [`Backend`].
//!
//! - [`Backend`]: who calls the component, and how; its records are generated from WIT on either
//!   side, and [`conversions!`] makes the protocol's of them.
//! - [`component!`]: the backend of adapters, which are composed with the component.
//! - [`Server`]: the protocol's requests, answered by a backend.
//! - [`message`]: what a line or a body is, before the SDK sees it.
//! - `streamable` (feature `http`): the server over Streamable HTTP.

mod backend;
mod component;
pub mod convert;
pub mod message;
mod progress;
mod server;
#[cfg(feature = "http")]
pub mod streamable;
mod subscriptions;
mod undecoded;

pub use backend::{
    Backend, Call, Completion, Failure, Prompted, Resource, Sink, ToolError, ToolOutput, Update,
};
pub use server::Server;
pub use subscriptions::STATUS_URI;
pub use undecoded::wrong_parameters;
// What the code of the macros names.
pub use {rmcp, tokio, tokio_util};
