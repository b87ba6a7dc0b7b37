//! What each group of fields takes of the database: its size with and without them.

use fastintercom_guest::store::conversations::raw_answers::{self, Deflated};
use fastintercom_tests::filled;
use rusqlite::Connection;

const CONVERSATIONS: usize = 3_000;

/// Each group: what it holds, and SQL that takes it away.
const GROUPS: &[(&str, &str)] = &[
    (
        "the AI agent's own words",
        "UPDATE conversations SET ai_answer_type = NULL, ai_source_type = NULL, ai_source_title = NULL, ai_rating_remark = NULL",
    ),
    ("the AI agent's sources", "DELETE FROM conversation_content_sources; DELETE FROM content_sources"),
    (
        "Intercom's statistics",
        "DROP INDEX idx_conversations_closed_by; UPDATE conversations SET assignment_seconds = NULL, office_first_response_seconds = NULL,
            office_first_close_seconds = NULL, office_resolution_seconds = NULL, office_median_reply_seconds = NULL,
            handling_seconds = NULL, active_handling_seconds = NULL, team_response_seconds = NULL,
            office_team_response_seconds = NULL, closed_by_id = NULL, part_count = NULL",
    ),
    ("page and channel", "UPDATE conversations SET source_url = NULL, current_channel = NULL"),
    ("links", "DELETE FROM conversation_links"),
    ("tags of messages", "UPDATE messages SET tags = NULL"),
    (
        "companies",
        "UPDATE companies SET external_id = NULL, plan = NULL, monthly_spend = NULL, size = NULL, industry = NULL,
            website = NULL, user_count = NULL, created_at = NULL, last_request_at = NULL, tags = NULL, segments = NULL,
            custom_attributes = NULL",
    ),
    (
        "contacts",
        "UPDATE contacts SET country = NULL, region = NULL, city = NULL, language = NULL, browser = NULL, os = NULL,
            created_at = NULL, signed_up_at = NULL, last_seen_at = NULL, owner_id = NULL, unsubscribed = NULL,
            tag_ids = NULL, custom_attributes = NULL",
    ),
];

fn bytes(connection: &Connection) -> i64 {
    connection.execute_batch("VACUUM").expect("vacuums");
    connection
        .query_row("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()", [], |row| {
            row.get(0)
        })
        .expect("a size")
}

/// How large the database is with Intercom's answers as they came; then they are taken away again.
fn keep_answers(connection: &Connection) -> i64 {
    connection.execute_batch("BEGIN").expect("begins");
    for answer in filled::answers(CONVERSATIONS) {
        let number = connection.query_row(
            "SELECT number FROM conversations WHERE id = ?1",
            [answer["id"].as_str()],
            |row| row.get(0),
        );
        let Ok(number) = number else { continue };
        raw_answers::write(connection, number, &Deflated::of(answer.to_string().as_bytes())).expect("writes");
    }
    connection.execute_batch("COMMIT").expect("commits");
    let with_answers = bytes(connection);
    connection.execute_batch("DELETE FROM raw_answers").expect("deletes");
    with_answers
}

#[test]
fn all_further_fields_together_take_a_tenth_of_the_database_at_most() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data.db");
    filled::fill(&path, CONVERSATIONS).expect("fills");
    let connection = Connection::open(&path).expect("opens");
    let whole = bytes(&connection);
    let with_answers = keep_answers(&connection);
    println!("kept answers besides: {:.1} %", (with_answers - whole) as f64 / whole as f64 * 100.0);
    let mut left = whole;
    for (group, sql) in GROUPS {
        connection.execute_batch(sql).expect("takes away");
        let now = bytes(&connection);
        println!("{group}: {:.2} %", (left - now) as f64 / whole as f64 * 100.0);
        left = now;
    }
    let share = (whole - left) as f64 / whole as f64 * 100.0;
    println!("all: {share:.2} % of {whole} bytes");
    assert!((0.5..10.0).contains(&share), "{share} % of {whole} bytes");
}
