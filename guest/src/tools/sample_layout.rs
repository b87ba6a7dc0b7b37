//! Laying out a sample: as many themes as there is room for, each with a quotation, before any gets
//! a second one.

use std::collections::{BTreeMap, HashSet};

use rusqlite::Connection;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::answer::{bytes, listed};
use super::content::{Content, clean, cut};
use super::sample::{Frame, LaidOut, Sample};
use super::{Failure, disclosure};
use crate::sorting;
use crate::store::conversations::samples::Candidate;
use crate::store::conversations::threads;
use crate::store::help_center::knowledge;
use crate::store::trends::words;

/// Characters of a quotation: the most with which every theme worth it gets one.
const LENGTHS: [usize; 4] = [260, 180, 120, 70];
/// A theme is worth it that has this part of the conversations.
const WORTH: f64 = 0.01;
/// Quotations of a theme, and of those in none.
const QUOTES: usize = 3;
const OTHERS: usize = 12;
/// The part of the room that is kept for those in no theme, as far as three quotations need it, and
/// bytes around the text of one.
const KEPT: usize = 6;
const AROUND: usize = 120;
/// The part of the answer in which themes for which there is no room are named, and words of a name.
const NAMED: usize = 16;
const NAME: usize = 2;
/// A rating up to this one is low.
const LOW: i64 = 2;
/// Tags that are named of those in no theme.
const TAGS: usize = 4;
/// Customers of a group that are looked at for a quotation, and bytes that one must have: more than a
/// greeting, and in scripts of many bytes a letter it takes fewer letters to say something.
const TRIED: usize = 12;
const SHORTEST: usize = 12;

/// Conversations that are about the same, or about nothing in common.
pub struct Group {
    pub words: Vec<String>,
    /// Their places in [`Layout::drawn`]; in a theme those with most of its words first.
    pub members: Vec<usize>,
}

pub struct Layout<'a> {
    pub connection: &'a Connection,
    pub content: Content<'a>,
    pub drawn: &'a [Candidate],
    pub themes: Vec<Group>,
    pub others: Group,
    /// Bytes of JSON of the whole answer.
    pub budget: usize,
}

/// A group in the answer.
#[skip_serializing_none]
#[derive(Serialize)]
pub struct Row {
    words: Option<Vec<String>>,
    conversations: usize,
    share_percent: f64,
    #[serde(flatten)]
    ratings: Option<Ratings>,
    /// Of those in no theme.
    tags: Option<Vec<Tag>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quotes: Vec<Quote>,
    /// Whom to quote next, the first first.
    #[serde(skip)]
    order: std::vec::IntoIter<usize>,
}

/// How the conversations of a group were rated.
#[derive(Serialize)]
struct Ratings {
    ratings: usize,
    rating_average: f64,
    rated_low: usize,
}

#[derive(Serialize)]
struct Tag {
    name: String,
    conversations: usize,
}

#[skip_serializing_none]
#[derive(Serialize)]
struct Quote {
    conversation_id: String,
    message_id: String,
    rating: Option<i64>,
    text: String,
}

/// What stands for the themes for which there is no room.
#[derive(Serialize)]
pub struct SmallerThemes {
    themes: usize,
    conversations: usize,
    largest: Vec<String>,
}

impl Layout<'_> {
    /// Adds themes and quotations to the rest of the answer, as far as there is room.
    pub fn fill(&self, frame: Frame) -> Result<Sample, Failure> {
        let room = self.budget.saturating_sub(bytes(&frame) + bytes(&self.left_out(0)) + 60);
        let [longest, shorter @ ..] = LENGTHS;
        let (mut themes, mut no_theme, mut all) = self.rows(longest, room)?;
        for length in shorter {
            if all {
                break;
            }
            (themes, no_theme, all) = self.rows(length, room)?;
        }
        let laid_out = LaidOut { themes, smaller_themes: None, no_theme };
        let mut sample = Sample { frame, laid_out };
        // A net below the sum above: the answer is never longer than was asked for.
        loop {
            let shown = sample.laid_out.themes.len();
            sample.laid_out.smaller_themes = (shown < self.themes.len()).then(|| self.left_out(shown));
            if bytes(&sample) <= self.budget || sample.laid_out.themes.is_empty() {
                self.disclose(sample.laid_out.themes.iter().chain(&sample.laid_out.no_theme));
                return Ok(sample);
            }
            match sample.laid_out.no_theme.as_mut().filter(|others| others.quotes.len() > 1) {
                Some(others) => _ = others.quotes.pop(),
                None => _ = sample.laid_out.themes.pop(),
            }
        }
    }

    /// Rows with quotations of that length, and whether every theme worth it has one.
    fn rows(&self, length: usize, room: usize) -> Result<(Vec<Row>, Option<Row>, bool), Failure> {
        let mut left = room;
        let mut others = (!self.others.members.is_empty()).then(|| self.row(&self.others));
        let mut kept = 0;
        if let Some(others) = &others {
            left = left.saturating_sub(bytes(others) + 12);
            kept = (left / KEPT).min(OTHERS / 4 * (length + AROUND));
        }
        let mut rows: Vec<Row> = Vec::new();
        for theme in &self.themes {
            let mut row = self.row(theme);
            row.quotes.extend(self.next(&mut row.order, &theme.words, length)?);
            let size = bytes(&row) + 1;
            if size > left.saturating_sub(kept) {
                break;
            }
            left -= size;
            rows.push(row);
        }
        let next = self.themes.get(rows.len());
        let all = next.is_none_or(|theme| (theme.members.len() as f64) < WORTH * self.drawn.len() as f64);
        if let Some(others) = &mut others {
            let most = if self.themes.len() > rows.len() { kept.min(left) } else { left };
            self.quote(others, &self.others, length, (OTHERS / 4, most), &mut left)?;
        }
        for count in 2..=QUOTES {
            for (row, theme) in rows.iter_mut().zip(&self.themes) {
                let most = left;
                self.quote(row, theme, length, (count, most), &mut left)?;
            }
        }
        if let Some(others) = &mut others {
            let most = left;
            self.quote(others, &self.others, length, (OTHERS, most), &mut left)?;
        }
        Ok((rows, others, all))
    }

    /// Adds quotations until there are so many, or so many bytes are used.
    fn quote(
        &self,
        row: &mut Row,
        group: &Group,
        length: usize,
        (count, most): (usize, usize),
        left: &mut usize,
    ) -> Result<(), Failure> {
        let mut used = 0;
        while row.quotes.len() < count {
            let Some(quote) = self.next(&mut row.order, &group.words, length)? else { break };
            let size = bytes(&quote) + 1;
            if used + size > most || size > *left {
                break;
            }
            used += size;
            *left -= size;
            row.quotes.push(quote);
        }
        Ok(())
    }

    /// What a group is and how its conversations were rated, without quotations.
    fn row(&self, group: &Group) -> Row {
        let share = group.members.len() as f64 / self.drawn.len().max(1) as f64;
        let is_theme = !group.words.is_empty();
        let order = if is_theme { self.of_theme(&group.members) } else { self.of_others(&group.members) };
        Row {
            words: listed(group.words.iter().map(|word| self.content.line(word)).collect()),
            conversations: group.members.len(),
            share_percent: (share * 1_000.0).round() / 10.0,
            ratings: self.ratings(&group.members),
            tags: if is_theme { None } else { listed(self.tags(&group.members)) },
            quotes: Vec::new(),
            order: order.into_iter(),
        }
    }

    /// How these conversations were rated, if any was.
    fn ratings(&self, members: &[usize]) -> Option<Ratings> {
        let all: Vec<i64> = members.iter().filter_map(|place| self.drawn[*place].rating).collect();
        let average = all.iter().sum::<i64>() as f64 / all.len() as f64;
        (!all.is_empty()).then(|| Ratings {
            ratings: all.len(),
            rating_average: (average * 100.0).round() / 100.0,
            rated_low: all.iter().filter(|rating| **rating <= LOW).count(),
        })
    }

    /// The most frequent tags of these conversations.
    fn tags(&self, members: &[usize]) -> Vec<Tag> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for tag in members.iter().flat_map(|place| &self.drawn[*place].tags) {
            *counts.entry(tag).or_default() += 1;
        }
        let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
        sorting::by_key(&mut counts, |(_, count)| std::cmp::Reverse(*count));
        counts.truncate(TAGS);
        let name = |name: &str| cut(&self.content.line(name), 40);
        counts.into_iter().map(|(tag, conversations)| Tag { name: name(tag), conversations }).collect()
    }

    /// Whom to quote of a theme: who says most of what it is about, then who rated it low, then the
    /// next ones, each of another customer.
    fn of_theme(&self, members: &[usize]) -> Vec<usize> {
        let is_low = |place: &&usize| self.drawn[**place].rating.is_some_and(|rating| rating <= LOW);
        let first = members.first();
        let low = members.iter().skip(1).find(is_low);
        let order = first.into_iter().chain(low).chain(members);
        self.different(order.copied())
    }

    /// Whom to quote of those in no theme: in turns of each rating and tag, low ratings first, then
    /// the most frequent.
    fn of_others(&self, members: &[usize]) -> Vec<usize> {
        let mut strata: BTreeMap<(u8, &str), Vec<usize>> = BTreeMap::new();
        for place in members {
            let one = &self.drawn[*place];
            let rating = match one.rating {
                Some(rating) if rating <= LOW => 0,
                None => 1,
                Some(_) => 2,
            };
            strata.entry((rating, one.tags.first().map_or("", String::as_str))).or_default().push(*place);
        }
        let mut strata: Vec<((u8, &str), Vec<usize>)> = strata.into_iter().collect();
        sorting::by_key(&mut strata, |((rating, _), members)| {
            (*rating > 0, std::cmp::Reverse(members.len()))
        });
        let deepest = strata.iter().map(|(_, members)| members.len()).max().unwrap_or(0);
        let order = (0..deepest.min(TRIED)).flat_map(|turn| {
            // From the middle on, so that it is not always the newest.
            let of_turn = move |members: &Vec<usize>| {
                (turn < members.len()).then(|| members[(members.len() / 2 + turn) % members.len()])
            };
            strata.iter().filter_map(move |(_, members)| of_turn(members)).collect::<Vec<_>>()
        });
        self.different(order)
    }

    /// One conversation of each customer, in that order, as many as are worth looking at.
    fn different(&self, order: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut customers = HashSet::new();
        order.filter(|place| customers.insert(&self.drawn[*place].customer)).take(TRIED * QUOTES).collect()
    }

    /// The next quotation of those that are left.
    fn next(
        &self,
        order: &mut std::vec::IntoIter<usize>,
        words: &[String],
        length: usize,
    ) -> Result<Option<Quote>, Failure> {
        for place in order.by_ref().take(TRIED) {
            if let Some(quote) = self.quotation(&self.drawn[place], words, length)? {
                return Ok(Some(quote));
            }
        }
        Ok(None)
    }

    /// What the customer wrote: of the first messages the stretch with most of the words.
    fn quotation(&self, one: &Candidate, wanted: &[String], length: usize) -> Result<Option<Quote>, Failure> {
        let mut best: Option<(usize, i64, String)> = None;
        for (number, html) in knowledge::questions(self.connection, &one.id)? {
            let text = clean(&self.content.body(&html));
            if text.len() < SHORTEST {
                continue;
            }
            let (count, stretch) = stretch(&text, wanted, length);
            if best.as_ref().is_none_or(|(known, ..)| count > *known) {
                best = Some((count, number, stretch));
            }
        }
        let Some((_, number, text)) = best else { return Ok(None) };
        let Some(message) = threads::message_by_number(self.connection, number)? else { return Ok(None) };
        if message.redacted || message.is_note {
            return Ok(None);
        }
        Ok(Some(Quote {
            conversation_id: self.content.id(&one.id),
            message_id: self.content.id(&message.id),
            rating: one.rating,
            text,
        }))
    }

    /// What stands for the themes behind the first so many: how many they are, and what the largest of
    /// them are called.
    fn left_out(&self, shown: usize) -> SmallerThemes {
        let left = &self.themes[shown.min(self.themes.len())..];
        let conversations: usize = left.iter().map(|theme| theme.members.len()).sum();
        let mut room = self.budget / NAMED;
        let mut names = Vec::new();
        for theme in left {
            let words = theme.words.iter().take(NAME).cloned().collect::<Vec<_>>().join(" ");
            let name = format!("{} ({})", self.content.line(&words), theme.members.len());
            let size = bytes(&name) + 1;
            if size > room {
                break;
            }
            room -= size;
            names.push(name);
        }
        SmallerThemes { themes: left.len(), conversations, largest: names }
    }

    fn disclose<'b>(&self, rows: impl Iterator<Item = &'b Row>) {
        let quoted: HashSet<&str> =
            rows.flat_map(|row| &row.quotes).map(|quote| quote.conversation_id.as_str()).collect();
        for one in self.drawn.iter().filter(|one| quoted.contains(one.id.as_str())) {
            disclosure::conversation(&one.id, one.contact.as_deref());
            disclosure::rows(1);
        }
    }
}

/// The sentences of a text that begin where most of the words follow, soonest, cut to that length,
/// and how good they are.
fn stretch(text: &str, wanted: &[String], length: usize) -> (usize, String) {
    let ends = |letter: char| ".!?。！？؟…".contains(letter);
    let mut starts = vec![0];
    for (at, letter) in text.char_indices().filter(|(_, letter)| ends(*letter)) {
        let after = &text[at + letter.len_utf8()..];
        let next = after.trim_start_matches(|letter: char| letter == ' ' || ends(letter));
        // `1.5` and `example.com` go on.
        if !next.is_empty() && (after.starts_with([' ']) || !letter.is_ascii()) {
            starts.push(text.len() - next.len());
        }
    }
    starts.dedup();
    let mut best = (0, 0);
    for (order, start) in starts.iter().enumerate() {
        let within = |length| {
            let here: HashSet<String> = words(&cut(&text[*start..], length)).collect();
            wanted.iter().filter(|word| here.contains(*word)).count()
        };
        // What begins with a word is cut off behind it, and not with it.
        let count = within(length) * 2 + within(length / 2);
        if order == 0 || count > best.0 {
            best = (count, *start);
        }
    }
    let before = if best.1 > 0 { "…" } else { "" };
    (best.0, format!("{before}{}", cut(&text[best.1..], length)))
}

#[cfg(test)]
mod tests {
    use super::stretch;

    #[test]
    fn a_quotation_begins_with_the_sentence_that_says_what_it_is_about() {
        let wanted = ["scim".to_owned(), "okta".to_owned()];
        let text = "Hello there! We pay for v1.5 of example.com. How do we set up SCIM with Okta? Thank you.";
        assert_eq!(stretch(text, &wanted, 40), (4, "…How do we set up SCIM with Okta? Thank y…".to_owned()));
        assert_eq!(stretch("No such word. None.", &wanted, 8), (0, "No such…".to_owned()));
        let wanted = ["配送".to_owned()];
        assert_eq!(stretch("はじめまして。配送はいつですか。", &wanted, 9).1, "…配送はいつですか。");
        assert_eq!(stretch("", &wanted, 9), (0, String::new()));
    }
}
