//! What became of the AI agent's conversations, and which have attachments?

use fastintercom_tests::simulator::Conversation;
use fastintercom_tests::simulator::model::Resolution;
use serde_json::json;

use super::asking::{Question, question};
use super::world::{World, created_in, recent};

pub fn questions(world: &World) -> Vec<Question> {
    let ended = |c: &Conversation, ends: &[Resolution]| {
        c.ai_agent.as_ref().and_then(|agent| agent.resolution).is_some_and(|end| ends.contains(&end))
    };
    let resolved = |c: &Conversation| ended(c, &[Resolution::Assumed, Resolution::Confirmed]);
    let escalated = |c: &Conversation| ended(c, &[Resolution::Escalated, Resolution::NegativeFeedback]);
    let month = |c: &Conversation| recent(c, 30);
    let involved = world.count(|c| month(c) && c.ai_agent.is_some());
    let share = world.count(|c| month(c) && resolved(c)) as f64 / involved as f64;
    let has_file = |c: &Conversation| {
        c.source.as_ref().is_some_and(|source| !source.attachments.is_empty())
            || c.parts.iter().any(|part| !part.attachments.is_empty())
    };
    vec![
        question("Which conversations of 2026-11 did the AI agent hand over, that is escalated?")
            .search(json!({"ai": "escalated", "timeframe": "2026-11"}))
            .finds(world.ids(|c| created_in(c, "2026-11-01", "2026-11-22") && escalated(c))),
        question("How many did the AI agent have resolved in the last 30 days?")
            .search(json!({"ai": "resolved", "timeframe": "last 30 days"}))
            .is("/total_matches", world.count(|c| month(c) && resolved(c))),
        question("What is the AI resolution rate of the last 30 days?")
            .stats(json!({"timeframe": "last 30 days", "compare": false}))
            .is("/figures/ai_involved", involved)
            .is("/figures/ai_resolved_percent", (share * 1_000.0).round() / 10.0),
        question("Which conversations did the AI agent neither resolve nor hand over, so that they were abandoned?")
            .search(json!({"ai": "abandoned"}))
            .finds(world.ids(|c| c.ai_agent.is_some() && !resolved(c) && !escalated(c))),
        question("Which conversations of the last 7 days have an attachment?")
            .search(json!({"has_attachment": true, "timeframe": "last 7 days"}))
            .finds(world.ids(|c| recent(c, 7) && has_file(c))),
    ]
}
