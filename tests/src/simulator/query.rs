//! The body of `POST /conversations/search`: filters, paging and order, checked as Intercom does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::directory::Directory;
use super::error::ApiError;
use super::fields::{self, FieldValue, Kind};
use super::model::{Conversation, Id, Seconds};
use super::version::ApiVersion;

/// Intercom's largest page.
pub const MAX_PER_PAGE: u64 = 150;
const DEFAULT_PER_PAGE: u64 = 20;
/// "There's a limit of max 15 filters for each AND or OR group".
const MAX_GROUP: usize = 15;
/// "There's a limit of max 2 nested filters": a group in a group in the outermost group.
const MAX_DEPTH: usize = 3;
/// A time with more digits is in milliseconds and matches nothing, without an error.
const LATEST_TIME: i64 = 100_000_000_000;

/// Whether `>` and `<` include the compared value. Intercom's documentation says "greater (or
/// equal)"; nobody has established what the service does, so clients are tested with both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Inclusive,
    Exclusive,
}

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
        Self {
            field: "updated_at",
            ascending: false,
        }
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
        Ok(Self {
            sort_value: value[0].as_i64(),
            id,
            page,
        })
    }
}

#[derive(Clone, Debug)]
pub enum Filter {
    /// Everything; `GET /conversations` has no filter.
    All,
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Test(Test),
}

/// One `{field, operator, value}`.
#[derive(Clone, Debug)]
pub struct Test {
    pub field: &'static str,
    pub kind: Kind,
    pub operator: Operator,
    /// Several only for `IN` and `NIN`.
    pub values: Vec<Operand>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    In,
    NotIn,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Contains,
    ContainsNot,
    StartsWith,
    EndsWith,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Number(i64),
    Boolean(bool),
    Text(String),
    Null,
}

impl SearchRequest {
    pub fn parse(body: &Value) -> Result<Self, ApiError> {
        let query = body.get("query").filter(|query| query.is_object());
        let query =
            query.ok_or_else(|| ApiError::new(400, "parameter_not_found", "query is required"))?;
        let pagination = &body["pagination"];
        Ok(Self {
            filter: Filter::parse(query, 1)?,
            per_page: per_page(&pagination["per_page"])?,
            cursor: cursor(&pagination["starting_after"])?,
            sort: sort(&body["sort"])?,
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

fn sort(value: &Value) -> Result<Sort, ApiError> {
    if value.is_null() {
        return Ok(Sort::default());
    }
    let field = value["field"].as_str().unwrap_or("updated_at");
    let (field, kind) = fields::find(field)
        .ok_or_else(|| ApiError::parameter(format!("Cannot sort by field {field}")))?;
    if field != "id" && !matches!(kind, Kind::Date | Kind::Integer) {
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

impl Filter {
    fn parse(value: &Value, depth: usize) -> Result<Self, ApiError> {
        let operator = value["operator"].as_str();
        let Some(group @ ("AND" | "OR")) = operator else {
            return Test::parse(value).map(Self::Test);
        };
        if depth > MAX_DEPTH {
            return Err(ApiError::parameter("Query nesting is too deep"));
        }
        let filters = value["value"].as_array().map_or(&[][..], Vec::as_slice);
        if filters.is_empty() || filters.len() > MAX_GROUP {
            return Err(ApiError::parameter(
                "A group of filters must have 1 to 15 filters",
            ));
        }
        let filters = filters
            .iter()
            .map(|filter| Self::parse(filter, depth + 1))
            .collect::<Result<_, _>>()?;
        Ok(if group == "AND" {
            Self::And(filters)
        } else {
            Self::Or(filters)
        })
    }

    pub fn matches(
        &self,
        conversation: &Conversation,
        people: &Directory,
        version: ApiVersion,
        comparison: Comparison,
    ) -> bool {
        let matches = |filter: &Self| filter.matches(conversation, people, version, comparison);
        match self {
            Self::All => true,
            Self::And(filters) => filters.iter().all(matches),
            Self::Or(filters) => filters.iter().any(matches),
            Self::Test(test) => test.matches(
                &fields::value(test.field, conversation, people, version),
                comparison,
            ),
        }
    }

    /// The inclusive range of `updated_at` outside which nothing matches, and whether everything
    /// inside it does. It spares a scan of all conversations for each page of a sync.
    pub fn updated_at_range(&self, comparison: Comparison) -> (Seconds, Seconds, bool) {
        const ANY: (Seconds, Seconds) = (Seconds::MIN, Seconds::MAX);
        match self {
            Self::All => (ANY.0, ANY.1, true),
            Self::And(filters) => filters
                .iter()
                .map(|filter| filter.updated_at_range(comparison))
                .fold((ANY.0, ANY.1, true), |a, b| {
                    (a.0.max(b.0), a.1.min(b.1), a.2 && b.2)
                }),
            Self::Or(filters) => filters
                .iter()
                .map(|filter| filter.updated_at_range(comparison))
                .fold((ANY.1, ANY.0, false), |a, b| {
                    (a.0.min(b.0), a.1.max(b.1), false)
                }),
            Self::Test(test) => test
                .updated_at_range(comparison)
                .unwrap_or((ANY.0, ANY.1, false)),
        }
    }
}

impl Test {
    fn parse(value: &Value) -> Result<Self, ApiError> {
        let name = value["field"]
            .as_str()
            .ok_or_else(|| ApiError::parameter("A filter needs a field"))?;
        let (field, kind) = fields::find(name)
            .ok_or_else(|| ApiError::parameter(format!("Field {name} is not searchable")))?;
        let operator = value["operator"]
            .as_str()
            .and_then(Operator::parse)
            .ok_or_else(|| {
                ApiError::parameter(format!("Operator {} is not supported", value["operator"]))
            })?;
        if !operator.fits(kind) {
            return Err(ApiError::parameter(format!(
                "Operator {} does not fit field {name}",
                value["operator"]
            )));
        }
        let operand = value.get("value").unwrap_or(&Value::Null);
        let values = match (operator, operand) {
            (Operator::In | Operator::NotIn, Value::Array(values)) => values
                .iter()
                .map(|value| Operand::parse(name, kind, value))
                .collect::<Result<_, _>>()?,
            (Operator::In | Operator::NotIn, _) => {
                return Err(ApiError::parameter(format!(
                    "Field {name} needs an array of values"
                )));
            }
            (_, single) => vec![Operand::parse(name, kind, single)?],
        };
        Ok(Self {
            field,
            kind,
            operator,
            values,
        })
    }

    fn updated_at_range(&self, comparison: Comparison) -> Option<(Seconds, Seconds, bool)> {
        let ("updated_at", Some(Operand::Number(bound))) = (self.field, self.values.first()) else {
            return None;
        };
        let bound = *bound;
        if bound >= LATEST_TIME {
            return Some((Seconds::MAX, Seconds::MIN, true));
        }
        let step = i64::from(comparison == Comparison::Exclusive);
        match self.operator {
            Operator::Equal => Some((bound, bound, true)),
            Operator::Greater => Some((bound + step, Seconds::MAX, true)),
            Operator::Less => Some((Seconds::MIN, bound - step, true)),
            Operator::GreaterOrEqual => Some((bound, Seconds::MAX, true)),
            Operator::LessOrEqual => Some((Seconds::MIN, bound, true)),
            _ => None,
        }
    }

    fn matches(&self, value: &FieldValue, comparison: Comparison) -> bool {
        match self.operator {
            Operator::NotEqual | Operator::NotIn | Operator::ContainsNot => !self
                .values
                .iter()
                .any(|operand| self.one(value, operand, comparison)),
            _ => self
                .values
                .iter()
                .any(|operand| self.one(value, operand, comparison)),
        }
    }

    fn one(&self, value: &FieldValue, operand: &Operand, comparison: Comparison) -> bool {
        match (value, operand) {
            (FieldValue::Number(None), Operand::Null) => true,
            (FieldValue::Texts(texts), Operand::Null) => texts.is_empty(),
            (FieldValue::Boolean(value), Operand::Boolean(operand)) => value == operand,
            (FieldValue::Number(Some(value)), Operand::Number(operand)) => {
                if self.kind == Kind::Date && *operand >= LATEST_TIME {
                    return false;
                }
                let inclusive = comparison == Comparison::Inclusive;
                match self.operator {
                    Operator::Greater => value > operand || (inclusive && value == operand),
                    Operator::Less => value < operand || (inclusive && value == operand),
                    Operator::GreaterOrEqual => value >= operand,
                    Operator::LessOrEqual => value <= operand,
                    _ => value == operand,
                }
            }
            (FieldValue::Texts(texts), Operand::Text(operand)) => {
                texts.iter().any(|text| self.text(text, operand))
            }
            _ => false,
        }
    }

    fn text(&self, text: &str, operand: &str) -> bool {
        let (text, operand) = (text.to_lowercase(), operand.to_lowercase());
        if self.kind == Kind::Words {
            // "support" finds "I need support"; "need support" does not: each word is compared alone.
            return super::plaintext::from_html(&text)
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .any(|word| self.plain(word, &operand));
        }
        self.plain(&text, &operand)
    }

    fn plain(&self, text: &str, operand: &str) -> bool {
        match self.operator {
            Operator::Contains | Operator::ContainsNot => text.contains(operand),
            Operator::StartsWith => text.starts_with(operand),
            Operator::EndsWith => text.ends_with(operand),
            _ => text == operand,
        }
    }
}

impl Operator {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "=" => Self::Equal,
            "!=" => Self::NotEqual,
            "IN" => Self::In,
            "NIN" => Self::NotIn,
            ">" => Self::Greater,
            "<" => Self::Less,
            ">=" => Self::GreaterOrEqual,
            "<=" => Self::LessOrEqual,
            "~" => Self::Contains,
            "!~" => Self::ContainsNot,
            "^" => Self::StartsWith,
            "$" => Self::EndsWith,
            _ => return None,
        })
    }

    fn fits(self, kind: Kind) -> bool {
        match self {
            Self::Equal | Self::NotEqual | Self::In | Self::NotIn => true,
            Self::Greater | Self::Less | Self::GreaterOrEqual | Self::LessOrEqual => {
                matches!(kind, Kind::Date | Kind::Integer)
            }
            Self::Contains | Self::ContainsNot | Self::StartsWith | Self::EndsWith => {
                matches!(kind, Kind::Text | Kind::Words)
            }
        }
    }
}

impl Operand {
    fn parse(field: &str, kind: Kind, value: &Value) -> Result<Self, ApiError> {
        let wrong = || ApiError::parameter(format!("Value {value} is not valid for field {field}"));
        Ok(match (kind, value) {
            (_, Value::Null) => Self::Null,
            (Kind::Date | Kind::Integer, Value::String(text)) => {
                Self::Number(text.parse().map_err(|_| wrong())?)
            }
            (Kind::Date | Kind::Integer, Value::Number(number)) => Self::Number(
                number
                    .as_i64()
                    .or(number.as_f64().map(|f| f as i64))
                    .ok_or_else(wrong)?,
            ),
            (Kind::Boolean, Value::Bool(value)) => Self::Boolean(*value),
            (Kind::Boolean, Value::String(text)) => {
                Self::Boolean(text.parse().map_err(|_| wrong())?)
            }
            (Kind::Text | Kind::Words, Value::String(text)) => Self::Text(text.clone()),
            (Kind::Text | Kind::Words, Value::Number(number)) => Self::Text(number.to_string()),
            _ => return Err(wrong()),
        })
    }
}
