//! What a caller sees who may not see everything: what they would if the rest had never been.

use serde_json::Value;

use super::fixture::{Said, Workspace};
use super::hostile_sql::TRIES;
use crate::store::filtered::Scope;
use crate::tools;
use crate::tools::prompts::{Reference, complete};

/// Words, of which those of a hidden conversation are to change nothing: rare and frequent ones,
/// in other forms, of other scripts.
const WORDS: [&str; 24] = [
    "refund",
    "invoice",
    "password",
    "shipping",
    "cancel",
    "upgrade",
    "zebra",
    "gateway",
    "timeout",
    "login",
    "Kühlschrank",
    "返金してほしい",
    "export",
    "webhook",
    "rabatt",
    "delivery",
    "parcel",
    "charge",
    "duplicate",
    "invoices",
    "refunded",
    "cancelling",
    "errors",
    "quokka",
];

/// A conversation as the test thinks of it.
#[derive(Clone)]
struct Talk {
    id: u64,
    team: Option<&'static str>,
    tag: Option<u64>,
    channel: &'static str,
    customer: u64,
    state: &'static str,
    rating: Option<u64>,
    day: u64,
    outcome: &'static str,
    said: Vec<(String, bool)>,
}

/// The same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::try_from(self.below(values.len() as u64)).expect("small")]
    }

    fn sentence(&mut self) -> String {
        let count = 3 + self.below(9);
        let words: Vec<&str> = (0..count).map(|_| self.of(&WORDS)).collect();
        format!("<p>{}</p>", words.join(" "))
    }

    fn talk(&mut self, id: u64) -> Talk {
        let parts = 1 + self.below(5);
        let mut said: Vec<(String, bool)> =
            (0..parts).map(|part| (self.sentence(), part > 0 && self.below(4) == 0)).collect();
        if id.is_multiple_of(4) {
            // What many ask and no article answers.
            let begins = self.of(&["Since when does", "Please tell me why", "Is it right that"]);
            said[0].0 = format!("<p>{begins} the espresso grinder clogs {}</p>", self.of(&WORDS));
            said.insert(1, ("<p>Clean the espresso grinder with a brush.</p>".to_owned(), false));
        }
        Talk {
            id,
            team: self.of(&[Some("70"), Some("71"), None]),
            tag: self.of(&[Some(1), Some(2), Some(3), None]),
            channel: self.of(&["conversation", "email", "whatsapp"]),
            customer: self.below(40),
            state: self.of(&["open", "closed", "snoozed"]),
            rating: self.of(&[None, None, Some(1), Some(5)]),
            day: self.below(20),
            outcome: if id.is_multiple_of(4) {
                "abandoned"
            } else {
                self.of(&["resolved", "resolved", "escalated"])
            },
            said,
        }
    }
}

/// Puts the conversations into a workspace, which has others already.
fn enter(workspace: &mut Workspace, talks: &[Talk], notes: bool) {
    for talk in talks {
        let day = format!("2026-11-{:02}", talk.day + 1);
        // Each has a minute of its own, so that no order depends on which came first.
        let (customer, hour, number) = (talk.customer, talk.id / 60, talk.id % 60);
        let text = |value: Option<&str>| value.map_or("NULL".to_owned(), |value| format!("'{value}'"));
        workspace.sql(&format!(
            "INSERT INTO conversations (id, created_at, updated_at, customer_email, customer_name, contact_id, company_id, company_name, tags, thread_complete, title, state, channel, team_assignee_id, rating, first_response_seconds, part_count, fields, ai_outcome, custom_attributes)
             VALUES ('{id}', '{day}T{hour:02}:{number:02}:00+00:00', '{day}T{hour:02}:{number:02}:59+00:00', 'c{customer}@example.com', 'Customer {customer}', 'k{customer}', 'f{company}', 'Firm {company}', '{tags}', TRUE, 'Talk {id}', '{state}', '{channel}', {team}, {rating}, {first}, {parts}, 1, '{outcome}', '{{\"plan\": \"p{plan}\"}}');
             INSERT OR REPLACE INTO contacts (id, role, name, email, company_id, fetched_at) VALUES ('k{customer}', 'user', 'Customer {customer}', 'c{customer}@example.com', 'f{company}', '2026-11-01T00:00:00+00:00');
             INSERT OR REPLACE INTO companies (id, name, plan) VALUES ('f{company}', 'Firm {company}', 'plan {company}');
             INSERT INTO conversation_contacts (contact_id, conversation_id) VALUES ('k{customer}', '{id}');
             INSERT OR IGNORE INTO content_sources (kind, title, url, locale) VALUES ('article', 'Source {company}', '', '');
             INSERT INTO conversation_content_sources SELECT s.number, c.number FROM content_sources s, conversations c WHERE s.title = 'Source {company}' AND c.id = '{id}';
             INSERT INTO conversation_events (id, conversation, kind, created_seconds, author_type, author_id, assigned_to_type, assigned_to_id)
             SELECT {id}, number, 1, unixepoch('{day} 08:50:00'), 'admin', '7', 'team', '70' FROM conversations WHERE id = '{id}';",
            id = talk.id,
            company = customer % 6,
            tags = talk.tag.map_or("[]".to_owned(), |tag| format!("[\"Tag {tag}\"]")),
            state = talk.state,
            channel = talk.channel,
            team = text(talk.team),
            rating = talk.rating.map_or("NULL".to_owned(), |rating| rating.to_string()),
            first = talk.id % 900,
            parts = talk.said.iter().filter(|(_, note)| notes || !note).count(),
            plan = talk.id % 3,
            // One firm's article is a bad one.
            outcome = if customer % 6 == 0 { "escalated" } else { talk.outcome },
        ));
        if let Some(tag) = talk.tag {
            workspace.sql(&format!(
                "INSERT INTO conversation_tags (tag_id, conversation_id) VALUES ('{tag}', '{}')",
                talk.id
            ));
        }
        for (part, (body, note)) in talk.said.iter().enumerate().filter(|(_, (_, note))| notes || !note) {
            workspace.say(&Said {
                conversation: &talk.id.to_string(),
                id: &if part == 0 { format!("{}_initial", talk.id) } else { format!("{}-{part}", talk.id) },
                at: &format!("{day}T{hour:02}:{number:02}:{:02}+00:00", part * 7),
                author_type: if part % 2 == 0 { "user" } else { "admin" },
                author: "Bob Stone",
                body,
                note: *note,
            });
        }
    }
}

/// What syncs leave behind beside conversations, and what they make of these.
fn workspace(talks: &[Talk], notes: bool) -> Workspace {
    let mut workspace = Workspace::empty();
    workspace.sql(
        "INSERT INTO workspace (id_code, name, region, timezone) VALUES ('abc123', 'Example Ltd', 'US', 'Europe/Berlin');
         INSERT INTO admins (id, name, email) VALUES ('7', 'Bob Stone', 'bob@example.com');
         INSERT INTO teams (id, name) VALUES ('70', 'Billing'), ('71', 'Support');
         INSERT INTO tags (id, name) VALUES ('1', 'Tag 1'), ('2', 'Tag 2'), ('3', 'Tag 3');
         INSERT INTO event_kinds (name) VALUES ('assignment');
         INSERT INTO coverage (low, high) VALUES (unixepoch('2026-11-01'), unixepoch('2026-11-22 14:50:00'));
         INSERT INTO sync_metadata (sync_started_at, sync_completed_at, sync_status, coverage_start_date, coverage_end_date, sync_type)
         VALUES ('2026-11-22T14:50:00+00:00', '2026-11-22T14:51:00+00:00', 'completed', '2026-11-01', '2026-11-22', 'background');",
    );
    workspace.article("a1", "Refunds", "<p>How a refund works</p>");
    enter(&mut workspace, talks, notes);
    derive(&mut workspace);
    workspace.sql("UPDATE sync_metadata SET total_conversations = (SELECT count(*) FROM conversations), total_messages = (SELECT sum(message_count) FROM conversations)");
    workspace
}

fn derive(workspace: &mut Workspace) {
    workspace.store.refresh_index(&|| false).expect("refreshes");
    while workspace.store.write(|tx| crate::store::statistics::keep_days(tx, 64)).expect("keeps") {}
}

/// Everything that can be asked, of each tool and beside them.
fn everything(workspace: &mut Workspace, talks: &[Talk]) -> Vec<(String, Value)> {
    workspace.settings.replica = true;
    workspace.settings.read_only = true;
    let mut calls: Vec<(&str, String)> = Vec::new();
    for word in WORDS {
        calls.push((
            "search_conversations",
            format!(r#"{{"query": "{word}", "limit": 50, "include_notes": true}}"#),
        ));
        calls
            .push(("search_conversations", format!(r#"{{"query": "{word} AND refund", "sort": "oldest"}}"#)));
    }
    for query in [
        "refnud",
        "invoce quoka",
        "zeb*",
        "zebra gateway timeout",
        "\"refund invoice\"",
        "zebra OR quokka",
        "nothingofthis",
    ] {
        calls.push((
            "search_conversations",
            format!(r#"{{"query": {}, "include_notes": true}}"#, Value::from(query)),
        ));
    }
    for arguments in [
        r#"{}"#,
        r#"{"state": "open", "sort": "longest_waiting"}"#,
        r#"{"tag": "Tag 1"}"#,
        r#"{"team": "Support"}"#,
        r#"{"team": "unassigned"}"#,
        r#"{"channel": "email", "limit": 100}"#,
        r#"{"query": "refund", "exclude": "zebra"}"#,
        r#"{"customer": "Customer 7"}"#,
        r#"{"customer": "nobody@nowhere.example"}"#,
        r#"{"plan": "plan 3"}"#,
        r#"{"plan": "plan 99"}"#,
        r#"{"tag": "No such tag"}"#,
        r#"{"channel": "phone"}"#,
    ] {
        calls.push(("search_conversations", arguments.to_owned()));
    }
    for talk in talks {
        calls.push(("get_conversation", format!(r#"{{"id": "{}", "include_notes": true}}"#, talk.id)));
    }
    for customer in 0..40 {
        calls.push(("get_customer", format!(r#"{{"customer": "c{customer}@example.com"}}"#)));
    }
    for kind in
        ["tags", "teams", "assignees", "channels", "states", "priorities", "attributes", "plans", "companies"]
    {
        calls.push(("list_filters", format!(r#"{{"kind": "{kind}"}}"#)));
    }
    for group in ["none", "team", "tag", "channel", "state", "day", "plan", "assignee"] {
        calls.push((
            "get_conversation_stats",
            format!(r#"{{"group_by": "{group}", "timeframe": "last 30 days"}}"#),
        ));
    }
    for arguments in ["{}", r#"{"timeframe": "last 7 days"}"#] {
        calls.push(("get_conversation_stats", arguments.to_owned()));
        calls.push(("get_trends", arguments.to_owned()));
        calls.push(("find_knowledge_gaps", arguments.to_owned()));
        calls.push(("search_articles", r#"{"query": "refund"}"#.to_owned()));
    }
    for tool in ["get_data_info", "get_sync_status", "get_server_status", "list_filters"] {
        calls.push((tool, "{}".to_owned()));
    }
    calls.push(("check_coverage", r#"{"start_date": "2026-11-01", "end_date": "2026-11-20"}"#.to_owned()));
    calls.push(("force_sync", "{}".to_owned()));
    for query in ["zebra", "quokka refund"] {
        calls.push(("search", format!(r#"{{"query": "{query}"}}"#)));
    }
    for sql in [
        "SELECT count(*), sum(message_count) FROM v_conversations",
        "SELECT * FROM v_conversations ORDER BY conversation_id",
        "SELECT * FROM v_messages ORDER BY message_id",
        "SELECT * FROM v_tags ORDER BY 1, 2",
        "SELECT * FROM v_events ORDER BY conversation_id",
        "SELECT * FROM v_ai_sources ORDER BY conversation_id",
        "SELECT * FROM v_links",
        "SELECT * FROM v_contacts ORDER BY email",
        "SELECT * FROM v_companies ORDER BY name",
        "SELECT * FROM v_teams ORDER BY name",
        "SELECT * FROM v_teammates",
        "SELECT * FROM v_syncs",
        "SELECT sum(length(text)), max(message_id), group_concat(DISTINCT hex(substr(text, 1, 3))) FROM v_messages",
        "SELECT * FROM conversations",
        "SELECT * FROM messages_fts",
        "SELECT * FROM filtered_conversations",
        "SELECT name FROM sqlite_schema",
        "SELECT * FROM fts5vocab",
    ] {
        calls.push(("query_database", format!(r#"{{"sql": {}, "limit": 1000}}"#, Value::from(sql))));
    }
    for sql in TRIES {
        let sql =
            sql.replace("{}", "v_conversations").replace("contacts", "conversations").replace("phone", "id");
        calls.push(("query_database", format!(r#"{{"sql": {}}}"#, Value::from(sql))));
    }
    let mut answers: Vec<(String, Value)> = Vec::new();
    for (tool, arguments) in calls {
        let answer = match workspace.call(tool, &arguments) {
            Ok(answer) => answer,
            Err(error) => Value::from(format!("{error:?}")),
        };
        answers.push((format!("{tool} {arguments}"), answer));
    }
    for entry in tools::resources::list_resources() {
        let read = workspace.with(|context| tools::resources::read_resource(context, entry.uri));
        let text = read.map_or_else(|error| error, |content| content.text);
        answers.push((entry.uri.to_string(), serde_json::from_str(&text).unwrap_or(Value::from(text))));
    }
    for typed in ["", "c1", "Customer", "2", "Talk"] {
        for prompt in tools::prompts::list_prompts() {
            for argument in prompt.arguments {
                let reference = Reference::Prompt(prompt.name.to_string());
                let completed = workspace.with(|context| complete(context, &reference, argument.name, typed));
                let call = format!("complete {} {} {typed}", prompt.name, argument.name);
                answers.push((call, Value::from(format!("{completed:?}"))));
            }
        }
    }
    answers.iter_mut().for_each(|(_, answer)| without_size(answer));
    answers
}

/// How large the file is depends on how it was filled.
fn without_size(answer: &mut Value) {
    match answer {
        Value::Object(members) => {
            members.remove("database_size_mb");
            members.remove("size");
            members.values_mut().for_each(without_size);
        }
        Value::Array(items) => items.iter_mut().for_each(without_size),
        Value::String(text) => {
            if let Some(place) = text.find(" MB") {
                let from = text[..place].rfind(' ').unwrap_or(0);
                text.replace_range(from..place, "");
            }
        }
        _ => {}
    }
}

/// Cursors name conversations by numbers in the order in which they came.
fn without_cursors(answer: &mut Value) {
    match answer {
        Value::Object(members) => {
            members.remove("next_cursor");
            members.values_mut().for_each(without_cursors);
        }
        Value::Array(items) => items.iter_mut().for_each(without_cursors),
        Value::String(text) => {
            if let Some(place) = text.find("starting_after:") {
                text.truncate(place);
            }
        }
        _ => {}
    }
}

/// The first place where two answers differ.
fn difference(ours: &Value, theirs: &Value) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(one), Value::Object(other)) if one.keys().eq(other.keys()) => {
            one.iter().find_map(|(name, value)| Some(format!("{name}.{}", difference(value, &other[name])?)))
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .enumerate()
            .find_map(|(place, (one, other))| Some(format!("{place}.{}", difference(one, other)?))),
        _ => (ours != theirs).then(|| format!(" {ours} instead of {theirs}")),
    }
}

/// Holds the copy against a workspace that never had more.
fn compare(copy: &mut Workspace, talks: &[Talk], sees: impl Fn(&Talk) -> bool, notes: bool, when: &str) {
    let visible: Vec<Talk> = talks.iter().filter(|talk| sees(talk)).cloned().collect();
    assert!(visible.len() > 10 && visible.len() < talks.len(), "{when}: {} are seen", visible.len());
    let mut alone = workspace(&visible, notes);
    let (mut ours, mut theirs) = (everything(copy, talks), everything(&mut alone, talks));
    for ((call, ours), (_, theirs)) in ours.iter_mut().zip(&mut theirs) {
        if when.contains("round") {
            without_cursors(ours);
            without_cursors(theirs);
        }
        if let Some(place) = difference(ours, theirs) {
            panic!("{when}: {call}: {place}");
        }
    }
    // The comparison has something to compare.
    let found = ours.iter().filter(|(call, answer)| {
        call.starts_with("search_conversations")
            && answer["conversations"].as_array().is_some_and(|hits| !hits.is_empty())
    });
    assert!(found.count() > 20, "{when}");
    let gaps = &ours.iter().find(|(call, _)| call == "find_knowledge_gaps {}").expect("asked").1;
    let some = gaps["missing_articles"].as_array().is_some_and(|rows| !rows.is_empty());
    assert!(some || visible.len() < 40, "{when}: {gaps}");
}

#[test]
fn a_hidden_conversation_changes_nothing_that_a_limited_caller_sees() {
    let mut random = Random(7);
    let mut talks: Vec<Talk> = (200..380).map(|id| random.talk(id)).collect();
    let some = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    type Sees = fn(&Talk) -> bool;
    let everything = Scope { teams: None, tags: None, channels: None, notes: true };
    let scopes: [(Scope, Sees); 5] = [
        (Scope { teams: some(&["support"]), ..everything.clone() }, |talk| talk.team == Some("71")),
        (Scope { teams: some(&["70", "unassigned"]), ..everything.clone() }, |talk| talk.team != Some("71")),
        (Scope { tags: some(&["Tag 1", "tag 2"]), ..everything.clone() }, |talk| {
            matches!(talk.tag, Some(1 | 2))
        }),
        (Scope { channels: some(&["chat", "e-mail"]), notes: false, ..everything.clone() }, |talk| {
            talk.channel != "whatsapp"
        }),
        (Scope { teams: some(&["Billing"]), channels: some(&["email"]), ..everything }, |talk| {
            talk.team == Some("70") && talk.channel == "email"
        }),
    ];
    let mut all = workspace(&talks, true);
    let mut copies = Vec::new();
    for (scope, sees) in &scopes {
        let (mut copy, report) = all.filtered(scope, None);
        assert_eq!(report.unknown, Vec::<String>::new());
        compare(&mut copy, &talks, sees, scope.notes, &format!("{scope:?}, made"));
        copies.push(copy);
    }
    // Conversations change hands, get messages, go and come.
    for round in 0..3 {
        for _ in 0..30 {
            let place = usize::try_from(random.below(talks.len() as u64)).expect("small");
            let mut changed = random.talk(talks[place].id);
            changed.said = talks[place].said.clone();
            changed.said.push((random.sentence(), random.below(3) == 0));
            let old = std::mem::replace(&mut talks[place], changed.clone());
            take_out(&mut all, old.id);
            match random.below(8) {
                0 => drop(talks.remove(place)),
                _ => enter(&mut all, &[changed], true),
            }
        }
        let new: Vec<Talk> = (0..5).map(|more| random.talk(500 + round * 10 + more)).collect();
        enter(&mut all, &new, true);
        talks.extend(new);
        derive(&mut all);
        for ((scope, sees), copy) in scopes.iter().zip(&mut copies) {
            let before = std::mem::replace(copy, Workspace::empty());
            let (next, report) = all.filtered(scope, Some(before));
            *copy = next;
            assert!(report.changed > 0 && report.changed < 60, "{report:?}");
            compare(copy, &talks, sees, scope.notes, &format!("{scope:?}, round {round}"));
        }
    }
}

fn take_out(workspace: &mut Workspace, id: u64) {
    workspace.sql(&format!(
        "DELETE FROM messages_fts WHERE rowid IN (SELECT number FROM messages WHERE conversation_id = '{id}');
         DELETE FROM conversations WHERE id = '{id}';
         DELETE FROM contacts WHERE id NOT IN (SELECT contact_id FROM conversations);
         DELETE FROM companies WHERE id NOT IN (SELECT company_id FROM conversations);"
    ));
}

#[test]
fn a_name_that_means_nothing_shows_nothing_and_is_told() {
    let mut all = Workspace::filled();
    let scope = Scope { teams: Some(vec!["Biling".to_owned()]), tags: None, channels: None, notes: true };
    let (mut copy, report) = all.filtered(&scope, None);
    assert_eq!((report.conversations, report.unknown), (0, vec!["team \"Biling\"".to_owned()]));
    assert_eq!(copy.ask("search_conversations", "{}")["total_matches"], 0);
    // Also where a name is made of SQL.
    let scope = Scope { teams: Some(vec!["') OR TRUE --".to_owned(), "70".to_owned()]), ..scope };
    assert_eq!(all.filtered(&scope, None).1.conversations, 1);
    let scope = Scope { teams: Some(Vec::new()), ..scope };
    assert_eq!(all.filtered(&scope, None).1.conversations, 0, "an empty list is no list of all");
}

#[test]
fn a_copy_of_before_somebody_was_erased_is_made_anew() {
    let mut all = Workspace::filled();
    let scope = Scope { teams: Some(vec!["Billing".to_owned()]), tags: None, channels: None, notes: true };
    let (copy, report) = all.filtered(&scope, None);
    assert_eq!((report.conversations, report.changed), (1, 1));
    let (copy, report) = all.filtered(&scope, Some(copy));
    assert_eq!(report.changed, 0, "nothing has changed");
    all.sql("INSERT INTO erased (kind, hash, length, erased_at) VALUES ('contact', x'01', 3, '2026-11-22T15:00:00+00:00')");
    assert_eq!(all.filtered(&scope, Some(copy)).1.changed, 1, "everything is copied again");
}
