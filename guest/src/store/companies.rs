//! Companies by id. Conversations and contacts keep a copy of the name, to be searched by.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
use crate::ids::CompanyId;

/// The key in `meta` of the company that was last looked at again.
const REFRESHED_TO: &str = "companies_refreshed_to";

/// Companies of cached contacts of which nothing is known, those of most contacts first.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read; so for the others that read.
pub fn unknown(connection: &Connection, limit: u64) -> StoreResult<Vec<CompanyId>> {
    let mut statement = connection.prepare_cached(
        "SELECT company_id FROM contacts
         WHERE company_id IS NOT NULL AND company_id NOT IN (SELECT id FROM companies)
         GROUP BY company_id ORDER BY count(*) DESC, company_id LIMIT ?1",
    )?;
    let ids =
        statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| row.get(0).map(CompanyId))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// The next companies to look at again: a `1/parts` of all, in the order of ids, beginning anew
/// after the last.
pub fn next_to_refresh(connection: &Connection, parts: i64) -> StoreResult<Vec<CompanyId>> {
    let after: Option<String> = connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([REFRESHED_TO], |row| row.get(0))
        .optional()?;
    let mut statement = connection.prepare_cached(
        "SELECT id FROM companies ORDER BY id <= ?1, id
         LIMIT (SELECT (count(*) + ?2 - 1) / ?2 FROM companies)",
    )?;
    let ids =
        statement.query_map(params![after.unwrap_or_default(), parts], |row| row.get(0).map(CompanyId))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Remembers how far the companies were looked at again.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written; so for the others below.
pub fn set_refreshed_to(connection: &Connection, id: &CompanyId) -> StoreResult<()> {
    connection.execute(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        params![REFRESHED_TO, id.as_str()],
    )?;
    Ok(())
}

/// Writes a company's name. Without one (it is gone, or has none) an older name stays, and the
/// company counts as known.
pub fn write(connection: &Connection, id: &CompanyId, name: Option<&str>) -> StoreResult<()> {
    connection
        .prepare_cached(
            "INSERT INTO companies (id, name) VALUES (?1, ?2)
             ON CONFLICT (id) DO UPDATE SET name = coalesce(excluded.name, name)",
        )?
        .execute(params![id.as_str(), name])?;
    Ok(())
}

/// Brings the names that contacts and conversations keep up to date. Returns how many changed.
pub fn spread_names(connection: &Connection) -> StoreResult<usize> {
    let mut changed = 0;
    for table in ["contacts", "conversations"] {
        changed += connection.execute(
            &format!(
                "UPDATE {table} SET company_name = k.name FROM companies k
                 WHERE k.id = {table}.company_id AND k.name IS NOT NULL AND {table}.company_name IS NOT k.name"
            ),
            [],
        )?;
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().expect("opens");
        connection.execute_batch(include_str!("schema.sql")).expect("creates");
        connection
    }

    #[test]
    fn each_company_comes_up_again_once_in_a_round() {
        let connection = database();
        for n in 0..10 {
            write(&connection, &CompanyId(format!("c{n}")), Some("a name")).expect("writes");
        }
        let mut seen = Vec::new();
        for _ in 0..4 {
            let ids = next_to_refresh(&connection, 4).expect("reads");
            set_refreshed_to(&connection, ids.last().expect("some")).expect("writes");
            seen.extend(ids);
        }
        assert_eq!(seen.len(), 12, "three of ten each time");
        seen.truncate(10);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 10);
    }

    #[test]
    fn a_name_reaches_contacts_and_conversations_and_a_gone_company_keeps_its_own() {
        let connection = database();
        connection
            .execute_batch(
                "INSERT INTO contacts (id, company_id) VALUES ('k1', 'c1'), ('k2', 'c2'), ('k3', 'c2'), ('k4', NULL);
                 INSERT INTO conversations (id, created_at, updated_at, company_id, company_name)
                 VALUES ('1', '2026-11-22', '2026-11-22', 'c1', 'Old Ltd');",
            )
            .expect("fills");
        let ids: Vec<String> = unknown(&connection, 9).expect("reads").into_iter().map(|id| id.0).collect();
        assert_eq!(ids, ["c2", "c1"], "the company of two contacts first");
        write(&connection, &CompanyId("c1".to_owned()), Some("New Ltd")).expect("writes");
        write(&connection, &CompanyId("c1".to_owned()), None).expect("writes");
        write(&connection, &CompanyId("c2".to_owned()), None).expect("writes");
        assert_eq!(unknown(&connection, 9).expect("reads"), []);
        assert_eq!(spread_names(&connection).expect("writes"), 2);
        assert_eq!(spread_names(&connection).expect("writes"), 0);
        let names: String = connection
            .query_row(
                "SELECT (SELECT company_name FROM contacts WHERE id = 'k1') || ', ' || (SELECT company_name FROM conversations)",
                [],
                |row| row.get(0),
            )
            .expect("reads");
        assert_eq!(names, "New Ltd, New Ltd");
    }
}
