//! Companies by id. Conversations and contacts keep a copy of the name, to be searched by.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
use crate::ids::CompanyId;
use crate::store::conversations::rows::CompanyRow;

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

/// Writes what is known of a company. Without a name (it is gone, or has none) an older one stays,
/// without a profile the older one; and the company counts as known.
pub fn write(connection: &Connection, company: &CompanyRow) -> StoreResult<()> {
    let id = company.id.as_str();
    let Some(profile) = &company.profile else {
        connection
            .prepare_cached(
                "INSERT INTO companies (id, name) VALUES (?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name
                 WHERE excluded.name IS NOT NULL AND name IS NOT excluded.name",
            )?
            .execute(params![id, company.name])?;
        return Ok(());
    };
    connection
        .prepare_cached(
            "INSERT INTO companies (id, name, external_id, plan, monthly_spend, size, industry, website,
                user_count, created_at, last_request_at, tags, segments, custom_attributes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (id) DO UPDATE SET name = coalesce(excluded.name, name),
                external_id = excluded.external_id, plan = excluded.plan, monthly_spend = excluded.monthly_spend,
                size = excluded.size, industry = excluded.industry, website = excluded.website,
                user_count = excluded.user_count, created_at = excluded.created_at,
                last_request_at = excluded.last_request_at, tags = excluded.tags, segments = excluded.segments,
                custom_attributes = excluded.custom_attributes
             WHERE (name, external_id, plan, monthly_spend, size, industry, website, user_count, created_at,
                    last_request_at, tags, segments, custom_attributes)
                IS NOT (coalesce(excluded.name, name), excluded.external_id, excluded.plan, excluded.monthly_spend,
                    excluded.size, excluded.industry, excluded.website, excluded.user_count, excluded.created_at,
                    excluded.last_request_at, excluded.tags, excluded.segments, excluded.custom_attributes)",
        )?
        .execute(params![
            id,
            company.name,
            profile.external_id,
            profile.plan,
            profile.monthly_spend,
            profile.size,
            profile.industry,
            profile.website,
            profile.user_count,
            profile.created_at,
            profile.last_request_at,
            profile.tags,
            profile.segments,
            profile.custom_attributes,
        ])?;
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
        for step in crate::store::schema::STEPS {
            connection.execute_batch(step).expect("creates");
        }
        connection
    }

    fn named(id: &str, name: Option<&str>) -> CompanyRow {
        CompanyRow { id: CompanyId(id.to_owned()), name: name.map(str::to_owned), profile: None }
    }

    #[test]
    fn each_company_comes_up_again_once_in_a_round() {
        let connection = database();
        for n in 0..10 {
            write(&connection, &named(&format!("c{n}"), Some("a name"))).expect("writes");
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
        write(&connection, &named("c1", Some("New Ltd"))).expect("writes");
        write(&connection, &named("c1", None)).expect("writes");
        write(&connection, &named("c2", None)).expect("writes");
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
