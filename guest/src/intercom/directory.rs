//! People and labels: the token's owner and workspace, admins, teams, tags, contacts.

use serde_json::{Map, Value};

use super::company::Company;
use super::json;
use super::part::is_operator;
use crate::ids::{AdminId, ContactId, TagId, TeamId, WorkspaceId};
use crate::time::UnixSeconds;

/// The workspace a token belongs to, from `GET /me`.
#[derive(Clone, Debug)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: Option<String>,
    /// `US`, `EU` or `AU`.
    pub region: Option<String>,
    pub timezone: Option<String>,
}

impl Workspace {
    /// None when the answer names no workspace.
    #[must_use]
    pub fn read(mut me: Value) -> Option<Self> {
        let mut app = json::take(&mut me, "app");
        Some(Self {
            id: WorkspaceId(json::id(&mut app, "id_code")?),
            name: json::text(&mut app, "name"),
            region: json::text(&mut app, "region"),
            timezone: json::text(&mut app, "timezone"),
        })
    }
}

#[derive(Clone, Debug)]
pub struct Admin {
    pub id: AdminId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub job_title: Option<String>,
    pub is_bot: bool,
}

/// `GET /admins`; none when the answer holds no list.
#[must_use]
pub fn read_admins(value: Value) -> Option<Vec<Admin>> {
    let admins = entries(value, "admins")?.into_iter().filter_map(|mut admin| {
        let email = json::text(&mut admin, "email");
        Some(Admin {
            id: AdminId(json::id(&mut admin, "id")?),
            name: json::text(&mut admin, "name"),
            job_title: json::text(&mut admin, "job_title"),
            is_bot: email.as_deref().is_some_and(is_operator),
            email,
        })
    });
    Some(admins.collect())
}

#[derive(Clone, Debug)]
pub struct Team {
    pub id: TeamId,
    pub name: Option<String>,
    pub admins: Vec<AdminId>,
}

/// `GET /teams`; none when the answer holds no list.
#[must_use]
pub fn read_teams(value: Value) -> Option<Vec<Team>> {
    let teams = entries(value, "teams")?.into_iter().filter_map(|mut team| {
        Some(Team {
            id: TeamId(json::id(&mut team, "id")?),
            name: json::text(&mut team, "name"),
            admins: json::list(&mut team, "admin_ids", &[])
                .into_iter()
                .filter_map(|id| json::into_text(id).map(AdminId))
                .collect(),
        })
    });
    Some(teams.collect())
}

#[derive(Clone, Debug)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
}

/// `GET /tags`; none when the answer holds no list.
#[must_use]
pub fn read_tags(value: Value) -> Option<Vec<Tag>> {
    let tags = entries(value, "data")?.into_iter().filter_map(|mut tag| {
        Some(Tag {
            id: TagId(json::id(&mut tag, "id")?),
            name: json::text(&mut tag, "name").unwrap_or_default(),
        })
    });
    Some(tags.collect())
}

#[derive(Clone, Debug)]
pub struct Contact {
    pub id: ContactId,
    /// user or lead
    pub role: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub external_id: Option<String>,
    pub company: Option<Company>,
    pub country: Option<String>,
    pub region: Option<String>,
    pub city: Option<String>,
    /// Chosen, or else the browser's.
    pub language: Option<String>,
    pub browser: Option<String>,
    pub os: Option<String>,
    pub created_at: Option<UnixSeconds>,
    pub signed_up_at: Option<UnixSeconds>,
    pub last_seen_at: Option<UnixSeconds>,
    pub owner: Option<AdminId>,
    pub unsubscribed: Option<bool>,
    /// Put away on request, as if it were deleted.
    pub archived: bool,
    /// Ten at most; Intercom names them by id alone.
    pub tags: Vec<TagId>,
    pub custom_attributes: Option<Map<String, Value>>,
}

impl Contact {
    /// `GET /contacts/{id}`; none without an id.
    #[must_use]
    pub fn read(mut value: Value) -> Option<Self> {
        let company = json::list(&mut value, "companies", &["data", "companies"]).into_iter().next();
        let mut location = json::take(&mut value, "location");
        let language = json::text(&mut value, "language_override");
        Some(Self {
            id: ContactId(json::id(&mut value, "id")?),
            role: json::text(&mut value, "role"),
            name: json::text(&mut value, "name"),
            email: json::text(&mut value, "email"),
            phone: json::text(&mut value, "phone"),
            external_id: json::text(&mut value, "external_id"),
            company: company.and_then(Company::read),
            country: json::text(&mut location, "country"),
            region: json::text(&mut location, "region"),
            city: json::text(&mut location, "city"),
            language: language.or_else(|| json::text(&mut value, "browser_language")),
            browser: json::text(&mut value, "browser"),
            os: json::text(&mut value, "os"),
            created_at: json::seconds(&value, "created_at"),
            signed_up_at: json::seconds(&value, "signed_up_at"),
            last_seen_at: json::seconds(&value, "last_seen_at"),
            owner: json::id(&mut value, "owner_id").map(AdminId),
            unsubscribed: json::boolean(&value, "unsubscribed_from_emails"),
            archived: json::boolean(&value, "archived").unwrap_or(false),
            tags: json::list(&mut value, "tags", &["data", "tags"])
                .into_iter()
                .filter_map(|mut tag| json::id(&mut tag, "id").map(TagId))
                .collect(),
            custom_attributes: json::object(&mut value, "custom_attributes"),
        })
    }
}

/// The contacts of `POST /contacts/search`; none when the answer holds no list.
#[must_use]
pub fn read_contacts(value: Value) -> Option<Vec<Contact>> {
    Some(entries(value, "data")?.into_iter().filter_map(Contact::read).collect())
}

/// The list of that name, or under `data`.
fn entries(mut value: Value, name: &str) -> Option<Vec<Value>> {
    [name, "data"].iter().find_map(|key| match json::take(&mut value, key) {
        Value::Array(entries) => Some(entries),
        _ => None,
    })
}
