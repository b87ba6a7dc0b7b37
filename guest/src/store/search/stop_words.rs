//! Words of grammar, which a question has and its answer need not have.

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
    fn words_of_grammar() {
        assert!(is_stop_word("The") && is_stop_word("how") && is_stop_word("it?"));
        assert!(!is_stop_word("IT") && !is_stop_word("not") && !is_stop_word("refund"));
    }
}
