//! Going through every text of every table, of later versions and of others' as well.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use unicode_normalization::char::is_combining_mark;

use crate::error::StoreResult;
use crate::text::mentions::{self, Key, Mentions};

/// What others are called stays, also where somebody of the same name was erased; and a teammate
/// may be a customer, too.
const OTHERS: &[(&str, &str)] = &[
    ("contacts", "name"),
    ("contacts", "phone"),
    ("admins", "name"),
    ("admins", "email"),
    ("messages", "author_name"),
    ("conversation_events", "author_name"),
    ("conversations", "customer_name"),
    // Hashes.
    ("erased", "kind"),
];

/// What is sought in texts, and a quick look that tells most texts apart that have none of it.
pub struct Sought {
    pub mentions: Mentions,
    quick: Option<AhoCorasick>,
    /// So many digits may be a number that is sought, in whatever groups.
    digits: usize,
    /// Something that is sought has no word of ASCII letters.
    beyond_ascii: bool,
    all: bool,
}

impl Sought {
    /// Runs of words, and single words from `least` bytes on.
    #[must_use]
    pub fn new(texts: &BTreeSet<String>, least: usize) -> Self {
        // What is sought is in memory as it is, so the key need not be a secret.
        let mut mentions = Mentions::new(Key([0; 16]), least);
        let mut words = BTreeSet::new();
        let (mut digits, mut beyond_ascii) = (usize::MAX, false);
        for text in texts {
            mentions.insert_text(text);
            let folded = mentions::folded(text);
            if folded.bytes().all(|byte| byte.is_ascii_digit()) {
                digits = digits.min(folded.len());
                continue;
            }
            // A text of ASCII alone mentions it only with all of its words.
            let longest =
                mentions::words(text).into_iter().filter(|word| word.is_ascii()).max_by_key(String::len);
            beyond_ascii |= longest.is_none();
            words.extend(longest);
        }
        let quick = AhoCorasick::builder().ascii_case_insensitive(true).build(&words).ok();
        Self { mentions, quick: quick.filter(|_| !words.is_empty()), digits, beyond_ascii, all: false }
    }

    /// What is known by its hashes alone: every text may have it.
    #[must_use]
    pub fn all_of(mentions: Mentions) -> Self {
        Self { mentions, quick: None, digits: 1, beyond_ascii: true, all: true }
    }

    /// Whether a text may have a mention. Most have not, and are told by a look.
    #[must_use]
    pub fn may_be_in(&self, text: &[u8]) -> bool {
        if self.all || is_instant(text) {
            return self.all;
        }
        // One word: an id, a state, a name.
        if text.iter().all(u8::is_ascii_alphanumeric) {
            return self.mentions.seeks_length(text.len());
        }
        self.quick.as_ref().is_some_and(|quick| quick.is_match(text))
            || self.has_number(text)
            || (!text.is_ascii() && self.may_hide(text))
            || has_reference(text)
    }

    /// Whether so many digits are near each other, whatever parts them.
    fn has_number(&self, text: &[u8]) -> bool {
        let (mut digits, mut letters) = (0, 0);
        self.digits < usize::MAX
            && text.iter().any(|byte| {
                if byte.is_ascii_digit() {
                    (digits, letters) = (digits + 1, 0);
                } else if byte.is_ascii_alphabetic() {
                    letters += 1;
                    // Longer than the names of most tags.
                    if letters > 6 {
                        digits = 0;
                    }
                }
                digits >= self.digits
            })
    }

    /// Whether letters beyond ASCII can be a way to write what is sought, or part it.
    fn may_hide(&self, text: &[u8]) -> bool {
        self.beyond_ascii
            || String::from_utf8_lossy(text).chars().any(|character| {
                !character.is_ascii()
                    && (is_combining_mark(character)
                        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
                        // Latin letters with marks, letters of other shapes and widths.
                        || character.is_alphanumeric()
                            && matches!(character, '\u{80}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}'
                                | '\u{2070}'..='\u{214f}' | '\u{2460}'..='\u{24ff}' | '\u{fb00}'..='\u{fb06}' | '\u{ff00}'..))
            })
    }
}

/// `2026-01-01T00:00:00+00:00`, which no name is.
fn is_instant(text: &[u8]) -> bool {
    text.len() == 25 && text[4] == b'-' && text[10] == b'T' && text[0].is_ascii_digit()
}

/// Whether a letter or a digit is written as `&eacute;` or `%61`. What parts words hides none.
fn has_reference(text: &[u8]) -> bool {
    const PARTING: [&[u8]; 8] =
        [b"&nbsp;", b"&amp;", b"&lt;", b"&gt;", b"&quot;", b"&#39;", b"&#x27;", b"&apos;"];
    text.iter().enumerate().any(|(at, byte)| match byte {
        b'&' => {
            let rest = &text[at..];
            let is_one = rest.get(1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'#');
            is_one && !PARTING.iter().any(|one| rest.starts_with(one))
        }
        b'%' => {
            let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
            digit(at + 1).zip(digit(at + 2)).is_some_and(|(high, low)| {
                u8::try_from(high * 16 + low).is_ok_and(|byte| byte.is_ascii_alphanumeric())
            })
        }
        _ => false,
    })
}

/// A table, and what its texts are found by.
pub struct Table {
    pub name: String,
    /// Columns that tell a row from others.
    keys: Vec<String>,
    texts: Vec<String>,
}

impl Table {
    /// All tables with texts, those without a name of ours included.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn all(connection: &Connection) -> StoreResult<Vec<Self>> {
        let mut statement = connection.prepare(
            "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        )?;
        let tables: Vec<(String, bool)> =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        tables.into_iter().map(|(name, without_rowid)| Self::of(connection, name, without_rowid)).collect()
    }

    fn of(connection: &Connection, name: String, without_rowid: bool) -> StoreResult<Self> {
        let mut statement = connection
            .prepare("SELECT name, pk FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid")?;
        let columns: Vec<(String, i64)> =
            statement.query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let keys = match without_rowid {
            true => columns.iter().filter(|(_, key)| *key > 0).map(|(column, _)| quoted(column)).collect(),
            false => vec!["rowid".to_owned()],
        };
        let texts = columns
            .into_iter()
            .map(|(column, _)| column)
            .filter(|column| !OTHERS.contains(&(name.as_str(), column.as_str())))
            .map(|column| quoted(&column))
            .collect();
        Ok(Self { name, keys, texts })
    }

    /// Texts with a mention, as they are to be instead. `condition` in SQL says in which rows.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn mentioning(
        &self,
        connection: &Connection,
        condition: &str,
        sought: &Sought,
    ) -> StoreResult<(u64, Vec<Found>)> {
        let mut found = Vec::new();
        let mut rows_looked_at = 0;
        if sought.mentions.is_empty() {
            return Ok((rows_looked_at, found));
        }
        let columns: Vec<&str> = self.keys.iter().chain(&self.texts).map(String::as_str).collect();
        let sql = format!("SELECT {} FROM {} WHERE {condition}", columns.join(", "), quoted(&self.name));
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            rows_looked_at += 1;
            for (index, column) in self.texts.iter().enumerate() {
                let value = row.get_ref(self.keys.len() + index)?;
                let Ok(bytes) = value.as_bytes() else { continue };
                if value.data_type() != rusqlite::types::Type::Text || !sought.may_be_in(bytes) {
                    continue;
                }
                let text = String::from_utf8_lossy(bytes);
                if let std::borrow::Cow::Owned(instead) = sought.mentions.blank(&text) {
                    let keys = (0..self.keys.len()).map(|key| row.get(key)).collect::<Result<_, _>>()?;
                    found.push(Found { keys, column: column.clone(), instead });
                }
            }
        }
        Ok((rows_looked_at, found))
    }

    /// Writes what is to stand instead.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn blank(&self, connection: &Connection, found: &Found) -> StoreResult<()> {
        let sql =
            format!("UPDATE {} SET {} = ?1 WHERE {}", quoted(&self.name), found.column, self.condition(2));
        let write = |text: &str| {
            let values = std::iter::once(Value::from(text.to_owned())).chain(found.keys.iter().cloned());
            connection.prepare_cached(&sql)?.execute(params_from_iter(values))
        };
        match write(&found.instead) {
            // Another row says the same by now.
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                let number: i64 = connection.query_row("SELECT abs(random())", [], |row| row.get(0))?;
                write(&format!("{} {number}", found.instead))?;
            }
            result => _ = result?,
        }
        Ok(())
    }

    /// Removes a row.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn remove(&self, connection: &Connection, found: &Found) -> StoreResult<()> {
        let sql = format!("DELETE FROM {} WHERE {}", quoted(&self.name), self.condition(1));
        connection.prepare_cached(&sql)?.execute(params_from_iter(found.keys.iter()))?;
        Ok(())
    }

    fn condition(&self, first: usize) -> String {
        let conditions: Vec<String> =
            self.keys.iter().enumerate().map(|(index, key)| format!("{key} IS ?{}", first + index)).collect();
        conditions.join(" AND ")
    }
}

/// A text with a mention.
pub struct Found {
    keys: Vec<Value>,
    column: String,
    instead: String,
}

impl Found {
    /// The number of its row, in tables that have one.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self.keys.as_slice() {
            [Value::Integer(number)] => Some(*number),
            _ => None,
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
