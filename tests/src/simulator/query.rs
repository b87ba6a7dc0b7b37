//! The body of a search for conversations or tickets: filter, paging and order, checked as Intercom does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::error::ApiError;
use super::fields::{Kind, Searchable};
use super::filter::Filter;
use super::model::Id;

/// Intercom's largest page.
const MAX_PER_PAGE: u64 = 150;
const DEFAULT_PER_PAGE: u64 = 20;
/// A checked search.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    pub filter: Filter,
    pub per_page: usize,
    pub cursor: Option<Cursor>,
    pub sort: Sort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub field: &'static str,
    pub ascending: bool,
}

impl Default for Sort {
    /// The order of recorded answers.
    fn default() -> Self {
        Self { field: "updated_at", ascending: false }
    }
}

/// Base64 of `[sort_value, id, page]`; times are in milliseconds. It stands for a position, not
/// for a snapshot: what lies behind it is looked up when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub sort_value: Option<i64>,
    pub id: Id,
    /// The page that this cursor leads to.
    pub page: u64,
}

impl Cursor {
    pub fn encode(self) -> String {
        BASE64.encode(json!([self.sort_value, self.id, self.page]).to_string())
    }

    pub fn decode(text: &str) -> Result<Self, ApiError> {
        let bytes = BASE64.decode(text).map_err(|_| ApiError::bad_cursor())?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| ApiError::bad_cursor())?;
        let (Some(id), Some(page)) = (value[1].as_u64(), value[2].as_u64()) else {
            return Err(ApiError::bad_cursor());
        };
        if !value[0].is_null() && !value[0].is_i64() {
            return Err(ApiError::bad_cursor());
        }
        Ok(Self { sort_value: value[0].as_i64(), id, page })
    }
}

impl SearchRequest {
    pub fn parse<T: Searchable>(body: &Value) -> Result<Self, ApiError> {
        let query = body.get("query").filter(|query| query.is_object());
        let query = query.ok_or_else(|| ApiError::new(400, "parameter_not_found", "query is required"))?;
        let pagination = &body["pagination"];
        Ok(Self {
            filter: Filter::parse::<T>(query, 1)?,
            per_page: per_page(&pagination["per_page"])?,
            cursor: cursor(&pagination["starting_after"])?,
            sort: sort::<T>(&body["sort"])?,
        })
    }
}

/// A page size given as a number or as a numeric string.
pub fn per_page(value: &Value) -> Result<usize, ApiError> {
    let number = match value {
        Value::Null => Some(DEFAULT_PER_PAGE),
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    match number {
        Some(0) | None => Err(ApiError::parameter("Per Page must be a positive number")),
        Some(number) if number > MAX_PER_PAGE => Err(ApiError::parameter("Per Page is too big")),
        Some(number) => Ok(number as usize),
    }
}

pub fn cursor(value: &Value) -> Result<Option<Cursor>, ApiError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Cursor::decode(text).map(Some),
        _ => Err(ApiError::bad_cursor()),
    }
}

fn sort<T: Searchable>(value: &Value) -> Result<Sort, ApiError> {
    if value.is_null() {
        return Ok(Sort::default());
    }
    let field = value["field"].as_str().unwrap_or("updated_at");
    let (field, kind) =
        T::find(field).ok_or_else(|| ApiError::parameter(format!("Cannot sort by field {field}")))?;
    if !matches!(kind, Kind::Date | Kind::Integer) {
        return Err(ApiError::parameter(format!("Cannot sort by field {field}")));
    }
    let ascending = match value["order"].as_str() {
        None | Some("descending" | "desc") => false,
        Some("ascending" | "asc") => true,
        Some(_) => {
            return Err(ApiError::new(
                400,
                "invalid_sort_order",
                "sort order must be ascending or descending",
            ));
        }
    };
    Ok(Sort { field, ascending })
}
