//! The names that exist: tags, teams, teammates, channels, states, priorities, with counts.

use rusqlite::{Connection, Row};

use crate::error::StoreResult;
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
/// of customers and companies; those of most conversations first. Reads all that have any.
pub fn attributes(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT name, name, sum(n) AS n, TRUE FROM (
            SELECT j.key AS name, count(*) AS n FROM conversations c, json_each(c.custom_attributes) j
                WHERE c.custom_attributes IS NOT NULL AND j.type <> 'null' GROUP BY 1
            UNION ALL SELECT 'contact.' || j.key, sum(k.n) FROM
                (SELECT contact_id AS id, count(*) AS n FROM conversations GROUP BY 1) k
                JOIN contacts p ON p.id = k.id, json_each(p.custom_attributes) j
                WHERE p.custom_attributes IS NOT NULL AND j.type <> 'null' GROUP BY 1
            UNION ALL SELECT 'company.' || j.key, sum(k.n) FROM
                (SELECT company_id AS id, count(*) AS n FROM conversations GROUP BY 1) k
                JOIN companies p ON p.id = k.id, json_each(p.custom_attributes) j
                WHERE p.custom_attributes IS NOT NULL AND j.type <> 'null' GROUP BY 1
         ) GROUP BY name ORDER BY n DESC, name LIMIT 500",
    )
}

/// Plans of companies, those of most conversations first.
pub fn plans(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT k.plan, k.plan, count(*) AS n, TRUE FROM conversations c JOIN companies k ON k.id = c.company_id
         WHERE k.plan IS NOT NULL GROUP BY k.plan ORDER BY n DESC, k.plan LIMIT 500",
    )
}

/// Segments of companies, those of most conversations first.
pub fn segments(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT j.value, j.value, count(*) AS n, TRUE FROM conversations c JOIN companies k ON k.id = c.company_id,
            json_each(k.segments) j WHERE k.segments IS NOT NULL GROUP BY j.value ORDER BY n DESC, j.value LIMIT 500",
    )
}

/// Countries of customers, those of most conversations first.
pub fn countries(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT k.country, k.country, count(*) AS n, TRUE FROM conversations c JOIN contacts k ON k.id = c.contact_id
         WHERE k.country IS NOT NULL GROUP BY k.country ORDER BY n DESC, k.country LIMIT 500",
    )
}

/// Languages, those of most conversations first: under one name as Intercom writes them here
/// and there.
pub fn languages(connection: &Connection) -> StoreResult<Vec<Label>> {
    let mut found = labels(
        connection,
        "SELECT language, language, count(*) AS n, TRUE FROM (SELECT coalesce(c.language, k.language) AS language
            FROM conversations c LEFT JOIN contacts k ON k.id = c.contact_id)
         WHERE language IS NOT NULL GROUP BY language ORDER BY n DESC, language LIMIT 500",
    )?;
    for label in &mut found {
        label.name = language::name(&label.id).into_owned();
    }
    Ok(found)
}

/// Articles and whatever else the AI agent answered from, those of most conversations first.
pub fn articles(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT name, name, count(DISTINCT conversation) AS n, TRUE FROM
            (SELECT coalesce(nullif(s.title, ''), s.url) AS name, x.conversation
             FROM conversation_content_sources x JOIN content_sources s ON s.number = x.source)
         GROUP BY name ORDER BY n DESC, name LIMIT 500",
    )
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
