//! The filters of a search and what they match.

use serde_json::Value;

use super::directory::Directory;
use super::error::ApiError;
use super::fields::{FieldValue, Kind, Searchable};
use super::model::Seconds;
use super::version::ApiVersion;

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

impl Filter {
    /// Reads and checks a filter of records of kind `T` at `depth`; the outermost is at 1.
    pub fn parse<T: Searchable>(value: &Value, depth: usize) -> Result<Self, ApiError> {
        let operator = value["operator"].as_str();
        let Some(group @ ("AND" | "OR")) = operator else {
            return Test::parse::<T>(value).map(Self::Test);
        };
        if depth > MAX_DEPTH {
            return Err(ApiError::parameter("Query nesting is too deep"));
        }
        let filters = value["value"].as_array().map_or(&[][..], Vec::as_slice);
        if filters.is_empty() || filters.len() > MAX_GROUP {
            return Err(ApiError::parameter("A group of filters must have 1 to 15 filters"));
        }
        let filters =
            filters.iter().map(|filter| Self::parse::<T>(filter, depth + 1)).collect::<Result<_, _>>()?;
        Ok(if group == "AND" { Self::And(filters) } else { Self::Or(filters) })
    }

    pub fn matches<T: Searchable>(
        &self,
        record: &T,
        people: &Directory,
        version: ApiVersion,
        comparison: Comparison,
    ) -> bool {
        let matches = |filter: &Self| filter.matches(record, people, version, comparison);
        match self {
            Self::All => true,
            Self::And(filters) => filters.iter().all(matches),
            Self::Or(filters) => filters.iter().any(matches),
            Self::Test(test) => test.matches(&record.value(test.field, people, version), comparison),
        }
    }

    /// The inclusive range of `updated_at` outside which nothing matches, and whether everything
    /// inside it does. It spares a scan of all records for each page of a sync.
    pub fn updated_at_range(&self, comparison: Comparison) -> (Seconds, Seconds, bool) {
        const ANY: (Seconds, Seconds) = (Seconds::MIN, Seconds::MAX);
        match self {
            Self::All => (ANY.0, ANY.1, true),
            Self::And(filters) => filters
                .iter()
                .map(|filter| filter.updated_at_range(comparison))
                .fold((ANY.0, ANY.1, true), |a, b| (a.0.max(b.0), a.1.min(b.1), a.2 && b.2)),
            Self::Or(filters) => filters
                .iter()
                .map(|filter| filter.updated_at_range(comparison))
                .fold((ANY.1, ANY.0, false), |a, b| (a.0.min(b.0), a.1.max(b.1), false)),
            Self::Test(test) => test.updated_at_range(comparison).unwrap_or((ANY.0, ANY.1, false)),
        }
    }
}

impl Test {
    fn parse<T: Searchable>(value: &Value) -> Result<Self, ApiError> {
        let name = value["field"].as_str().ok_or_else(|| ApiError::parameter("A filter needs a field"))?;
        let (field, kind) =
            T::find(name).ok_or_else(|| ApiError::parameter(format!("Field {name} is not searchable")))?;
        let operator = value["operator"]
            .as_str()
            .and_then(Operator::parse)
            .ok_or_else(|| ApiError::parameter(format!("Operator {} is not supported", value["operator"])))?;
        if !operator.fits(kind) {
            return Err(ApiError::parameter(format!(
                "Operator {} does not fit field {name}",
                value["operator"]
            )));
        }
        let operand = value.get("value").unwrap_or(&Value::Null);
        let values = match (operator, operand) {
            (Operator::In | Operator::NotIn, Value::Array(values)) => {
                values.iter().map(|value| Operand::parse(name, kind, value)).collect::<Result<_, _>>()?
            }
            (Operator::In | Operator::NotIn, _) => {
                return Err(ApiError::parameter(format!("Field {name} needs an array of values")));
            }
            (_, single) => vec![Operand::parse(name, kind, single)?],
        };
        Ok(Self { field, kind, operator, values })
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
            Operator::NotEqual | Operator::NotIn | Operator::ContainsNot => {
                !self.values.iter().any(|operand| self.one(value, operand, comparison))
            }
            _ => self.values.iter().any(|operand| self.one(value, operand, comparison)),
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
            (Kind::Date | Kind::Integer, Value::Number(number)) => {
                Self::Number(number.as_i64().or(number.as_f64().map(|f| f as i64)).ok_or_else(wrong)?)
            }
            (Kind::Boolean, Value::Bool(value)) => Self::Boolean(*value),
            (Kind::Boolean, Value::String(text)) => Self::Boolean(text.parse().map_err(|_| wrong())?),
            (Kind::Text | Kind::Words, Value::String(text)) => Self::Text(text.clone()),
            (Kind::Text | Kind::Words, Value::Number(number)) => Self::Text(number.to_string()),
            _ => return Err(wrong()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::generate::{Length, Shape, conversations};
    use super::super::model::Conversation;
    use super::super::query::{Cursor, SearchRequest};
    use super::*;

    fn refusal(body: Value) -> (&'static str, String) {
        let error = SearchRequest::parse::<Conversation>(&body).expect_err("an invalid search");
        (error.code, error.message)
    }

    #[test]
    fn filters_select_what_they_say() {
        let length = Length::Realistic;
        let now = 1_795_000_000;
        let shape = Shape { seed: 3, conversations: 400, now, days: 30, length, plants: Vec::new() };
        let people = shape.directory();
        let all: Vec<_> = conversations(&shape, &people).collect();
        let select = |query: Value| {
            let filter = Filter::parse::<Conversation>(&query, 1).expect("a valid filter");
            let matches =
                |c: &&Conversation| filter.matches(*c, &people, ApiVersion::V2_16, Comparison::Inclusive);
            all.iter().filter(matches).collect::<Vec<_>>()
        };
        let test = |field: &str, operator: &str, value: Value| json!({"field": field, "operator": operator, "value": value});
        let closed = select(test("state", "=", json!("closed")));
        assert!(!closed.is_empty() && closed.iter().all(|c| c.state.as_str() == "closed"));
        assert_eq!(select(test("open", "=", json!(true))).len(), all.len() - closed.len());
        assert_eq!(select(test("state", "NIN", json!(["closed", "snoozed"]))).len(), {
            all.iter().filter(|c| c.state.as_str() == "open").count()
        });
        let id = all[7].id.to_string();
        assert_eq!(select(test("id", "IN", json!([id]))), [&all[7]]);
        let unassigned = select(test("admin_assignee_id", "=", json!(0)));
        assert!(unassigned.iter().all(|c| c.admin_assignee.is_none()) && !unassigned.is_empty());
        // Each word of the body alone: a phrase never matches.
        assert!(!select(test("source.body", "=", json!("order"))).is_empty());
        assert!(select(test("source.body", "=", json!("returned order"))).is_empty());
        let nested = json!({"operator": "AND", "value": [
            {"operator": "OR", "value": [test("state", "=", json!("closed")), test("state", "=", json!("snoozed"))]},
            test("updated_at", ">", json!((now - 86_400).to_string())),
        ]});
        let expected = |c: &&Conversation| c.state.as_str() != "open" && c.updated_at >= now - 86_400;
        assert_eq!(select(nested), all.iter().filter(expected).collect::<Vec<_>>());
    }

    #[test]
    fn invalid_searches_are_refused_in_intercoms_words() {
        let query = json!({"field": "updated_at", "operator": ">", "value": 1});
        let paged = |pagination: Value| json!({"query": query.clone(), "pagination": pagination});
        assert_eq!(
            refusal(paged(json!({"per_page": 151}))),
            ("parameter_invalid", "Per Page is too big".to_owned())
        );
        assert_eq!(refusal(paged(json!({"starting_after": "%%%"}))).0, "client_error");
        assert_eq!(refusal(json!({})).0, "parameter_not_found");
        for (field, operator, value) in [
            ("no_such_field", "=", json!(1)),
            ("updated_at", "LIKE", json!(1)),
            ("updated_at", "~", json!(1)),
            ("updated_at", ">", json!("yesterday")),
            ("state", "IN", json!("open")),
        ] {
            let query = json!({"field": field, "operator": operator, "value": value});
            assert_eq!(refusal(json!({"query": query})).0, "parameter_invalid", "{query}");
        }
        let group = |filters: Vec<Value>| json!({"operator": "AND", "value": filters});
        assert_eq!(refusal(json!({"query": group(vec![query.clone(); 16])})).0, "parameter_invalid");
        let deep = group(vec![group(vec![group(vec![group(vec![query.clone()])])])]);
        assert_eq!(refusal(json!({"query": deep})).0, "parameter_invalid");
        // `page` is no parameter; sending it is not an error and changes nothing.
        let request =
            SearchRequest::parse::<Conversation>(&paged(json!({"page": 7}))).expect("a valid search");
        assert_eq!((request.cursor, request.per_page), (None::<Cursor>, 20));
    }

    #[test]
    fn a_recorded_cursor_reads_back() {
        let cursor = Cursor::decode("WzE3MjY3NTIxNDUwMDAsNSwyXQ==").expect("a recorded cursor");
        assert_eq!(cursor, Cursor { sort_value: Some(1_726_752_145_000), id: 5, page: 2 });
        assert_eq!(cursor.encode(), "WzE3MjY3NTIxNDUwMDAsNSwyXQ==");
    }
}
