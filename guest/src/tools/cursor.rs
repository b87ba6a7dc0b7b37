//! Cursors: where the next page begins, opaque to whoever passes them on.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::arguments::{ArgumentError, ArgumentResult};
use crate::time::UnixSeconds;

/// What a cursor carries besides the position itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// "Now" of the first page, so that "last 24 hours" means the same on every page.
    pub now: UnixSeconds,
    pub position: Vec<u8>,
}

/// Bumped when positions change their form.
const VERSION: u8 = 1;
const HEADER: usize = 1 + 8 + 8;

impl Cursor {
    /// The cursor as text. `question` is everything that makes the same pages.
    #[must_use]
    pub fn write(&self, question: &str) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(hash(question).to_le_bytes());
        bytes.extend(self.now.0.to_le_bytes());
        bytes.extend(&self.position);
        BASE64_URL_SAFE_NO_PAD.encode(&bytes)
    }

    /// Reads a cursor of that question.
    ///
    /// # Errors
    /// When it is no cursor, or one of another question.
    pub fn read(text: &str, question: &str) -> ArgumentResult<Self> {
        let broken = || {
            ArgumentError(
                "`cursor` is not a cursor of this tool; pass next_cursor of the answer before as it is, or leave it out to begin again."
                    .to_owned(),
            )
        };
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| broken())?;
        if bytes.len() < HEADER || bytes[0] != VERSION {
            return Err(broken());
        }
        let number = |at: usize| -> Option<[u8; 8]> { bytes.get(at..at + 8)?.try_into().ok() };
        let (Some(stamp), Some(now)) = (number(1), number(9)) else { return Err(broken()) };
        if u64::from_le_bytes(stamp) != hash(question) {
            return Err(ArgumentError(
                "`cursor` belongs to another question: repeat all other arguments as they were, or leave the cursor out."
                    .to_owned(),
            ));
        }
        Ok(Self { now: UnixSeconds(i64::from_le_bytes(now)), position: bytes[HEADER..].to_vec() })
    }
}

/// FNV-1a, which stays the same between builds, unlike the standard library's hash.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_its_question() {
        let cursor = Cursor { now: UnixSeconds(5), position: vec![1, 2, 3] };
        let text = cursor.write("refund");
        assert_eq!(Cursor::read(&text, "refund"), Ok(cursor));
        assert!(Cursor::read(&text, "invoice").is_err());
        assert!(Cursor::read("né", "refund").is_err());
        assert!(Cursor::read("", "refund").is_err());
    }
}
