//! Tickets of a person: those that are theirs alone go, others go on without them.

use std::sync::Arc;

use rusqlite::Connection;

use super::block_list::{self, Kind};
use super::erased::{Erased, blank};
use super::person::Person;
use super::sought::Sought;
use super::sweep::Table;
use crate::error::StoreResult;
use crate::ids::TicketId;
use crate::store::{lossy, tickets};
use crate::time::UnixSeconds;

/// Ids of tickets that are theirs alone, and numbers of those that others have a part in.
///
/// # Errors
/// When the database cannot be read; so for the others.
pub fn tickets_of(tx: &Connection, person: &Person) -> StoreResult<(Vec<TicketId>, Vec<i64>)> {
    let ids = person.ids();
    let mut statement = tx.prepare(&format!(
        "WITH theirs (number) AS (
            SELECT ticket FROM ticket_contacts WHERE contact_id IN ({ids})
            UNION SELECT ticket FROM ticket_parts WHERE author_id IN ({ids}) AND author_type IN ('user', 'lead'))
         SELECT t.id, t.number,
            EXISTS (SELECT 1 FROM ticket_contacts x WHERE x.ticket = t.number AND x.contact_id NOT IN ({ids}))
            OR (NOT EXISTS (SELECT 1 FROM ticket_contacts x WHERE x.ticket = t.number)
                AND EXISTS (SELECT 1 FROM ticket_parts p WHERE p.ticket = t.number
                    AND p.author_type IN ('user', 'lead') AND p.author_id NOT IN ({ids})))
         FROM theirs JOIN tickets t ON t.number = theirs.number"
    ))?;
    let mut rows = statement.query([])?;
    let (mut whole, mut shared) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        if row.get(2)? {
            shared.push(row.get(1)?);
        } else {
            whole.push(TicketId(row.get(0)?));
        }
    }
    Ok((whole, shared))
}

/// Removes what is theirs. Returns the numbers of the tickets that go on without them.
pub(super) fn take_out_of_tickets(
    tx: &Connection,
    person: &Person,
    now: UnixSeconds,
    erased: &mut Erased,
) -> StoreResult<Vec<i64>> {
    let (whole, shared) = tickets_of(tx, person)?;
    for id in &whole {
        erased.remove("tickets", usize::from(tickets::remove(tx, id)?));
        erased.blocked += u64::from(block_list::add(tx, Kind::Ticket, id.as_str(), now)?);
    }
    let ids = person.ids();
    for number in &shared {
        let parts = tx
            .prepare_cached(&format!(
                "DELETE FROM ticket_parts WHERE ticket = ?1 AND author_id IN ({ids}) AND author_type IN ('user', 'lead')"
            ))?
            .execute([number])?;
        erased.remove("ticket_parts", parts);
        let contacts = tx
            .prepare_cached(&format!(
                "DELETE FROM ticket_contacts WHERE ticket = ?1 AND contact_id IN ({ids})"
            ))?
            .execute([number])?;
        erased.remove("ticket_contacts", contacts);
        // Nobody says which of its customers opened it; what teammates opened is not a customer's.
        tx.prepare_cached(
            "UPDATE tickets SET title = NULL, description = NULL, attributes = NULL
             WHERE number = ?1 AND category IS NOT 'Back-office' AND category IS NOT 'Tracker'",
        )?
        .execute([number])?;
        tickets::index(tx, *number)?;
        let id: String = tx
            .prepare_cached("SELECT id FROM tickets WHERE number = ?1")?
            .query_row([number], |row| lossy::text(row, 0))?;
        erased.blocked += u64::from(block_list::add(tx, Kind::TicketOpening, &id, now)?);
    }
    Ok(shared)
}

/// Blanks the words of their names in a ticket that they had a part in: `Hi Jane`.
pub(super) fn blank_words_of_ticket(
    tx: &Connection,
    tables: &[Table],
    number: i64,
    words: &Arc<Sought>,
    erased: &mut Erased,
) -> StoreResult<()> {
    for table in tables {
        let condition = match table.name.as_str() {
            "tickets" => format!("number = {number}"),
            "ticket_parts" => format!("ticket = {number}"),
            _ => continue,
        };
        let (_, found) = table.mentioning(tx, &condition, words)?;
        blank(tx, table, &found, erased)?;
    }
    Ok(())
}
