//! What the component may do: one folder, one origin, real locks; everything else is denied.
//!
//! - [`lock`]: SQLite's file locks, on the one file the host chose.
//! - [`policy`]: which requests may leave, and nothing else.
//! - [`egress`]: `wasi:http` bound to that policy; the token is added here.
//! - [`outgoing`]: the one pooled client.
//! - [`secret`]: the token, which never enters the component.

pub mod egress;
pub mod lock;
pub mod outgoing;
pub mod policy;
pub mod secret;
