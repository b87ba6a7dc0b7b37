//! Whose conversations these are: the table `workspace`.

use rusqlite::{Connection, OptionalExtension, params};

use super::lossy::text;
use crate::error::StoreResult;
use crate::ids::WorkspaceId;
use crate::time::UnixSeconds;

/// The workspace that this database belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: Option<String>,
    pub region: Option<String>,
    pub timezone: Option<String>,
}

/// The workspace, once a sync has seen it.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn workspace(connection: &Connection) -> StoreResult<Option<Workspace>> {
    let row = connection
        .query_row("SELECT id_code, name, region, timezone FROM workspace", [], |row| {
            Ok(Workspace {
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
pub fn set_workspace(connection: &Connection, workspace: &Workspace, now: UnixSeconds) -> StoreResult<()> {
    connection.execute(
        "INSERT INTO workspace (id_code, name, region, timezone, checked_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id_code) DO UPDATE SET name = excluded.name, region = excluded.region,
            timezone = excluded.timezone, checked_at = excluded.checked_at",
        params![workspace.id.as_str(), workspace.name, workspace.region, workspace.timezone, now],
    )?;
    Ok(())
}
