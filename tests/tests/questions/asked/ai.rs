//! How the AI agent does, and which articles let it down.

use fastintercom_tests::simulator::model::{Author, Channel, Resolution};
use fastintercom_tests::simulator::{Conversation, MAX_PARTS};
use serde_json::json;

use super::Numbered;
use crate::questions::asking::question;
use crate::questions::world::{World, id, plain, recent};

fn ended(c: &Conversation, ends: &[Resolution]) -> bool {
    c.ai_agent.as_ref().and_then(|agent| agent.resolution).is_some_and(|end| ends.contains(&end))
}

fn resolved(c: &Conversation) -> bool {
    ended(c, &[Resolution::Assumed, Resolution::Confirmed])
}

fn escalated(c: &Conversation) -> bool {
    ended(c, &[Resolution::Escalated, Resolution::NegativeFeedback])
}

fn percent(part: usize, whole: usize) -> f64 {
    (part as f64 / whole as f64 * 1_000.0).round() / 10.0
}

fn answered_from(c: &Conversation, article: &str) -> bool {
    c.ai_agent.as_ref().is_some_and(|agent| agent.articles.contains(&article))
}

pub fn questions(world: &World) -> Numbered {
    let refunds = &world.help_center.articles[0];
    let article = world.all.iter().filter_map(|c| c.ai_agent.as_ref()?.articles.first()).next().expect("one");
    let of_article = |c: &Conversation| answered_from(c, article);
    let involved = |c: &Conversation| c.ai_agent.is_some();
    let month = |c: &Conversation| recent(c, 30);
    let by_mail = |c: &Conversation| month(c) && c.channel == Channel::Email && c.source.is_some();
    let ratings: Vec<u8> = world.all.iter().filter_map(|c| c.ai_agent.as_ref()?.rating).collect();
    let average = ratings.iter().map(|rating| f64::from(*rating)).sum::<f64>() / ratings.len() as f64;
    let low = |c: &Conversation| {
        c.ai_agent.as_ref().and_then(|agent| agent.rating).is_some_and(|rating| rating <= 2)
    };
    let remark = world
        .all
        .iter()
        .rev()
        .filter(|c| low(c))
        .find_map(|c| Some((id(c), c.ai_agent.as_ref()?.rating_remark.clone()?)))
        .expect("a remark about the agent");
    // Closed by a bot, and the customer writes again within the hour.
    let closes = |c: &Conversation| -> Vec<i64> {
        // Of long threads Intercom returns the newest parts only.
        let returned = &c.parts[c.parts.len().saturating_sub(MAX_PARTS)..];
        let closes =
            returned.iter().filter(|part| part.part_type == "close" && matches!(part.author, Author::Bot(_)));
        closes.map(|part| part.created_at).collect()
    };
    let again = |c: &Conversation| {
        closes(c).iter().any(|closed| {
            c.parts.iter().any(|part| {
                matches!(part.author, Author::Contact(_))
                    && part.body.is_some()
                    && (1..=3_600).contains(&(part.created_at - closed))
            })
        })
    };
    let everything = "since 2026-09-01";
    vec![
        (
            11,
            question("For each article that the AI agent used since 2026-09-01: how often, and what did it resolve?")
                .stats(json!({"timeframe": everything, "group_by": "article"}))
                .group(*article, "conversations", world.count(of_article))
                .group(
                    *article,
                    "ai_resolved_percent",
                    percent(
                        world.count(|c| of_article(c) && resolved(c)),
                        world.count(|c| of_article(c) && involved(c)),
                    ),
                ),
        ),
        (
            13,
            question("After which article was it escalated all the same, since 2026-09-01?")
                .stats(json!({"timeframe": everything, "ai": "escalated", "group_by": "article"}))
                .group(*article, "conversations", world.count(|c| of_article(c) && escalated(c))),
        ),
        (
            13,
            question(format!("Which escalated conversations had been answered from \"{article}\"?"))
                .search(json!({"ai": "escalated", "article": article}))
                .finds(world.ids(|c| of_article(c) && escalated(c))),
        ),
        (
            13,
            question("Which articles of our help centre say something about partial refunds, and which one most?")
                .ask("search_articles", json!({"query": "partial refunds"}))
                .is("/articles/0/id", refunds.id.to_string())
                .is("/articles/0/title", refunds.texts[0].title.clone())
                .is("/articles/0/ai_used", refunds.fin.0),
        ),
        (
            13,
            question("What does the article about partial refunds say in German (de)?")
                .ask("search_articles", json!({"query": "partial refunds", "limit": 1}))
                .then("search_articles", |found| json!({"id": found["articles"][0]["id"], "locale": "de"}))
                .is("/article/title", refunds.texts[1].title.clone())
                .is("/article/body", plain(&refunds.texts[1].body).trim()),
        ),
        (
            13,
            question("How does the article \"Reset your password\" go on after its first 20 characters?")
                .ask("search_articles", json!({"query": "\"Reset your password\""}))
                .then("search_articles", |found| json!({"id": found["articles"][0]["id"], "offset": 20}))
                .tells("/article/body", "With two-factor login, scan the new code with your authenticator."),
        ),
        (
            13,
            question("What do customers keep asking that no article answers?")
                .ask("find_knowledge_gaps", json!({"kind": "missing_articles"}))
                .tells("/missing_articles", "download"),
        ),
        (
            14,
            question("What does the AI agent resolve of each channel, in the last 30 days?")
                .stats(json!({"timeframe": "last 30 days", "group_by": "channel"}))
                .group(
                    "email",
                    "ai_resolved_percent",
                    percent(
                        world.count(|c| by_mail(c) && resolved(c)),
                        world.count(|c| by_mail(c) && involved(c)),
                    ),
                ),
        ),
        (
            15,
            question("How do customers rate the AI agent since 2026-09-01?")
                .stats(json!({"timeframe": everything, "details": true}))
                .is("/figures/ai_ratings", ratings.len())
                .is("/figures/ai_rating_average", (average * 100.0).round() / 100.0),
        ),
        (
            15,
            question("What do those remark who rate the AI agent 2 or less?")
                .search(json!({"ai_rating_max": 2, "sort": "newest"}))
                .finds(world.ids(low)),
        ),
        (
            15,
            question("What is the newest remark with a rating of the AI agent of 2 or less?")
                .search(json!({"ai_rating_max": 2, "sort": "newest", "fields": ["ai_rating_remark"]}))
                .check(move |_, asked| {
                    let rows = asked.answer["conversations"].as_array().cloned().unwrap_or_default();
                    match rows.iter().find(|row| row["id"] == *remark.0) {
                        Some(row) if row["ai_rating_remark"] == *remark.1 => Ok(()),
                        other => Err(format!("expected {remark:?}, got {other:?}")),
                    }
                }),
        ),
        (
            16,
            question("How many that a bot closed since 2026-09-01 were false deflections: written to again within 1 hour?")
                .stats(json!({"timeframe": everything, "details": true, "within_hours": 1}))
                .is("/details/closed_by_bot", world.count(|c| !closes(c).is_empty()))
                .is("/details/false_deflections", world.count(again)),
        ),
    ]
}
