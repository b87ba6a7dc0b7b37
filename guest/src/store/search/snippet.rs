//! The part of a message that shows why it was found, with the hits marked.

use super::letters::fold_letter;

/// A word or phrase to mark, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub text: String,
    pub prefix: bool,
}

/// At most about so many characters of `text` around its hits, each between `**`. Without a hit
/// (the words stand in the subject, say) the beginning of the text.
#[must_use]
pub fn snippet(text: &str, marks: &[Mark], length: usize) -> String {
    let letters: Vec<char> =
        text.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter }).collect();
    let hits = hits(&letters, marks);
    let (start, end) = window(&letters, &hits, length);
    let mut result = String::with_capacity(length * 2);
    if start > 0 {
        result.push('…');
    }
    let mut hits = hits.iter().filter(|hit| hit.start >= start && hit.end <= end).peekable();
    let mut blank = true;
    let mut at = start;
    while at < end {
        if let Some(hit) = hits.next_if(|hit| hit.start == at) {
            result.push_str("**");
            result.extend(&letters[hit.start..hit.end]);
            result.push_str("**");
            at = hit.end;
            blank = false;
            continue;
        }
        let letter = letters[at];
        if letter != ' ' || !blank {
            result.push(letter);
        }
        blank = letter == ' ';
        at += 1;
    }
    result.truncate(result.trim_end().len());
    if end < letters.len() {
        result.push('…');
    }
    result
}

#[derive(Clone, Copy, Debug)]
struct Hit {
    start: usize,
    end: usize,
    mark: usize,
}

/// Every place where a mark stands as a word, or as its beginning; no two overlap.
fn hits(letters: &[char], marks: &[Mark]) -> Vec<Hit> {
    let folded: Vec<char> = letters.iter().map(|letter| fold_letter(*letter)).collect();
    let wanted: Vec<(usize, Vec<char>, bool)> = marks
        .iter()
        .enumerate()
        .map(|(index, mark)| (index, mark.text.chars().collect::<Vec<_>>(), mark.prefix))
        .filter(|(_, text, _)| !text.is_empty())
        .collect();
    // Nearly all letters of a mail of 100 KB begin no mark, and forms of a word begin alike.
    let mut beginnings: Vec<char> = wanted.iter().map(|(_, text, _)| text[0]).collect();
    beginnings.sort_unstable();
    beginnings.dedup();
    let mut hits = Vec::new();
    let mut at = 0;
    'text: while at < folded.len() && hits.len() < 500 {
        if !beginnings.contains(&folded[at]) {
            at += 1;
            continue;
        }
        for (mark, text, prefix) in &wanted {
            if !folded[at..].starts_with(text) {
                continue;
            }
            // Scripts without blanks have no word boundaries to keep to.
            let spaced = text[0].is_ascii() || text[0].is_alphabetic() && (text[0] as u32) < 0x0e00;
            if spaced && at > 0 && folded[at - 1].is_alphanumeric() {
                continue;
            }
            let mut end = at + text.len();
            if spaced && folded.get(end).is_some_and(|letter| letter.is_alphanumeric()) {
                if !prefix {
                    continue;
                }
                while folded.get(end).is_some_and(|letter| letter.is_alphanumeric()) {
                    end += 1;
                }
            }
            hits.push(Hit { start: at, end, mark: *mark });
            at = end;
            continue 'text;
        }
        at += 1;
    }
    hits
}

/// Where to cut: the stretch with the most different hits, the earliest of several.
fn window(letters: &[char], hits: &[Hit], length: usize) -> (usize, usize) {
    if letters.len() <= length {
        return (0, letters.len());
    }
    let mut best = (0, 0);
    for (index, first) in hits.iter().enumerate() {
        let mut seen = Vec::new();
        for hit in hits[index..].iter().take_while(|hit| hit.end <= first.start + length * 3 / 4) {
            if !seen.contains(&hit.mark) {
                seen.push(hit.mark);
            }
        }
        if seen.len() > best.0 {
            best = (seen.len(), first.start);
        }
    }
    // A quarter of the room goes to what stands before the first hit.
    let mut start = best.1.saturating_sub(length / 4).min(letters.len() - length);
    let mut end = start + length;
    if start > 0 {
        start += letters[start..best.1.max(start)]
            .iter()
            .position(|letter| *letter == ' ')
            .map_or(0, |blank| blank + 1);
    }
    if end < letters.len() {
        let last_hit =
            hits.iter().filter(|hit| hit.start < end).map(|hit| hit.end).max().unwrap_or(0).min(end);
        let blank = letters[last_hit.max(start)..end].iter().rposition(|letter| *letter == ' ');
        end = blank.map_or(end, |blank| last_hit.max(start) + blank);
    }
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(text: &str) -> Mark {
        Mark { text: text.to_owned(), prefix: false }
    }

    #[test]
    fn hits_are_marked_whatever_their_case_and_accents() {
        assert_eq!(snippet("The Réfund is late", &[mark("refund")], 100), "The **Réfund** is late");
        assert_eq!(snippet("refunds", &[mark("refund")], 100), "refunds");
        assert_eq!(snippet("refunds", &[Mark { text: "refund".into(), prefix: true }], 100), "**refunds**");
        assert_eq!(snippet("返金してほしい", &[mark("返金")], 100), "**返金**してほしい");
    }

    #[test]
    fn a_long_text_is_cut_around_its_hits() {
        let text = format!("{} the refund came {}", "before ".repeat(50), "after ".repeat(50));
        let cut = snippet(&text, &[mark("refund")], 80);
        assert!(cut.contains("**refund**") && cut.chars().count() < 90, "{cut}");
        assert!(cut.starts_with('…') && cut.ends_with('…'));
    }

    #[test]
    fn no_text_is_no_trouble() {
        assert_eq!(snippet("", &[mark("x")], 80), "");
        assert_eq!(snippet(&"é".repeat(500), &[], 80).chars().count(), 81);
    }
}
