//! What customers write about, taken together: themes with quotations, and what has no article.

use std::collections::BTreeMap;

use fastintercom_tests::simulator::Conversation;
use fastintercom_tests::simulator::model::Author;
use serde_json::{Value, json};

use super::Numbered;
use crate::questions::asking::question;
use crate::questions::world::{World, created_in, id, plain};

/// What many wrote about in the last week, whatever the conversation was about otherwise.
const RISING: &str = "thermostat";
/// The articles of the help centre and the topics that they answer.
const ANSWERED: &[(&str, &str)] = &[
    ("How refunds work", "refund"),
    ("Reset your password", "login"),
    ("Track your order", "shipping"),
    ("Understand your invoice", "invoice"),
    ("API errors and what they mean", "api error"),
    ("Cancel or change your plan", "cancellation"),
];

/// What customers wrote in it, without blanks, since answers show texts in one line.
fn written(world: &World, c: &Conversation) -> String {
    let messages = world.messages(c).into_iter().filter(|one| matches!(one.author, Author::Contact(_)));
    messages.flat_map(|one| one.text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn topic<'a>(world: &World, c: &'a Conversation) -> &'a str {
    if written(world, c).contains(RISING) {
        return RISING;
    }
    c.custom_attributes.get("Topic").and_then(Value::as_str).unwrap_or("none")
}

/// The topic of most of the conversations that are quoted there, and whether it is that of most.
fn topic_of<'a>(world: &'a World, quotes: &Value) -> Result<(&'a str, bool), String> {
    let mut topics: BTreeMap<&str, usize> = BTreeMap::new();
    for quote in quotes.as_array().into_iter().flatten() {
        let of =
            world.all.iter().find(|c| quote["conversation_id"] == *id(c)).ok_or("quoted from nowhere")?;
        *topics.entry(topic(world, of)).or_default() += 1;
    }
    let all: usize = topics.values().sum();
    let (name, count) = topics.into_iter().max_by_key(|(_, count)| *count).ok_or("no quotation")?;
    Ok((name, count * 2 > all))
}

fn is_verbatim(world: &World, quote: &Value) -> bool {
    let text: String = quote["text"].as_str().unwrap_or_default().split_whitespace().collect();
    let of = world.all.iter().find(|c| quote["conversation_id"] == *id(c));
    of.is_some_and(|c| written(world, c).contains(plain(&text).trim_matches('…')))
}

pub fn questions(world: &World) -> Numbered {
    let month = |c: &Conversation| created_in(c, "2026-11-01", "2026-11-22");
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for c in world.all.iter().filter(|c| month(c)) {
        *sizes.entry(topic(world, c)).or_default() += 1;
    }
    let mut sizes: Vec<(String, usize)> =
        sizes.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    sizes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    sizes.truncate(5);
    vec![
        (
            8,
            question("How are customers feeling this month: themes with verbatim quotes, in 4000 tokens?")
                .search(json!({"timeframe": "this month", "sample": 4000}))
                .is("/total_matches", world.count(month))
                .check(move |world, asked| {
                    let rows = asked.answer["themes"].as_array().cloned().unwrap_or_default();
                    let mut shown = Vec::new();
                    let mut mixed = 0;
                    for row in &rows {
                        let (name, is_most) = topic_of(world, &row["quotes"])?;
                        shown.push(name.to_owned());
                        mixed += usize::from(!is_most);
                        let quotes = row["quotes"].as_array().into_iter().flatten();
                        if let Some(wrong) = quotes.into_iter().find(|quote| !is_verbatim(world, quote)) {
                            return Err(format!("nobody wrote {wrong}"));
                        }
                    }
                    let missing: Vec<_> = sizes.iter().filter(|(name, _)| !shown.contains(name)).collect();
                    if !missing.is_empty() || mixed * 5 > rows.len() {
                        return Err(format!("{mixed} of {shown:?} are mixed, missing are {missing:?}"));
                    }
                    Ok(())
                }),
        ),
        (
            12,
            question("Which questions do several customers ask that have no article (missing articles), in the last 90 days?")
                .ask("find_knowledge_gaps", json!({"kind": "missing_articles", "timeframe": "last 90 days"}))
                .check(|world, asked| {
                    let titles: Vec<&str> =
                        world.help_center.articles.iter().map(|article| article.texts[0].title.as_str()).collect();
                    if let Some((gone, _)) = ANSWERED.iter().find(|(title, _)| !titles.contains(title)) {
                        return Err(format!("the help centre has no article {gone} any more"));
                    }
                    let rows = asked.answer["missing_articles"].as_array().cloned().unwrap_or_default();
                    let mut without = Vec::new();
                    for row in &rows {
                        let (name, _) = topic_of(world, &row["questions"])?;
                        without.push((name, row["words"].to_string()));
                    }
                    let wrong = without
                        .iter()
                        .filter(|(name, _)| ANSWERED.iter().any(|(_, topic)| topic == name))
                        .count();
                    let finds = without.iter().any(|(name, _)| *name == RISING);
                    if finds && wrong * 3 <= rows.len() {
                        return Ok(());
                    }
                    Err(format!("{wrong} have an article, of {without:#?}"))
                }),
        ),
    ]
}
