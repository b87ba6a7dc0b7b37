//! FastIntercom's component: everything that knows Intercom, SQLite or a tool.
//!
//! # Layout
//!
//! - [`intercom`] knows Intercom's REST API: paths, fields, limits, quirks. It knows no table.
//! - [`store`] knows SQLite: schema, migrations, search, coverage. It knows no tool and no JSON
//!   of Intercom's.
//! - [`sync`] moves conversations from the one to the other and says what is covered.
//! - [`tools`] answer an agent from the store. They know no HTTP.
//! - [`views`] show the tools' answers to people: lines for a terminal, a page with charts.
//! - [`apps`] is the page that chat programs draw the tools' answers on.
//! - [`redaction`] blanks out personal data and secrets in what leaves the store.
//! - [`text`] turns HTML and hostile text into plain, clean, searchable text.
//! - [`environment`] holds the few traits through which time, HTTP and the host come in, so that
//!   all of the above compiles, and is tested, natively too.
//!
//! On WebAssembly, `component` binds these to the WIT package in `wit/`; it has no logic.

pub mod apps;
pub mod bulk;
pub mod environment;
pub mod error;
pub mod ids;
pub mod intercom;
pub mod redaction;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod sections;
pub mod sorting;
pub mod store;
pub mod sync;
pub mod text;
pub mod time;
pub mod time_zones;
pub mod tools;
pub mod views;
pub mod wit;

#[cfg(target_family = "wasm")]
mod component;
