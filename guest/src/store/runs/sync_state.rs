//! Single facts about the sync: the workspace, remembered values, notes for the user.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
use crate::ids::WorkspaceId;
use crate::store::lossy::text;
use crate::time::UnixSeconds;

/// Names of the values in `meta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Server's time at the begin of the newest run that read everything up to it.
    HighWater,
    /// From here on the list may have lagged behind when it was read: read again next time.
    ProvisionalFrom,
    /// How far back the first sync goes.
    InitialLow,
    /// The first sync has reached [`Fact::InitialLow`].
    InitialDone,
    LabelsRefreshedAt,
    CompaniesRefreshedAt,
    /// `deleted_at` up to which the list of deleted conversations was read.
    DeletedUpTo,
    SweptAt,
    CountedAt,
    /// When the help centre was last asked for, and when all its articles were last known.
    HelpCenterAskedAt,
    ArticlesReadAt,
    /// When they were last listed to the end.
    ArticlesListedAt,
    /// Since when tickets are read, by the time of their last change, and up to when they were.
    TicketsFrom,
    TicketsReadTo,
    /// When they were last asked for, counted, and listed from the first to the last.
    TicketsAskedAt,
    TicketsCountedAt,
    TicketsListedAt,
    /// When a run last waited for the rate limit, by our own clock.
    HeldBackAt,
    /// When the run at hand expects to be done, by our own clock.
    ExpectedEndAt,
}

impl Fact {
    /// Every one.
    pub const ALL: [Self; 19] = [
        Self::HighWater,
        Self::ProvisionalFrom,
        Self::InitialLow,
        Self::InitialDone,
        Self::LabelsRefreshedAt,
        Self::CompaniesRefreshedAt,
        Self::DeletedUpTo,
        Self::SweptAt,
        Self::CountedAt,
        Self::HelpCenterAskedAt,
        Self::ArticlesReadAt,
        Self::ArticlesListedAt,
        Self::TicketsFrom,
        Self::TicketsReadTo,
        Self::TicketsAskedAt,
        Self::TicketsCountedAt,
        Self::TicketsListedAt,
        Self::HeldBackAt,
        Self::ExpectedEndAt,
    ];

    /// Its key in `meta`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::HighWater => "high_water",
            Self::ProvisionalFrom => "provisional_from",
            Self::InitialLow => "initial_low",
            Self::InitialDone => "initial_done",
            Self::LabelsRefreshedAt => "labels_refreshed_at",
            Self::CompaniesRefreshedAt => "companies_refreshed_at",
            Self::DeletedUpTo => "deleted_up_to",
            Self::SweptAt => "swept_at",
            Self::CountedAt => "counted_at",
            Self::HelpCenterAskedAt => "help_center_asked_at",
            Self::ArticlesReadAt => "articles_read_at",
            Self::ArticlesListedAt => "articles_listed_at",
            Self::TicketsFrom => "tickets_from",
            Self::TicketsReadTo => "tickets_read_to",
            Self::TicketsAskedAt => "tickets_asked_at",
            Self::TicketsCountedAt => "tickets_counted_at",
            Self::TicketsListedAt => "tickets_listed_at",
            Self::HeldBackAt => "held_back_at",
            Self::ExpectedEndAt => "expected_end_at",
        }
    }
}

/// A remembered instant.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn fact(connection: &Connection, fact: Fact) -> StoreResult<Option<UnixSeconds>> {
    let value: Option<Option<i64>> = connection
        .prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?1")?
        .query_row([fact.key()], |row| row.get(0))
        .optional()?;
    Ok(value.flatten().map(UnixSeconds))
}

/// Remembers an instant.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn set_fact(connection: &Connection, fact: Fact, value: UnixSeconds) -> StoreResult<()> {
    connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )?
        .execute(params![fact.key(), value.0])?;
    Ok(())
}

/// Forgets an instant.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn clear_fact(connection: &Connection, fact: Fact) -> StoreResult<()> {
    connection.execute("DELETE FROM meta WHERE key = ?1", [fact.key()])?;
    Ok(())
}

/// What all syncs of this database did together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests sent to Intercom.
    pub requests: u64,
    /// Answers with status 429.
    pub rate_limited: u64,
}

const TRAFFIC: [&str; 2] = ["requests_sent", "rate_limited_answers"];

/// Adds what one run did.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn add_traffic(connection: &Connection, traffic: Traffic) -> StoreResult<()> {
    let mut add = connection.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = value + excluded.value",
    )?;
    for (key, count) in TRAFFIC.into_iter().zip([traffic.requests, traffic.rate_limited]) {
        add.execute(params![key, i64::try_from(count).unwrap_or(i64::MAX)])?;
    }
    Ok(())
}

/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn traffic(connection: &Connection) -> StoreResult<Traffic> {
    let [requests, rate_limited] = TRAFFIC.map(|key| count(connection, key));
    Ok(Traffic { requests: requests?.unwrap_or(0), rate_limited: rate_limited?.unwrap_or(0) })
}

/// Where the time of the newest run went, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunTimes {
    /// Waiting for Intercom's rate limit.
    pub limit_ms: u64,
    /// Waiting for Intercom's answers.
    pub network_ms: u64,
    /// Reading and writing what came.
    pub own_ms: u64,
}

const TIMES: [&str; 3] = ["run_limit_ms", "run_network_ms", "run_own_ms"];

/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn set_run_times(connection: &Connection, times: RunTimes) -> StoreResult<()> {
    let mut set = connection.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )?;
    for (key, ms) in TIMES.into_iter().zip([times.limit_ms, times.network_ms, times.own_ms]) {
        set.execute(params![key, i64::try_from(ms).unwrap_or(i64::MAX)])?;
    }
    Ok(())
}

/// None before a run noted any.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn run_times(connection: &Connection) -> StoreResult<Option<RunTimes>> {
    let [limit, network, own] = TIMES.map(|key| count(connection, key));
    Ok(limit?.zip(network?).zip(own?).map(|((limit_ms, network_ms), own_ms)| RunTimes {
        limit_ms,
        network_ms,
        own_ms,
    }))
}

fn count(connection: &Connection, key: &str) -> StoreResult<Option<u64>> {
    let value: Option<Option<i64>> = connection
        .prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(value.flatten().and_then(|value| u64::try_from(value).ok()))
}

/// The workspace that this database belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceRow {
    pub id: WorkspaceId,
    pub name: Option<String>,
    pub region: Option<String>,
    pub timezone: Option<String>,
}

/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn workspace(connection: &Connection) -> StoreResult<Option<WorkspaceRow>> {
    let row = connection
        .query_row("SELECT id_code, name, region, timezone FROM workspace", [], |row| {
            Ok(WorkspaceRow {
                id: WorkspaceId(text(row, 0)?),
                name: text(row, 1)?,
                region: text(row, 2)?,
                timezone: text(row, 3)?,
            })
        })
        .optional()?;
    Ok(row)
}

/// Writes the workspace. The caller has made sure that it is the same one, or the first.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn set_workspace(connection: &Connection, workspace: &WorkspaceRow, now: UnixSeconds) -> StoreResult<()> {
    connection.execute(
        "INSERT INTO workspace (id_code, name, region, timezone, checked_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id_code) DO UPDATE SET name = excluded.name, region = excluded.region,
            timezone = excluded.timezone, checked_at = excluded.checked_at",
        params![workspace.id.as_str(), workspace.name, workspace.region, workspace.timezone, now],
    )?;
    Ok(())
}

/// Writes down what cannot be read, a sentence a topic.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn set_note(connection: &Connection, topic: &str, note: &str, now: UnixSeconds) -> StoreResult<()> {
    connection.execute(
        "INSERT INTO sync_notes (topic, note, noted_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (topic) DO UPDATE SET note = excluded.note, noted_at = excluded.noted_at",
        params![topic, note, now],
    )?;
    Ok(())
}

/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn clear_note(connection: &Connection, topic: &str) -> StoreResult<()> {
    connection.execute("DELETE FROM sync_notes WHERE topic = ?1", [topic])?;
    Ok(())
}

/// What was written down of a topic.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn note(connection: &Connection, topic: &str) -> StoreResult<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT note FROM sync_notes WHERE topic = ?1")?;
    Ok(statement.query_row([topic], |row| text(row, 0)).optional()?)
}

/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn notes(connection: &Connection) -> StoreResult<Vec<String>> {
    let mut statement = connection.prepare("SELECT note FROM sync_notes ORDER BY topic")?;
    let notes = statement.query_map([], |row| text(row, 0))?.collect::<Result<_, _>>()?;
    Ok(notes)
}
