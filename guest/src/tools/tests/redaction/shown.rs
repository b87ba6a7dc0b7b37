//! What is blanked out is in no answer.

use serde_json::{Value, json};

use super::{ALL, Shown, planted, said};
use crate::environment::Redaction;
use crate::tools::{self, prompts, resources};

/// Statements that try to show raw values.
const SHOWING: &[&str] = &[
    "SELECT * FROM v_conversations",
    "SELECT * FROM v_messages",
    "SELECT * FROM v_tags",
    "SELECT * FROM v_events",
    "SELECT * FROM v_teammates",
    "SELECT * FROM v_teams",
    "SELECT * FROM v_syncs",
    "SELECT * FROM v_articles",
    "SELECT hex(body), hex(title), hex(author) FROM v_articles",
    "SELECT j.value FROM v_articles, json_each(collections) j",
    "SELECT * FROM v_tickets",
    "SELECT hex(title), hex(description), j.value FROM v_tickets, json_each(customers) j",
    "SELECT j.key, j.value FROM v_tickets, json_each(attributes) j",
    "SELECT * FROM v_ticket_parts",
    "SELECT hex(body), json_extract(details, '$.phone') + 0 FROM v_ticket_parts",
    "SELECT hex(body) FROM v_messages",
    "SELECT lower(hex(title)), hex(customer_email) FROM v_conversations",
    "SELECT quote(body), quote(customer_name) FROM v_messages JOIN v_conversations USING (conversation_id)",
    "SELECT replace(body, ' ', '') FROM v_messages",
    "SELECT replace(replace(body, '4', 'f'), '2', 't') FROM v_messages WHERE 0",
    "SELECT replace(customer_email, '@', ' at ') FROM v_conversations",
    "SELECT substr(body, 1, 20), substr(body, 21, 20), substr(body, 41, 20), substr(body, 61, 20) FROM v_messages",
    "SELECT substr(customer_email, 1, 4) FROM v_conversations",
    "SELECT substr(customer_email, -8) FROM v_conversations",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) SELECT substr(body, i, 1) FROM v_messages, n WHERE message_id = 'z1'",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) SELECT group_concat(substr(body, i, 1), '') FROM v_messages, n WHERE message_id = 'z1'",
    "WITH RECURSIVE r(t, b) AS (SELECT '', body FROM v_messages WHERE message_id = 'z1' UNION ALL SELECT substr(b, 1, 1) || t, substr(b, 2) FROM r WHERE b <> '') SELECT t FROM r",
    "SELECT group_concat(unicode(customer_name)) FROM v_conversations",
    "SELECT printf('%s', body), format('%q', title) FROM v_messages JOIN v_conversations USING (conversation_id)",
    "SELECT printf('%.8s', customer_email) FROM v_conversations",
    "SELECT json_extract(custom_attributes, '$.phone') FROM v_conversations",
    "SELECT json_extract(custom_attributes, '$.phone') + 0 FROM v_conversations",
    "SELECT custom_attributes ->> 'phone', custom_attributes -> 'Note' FROM v_conversations",
    "SELECT json_extract(custom_attributes, '$.deep[0].card') FROM v_conversations",
    "SELECT json_extract(custom_attributes, '$.' || title) FROM v_conversations",
    "SELECT json_extract(title, '$') FROM v_conversations",
    "SELECT json_extract('{}', body) FROM v_messages",
    "SELECT json(body) FROM v_messages",
    "SELECT json_error_position(title) FROM v_conversations",
    "SELECT j.key, j.value, j.atom FROM v_conversations, json_tree(custom_attributes) j",
    "SELECT j.key, j.value FROM v_conversations, json_each(custom_attributes) j",
    "SELECT j.fullkey, j.path FROM v_messages, json_tree(attachments) j",
    "SELECT json_each.value FROM v_events, json_each(details)",
    "SELECT json_group_array(body) FROM v_messages",
    "SELECT json_group_object(customer_email, customer_name) FROM v_conversations",
    "SELECT json_object('a', title, 'b', rating_remark) FROM v_conversations",
    "SELECT json_quote(tag) FROM v_tags",
    "SELECT json_pretty(custom_attributes) FROM v_conversations",
    "SELECT CAST(customer_email AS BLOB) FROM v_conversations",
    "SELECT CAST(body AS INTEGER), CAST(title AS REAL) FROM v_messages JOIN v_conversations USING (conversation_id)",
    "SELECT hex(CAST(body AS BLOB)) FROM v_messages",
    "SELECT title + 0, -rating_remark, title * 1 FROM v_conversations",
    "SELECT max(body), min(customer_email) FROM v_messages JOIN v_conversations USING (conversation_id)",
    "SELECT group_concat(customer_name), string_agg(title, ';') FROM v_conversations",
    "SELECT sum(title), total(rating_remark), avg(sla_name) FROM v_conversations",
    "SELECT first_value(body) OVER (ORDER BY created_at), lag(body) OVER (ORDER BY created_at) FROM v_messages",
    "SELECT nth_value(title, 2) OVER () FROM v_conversations",
    "SELECT DISTINCT customer_email FROM v_conversations GROUP BY customer_email HAVING count(*) > 0 ORDER BY customer_email",
    "SELECT CASE WHEN body > '' THEN body END, coalesce(NULL, title), ifnull(title, ''), nullif(title, '') FROM v_messages JOIN v_conversations USING (conversation_id)",
    "SELECT trim(body, 'refund '), ltrim(title, 'Z'), rtrim(title, '9') FROM v_messages JOIN v_conversations USING (conversation_id)",
    "SELECT upper(body), lower(title) FROM v_messages JOIN v_conversations USING (conversation_id)",
    "SELECT plain_text(body), plain_text(title) FROM v_messages JOIN v_conversations USING (conversation_id)",
    "SELECT redacted_text(body), redacted_name(customer_name) FROM v_messages JOIN v_conversations USING (conversation_id)",
    "SELECT concat(title, body), concat_ws('-', title, body), title || body FROM v_messages JOIN v_conversations USING (conversation_id)",
    "SELECT a.body FROM v_messages a JOIN v_messages b ON a.body = b.body AND a.message_id <> b.message_id",
    "SELECT * FROM (SELECT body AS x FROM v_messages) WHERE x IS NOT NULL",
    "WITH v_messages AS (SELECT title AS body FROM v_conversations) SELECT body FROM v_messages",
    "SELECT body FROM v_messages UNION SELECT title FROM v_conversations EXCEPT SELECT 'x'",
    "SELECT (SELECT body FROM v_messages m WHERE m.conversation_id = c.conversation_id ORDER BY body DESC LIMIT 1) FROM v_conversations c",
    "SELECT 1 AS x FROM v_conversations ORDER BY abs(title)",
    "SELECT strftime(title), date(body), julianday(title) FROM v_messages JOIN v_conversations USING (conversation_id)",
    "SELECT round(title), abs(body), ceil(title) FROM v_messages JOIN v_conversations USING (conversation_id)",
    "SELECT error_message, sync_status FROM v_syncs",
    "SELECT assigned_to, author_name, details FROM v_events",
    "SELECT email, name, job_title FROM v_teammates",
    "SELECT m.* FROM main.messages m",
    "SELECT body FROM messages",
    "SELECT phone FROM main.contacts",
    "SELECT * FROM main.conversations",
    "SELECT * FROM temp.v_messages",
    "SELECT title COLLATE NOCASE FROM v_conversations ORDER BY title COLLATE RTRIM",
    "SELECT likely(title), unlikely(title), likelihood(title, 0.5), iif(1, title, 0) FROM v_conversations",
    "SELECT char(unicode(substr(customer_name, 1, 1))), char(unicode(substr(customer_name, 2, 1))) FROM v_conversations",
    "SELECT typeof(title), length(title), octet_length(title) FROM v_conversations",
];
#[test]
fn no_statement_shows_what_is_blanked_out() {
    let mut workspace = planted();
    let mut all = Shown::default();
    assert!(SHOWING.len() > 60);
    for sql in SHOWING {
        let arguments = json!({"sql": sql, "limit": 500}).to_string();
        let said = said(&mut workspace, "query_database", &arguments);
        all.look(sql, &said);
    }
    all.nothing();
}

/// Arguments of each tool that lead to the planted values, or to sentences that quote them.
const CALLS: &[(&str, &[&str])] = &[
    (
        "search_conversations",
        &[
            r#"{"query": "refund", "verbosity": "detailed", "include_messages": true, "include_notes": true}"#,
            r#"{"query": "refnud"}"#,
            r#"{"query": "quillfeathre"}"#,
            r#"{"query": "424*"}"#,
            r#"{}"#,
            r#"{"tags": ["nosuch"]}"#,
            r#"{"team": "nosuch"}"#,
            r#"{"assignee": "nosuch"}"#,
            r#"{"assignee": "quill"}"#,
            r#"{"channel": ["nosuch"]}"#,
            r#"{"customer": "quill"}"#,
            r#"{"customer": "zq"}"#,
            r#"{"company": "Co"}"#,
            r#"{"attribute": ["Nosuch=1"]}"#,
            r#"{"similar_to": "101"}"#,
            r#"{"state": "nosuch"}"#,
            r#"{"nosuch": 1}"#,
        ],
    ),
    (
        "get_conversation",
        &[
            r#"{"id": "101", "include_notes": true, "include_events": true, "verbosity": "detailed"}"#,
            r#"{"id": "102"}"#,
            r#"{"id": "103"}"#,
            r#"{"id": "nosuch"}"#,
        ],
    ),
    (
        "get_conversation_stats",
        &[
            r#"{}"#,
            r#"{"group_by": "tag"}"#,
            r#"{"group_by": "team"}"#,
            r#"{"group_by": "assignee"}"#,
            r#"{"group_by": "company"}"#,
            r#"{"group_by": "customer"}"#,
            r#"{"group_by": "nosuch"}"#,
        ],
    ),
    (
        "get_trends",
        &[r#"{}"#, r#"{"timeframe": "last 7 days"}"#, r#"{"timeframe": "2026-11-16 to 2026-11-22"}"#],
    ),
    (
        "get_customer",
        &[
            r#"{"customer": "zq@hushmail.example"}"#,
            r#"{"customer": "c9"}"#,
            r#"{"customer": "101"}"#,
            r#"{"customer": "quill"}"#,
            r#"{"customer": "z"}"#,
        ],
    ),
    ("find_knowledge_gaps", &[r#"{}"#, r#"{"kind": "missing_articles", "created_after": "2020-01-01"}"#]),
    (
        "search_articles",
        &[
            r#"{}"#,
            r#"{"query": "refund"}"#,
            r#"{"id": "39"}"#,
            r#"{"id": "39", "locale": "de", "offset": 3}"#,
        ],
    ),
    (
        "search_tickets",
        &[
            r#"{}"#,
            r#"{"query": "refund"}"#,
            r#"{"id": "55"}"#,
            r#"{"group_by": "type"}"#,
            r#"{"group_by": "assignee"}"#,
            r#"{"group_by": "category"}"#,
            r#"{"type": "nosuch"}"#,
            r#"{"customer": "quill"}"#,
            r#"{"customer": "zq@hushmail.example"}"#,
        ],
    ),
    (
        "list_filters",
        &[
            r#"{}"#,
            r#"{"kind": "ticket_types"}"#,
            r#"{"kind": "teammates"}"#,
            r#"{"kind": "attributes"}"#,
            r#"{"kind": "tags", "contains": "quill"}"#,
        ],
    ),
    ("query_database", &[r#"{"sql": "SELECT * FROM v_conversations"}"#]),
    ("get_data_info", &[r#"{}"#]),
    ("check_coverage", &[r#"{"start_date": "2026-11-16", "end_date": "2026-11-20"}"#]),
    ("get_sync_status", &[r#"{}"#]),
    ("get_server_status", &[r#"{}"#]),
    ("force_sync", &[r#"{}"#]),
    ("sync_conversations", &[r#"{}"#]),
    ("search", &[r#"{"query": "refund"}"#]),
    ("fetch", &[r#"{"id": "conversation_101"}"#, r#"{"id": "101"}"#]),
];

#[test]
fn no_tool_resource_prompt_completion_or_export_shows_what_is_blanked_out() {
    let mut workspace = planted();
    let mut all = Shown::default();
    let mut tried: Vec<&str> = CALLS.iter().map(|(tool, _)| *tool).collect();
    let mut known: Vec<&str> = tools::list().iter().map(|tool| tool.name).collect();
    tried.sort_unstable();
    known.sort_unstable();
    assert_eq!(tried, known, "a new tool needs a call here");
    let mut shown = 0;
    for (tool, calls) in CALLS {
        for arguments in *calls {
            let said = said(&mut workspace, tool, arguments);
            shown += said.matches("[name]").count() + said.matches("[card]").count();
            // A sentence may quote what the caller typed.
            let typed: Value = serde_json::from_str(arguments).expect("JSON");
            let quoted = typed.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str());
            let said = quoted.fold(said, |said, text| said.replace(text, ""));
            all.look(&format!("{tool} {arguments}"), &said);
        }
    }
    for (group, _) in crate::store::statistics::GROUPS {
        let arguments =
            format!(r#"{{"group_by": "{group}", "attribute": "contact.mobile", "details": true}}"#);
        let said = said(&mut workspace, "get_conversation_stats", &arguments);
        all.look(&arguments, &said);
    }
    for view in crate::store::views::NAMES {
        let said = said(&mut workspace, "query_database", &format!(r#"{{"sql": "SELECT * FROM {view}"}}"#));
        all.look(view, &said);
    }
    assert!(shown > 100, "the calls lead to what is planted: {shown}");
    for uri in [
        "intercom://status",
        "intercom://schema",
        "intercom://conversation/101",
        "intercom://conversation/102",
    ] {
        let said = workspace.with(|context| format!("{:?}", resources::read_resource(context, uri)));
        all.look(uri, &said);
    }
    for prompt in prompts::list_prompts() {
        for argument in prompt.arguments {
            for typed in ["", "z", "q", "quill", "zq", "4242", "Tag", "Team"] {
                let reference = prompts::Reference::Prompt(prompt.name.to_owned());
                let said = workspace.with(|context| {
                    format!("{:?}", prompts::complete(context, &reference, argument.name, typed))
                });
                all.look(&format!("{} {} {typed}", prompt.name, argument.name), &said);
            }
        }
    }
    let status = workspace.with(|context| format!("{:?}", tools::status::status_and_activity(context)));
    all.look("status", &status);
    for format in ["ndjson", "markdown"] {
        let options = json!({"format": format, "include_notes": true, "include_events": true}).to_string();
        let said = workspace.with(|context| {
            format!("{:?}", crate::bulk::read(context, &options, None).map(|stretch| stretch.text))
        });
        assert!(said.contains("[card]"));
        all.look(format, &said);
    }
    let report = workspace.with(|context| format!("{:?}", crate::views::report::report(context, "{}")));
    all.look("report", &report);
    all.nothing();
}

/// With one kind on, that kind is gone and the others are shown.
#[test]
fn each_kind_is_blanked_out_alone() {
    for (kind, gone, stays) in [
        (Redaction::Emails, "zq@hushmail", "Zora"),
        (Redaction::Phones, "8849201", "4242 4242"),
        (Redaction::Cards, "4242 4242", "8849201"),
        (Redaction::Accounts, "0532", "8849201"),
        (Redaction::Secrets, "vault9", "8849201"),
        (Redaction::Names, "Zora", "zq@hushmail"),
    ] {
        let mut workspace = planted();
        workspace.settings.redactions = vec![kind];
        for (tool, arguments) in [
            (
                "query_database",
                r#"{"sql": "SELECT title, body FROM v_messages JOIN v_conversations USING (conversation_id) WHERE message_id = 'z1'"}"#,
            ),
            ("get_conversation", r#"{"id": "101"}"#),
        ] {
            let answer = workspace.ask(tool, arguments);
            let said = answer.to_string();
            assert!(!said.contains(gone) && said.contains(stays), "{kind:?} {tool}: {said}");
        }
    }
}

/// Callers of one server have kinds of their own, and its instances serve one after the other.
#[test]
fn views_follow_the_kinds_of_each_call() {
    let mut workspace = planted();
    let arguments =
        json!({"sql": "SELECT title FROM v_conversations WHERE conversation_id = '101'"}).to_string();
    for (kinds, shows) in [
        (vec![], true),
        (ALL.to_vec(), false),
        (vec![], true),
        (vec![Redaction::Emails], true),
        (ALL.to_vec(), false),
    ] {
        workspace.settings.redactions = kinds;
        let answer = workspace.ask("query_database", &arguments);
        assert_eq!(answer.to_string().contains("8849201"), shows, "{answer}");
    }
}
