//! Free numbers for messages.

use rusqlite::{Connection, OptionalExtension};

use crate::error::StoreResult;
use crate::ids::PartId;

/// The number under which that message is stored.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn of_message(connection: &Connection, id: &PartId) -> StoreResult<Option<i64>> {
    let number = connection
        .prepare_cached("SELECT number FROM messages WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(number)
}

/// A free number at or after `start`, near it.
///
/// A bulk change can put hundreds of messages into one second, which has 16 numbers. Their run
/// is leapt over in doubling steps and its end found by halving, so a number costs a few look-ups
/// and not one a neighbour. Where runs have holes the number found may be behind the first hole,
/// which does no harm.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn free_from(connection: &Connection, start: i64) -> StoreResult<i64> {
    if !is_taken(connection, start)? {
        return Ok(start);
    }
    let mut step = 1;
    while is_taken(connection, start + step)? {
        step *= 2;
    }
    let (mut taken, mut free) = (start + step / 2, start + step);
    while free - taken > 1 {
        let middle = taken + (free - taken) / 2;
        if is_taken(connection, middle)? {
            taken = middle;
        } else {
            free = middle;
        }
    }
    Ok(free)
}

fn is_taken(connection: &Connection, number: i64) -> StoreResult<bool> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT 1 FROM messages WHERE number = ?1")?
        .query_row([number], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_second_runs_over_without_visiting_each_neighbour() {
        let connection = Connection::open_in_memory().expect("opens");
        connection
            .execute_batch("CREATE TABLE messages (number INTEGER PRIMARY KEY, id TEXT)")
            .expect("creates");
        for expected in 1000..1700 {
            let number = free_from(&connection, 1000).expect("finds");
            assert_eq!(number, expected);
            connection.execute("INSERT INTO messages (number) VALUES (?1)", [number]).expect("inserts");
        }
    }
}
