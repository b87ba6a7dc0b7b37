//! What conversations of several periods have in common: words of customers, tags, companies and
//! attributes, counted by the customers who had them.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params, params_from_iter};
use serde_json::Value;

use super::lossy::text;
use super::search::{Between, Filters, fold};
use crate::error::StoreResult;
use crate::text::index_text;

/// The customer's first messages of a conversation that are looked at: later ones are about the
/// answers.
const MESSAGES: i64 = 3;
/// Letters of a word that is counted. What is longer is an address or a key.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=30;
/// Values of attributes that are longer are texts.
const LONGEST_VALUE: usize = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Word,
    Tag,
    Attribute,
    Company,
}

/// Something that can rise.
#[derive(Clone, Debug)]
pub struct Item {
    pub kind: Kind,
    /// The word or name; of an attribute `name: value`.
    pub name: String,
    /// How many had it in each period: different customers, and of companies conversations, since
    /// a company has few customers.
    pub counts: Vec<u32>,
    /// `conversations.number` of those of the first period that have it, newest first.
    pub conversations: Vec<i64>,
}

/// All that was counted.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    pub items: Vec<Item>,
    /// Different customers of each period, and conversations.
    pub customers: Vec<u32>,
    pub conversations: Vec<u32>,
}

impl Counted {
    /// What counts of that kind are a share of.
    #[must_use]
    pub fn totals(&self, kind: Kind) -> &[u32] {
        if kind == Kind::Company { &self.conversations } else { &self.customers }
    }
}

/// When the oldest conversation in the cache was created.
///
/// # Errors
/// When the database cannot be read; so for the other functions of this file.
pub fn oldest(connection: &Connection) -> StoreResult<Option<String>> {
    Ok(connection.query_row("SELECT min(created_at) FROM conversations", [], |row| row.get(0))?)
}

/// How many conversations meet the conditions.
pub fn conversations(connection: &Connection, filters: &Filters) -> StoreResult<usize> {
    let conditions = filters.conditions(true);
    let sql = format!("SELECT count(*) FROM conversations c WHERE {}", conditions.sql());
    let count: i64 = connection.query_row(&sql, params_from_iter(&conditions.values), |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Counts what the conversations that meet the conditions have, by the period of their creation.
/// `kinds` says of what; `plain` makes the text that people may see of a message's HTML.
pub fn count(
    connection: &Connection,
    filters: &Filters,
    periods: &[Between],
    kinds: &[Kind],
    plain: &dyn Fn(&str) -> String,
) -> StoreResult<Counted> {
    let mut known: HashMap<(Kind, String), usize> = HashMap::new();
    let mut counted = Counted::default();
    for (place, period) in periods.iter().enumerate() {
        let conditions = Filters { created: *period, ..filters.clone() }.conditions(true);
        let sql = format!(
            "SELECT c.number, c.id, coalesce(c.contact_id, c.customer_email, c.id), c.title, c.tags, c.company_name, \
             c.custom_attributes FROM conversations c WHERE {} ORDER BY c.created_at DESC, c.number DESC",
            conditions.sql()
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query(params_from_iter(&conditions.values))?;
        let mut customers: HashMap<String, u32> = HashMap::new();
        let mut seen: HashSet<(usize, u32)> = HashSet::new();
        let mut conversations = 0;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            let id: String = text(row, 1)?;
            conversations += 1;
            let next = u32::try_from(customers.len()).unwrap_or(u32::MAX);
            let customer = *customers.entry(text(row, 2)?).or_insert(next);
            let mut found: HashSet<(Kind, String)> = HashSet::new();
            let text = |index: usize| text::<Option<String>>(row, index);
            if kinds.contains(&Kind::Tag) {
                let tags: Vec<String> =
                    serde_json::from_str(&text(4)?.unwrap_or_default()).unwrap_or_default();
                found.extend(tags.into_iter().map(|tag| (Kind::Tag, tag)));
            }
            if kinds.contains(&Kind::Company) {
                found.extend(text(5)?.map(|name| (Kind::Company, name)));
            }
            if kinds.contains(&Kind::Attribute)
                && let Ok(Value::Object(attributes)) = serde_json::from_str(&text(6)?.unwrap_or_default())
            {
                let values = attributes.into_iter().filter_map(|(name, value)| Some((name, short(&value)?)));
                found.extend(values.map(|(name, value)| (Kind::Attribute, format!("{name}: {value}"))));
            }
            if kinds.contains(&Kind::Word) {
                let mut add = |text: &str| found.extend(words(text).map(|word| (Kind::Word, word)));
                add(&text(3)?.map(|title| plain(&title)).unwrap_or_default());
                for body in written(connection, &id)? {
                    add(&plain(&body));
                }
            }
            for (kind, name) in found {
                let item = *known.entry((kind, name)).or_insert_with_key(|(kind, name)| {
                    let counts = vec![0; periods.len()];
                    let item = Item { kind: *kind, name: name.clone(), counts, conversations: Vec::new() };
                    counted.items.push(item);
                    counted.items.len() - 1
                });
                if kind == Kind::Company || seen.insert((item, customer)) {
                    counted.items[item].counts[place] += 1;
                }
                if place == 0 {
                    counted.items[item].conversations.push(number);
                }
            }
        }
        counted.customers.push(u32::try_from(customers.len()).unwrap_or(u32::MAX));
        counted.conversations.push(conversations);
    }
    Ok(counted)
}

/// HTML of the customer's first messages of a conversation.
pub fn written(connection: &Connection, id: &str) -> StoreResult<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT body FROM messages WHERE conversation_id = ?1 AND author_type IN ('user', 'lead') AND body <> '' \
         ORDER BY coalesce(sequence_number, 0), created_at, number LIMIT ?2",
    )?;
    let rows = statement.query_map(params![id, MESSAGES], |row| text(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The words of a plain text as they are counted: folded, each as often as it stands there.
/// Scripts without blanks come as pairs of characters, as they are indexed.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let folded = fold(&index_text(text));
    let words: Vec<String> = folded
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| {
            let letters = word.chars().count();
            let is_long_enough = LENGTHS.contains(&letters) || (letters == 2 && !word.is_ascii());
            is_long_enough && word.chars().any(char::is_alphabetic)
        })
        .map(str::to_owned)
        .collect();
    words.into_iter()
}

/// An attribute's value that can be counted.
fn short(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        _ => return None,
    };
    (!text.is_empty() && text.chars().count() <= LONGEST_VALUE).then_some(text)
}
