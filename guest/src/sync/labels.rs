//! Admins, teams and tags, so that answers can say names.

use serde_json::Value;

use super::SyncError;
use super::engine::Engine;
use crate::environment::HttpRequest;
use crate::error::StoreResult;
use crate::intercom::directory::{read_admins, read_tags, read_teams};
use crate::intercom::error::ApiError;
use crate::store::people::{AdminRow, TeamRow, replace_admins, replace_tags, replace_teams};
use crate::store::runs::facts::{Fact, fact, set_fact};
use crate::store::runs::notes::clear_note;
use crate::time::HOUR;

/// Names change rarely.
const REFRESH_SECONDS: i64 = HOUR;

/// Reads the three lists, unless that was done within the hour. What the token may not read
/// leaves a note and does no other harm.
pub(super) fn refresh(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    let now = engine.server_now();
    let last = fact(engine.connection(), Fact::LabelsRefreshedAt)?;
    if last.is_some_and(|last| now.since(last).abs() < REFRESH_SECONDS) {
        return Ok(());
    }
    engine.begin("reading names");
    let request = engine.fetcher.api.admins();
    refresh_list(engine, &request, "admins", "Read admins", "admins", read_admins, |connection, admins| {
        let rows: Vec<AdminRow> = admins
            .into_iter()
            .map(|admin| AdminRow {
                id: admin.id,
                name: admin.name,
                email: admin.email,
                job_title: admin.job_title,
                is_bot: admin.is_bot,
            })
            .collect();
        replace_admins(connection, &rows)
    })?;
    let request = engine.fetcher.api.teams();
    refresh_list(engine, &request, "teams", "Read admins", "teams", read_teams, |connection, teams| {
        let rows: Vec<TeamRow> = teams
            .into_iter()
            .map(|team| TeamRow {
                id: team.id,
                name: team.name,
                admin_ids: Value::from(team.admins.into_iter().map(|id| id.0).collect::<Vec<_>>())
                    .to_string(),
            })
            .collect();
        replace_teams(connection, &rows)
    })?;
    let request = engine.fetcher.api.tags();
    refresh_list(engine, &request, "tags", "Read tags", "data", read_tags, |connection, tags| {
        let rows: Vec<_> = tags.into_iter().map(|tag| (tag.id, tag.name)).collect();
        replace_tags(connection, &rows)
    })?;
    engine.write(|transaction| set_fact(transaction, Fact::LabelsRefreshedAt, now))
}

fn refresh_list<T>(
    engine: &mut Engine<'_>,
    request: &HttpRequest,
    topic: &'static str,
    permission: &str,
    field: &'static str,
    read: fn(Value) -> Option<Vec<T>>,
    write: impl FnOnce(&rusqlite::Connection, Vec<T>) -> StoreResult<()>,
) -> Result<(), SyncError> {
    let answer = engine.ask(request, |value| read(value).ok_or(ApiError::Unexpected { missing: field }));
    match answer {
        Ok(list) => engine.write(|transaction| {
            write(transaction, list)?;
            clear_note(transaction, topic)
        }),
        Err(failure) => engine.degrade(topic, permission, failure),
    }
}
