//! The Model Context Protocol over the component: both eras, tools, resources and prompts.
//!
//! The protocol's requests are answered by the crate `fastintercom_mcp`, which adapters for other
//! hosts use, too. Here is what only a server of its own has: [`backend`] calls the application for
//! whoever asks, [`stdio`] and the HTTP door take messages in, and [`message`] says what they are.

mod backend;
pub mod message;
pub mod stdio;

pub use backend::listed;
