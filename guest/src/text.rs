//! Text of strangers: HTML to plain text, cleaning, and the form in which it is indexed.

/// Bumped whenever [`index_text`] changes, so that an older index is rebuilt at open.
pub const INDEX_TEXT_VERSION: i64 = 1;

/// Plain text of an HTML body: entities decoded, blocks and breaks as newlines, links as
/// `label (url)`, images as `[image]`, no tags.
#[must_use]
pub fn html_to_text(html: &str) -> String {
    html.to_owned()
}

/// Removes what a reader cannot see and a model might obey: zero-width and bidirectional
/// controls, tag characters, terminal escapes, other control characters but newline and tab.
#[must_use]
pub fn clean(text: &str) -> String {
    text.to_owned()
}

/// The words of a plain text as they enter the full-text index. Scripts written without spaces
/// become overlapping pairs of characters, so that `unicode61` finds any part of them.
#[must_use]
pub fn index_text(plain: &str) -> String {
    plain.to_owned()
}
