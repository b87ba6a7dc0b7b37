//! The questions: a fixed mix, each in several variants, so that no answer is just remembered.

use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::Result;
use crate::native::Native;
use crate::workspace::{RARE, Workspace};

/// One kind of question.
#[derive(Debug)]
pub struct Case {
    pub name: &'static str,
    pub tool: &'static str,
    pub arguments: Vec<Value>,
}

impl Case {
    /// Whether it counts for the goal of `search_conversations`.
    #[must_use]
    pub fn is_search(&self) -> bool {
        self.tool == "search_conversations"
    }
}

fn search(name: &'static str, arguments: Vec<Value>) -> Case {
    Case { name, tool: "search_conversations", arguments }
}

/// The whole mix for that workspace.
pub fn cases(workspace: &Workspace, native: &mut Native) -> Result<Vec<Case>> {
    let database = Connection::open_with_flags(&workspace.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let texts = |sql: &str| -> Result<Vec<String>> {
        let mut statement = database.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    };
    let some = texts(
        "SELECT id FROM conversations WHERE message_count BETWEEN 5 AND 15 ORDER BY number * 7919 % 10007 LIMIT 20",
    )?;
    let long = texts("SELECT conversation_id FROM messages GROUP BY 1 ORDER BY count(*) DESC LIMIT 3")?;
    let customers = texts(
        "SELECT customer_email FROM conversations WHERE customer_email IS NOT NULL ORDER BY number * 7919 % 10007 LIMIT 10",
    )?;
    let words = |words: &[&str]| words.iter().map(|word| json!({"query": word})).collect::<Vec<_>>();
    let mut deep = json!({"timeframe": "last 400 days", "limit": 20});
    for _ in 0..10 {
        let answer: Value = serde_json::from_str(&native.call("search_conversations", &deep.to_string())?)?;
        match answer.get("next_cursor") {
            Some(cursor) => deep["cursor"] = cursor.clone(),
            None => break,
        }
    }
    let mut ranked = json!({"query": "refund invoice", "limit": 20});
    for _ in 0..4 {
        let answer: Value = serde_json::from_str(&native.call("search_conversations", &ranked.to_string())?)?;
        match answer.get("next_cursor") {
            Some(cursor) => ranked["cursor"] = cursor.clone(),
            None => break,
        }
    }
    let mut cases = vec![
        search("rare word", words(&RARE)),
        search("two words", words(&["refund invoice", "password reset email", "tracking parcel", "export csv error"])),
        search("common word", words(&["order", "please", "thanks", "account"])),
        search("common word, filtered", {
            ["closed", "open"].iter().map(|state| json!({"query": "please", "state": state, "timeframe": "last 30 days"})).collect()
        }),
        search("two words, by tag", vec![
            json!({"query": "refund invoice", "tags": ["refund"]}),
            json!({"query": "password reset email", "tags_none": ["refund"]}),
        ]),
        search("phrase", words(&["\"credit card\"", "\"reset my password\"", "\"tracking number\""])),
        search("prefix", words(&["refun*", "invoi*", "zanz*", "deliv*"])),
        search("no such word", words(&["xqzvbn", "wqpfgj"])),
        search("a question of ten words", words(&[
            "the customer cannot reset the password of her account since yesterday morning",
            "parcel with tracking number did not arrive at the address on the invoice",
            "export of the monthly report as csv stops with an unknown error",
            "we were charged twice for the order and want a refund please",
        ])),
        search("ten words with OR", words(&[
            "order OR please OR thanks OR account OR refund OR invoice OR email OR password OR delivery OR help",
            "address OR card OR payment OR error OR export OR team OR order OR parcel OR today OR again",
        ])),
        search("a misspelt word", words(&["refudn", "invioce", "pasword", "trakcing"])),
        search("filter only", vec![
            json!({"state": "open"}),
            json!({"state": "closed", "timeframe": "last 7 days"}),
            json!({"tags": ["refund"]}),
            json!({"sort": "longest_waiting", "state": "open"}),
            json!({"sort": "recently_updated"}),
        ]),
        search("by customer", customers.iter().map(|email| json!({"customer_email": email})).collect()),
        search("deep cursor", vec![deep]),
        search("deep cursor, ranked", vec![ranked]),
        Case {
            name: "one thread",
            tool: "get_conversation",
            arguments: some.iter().map(|id| json!({"id": id})).collect(),
        },
        Case {
            name: "thread of 500 parts",
            tool: "get_conversation",
            arguments: long.iter().map(|id| json!({"id": id, "limit": 500})).collect(),
        },
        Case {
            name: "a year",
            tool: "get_conversation_stats",
            arguments: vec![json!({"created_after": "2025-11-20", "created_before": "2026-11-20"})],
        },
        Case {
            name: "a year by team",
            tool: "get_conversation_stats",
            arguments: vec![json!({"created_after": "2025-11-20", "created_before": "2026-11-20", "group_by": "team"})],
        },
        Case {
            name: "a customer",
            tool: "get_customer",
            arguments: customers.iter().map(|email| json!({"customer": email})).collect(),
        },
        Case { name: "", tool: "list_filters", arguments: vec![json!({})] },
        Case {
            name: "count by state",
            tool: "query_database",
            arguments: vec![json!({"sql": "SELECT state, count(*) FROM v_conversations GROUP BY state"})],
        },
        Case {
            name: "one conversation",
            tool: "query_database",
            arguments: some.iter().take(5).map(|id| json!({"sql": format!("SELECT * FROM v_conversations WHERE conversation_id = '{id}'")})).collect(),
        },
        Case { name: "", tool: "get_data_info", arguments: vec![json!({})] },
        Case { name: "", tool: "check_coverage", arguments: vec![json!({"start_date": "2026-01-01", "end_date": "2026-06-30"})] },
        Case { name: "", tool: "get_sync_status", arguments: vec![json!({})] },
        Case { name: "", tool: "get_server_status", arguments: vec![json!({})] },
    ];
    cases.retain(|case| {
        case.arguments.iter().all(|arguments| match native.call(case.tool, &arguments.to_string()) {
            Ok(_) => true,
            Err(error) => {
                crate::report::line(&format!("left out: {} {}: {error}", case.tool, case.name));
                false
            }
        })
    });
    Ok(cases)
}
