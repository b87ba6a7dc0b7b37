//! Ids of Intercom's, each of its own type.
//!
//! They are text: today's have 15 digits, old workspaces count from 1, contacts have hexadecimal
//! ones. Nothing here does arithmetic with them.

use std::fmt;

macro_rules! identifier {
    ($($(#[$documentation:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub String);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether it can stand in the path of an address as it is.
            #[must_use]
            pub fn is_plain(&self) -> bool {
                !self.0.is_empty()
                    && self.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~'))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )+};
}

identifier! {
    ConversationId,
    /// A part, or `<conversation>_initial` for a conversation's first message.
    PartId,
    ContactId,
    AdminId,
    TeamId,
    TagId,
    CompanyId,
    /// A workspace's `id_code`.
    WorkspaceId,
}
