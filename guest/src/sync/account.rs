//! Whose the access token is and what it may read, without a sync and without a database.

use std::rc::Rc;

use serde_json::Value;

use super::SyncError;
use super::failure::{Failure, fatal, no_token};
use super::fetch::Fetcher;
use super::pacing::Pace;
use crate::environment::{Clock, Http, HttpRequest, Progress, Settings};
use crate::ids::ContactId;
use crate::intercom::conversation::Conversation;
use crate::intercom::directory::{Workspace, read_admins, read_contacts, read_tags, read_teams};
use crate::intercom::error::ApiError;
use crate::intercom::help_center::{Article, HelpCenterPage};
use crate::intercom::page::SearchPage;
use crate::intercom::request::{Api, Search};
use crate::intercom::ticket::TicketPage;
use crate::store::erasure::BlockList;
use crate::time::{DAY, UnixSeconds};
pub use crate::wit::exports::fastintercom::component::account::AccountReport;

/// A question is asked twice: somebody waits for the answer at a terminal.
const PACE: Pace =
    Pace { first_pause_ms: 500, longest_pause_ms: 500, attempts: 2, thread_attempts: 1, largest_page: 1 };

/// In so many seconds most workspaces have a conversation that changed.
const LATELY: i64 = 30 * DAY;

/// An id that no contact has, in the form that Intercom's have.
const NOBODY: &str = "000000000000000000000000";

/// What the check gets from outside.
pub struct AccountEnvironment<'a> {
    pub settings: &'a Settings,
    pub http: &'a mut dyn Http,
    pub clock: &'a dyn Clock,
    pub progress: &'a dyn Progress,
}

/// Something that a sync reads.
struct Need {
    /// As messages call it.
    what: &'static str,
    /// As Intercom's Developer Hub calls it.
    permission: &'static str,
    /// What is not there without it.
    loss: &'static str,
    request: HttpRequest,
    /// Whether the answer has the expected shape.
    is_read: fn(Value) -> Result<bool, ApiError>,
}

/// Asks `GET /me`, and then for a little of everything that a sync reads.
///
/// # Errors
/// [`SyncError`], when Intercom cannot be reached or refuses the token. A permission that is
/// missing is no error but a sentence of the report.
pub fn check_account(environment: AccountEnvironment<'_>) -> Result<AccountReport, SyncError> {
    if !environment.settings.token_present {
        return Err(no_token());
    }
    let AccountEnvironment { settings, http, clock, progress } = environment;
    let nobody = Rc::new(BlockList::of_nobody());
    let mut fetcher = Fetcher::new(settings, http, clock, progress, PACE, nobody);
    let api = fetcher.api.clone();
    let me = ask(&mut fetcher, &api.me(), Ok)?.map_err(|error| fatal(&api, &error))?;
    if !me.is_object() {
        return Err(fatal(&api, &ApiError::Unexpected { missing: "app" }));
    }
    let workspace = Workspace::read(me);
    let now = fetcher.told_time().unwrap_or_else(|| clock.now());
    let mut missing = Vec::new();
    let search = Search { low: now.plus(-LATELY), high: now, per_page: 1, cursor: None };
    let page = ask(&mut fetcher, &api.search(&search), SearchPage::read)?;
    let newest = page.as_ref().ok().and_then(|page| page.conversations.first()).map(|one| one.id.clone());
    missing.extend(found_missing(&conversations(api.search(&search)), page.map(|_| true)));
    // Some tokens may list conversations and read none of them.
    if let Some(id) = newest {
        let need = threads(api.conversation(&id));
        let found = ask(&mut fetcher, &need.request, need.is_read)?;
        // One that was deleted meanwhile, or is not answered now, says nothing about the token.
        let refused = found.err().filter(ApiError::is_permission);
        missing.extend(refused.and_then(|error| found_missing(&need, Err(error))));
    }
    for need in needs(&api, now) {
        let found = ask(&mut fetcher, &need.request, need.is_read)?;
        missing.extend(found_missing(&need, found));
    }
    Ok(AccountReport {
        wrong_region: workspace.as_ref().and_then(|found| wrong_region(&api, found)),
        workspace: workspace
            .as_ref()
            .map_or_else(|| "a workspace that Intercom does not name".to_owned(), description),
        server_time: fetcher.told_time().map(|at| at.0),
        missing,
    })
}

/// Asks one question. The outer error is the host's wish to stop.
fn ask<T>(
    fetcher: &mut Fetcher<'_>,
    request: &HttpRequest,
    read: impl Fn(Value) -> Result<T, ApiError>,
) -> Result<Result<T, ApiError>, SyncError> {
    match fetcher.ask(request, read, |_| Ok(())) {
        Ok(answer) => Ok(Ok(answer)),
        Err(Failure::Api(error)) => Ok(Err(error)),
        Err(Failure::Fatal(error)) => Err(error),
    }
}

fn conversations(request: HttpRequest) -> Need {
    Need {
        what: "conversations",
        permission: "Read conversations",
        loss: "nothing can be synced",
        request,
        is_read: |value| SearchPage::read(value).map(|_| true),
    }
}

fn threads(request: HttpRequest) -> Need {
    Need {
        what: "the messages of a conversation that it may list",
        permission: "Read conversations",
        loss: "no messages can be synced",
        request,
        is_read: |value| Ok(Conversation::read(value).is_some()),
    }
}

fn needs(api: &Api, now: UnixSeconds) -> Vec<Need> {
    let search = Search { low: now.plus(-DAY), high: now, per_page: 1, cursor: None };
    vec![
        Need {
            what: "teammates",
            permission: "Read admins",
            loss: "teammates who never wrote have no names in answers",
            request: api.admins(),
            is_read: |value| Ok(read_admins(value).is_some()),
        },
        Need {
            what: "teams",
            permission: "Read admins",
            loss: "teams have no names in answers",
            request: api.teams(),
            is_read: |value| Ok(read_teams(value).is_some()),
        },
        Need {
            what: "tags",
            permission: "Read tags",
            loss: "tags that no conversation has are not listed",
            request: api.tags(),
            is_read: |value| Ok(read_tags(value).is_some()),
        },
        Need {
            what: "customers",
            permission: "Read and list users and companies",
            loss: "customers have only the names and addresses that stand in their conversations",
            request: api.contacts(&[ContactId(NOBODY.to_owned())]),
            is_read: |value| Ok(read_contacts(value).is_some()),
        },
        Need {
            what: "help-centre articles",
            permission: "Read and list articles",
            loss: "articles are not searched, and nobody is told which of them fail",
            request: api.articles(1, 1),
            is_read: |value| HelpCenterPage::read(value, Article::read).map(|_| true),
        },
        Need {
            what: "tickets",
            permission: "Read tickets",
            loss: "tickets are not searched; conversations only name those that they are linked to",
            request: api.tickets(&search),
            is_read: |value| TicketPage::read(value).map(|_| true),
        },
    ]
}

/// The sentence about something that could not be read.
fn found_missing(need: &Need, found: Result<bool, ApiError>) -> Option<String> {
    let Need { what, permission, loss, .. } = need;
    match found {
        Ok(true) => None,
        Ok(false) => Some(format!("The list of {what} could not be tried (an answer without one).")),
        Err(error) if error.is_permission() => Some(format!(
            "The token may not read {what} ({error}), so {loss}. Give the app the permission \"{permission}\" in Intercom's Developer Hub."
        )),
        Err(error) => Some(format!("Whether the token may read {what} could not be tried ({error}).")),
    }
}

fn description(workspace: &Workspace) -> String {
    let id = workspace.id.as_str();
    let named = workspace.name.as_deref().map_or_else(|| id.to_owned(), |name| format!("{name} ({id})"));
    match &workspace.region {
        Some(region) => format!("{named}, region {}", region.to_ascii_lowercase()),
        None => named,
    }
}

/// Intercom may answer `GET /me` where the workspace's data does not lie.
fn wrong_region(api: &Api, workspace: &Workspace) -> Option<String> {
    let configured = api.region()?;
    let found = workspace.region.as_deref()?.to_ascii_lowercase();
    let known = ["us", "eu", "au"].contains(&found.as_str());
    (known && found != configured).then(|| {
        format!(
            "The workspace lies in the region `{found}`, but `{configured}` is configured; set INTERCOM_REGION={found}."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::WorkspaceId;

    fn workspace(region: Option<&str>) -> Workspace {
        Workspace {
            id: WorkspaceId("abc123".to_owned()),
            name: Some("Acme".to_owned()),
            region: region.map(str::to_owned),
            timezone: None,
        }
    }

    #[test]
    fn a_workspace_in_another_region_is_told_with_what_to_set() {
        let api = Api::new("https://api.intercom.io", "2.16");
        let sentence = wrong_region(&api, &workspace(Some("EU"))).expect("another region");
        assert!(sentence.ends_with("set INTERCOM_REGION=eu."), "{sentence}");
        assert_eq!(wrong_region(&api, &workspace(Some("US"))), None);
        // A name that is not known yet, and an address of the user's own, prove nothing.
        assert_eq!(wrong_region(&api, &workspace(Some("Mars"))), None);
        assert_eq!(wrong_region(&api, &workspace(None)), None);
        let own = Api::new("http://127.0.0.1:8080", "2.16");
        assert_eq!(wrong_region(&own, &workspace(Some("EU"))), None);
    }

    #[test]
    fn a_workspace_is_described_by_what_is_known_of_it() {
        assert_eq!(description(&workspace(Some("EU"))), "Acme (abc123), region eu");
        assert_eq!(description(&Workspace { name: None, ..workspace(None) }), "abc123");
    }
}
