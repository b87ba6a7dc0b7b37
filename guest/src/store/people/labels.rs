//! The names that exist: tags, teams, teammates, channels, states, priorities, with counts.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use crate::error::StoreResult;
use crate::sorting;
use crate::store::lossy::text;
use crate::text::language;

/// Something that conversations can be filtered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub id: String,
    pub name: String,
    /// Conversations in the cache that have it.
    pub conversations: i64,
    /// Intercom still lists it.
    pub listed: bool,
}

/// What [`Gathered`] has.
const KINDS: [&str; 6] = ["attributes", "plans", "segments", "countries", "languages", "articles"];

/// Names of one kind, for the sake of memory: a workspace has some hundreds.
const MOST: usize = 50_000;

fn labels(connection: &Connection, sql: &str) -> StoreResult<Vec<Label>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], label)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn label(row: &Row<'_>) -> rusqlite::Result<Label> {
    Ok(Label { id: text(row, 0)?, name: text(row, 1)?, conversations: row.get(2)?, listed: row.get(3)? })
}

/// Tags, the most used first.
///
/// # Errors
/// When the database cannot be read; so for the other functions of this file.
pub fn tags(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT t.id, t.name, coalesce(n.count, 0) AS n, t.listed \
         FROM tags t LEFT JOIN counts n ON n.kind = 'tag' AND n.name = t.id ORDER BY n DESC, t.name",
    )
}

/// Teams, those with most conversations first.
pub fn teams(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT t.id, coalesce(t.name, t.id), coalesce(n.count, 0) AS n, t.listed \
         FROM teams t LEFT JOIN counts n ON n.kind = 'team' AND n.name = t.id ORDER BY n DESC, t.name",
    )
}

/// Teammates, those with most conversations first. Bots are among them.
pub fn admins(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT a.id, coalesce(a.name, a.email, a.id), coalesce(n.count, 0) AS n, a.listed \
         FROM admins a LEFT JOIN counts n ON n.kind = 'admin' AND n.name = a.id ORDER BY n DESC, a.name",
    )
}

/// Names of custom attributes of conversations, and with `contact.` or `company.` before them those
/// of customers and companies; those of most conversations first.
pub fn attributes(connection: &Connection) -> StoreResult<Vec<Label>> {
    Gathered::read(connection, Some("attributes"))?.attributes(connection)
}

/// Plans of companies, those of most conversations first.
pub fn plans(connection: &Connection) -> StoreResult<Vec<Label>> {
    Ok(Gathered::read(connection, Some("plans"))?.take("plans"))
}

/// Segments of companies, those of most conversations first.
pub fn segments(connection: &Connection) -> StoreResult<Vec<Label>> {
    Ok(Gathered::read(connection, Some("segments"))?.take("segments"))
}

/// Countries of customers, those of most conversations first.
pub fn countries(connection: &Connection) -> StoreResult<Vec<Label>> {
    Ok(Gathered::read(connection, Some("countries"))?.take("countries"))
}

/// Languages, those of most conversations first: under one name as Intercom writes them here
/// and there. The conversation's own or, where it has none, its customer's.
pub fn languages(connection: &Connection) -> StoreResult<Vec<Label>> {
    Ok(Gathered::read(connection, Some("languages"))?.languages())
}

/// Articles and whatever else the AI agent answered from, those of most conversations first.
pub fn articles(connection: &Connection) -> StoreResult<Vec<Label>> {
    Ok(Gathered::read(connection, Some("articles"))?.take("articles"))
}

/// Names for which many rows must be read, so that they are kept with their counts. What changed
/// since is gathered here, until a sync has kept it again: the answer is the same.
pub struct Gathered(HashMap<String, Vec<Label>>);

impl Gathered {
    /// Of one of [`KINDS`], or of all.
    pub fn read(connection: &Connection, kind: Option<&str>) -> StoreResult<Self> {
        if kind.is_some_and(|kind| !KINDS.contains(&kind)) {
            return Ok(Self(HashMap::new()));
        }
        let from = if are_stale(connection)? { "labels_gathered" } else { "label_counts" };
        let mut statement = connection.prepare_cached(&format!(
            "SELECT name, name, sum(count) AS n, TRUE, kind FROM {from} WHERE ?1 IS NULL OR kind = ?1
             GROUP BY kind, name ORDER BY n DESC, name"
        ))?;
        let mut all: HashMap<String, Vec<Label>> = HashMap::new();
        let mut rows = statement.query([kind])?;
        while let Some(row) = rows.next()? {
            let of_kind = all.entry(row.get(4)?).or_default();
            if of_kind.len() < MOST {
                of_kind.push(label(row)?);
            }
        }
        Ok(Self(all))
    }

    /// Those of that kind, which are then no longer here.
    pub fn take(&mut self, kind: &str) -> Vec<Label> {
        self.0.remove(kind).unwrap_or_default()
    }

    /// As [`attributes`].
    pub fn attributes(&mut self, connection: &Connection) -> StoreResult<Vec<Label>> {
        let mut all = kept(connection, "attribute")?;
        all.extend(self.take("attributes"));
        sorting::by(&mut all, |one, other| {
            (other.conversations, &one.name).cmp(&(one.conversations, &other.name))
        });
        all.truncate(MOST);
        Ok(all)
    }

    /// As [`languages`].
    pub fn languages(&mut self) -> Vec<Label> {
        let mut all = self.take("languages");
        for label in &mut all {
            label.name = language::name(&label.id).into_owned();
        }
        all
    }
}

fn are_stale(connection: &Connection) -> StoreResult<bool> {
    let mut stale = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM stale_labels)")?;
    Ok(stale.query_row([], |row| row.get(0))?)
}

/// Gathers the kept names anew, if anything changed that they are made of.
pub fn keep(connection: &Connection) -> StoreResult<()> {
    if are_stale(connection)? {
        connection.execute_batch(
            "DELETE FROM label_counts;
             INSERT INTO label_counts SELECT kind, name, sum(count) FROM labels_gathered GROUP BY 1, 2;
             DELETE FROM stale_labels;",
        )?;
    }
    Ok(())
}

/// Ticket types, with the conversations that tickets of each are linked to.
pub fn ticket_types(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT t.type, t.type, count(DISTINCT l.conversation) AS n, TRUE
         FROM tickets t LEFT JOIN conversation_links l ON l.id = t.id AND l.kind = 'ticket'
         WHERE t.type IS NOT NULL GROUP BY t.type ORDER BY n DESC, t.type",
    )
}

/// Addresses of teammates, for those who name somebody by it.
pub fn admin_addresses(connection: &Connection) -> StoreResult<Vec<(String, String)>> {
    let mut statement = connection.prepare_cached("SELECT id, email FROM admins WHERE email IS NOT NULL")?;
    let rows = statement.query_map([], |row| Ok((text(row, 0)?, text(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Kinds of channel, the most used first.
pub fn channels(connection: &Connection) -> StoreResult<Vec<Label>> {
    kept(connection, "channel")
}

/// Intercom's name of a channel that is called by a word of daily use: `conversation` for chat in
/// the Messenger.
#[must_use]
pub fn channel_name(name: &str) -> String {
    match name.trim().to_lowercase().as_str() {
        "chat" | "messenger" | "live chat" | "in-app" => "conversation".to_owned(),
        "e-mail" | "mail" => "email".to_owned(),
        other => other.to_owned(),
    }
}

/// States, the most frequent first.
pub fn states(connection: &Connection) -> StoreResult<Vec<Label>> {
    kept(connection, "state")
}

/// Priorities, the most frequent first.
pub fn priorities(connection: &Connection) -> StoreResult<Vec<Label>> {
    kept(connection, "priority")
}

/// Names that no table but that of the counts has.
fn kept(connection: &Connection, kind: &str) -> StoreResult<Vec<Label>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, name, count, TRUE FROM counts WHERE kind = ?1 AND count > 0 ORDER BY count DESC, name",
    )?;
    let rows = statement.query_map([kind], label)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
