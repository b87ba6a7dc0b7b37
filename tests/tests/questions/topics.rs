//! What did customers say about it?

use serde_json::json;

use super::asking::{Question, question};
use super::world::{DAY, NOW, World, has_word, id, recent, waiting};

pub fn questions(world: &World) -> Vec<Question> {
    let order = first_code(world, '#');
    let code = first_code(world, 'T');
    vec![
        question("Which conversations mention customs?")
            .search(json!({"query": "customs"}))
            .finds(world.ids(|c| world.mentions(c, "customs"))),
        question("What did customers say about the zipper in the last 30 days?")
            .search(json!({"query": "zipper", "timeframe": "last 30 days"}))
            .finds(world.ids(|c| recent(c, 30) && world.mentions(c, "zipper")))
            .tells("/conversations/0/snippet", "**zipper**"),
        question("Who wrote about a \"birthday present\"?")
            .search(json!({"query": "\"birthday present\""}))
            .finds(world.ids(|c| world.contains(c, "birthday present"))),
        question("Find everything about the sandbox or the checklist.")
            .search(json!({"query": "sandbox OR checklist"}))
            .finds(world.ids(|c| world.mentions(c, "sandbox") || world.mentions(c, "checklist"))),
        question("Who talks about Safari, leaving out every conversation with the word workaround?")
            .search(json!({"query": "Safari", "exclude": "workaround"}))
            .finds(world.ids(|c| world.mentions(c, "safari") && !world.mentions(c, "workaround"))),
        question("Who uses the Python SDK but does not speak of curl?")
            .search(json!({"query": "Python -curl"}))
            .check({
                // The minus is about one message, as in any search engine.
                let expected = world.ids(|c| {
                    let theirs = world.messages(c);
                    theirs
                        .iter()
                        .any(|m| !m.is_note && has_word(&m.text, "python") && !has_word(&m.text, "curl"))
                });
                move |_, asked| {
                    let total = &asked.answer["total_matches"];
                    if *total == expected.len() {
                        Ok(())
                    } else {
                        Err(format!("expected {}, got {total}", expected.len()))
                    }
                }
            }),
        question(format!("Where does order {order} occur?"))
            .search(json!({"query": order}))
            .finds(world.ids(|c| world.mentions(c, order.trim_start_matches('#')))),
        question(format!("Which conversation has the tracking code {code}?"))
            .search(json!({"query": code}))
            .finds(world.ids(|c| world.contains(c, &code))),
        question("Did a German customer ask for a Ruckerstattung?")
            .search(json!({"query": "Ruckerstattung"}))
            .finds(world.ids(|c| world.mentions(c, "rückerstattung"))),
        question("Which Japanese messages ask for 配送状況?")
            .search(json!({"query": "配送状況"}))
            .finds(world.ids(|c| world.contains(c, "配送状況"))),
        question("Who asks in Thai for ขอเงินคืน?")
            .search(json!({"query": "ขอเงินคืน"}))
            .finds(world.ids(|c| world.contains(c, "ขอเงินคืน"))),
        question("In which conversations do our internal notes suspect fraud?")
            .search(json!({"query": "fraud", "include_notes": true}))
            .finds(world.ids(|c| world.messages(c).iter().any(|message| has_word(&message.text, "fraud")))),
        question("Did any customer get to see the word fraud?")
            .search(json!({"query": "fraud"}))
            .is("/total_matches", world.count(|c| world.mentions(c, "fraud"))),
        question("How many conversations mention a sandbox since 2026-11-01?")
            .search(json!({"query": "sandbox", "timeframe": "since 2026-11-01"}))
            .is(
                "/total_matches",
                world.count(|c| {
                    super::world::created_in(c, "2026-11-01", "2026-11-22") && world.mentions(c, "sandbox")
                }),
            ),
        question("Which conversations got a message about the warehouse in the last 7 days?")
            .search(json!({"query": "warehouse", "timeframe": "last 7 days", "timeframe_of": "message"}))
            .finds(world.ids(|c| {
                let new = |at: i64| at >= NOW - 7 * DAY;
                world.messages(c).iter().any(|m| !m.is_note && new(m.at) && has_word(&m.text, "warehouse"))
            })),
        question("Who writes words that start with authentic…?")
            .search(json!({"query": "authentic*"}))
            .finds(world.ids(|c| {
                world.messages(c).iter().any(|message| {
                    !message.is_note
                        && message
                            .text
                            .to_lowercase()
                            .split(|l: char| !l.is_alphanumeric())
                            .any(|w| w.starts_with("authentic"))
                })
            })),
        question("Who complains about Klarna?")
            .search(json!({"query": "Klarna"}))
            .finds(["tablet", "blank page", "merchant"].map(|text| id(world.planted(text))).to_vec()),
        question("Who mentions customs and still waits, unanswered?")
            .search(json!({"query": "customs", "unanswered": true}))
            .finds(world.ids(|c| waiting(c).is_some() && world.mentions(c, "customs"))),
        question("What did we answer to the customer with the purple elephant?")
            .search(json!({"query": "purple elephant"}))
            .then("get_conversation", |first| {
                json!({
                    "id": first["conversations"][0]["id"],
                    "around": first["conversations"][0]["match"]["message_id"],
                })
            })
            .is("/id", id(world.planted("elephant")))
            .tells(
                "/messages",
                "I am the one with the purple elephant on the profile picture, as discussed.",
            ),
        question("What was the number of the contract of the customer whose mobile ends with 4711?")
            .search(json!({"query": "mobile 4711 contract"}))
            .tells("/conversations/0/snippet", "KX")
            .is("/conversations/0/id", id(world.planted("4711"))),
    ]
}

/// An order number, or a code of tracking, that occurs in the workspace.
fn first_code(world: &World, kind: char) -> String {
    for c in world.all.iter().rev().skip(40) {
        for message in world.messages(c).iter().filter(|message| !message.is_note) {
            for word in
                message.text.split(|letter: char| letter.is_whitespace() || ",.:?;()".contains(letter))
            {
                let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let found = match kind {
                    '#' => word.strip_prefix('#').is_some_and(digits),
                    _ => word.strip_prefix("TRK-").is_some_and(digits),
                };
                if found {
                    return word.to_owned();
                }
            }
        }
    }
    panic!("no such code");
}
