//! What `wit-bindgen` makes of `wit/world.wit` and of the WASI interfaces that it imports.
#![allow(clippy::all, missing_docs, reason = "generated code")]

wit_bindgen::generate!({ path: "../../wit", world: "fastintercom", generate_all });
