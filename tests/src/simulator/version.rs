//! Intercom's API versions, as far as their answers differ.

use std::fmt;
use std::str::FromStr;

/// An `Intercom-Version` from 2.11 to 2.16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion(u8);

impl ApiVersion {
    pub const V2_11: Self = Self(11);
    pub const V2_12: Self = Self(12);
    pub const V2_13: Self = Self(13);
    pub const V2_14: Self = Self(14);
    pub const V2_15: Self = Self(15);
    pub const V2_16: Self = Self(16);

    /// All versions that the simulator speaks, oldest first.
    pub const ALL: [Self; 6] = [Self::V2_11, Self::V2_12, Self::V2_13, Self::V2_14, Self::V2_15, Self::V2_16];
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "2.{}", self.0)
    }
}

impl FromStr for ApiVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|version| version.to_string() == text)
            .ok_or_else(|| format!("no API version {text:?}; known are 2.11 to 2.16"))
    }
}
