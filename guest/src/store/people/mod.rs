//! Admins, teams, tags and contacts. Who is no longer listed keeps the name.

pub mod companies;
pub mod customers;
pub mod labels;

use rusqlite::{Connection, params};

use crate::error::StoreResult;
use crate::ids::{AdminId, CompanyId, ContactId, TagId, TeamId};
use crate::redaction::names::Names;
use crate::time::UnixSeconds;

#[derive(Clone, Debug)]
pub struct AdminRow {
    pub id: AdminId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub job_title: Option<String>,
    pub is_bot: bool,
}

#[derive(Clone, Debug)]
pub struct TeamRow {
    pub id: TeamId,
    pub name: Option<String>,
    /// JSON array of ids
    pub admin_ids: String,
}

#[derive(Clone, Debug)]
pub struct ContactRow {
    pub id: ContactId,
    pub role: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub external_id: Option<String>,
    pub company: Option<(CompanyId, Option<String>)>,
    pub country: Option<String>,
    pub region: Option<String>,
    pub city: Option<String>,
    pub language: Option<String>,
    pub browser: Option<String>,
    pub os: Option<String>,
    pub created_at: Option<UnixSeconds>,
    pub signed_up_at: Option<UnixSeconds>,
    pub last_seen_at: Option<UnixSeconds>,
    pub owner_id: Option<String>,
    pub unsubscribed: Option<bool>,
    /// JSON array of ids
    pub tag_ids: Option<String>,
    /// JSON object
    pub custom_attributes: Option<String>,
}

/// Replaces the list of admins; those missing from it stay, unlisted.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn replace_admins(connection: &Connection, admins: &[AdminRow]) -> StoreResult<()> {
    connection.execute("UPDATE admins SET listed = FALSE WHERE listed", [])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO admins (id, name, email, job_title, is_bot, listed) VALUES (?1, ?2, ?3, ?4, ?5, TRUE)
         ON CONFLICT (id) DO UPDATE SET name = coalesce(excluded.name, name), email = coalesce(excluded.email, email),
            job_title = excluded.job_title, is_bot = excluded.is_bot, listed = TRUE",
    )?;
    for admin in admins {
        statement.execute(params![
            admin.id.as_str(),
            admin.name,
            admin.email,
            admin.job_title,
            admin.is_bot
        ])?;
    }
    Ok(())
}

/// Replaces the list of teams; those missing from it stay, unlisted.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn replace_teams(connection: &Connection, teams: &[TeamRow]) -> StoreResult<()> {
    connection.execute("UPDATE teams SET listed = FALSE WHERE listed", [])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO teams (id, name, admin_ids, listed) VALUES (?1, ?2, ?3, TRUE)
         ON CONFLICT (id) DO UPDATE SET name = coalesce(excluded.name, name), admin_ids = excluded.admin_ids,
            listed = TRUE",
    )?;
    for team in teams {
        statement.execute(params![team.id.as_str(), team.name, team.admin_ids])?;
    }
    Ok(())
}

/// Replaces the list of tags; those missing from it stay, unlisted.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn replace_tags(connection: &Connection, tags: &[(TagId, String)]) -> StoreResult<()> {
    connection.execute("UPDATE tags SET listed = FALSE WHERE listed", [])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO tags (id, name, listed) VALUES (?1, ?2, TRUE)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, listed = TRUE",
    )?;
    for (id, name) in tags {
        statement.execute(params![id.as_str(), name])?;
    }
    Ok(())
}

/// Contacts of cached conversations that were never fetched or long ago: first those without a
/// name or address, then those without a company, the most recent conversations first.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn contacts_to_fetch(
    connection: &Connection,
    fetched_before: UnixSeconds,
    limit: u32,
) -> StoreResult<Vec<ContactId>> {
    let mut statement = connection.prepare_cached(
        "SELECT l.contact_id, max(l.updated_at) AS latest, k.email IS NULL AND k.name IS NULL AS unnamed
         FROM (SELECT x.contact_id, c.updated_at FROM conversation_contacts x JOIN conversations c ON c.id = x.conversation_id
               UNION ALL SELECT x.contact_id, t.updated_at FROM ticket_contacts x JOIN tickets t ON t.number = x.ticket) l
            LEFT JOIN contacts k ON k.id = l.contact_id
         WHERE k.id IS NULL OR ((k.fetched_at IS NULL OR k.fetched_at < ?1) AND k.merged_into IS NULL)
         GROUP BY l.contact_id ORDER BY unnamed DESC, latest DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![fetched_before, limit], |row| row.get(0).map(ContactId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Has all contacts fetched again.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn forget_contacts(connection: &Connection) -> StoreResult<()> {
    connection.execute("UPDATE contacts SET fetched_at = NULL WHERE merged_into IS NULL", [])?;
    Ok(())
}

/// Names of all people that the cache knows: contacts, teammates, and who is named by a conversation
/// alone.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn names(connection: &Connection) -> StoreResult<Names> {
    let mut statement = connection.prepare_cached(
        "SELECT name FROM contacts WHERE name <> '' UNION ALL SELECT name FROM admins WHERE name <> ''
         UNION ALL SELECT DISTINCT customer_name FROM conversations WHERE customer_name <> ''",
    )?;
    let mut rows = statement.query([])?;
    let mut names = Vec::new();
    while let Some(row) = rows.next()? {
        names.push(row.get::<_, String>(0)?);
    }
    Ok(names.iter().collect())
}

/// Writes a fetched contact, and its address into its conversations that have none.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn write_contact(connection: &Connection, contact: &ContactRow, now: UnixSeconds) -> StoreResult<()> {
    let (company_id, company_name) = match &contact.company {
        Some((id, name)) => (Some(id.as_str()), name.as_deref()),
        None => (None, None),
    };
    connection
        .prepare_cached(
            "INSERT INTO contacts (id, role, name, email, phone, external_id, company_id, company_name, fetched_at,
                country, region, city, language, browser, os, created_at, signed_up_at, last_seen_at, owner_id,
                unsubscribed, tag_ids, custom_attributes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)
             ON CONFLICT (id) DO UPDATE SET role = coalesce(excluded.role, role), name = coalesce(excluded.name, name),
                email = coalesce(excluded.email, email), phone = excluded.phone, external_id = excluded.external_id,
                company_id = coalesce(excluded.company_id, company_id),
                company_name = coalesce(excluded.company_name, company_name), fetched_at = excluded.fetched_at,
                country = excluded.country, region = excluded.region, city = excluded.city,
                language = excluded.language, browser = excluded.browser, os = excluded.os,
                created_at = excluded.created_at, signed_up_at = excluded.signed_up_at,
                last_seen_at = excluded.last_seen_at, owner_id = excluded.owner_id,
                unsubscribed = excluded.unsubscribed, tag_ids = excluded.tag_ids,
                custom_attributes = excluded.custom_attributes",
        )?
        .execute(params![
            contact.id.as_str(),
            contact.role,
            contact.name,
            contact.email,
            contact.phone,
            contact.external_id,
            company_id,
            company_name,
            now,
            contact.country,
            contact.region,
            contact.city,
            contact.language,
            contact.browser,
            contact.os,
            contact.created_at,
            contact.signed_up_at,
            contact.last_seen_at,
            contact.owner_id,
            contact.unsubscribed,
            contact.tag_ids,
            contact.custom_attributes,
        ])?;
    if let (Some(id), Some(name)) = (company_id, company_name) {
        connection
            .prepare_cached(
                "INSERT INTO companies (id, name) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            )?
            .execute(params![id, name])?;
    }
    connection
        .prepare_cached(
            "UPDATE conversations SET customer_email = coalesce(customer_email, ?2),
                customer_name = coalesce(customer_name, ?3), company_id = coalesce(company_id, ?4),
                company_name = coalesce(company_name, ?5)
             WHERE id IN (SELECT conversation_id FROM conversation_contacts WHERE contact_id = ?1)
                AND contact_id = ?1",
        )?
        .execute(params![contact.id.as_str(), contact.email, contact.name, company_id, company_name])?;
    Ok(())
}

/// Notes that a contact was merged into another one, or that it is gone (`None`).
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn set_contact_gone(
    connection: &Connection,
    id: &ContactId,
    merged_into: Option<&ContactId>,
    now: UnixSeconds,
) -> StoreResult<()> {
    connection
        .prepare_cached(
            "INSERT INTO contacts (id, merged_into, fetched_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET merged_into = excluded.merged_into, fetched_at = excluded.fetched_at",
        )?
        .execute(params![id.as_str(), merged_into.map(ContactId::as_str), now])?;
    Ok(())
}

/// Forgets whom and what no conversation names any more, once those that did were dropped: contacts
/// (one in whom another was merged stays as long as that one), companies without contacts, what the
/// AI agent answered from, and tags that Intercom does not list.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn forget_strangers(connection: &Connection) -> StoreResult<()> {
    connection.execute_batch(
        "DELETE FROM contacts
         WHERE id NOT IN (SELECT contact_id FROM conversation_contacts)
           AND id NOT IN (SELECT contact_id FROM conversations WHERE contact_id IS NOT NULL)
           AND id NOT IN (SELECT contact_id FROM ticket_contacts)
           AND id NOT IN (SELECT merged_into FROM contacts WHERE merged_into IS NOT NULL);
         DELETE FROM companies
         WHERE id NOT IN (SELECT company_id FROM contacts WHERE company_id IS NOT NULL)
           AND id NOT IN (SELECT company_id FROM conversations WHERE company_id IS NOT NULL);
         DELETE FROM content_sources WHERE number NOT IN (SELECT source FROM conversation_content_sources);
         DELETE FROM tags
         WHERE NOT listed AND id NOT IN (SELECT tag_id FROM conversation_tags)
           AND id NOT IN (SELECT j.value FROM contacts k, json_each(k.tag_ids) j WHERE k.tag_ids IS NOT NULL);",
    )?;
    Ok(())
}
