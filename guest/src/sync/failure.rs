//! From what went wrong to the sentence that a person reads.

use super::SyncError;
use crate::error::StoreError;
use crate::ids::WorkspaceId;
use crate::intercom::error::ApiError;
use crate::intercom::request::Api;

impl From<StoreError> for SyncError {
    fn from(error: StoreError) -> Self {
        Self::Storage(error.to_string())
    }
}

impl From<rusqlite::Error> for SyncError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}

/// Why one question got no answer: the whole run ends, or this one thing could not be read.
#[derive(Debug)]
pub(super) enum Failure {
    Fatal(SyncError),
    Api(ApiError),
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Self {
        Self::Fatal(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Fatal(error.into())
    }
}

/// What an error on the way to the conversations themselves means for the run.
pub(super) fn fatal(api: &Api, error: &ApiError) -> SyncError {
    match error {
        ApiError::Unauthorized { .. } => SyncError::Unauthorized(unauthorized(api, error)),
        ApiError::Forbidden { .. } => SyncError::Unauthorized(format!(
            "Intercom does not let this token read conversations ({error}). Give the app the permission \"Read conversations\" in Intercom's Developer Hub, then sync again."
        )),
        ApiError::Rejected { .. } => SyncError::Upstream(format!(
            "Intercom rejected the request ({error}). Check INTERCOM_API_VERSION; what was read so far is kept."
        )),
        ApiError::Denied(rule) => SyncError::Upstream(format!("The sandbox refused a request to Intercom: {rule}")),
        ApiError::RateLimited { .. } => SyncError::Upstream(
            "Intercom's rate limit stays used up, probably by another app of the workspace. What was read so far is kept; the next sync goes on.".to_owned(),
        ),
        ApiError::Timeout | ApiError::Connection(_) => SyncError::Upstream(format!(
            "Intercom could not be reached ({error}). Check the network; what was read so far is kept, and the next sync goes on."
        )),
        _ => SyncError::Upstream(format!(
            "Intercom did not answer usefully ({error}). What was read so far is kept; the next sync goes on."
        )),
    }
}

/// A token works in one region only, and elsewhere looks like a wrong one.
fn unauthorized(api: &Api, error: &ApiError) -> String {
    match api.region() {
        Some(region) => {
            let others: Vec<&str> = ["us", "eu", "au"].into_iter().filter(|other| *other != region).collect();
            format!(
                "Intercom refuses the access token ({error}). Check INTERCOM_ACCESS_TOKEN. A token works only in the region of its workspace; this was `{region}`, so try INTERCOM_REGION={} or {} if yours is hosted there.",
                others[0], others[1]
            )
        }
        None => format!(
            "Intercom refuses the access token ({error}). Check INTERCOM_ACCESS_TOKEN, and that INTERCOM_BASE_URL is the region (us, eu or au) of its workspace."
        ),
    }
}

pub(super) fn wrong_workspace(
    stored: &WorkspaceId,
    stored_name: Option<&str>,
    found: &WorkspaceId,
    name: Option<&str>,
) -> SyncError {
    let label = |id: &WorkspaceId, name: Option<&str>| match name {
        Some(name) => format!("`{id}` ({name})"),
        None => format!("`{id}`"),
    };
    SyncError::WrongWorkspace(format!(
        "This database holds the conversations of workspace {}, but the access token belongs to workspace {}, so nothing was read. Use that workspace's token, or another database with FASTINTERCOM_DB_PATH.",
        label(stored, stored_name),
        label(found, name),
    ))
}

pub(super) fn no_token() -> SyncError {
    SyncError::NoToken(
        "There is no access token, so nothing can be read from Intercom. Run `fastintercom login`, or set INTERCOM_ACCESS_TOKEN (or INTERCOM_ACCESS_TOKEN_FILE), and start again; what is cached stays usable.".to_owned(),
    )
}

pub(super) fn stopped() -> SyncError {
    SyncError::Stopped(
        "The sync was stopped before its end. Everything read so far is kept, and the next sync goes on from there.".to_owned(),
    )
}
