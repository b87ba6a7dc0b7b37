//! The nearest right name to a wrong one.

use crate::sorting;

/// The candidate that is most probably meant, if any is near enough to be worth a mention.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    ranked(wrong, candidates).into_iter().next()
}

/// Candidates near to `wrong`, the nearest first, five at most.
pub fn ranked<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wrong = fold(wrong);
    if wrong.is_empty() || wrong.len() > 200 {
        return Vec::new();
    }
    let mut scored: Vec<(usize, usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let folded = fold(candidate);
            let shorter = wrong.len().min(folded.len());
            if folded.is_empty() {
                return None;
            }
            if shorter >= 3 && (folded.contains(&wrong) || wrong.contains(&folded)) {
                return Some((1, distance(&wrong, &folded), candidate));
            }
            // A third of the letters may be wrong: `refunds`, `refnud` and `Refund` all mean refund.
            let distance = distance(&wrong, &folded);
            let allowed = wrong.chars().count().max(folded.chars().count()) / 3 + 1;
            (distance <= allowed && distance < folded.chars().count())
                .then_some((distance, distance, candidate))
        })
        .collect();
    sorting::up(&mut scored);
    scored.into_iter().take(5).map(|(_, _, candidate)| candidate).collect()
}

fn fold(text: &str) -> String {
    text.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(a != *b)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_slips_and_parts_are_recognised() {
        assert_eq!(nearest("refnud", ["refund", "bug"]), Some("refund"));
        assert_eq!(nearest("startDate", ["start_date", "end_date"]), Some("start_date"));
        assert_eq!(nearest("billing", ["Billing question", "bug"]), Some("Billing question"));
        assert_eq!(
            nearest("search_conversation", ["search", "search_conversations"]),
            Some("search_conversations")
        );
        assert_eq!(nearest("xyzzy", ["refund", "bug"]), None);
    }
}
