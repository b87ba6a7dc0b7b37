//! Binds the component to its WIT package, `wit/`. No logic here.

pub mod bindings;
