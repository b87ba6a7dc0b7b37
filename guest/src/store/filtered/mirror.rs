//! Rows of one database put into another of the same schema.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Params, Row, params_from_iter};

use crate::error::StoreResult;

/// Columns of a table that hold something of their own, in their order.
pub(super) fn columns(connection: &Connection, table: &str) -> StoreResult<Vec<String>> {
    let mut statement = connection.prepare_cached("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
    Ok(statement.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Copies the rows that meet the condition; rows that are there stay as they are. Returns how many
/// were new.
pub(super) fn copy_rows(
    from: &Connection,
    to: &Connection,
    table: &str,
    condition: &str,
    parameters: impl Params,
) -> StoreResult<usize> {
    copy_as(from, to, table, &columns(to, table)?, condition, parameters, |_| Ok(()))
}

/// Copies these columns of the rows that meet the condition, with values that the caller changes.
pub(super) fn copy_as(
    from: &Connection,
    to: &Connection,
    table: &str,
    columns: &[String],
    condition: &str,
    parameters: impl Params,
    mut change: impl FnMut(&mut [ToSqlOutput<'_>]) -> StoreResult<()>,
) -> StoreResult<usize> {
    let mut statement =
        from.prepare_cached(&format!("SELECT {} FROM {table} WHERE {condition}", columns.join(", ")))?;
    let mut rows = statement.query(parameters)?;
    let mut insert = to.prepare_cached(&inserting("INSERT OR IGNORE", table, columns))?;
    let mut copied = 0;
    while let Some(row) = rows.next()? {
        let mut values = values(row)?;
        change(&mut values)?;
        copied += insert.execute(params_from_iter(values))?;
    }
    Ok(copied)
}

/// Copies all rows that meet the condition in the place of all that are there. For small tables.
pub(super) fn replace(from: &Connection, to: &Connection, table: &str, condition: &str) -> StoreResult<()> {
    to.execute(&format!("DELETE FROM {table}"), [])?;
    copy_rows(from, to, table, condition, [])?;
    Ok(())
}

/// Columns of `articles` in which Intercom counts conversations, whoever may see them.
const COUNTED_OF_ALL: [&str; 3] = ["conversions", "fin_involvements", "fin_resolutions"];

/// Makes a table as it is in the other database, or as its rows of these keys are: only what
/// differs is written. Returns how many rows that were.
pub(super) fn mirror(
    from: &Connection,
    to: &Connection,
    table: &str,
    key: &str,
    only: Option<&[String]>,
) -> StoreResult<usize> {
    let mut columns = columns(to, table)?;
    columns.retain(|column| !COUNTED_OF_ALL.contains(&column.as_str()));
    let select = |condition: &str| {
        format!("SELECT CAST({key} AS TEXT), {} FROM {table} WHERE {condition}", columns.join(", "))
    };
    let mut held: HashMap<String, i64> = HashMap::new();
    let mut statement = to.prepare(&select("TRUE"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        held.insert(row.get(0)?, hash_row(row)?);
    }
    drop(rows);
    let mut changed = 0;
    let mut insert = to.prepare(&inserting("INSERT OR REPLACE", table, &columns))?;
    let mut take = |row: &Row<'_>| -> StoreResult<()> {
        let (key, hash): (String, i64) = (row.get(0)?, hash_row(row)?);
        if held.remove(&key) != Some(hash) {
            insert.execute(params_from_iter(values(row)?.into_iter().skip(1)))?;
            changed += 1;
        }
        Ok(())
    };
    match only {
        None => {
            let mut statement = from.prepare(&select("TRUE"))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                take(row)?;
            }
        }
        Some(keys) => {
            let mut statement = from.prepare(&select(&format!("{key} = ?1")))?;
            for key in keys {
                let mut rows = statement.query([key])?;
                while let Some(row) = rows.next()? {
                    take(row)?;
                }
            }
        }
    }
    let mut delete = to.prepare(&format!("DELETE FROM {table} WHERE {key} = ?1"))?;
    for gone in held.keys() {
        changed += delete.execute([gone])?;
    }
    Ok(changed)
}

/// A mark of a row's state: rows that differ have the same once in 2⁶⁴.
pub(super) fn hash_row(row: &Row<'_>) -> StoreResult<i64> {
    let mut hasher = DefaultHasher::new();
    for column in 0..row.as_ref().column_count() {
        match row.get_ref(column)? {
            ValueRef::Null => 0_u8.hash(&mut hasher),
            ValueRef::Integer(number) => (1_u8, number).hash(&mut hasher),
            ValueRef::Real(number) => (2_u8, number.to_bits()).hash(&mut hasher),
            ValueRef::Text(bytes) => (3_u8, bytes).hash(&mut hasher),
            ValueRef::Blob(bytes) => (4_u8, bytes).hash(&mut hasher),
        }
    }
    Ok(hasher.finish().cast_signed())
}

fn inserting(verb: &str, table: &str, columns: &[String]) -> String {
    let places = vec!["?"; columns.len()].join(", ");
    format!("{verb} INTO {table} ({}) VALUES ({places})", columns.join(", "))
}

/// A row's values as they are. What is no UTF-8 goes on with replacement characters.
fn values<'a>(row: &'a Row<'_>) -> StoreResult<Vec<ToSqlOutput<'a>>> {
    let mut values = Vec::new();
    for column in 0..row.as_ref().column_count() {
        values.push(match row.get_ref(column)? {
            ValueRef::Text(bytes) if std::str::from_utf8(bytes).is_err() => {
                ToSqlOutput::Owned(Value::Text(String::from_utf8_lossy(bytes).into_owned()))
            }
            value => ToSqlOutput::Borrowed(value),
        });
    }
    Ok(values)
}
