//! Tickets, with everything that was written and done in them.
//!
//! A search lists them by their last change, the oldest change first, whole: so each run reads on
//! where the one before ended, less the overlap for what the index showed late, and notes with each
//! page how far it is. Deletions are not told. Once an hour Intercom is asked how many tickets there
//! are; where that is not how many are here, all are listed, and what is not on the list is asked
//! for by itself. A large workspace is listed more rarely: a page for each three minutes.

use std::collections::HashSet;
use std::rc::Rc;

use serde_json::Value;

use super::SyncError;
use super::engine::Engine;
use super::erased::{Presence, leave_out_of_ticket};
use super::failure::Failure;
use super::{retention, translate};
use crate::environment::LogLevel;
use crate::error::StoreResult;
use crate::ids::TicketId;
use crate::intercom::error::ApiError;
use crate::intercom::request::{Cursor, LARGEST_PAGE, Search};
use crate::intercom::ticket::{Ticket, TicketPage};
use crate::store::conversations::rows::LinkRow;
use crate::store::erasure::{self, BlockList};
use crate::store::people::forget_strangers;
use crate::store::runs::coverage::covered;
use crate::store::runs::facts::{Fact, clear_fact, fact, set_fact};
use crate::store::runs::notes::{clear_note, note};
use crate::store::tickets::{self, TicketPartRow, TicketRow};
use crate::time::{DAY, HOUR, Interval, MINUTE, UnixSeconds};

/// Tickets on a page, and on smaller ones where a page is too large for one answer.
const PAGES: [u32; 4] = [LARGEST_PAGE, 30, 5, 1];
/// A smaller page only has to show whether the size was to blame; where everything fails, more tries
/// would hold the sync up for minutes.
const TRIES_OF_SMALLER: u32 = 2;
/// How long a count counts as current, and how long a refusal does.
const COUNTED_SECONDS: i64 = HOUR;
const REFUSED_SECONDS: i64 = HOUR;
/// For each page of a list of all, so long passes until the next such list.
const SECONDS_A_PAGE: i64 = 3 * MINUTE;
/// Pages in a row that bring nothing new and promise more.
const EMPTY_PAGES: u32 = 50;
/// Tickets that were on no list and are asked for in one run.
const ASKED_FOR: usize = 50;
const TICKETS: &str = "tickets";
const PERMISSION: &str = "Read tickets";

/// What a list of a stretch showed.
struct Listed {
    ids: HashSet<TicketId>,
    /// How many there are by Intercom's own count.
    counted: Option<u64>,
}

/// Reads what changed. What the token may not read leaves a note and does no other harm.
///
/// `by_hand`: somebody waits for it, so neither a refusal nor a count of within the hour counts.
pub(super) fn refresh(engine: &mut Engine<'_>, by_hand: bool) -> Result<(), SyncError> {
    let now = engine.server_now();
    let connection = engine.connection();
    let asked = fact(connection, Fact::TicketsAskedAt)?;
    let is_refused = !by_hand && note(connection, TICKETS)?.is_some_and(|note| note.contains(PERMISSION));
    if is_refused && asked.is_some_and(|at| now.since(at).abs() < REFUSED_SECONDS) {
        return Ok(());
    }
    engine.begin("reading tickets");
    engine.report(true)?;
    engine.write(|transaction| set_fact(transaction, Fact::TicketsAskedAt, now))?;
    if by_hand {
        engine.write(|transaction| {
            clear_fact(transaction, Fact::TicketsCountedAt)?;
            clear_fact(transaction, Fact::TicketsListedAt)
        })?;
    }
    match read(engine, now) {
        Ok(()) => engine.write(|transaction| clear_note(transaction, TICKETS)),
        Err(failure) => engine.degrade(TICKETS, PERMISSION, failure),
    }
}

fn read(engine: &mut Engine<'_>, now: UnixSeconds) -> Result<(), Failure> {
    if let Some(horizon) = retention::horizon(engine.settings, now) {
        engine.write(|transaction| {
            let removed = tickets::remove_before(transaction, horizon)?;
            if removed > 0 { forget_strangers(transaction) } else { Ok(()) }
        })?;
    }
    let from = wanted_from(engine, now)?;
    let connection = engine.connection();
    let known = fact(connection, Fact::TicketsFrom).map_err(SyncError::from)?;
    let read_to = fact(connection, Fact::TicketsReadTo).map_err(SyncError::from)?;
    let overlap = i64::from(engine.settings.overlap_seconds);
    let low = match (known, read_to) {
        // A clock that was ahead may have noted a moment that is still to come.
        (Some(_), Some(at)) => at.min(now).plus(-overlap).max(from),
        _ => from,
    };
    if known.is_none() {
        engine.write(|transaction| set_fact(transaction, Fact::TicketsFrom, from))?;
    }
    let listed = list(engine, Interval { low, high: now }, true)?;
    engine.write(|transaction| set_fact(transaction, Fact::TicketsReadTo, now))?;
    // What changed within the overlap may not be listed yet.
    let settled = Interval { low: from, high: now.plus(-overlap) };
    if low == from {
        engine.write(|transaction| {
            set_fact(transaction, Fact::TicketsCountedAt, now)?;
            set_fact(transaction, Fact::TicketsListedAt, now)
        })?;
        ask_for_missing(engine, settled, &listed)?;
    }
    if let Some(known) = known.filter(|known| from < *known) {
        list(engine, Interval { low: from, high: known }, false)?;
    }
    engine.write(|transaction| set_fact(transaction, Fact::TicketsFrom, from))?;
    compare(engine, settled, now)
}

/// Since when tickets are read: as far back as conversations were, and as far as is kept.
fn wanted_from(engine: &Engine<'_>, now: UnixSeconds) -> Result<UnixSeconds, SyncError> {
    let settings = engine.settings;
    let connection = engine.connection();
    let covered = covered(connection)?.into_iter().map(|stretch| stretch.low);
    let known = fact(connection, Fact::TicketsFrom)?;
    let from = covered.chain(fact(connection, Fact::InitialLow)?).chain(known).min();
    let from =
        from.unwrap_or_else(|| now.plus(-i64::from(settings.initial_sync_days) * DAY)).max(UnixSeconds(1));
    Ok(retention::horizon(settings, now).map_or(from, |horizon| horizon.max(from)).min(now))
}

/// Reads all tickets of a stretch, in smaller pages where one is too large. `advances`: nothing
/// before the stretch is unread, so that how far it came is noted with each page.
fn list(engine: &mut Engine<'_>, stretch: Interval, advances: bool) -> Result<Listed, Failure> {
    let mut listed = Listed { ids: HashSet::new(), counted: None };
    let mut low = stretch.low;
    for (attempt, per_page) in PAGES.into_iter().enumerate() {
        let rest = Interval { low, ..stretch };
        let pace = engine.fetcher.pace;
        if attempt > 0 {
            engine.fetcher.pace.attempts = TRIES_OF_SMALLER;
        }
        let result = list_pages(engine, rest, per_page, advances, &mut listed, &mut low);
        engine.fetcher.pace = pace;
        match result {
            Err(Failure::Api(error)) if error.may_be_size() && attempt + 1 < PAGES.len() => {}
            result => return result.map(|()| listed),
        }
    }
    Ok(listed)
}

fn list_pages(
    engine: &mut Engine<'_>,
    stretch: Interval,
    per_page: u32,
    advances: bool,
    listed: &mut Listed,
    reached: &mut UnixSeconds,
) -> Result<(), Failure> {
    let mut cursor: Option<Cursor> = None;
    let mut empty = 0;
    loop {
        let search = Search { low: stretch.low, high: stretch.high, per_page, cursor: cursor.as_ref() };
        let page = engine.ask(&engine.fetcher.api.tickets(&search), TicketPage::read)?;
        if page.unreadable > 0 {
            engine.log(
                LogLevel::Warn,
                &format!("a page of tickets held {} that cannot be read; they are left out", page.unreadable),
            );
        }
        let before = listed.ids.len();
        listed.ids.extend(page.tickets.iter().map(|ticket| ticket.id.clone()));
        listed.counted = page.total_count.or(listed.counted);
        empty = if listed.ids.len() > before { 0 } else { empty + 1 };
        let last = page.tickets.iter().map(|ticket| ticket.updated_at).max();
        let last = last.map(|last| last.clamp(stretch.low, stretch.high));
        let erased = Rc::clone(&engine.fetcher.erased);
        let now = engine.now();
        engine.write(|transaction| {
            for ticket in page.tickets {
                store(transaction, ticket, &erased, now)?;
            }
            match last {
                Some(last) if advances => set_fact(transaction, Fact::TicketsReadTo, last),
                _ => Ok(()),
            }
        })?;
        *reached = last.unwrap_or(*reached).max(*reached);
        engine.report(false)?;
        match page.next {
            None => return Ok(()),
            Some(next) if cursor.as_ref() == Some(&next) || empty > EMPTY_PAGES => {
                return Err(Failure::Api(ApiError::Unexpected { missing: "another page of tickets" }));
            }
            Some(next) => cursor = Some(next),
        }
    }
}

/// Compares what is here with Intercom's own count, and finds out what became of the difference.
fn compare(engine: &mut Engine<'_>, stretch: Interval, now: UnixSeconds) -> Result<(), Failure> {
    let recent = |engine: &Engine<'_>, which: Fact, seconds: i64| {
        let at = fact(engine.connection(), which)?;
        Ok::<_, SyncError>(at.is_some_and(|at| now.since(at).abs() < seconds))
    };
    if stretch.low > stretch.high || recent(engine, Fact::TicketsCountedAt, COUNTED_SECONDS)? {
        return Ok(());
    }
    let search = Search { low: stretch.low, high: stretch.high, per_page: 1, cursor: None };
    let page = engine.ask(&engine.fetcher.api.tickets(&search), TicketPage::read)?;
    engine.write(|transaction| set_fact(transaction, Fact::TicketsCountedAt, now))?;
    // The query is a second wider at both ends.
    let here = |engine: &Engine<'_>, stretch: Interval| {
        tickets::ids_between(engine.connection(), stretch.low, stretch.high).map_err(SyncError::from)
    };
    let (held, inner) = (here(engine, stretch.widened(1))?.len() as u64, here(engine, stretch)?.len() as u64);
    let Some(counted) = page.total_count.filter(|counted| !(inner..=held).contains(counted)) else {
        return Ok(());
    };
    let pages = counted.max(held).div_ceil(u64::from(LARGEST_PAGE)).max(1);
    let pause = i64::try_from(pages).unwrap_or(i64::MAX).saturating_mul(SECONDS_A_PAGE).max(COUNTED_SECONDS);
    if recent(engine, Fact::TicketsListedAt, pause)? {
        return Ok(());
    }
    let all = list(engine, stretch, false)?;
    engine.write(|transaction| set_fact(transaction, Fact::TicketsListedAt, now))?;
    ask_for_missing(engine, stretch, &all)
}

/// Finds out what became of the tickets of a stretch that a list of it did not show.
fn ask_for_missing(engine: &mut Engine<'_>, stretch: Interval, listed: &Listed) -> Result<(), Failure> {
    let here = tickets::ids_between(engine.connection(), stretch.low, stretch.high);
    let mut missing = here.map_err(SyncError::from)?;
    missing.retain(|id| !listed.ids.contains(id));
    for id in missing.into_iter().take(ASKED_FOR) {
        ask_for(engine, &id)?;
    }
    Ok(())
}

/// Asks for one ticket, and removes it if it is gone.
fn ask_for(engine: &mut Engine<'_>, id: &TicketId) -> Result<(), Failure> {
    let request = engine.fetcher.api.ticket(id);
    let read = |value: Value| Ticket::read(value).ok_or(ApiError::Unexpected { missing: "id" });
    match engine.ask(&request, read) {
        Ok(ticket) => {
            let erased = Rc::clone(&engine.fetcher.erased);
            let now = engine.now();
            engine.write(|transaction| store(transaction, ticket, &erased, now))?;
        }
        Err(Failure::Api(ApiError::NotFound { .. })) => {
            engine.write(|transaction| {
                tickets::unlink(transaction, id)?;
                tickets::remove(transaction, id).map(|_| ())
            })?;
            engine.writer.tally.deleted += 1;
        }
        Err(failure) => return Err(failure),
    }
    Ok(())
}

/// Writes a ticket, but what is of somebody who was erased.
fn store(
    transaction: &rusqlite::Connection,
    mut ticket: Ticket,
    erased: &BlockList,
    now: UnixSeconds,
) -> StoreResult<()> {
    match leave_out_of_ticket(&mut ticket, erased) {
        Presence::Whole => return erasure::remove_ticket(transaction, &ticket.id, now),
        Presence::Parts => erasure::bar_opening(transaction, &ticket.id, now)?,
        Presence::Nothing => {}
    }
    tickets::write(transaction, &row(ticket))?;
    Ok(())
}

fn row(from: Ticket) -> TicketRow {
    let resolved = from.state.as_deref() == Some("resolved");
    // The last change to this state; one that Intercom no longer returns is not known.
    let resolved_at = from
        .parts
        .iter()
        .rev()
        .find(|part| part.event_details.as_ref().is_some_and(|details| details["state"] == "resolved"))
        .map(|part| part.created_at)
        .filter(|_| resolved);
    TicketRow {
        parts_truncated: from.part_count > from.parts.len(),
        parts: from
            .parts
            .into_iter()
            .map(|part| {
                let is_note = part.is_note();
                let (assigned_to_type, assigned_to_id) =
                    part.assigned_to.map_or((None, None), |to| (Some(to.kind), to.id.map(|id| id.0)));
                TicketPartRow {
                    id: part.id.0,
                    is_note,
                    part_type: part.kind,
                    created_at: part.created_at,
                    author_type: part.author.kind.as_str(),
                    author_id: part.author.id,
                    author_name: part.author.name,
                    body: part.body,
                    redacted: part.redacted,
                    attachments: translate::attachments(&part.attachments),
                    assigned_to_type,
                    assigned_to_id,
                    details: part.event_details.filter(Value::is_object).map(|details| details.to_string()),
                }
            })
            .collect(),
        id: from.id,
        ticket_id: from.ticket_id,
        category: from.category,
        kind: from.kind,
        state: from.state,
        state_label: from.state_label,
        title: from.title,
        description: from.description,
        attributes: (!from.attributes.is_empty()).then(|| Value::Object(from.attributes).to_string()),
        open: from.open,
        is_shared: from.is_shared,
        admin_assignee_id: from.admin_assignee.map(|id| id.0),
        team_assignee_id: from.team_assignee.map(|id| id.0),
        created_at: from.created_at,
        updated_at: from.updated_at,
        snoozed_until: from.snoozed_until,
        resolved_at,
        contacts: from.contacts,
        links: from
            .links
            .into_iter()
            .map(|link| LinkRow { kind: link.kind, id: link.id, category: link.category })
            .collect(),
    }
}
