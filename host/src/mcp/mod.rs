//! The Model Context Protocol over the component: both eras, tools, resources and prompts.
//!
//! The protocol's requests are answered by the crate `fastintercom_mcp`, which adapters for other
//! hosts use, too. Here is what only a server of its own has: [`backend`] calls the application for
//! whoever asks, and [`stdio`] and the HTTP door take messages in.

mod backend;
pub mod stdio;

pub use backend::listed;
