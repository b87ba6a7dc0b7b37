//! What the component may do: one folder, one origin, real locks; everything else is denied.
//!
//! - [`lock`]: SQLite's file locks, on the one file the host chose.
//! - [`policy`]: which requests may leave, and nothing else; and the token, [`secret`], which never
//!   enters the component. A crate of its own, since the adapters for other hosts enforce it, too.
//! - [`egress`]: `wasi:http` bound to that policy; the token is added here.
//! - [`outgoing`]: the one pooled client.

pub mod egress;
pub mod lock;
pub mod outgoing;

pub use fastintercom_policy as policy;
pub use fastintercom_policy::secret;
