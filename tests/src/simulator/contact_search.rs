//! `POST /contacts/search`, as far as a copy of conversations needs it: contacts by their fields.

use serde_json::{Value, json};

use super::error::ApiError;
use super::query::{Cursor, MAX_PER_PAGE};
use super::render_people as people;
use super::routes::ApiRequest;
use super::workspace::Workspace;

const DEFAULT_PER_PAGE: usize = 50;

/// Equality, `IN` and order over the contact's own fields, with AND and OR. Merged contacts
/// never appear.
pub fn answer(request: &ApiRequest<'_>, workspace: &Workspace) -> Result<Value, ApiError> {
    let query = request.body.get("query").filter(|query| query.is_object());
    let query =
        query.ok_or_else(|| ApiError::new(400, "parameter_not_found", "query is required"))?;
    check(query)?;
    let pagination = &request.body["pagination"];
    let per_page = match &pagination["per_page"] {
        Value::Null => DEFAULT_PER_PAGE,
        size => super::query::per_page(size)?,
    };
    debug_assert!(per_page as u64 <= MAX_PER_PAGE);
    let cursor = super::query::cursor(&pagination["starting_after"])?;
    let skip = cursor.map_or(0, |cursor| cursor.id as usize);
    let page = cursor.map_or(1, |cursor| cursor.page);
    let found: Vec<Value> = workspace
        .directory
        .contacts
        .iter()
        .filter(|contact| contact.merged_into.is_none())
        .map(|contact| {
            people::contact(
                contact,
                &workspace.directory,
                &workspace.identity,
                request.version,
            )
        })
        .filter(|contact| matches(query, contact))
        .collect();
    let total_count = found.len();
    let data: Vec<Value> = found.into_iter().skip(skip).take(per_page).collect();
    let mut pages = json!({
        "type": "pages",
        "page": page,
        "per_page": per_page,
        "total_pages": total_count.div_ceil(per_page),
    });
    if skip + data.len() < total_count {
        let next = Cursor {
            sort_value: None,
            id: (skip + data.len()) as u64,
            page: page + 1,
        };
        pages["next"] = json!({"page": next.page, "starting_after": next.encode()});
    }
    Ok(json!({"type": "list", "data": data, "total_count": total_count, "pages": pages}))
}

fn check(filter: &Value) -> Result<(), ApiError> {
    match (filter["operator"].as_str(), filter["value"].as_array()) {
        (Some("AND" | "OR"), Some(filters)) => filters.iter().try_for_each(check),
        (Some("IN" | "NIN"), Some(_)) | (Some("=" | "!=" | ">" | "<"), _)
            if filter["field"].is_string() =>
        {
            Ok(())
        }
        _ => Err(ApiError::parameter("Query is not valid")),
    }
}

fn matches(filter: &Value, contact: &Value) -> bool {
    let value = &filter["value"];
    let listed = || value.as_array().map_or(&[][..], Vec::as_slice);
    let field = filter["field"]
        .as_str()
        .map_or(&Value::Null, |name| &contact[name]);
    match filter["operator"].as_str() {
        Some("AND") => listed().iter().all(|filter| matches(filter, contact)),
        Some("OR") => listed().iter().any(|filter| matches(filter, contact)),
        Some("IN") => listed().contains(field),
        Some("NIN") => !listed().contains(field),
        Some("=") => field == value,
        Some("!=") => field != value,
        // By day, in the workspace's timezone, up to 2.16; the simulator takes UTC days.
        Some(">") => day(field) >= day(value),
        Some("<") => day(field) <= day(value),
        _ => false,
    }
}

fn day(value: &Value) -> Option<i64> {
    let seconds = value
        .as_i64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))?;
    Some(seconds.div_euclid(86_400))
}
