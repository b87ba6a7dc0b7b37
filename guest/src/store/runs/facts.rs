//! Single facts about the sync that the table `meta` remembers: moments, counts, durations.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
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
