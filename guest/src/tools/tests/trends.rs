//! What rose is found without being named, and nothing else is.

use serde_json::{Value, json};

use super::fixture::{NOW, Workspace, at};
use crate::time::DAY;

/// Numbers that look like chance and are the same in every run (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }
}

const WEEKS: i64 = 26;

/// Half a year of a shop: conversations of a few hundred customers who write of the same things,
/// some often, most seldom, with tags, companies and plans of no meaning.
fn quiet(seed: u64) -> Workspace {
    let mut chance = Chance(seed);
    let mut sql = String::from("BEGIN;");
    for number in 0..WEEKS * 7 * 22 {
        let age = (WEEKS * 7 * DAY) * number / (WEEKS * 7 * 22) + chance.below(3_000) as i64;
        let created = at(NOW).plus(-age).to_iso();
        let mut words = Vec::new();
        for _ in 0..12 {
            // Few words are common and many are rare, as in any language.
            let rank = chance.below(40) * chance.below(40) + chance.below(30);
            words.push(format!("word{}x", letters(rank)));
        }
        let customer = chance.below(400);
        let plan = ["Free", "Pro", "Enterprise"][chance.below(3) as usize];
        let attributes = json!({ "Plan": plan });
        let tag = ["Billing", "Login", "Shipping", "Other"][chance.below(4) as usize];
        sql.push_str(&format!(
            "INSERT INTO conversations (id, created_at, updated_at, customer_email, company_name, tags, custom_attributes, thread_complete)
             VALUES ('q{number}', '{created}', '{created}', 'c{customer}@example.com', 'Company {}', '[\"{tag}\"]', '{attributes}', TRUE);
             INSERT INTO messages (number, id, conversation_id, author_type, body, created_at, part_type, sequence_number)
             VALUES ({}, 'q{number}_initial', 'q{number}', 'user', '<p>{}</p>', '{created}', 'initial', 0);",
            customer / 8,
            10_000_000_000 - number,
            words.join(" "),
        ));
    }
    sql.push_str("COMMIT; INSERT INTO coverage (low, high) VALUES (0, unixepoch('2026-11-22 15:00:00'));");
    let mut workspace = Workspace::empty();
    workspace.sql(&sql);
    workspace
}

/// A number as letters: words of digits are no words.
fn letters(mut number: u64) -> String {
    let mut text = String::new();
    loop {
        text.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
        if number == 0 {
            return text;
        }
    }
}

fn names(answer: &Value) -> Vec<(String, String)> {
    let text = |row: &Value, name: &str| row[name].as_str().expect("a text").to_owned();
    let rows = answer["trends"].as_array().expect("trends");
    rows.iter().map(|row| (text(row, "kind"), text(row, "name"))).collect()
}

#[test]
fn quiet_weeks_have_no_trends() {
    let mut workspace = quiet(20_261_122);
    for week in 0..20 {
        let now = at(NOW).plus(-week * 7 * DAY);
        workspace.now.set(now);
        // What was read after now is no coverage.
        workspace.sql(&format!("UPDATE coverage SET high = {}", now.0));
        let answer = workspace.ask("get_trends", "{}");
        assert_eq!(answer["trends"], json!([]), "week {week}: {answer}");
        assert!(answer["tested"].as_u64().is_some_and(|tested| tested > 100), "{answer}");
        assert_eq!(answer["baseline"]["periods"], 4, "{answer}");
    }
}

/// Of weeks that were not read wholly only what changed later is there, which is no sample of them.
#[test]
fn nothing_is_compared_with_weeks_that_are_not_wholly_in_the_cache() {
    let mut workspace = quiet(20_261_122);
    for (days, periods) in [(36, json!(4)), (22, json!(2)), (15, json!(1)), (13, Value::Null)] {
        workspace.sql(&format!("UPDATE coverage SET low = {}", at(NOW).plus(-days * DAY).0));
        let answer = workspace.ask("get_trends", "{}");
        assert_eq!(answer["baseline"]["periods"], periods, "{days} days: {answer}");
    }
}

#[test]
fn six_planted_rises_are_found_with_their_counts_and_quotations() {
    let mut workspace = quiet(7);
    // In the newest week: customers of their own, so that each is one.
    let newest = "created_at > '2026-11-16'";
    workspace.sql(&format!(
        "CREATE TEMP TABLE newest AS SELECT id, row_number() OVER (ORDER BY created_at DESC) AS place FROM conversations WHERE {newest};
         UPDATE messages SET body = body || ' Klarna shows a blank checkout' WHERE conversation_id IN (SELECT id FROM newest WHERE place <= 18);
         UPDATE messages SET body = body || ' the vanilla parcel leaks' WHERE conversation_id IN (SELECT id FROM newest WHERE place BETWEEN 20 AND 36);
         UPDATE messages SET body = '<p>アプリが落ちる</p>' WHERE conversation_id IN (SELECT id FROM newest WHERE place BETWEEN 40 AND 56);
         UPDATE conversations SET tags = '[\"Outage\"]' WHERE id IN (SELECT id FROM newest WHERE place BETWEEN 60 AND 78);
         UPDATE conversations SET custom_attributes = '{{\"Browser\": \"Opera\"}}' WHERE id IN (SELECT id FROM newest WHERE place BETWEEN 80 AND 96);
         UPDATE conversations SET company_name = 'Rising Ltd' WHERE id IN (SELECT id FROM newest WHERE place BETWEEN 100 AND 114);
         UPDATE conversations SET customer_email = 'own-' || id || '@example.com' WHERE {newest};
         INSERT INTO conversations (id, created_at, updated_at, customer_email, thread_complete) VALUES ('k', '2026-11-12T10:00:00+00:00', '2026-11-12T10:00:00+00:00', 'k@example.com', TRUE);
         INSERT INTO messages (number, id, conversation_id, author_type, body, created_at, part_type, sequence_number) VALUES (5, 'k_initial', 'k', 'user', 'Klarna shows a blank checkout', '2026-11-12T10:00:00+00:00', 'initial', 0);"
    ));
    let answer = workspace.ask("get_trends", "{}");
    let found = names(&answer);
    let has = |kind: &str, name: &str| found.iter().any(|(k, n)| k == kind && n == name);
    assert!(
        has("tag", "Outage") && has("attribute", "Browser: Opera") && has("company", "Rising Ltd"),
        "{found:?}"
    );
    let rows = answer["trends"].as_array().expect("trends");
    let story = |word: &str| {
        let tells = |row: &&Value| {
            row["name"] == word || row["also"].as_array().is_some_and(|also| also.contains(&json!(word)))
        };
        rows.iter().find(tells).unwrap_or_else(|| panic!("{word} in {found:?}"))
    };
    for word in ["klarna", "vanilla"] {
        let row = story(word);
        assert_eq!(row["quotes"].as_array().map(Vec::len), Some(3), "{row}");
        assert!(row["growth"].as_f64().is_some_and(|growth| growth > 4.0), "{row}");
    }
    assert_eq!((&story("klarna")["now"], &story("klarna")["before"]), (&json!(18), &json!(1)));
    let text = story("klarna")["quotes"][0]["text"].as_str().expect("a quote");
    assert!(text.contains("Klarna") || text.contains("blank"), "{text}");
    assert!(rows.iter().any(|row| row["name"].as_str().is_some_and(|name| !name.is_ascii())), "{found:?}");
    assert_eq!(found.len(), 6, "nothing else, and each story once: {found:?}");

    let short = workspace.ask("get_trends", r#"{"max_tokens": 400}"#);
    assert!(
        short.to_string().len() < 3_000
            && short["notice"].as_str().is_some_and(|words| words.contains("of 6 trends")),
        "{short}"
    );
    assert_eq!(
        names(&workspace.ask("get_trends", r#"{"kind": "companies"}"#)),
        [("company".to_owned(), "Rising Ltd".to_owned())]
    );
    // Two weeks ago nobody knew.
    workspace.now.set(at(NOW).plus(-14 * DAY));
    assert_eq!(workspace.ask("get_trends", "{}")["trends"], json!([]));
}

#[test]
fn without_a_period_before_nothing_is_claimed() {
    let mut workspace = Workspace::filled();
    let answer = workspace.ask("get_trends", r#"{"timeframe": "last 90 days"}"#);
    assert_eq!(answer["trends"], json!([]));
    assert!(
        answer["notice"].as_str().is_some_and(|words| words.contains("no whole period before")),
        "{answer}"
    );
    assert!(
        workspace.refused("get_trends", r#"{"created_before": "2026-11-01"}"#).0.contains("created_after")
    );
}

#[test]
fn any_attribute_filters_and_groups_and_each_group_has_its_own_period_before() {
    let mut workspace = Workspace::filled();
    workspace.sql(
        r#"UPDATE conversations SET custom_attributes = '{"Plan": "Pro", "Vip": true, "Topics": ["Refund", "Card"]}', sla_status = 'missed' WHERE id IN ('101', '104');
           UPDATE conversations SET custom_attributes = '{"Plan": "Free"}' WHERE id = '102'"#,
    );
    let mut ids = |arguments: Value| -> Vec<String> {
        let answer = workspace.ask("search_conversations", &arguments.to_string());
        let mut ids: Vec<String> = answer["conversations"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| row["id"].as_str().expect("an id").to_owned())
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(json!({"attribute": "plan=pro"})), ["101", "104"]);
    assert_eq!(ids(json!({"attribute": ["Plan=Pro", "Vip=true"], "sla": "missed"})), ["101", "104"]);
    assert_eq!(ids(json!({"attribute": "Topics=card"})), ["101", "104"]);
    assert_eq!(ids(json!({"attribute": "Plan"})), ["101", "102", "104"]);
    let (sentence, _) = workspace.refused("search_conversations", r#"{"attribute": "Plam=Pro"}"#);
    assert!(sentence.contains("\"Plan\""), "{sentence}");
    let listed = workspace.ask("list_filters", r#"{"kind": "attributes"}"#);
    assert_eq!(listed["attributes"][0], json!({"name": "Plan", "conversations": 3}));
    let many: Value = (0..600).map(|number| (format!("a{number:04}"), json!(1))).collect();
    workspace.sql(&format!("UPDATE conversations SET custom_attributes = '{many}' WHERE id = '103'"));
    let last = workspace.ask("search_conversations", r#"{"attribute": "A0599"}"#);
    assert_eq!(last["conversations"][0]["id"], "103", "{last}");
    let listed = workspace.ask("list_filters", r#"{"kind": "attributes", "contains": "a0599"}"#);
    assert_eq!(listed["attributes"], json!([{"name": "a0599", "conversations": 1}]));
    workspace.sql("UPDATE conversations SET custom_attributes = NULL WHERE id = '103'");

    // 104 is of the two weeks before.
    let stats = workspace.ask(
        "get_conversation_stats",
        r#"{"created_after": "2026-11-08", "group_by": "attribute", "attribute": "Plan"}"#,
    );
    let groups = stats["groups"].as_array().expect("groups");
    let brief = |row: &Value| (row["group"].clone(), row["conversations"].clone(), row["previous"].clone());
    assert_eq!(
        groups.iter().map(brief).collect::<Vec<_>>(),
        [
            (json!("Free"), json!(1), json!({"conversations": 0})),
            (json!("Pro"), json!(1), json!({"conversations": 1, "rating_average": 5.0})),
        ]
    );
    assert!(
        workspace
            .refused("get_conversation_stats", r#"{"group_by": "attribute"}"#)
            .0
            .contains("list_filters")
    );
    let sla = workspace.ask(
        "get_conversation_stats",
        r#"{"created_after": "2026-11-08", "group_by": "sla", "compare": false}"#,
    );
    assert_eq!(sla["groups"][0]["group"], "none");
}

#[test]
fn details_are_counted_from_the_threads() {
    let mut workspace = Workspace::filled();
    workspace.sql(
        "UPDATE conversations SET assignment_count = 3 WHERE id = '102';
         UPDATE conversations SET state = 'closed' WHERE id = '101';
         UPDATE messages SET author_id = '7' WHERE id = 'a1';
         INSERT INTO event_kinds (name) VALUES ('close');
         INSERT INTO conversation_events (id, conversation, kind, created_seconds, author_type)
             SELECT 'x' || number, number, (SELECT number FROM event_kinds WHERE name = 'close'), unixepoch('2026-11-16 10:10:00'), 'bot' FROM conversations WHERE id IN ('101', '102')",
    );
    let ask = |workspace: &mut Workspace, hours: u32| {
        let arguments =
            json!({"created_after": "2026-11-15", "details": true, "within_hours": hours}).to_string();
        workspace.ask("get_conversation_stats", &arguments)["details"].clone()
    };
    let details = ask(&mut workspace, 24);
    assert_eq!((&details["handed_over"], &details["closed_by_bot"]), (&json!(1), &json!(2)), "{details}");
    // 101: Ann wrote again fifty minutes later; 102 began two days after its close here.
    assert_eq!(
        (&details["false_deflections"], &details["first_contact_resolution_percent"]),
        (&json!(1), &json!(100.0)),
        "{details}"
    );
    assert_eq!(details["replies"], json!([{"teammate": "Bob Stone", "replies": 1, "conversations": 1}]));
    assert_eq!(ask(&mut workspace, 72)["false_deflections"], 2);
}

/// The shapes of platform.openai.com/docs/mcp: one text that is the JSON, `results` with `id`,
/// `title` and `url`, and a document that has `text` besides.
#[test]
fn search_and_fetch_have_the_shapes_that_connectors_need() {
    let mut workspace = Workspace::filled();
    let found = workspace.ask("search", r#"{"query": "refund"}"#);
    let first = &found["results"][0];
    assert_eq!(found["results"].as_array().map(Vec::len), Some(2));
    assert!(first["id"].as_str().is_some_and(|id| id.starts_with("conversation_")), "{first}");
    assert!(first["url"].as_str().is_some_and(|url| url.starts_with("https://app.intercom.com/")), "{first}");
    let output = workspace
        .with(|context| crate::tools::call(context, "search", r#"{"query": "refund"}"#))
        .expect("an answer");
    assert_eq!(output.text, "", "the JSON is the only text");
    let document = workspace.ask("fetch", &json!({"id": "conversation_101"}).to_string());
    assert_eq!((&document["id"], &document["title"]), (&json!("conversation_101"), &json!("Card declined")));
    let text = document["text"].as_str().expect("a text");
    assert!(
        text.starts_with("Ann Lee (user), 2026-11-16T09:00:00+00:00:\nHello, my card was declined."),
        "{text}"
    );
    assert!(text.contains("internal note") && document["metadata"]["state"] == "open", "{document}");
    assert_eq!(
        workspace.ask("fetch", r#"{"id": "https://app.intercom.com/a/inbox/abc123/inbox/conversation/101"}"#),
        document
    );
    assert!(workspace.refused("fetch", r#"{"id": "conversation_999"}"#).0.contains("999"));

    let open = workspace.ask(
        "search",
        r#"{"query": "object_type:conversations state:open source_type:conversation limit:1"}"#,
    );
    assert_eq!(open["total_in_page"], 1);
    let cursor =
        open["notice"].as_str().and_then(|words| words.rsplit_once("starting_after:")).expect("a cursor").1;
    let query = format!(
        "object_type:conversations state:open source_type:conversation limit:1 starting_after:{cursor}"
    );
    let next = workspace.ask("search", &json!({"query": query}).to_string());
    assert_eq!(next["total_in_page"], 1);
    assert_ne!(next["results"][0]["id"], open["results"][0]["id"]);
    let ann = workspace.ask("search", r#"{"query": "object_type:contacts email:\"ann@example.com\""}"#);
    assert_eq!(
        (&ann["results"][0]["id"], &ann["results"][0]["title"]),
        (&json!("ann@example.com"), &json!("Ann Lee"))
    );
    let customer = workspace.ask("fetch", r#"{"id": "ann@example.com"}"#);
    assert!(
        customer["text"].as_str().is_some_and(|text| text.contains("\"conversations\": 2")),
        "{customer}"
    );
    assert_eq!(
        workspace.ask("search", r#"{"query": "object_type:contacts email:nobody@example.org"}"#)["results"],
        json!([])
    );

    // An address that is blanked out would find nobody.
    workspace.sql(
        "INSERT INTO contacts (id, role, name, email, fetched_at)
            VALUES ('67c1', 'user', 'Ann Lee', 'ann@example.com', '2026-11-20T00:00:00+00:00');
        UPDATE conversations SET contact_id = '67c1' WHERE customer_email = 'ann@example.com';
        INSERT INTO conversation_contacts (conversation_id, contact_id) VALUES ('101', '67c1'), ('104', '67c1');",
    );
    workspace.settings.redactions = vec![crate::environment::Redaction::Emails];
    let ann = workspace.ask("search", r#"{"query": "object_type:contacts email:\"ann@example.com\""}"#);
    assert_eq!(ann["results"][0]["id"], "contact_67c1", "{ann}");
    let same = workspace.ask("fetch", r#"{"id": "contact_67c1"}"#);
    assert_eq!(same["title"], "Ann Lee", "{same}");
    assert!(same["text"].as_str().is_some_and(|text| text.contains("\"conversations\": 2")), "{same}");
}

#[test]
fn similar_conversations_are_those_with_its_rarest_words() {
    let mut workspace = Workspace::filled();
    workspace.sql(
        "INSERT INTO conversations (id, created_at, updated_at, thread_complete) VALUES
            ('201', '2026-11-19T09:00:00+00:00', '2026-11-19T09:00:00+00:00', TRUE),
            ('202', '2026-11-19T10:00:00+00:00', '2026-11-19T10:00:00+00:00', TRUE)",
    );
    for (conversation, body) in
        [("201", "<p>My second Visa charge was declined again</p>"), ("202", "<p>How do I log in?</p>")]
    {
        workspace.say(&super::fixture::Said {
            conversation,
            id: &format!("{conversation}_initial"),
            at: "2026-11-19T09:00:00+00:00",
            author_type: "user",
            author: "Zoe",
            body,
            note: false,
        });
    }
    let found = workspace.ask("search_conversations", r#"{"similar_to": "conversation_101"}"#);
    assert_eq!(found["conversations"][0]["id"], "201", "{found}");
    let ids: Vec<&Value> =
        found["conversations"].as_array().expect("rows").iter().map(|row| &row["id"]).collect();
    assert!(!ids.contains(&&json!("101")), "not itself: {ids:?}");
    assert!(workspace.refused("search_conversations", r#"{"similar_to": "999"}"#).0.contains("999"));
    assert!(
        workspace
            .refused("search_conversations", r#"{"similar_to": "101", "query": "x"}"#)
            .0
            .contains("one of them")
    );
}
