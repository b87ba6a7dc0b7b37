//! English words in their other forms, and words that say nothing in a question.
//!
//! The index knows words as they were written. Who asks for `refunds` means `refund` as well, so a
//! word is looked for in its usual forms. Forms that do not exist cost nothing, because nothing
//! has them; a form too many that does exist costs less than a conversation that is not found.

/// Shortest word and shortest stem with forms: below that most are other words.
const SHORTEST_WORD: usize = 4;
const SHORTEST_STEM: usize = 3;

/// The other forms of a word: singular and plural, past and -ing. None for words with digits or
/// letters beyond ASCII, whose forms follow other rules.
#[must_use]
pub fn forms(word: &str) -> Vec<String> {
    if word.len() < SHORTEST_WORD || !word.bytes().all(|letter| letter.is_ascii_alphabetic()) {
        return Vec::new();
    }
    let word = word.to_ascii_lowercase();
    let mut forms: Vec<String> = Vec::new();
    for stem in stems(&word) {
        for form in inflected(&stem) {
            if form != word && !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    forms
}

/// What the word may be a form of; the word itself first.
fn stems(word: &str) -> Vec<String> {
    let mut stems = vec![word.to_owned()];
    let mut add = |stem: &str, ending: &str| {
        if stem.len() >= SHORTEST_STEM {
            stems.push(format!("{stem}{ending}"));
        }
    };
    if let Some(stem) = word.strip_suffix("ies") {
        add(stem, "y");
    } else if let Some(stem) = word.strip_suffix("es").filter(|stem| hisses(stem)) {
        add(stem, "");
    } else if let Some(stem) = word.strip_suffix('s').filter(|stem| !stem.ends_with(['s', 'u', 'i'])) {
        add(stem, "");
    }
    for ending in ["ed", "ing"] {
        let Some(stem) = word.strip_suffix(ending) else { continue };
        match undoubled(stem) {
            Some(single) => {
                add(stem, "");
                add(single, "");
            }
            None => {
                add(stem, "");
                add(stem, "e");
            }
        }
    }
    stems
}

/// The stem with the endings of verbs and nouns.
fn inflected(stem: &str) -> Vec<String> {
    let mut forms = vec![stem.to_owned()];
    if let Some(short) = stem.strip_suffix('e') {
        forms.extend([format!("{stem}s"), format!("{stem}d"), format!("{short}ing")]);
        return forms;
    }
    if let Some(short) = stem.strip_suffix('y').filter(|short| !short.ends_with(['a', 'e', 'o', 'u'])) {
        forms.extend([format!("{short}ies"), format!("{short}ied"), format!("{stem}ing")]);
        return forms;
    }
    forms.push(if hisses(stem) { format!("{stem}es") } else { format!("{stem}s") });
    forms.extend([format!("{stem}ed"), format!("{stem}ing")]);
    let letters = stem.as_bytes();
    // cancel, cancelled; log, logging.
    if let [.., before, last] = letters
        && b"aeiou".contains(before)
        && b"bdglmnprt".contains(last)
    {
        let last = char::from(*last);
        forms.extend([format!("{stem}{last}ed"), format!("{stem}{last}ing")]);
    }
    forms
}

fn hisses(stem: &str) -> bool {
    ["s", "x", "z", "ch", "sh"].iter().any(|ending| stem.ends_with(ending))
}

/// `cancell` without its second l.
fn undoubled(stem: &str) -> Option<&str> {
    let letters = stem.as_bytes();
    match letters {
        [.., one, other] if one == other && !b"aeiouswz".contains(other) => Some(&stem[..stem.len() - 1]),
        _ => None,
    }
}

const STOP_WORDS: &[&str] = &[
    "a", "an", "the", "of", "to", "in", "on", "at", "for", "and", "or", "is", "are", "was", "were", "be",
    "been", "do", "does", "did", "how", "what", "when", "where", "which", "who", "why", "i", "my", "me",
    "we", "our", "us", "you", "your", "he", "she", "it", "its", "they", "them", "their", "this", "that",
    "these", "those", "with", "from", "by", "as", "have", "has", "had", "can", "could", "would", "should",
    "will", "about", "there", "please", "any",
];

/// A word of grammar, which a question has and its answer need not have. `IT` and `US` in capitals
/// are names.
#[must_use]
pub fn is_stop_word(word: &str) -> bool {
    let is_name = word.len() > 1 && word.bytes().all(|letter| letter.is_ascii_uppercase());
    !is_name && STOP_WORDS.contains(&word.to_ascii_lowercase().trim_end_matches(['?', '.', ',', '!']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_lead_from_each_to_each() {
        for family in [
            &["refund", "refunds", "refunded", "refunding"][..],
            &["invoice", "invoices", "invoiced", "invoicing"],
            &["cancel", "cancels", "cancelled", "cancelling", "canceled"],
            &["delivery", "deliveries"],
            &["charge", "charges", "charged", "charging"],
            &["crash", "crashes", "crashed", "crashing"],
            &["login", "logins"],
        ] {
            for word in family {
                for other in family.iter().filter(|other| other != &word) {
                    assert!(
                        forms(word).iter().any(|form| form == other),
                        "{word} -> {other}: {:?}",
                        forms(word)
                    );
                }
            }
        }
    }

    #[test]
    fn some_words_have_none() {
        for word in ["api", "4711x", "größe", "2fa"] {
            assert!(forms(word).is_empty(), "{word}");
        }
        assert!(!forms("address").contains(&"addres".to_owned()));
        assert!(!forms("status").contains(&"statu".to_owned()));
    }

    #[test]
    fn words_of_grammar() {
        assert!(is_stop_word("The") && is_stop_word("how") && is_stop_word("it?"));
        assert!(!is_stop_word("IT") && !is_stop_word("not") && !is_stop_word("refund"));
    }
}
