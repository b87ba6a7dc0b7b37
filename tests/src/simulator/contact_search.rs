//! `POST /contacts/search`, as far as a copy of conversations needs it: contacts by their fields.

use serde_json::{Value, json};

use super::directory::Contact;
use super::error::ApiError;
use super::query::Cursor;
use super::render_people as people;
use super::routes::ApiRequest;
use super::version::ApiVersion;
use super::workspace::Workspace;

const DEFAULT_PER_PAGE: usize = 50;

/// Equality, `IN` and order over the contact's own fields, with AND and OR; answers come in the
/// order of creation, whatever `sort` says. Merged contacts never appear.
pub fn answer(request: &ApiRequest<'_>, workspace: &Workspace) -> Result<Value, ApiError> {
    let query = request.body.get("query").filter(|query| query.is_object());
    let query = query.ok_or_else(|| ApiError::new(400, "parameter_not_found", "query is required"))?;
    check(query)?;
    let order = request.body["sort"]["order"].as_str();
    if request.version >= ApiVersion::V2_16
        && order.is_some_and(|order| !["ascending", "descending"].contains(&order))
    {
        let message = "sort order must be ascending or descending";
        return Err(ApiError::new(400, "invalid_sort_order", message));
    }
    let pagination = &request.body["pagination"];
    let per_page = match &pagination["per_page"] {
        Value::Null => DEFAULT_PER_PAGE,
        size => super::query::per_page(size)?,
    };
    // The id of a contact cursor is the number of records before it.
    let cursor = super::query::cursor(&pagination["starting_after"])?;
    let skip = cursor.map_or(0, |cursor| cursor.id as usize);
    let page = cursor.map_or(1, |cursor| cursor.page);
    let contacts = workspace.directory.contacts.iter();
    let found: Vec<&Contact> =
        contacts.filter(|contact| contact.merged_into.is_none() && matches(query, contact)).collect();
    let data: Vec<Value> = found
        .iter()
        .skip(skip)
        .take(per_page)
        .map(|c| people::contact(c, &workspace.directory, &workspace.identity, request.version))
        .collect();
    let mut pages = json!({
        "type": "pages",
        "page": page,
        "per_page": per_page,
        "total_pages": found.len().div_ceil(per_page),
    });
    let read = skip.saturating_add(data.len());
    if read < found.len() {
        let next = Cursor { sort_value: None, id: read as u64, page: page + 1 };
        pages["next"] = json!({"page": next.page, "starting_after": next.encode()});
    }
    Ok(json!({"type": "list", "data": data, "total_count": found.len(), "pages": pages}))
}

fn check(filter: &Value) -> Result<(), ApiError> {
    const FIELDS: [&str; 8] =
        ["id", "external_id", "role", "name", "email", "phone", "created_at", "updated_at"];
    match (filter["operator"].as_str(), filter["value"].as_array()) {
        (Some("AND" | "OR"), Some(filters)) => filters.iter().try_for_each(check),
        (Some("IN" | "NIN"), Some(_)) | (Some("=" | "!=" | ">" | "<"), _)
            if filter["field"].as_str().is_some_and(|field| FIELDS.contains(&field)) =>
        {
            Ok(())
        }
        _ => Err(ApiError::parameter("Query is not valid")),
    }
}

fn matches(filter: &Value, contact: &Contact) -> bool {
    let value = &filter["value"];
    let listed = || value.as_array().map_or(&[][..], Vec::as_slice);
    let field = || filter["field"].as_str().map_or(Value::Null, |name| field(contact, name));
    match filter["operator"].as_str() {
        Some("AND") => listed().iter().all(|filter| matches(filter, contact)),
        Some("OR") => listed().iter().any(|filter| matches(filter, contact)),
        Some("IN") => listed().contains(&field()),
        Some("NIN") => !listed().contains(&field()),
        Some("=") => field() == *value,
        Some("!=") => field() != *value,
        // By day, in the workspace's timezone, up to 2.16; the simulator takes UTC days.
        Some(">") => day(&field()) >= day(value),
        Some("<") => day(&field()) <= day(value),
        _ => false,
    }
}

fn field(contact: &Contact, name: &str) -> Value {
    match name {
        "id" => contact.id.as_str().into(),
        "external_id" => contact.external_id.as_deref().into(),
        "role" => if contact.is_lead { "lead" } else { "user" }.into(),
        "name" => contact.name.as_deref().into(),
        "email" => contact.email.as_deref().into(),
        "phone" => contact.phone.as_deref().into(),
        "created_at" => contact.created_at.into(),
        _ => contact.updated_at.into(),
    }
}

fn day(value: &Value) -> Option<i64> {
    let number = || value.as_str().and_then(|text| text.parse().ok());
    let seconds: i64 = value.as_i64().or_else(number)?;
    Some(seconds.div_euclid(86_400))
}
