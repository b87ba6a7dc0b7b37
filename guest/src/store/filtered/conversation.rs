//! One conversation with everything of it, put into a copy and taken out.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::mirror::{columns, copy_as, copy_rows};
use crate::error::StoreResult;
use crate::store::conversations::message_numbers::free_from;
use crate::store::refresh::index_anew;
use crate::store::unindex_message;

/// All columns but the number, and those that a copy counts itself.
pub(super) fn conversation_columns(connection: &Connection) -> StoreResult<Vec<String>> {
    let mut columns = columns(connection, "conversations")?;
    columns.retain(|column| !["number", "words"].contains(&column.as_str()));
    Ok(columns)
}

/// A number for a conversation that is new here. Numbers of the source would tell how many others
/// there are.
pub(super) fn next_number(to: &Connection) -> StoreResult<i64> {
    let last = to
        .prepare_cached("SELECT coalesce(max(number), 0) FROM filtered_conversations")?
        .query_row([], |row| row.get::<_, i64>(0))?;
    Ok(last + 1)
}

/// Takes a conversation out of the copy, if it is there. Returns the number that it had.
pub(super) fn remove(to: &Connection, source: i64) -> StoreResult<Option<i64>> {
    let number: Option<i64> = to
        .prepare_cached("DELETE FROM filtered_conversations WHERE source = ?1 RETURNING number")?
        .query_row([source], |row| row.get(0))
        .optional()?;
    let Some(number) = number else { return Ok(None) };
    for message in messages_of(to, number)? {
        unindex_message(to, message)?;
    }
    // What belongs to it goes with it.
    to.prepare_cached("DELETE FROM conversations WHERE number = ?1")?.execute([number])?;
    Ok(Some(number))
}

fn messages_of(to: &Connection, conversation: i64) -> StoreResult<Vec<i64>> {
    let mut statement = to.prepare_cached(
        "SELECT number FROM messages WHERE conversation_id = (SELECT id FROM conversations WHERE number = ?1)",
    )?;
    Ok(statement.query_map([conversation], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Copies a conversation, which the copy does not have, with everything of it, if it is still to be
/// seen.
pub(super) fn copy_conversation(
    from: &Connection,
    to: &Connection,
    source: i64,
    number: i64,
    condition: &str,
    notes: bool,
) -> StoreResult<()> {
    let as_number = |values: &mut [ToSqlOutput<'_>], place: Option<usize>| {
        if let Some(value) = place.and_then(|place| values.get_mut(place)) {
            *value = number.into();
        }
        Ok(())
    };
    let mut names = conversation_columns(to)?;
    names.push("number".to_owned());
    let seen = format!(
        "number = ?1 AND number IN (SELECT c.number FROM conversations c WHERE c.number = ?1 AND {condition})"
    );
    let place = names.len() - 1;
    let copied =
        copy_as(from, to, "conversations", &names, &seen, [source], |values| as_number(values, Some(place)))?;
    if copied == 0 {
        return Ok(());
    }
    let by_id = "conversation_id = (SELECT id FROM conversations WHERE number = ?1)";
    let by_number = "conversation = ?1";
    let messages = format!("{by_id} AND {} ORDER BY number", if notes { "TRUE" } else { "NOT is_note" });
    let names = columns(to, "messages")?;
    let place = names.iter().position(|name| name == "number");
    let order = names.iter().position(|name| name == "sequence_number");
    let mut position = 0_i64;
    let copied = copy_as(from, to, "messages", &names, &messages, [source], |values| {
        // A gap would tell of a note.
        if let Some(value) = order.filter(|_| !notes).and_then(|place| values.get_mut(place)) {
            *value = position.into();
            position += 1;
        }
        let Some(value) = place.and_then(|place| values.get_mut(place)) else { return Ok(()) };
        // The first number of its second: see `message_number`.
        if let ToSqlOutput::Borrowed(ValueRef::Integer(there)) = value {
            *value = free_from(to, there.div_euclid(16) * 16)?.into();
        }
        Ok(())
    })?;
    if !notes {
        to.prepare_cached(
            "UPDATE conversations SET part_count = part_count - (message_count - ?2), message_count = ?2 WHERE number = ?1",
        )?
        .execute(params![number, copied as i64])?;
    }
    for table in ["conversation_tags", "conversation_contacts", "hydration_queue"] {
        copy_rows(from, to, table, by_id, [source])?;
    }
    let sources = "number IN (SELECT source FROM conversation_content_sources WHERE conversation = ?1)";
    copy_rows(from, to, "content_sources", sources, [source])?;
    for table in ["conversation_events", "conversation_links", "conversation_content_sources"] {
        let names = columns(to, table)?;
        let place = names.iter().position(|name| name == "conversation");
        copy_as(from, to, table, &names, by_number, [source], |values| as_number(values, place))?;
    }
    messages_of(to, number)?.iter().try_for_each(|message| index_anew(to, *message))
}
