//! What `query_database` must not read, however a statement names itself.

use serde_json::json;

use super::fixture::Workspace;

/// In the table `contacts` alone, which no view shows.
const PLANTED: &str = "+49 30 555 0199";

/// Statements that try to read it. `{}` stands for each documented view.
pub(super) const TRIES: &[&str] = &[
    // A common table expression or a subquery that is called like a view.
    "WITH {} AS (SELECT phone FROM main.contacts) SELECT * FROM {}",
    "WITH {} AS (SELECT phone FROM contacts) SELECT * FROM {}",
    "WITH {} (a) AS (SELECT phone FROM main.contacts) SELECT a FROM {}",
    "WITH {} AS MATERIALIZED (SELECT phone FROM main.contacts) SELECT * FROM {}",
    "WITH {} AS NOT MATERIALIZED (SELECT phone FROM main.contacts) SELECT * FROM {}",
    "WITH RECURSIVE {} AS (SELECT phone FROM main.contacts UNION SELECT phone FROM {}) SELECT * FROM {}",
    "WITH x AS (WITH {} AS (SELECT phone FROM main.contacts) SELECT * FROM {}) SELECT * FROM x",
    "WITH {} AS (SELECT (SELECT group_concat(phone) FROM main.contacts) AS p) SELECT p FROM {}",
    "WITH {} AS (SELECT 1 WHERE EXISTS (SELECT 1 FROM main.contacts WHERE phone LIKE '+49%')) SELECT '+49 30 555 0199' FROM {}",
    "SELECT * FROM (SELECT phone FROM main.contacts) AS {}",
    "SELECT {}.phone FROM main.contacts AS {}",
    "SELECT {}.phone FROM main.contacts {}",
    "SELECT (SELECT phone FROM main.contacts {} LIMIT 1)",
    "SELECT * FROM {} UNION ALL SELECT phone FROM main.contacts",
    "SELECT (SELECT group_concat(phone) FROM main.contacts) FROM {} LIMIT 1",
    "SELECT * FROM {} WHERE (SELECT phone FROM main.contacts LIMIT 1) LIKE '+49%'",
    "SELECT * FROM {} JOIN main.contacts ON 1",
    "SELECT * FROM {} NATURAL JOIN contacts",
    "SELECT * FROM {} ORDER BY (SELECT phone FROM contacts LIMIT 1)",
    "SELECT count(*) FILTER (WHERE (SELECT phone FROM contacts LIMIT 1) > '') FROM {}",
    "SELECT first_value(p) OVER () FROM (SELECT phone AS p FROM contacts) {}",
    // Without a view's name.
    "SELECT phone FROM contacts",
    "SELECT PHONE FROM \"CONTACTS\"",
    "SELECT phone FROM [contacts]",
    "SELECT phone FROM main.`contacts`",
    "SELECT * FROM main.contacts AS sqlite_temp_schema",
    "TABLE contacts",
    "VALUES ((SELECT phone FROM contacts LIMIT 1))",
    "SELECT json_group_array(phone) FROM contacts",
    "SELECT value FROM json_each((SELECT json_group_array(phone) FROM contacts))",
    "WITH json_each AS (SELECT phone FROM main.contacts) SELECT * FROM json_each",
    "WITH contacts AS (SELECT phone FROM main.contacts) SELECT * FROM contacts",
    "WITH x AS (SELECT phone FROM contacts) SELECT * FROM x",
    "SELECT rowid, * FROM contacts",
    "SELECT rowid FROM contacts WHERE phone = '+49 30 555 0199'",
    "SELECT count(*) FROM contacts WHERE phone LIKE '+49 30 555%'",
    "SELECT EXISTS (SELECT 1 FROM contacts WHERE phone GLOB '+49*')",
    "SELECT max(phone) FROM contacts INDEXED BY sqlite_autoindex_contacts_1",
    // What tells how the views are made, or reaches past them.
    "EXPLAIN SELECT * FROM {}",
    "EXPLAIN QUERY PLAN SELECT * FROM {}",
    "SELECT sql FROM sqlite_schema",
    "SELECT sql FROM sqlite_temp_schema",
    "SELECT sql FROM temp.sqlite_master",
    "SELECT name FROM sqlite_temp_master WHERE type = 'view'",
    "WITH {} AS (SELECT name FROM sqlite_temp_master) SELECT * FROM {}",
    "SELECT * FROM pragma_table_list",
    "SELECT * FROM pragma_table_xinfo('contacts')",
    "WITH {} AS (SELECT name FROM pragma_table_list) SELECT * FROM {}",
    "SELECT * FROM pragma_function_list",
    "SELECT * FROM sqlite_stmt",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_dbpage",
    "SELECT * FROM bytecode('SELECT * FROM v_messages')",
    "SELECT * FROM tables_used('SELECT * FROM v_messages')",
    "SELECT * FROM fts5vocab('main', 'messages_fts', 'row')",
    "SELECT * FROM messages_fts",
    "SELECT * FROM messages_fts_idx",
    "SELECT * FROM messages_fts_content",
    "WITH {} AS (SELECT * FROM main.messages_fts) SELECT * FROM {}",
    "WITH {} AS (SELECT * FROM main.meta) SELECT * FROM {}",
    "CREATE TEMP VIEW y AS SELECT * FROM contacts",
    "CREATE TEMP TABLE {} AS SELECT phone FROM main.contacts",
    "DROP VIEW {}",
    "SELECT * FROM {}, main.sqlite_sequence",
];

#[test]
fn no_name_that_a_statement_gives_itself_opens_a_table() {
    let mut workspace = Workspace::filled();
    workspace.sql(&format!("UPDATE contacts SET phone = '{PLANTED}'"));
    assert!(TRIES.len() > 60);
    for pattern in TRIES {
        for view in crate::store::views::NAMES {
            let sql = pattern.replace("{}", view);
            let (said, _) = workspace.refused("query_database", &json!({"sql": sql}).to_string());
            // The names behind the views are in no sentence: each ends in 32 hexadecimal digits.
            let longest = said.split(|letter: char| !letter.is_ascii_hexdigit()).map(str::len).max();
            assert!(longest.unwrap_or(0) < 32, "{sql}: {said}");
            if !pattern.contains("{}") {
                break;
            }
        }
    }
    // The views themselves, under other names and in other places, are read as before.
    for sql in [
        "WITH contacts AS (SELECT customer_email FROM v_conversations) SELECT * FROM contacts",
        "WITH v_messages AS (SELECT * FROM v_conversations) SELECT count(*), max(title) FROM v_messages",
        "SELECT v_tags.tag FROM v_tags JOIN v_conversations USING (conversation_id)",
        "SELECT j.key FROM v_conversations, json_each(custom_attributes) j",
        "SELECT (SELECT count(*) FROM v_messages m WHERE m.conversation_id = c.conversation_id) FROM v_conversations c",
    ] {
        workspace.ask("query_database", &json!({"sql": sql}).to_string());
    }
}

/// Not even how many rows a table has is told, and no function is called that is not known to
/// compute and nothing else.
#[test]
fn tables_are_not_counted_and_unknown_functions_are_not_called() {
    let mut workspace = Workspace::filled();
    for sql in [
        "SELECT count(*) FROM main.tombstones",
        "SELECT count(*) FROM tombstones",
        "SELECT EXISTS (SELECT 1 FROM tombstones)",
        "WITH v_messages AS (SELECT count(*) FROM main.tombstones) SELECT * FROM v_messages",
        "WITH RECURSIVE v_tags(a) AS (SELECT 1 FROM tombstones UNION ALL SELECT 1 FROM v_tags WHERE 0) SELECT * FROM v_tags",
        "SELECT state FROM v_conversations LEFT JOIN main.tombstones ON 1",
        "SELECT * FROM main.counted",
        "SELECT json_patch('{}', '{}')",
        "SELECT unhex('00', '1')",
        "SELECT sqlite_version()",
        "SELECT total_changes()",
        "SELECT subtype(1)",
        "SELECT snippet(messages_fts, 0, '', '', '', 9) FROM v_messages",
        "SELECT some_function_of_tomorrow(1)",
    ] {
        workspace.refused("query_database", &json!({"sql": sql}).to_string());
    }
    // What people ask is answered.
    for sql in [
        "SELECT count(*) FROM v_conversations a LEFT JOIN v_messages b USING (conversation_id) LEFT JOIN v_tags t USING (conversation_id)",
        "SELECT 1 FROM v_teams UNION ALL SELECT 1 FROM v_syncs UNION ALL SELECT 1 FROM v_teammates UNION ALL SELECT 1 FROM v_events",
        "SELECT EXISTS (SELECT 1 FROM v_tags), (SELECT count(*) FROM v_events)",
        "SELECT value FROM json_each('[1,2]')",
        "SELECT key FROM v_conversations c, json_tree(c.custom_attributes)",
        "SELECT rank() OVER (PARTITION BY state ORDER BY created_at) FROM v_conversations",
        "SELECT body FROM temp.v_messages WHERE body LIKE '%refund%' AND instr(body, 'refund') > 0",
        "SELECT strftime('%Y-%W', created_at) AS week, count(*), round(avg(first_response_seconds) / 60.0, 1) FROM v_conversations GROUP BY week",
        "VALUES (1), (2)",
    ] {
        workspace.ask("query_database", &json!({"sql": sql}).to_string());
    }
}

/// Nothing interrupts SQLite within one step of its machine, so no step may be long.
#[test]
fn no_single_step_of_a_statement_runs_for_long() {
    let mut workspace = Workspace::filled();
    let long = "replace(printf('%.*c', 900000, 'a'), 'b', 'a')";
    let half = "printf('%.*c', 400000, 'a') || 'b'";
    let attributes = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 60000) SELECT json_group_object(i, i) FROM n)";
    for expression in [
        format!("instr({long}, {half})"),
        format!("replace({long}, {half}, 'x')"),
        format!("trim({long}, {long})"),
        format!("ltrim({long}, {half})"),
        format!("{long} LIKE '%' || substr({long}, 1, 480) || 'b%'"),
        format!("{long} LIKE replace(printf('%.*c', 240, 'x'), 'x', '%a') || 'b'"),
        format!("{long} LIKE replace(printf('%.*c', 240, 'x'), 'x', '_%') || 'b'"),
        format!("{long} GLOB '*' || substr({long}, 1, 480) || 'b*'"),
        format!("{long} GLOB replace(printf('%.*c', 160, 'x'), 'x', '*?a') || '[b-z]'"),
        format!("json_patch({attributes}, {attributes})"),
        format!("json_set({attributes}, '$.x', json({attributes}))"),
        format!("(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT sum(instr({long}, {half} || i)) FROM n)"),
        format!("(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT sum(length(substr({long}, i, 1))) FROM n)"),
        format!("(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT sum(length(upper({long}) || i)) FROM n)"),
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000) SELECT median(i) FROM n)".to_owned(),
        "(WITH RECURSIVE n(x) AS (SELECT 'a' UNION ALL SELECT x || x FROM n) SELECT max(length(x)) FROM n)".to_owned(),
    ] {
        let began = std::time::Instant::now();
        let _ = workspace.call("query_database", &json!({"sql": format!("SELECT {expression}")}).to_string());
        let taken = began.elapsed();
        assert!(taken.as_secs_f32() < 3.9, "{taken:?}: {expression}");
    }
    for much in [
        format!("SELECT 1{}", " + 1".repeat(400)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(100)),
        format!("SELECT coalesce({}1)", "NULL, ".repeat(100)),
    ] {
        workspace.refused("query_database", &json!({"sql": much}).to_string());
    }
}
