//! Ids of Intercom's, each of its own type.
//!
//! They are text: today's have 15 digits, old workspaces count from 1, contacts have hexadecimal
//! ones. Nothing here does arithmetic with them.

use std::fmt;

/// What Intercom's own MCP server puts before ids, so that they say of what they are.
const PREFIXES: &[&str] = &[
    "conversation_part_",
    "conversation_",
    "contact_",
    "company_",
    "ticket_",
    "article_",
    "admin_",
    "team_",
];

/// The id in what somebody gave for one: `#123`, `conversation_123` as Intercom's own MCP server
/// writes it, or the address of its page in Intercom (`https://app.intercom.com/…/conversation/123`).
/// Other text comes back as it is.
#[must_use]
pub fn bare(text: &str) -> &str {
    let text = text.trim().trim_start_matches('#');
    let text = match text.split_once("://") {
        Some(("http" | "https" | "intercom", address)) => {
            let path = address.split(['?', '#']).next().unwrap_or(address).trim_end_matches('/');
            path.rsplit_once('/').map_or(text, |(_, last)| last)
        }
        _ => text,
    };
    let prefix = PREFIXES.iter().find(|prefix| {
        // A name may begin like that, too; the message of a conversation is `123_initial`.
        text.strip_prefix(**prefix).is_some_and(is_id)
    });
    prefix.map_or(text, |prefix| &text[prefix.len()..])
}

/// Numbers, hexadecimal ids of contacts and companies, UUIDs, and the first message's id.
fn is_id(text: &str) -> bool {
    let digits = text.strip_suffix("_initial").unwrap_or(text);
    digits.len() < 64
        && digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

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
    ArticleId,
    /// A collection of articles.
    CollectionId,
    /// What requests take; people see another number.
    TicketId,
    /// A workspace's `id_code`.
    WorkspaceId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_what_people_give_for_them() {
        for text in [
            "215474207312016",
            " #215474207312016",
            "conversation_215474207312016",
            "https://app.intercom.com/a/inbox/abc123/inbox/shared/all/conversation/215474207312016",
            "https://app.intercom.com/a/apps/abc123/conversations/215474207312016?view=List#part",
            "intercom://conversation/215474207312016",
        ] {
            assert_eq!(bare(text), "215474207312016", "{text}");
        }
        assert_eq!(bare("contact_6762f0d51bb69f9f2193bb7f"), "6762f0d51bb69f9f2193bb7f");
        assert_eq!(bare("conversation_part_33"), "33");
        assert_eq!(bare("conversation_123_initial"), "123_initial");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in [
            "company_of_heroes",
            "team_blue",
            "ann@example.com",
            "contact_",
            "Acme",
            "conversation",
            "a://b/1",
        ] {
            assert_eq!(bare(text), text, "{text}");
        }
    }
}
