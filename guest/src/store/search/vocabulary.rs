//! The words that the index has, read from the index's own pages.
//!
//! SQLite's `fts5vocab` opens the index anew for each word that is asked for, and a table of our
//! own would have to be kept by every sync. The pages are as `fts5_index.c` documents them under
//! "TERM/DOCLIST FORMAT" and "PAGE FORMAT": a page names in its footer where its words begin, and
//! `messages_fts_idx` says on which page of a segment a word would be.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension, params};

use super::varint::{varint, varints};
use crate::error::StoreResult;

/// Bytes of its list from which on a word counts as common: some three hundred messages.
const COMMON: usize = 1_500;
/// Pages that are looked through for ends of words: some 20 ms of work; and how many cost little.
const LOOKED_THROUGH: usize = 1_500;
const SMALL: i64 = 100;

/// What stands before each word in the index: it is of no prefix index.
const MAIN: u8 = b'0';
/// Where the number of a segment begins in the number of a page.
pub const SEGMENT_SHIFT: u32 = 37;

/// The words of the index, for one question.
pub struct Vocabulary<'a> {
    pub(super) connection: &'a Connection,
    pub(super) segments: Vec<Segment>,
}

/// A part of the index, whole by itself. Changes are written as new ones, which are merged later.
pub struct Segment {
    pub id: i64,
    /// Pages that were read, by where they begin.
    pages: RefCell<BTreeMap<Vec<u8>, Rc<Page>>>,
    /// Its messages that were deleted or written anew since, once read.
    pub deleted: OnceCell<HashSet<i64>>,
}

/// The words that stand from one place in the order of words on, up to another, and the beginnings
/// of the lists of where they are.
pub struct Page {
    /// Its number in the segment.
    pub number: i64,
    /// Where the next page with words begins, and its number; none when this is the last.
    pub next: Option<(Vec<u8>, i64)>,
    words: Words,
    /// Where each word's list begins and ends, as far as it is on this page.
    pub entries: Vec<(usize, usize)>,
    pub block: Vec<u8>,
}

/// Words in ascending order, in one piece of memory.
#[derive(Default)]
struct Words {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Words {
    fn get(&self, place: usize) -> &[u8] {
        let begin = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.bytes[begin..self.ends[place]]
    }

    /// Adds a word that shares its beginning with the last one.
    fn push(&mut self, kept: usize, new: &[u8]) -> Option<()> {
        let end = self.bytes.len();
        if kept > 0 {
            let begin = if self.ends.len() < 2 { 0 } else { self.ends[self.ends.len() - 2] };
            if begin + kept > end {
                return None;
            }
            self.bytes.extend_from_within(begin..begin + kept);
        }
        self.bytes.extend_from_slice(new);
        self.ends.push(self.bytes.len());
        Some(())
    }

    /// How many words come before this one.
    fn before(&self, wanted: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle) < wanted { low = middle + 1 } else { high = middle }
        }
        low
    }

    fn place_of(&self, wanted: &[u8]) -> Option<usize> {
        let place = self.before(wanted);
        (place < self.ends.len() && self.get(place) == wanted).then_some(place)
    }
}

impl<'a> Vocabulary<'a> {
    /// Reads which segments the index consists of.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn open(connection: &'a Connection) -> StoreResult<Self> {
        let mut next = connection
            .prepare_cached("SELECT segid FROM messages_fts_idx WHERE segid > ?1 ORDER BY segid LIMIT 1")?;
        let mut segments: Vec<Segment> = Vec::new();
        while let Some(id) =
            next.query_row([segments.last().map_or(0, |segment| segment.id)], |row| row.get(0)).optional()?
        {
            segments.push(Segment { id, pages: RefCell::default(), deleted: OnceCell::new() });
        }
        Ok(Self { connection, segments })
    }

    /// Words that begin so, in the order of their letters, so many at most. Of one, all messages may
    /// have been deleted lately.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn beginning_with(&self, beginning: &str, most: usize) -> StoreResult<Vec<String>> {
        let first = term(beginning);
        let mut found: BTreeSet<Vec<u8>> = BTreeSet::new();
        for segment in &self.segments {
            let mut from = first.clone();
            let mut of_segment = 0;
            loop {
                let page = self.page(segment, &from)?;
                let words =
                    (page.words.before(&first)..page.words.ends.len()).map(|place| page.words.get(place));
                for word in words.take_while(|word| word.starts_with(&first)).take(most - of_segment) {
                    of_segment += 1;
                    found.insert(word.to_vec());
                }
                match &page.next {
                    Some((next, _)) if of_segment < most && next.starts_with(&first) => from.clone_from(next),
                    _ => break,
                }
            }
        }
        Ok(found
            .into_iter()
            .take(most)
            .map(|word| String::from_utf8_lossy(&word[1..]).into_owned())
            .collect())
    }

    /// Whether some message has the word.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn has(&self, word: &str) -> StoreResult<bool> {
        let wanted = term(word);
        for segment in &self.segments {
            if self.page(segment, &wanted)?.words.place_of(&wanted).is_some() {
                return self.stand_side_by_side(word);
            }
        }
        Ok(false)
    }

    /// Whether hundreds of messages have the word.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn is_common(&self, word: &str) -> StoreResult<bool> {
        for segment in &self.segments {
            if self.entry(segment, word)?.is_some_and(|(_, begin, end)| end - begin > COMMON) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether it has few enough words to look through all of them.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn is_small(&self) -> StoreResult<bool> {
        let mut pages = self
            .connection
            .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM messages_fts_idx LIMIT ?1)")?;
        let pages: i64 = pages.query_row([SMALL + 1], |row| row.get(0))?;
        Ok(pages <= SMALL)
    }

    /// Words that have this in them behind the first `behind` bytes, so many at most: the vocabulary is
    /// looked through, or as much of a very large one as there is time for.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn containing(&self, part: &str, behind: usize, most: usize) -> StoreResult<Vec<String>> {
        let finder = memchr::memmem::Finder::new(part.as_bytes());
        let mut found: BTreeSet<Vec<u8>> = BTreeSet::new();
        let mut pages = 0;
        for segment in &self.segments {
            // Behind numbers, which are no words.
            let mut from = term("a");
            loop {
                let page = self.page(segment, &from)?;
                pages += 1;
                let words = (0..page.words.ends.len()).map(|place| page.words.get(place));
                found.extend(
                    words
                        .filter(|word| word.get(1 + behind..).is_some_and(|rest| finder.find(rest).is_some()))
                        .take(most)
                        .map(<[u8]>::to_vec),
                );
                match &page.next {
                    Some((next, _)) if found.len() < most && pages < LOOKED_THROUGH => from.clone_from(next),
                    _ => break,
                }
            }
        }
        Ok(found
            .into_iter()
            .take(most)
            .map(|word| String::from_utf8_lossy(&word[1..]).into_owned())
            .collect())
    }

    /// Whether some message has these words, one behind the other.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn stand_side_by_side(&self, words: &str) -> StoreResult<bool> {
        let phrase = format!("\"{}\"", words.replace('"', ""));
        let mut statement = self
            .connection
            .prepare_cached("SELECT 1 FROM messages_fts WHERE messages_fts MATCH ?1 LIMIT 1")?;
        Ok(statement.exists([phrase])?)
    }

    /// The page on which a word would be.
    fn page(&self, segment: &Segment, wanted: &[u8]) -> StoreResult<Rc<Page>> {
        let holds = |page: &Page| page.next.as_ref().is_none_or(|(next, _)| wanted < next.as_slice());
        if let Some((_, page)) = segment.pages.borrow().range(..=wanted.to_vec()).next_back()
            && holds(page)
        {
            return Ok(Rc::clone(page));
        }
        // The page, and the next one.
        let mut pages = self.connection.prepare_cached(
            "SELECT term, pgno / 2 FROM messages_fts_idx WHERE segid = ?1 AND term >= coalesce((\
                 SELECT term FROM messages_fts_idx WHERE segid = ?1 AND term <= ?2 ORDER BY term DESC LIMIT 1), x'') \
             ORDER BY term LIMIT 2",
        )?;
        let mut pages = pages
            .query_map(params![segment.id, wanted], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<Vec<(Vec<u8>, i64)>, _>>()?
            .into_iter();
        let (begin, number) = pages.next().unwrap_or((Vec::new(), 1));
        let next = pages.next();
        let block = self.block(segment, number)?;
        let (words, entries) = words(&block).unwrap_or_default();
        let page = Rc::new(Page { number, next, words, entries, block });
        segment.pages.borrow_mut().insert(begin, Rc::clone(&page));
        Ok(page)
    }

    /// The page with a word's list, and where on it that begins and ends.
    pub(super) fn entry(
        &self,
        segment: &Segment,
        word: &str,
    ) -> StoreResult<Option<(Rc<Page>, usize, usize)>> {
        let wanted = term(word);
        let page = self.page(segment, &wanted)?;
        let Some(place) = page.words.place_of(&wanted) else { return Ok(None) };
        let (begin, end) = page.entries[place];
        Ok(Some((page, begin, end)))
    }

    /// A page of a segment as it is; empty when there is none.
    pub(super) fn block(&self, segment: &Segment, number: i64) -> StoreResult<Vec<u8>> {
        let mut block =
            self.connection.prepare_cached("SELECT block FROM messages_fts_data WHERE id = ?1")?;
        let found = block.query_row([(segment.id << SEGMENT_SHIFT) + number], |row| row.get(0)).optional()?;
        Ok(found.unwrap_or_default())
    }
}

fn term(word: &str) -> Vec<u8> {
    std::iter::once(MAIN).chain(word.bytes()).collect()
}

/// The end of what a page holds, where its footer begins.
pub fn footer(block: &[u8]) -> Option<usize> {
    let footer = usize::from(u16::from_be_bytes([*block.get(2)?, *block.get(3)?]));
    (footer <= block.len()).then_some(footer)
}

/// The words of a page, and where the list of each begins and ends; none when it is not as expected.
fn words(block: &[u8]) -> Option<(Words, Vec<(usize, usize)>)> {
    let footer = footer(block)?;
    let mut words = Words::default();
    let mut entries: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for step in varints(&block[footer..]) {
        at = usize::try_from(step).ok()?.checked_add(at)?;
        if let Some(last) = entries.last_mut() {
            last.1 = at;
        }
        let mut begin = at;
        let mut number = || {
            let (value, length) = varint(block.get(begin..footer)?)?;
            begin += length;
            usize::try_from(value).ok()
        };
        let (kept, new) = if entries.is_empty() { (0, number()?) } else { (number()?, number()?) };
        words.push(kept, block.get(begin..footer)?.get(..new)?)?;
        entries.push((begin + new, footer));
    }
    Some((words, entries))
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::index::{IndexEntry, index_message, unindex_message};

    fn entry(message: i64, plain_body: &str) -> IndexEntry<'_> {
        IndexEntry { message, conversation: 1, subject: None, plain_body, is_note: false }
    }

    /// The same by SQLite's own means.
    fn by_fts5vocab(db: &Connection, beginning: &str) -> Vec<String> {
        let mut statement = db
            .prepare(
                "SELECT DISTINCT term FROM temp.vocabulary WHERE term >= ?1 AND term < ?1 || char(1114111)",
            )
            .expect("prepares");
        let words = statement.query_map([beginning], |row| row.get(0)).expect("reads");
        words.collect::<Result<_, _>>().expect("reads")
    }

    #[test]
    fn the_words_are_those_that_sqlite_names_in_one_segment_and_in_many() {
        let db = Connection::open_in_memory().expect("opens");
        db.execute_batch(include_str!("../schema.sql")).expect("schema");
        db.execute_batch(
            "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'messages_fts', 'instance')",
        )
        .expect("creates");
        assert!(Vocabulary::open(&db).expect("opens").beginning_with("", 10).expect("reads").is_empty());
        let common = "order ".repeat(3_000);
        for message in 0..4_000_i64 {
            let odd = message.wrapping_mul(7_919);
            let text = format!(
                "order word{odd} straße{message} 返金 w{:x} {}",
                odd * odd,
                "x".repeat((message % 40) as usize)
            );
            index_message(&db, &entry(message, if message % 400 == 0 { &common } else { &text }))
                .expect("indexes");
            if message == 3_000 {
                db.execute_batch("INSERT INTO messages_fts (messages_fts) VALUES ('optimize')")
                    .expect("merges");
            }
        }
        for merged in [false, true] {
            if merged {
                db.execute_batch("INSERT INTO messages_fts (messages_fts) VALUES ('optimize')")
                    .expect("merges");
            }
            let vocabulary = Vocabulary::open(&db).expect("opens");
            assert_eq!(vocabulary.segments.len() > 1, !merged);
            for beginning in
                ["", "w", "word", "word79", "order", "orderx", "stra", "strasse", "返", "xxx", "zz", "0"]
            {
                let all = by_fts5vocab(&db, beginning);
                assert_eq!(
                    vocabulary.beginning_with(beginning, usize::MAX).expect("reads"),
                    all,
                    "{beginning}"
                );
                let few: Vec<String> = all.iter().take(5).cloned().collect();
                assert_eq!(vocabulary.beginning_with(beginning, 5).expect("reads"), few, "{beginning}");
                for word in all.iter().step_by(97) {
                    assert!(vocabulary.has(word).expect("reads"), "{word}");
                    let other = format!("{word}q");
                    assert_eq!(vocabulary.has(&other).expect("reads"), all.contains(&other), "{other}");
                }
            }
        }
        for message in 0..4_000 {
            unindex_message(&db, message).expect("removes");
        }
        let vocabulary = Vocabulary::open(&db).expect("opens");
        assert!(!vocabulary.has("order").expect("reads") && !vocabulary.has("word7919").expect("reads"));
    }

    #[test]
    fn a_damaged_page_has_no_words_and_ends_nothing() {
        for block in
            [&[][..], &[0, 0, 0, 4], &[0, 0, 0, 200, 1], &[0, 0, 0, 5, 9, 1, 200, 255, 255], &[255; 64]]
        {
            assert!(words(block).unwrap_or_default().1.len() <= block.len());
        }
    }
}
