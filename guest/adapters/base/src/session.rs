//! Hosts of ACT have no environment: settings come with a session, and the token from the host's
//! store of credentials, which answers only during a session.

use std::cell::RefCell;

use crate::Base;
use crate::bindings::act::credentials::store::get_secret;
use crate::bindings::act::credentials::types::{SecretError, SecretRequest};
use crate::bindings::exports::fastintercom::adapter::session::Guest;
use crate::settings;

/// The credential, and the field in it that is the token; both stand in `act.toml`.
const CREDENTIAL: &str = "intercom";
const FIELD: &str = "intercom:access-token";
const TOKEN: &str = "INTERCOM_ACCESS_TOKEN";

thread_local! {
    /// The settings that the base has now, with a token.
    static COMPLETE: RefCell<Option<Vec<(String, String)>>> = const { RefCell::new(None) };
}

impl Guest for Base {
    async fn begin(id: String, mut variables: Vec<(String, String)>) -> Result<(), String> {
        // Arguments of a session are shown in logs and to agents: no place for a token.
        variables.retain(|(name, _)| name != TOKEN);
        if COMPLETE.with_borrow(|complete| complete.as_ref() == Some(&variables)) {
            return Ok(());
        }
        let found = token(id).await;
        let mut all = variables.clone();
        match found {
            Ok(token) => {
                all.push((TOKEN.to_owned(), token));
                settings::take(all);
                COMPLETE.set(Some(variables));
                Ok(())
            }
            Err(sentence) => {
                settings::take(all);
                COMPLETE.set(None);
                Err(sentence)
            }
        }
    }
}

async fn token(session: String) -> Result<String, String> {
    let wanted = SecretRequest {
        key: CREDENTIAL.to_owned(),
        kind: None,
        resource: None,
        scopes: Vec::new(),
        hint: Some("The access token for Intercom's API, with which conversations are synced.".to_owned()),
    };
    let secret = get_secret(session, wanted).await.map_err(|error| match error {
        SecretError::NotFound => format!(
            "The host's store has no credential {CREDENTIAL:?}, so nothing is synced: `act login` stores it."
        ),
        SecretError::Denied => {
            "The host does not give the access token, so nothing is synced: start it with --allow creds."
                .to_owned()
        }
        SecretError::InvalidSession => {
            "The host does not know the session any more, so nothing is synced.".to_owned()
        }
        SecretError::Unavailable(reason) => {
            format!("The host's store of credentials cannot be read, so nothing is synced ({reason}).")
        }
    })?;
    let field = secret.fields.iter().find(|(name, _)| name == FIELD);
    field
        .and_then(|(_, value)| ciborium::from_reader(value.as_slice()).ok())
        .ok_or_else(|| format!("The credential {CREDENTIAL:?} has no text {FIELD:?}, so nothing is synced."))
}
