//! The real program, named by `FASTINTERCOM_BIN`: over its streams, its HTTP door, and its files.
//!
//! One integration binary for all of them, and one for the scenarios (`scenarios.rs`): each that
//! there is costs a link, after every change. A filter picks a theme: `just test -E 'test(/^http/)'`.

mod binary;
mod http;
mod sandbox;
mod storage;
