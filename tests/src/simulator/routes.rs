//! What each endpoint answers when nothing is wrong.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::config::Config;
use super::error::ApiError;
use super::filter::Filter;
use super::index::Page;
use super::log::Endpoint;
use super::model::{Conversation, Index};
use super::query::{self, Cursor, SearchRequest, Sort};
use super::render::Renderer;
use super::render_people as people;
use super::tickets::Ticket;
use super::version::ApiVersion;
use super::workspace::Workspace;

/// A request that has passed all checks that endpoints share.
#[derive(Debug)]
pub struct ApiRequest<'a> {
    pub endpoint: Endpoint,
    /// The path's last segment: an id, where the endpoint takes one.
    pub id: &'a str,
    /// How many segments the path has.
    pub depth: usize,
    pub params: &'a HashMap<String, String>,
    /// Null for GET requests.
    pub body: &'a Value,
    pub version: ApiVersion,
    pub host: &'a str,
}

/// The JSON of a 200, or the error.
pub fn answer(
    request: &ApiRequest<'_>,
    workspace: &mut Workspace,
    config: &Config,
) -> Result<Value, ApiError> {
    match request.endpoint {
        Endpoint::Search => {
            search(&SearchRequest::parse::<Conversation>(request.body)?, request.version, workspace, config)
        }
        Endpoint::Conversations => {
            let param = |name: &str| request.params.get(name).map_or(Value::Null, |value| json!(value));
            let list = SearchRequest {
                filter: Filter::All,
                per_page: query::per_page(&param("per_page"))?,
                cursor: query::cursor(&param("starting_after"))?,
                sort: Sort::default(),
            };
            search(&list, request.version, workspace, config)
        }
        Endpoint::Conversation => conversation(request, workspace),
        Endpoint::Deleted => deleted(request, workspace),
        Endpoint::Me => {
            let created_at = workspace.conversation_at(0).map_or(0, |oldest| oldest.created_at - 86_400);
            Ok(people::me(&workspace.directory, &workspace.identity, created_at))
        }
        Endpoint::Admins => admins(request, workspace),
        Endpoint::Teams => teams(request, workspace),
        Endpoint::Tags => {
            let tags: Vec<_> = workspace.directory.tags.iter().map(people::tag).collect();
            Ok(json!({"type": "list", "data": tags}))
        }
        Endpoint::Contact => contact(request, workspace),
        Endpoint::ContactSearch => super::contact_search::answer(request, workspace),
        Endpoint::Company => {
            let company = workspace.directory.companies.iter().find(|company| company.id == request.id);
            let company =
                company.ok_or_else(|| ApiError::new(404, "company_not_found", "Company Not Found"))?;
            Ok(people::company(company, &workspace.directory, &workspace.identity.id_code))
        }
        Endpoint::Articles | Endpoint::Collections => help_center(request, workspace),
        Endpoint::Article => workspace
            .help_center
            .article(request.id, &workspace.identity.id_code)
            .ok_or_else(|| ApiError::not_found("Resource")),
        Endpoint::TicketSearch => {
            tickets(&SearchRequest::parse::<Ticket>(request.body)?, request.version, workspace, config)
        }
        Endpoint::Ticket => {
            let found = request.id.parse().ok().and_then(|id| workspace.ticket_json(id, request.version));
            found.ok_or_else(|| ApiError::new(404, "ticket_not_found", "Ticket not found"))
        }
        Endpoint::Unknown => Err(ApiError::not_found("Resource")),
    }
}

fn renderer<'a>(workspace: &'a Workspace, version: ApiVersion, plaintext: bool) -> Renderer<'a> {
    Renderer { identity: &workspace.identity, people: &workspace.directory, version, plaintext }
}

fn search(
    request: &SearchRequest,
    version: ApiVersion,
    workspace: &mut Workspace,
    config: &Config,
) -> Result<Value, ApiError> {
    let (index, directory) = workspace.index();
    let Page { records, total_count, next, page } =
        index.search(request, directory, version, config.comparison);
    let renderer = renderer(workspace, version, false);
    let items: Vec<_> = records.iter().map(|c| renderer.list_item(c)).collect();
    let pages = pages(request, config, total_count, next, page);
    Ok(json!({
        "type": "conversation.list",
        "pages": pages,
        "total_count": total_count,
        "conversations": items,
    }))
}

/// Whole tickets with their parts, unlike the list of conversations.
fn tickets(
    request: &SearchRequest,
    version: ApiVersion,
    workspace: &mut Workspace,
    config: &Config,
) -> Result<Value, ApiError> {
    let (index, directory) = workspace.ticket_index();
    let Page { records, total_count, next, page } =
        index.search(request, directory, version, config.comparison);
    let renderer = renderer(workspace, version, false);
    let items: Vec<_> = records.iter().map(|ticket| renderer.ticket(ticket)).collect();
    let pages = pages(request, config, total_count, next, page);
    Ok(json!({"type": "ticket.list", "pages": pages, "total_count": total_count, "tickets": items}))
}

fn pages(
    request: &SearchRequest,
    config: &Config,
    total_count: usize,
    next: Option<Cursor>,
    page: u64,
) -> Value {
    let per_page = if config.text_per_page {
        Value::from(request.per_page.to_string())
    } else {
        Value::from(request.per_page)
    };
    let mut pages = json!({
        "type": "pages",
        "page": page,
        "per_page": per_page,
        "total_pages": total_count.div_ceil(request.per_page),
    });
    match next {
        Some(cursor) => pages["next"] = json!({"page": cursor.page, "starting_after": cursor.encode()}),
        None if config.null_next => pages["next"] = Value::Null,
        None => {}
    }
    pages
}

fn conversation(request: &ApiRequest<'_>, workspace: &Workspace) -> Result<Value, ApiError> {
    let found = request.id.parse().ok().and_then(|id| workspace.conversation(id));
    let found = found.ok_or_else(|| ApiError::not_found("Conversation"))?;
    let plaintext = request.params.get("display_as").is_some_and(|value| value == "plaintext");
    Ok(renderer(workspace, request.version, plaintext).conversation(found))
}

/// A parameter that counts from 1.
fn number(request: &ApiRequest<'_>, name: &str, default: usize) -> Result<usize, ApiError> {
    match request.params.get(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| *number > 0)
            .ok_or_else(|| ApiError::parameter(format!("{name} must be a positive number"))),
    }
}

/// Articles or collections, page by page.
fn help_center(request: &ApiRequest<'_>, workspace: &Workspace) -> Result<Value, ApiError> {
    let (page, per_page) = (number(request, "page", 1)?, number(request, "per_page", 25)?);
    if per_page > 250 {
        return Err(ApiError::parameter("Per Page is too big"));
    }
    let id_code = &workspace.identity.id_code;
    Ok(match request.endpoint {
        Endpoint::Articles => workspace.help_center.list(page, per_page, id_code, request.host),
        _ => workspace.help_center.collections(page, per_page, id_code, request.host),
    })
}

/// The deleted conversations, page by page; only from API 2.16 on.
fn deleted(request: &ApiRequest<'_>, workspace: &Workspace) -> Result<Value, ApiError> {
    if request.version < ApiVersion::V2_16 {
        let message = "Requested resource is not available in current API version.";
        return Err(ApiError::new(400, "intercom_version_invalid", message));
    }
    let (page, per_page) = (number(request, "page", 1)?, number(request, "per_page", 20)?);
    if per_page > 60 {
        return Err(ApiError::parameter("Per Page is too big"));
    }
    let ascending = request.params.get("order").is_some_and(|order| order == "asc");
    let all = workspace.deleted();
    let place = |i: usize| if ascending { i } else { all.len() - 1 - i };
    let start = page.saturating_sub(1).saturating_mul(per_page).min(all.len());
    let end = start.saturating_add(per_page).min(all.len());
    let items: Vec<_> = (start..end)
        .map(|i| &all[place(i)])
        .map(|deleted| {
            json!({
                "type": "conversation",
                "id": deleted.id.to_string(),
                "metrics_retained": deleted.metrics_retained,
                "deleted_at": deleted.deleted_at,
            })
        })
        .collect();
    let order = if ascending { "asc" } else { "desc" };
    let next = (end < all.len()).then(|| {
        let next = page + 1;
        format!("http://{}/conversations/deleted?per_page={per_page}&order={order}&page={next}", request.host)
    });
    Ok(json!({
        "type": "conversations.list",
        "total_count": all.len(),
        "pages": {
            "type": "pages",
            "next": next,
            "page": page,
            "per_page": per_page,
            "total_pages": all.len().div_ceil(per_page),
        },
        "conversations": items,
    }))
}

fn admins(request: &ApiRequest<'_>, workspace: &Workspace) -> Result<Value, ApiError> {
    let directory = &workspace.directory;
    if request.depth == 1 {
        let admins: Vec<_> = directory.admins.iter().map(|admin| people::admin(admin, directory)).collect();
        return Ok(json!({"type": "admin.list", "admins": admins}));
    }
    let found = directory.admins.iter().find(|admin| admin.id.to_string() == request.id);
    let found = found.ok_or_else(|| ApiError::new(404, "admin_not_found", "Admin for admin_id not found"))?;
    Ok(people::admin(found, directory))
}

fn teams(request: &ApiRequest<'_>, workspace: &Workspace) -> Result<Value, ApiError> {
    let directory = &workspace.directory;
    let mut teams = directory.teams.iter().enumerate();
    if request.depth == 1 {
        let teams: Vec<_> = teams.map(|(place, team)| people::team(team, place, directory)).collect();
        return Ok(json!({"type": "team.list", "teams": teams}));
    }
    let found = teams.find(|(_, team)| team.id.to_string() == request.id);
    let (place, team) = found.ok_or_else(|| ApiError::new(404, "team_not_found", "Team not found"))?;
    Ok(people::team(team, place, directory))
}

/// A merged contact is 410 with a link to the one that remains from 2.16 on, and 404 before.
fn contact(request: &ApiRequest<'_>, workspace: &Workspace) -> Result<Value, ApiError> {
    let found =
        workspace.contact(request.id).ok_or_else(|| ApiError::new(404, "not_found", "User Not Found"))?;
    let Some(mut into) = found.merged_into else {
        return Ok(people::contact(found, &workspace.directory, &workspace.identity, request.version));
    };
    if request.version < ApiVersion::V2_16 {
        return Err(ApiError::new(404, "not_found", "User Not Found"));
    }
    let contacts = &workspace.directory.contacts;
    let next = |contact: Index| contacts[contact as usize].merged_into;
    while let Some(further) = next(into) {
        into = further;
    }
    let mut gone = ApiError::new(410, "contact_merged", "This contact has been merged into another contact");
    gone.canonical = Some(format!("/contacts/{}", contacts[into as usize].id));
    Err(gone)
}
