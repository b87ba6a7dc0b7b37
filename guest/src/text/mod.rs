//! Text of strangers: HTML to plain text, cleaning, and the form in which it is indexed.

mod clean;
pub mod digit;
mod entities;
pub mod folding;
mod html;
mod index;
pub mod language;
mod markdown;
mod markup;
pub mod mentions;
pub mod naming;
mod open;
pub mod patterns;
mod plain;
mod style;

pub use clean::{clean, is_clean};
pub use html::html_to_text;
pub use index::{INDEX_TEXT_VERSION, index_phrase, index_text, is_unbroken};

/// What a person reads of a message, from its HTML: what answers show, what enters the index, and
/// what is counted must all be this.
#[must_use]
pub fn plain_text(html: &str) -> String {
    clean(&html_to_text(html)).trim().to_owned()
}

#[cfg(test)]
mod hostile_tests;
