//! Why a request to Intercom brought nothing useful.

use std::fmt;

use crate::environment::HttpError;

/// A failed request, sorted by what can be done about it. No variant holds a customer's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// 401: the token is wrong, revoked, of another region, or lacks a permission.
    Unauthorized {
        code: String,
        message: String,
    },
    /// 402 or 403: the plan or the token's permissions do not include this.
    Forbidden {
        status: u16,
        code: String,
        message: String,
    },
    /// 3xx, which nobody follows: the token goes to one address only. Where it leads, without a query.
    Redirected {
        status: u16,
        location: Option<String>,
    },
    /// 404 in Intercom's own words: there is no such thing, any more.
    NotFound {
        code: String,
    },
    /// 410: a contact that was merged into another one, whose id is in the `Link` header.
    Merged {
        into: Option<String>,
    },
    /// 429: more calls than the limit allows. Seconds that the server asks to wait, if it does.
    RateLimited {
        retry_after: Option<u64>,
    },
    /// Another 4xx: asking again in the same way does not help.
    Rejected {
        status: u16,
        code: String,
        message: String,
    },
    /// 5xx or 408.
    Unavailable {
        status: u16,
    },
    /// A page for people instead of JSON, from a proxy on the way, whatever its status.
    Html {
        status: u16,
    },
    /// A success without a body.
    Empty,
    /// A success whose body is not JSON, or ends early; position and length in bytes.
    Malformed {
        position: usize,
        length: usize,
    },
    /// JSON of a shape that cannot be used: which field is missing.
    Unexpected {
        missing: &'static str,
    },
    Timeout,
    Connection(String),
    /// The answer was larger than the host allows.
    TooLarge,
    /// The sandbox refused the request.
    Denied(String),
}

impl ApiError {
    /// The same request may well succeed a little later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. }
                | Self::Unavailable { .. }
                | Self::Html { .. }
                | Self::Empty
                | Self::Malformed { .. }
                | Self::Unexpected { .. }
                | Self::Timeout
                | Self::Connection(_)
        )
    }

    /// The server or the way to it failed; a question that it answered in its own words did not.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        self.is_temporary() && !matches!(self, Self::RateLimited { .. } | Self::Unexpected { .. })
    }

    /// A smaller page may get through where this one did not: one of fewer bytes, or one without
    /// the conversation that Intercom stumbles over (a 404 for a whole page was reported).
    #[must_use]
    pub fn may_be_size(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. }
                | Self::NotFound { .. }
                | Self::Html { .. }
                | Self::Empty
                | Self::Malformed { .. }
                | Self::Timeout
                | Self::TooLarge
        )
    }

    /// 402: the workspace's plan does not include the API, or is not paid for.
    #[must_use]
    pub fn is_plan(&self) -> bool {
        matches!(self, Self::Forbidden { status: 402, .. })
            || matches!(self, Self::Forbidden { code, .. } if code == "api_plan_restricted")
    }

    /// The workspace lives in another region than the address that was asked.
    #[must_use]
    pub fn is_region(&self) -> bool {
        let names_region = |text: &str| text.to_ascii_lowercase().contains("region");
        match self {
            Self::Unauthorized { code, message } | Self::Forbidden { code, message, .. } => {
                names_region(code) || names_region(message)
            }
            _ => false,
        }
    }

    /// The token lacks what this one endpoint needs.
    #[must_use]
    pub fn is_permission(&self) -> bool {
        matches!(self, Self::Unauthorized { .. } | Self::Forbidden { .. })
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorized { code, message } => write!(formatter, "401 {code}: {message}"),
            Self::Forbidden { status, code, message } | Self::Rejected { status, code, message } => {
                write!(formatter, "{status} {code}: {message}")
            }
            Self::Redirected { status, location: Some(to) } => {
                write!(formatter, "{status}: a redirect to {to}")
            }
            Self::Redirected { status, location: None } => write!(formatter, "{status}: a redirect"),
            Self::NotFound { code } => write!(formatter, "404 {code}"),
            Self::Merged { .. } => formatter.write_str("410: the contact was merged into another one"),
            Self::RateLimited { .. } => formatter.write_str("429: the rate limit is used up"),
            Self::Unavailable { status } => write!(formatter, "{status}: Intercom has trouble"),
            Self::Html { status } => write!(formatter, "a web page (status {status}) instead of an answer"),
            Self::Empty => formatter.write_str("an empty answer"),
            Self::Malformed { position, length } => {
                write!(formatter, "an answer that breaks off or is no JSON (byte {position} of {length})")
            }
            Self::Unexpected { missing } => write!(formatter, "an answer without `{missing}`"),
            Self::Timeout => formatter.write_str("no answer in time"),
            Self::Connection(detail) => write!(formatter, "the connection failed ({detail})"),
            Self::TooLarge => formatter.write_str("an answer larger than is allowed"),
            Self::Denied(rule) => write!(formatter, "the sandbox refused the request: {rule}"),
        }
    }
}

impl std::error::Error for ApiError {}

impl From<HttpError> for ApiError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Denied(rule) => Self::Denied(rule),
            HttpError::Timeout => Self::Timeout,
            HttpError::Connection(detail) => Self::Connection(detail),
            HttpError::TooLarge => Self::TooLarge,
        }
    }
}
