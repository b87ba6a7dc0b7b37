//! Pages of what is ranked, to the end.

use std::path::Path;

use super::{Filters, Position, Query, Request, Sort, Total, position_after, search};
use crate::store::{IndexEntry, OpenMode, Store, index_message};
use crate::time::UnixSeconds;

const CONVERSATIONS: i64 = 400;

/// Conversations of three messages each with both words, more than are placed for a page; the later a
/// conversation was created, the earlier it was updated.
fn store() -> Store {
    let mut store = Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens");
    let fill = |tx: &rusqlite::Connection| {
        for number in 1..=CONVERSATIONS {
            let (created, updated) = (UnixSeconds(number * 100), UnixSeconds(1_000_000 - number));
            tx.execute(
                "INSERT INTO conversations (number, id, created_at, updated_at) VALUES (?1, ?1, ?2, ?3)",
                rusqlite::params![number, created, updated],
            )?;
            for message in 0..3 {
                let entry = IndexEntry {
                    message: crate::store::message_number(created.plus(message)),
                    conversation: number,
                    subject: None,
                    plain_body: "a late parcel",
                    is_note: false,
                };
                index_message(tx, &entry)?;
            }
        }
        Ok(())
    };
    store.write(|tx| fill(tx)).expect("fills");
    store
}

#[test]
fn pages_in_any_order_lead_to_every_conversation() {
    let store = store();
    let rising: Vec<i64> = (1..=CONVERSATIONS).collect();
    for text in ["parcel", "late parcel", "parcel OR late"] {
        for sort in [Sort::Relevance, Sort::Oldest, Sort::Newest, Sort::RecentlyUpdated] {
            let query = Query::parse(text);
            let mut position = Some(Position::default());
            let (mut found, mut totals) = (Vec::new(), Vec::new());
            while let Some(at) = position {
                let request = Request {
                    query: &query,
                    literal: None,
                    with_notes: false,
                    filters: &Filters::default(),
                    sort,
                    limit: 30,
                    now: UnixSeconds(2_000_000),
                    position: at,
                };
                let page = search(store.connection(), &request).expect("searches");
                assert!(!page.cut_short, "{text} {sort:?}");
                totals.push(page.total);
                let numbers: Vec<i64> = page.hits.iter().map(|hit| hit.conversation).collect();
                let keys: Vec<(String, i64)> =
                    numbers.iter().map(|number| (UnixSeconds(number * 100).to_iso(), *number)).collect();
                position = position_after(&request, &page, numbers.len(), &keys);
                found.extend(numbers);
            }
            match sort {
                Sort::Relevance => found.sort_unstable(),
                Sort::Newest => found.reverse(),
                _ => {}
            }
            assert_eq!(found, rising, "{text} {sort:?}");
            if matches!(sort, Sort::Oldest | Sort::RecentlyUpdated) {
                assert!(totals.iter().all(|total| *total == Total::Exactly(400)), "{text}: {totals:?}");
            }
        }
    }
}

/// Each conversation says one word in one message and one in another; of so many messages only the best
/// are placed.
#[test]
fn what_a_conversation_on_the_page_has_is_told_of_all_its_messages() {
    let mut store = Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens");
    let fill = |tx: &rusqlite::Connection| {
        for number in 1..=4_000_i64 {
            let created = UnixSeconds(number * 100);
            tx.execute(
                "INSERT INTO conversations (number, id, created_at, updated_at) VALUES (?1, ?1, ?2, ?2)",
                rusqlite::params![number, created],
            )?;
            // The two are not near each other in time, so that the newest of one word are of others.
            for (place, text) in [(0, "it is late"), (120_050, "a parcel")] {
                let message = crate::store::message_number(created.plus(place));
                tx.execute(
                    "INSERT INTO messages (number, id, conversation_id, author_type, body, created_at)
                     VALUES (?1, ?1, ?2, 'user', ?3, '')",
                    rusqlite::params![message, number, text],
                )?;
                let entry = IndexEntry {
                    message,
                    conversation: number,
                    subject: None,
                    plain_body: text,
                    is_note: false,
                };
                index_message(tx, &entry)?;
            }
        }
        Ok(())
    };
    store.write(|tx| fill(tx)).expect("fills");
    let request = Request {
        query: &Query::parse("late parcel"),
        literal: None,
        with_notes: false,
        filters: &Filters::default(),
        sort: Sort::Relevance,
        limit: 40,
        now: UnixSeconds(2_000_000),
        position: Position::default(),
    };
    let page = search(store.connection(), &request).expect("searches");
    let partial: Vec<_> = page.hits.iter().filter(|hit| hit.only.is_some()).collect();
    assert_eq!((page.hits.len(), partial.len()), (40, 0), "{partial:?}");
}
