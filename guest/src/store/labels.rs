//! The names that exist: tags, teams, teammates, channels, states, priorities, with counts.

use rusqlite::Connection;

use crate::error::StoreResult;

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
    let rows = statement.query_map([], |row| {
        Ok(Label { id: row.get(0)?, name: row.get(1)?, conversations: row.get(2)?, listed: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Tags, the most used first.
///
/// # Errors
/// When the database cannot be read; so for the other functions of this file.
pub fn tags(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT t.id, t.name, (SELECT count(*) FROM conversation_tags x WHERE x.tag_id = t.id) AS n, t.listed \
         FROM tags t ORDER BY n DESC, t.name",
    )
}

/// Teams, those with most conversations first.
pub fn teams(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT t.id, coalesce(t.name, t.id), (SELECT count(*) FROM conversations c WHERE c.team_assignee_id = t.id) AS n, t.listed \
         FROM teams t ORDER BY n DESC, t.name",
    )
}

/// Teammates, those with most conversations first. Bots are among them.
pub fn admins(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT a.id, coalesce(a.name, a.email, a.id), (SELECT count(*) FROM conversations c WHERE c.admin_assignee_id = a.id) AS n, a.listed \
         FROM admins a ORDER BY n DESC, a.name",
    )
}

/// Addresses of teammates, for those who name somebody by it.
pub fn admin_addresses(connection: &Connection) -> StoreResult<Vec<(String, String)>> {
    let mut statement = connection.prepare_cached("SELECT id, email FROM admins WHERE email IS NOT NULL")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Kinds of channel, the most used first.
pub fn channels(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT channel, channel, count(*) AS n, TRUE FROM conversations WHERE channel IS NOT NULL GROUP BY channel ORDER BY n DESC, channel",
    )
}

/// States, the most frequent first.
pub fn states(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT state, state, count(*) AS n, TRUE FROM conversations GROUP BY state ORDER BY n DESC, state",
    )
}

/// Priorities, the most frequent first.
pub fn priorities(connection: &Connection) -> StoreResult<Vec<Label>> {
    labels(
        connection,
        "SELECT priority, priority, count(*) AS n, TRUE FROM conversations GROUP BY priority ORDER BY n DESC, priority",
    )
}
