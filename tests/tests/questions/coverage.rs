//! Can the answers be trusted: what is covered, and how fresh is it?

use serde_json::json;

use super::asking::{Question, question};
use super::world::World;

pub fn questions(world: &World) -> Vec<Question> {
    let messages: usize = world.all.iter().map(|c| world.messages(c).len()).sum();
    vec![
        question("How many conversations does the cache hold?")
            .ask("get_data_info", json!({}))
            .is("/has_data", true)
            .is("/data_complete", true)
            .tells("", format!("\"total_conversations\":{}", world.all.len())),
        question("Is everything from 2026-11-01 to 2026-11-22 there?")
            .ask("check_coverage", json!({"start_date": "2026-11-01", "end_date": "2026-11-22"}))
            .is("/has_coverage", true)
            .is("/coverage_gaps", json!([])),
        question("Is a sync running right now?").ask("get_sync_status", json!({})).is("/is_syncing", false),
        question("How many messages are there, and is the server all right?")
            .ask("get_server_status", json!({}))
            .check(move |_, asked| {
                let found = asked.answer["total_messages"].as_u64().unwrap_or(0);
                // Attachments without a text are messages, too.
                let near = found.abs_diff(messages as u64) * 100 <= messages as u64;
                if near { Ok(()) } else { Err(format!("expected about {messages}, got {found}")) }
            }),
        question("How fresh is what you tell me about today?")
            .search(json!({"timeframe": "today"}))
            .is("/sync_info/state", "fresh")
            .is("/sync_info/data_complete", true),
    ]
}
