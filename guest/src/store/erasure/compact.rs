//! The file anew, without a free page or a gap in one, and a look for what should not be in it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::sought::Sought;
use super::sweep::Table;
use super::{Person, block_list, unfinished};
use crate::error::{StoreError, StoreResult};
use crate::store::connection::{Store, connect};
use crate::store::header::on_disk;
use crate::store::maintenance::new_file_beside;
use crate::store::opening::{OpenMode, open_raw};
use crate::store::takeover::create_private;
use crate::text::index_phrase;
use crate::text::patterns::{Case, Patterns};

/// Bytes of a file that are looked through at once.
const PIECE: usize = 1 << 20;

/// How often the database was changed, by the header of its file
/// (<https://sqlite.org/fileformat2.html#file_change_counter>).
pub(super) fn change_counter(path: &Path) -> StoreResult<u32> {
    let mut header = [0; 28];
    let mut file = File::open(on_disk(path)).map_err(|error| StoreError::CannotOpen(error.to_string()))?;
    file.read_exact(&mut header).map_err(|error| StoreError::Disk(error.to_string()))?;
    Ok(u32::from_be_bytes([header[24], header[25], header[26], header[27]]))
}

/// Writes the file of that name beside the database.
pub(super) fn write(store: &Store, file_name: &str) -> StoreResult<PathBuf> {
    let target = new_file_beside(store.path(), file_name)?;
    let written = (|| {
        // An empty file is what SQLite takes for one that is not there.
        create_private(&target)?;
        let name = target.to_string_lossy();
        store.connection().execute("VACUUM INTO ?1", [name.as_ref()])?;
        finish(&target)?;
        let writing = |error: std::io::Error| StoreError::from_writing(&error);
        File::options().write(true).open(on_disk(&target)).and_then(|file| file.sync_all()).map_err(writing)
    })();
    if let Err(error) = written {
        let _ = std::fs::remove_file(on_disk(&target));
        return Err(error);
    }
    Ok(target)
}

/// The new file is what the mark asks for, so it has none.
fn finish(target: &Path) -> StoreResult<()> {
    let connection = open_raw(target, OpenMode::ReadWrite)?;
    // Nobody else knows the file yet, so it needs no journal on the disk.
    connection.query_row("PRAGMA journal_mode = MEMORY", [], |_| Ok(()))?;
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    unfinished::unmark(&connection)?;
    Ok(())
}

/// Looks for them in every table, in the index of words, and in the bytes of the file.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn look(path: &Path, person: &Person) -> StoreResult<Value> {
    let connection = connect(path, OpenMode::ReadOnly, crate::store::READER_CACHE_KIB)?;
    let sought = Sought::new(&connection, &person.mentions(), block_list::LEAST)?;
    let (mut rows, mut texts) = (0, 0);
    let tables = Table::all(&connection)?;
    for table in &tables {
        let (looked_at, found) = table.mentioning(&connection, "TRUE", &sought)?;
        rows += looked_at;
        texts += found.len();
    }
    let contacts: i64 = connection.query_row(
        &format!("SELECT count(*) FROM contacts WHERE id IN ({})", person.ids()),
        [],
        |row| row.get(0),
    )?;
    let words = in_index(&connection, person)?;
    let free_pages: i64 = connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    let patterns = patterns(person);
    let (bytes, places) = in_bytes(path, &patterns)?;
    let (mut in_bytes, mut in_longer_words) = (0, 0);
    // All that a new file has is in tables and indexes. What the tables have and is no mention, is a
    // part of something longer: `joann@example.com`.
    for (pattern, places) in patterns.iter().zip(places).filter(|(_, places)| *places > 0) {
        let mut is_longer = false;
        for table in &tables {
            is_longer = is_longer || table.contains(&connection, pattern)?;
        }
        *if is_longer { &mut in_longer_words } else { &mut in_bytes } += places;
    }
    Ok(json!({
        "in_longer_words": in_longer_words,
        "rows": rows,
        "bytes": bytes,
        "free_pages": free_pages,
        "found": {"contacts": contacts, "texts": texts, "in_index": words, "in_bytes": in_bytes},
    }))
}

/// How many messages, articles and tickets the indexes have for what they are known by.
fn in_index(connection: &Connection, person: &Person) -> StoreResult<i64> {
    let mut statement = connection.prepare(
        "SELECT (SELECT count(*) FROM messages_fts WHERE messages_fts MATCH ?1)
            + (SELECT count(*) FROM articles_fts WHERE articles_fts MATCH ?1)
            + (SELECT count(*) FROM tickets_fts WHERE tickets_fts MATCH ?1)",
    )?;
    let mut found = 0;
    for text in person.mentions() {
        let phrase = index_phrase(&text).join(" ").replace('"', " ");
        if !phrase.trim().is_empty() {
            found += statement.query_row([format!("\"{phrase}\"")], |row| row.get::<_, i64>(0))?;
        }
    }
    Ok(found)
}

/// Addresses, numbers and ids of theirs. Names are left to the tables: somebody else may be called the
/// same.
fn patterns(person: &Person) -> Vec<&str> {
    let long = |text: &&String| text.len() >= block_list::LEAST;
    person
        .addresses
        .iter()
        .chain(&person.contacts)
        .chain(&person.external_ids)
        .chain(&person.phones)
        .filter(long)
        .map(String::as_str)
        .collect()
}

/// The size of the file, and how many places in it look like each of these.
fn in_bytes(path: &Path, patterns: &[&str]) -> StoreResult<(u64, Vec<u64>)> {
    let reading = |error: std::io::Error| StoreError::Disk(error.to_string());
    let longest = patterns.iter().map(|pattern| pattern.len()).max().unwrap_or(0);
    let too_many = || StoreError::Other("too many addresses and ids to look for at once".to_owned());
    let quick = Patterns::new(patterns, Case::Either).ok_or_else(too_many)?;
    let mut file = File::open(on_disk(path)).map_err(reading)?;
    let (mut size, mut places) = (0, vec![0; patterns.len()]);
    let mut piece = vec![0; PIECE];
    // The end of the piece before, so that nothing between two is overlooked.
    let mut kept = 0;
    loop {
        let read = file.read(&mut piece[kept..]).map_err(reading)?;
        if read == 0 {
            return Ok((size, places));
        }
        size += read as u64;
        let filled = kept + read;
        // What lies wholly in the end that was kept was counted with the piece before.
        for found in quick.find_iter(&piece[..filled]).filter(|found| found.end() > kept) {
            places[found.pattern().as_usize()] += 1;
        }
        let keep = longest.saturating_sub(1).min(filled);
        piece.copy_within(filled - keep..filled, 0);
        kept = keep;
    }
}
