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
        ApiError::Unauthorized { .. } | ApiError::Forbidden { .. } if error.is_region() => {
            SyncError::Unauthorized(wrong_region(api, error))
        }
        ApiError::Forbidden { .. } if error.is_plan() => SyncError::Unauthorized(format!(
            "Intercom says that the workspace's plan does not allow this ({error}). Have an admin of the workspace look at its subscription under Settings > Billing; the access token and its permissions are not the cause. What was read so far is kept."
        )),
        ApiError::Redirected { location, .. } => SyncError::Upstream(redirected(api, error, location.as_deref())),
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

fn wrong_region(api: &Api, error: &ApiError) -> String {
    let asked = api.region().map_or_else(
        || "The address in INTERCOM_BASE_URL".to_owned(),
        |region| format!("The region `{region}`"),
    );
    format!(
        "Intercom says that the workspace lives in another region ({error}). {asked} is not the workspace's: set INTERCOM_REGION to us, eu or au, whichever it was created in, and sync again."
    )
}

/// The token goes to one address only, so nobody is sent on.
fn redirected(api: &Api, error: &ApiError, location: Option<&str>) -> String {
    let asked = if api.region().is_some() {
        "A proxy on the way probably wants something, such as a login; ask whoever runs the network"
    } else {
        "Set INTERCOM_BASE_URL to the address where the API answers itself"
    };
    let leads = if location.is_some() { "" } else { " It does not say where it leads." };
    format!(
        "Intercom's address answered with a redirect ({error}), and redirects are not followed, so that the access token goes nowhere else.{leads} {asked}; what was read so far is kept."
    )
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

pub(super) fn held_back(answers: u64) -> SyncError {
    SyncError::Upstream(format!(
        "Intercom's rate limit left this sync only {answers} answers in ten minutes, so it ended instead of waiting on; another app of the workspace probably uses the limit up. What was read so far is kept; the next sync goes on."
    ))
}

pub(super) fn stopped() -> SyncError {
    SyncError::Stopped(
        "The sync was stopped before its end. Everything read so far is kept, and the next sync goes on from there.".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, code: &str, message: &str) -> String {
        let api = Api::new("https://api.intercom.io", "2.16");
        let (code, message) = (code.to_owned(), message.to_owned());
        let error = match status {
            401 => ApiError::Unauthorized { code, message },
            _ => ApiError::Forbidden { status, code, message },
        };
        match fatal(&api, &error) {
            SyncError::Unauthorized(sentence) => sentence,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_refusal_has_its_own_advice() {
        let plan = told(402, "api_plan_restricted", "Active subscription needed.");
        assert!(plan.contains("subscription") && !plan.contains("permission \""), "{plan}");
        assert_eq!(
            told(403, "api_plan_restricted", "x"),
            plan.replace("402", "403").replace("Active subscription needed.", "x")
        );
        for (status, code, message) in [
            (403, "forbidden", "Region mismatch: this workspace is hosted in the EU"),
            (403, "region_mismatch", ""),
            (401, "unauthorized", "The token belongs to another region"),
        ] {
            let region = told(status, code, message);
            assert!(region.contains("INTERCOM_REGION") && !region.contains("permission"), "{region}");
        }
        assert!(told(403, "forbidden", "You need more").contains("permission \"Read conversations\""));
        assert!(told(401, "token_revoked", "Revoked").contains("Check INTERCOM_ACCESS_TOKEN"));
    }

    #[test]
    fn a_redirect_is_named_with_where_it_leads() {
        let api = Api::new("https://proxy.example", "2.16");
        let to = Some("https://sso.example/login".to_owned());
        let SyncError::Upstream(sentence) = fatal(&api, &ApiError::Redirected { status: 302, location: to })
        else {
            panic!("another kind")
        };
        assert!(sentence.contains("302") && sentence.contains("https://sso.example/login"), "{sentence}");
        assert!(sentence.contains("INTERCOM_BASE_URL"), "{sentence}");
    }
}
