//! Text of strangers: HTML to plain text, cleaning, and the form in which it is indexed.

mod clean;
mod entities;
mod html;
mod index;
mod markup;
mod plain;

pub use clean::clean;
pub use html::html_to_text;
pub use index::{INDEX_TEXT_VERSION, index_phrase, index_text, is_unbroken};

#[cfg(test)]
mod hostile_tests;
