//! Binds the component to its WIT package, `wit/`. No logic here.

mod exports;
mod http;
mod imports;
#[cfg(feature = "probe")]
mod probe;
