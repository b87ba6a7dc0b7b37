//! Callers whom an identity provider vouches for: the door as an OAuth 2.1 resource server.
//!
//! The provider hands out tokens and is asked for nothing but its keys. A token that it signed for
//! this server, and that has not expired, says who somebody is; `callers.toml` says what they may.
//! There is no authorization server of our own, and no token goes on to anybody.
//!
//! # Layout
//!
//! - [`ResourceServer`] is what the door asks, and what it tells clients of itself (RFC 9728).
//! - `token` checks a token, `crypto` its signature, with ring.
//! - `keys` keeps the provider's keys and says when they are asked for again, `discovery` finds
//!   and reads them (RFC 8414, OpenID Connect Discovery).

mod crypto;
mod discovery;
mod keys;
mod token;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use serde_json::{Value, json};

use keys::{Keys, Missing};
pub use token::is_jwt;

/// Where a resource server says which tokens it takes.
const METADATA: &str = "/.well-known/oauth-protected-resource";

/// What the settings say, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The provider, letter for letter as its tokens and documents name it.
    pub issuer: String,
    /// This server's public address.
    pub resource: Url,
    /// The resource, letter for letter as clients and the provider write it.
    pub resource_text: String,
    /// For whom tokens must be made out.
    pub audience: String,
    /// The claim that says who somebody is.
    pub claim: String,
    /// What clients should ask the provider for.
    pub scopes: Vec<String>,
}

/// Checks tokens, and says which it takes.
#[derive(Debug)]
pub struct ResourceServer {
    settings: Settings,
    keys: Arc<Keys>,
}

/// Why a token lets nobody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// What is wrong with it, in words without quotation marks.
    Invalid(&'static str),
    /// The provider's keys are not to be had now; when to ask again.
    Unavailable(Duration),
}

impl ResourceServer {
    /// Asks nobody yet. `certificates` is a PEM file with further roots (`SSL_CERT_FILE`).
    ///
    /// # Errors
    /// A sentence about a certificate file or proxy that cannot be used.
    pub fn new(settings: Settings, certificates: Option<&Path>) -> Result<Self, String> {
        crypto::install();
        let keys = Arc::new(Keys::new(&settings.issuer, certificates)?);
        Ok(Self { settings, keys })
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Who somebody with that token is: the values of the claim, which may be a list.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn check(&self, token: &[u8]) -> Result<Vec<String>, Denied> {
        let head = token::head(token)?;
        let key = self.keys.find(&head.key, head.algorithm).await.map_err(|missing| match missing {
            Missing::Unknown => Denied::Invalid("it was signed with a key that the issuer does not have"),
            Missing::Unfit => Denied::Invalid("its algorithm is not the one of its key"),
            Missing::Unavailable(wait) => Denied::Unavailable(wait),
        })?;
        token::subjects(token, &key, head.algorithm, &self.settings)
    }

    /// What the server says of itself at that path; `None`: it says nothing there.
    #[must_use]
    pub fn metadata(&self, path: &str) -> Option<Value> {
        let rest = path.strip_prefix(METADATA)?;
        let resource = self.settings.resource.path();
        // At the root, too, where some clients look first; and below the path of the door, which
        // may differ from the public one behind a proxy.
        let known = ["", "/mcp", resource.trim_end_matches('/')];
        known.contains(&rest.trim_end_matches('/')).then(|| {
            let mut document = json!({
                "resource": self.settings.resource_text,
                "authorization_servers": [self.settings.issuer],
                "bearer_methods_supported": ["header"],
                "resource_name": "FastIntercom",
            });
            if !self.settings.scopes.is_empty() {
                document["scopes_supported"] = json!(self.settings.scopes);
            }
            document
        })
    }

    /// The public address of [`ResourceServer::metadata`]: between the host and the path.
    #[must_use]
    pub fn metadata_address(&self) -> String {
        let resource = &self.settings.resource;
        let origin = resource.origin().ascii_serialization();
        format!("{origin}{METADATA}{}", resource.path().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests;
