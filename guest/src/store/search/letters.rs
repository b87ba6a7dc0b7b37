//! Letters without case and accents, one for one, so that positions stay those of the text.

/// The text with every letter folded.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars().map(fold_letter).collect()
}

/// The letter in lower case and without its accent. Letters that would become two stay one; this
/// serves the marking of hits, while finding them is up to the index.
#[must_use]
pub fn fold_letter(letter: char) -> char {
    if letter.is_ascii() {
        return letter.to_ascii_lowercase();
    }
    let lower = letter.to_lowercase().next().unwrap_or(letter);
    match lower {
        'à'..='å'
        | 'ā'
        | 'ă'
        | 'ą'
        | 'ǎ'
        | 'ạ'
        | 'ả'
        | 'ấ'
        | 'ầ'
        | 'ẩ'
        | 'ẫ'
        | 'ậ'
        | 'ắ'
        | 'ằ'
        | 'ẳ'
        | 'ẵ'
        | 'ặ' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ' | 'ẻ' | 'ẽ' | 'ế' | 'ề' | 'ể' | 'ễ' | 'ệ' => {
            'e'
        }
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' => 'h',
        'ı' | 'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ǐ' | 'ỉ' | 'ị' => 'i',
        'ĵ' => 'j',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö'
        | 'ō'
        | 'ŏ'
        | 'ő'
        | 'ọ'
        | 'ỏ'
        | 'ố'
        | 'ồ'
        | 'ổ'
        | 'ỗ'
        | 'ộ'
        | 'ơ'
        | 'ớ'
        | 'ờ'
        | 'ở'
        | 'ỡ'
        | 'ợ' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ụ' | 'ủ' | 'ư' | 'ứ' | 'ừ' | 'ử' | 'ữ' | 'ự' => {
            'u'
        }
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' | 'ỳ' | 'ỵ' | 'ỷ' | 'ỹ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

/// Whether the index writes a letter as [`fold_letter`] does. Of the others, such as those that
/// become two, only SQLite knows.
#[must_use]
pub fn folds_like_the_index(letter: char) -> bool {
    letter.is_alphanumeric()
        && matches!(letter,
            // Latin, Greek, Cyrillic
            '\0'..='\u{7f}' | 'À'..='İ' | 'Ĳ'..='ž' | '\u{386}'..='ρ' | 'σ'..='ώ' | '\u{400}'..='\u{523}'
            // Armenian to Ethiopic, Kana, Han, Hangul, forms of Arabic
            | '\u{531}'..='\u{139f}' | '\u{3041}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}' | '\u{fb50}'..='\u{fefc}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use rusqlite::Connection;

    use super::*;

    #[test]
    fn letters_are_written_as_the_index_has_them() {
        let db = Connection::open_in_memory().expect("opens");
        db.execute_batch(include_str!("../schema.sql")).expect("schema");
        db.execute_batch(
            "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'messages_fts', 'instance')",
        )
        .expect("creates");
        let letters = || ('\u{21}'..'\u{2fa20}').filter(|letter| letter.is_alphanumeric());
        let mut enter =
            db.prepare("INSERT INTO messages_fts (rowid, body) VALUES (?1, ?2)").expect("prepares");
        for letter in letters() {
            enter.execute((i64::from(u32::from(letter)), format!("x{letter}x"))).expect("enters");
        }
        let mut read = db.prepare("SELECT doc, term FROM temp.vocabulary").expect("prepares");
        let mut terms: HashMap<i64, Vec<String>> = HashMap::new();
        for row in read.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("reads") {
            let (letter, term) = row.expect("reads");
            terms.entry(letter).or_default().push(term);
        }
        let alike = |letter: &char| {
            terms
                .get(&i64::from(u32::from(*letter)))
                .is_some_and(|terms| *terms == [fold(&format!("x{letter}x"))])
        };
        let wrong: String =
            letters().filter(|letter| folds_like_the_index(*letter) && !alike(letter)).collect();
        assert!(wrong.is_empty(), "{wrong}");
    }
}
