//! FastIntercom's test bench: the [`simulator`] that stands in for Intercom.

pub mod simulator;
