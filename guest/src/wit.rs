//! What `wit-bindgen` makes of `wit/world.wit` and of the WASI interfaces that it imports. Its records
//! are the types of this crate, natively too, so that nothing stands twice; its functions are there on
//! WebAssembly only, where `component` calls them.
#![allow(clippy::all, missing_docs, reason = "generated code")]

wit_bindgen::generate!({
    path: "../wit",
    world: "fastintercom",
    generate_all,
    additional_derives: [PartialEq],
    // It holds a handle, which equals nothing.
    additional_derives_ignore: ["stream-error"],
});
