//! What no other tool covers.

use std::collections::BTreeMap;

use serde_json::json;

use super::asking::{Question, question};
use super::world::World;

pub fn questions(world: &World) -> Vec<Question> {
    let mut topics: BTreeMap<String, usize> = BTreeMap::new();
    for c in &world.all {
        if let Some(topic) = c.custom_attributes.get("Topic").and_then(|topic| topic.as_str()) {
            *topics.entry(topic.to_owned()).or_default() += 1;
        }
    }
    let rows: Vec<_> = topics.iter().map(|(topic, count)| json!([topic, count])).collect();
    let vip = world.count(|c| c.custom_attributes.get("Is VIP").is_some_and(|vip| *vip == true));
    let handed = world.count(|c| c.parts.iter().any(|part| part.part_type == "snoozed"));
    vec![
        question("How many conversations are there for each value of the custom attribute \"Topic\"?")
            .ask(
                "query_database",
                json!({"sql": "SELECT json_extract(custom_attributes, '$.Topic'), count(*) FROM v_conversations \
                              WHERE json_extract(custom_attributes, '$.Topic') IS NOT NULL GROUP BY 1 ORDER BY 1"}),
            )
            .is("/rows", rows),
        question("How many conversations have the attribute \"Is VIP\"?")
            .ask(
                "query_database",
                json!({"sql": "SELECT count(*) FROM v_conversations WHERE json_extract(custom_attributes, '$.\"Is VIP\"')"}),
            )
            .is("/rows/0/0", vip),
        question("How many conversations were ever snoozed?")
            .ask(
                "query_database",
                json!({"sql": "SELECT count(DISTINCT conversation_id) FROM v_events WHERE kind = 'snoozed'"}),
            )
            .is("/rows/0/0", handed),
        question("Which 3 conversations have most messages?")
            .ask(
                "query_database",
                json!({"sql": "SELECT conversation_id FROM v_conversations ORDER BY message_count DESC LIMIT 3"}),
            )
            .check({
                let most = world.all.iter().max_by_key(|c| world.messages(c).len()).map(super::world::id);
                move |_, asked| {
                    let found = asked.answer["rows"][0][0].as_str().map(str::to_owned);
                    if found == most { Ok(()) } else { Err(format!("expected {most:?}, got {found:?}")) }
                }
            }),
    ]
}
