//! FastIntercom's test bench: the [`simulator`] that stands in for Intercom, and a [`cache`] that
//! runs the guest library natively against it, through [`native_http`].

pub mod cache;
pub mod native_http;
pub mod simulator;
pub mod truth;
