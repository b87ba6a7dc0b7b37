//! How did a day, a week or a month go, and how the one before?

use fastintercom_tests::simulator::Conversation;
use fastintercom_tests::simulator::model::{Author, State};
use serde_json::json;

use super::asking::{Question, question};
use super::world::{DAY, NOW, World, created_in, local_day, local_hour, median, minutes, p90, recent};

pub fn questions(world: &World) -> Vec<Question> {
    let last_week = |c: &Conversation| created_in(c, "2026-11-09", "2026-11-15");
    let week_before = |c: &Conversation| created_in(c, "2026-11-02", "2026-11-08");
    let month = |c: &Conversation| recent(c, 30);
    let responses: Vec<i64> =
        world.all.iter().filter(|c| month(c)).filter_map(|c| world.first_response(c)).collect();
    let resolutions: Vec<i64> =
        world.all.iter().filter(|c| month(c)).filter_map(|c| world.resolution(c)).collect();
    let replied_since = |c: &Conversation, from: i64| {
        world.messages(c).iter().any(|m| !m.is_note && m.at >= from && matches!(m.author, Author::Contact(_)))
    };
    vec![
        question("How did last week go compared with the week before?")
            .stats(json!({"timeframe": "last week"}))
            .is("/figures/conversations", world.count(last_week))
            .is("/previous/figures/conversations", world.count(week_before))
            .is("/figures/closed", world.count(|c| last_week(c) && c.state == State::Closed))
            .is("/timezone", "Europe/Berlin"),
        question("How many conversations came in per day in 2026-11?")
            .stats(json!({"timeframe": "2026-11", "group_by": "day", "compare": false}))
            .group("2026-11-16", "conversations", world.count(|c| created_in(c, "2026-11-16", "2026-11-16")))
            .group("2026-11-21", "conversations", world.count(|c| created_in(c, "2026-11-21", "2026-11-21"))),
        question("How many conversations came in each week of the last 60 days?")
            .stats(json!({"timeframe": "last 60 days", "group_by": "week", "compare": false}))
            .group("2026-11-09", "conversations", world.count(last_week))
            .group("2026-10-19", "conversations", world.count(|c| created_in(c, "2026-10-19", "2026-10-25"))),
        question("At which hour of the day do customers write, over the last 30 days?")
            .stats(json!({"timeframe": "last 30 days", "group_by": "hour_of_day", "compare": false}))
            .group("09:00", "conversations", world.count(|c| month(c) && local_hour(c.created_at) == 9))
            .group("00:00", "conversations", world.count(|c| month(c) && local_hour(c.created_at) == 0))
            .group("23:00", "conversations", world.count(|c| month(c) && local_hour(c.created_at) == 23)),
        question("What is the median time to first response of the last 30 days?")
            .stats(json!({"timeframe": "last 30 days", "compare": false}))
            .is("/figures/first_response_median", minutes(median(responses.clone()).floor()))
            .is("/figures/first_response_p90", minutes(p90(responses))),
        question("How long does it take us to resolve a conversation, over the last 30 days?")
            .stats(json!({"timeframe": "last 30 days", "compare": false}))
            .is("/figures/resolution_median", minutes(median(resolutions.clone()).floor()))
            .is("/figures/resolution_p90", minutes(p90(resolutions))),
        question("What came in yesterday?")
            .search(json!({"timeframe": "yesterday"}))
            .finds(world.ids(|c| created_in(c, "2026-11-21", "2026-11-21"))),
        question("How many conversations were created in 2026-10?")
            .search(json!({"timeframe": "2026-10"}))
            .is("/total_matches", world.count(|c| created_in(c, "2026-10-01", "2026-10-31"))),
        question("Show me the conversations created 2026-11-02 to 2026-11-05, oldest first.")
            .search(json!({"timeframe": "2026-11-02 to 2026-11-05", "sort": "oldest"}))
            .finds(world.ids(|c| created_in(c, "2026-11-02", "2026-11-05")))
            .begins_with(world.ids(|c| created_in(c, "2026-11-02", "2026-11-05"))),
        question("Which customers replied within the last 24 hours?")
            .search(json!({"timeframe": "last 24 hours", "timeframe_of": "customer_reply"}))
            .finds(world.ids(|c| replied_since(c, NOW - DAY))),
        question("What was closed today, or otherwise last updated today, and is closed?")
            .search(json!({"timeframe": "today", "timeframe_of": "updated", "state": "closed"}))
            .finds(world.ids(|c| c.state == State::Closed && local_day(c.updated_at) == local_day(NOW))),
        question("Which share of the conversations of the last 30 days was reopened?")
            .stats(json!({"timeframe": "last 30 days", "compare": false}))
            .check({
                let all = world.count(month);
                let reopened = world.count(|c| month(c) && reopens(c) > 0);
                move |_, asked| {
                    let expected = (reopened as f64 / all as f64 * 1_000.0).round() / 10.0;
                    let found = asked.answer["figures"]["reopen_percent"].as_f64();
                    if found == Some(expected) {
                        Ok(())
                    } else {
                        Err(format!("expected {expected}, got {found:?}"))
                    }
                }
            }),
    ]
}

fn reopens(c: &Conversation) -> usize {
    // Intercom counts from the customer's first message on, and a record without statistics by its parts.
    let start = c.statistics.as_ref().and_then(|statistics| statistics.first_contact_reply_at);
    let after = |at: i64| match (&c.statistics, start) {
        (None, _) => true,
        (Some(_), Some(start)) => at >= start,
        (Some(_), None) => false,
    };
    c.parts.iter().filter(|part| part.part_type == "open" && after(part.created_at)).count()
}
