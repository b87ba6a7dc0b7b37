//! Every request that this program sends. All of them only read.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::environment::{HttpMethod, HttpRequest};
use crate::ids::{ArticleId, CompanyId, ContactId, ConversationId, TicketId};
use crate::time::UnixSeconds;

/// The most conversations a search page may hold; more is refused with `parameter_invalid`.
pub const LARGEST_PAGE: u32 = 150;

/// The most entries a page of the list of deleted conversations may hold.
const LARGEST_DELETED_PAGE: u32 = 60;

/// Articles on a page: each has its whole text in every language. The description allows 250.
pub const ARTICLES_PAGE: u32 = 50;

/// How long a single object may take.
const OBJECT_TIMEOUT_MS: u64 = 30_000;

/// How long a search may take. 18 seconds a page were seen (GitbookIO/integrations#1044).
const SEARCH_TIMEOUT_MS: u64 = 60_000;

/// Where Intercom's `starting_after` points; opaque.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(pub String);

/// One page of a search by `updated_at`, both ends included.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    pub low: UnixSeconds,
    pub high: UnixSeconds,
    pub per_page: u32,
    pub cursor: Option<&'a Cursor>,
}

/// An Intercom API: its address and the version that is asked for.
#[derive(Clone, Debug)]
pub struct Api {
    base_url: String,
    version: String,
}

impl Api {
    #[must_use]
    pub fn new(base_url: &str, version: &str) -> Self {
        Self { base_url: base_url.trim_end_matches('/').to_owned(), version: version.to_owned() }
    }

    /// The region as users name it in `INTERCOM_REGION`; none for an address of their own.
    #[must_use]
    pub fn region(&self) -> Option<&'static str> {
        let host = self.base_url.split_once("://").map_or(self.base_url.as_str(), |(_, rest)| rest);
        match host {
            "api.intercom.io" => Some("us"),
            "api.eu.intercom.io" => Some("eu"),
            "api.au.intercom.io" => Some("au"),
            _ => None,
        }
    }

    /// Whether this version knows `GET /conversations/deleted` (2.16 and later; names such as
    /// `Preview` count as later). Older ones answer `intercom_version_invalid`.
    #[must_use]
    pub fn lists_deleted(&self) -> bool {
        let mut numbers = self.version.split('.').map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (2, 16),
            _ => true,
        }
    }

    /// Who the token belongs to, and which workspace.
    #[must_use]
    pub fn me(&self) -> HttpRequest {
        self.get("/me", OBJECT_TIMEOUT_MS)
    }

    #[must_use]
    pub fn admins(&self) -> HttpRequest {
        self.get("/admins", OBJECT_TIMEOUT_MS)
    }

    #[must_use]
    pub fn teams(&self) -> HttpRequest {
        self.get("/teams", OBJECT_TIMEOUT_MS)
    }

    #[must_use]
    pub fn tags(&self) -> HttpRequest {
        self.get("/tags", OBJECT_TIMEOUT_MS)
    }

    #[must_use]
    pub fn contact(&self, id: &ContactId) -> HttpRequest {
        self.get(&format!("/contacts/{}", percent_encoded(id.as_str())), OBJECT_TIMEOUT_MS)
    }

    #[must_use]
    pub fn company(&self, id: &CompanyId) -> HttpRequest {
        self.get(&format!("/companies/{}", percent_encoded(id.as_str())), OBJECT_TIMEOUT_MS)
    }

    /// So many contacts at once, at most [`LARGEST_PAGE`]. Merged ones, and those created in the
    /// last minutes, are missing from the answer.
    #[must_use]
    pub fn contacts(&self, ids: &[ContactId]) -> HttpRequest {
        let ids: Vec<&str> = ids.iter().map(ContactId::as_str).collect();
        let body = json!({
            "query": { "field": "id", "operator": "IN", "value": ids },
            "pagination": { "per_page": ids.len().max(1) },
        });
        self.post("/contacts/search", &body)
    }

    /// A conversation with its newest 500 parts, bodies as HTML.
    #[must_use]
    pub fn conversation(&self, id: &ConversationId) -> HttpRequest {
        self.get(&format!("/conversations/{}", percent_encoded(id.as_str())), OBJECT_TIMEOUT_MS)
    }

    /// A page of deleted conversations, the latest deletion first; pages count from 1.
    #[must_use]
    pub fn deleted(&self, page: u32) -> HttpRequest {
        self.get(
            &format!("/conversations/deleted?order=desc&per_page={LARGEST_DELETED_PAGE}&page={page}"),
            OBJECT_TIMEOUT_MS,
        )
    }

    /// A page of help-centre articles with their texts, the latest change first; pages count from 1.
    #[must_use]
    pub fn articles(&self, page: u32, per_page: u32) -> HttpRequest {
        self.get(&format!("/articles?per_page={per_page}&page={page}"), SEARCH_TIMEOUT_MS)
    }

    /// One article with its statistics, which lists do not have.
    #[must_use]
    pub fn article(&self, id: &ArticleId) -> HttpRequest {
        self.get(&format!("/articles/{}", percent_encoded(id.as_str())), OBJECT_TIMEOUT_MS)
    }

    /// A page of the collections that articles lie in; pages count from 1.
    #[must_use]
    pub fn collections(&self, page: u32) -> HttpRequest {
        self.get(&format!("/help_center/collections?per_page={ARTICLES_PAGE}&page={page}"), OBJECT_TIMEOUT_MS)
    }

    /// Conversations by `updated_at`, the oldest change first.
    ///
    /// Whether `>` and `<` include their bound is not established, and both were seen: the query
    /// is one second wider on both sides, and the caller filters. The cursor goes into the body;
    /// sent anywhere else it is ignored, and page 1 comes back for ever (Airbyte #55829).
    #[must_use]
    pub fn search(&self, search: &Search<'_>) -> HttpRequest {
        self.search_in("/conversations/search", search)
    }

    /// Tickets with their parts by `updated_at`, the oldest change first; as [`Api::search`].
    #[must_use]
    pub fn tickets(&self, search: &Search<'_>) -> HttpRequest {
        self.search_in("/tickets/search", search)
    }

    #[must_use]
    pub fn ticket(&self, id: &TicketId) -> HttpRequest {
        self.get(&format!("/tickets/{}", percent_encoded(id.as_str())), OBJECT_TIMEOUT_MS)
    }

    fn search_in(&self, path: &str, search: &Search<'_>) -> HttpRequest {
        let mut pagination = json!({ "per_page": search.per_page });
        if let Some(cursor) = search.cursor {
            pagination["starting_after"] = json!(cursor.0);
        }
        let body = json!({
            "query": {
                "operator": "AND",
                "value": [
                    { "field": "updated_at", "operator": ">", "value": search.low.0.saturating_sub(1) },
                    { "field": "updated_at", "operator": "<", "value": search.high.0.saturating_add(1) },
                ],
            },
            "pagination": pagination,
            "sort": { "field": "updated_at", "order": "ascending" },
        });
        self.post(path, &body)
    }

    /// A search; Intercom has no other `POST` that only reads.
    fn post(&self, path: &str, body: &Value) -> HttpRequest {
        let mut headers = self.headers();
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        HttpRequest {
            method: HttpMethod::Post,
            url: format!("{}{path}", self.base_url),
            headers,
            body: Some(body.to_string().into_bytes()),
            timeout_ms: SEARCH_TIMEOUT_MS,
        }
    }

    fn get(&self, path_and_query: &str, timeout_ms: u64) -> HttpRequest {
        HttpRequest {
            method: HttpMethod::Get,
            url: format!("{}{path_and_query}", self.base_url),
            headers: self.headers(),
            body: None,
            timeout_ms,
        }
    }

    /// Without `Intercom-Version` the app's own default applies, and field types differ; without
    /// `Accept` the answer is 406.
    fn headers(&self) -> Vec<(String, String)> {
        vec![
            ("accept".to_owned(), "application/json".to_owned()),
            ("intercom-version".to_owned(), self.version.clone()),
        ]
    }
}

/// An id as one segment of a path: everything but RFC 3986's unreserved characters is encoded,
/// so that no id, however hostile, changes the path.
fn percent_encoded(id: &str) -> String {
    let mut encoded = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'~')
            || (byte == b'.' && id.len() > 2)
        {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(version: &str) -> Api {
        Api::new("https://api.eu.intercom.io/", version)
    }

    #[test]
    fn every_request_names_its_version() {
        let api = api("2.14");
        let search = Search { low: UnixSeconds(10), high: UnixSeconds(20), per_page: 150, cursor: None };
        for request in [api.me(), api.deleted(1), api.conversation(&"1".into()), api.search(&search)] {
            assert!(request.headers.contains(&("intercom-version".to_owned(), "2.14".to_owned())));
            assert!(
                request.headers.iter().all(|(name, _)| name != "authorization"),
                "the host adds the token"
            );
        }
    }

    /// Airbyte #55829: a cursor that is not in the body means page 1 for ever.
    #[test]
    fn the_cursor_is_in_the_body_and_the_bounds_are_a_second_wider() {
        let cursor = Cursor("WzE3MjY3NTIxNDUwMDAsNSwyXQ==".to_owned());
        let search =
            Search { low: UnixSeconds(1000), high: UnixSeconds(2000), per_page: 75, cursor: Some(&cursor) };
        let body: serde_json::Value =
            serde_json::from_slice(&api("2.16").search(&search).body.unwrap_or_default()).expect("JSON");
        assert_eq!(body["pagination"]["starting_after"], cursor.0);
        assert_eq!(body["pagination"]["per_page"], 75);
        assert_eq!(body["query"]["value"][0]["value"], 999);
        assert_eq!(body["query"]["value"][1]["value"], 2001);
        assert_eq!(body["sort"]["order"], "ascending");
    }

    #[test]
    fn an_id_cannot_leave_its_path() {
        let request = api("2.16").conversation(&"../me?x=1#".into());
        assert_eq!(request.url, "https://api.eu.intercom.io/conversations/..%2Fme%3Fx%3D1%23");
        assert_eq!(api("2.16").contact(&"..".into()).url, "https://api.eu.intercom.io/contacts/%2E%2E");
    }

    #[test]
    fn the_deleted_list_needs_2_16() {
        assert!(!api("2.11").lists_deleted());
        assert!(!api("2.9").lists_deleted());
        assert!(api("2.16").lists_deleted());
        assert!(api("Preview").lists_deleted());
    }
}
