//! Sessions: the only way in which a host of ACT passes settings, and hands out credentials.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};

use ciborium::Value;
use serde_json::json;

use crate::bindings::act::core::types::Error;
use crate::bindings::act::sessions::types::Session;
use crate::bindings::exports::act::sessions::session_provider::Guest;
use crate::bindings::fastintercom::adapter::session;
use crate::{INVALID_ARGUMENTS, Metadata, Program, error};

/// The key under which hosts name the session of a call (ACT-CONSTANTS).
const SESSION: &str = "std:session-id";
const NO_SESSION: &str = "std:session-not-found";

type Variables = Vec<(String, String)>;

thread_local! { static OPEN: RefCell<BTreeMap<String, Variables>> = const { RefCell::new(BTreeMap::new()) }; }

impl Guest for Program {
    /// Names of variables are not listed: the documentation of the settings is one for all hosts.
    async fn get_open_session_args_schema(_: Metadata) -> Result<String, Error> {
        let schema = json!({
            "type": "object",
            "description": "Settings by the names of FastIntercom's environment variables, such as INTERCOM_REGION, FASTINTERCOM_SYNC_DAYS, FASTINTERCOM_REDACT, FASTINTERCOM_LOG. None is needed. The access token is a credential, not a setting.",
            "additionalProperties": {"type": ["string", "number", "boolean"]}
        });
        Ok(schema.to_string())
    }

    async fn open_session(arguments: Metadata, _: Metadata) -> Result<Session, Error> {
        let variables = arguments
            .into_iter()
            .map(|(name, value)| match text(&value) {
                Some(text) => Ok((name, text)),
                None => {
                    let sentence = format!("{name} is neither a text nor a number, true or false.");
                    Err(error(INVALID_ARGUMENTS, sentence))
                }
            })
            .collect::<Result<Variables, Error>>()?;
        // The number of this one among others is nothing to be guessed.
        let id = format!("{:016x}", RandomState::new().build_hasher().finish());
        OPEN.with_borrow_mut(|open| open.insert(id.clone(), variables));
        Ok(Session { id, metadata: Vec::new() })
    }

    fn close_session(id: String) {
        OPEN.with_borrow_mut(|open| open.remove(&id));
    }
}

/// Makes the settings of the call's session those of the base. A sentence: why there is no token.
pub async fn enter(metadata: &Metadata) -> Result<Option<String>, Error> {
    let id = metadata.iter().find(|(name, _)| name == SESSION).and_then(|(_, value)| text(value));
    let found = id.and_then(|id| OPEN.with_borrow(|open| open.get(&id).cloned()).map(|all| (id, all)));
    let Some((id, variables)) = found else {
        let sentence = "Open a session first; with act, --session-args '{}' is enough.";
        return Err(error(NO_SESSION, sentence.to_owned()));
    };
    Ok(session::begin(id, variables).await.err())
}

fn text(value: &[u8]) -> Option<String> {
    match ciborium::from_reader(value).ok()? {
        Value::Text(text) => Some(text),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Integer(number) => Some(i128::from(number).to_string()),
        _ => None,
    }
}
