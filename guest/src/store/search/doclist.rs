//! The messages that have a word, read from the index's own pages.
//!
//! SQLite answers a query a row at a time, some microseconds each; a ranking asks for tens of
//! thousands. The lists themselves are a few bytes a message ("DOCLIST FORMAT" in `fts5_index.c`).
//! They are read from their end, since the newest messages are wanted first.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use rusqlite::params;

use super::occurrences::Occurrences;
use super::varint::varint;
use super::vocabulary::{Page, SEGMENT_SHIFT, Segment, Vocabulary, footer};
use crate::error::StoreResult;

/// Where a segment's pages of deleted messages begin, behind the pages of all segments.
const TOMBSTONES: i64 = 1 << 16;
/// Column of internal notes.
const NOTE: u64 = 1;
const SUBJECT: u64 = 2;

/// Messages that have a word, the newest first.
#[derive(Debug, Default)]
pub struct Doclist {
    pub rows: Vec<(i64, Occurrences)>,
    /// All from this message number on are there; none when all are.
    pub down_to: Option<i64>,
}

/// Which messages of a word are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Numbers of messages, both included.
    pub low: i64,
    pub high: i64,
    pub with_notes: bool,
    /// About so many of each segment; those of one page more may come.
    pub most: usize,
}

impl Doclist {
    /// Takes in another one; [`Doclist::merge`] puts them in order.
    pub fn join(&mut self, other: Self, whole: bool) {
        self.down_to = self.down_to.max(other.down_to);
        if whole {
            self.rows.extend(other.rows);
        } else {
            self.rows.extend(other.rows.into_iter().map(|(message, found)| (message, found.halved())));
        }
    }

    /// Makes one list of several: each message once, the newest first, and none that is older than
    /// what was read of each.
    pub fn merge(&mut self) {
        if let Some(down_to) = self.down_to {
            self.rows.retain(|(message, _)| *message >= down_to);
        }
        // A stable sort, since it finds the runs that are in order already.
        self.rows.sort_by_key(|(message, _)| std::cmp::Reverse(*message));
        self.rows.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1.join(later.1);
            }
            same
        });
    }
}

impl Vocabulary<'_> {
    /// The newest messages that have a word, as it is in the index, to be merged; none when a page
    /// is not as expected, so that SQLite itself has to tell.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn messages_with(&self, word: &str, wanted: Wanted) -> StoreResult<Option<Doclist>> {
        let mut doclist = Doclist::default();
        for segment in &self.segments {
            let Some(of_segment) = self.of_segment(segment, word, wanted)? else { return Ok(None) };
            doclist.join(of_segment, true);
        }
        Ok(Some(doclist))
    }

    /// Those of some messages, newest first, that have a word, looked up where they would stand in its
    /// list; none when a page is not as expected.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn those_with(&self, word: &str, some: &[i64], with_notes: bool) -> StoreResult<Option<Vec<i64>>> {
        let mut having = Vec::new();
        for segment in &self.segments {
            if self.those_in(segment, word, some, with_notes, &mut having)?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(having))
    }

    fn those_in(
        &self,
        segment: &Segment,
        word: &str,
        mut some: &[i64],
        with_notes: bool,
        having: &mut Vec<i64>,
    ) -> StoreResult<Option<()>> {
        let Some((page, begin, end)) = self.entry(segment, word)? else { return Ok(Some(())) };
        let last = self.last_page_of(segment, &page, end)?;
        let deleted = self.deleted(segment)?;
        let mut pages: HashMap<i64, Vec<u8>> = HashMap::from([(page.number, page.block.clone())]);
        let mut newest = last;
        while let Some(message) = some.first() {
            // The last page of which the first message is not newer.
            let (mut low, mut high) = (page.number, newest);
            while low < high {
                let middle = low + (high - low + 1) / 2;
                let block = self.kept(segment, middle, &mut pages)?;
                let Some((begin, end)) = bounds(block) else { return Ok(None) };
                if begin == end && middle == last {
                    // The list ended on the page before.
                    high = middle - 1;
                    continue;
                }
                let Some((first, _)) = block.get(begin..end).and_then(varint) else { return Ok(None) };
                if first.cast_signed() <= *message {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            let rest = if low == last {
                Vec::new()
            } else {
                let block = self.kept(segment, low + 1, &mut pages)?;
                let Some((begin, _)) = bounds(block) else { return Ok(None) };
                block[4..begin].to_vec()
            };
            let block = self.kept(segment, low, &mut pages)?;
            let bounds = if low == page.number { Some((begin, end)) } else { bounds(block) };
            let Some(list) = bounds.and_then(|(begin, end)| block.get(begin..end)) else { return Ok(None) };
            let Some((first, _)) = varint(list) else { return Ok(None) };
            let here = some.iter().take_while(|message| **message >= first.cast_signed()).count();
            let known = having.len();
            if pick(list, &rest, &some[..here], with_notes, having).is_none() {
                return Ok(None);
            }
            let mut place = known;
            while place < having.len() {
                if deleted.contains(&having[place]) {
                    having.swap_remove(place);
                } else {
                    place += 1;
                }
            }
            if low == page.number {
                break;
            }
            some = &some[here..];
            newest = low - 1;
        }
        Ok(Some(()))
    }

    fn kept<'p>(
        &self,
        segment: &Segment,
        number: i64,
        pages: &'p mut HashMap<i64, Vec<u8>>,
    ) -> StoreResult<&'p [u8]> {
        Ok(match pages.entry(number) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(self.block(segment, number)?),
        })
    }

    /// The last page that may have messages of the word whose list begins there and ends, or goes on, at
    /// `end`.
    fn last_page_of(&self, segment: &Segment, page: &Page, end: usize) -> StoreResult<i64> {
        let goes_on = footer(&page.block) == Some(end);
        match &page.next {
            _ if !goes_on => Ok(page.number),
            Some((_, next)) => Ok(*next),
            None => self.last_page(segment),
        }
    }

    fn deleted<'s>(&self, segment: &'s Segment) -> StoreResult<&'s HashSet<i64>> {
        if segment.deleted.get().is_none() {
            let _ = segment.deleted.set(self.read_deleted(segment)?);
        }
        Ok(segment.deleted.get_or_init(HashSet::new))
    }

    fn of_segment(&self, segment: &Segment, word: &str, wanted: Wanted) -> StoreResult<Option<Doclist>> {
        let Some((page, begin, end)) = self.entry(segment, word)? else {
            return Ok(Some(Doclist::default()));
        };
        let last = self.last_page_of(segment, &page, end)?;
        let deleted = self.deleted(segment)?;
        let mut doclist = Doclist::default();
        // What stands on a page before its first message is the end of what the page before says.
        let mut rest: Vec<u8> = Vec::new();
        let mut of_page = Vec::new();
        for number in (page.number..=last).rev() {
            let owned;
            let (block, from, to) = if number == page.number {
                (&page.block, begin, end)
            } else {
                owned = self.block(segment, number)?;
                let Some(bounds) = bounds(&owned) else { return Ok(None) };
                (&owned, bounds.0, bounds.1)
            };
            let Some(list) = block.get(from..to) else { return Ok(None) };
            of_page.clear();
            if read(list, &rest, wanted.with_notes, &mut of_page).is_none() {
                return Ok(None);
            }
            let oldest = of_page.first().map(|(message, _)| *message);
            doclist.rows.extend(
                of_page
                    .iter()
                    .rev()
                    .filter(|(message, found)| {
                        (wanted.low..=wanted.high).contains(message)
                            && found.count() > 0.0
                            && !deleted.contains(message)
                    })
                    .copied(),
            );
            if number == page.number {
                break;
            }
            if oldest.is_some_and(|oldest| oldest <= wanted.low) {
                break;
            }
            if let Some(oldest) = oldest
                && doclist.rows.len() >= wanted.most
            {
                doclist.down_to = Some(oldest);
                break;
            }
            let before = block[4..from].to_vec();
            rest = if of_page.is_empty() { [before, rest].concat() } else { before };
        }
        Ok(Some(doclist))
    }

    fn last_page(&self, segment: &Segment) -> StoreResult<i64> {
        let first = segment.id << SEGMENT_SHIFT;
        let mut last = self.connection.prepare_cached(
            "SELECT coalesce(max(id), 0) FROM messages_fts_data WHERE id BETWEEN ?1 AND ?2",
        )?;
        // Page numbers have 31 bits; behind them are pages of other kinds.
        let last: i64 = last.query_row(params![first, first + (1 << 31) - 1], |row| row.get(0))?;
        Ok(last - first)
    }

    /// Messages of a segment that were deleted or written anew since.
    fn read_deleted(&self, segment: &Segment) -> StoreResult<HashSet<i64>> {
        let first = (segment.id + TOMBSTONES) << SEGMENT_SHIFT;
        let mut pages = self
            .connection
            .prepare_cached("SELECT block FROM messages_fts_data WHERE id BETWEEN ?1 AND ?2")?;
        let mut rows = pages.query(params![first, first + (1 << 31) - 1])?;
        let mut deleted = HashSet::new();
        while let Some(row) = rows.next()? {
            let block: Vec<u8> = row.get(0)?;
            let size = if block.first() == Some(&4) { 4 } else { 8 };
            if block.get(1) == Some(&1) {
                deleted.insert(0);
            }
            let numbers = block.get(8..).unwrap_or_default().chunks_exact(size);
            deleted.extend(
                numbers
                    .map(|bytes| bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
                    .filter(|number| *number > 0)
                    .map(u64::cast_signed),
            );
        }
        Ok(deleted)
    }
}

/// Where the messages begin and end on a page that goes on with the list of the pages before it. The
/// beginning is the end where there are none.
fn bounds(block: &[u8]) -> Option<(usize, usize)> {
    let footer = footer(block)?;
    let end = match varint(block.get(footer..)?) {
        Some((first_word, _)) => usize::try_from(first_word).ok()?,
        None => footer,
    };
    let first = usize::from(u16::from_be_bytes([block[0], block[1]]));
    let begin = if first == 0 { end } else { first };
    (4 <= begin && begin <= end && end <= footer).then_some((begin, end))
}

/// Reads a list that begins with a whole message number; the places of the last message may go on in
/// `rest`. Messages come in ascending order.
fn read(list: &[u8], rest: &[u8], with_notes: bool, found: &mut Vec<(i64, Occurrences)>) -> Option<()> {
    let mut at = 0;
    let mut message = 0_i64;
    while at < list.len() {
        let (step, length) = varint(&list[at..])?;
        at += length;
        message = message.wrapping_add(step.cast_signed());
        let (size, length) = varint(list.get(at..)?)?;
        at += length;
        let size = usize::try_from(size / 2).ok()?;
        let here = &list[at..list.len().min(at.saturating_add(size))];
        let occurrences = if here.len() == size {
            places(here, with_notes)
        } else {
            places(&[here, rest.get(..size - here.len())?].concat(), with_notes)
        };
        found.push((message, occurrences));
        at = at.saturating_add(size);
    }
    Some(())
}

/// Which of some messages, newest first, are in a list; see [`read`].
fn pick(list: &[u8], rest: &[u8], some: &[i64], with_notes: bool, having: &mut Vec<i64>) -> Option<()> {
    let mut wanted = some.iter().rev().peekable();
    let mut at = 0;
    let mut message = 0_i64;
    while at < list.len() && wanted.peek().is_some() {
        let (step, length) = varint(&list[at..])?;
        at += length;
        message = message.wrapping_add(step.cast_signed());
        let (size, length) = varint(list.get(at..)?)?;
        at += length;
        let size = usize::try_from(size / 2).ok()?;
        while wanted.next_if(|wanted| **wanted < message).is_some() {}
        if wanted.next_if(|wanted| **wanted == message).is_some() {
            let here = &list[at..list.len().min(at.saturating_add(size))];
            let found = if here.len() == size {
                places(here, with_notes)
            } else {
                places(&[here, rest.get(..size - here.len())?].concat(), with_notes)
            };
            if found.count() > 0.0 {
                having.push(message);
            }
        }
        at = at.saturating_add(size);
    }
    Some(())
}

/// The places at which a word stands in one message.
fn places(bytes: &[u8], with_notes: bool) -> Occurrences {
    let mut occurrences = Occurrences::default();
    let (mut column, mut place, mut at) = (0, 0_i64, 0);
    while let Some((value, length)) = bytes.get(at..).and_then(varint) {
        at += length;
        if value == 1 {
            let Some((next, length)) = bytes.get(at..).and_then(varint) else { break };
            at += length;
            (column, place) = (next, 0);
        } else {
            place = place.wrapping_add(value.saturating_sub(2).cast_signed());
            if with_notes || column != NOTE {
                occurrences.add(place, column == SUBJECT, true);
            }
        }
    }
    occurrences
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::index::{IndexEntry, index_message, unindex_message};

    const ALL: Wanted = Wanted { low: i64::MIN, high: i64::MAX, with_notes: true, most: usize::MAX };

    /// The same by SQLite's own means.
    fn by_sqlite(db: &Connection, word: &str, wanted: Wanted) -> Vec<(i64, Occurrences)> {
        let columns = if wanted.with_notes { "subject body note" } else { "subject body" };
        let mut statement = db
            .prepare(
                "SELECT rowid, occurrences(messages_fts) FROM messages_fts WHERE messages_fts MATCH ?1 \
                 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC",
            )
            .expect("prepares");
        let expression = format!("{{{columns}}} : \"{word}\"");
        statement
            .query_map(params![expression, wanted.low, wanted.high], |row| {
                Ok((row.get(0)?, Occurrences::from_sql(row.get(1)?)))
            })
            .expect("matches")
            .collect::<Result<_, _>>()
            .expect("reads")
    }

    /// Sums alone: places of a word in subject and text come in another order.
    fn counts(rows: &[(i64, Occurrences)]) -> Vec<(i64, f32)> {
        rows.iter().map(|(message, found)| (*message, found.count())).collect()
    }

    #[test]
    fn the_messages_are_those_that_sqlite_finds() {
        let db = Connection::open_in_memory().expect("opens");
        db.execute_batch(include_str!("../schema.sql")).expect("schema");
        super::super::occurrences::register(&db).expect("registers");
        // Long messages, whose places fill several pages, and thousands of short ones.
        let long = "order refund ".repeat(4_000);
        let texts: Vec<String> = (0..6_000_i64)
            .map(|message| match message % 500 {
                0 => long.clone(),
                _ => format!(
                    "order {} {} number{}",
                    if message % 3 == 0 { "refund order" } else { "parcel" },
                    "late ".repeat((message % 7) as usize),
                    message * 7_919 % 1_000
                ),
            })
            .collect();
        let enter = |message: i64, text: &str| {
            let entry = IndexEntry {
                message: message * 16,
                conversation: message % 90,
                subject: (message % 11 == 0).then_some("late refund"),
                plain_body: text,
                is_note: message % 5 == 0,
            };
            index_message(&db, &entry).expect("indexes");
        };
        let merge = || {
            db.execute_batch("INSERT INTO messages_fts (messages_fts) VALUES ('optimize')").expect("merges")
        };
        let compare = |expected_segments: std::ops::RangeInclusive<usize>| {
            let vocabulary = Vocabulary::open(&db).expect("opens");
            assert!(expected_segments.contains(&vocabulary.segments.len()), "{}", vocabulary.segments.len());
            for word in ["order", "refund", "late", "parcel", "number7", "number919", "nosuch"] {
                for wanted in [
                    ALL,
                    Wanted { with_notes: false, ..ALL },
                    Wanted { low: 16 * 1_000, high: 16 * 1_600, ..ALL },
                    Wanted { low: 16 * 5_990, ..ALL },
                ] {
                    let expected = by_sqlite(&db, word, wanted);
                    let mut found =
                        vocabulary.messages_with(word, wanted).expect("reads").expect("as expected");
                    found.merge();
                    assert_eq!(found.down_to, None);
                    if wanted.low == i64::MIN {
                        let some: Vec<i64> =
                            (0..6_000).rev().step_by(37).map(|message| message * 16).collect();
                        let having: Vec<i64> = expected
                            .iter()
                            .map(|(message, _)| *message)
                            .filter(|message| some.contains(message))
                            .collect();
                        let mut those = vocabulary.those_with(word, &some, wanted.with_notes).expect("reads");
                        those.iter_mut().for_each(|those| those.sort_unstable_by(|a, b| b.cmp(a)));
                        // A word whose places fill pages is left to SQLite.
                        if those.is_some() || !["order", "refund"].contains(&word) {
                            assert_eq!(those.as_ref(), Some(&having), "{word} {wanted:?}");
                        }
                    }
                    assert_eq!(counts(&found.rows), counts(&expected), "{word} {wanted:?}");
                    // Of the newest as many as wanted, each as it is.
                    let few = Wanted { most: 40, ..wanted };
                    let mut newest =
                        vocabulary.messages_with(word, few).expect("reads").expect("as expected");
                    newest.merge();
                    assert!(
                        newest.rows.len() >= expected.len().min(40) && newest.rows.len() <= expected.len()
                    );
                    assert_eq!(
                        counts(&newest.rows),
                        counts(&expected[..newest.rows.len()]),
                        "{word} {wanted:?}"
                    );
                    assert_eq!(
                        newest.down_to.is_none(),
                        newest.rows.len() == expected.len(),
                        "{word} {wanted:?}"
                    );
                }
            }
        };
        // One transaction a message would take minutes; each of these leaves a segment.
        for part in texts.chunks(700).enumerate() {
            db.execute_batch("BEGIN").expect("begins");
            part.1.iter().zip(part.0 as i64 * 700..).for_each(|(text, message)| enter(message, text));
            db.execute_batch("COMMIT").expect("commits");
        }
        compare(2..=20);
        merge();
        compare(1..=1);
        // Written anew and deleted, in segments of their own and as marks in the old one.
        for message in (0..6_000).step_by(7) {
            enter(message, "order again, late late");
        }
        for message in (3..6_000).step_by(13) {
            unindex_message(&db, message * 16).expect("removes");
        }
        compare(2..=40);
        merge();
        compare(1..=1);
    }

    #[test]
    fn a_damaged_list_ends_nothing() {
        for bytes in [&[1][..], &[1, 200], &[1, 9, 3], &[255; 30], &[1, 4, 3, 200]] {
            let mut found = Vec::new();
            read(bytes, &[], true, &mut found);
            assert!(found.len() <= bytes.len());
            places(bytes, true);
            assert!(bounds(bytes).is_none());
        }
    }
}
