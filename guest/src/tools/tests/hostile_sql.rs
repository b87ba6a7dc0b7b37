//! What `query_database` must not read, however a statement names itself.

use serde_json::json;

use super::fixture::Workspace;

/// In the table `contacts` alone, which no view shows.
const PLANTED: &str = "+49 30 555 0199";

/// Statements that try to read it. `{}` stands for each documented view.
const TRIES: &[&str] = &[
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
