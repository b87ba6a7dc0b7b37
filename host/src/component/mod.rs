//! Runs the component: compiles it once, keeps instances, limits and ends calls.
//!
//! - [`loader`] compiles beside everything else, [`code`] and [`cache`] are how.
//! - [`metadata`] is what the component says uncompiled; [`compiler`] compiles beside a short-lived server.
//! - [`pool`] answers tool calls from a few warm instances; [`worker`] is one of them.
//! - [`state`] is what an instance sees of the host; [`shared`] what all share.
//! - [`deadline`], [`limits`], [`lines`] and [`ticker`] are what ends a call that asks too much.

pub mod bindings;
pub mod cache;
pub mod code;
pub mod compiler;
pub mod deadline;
pub mod errors;
pub mod limits;
mod lines;
pub mod loader;
pub mod metadata;
pub mod pool;
pub mod shared;
pub mod state;
mod stderr;
mod ticker;
pub mod worker;
