//! Access tokens: not printed, and wiped when dropped.

use std::fmt;

use http::HeaderValue;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// An access token. `Debug` and `Display` never show it.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The token without surrounding white space.
    ///
    /// # Errors
    /// A sentence, when it is empty or holds characters that no header may.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it has blanks or other characters that no token has".to_owned());
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// Its length in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether these are the token's bytes. How long the answer takes tells nothing about how
    /// much of them is right, nor how long the token is.
    #[must_use]
    pub fn is(&self, presented: &[u8]) -> bool {
        Sha256::digest(self.0.as_bytes()).ct_eq(&Sha256::digest(presented)).into()
    }

    /// The value of the `Authorization` header, marked as sensitive.
    #[must_use]
    pub fn bearer(&self) -> Option<HeaderValue> {
        let text = Zeroizing::new(format!("Bearer {}", self.0.as_str()));
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The token itself: for the file of `login`, and for a client's own when the user asked for
    /// that. Nothing else may have it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Blanks the token wherever it stands in the bytes, in whatever escapes (see
    /// [`super::echo`]). Returns whether it was there.
    pub fn blank(&self, bytes: &mut [u8]) -> bool {
        let places = super::echo::find(self.0.as_bytes(), bytes);
        for place in &places {
            if let Some(part) = bytes.get_mut(place.clone()) {
                part.fill(b'*');
            }
        }
        !places.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(redacted)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_never_shown() {
        let secret = Secret::new(" dG9rOmNhbmFyeQ== \n").expect("a token");
        assert_eq!(format!("{secret} {secret:?}"), "[redacted] Secret(redacted)");
        let header = secret.bearer().expect("a header");
        assert!(!format!("{header:?}").contains("canary"));
        assert!(!format!("{header:?}").contains("dG9r"));
    }

    #[test]
    fn it_is_blanked_in_answers() {
        let secret = Secret::new("canary").expect("a token");
        let mut body = b"{\"echo\":\"Bearer canary\"}".to_vec();
        assert!(secret.blank(&mut body));
        assert_eq!(body, b"{\"echo\":\"Bearer ******\"}");
        assert!(!secret.blank(&mut body));
        let secret = Secret::new("a/b=").expect("a token");
        let mut body = br#"{"link":"https://x/?t=a%2Fb%3D","echo":"a\/b\u003D"}"#.to_vec();
        assert!(secret.blank(&mut body));
        assert_eq!(body, br#"{"link":"https://x/?t=********","echo":"**********"}"#);
    }

    #[test]
    fn only_the_whole_token_is_the_token() {
        let secret = Secret::new("canary").expect("a token");
        assert!(secret.is(b"canary"));
        for other in [&b"canar"[..], b"canaryy", b"Canary", b""] {
            assert!(!secret.is(other));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Secret::new("  ").is_err());
        assert!(Secret::new("two words").is_err());
        assert!(Secret::new("line\nbreak").is_err());
    }
}
