//! Databases as the original program made them, with its exact tables.

use std::path::Path;

use rusqlite::Connection;

/// The tables, in the very files with which the whole program is tested.
macro_rules! original {
    ($file:literal) => {
        include_str!(concat!("../../../../tests/fixtures/original/", $file))
    };
}

/// Tables that all generations have in common.
const COMMON: &str = original!("common.sql");
/// `conversations` and `messages` of v0 and v1.
const OLD: &str = original!("v0-v1.sql");
const KEY_VALUES: &str = original!("key-values.sql");
const RUNS: &str = original!("runs.sql");
const V2: &str = original!("v2.sql");

/// Three conversations with a message each, as the original's sync stored them.
pub(super) const ROWS: &str = "
INSERT INTO conversations (id, created_at, updated_at, customer_email, tags, last_synced, message_count) VALUES
  ('101', '2025-06-22T12:00:00+00:00', '2025-06-22T12:30:00+00:00', 'ann@example.com', '[\"billing\", \"vip\"]', '2025-06-22 13:00:00', 1),
  ('102', '2025-06-22T12:00:00+00:00', '2025-06-23T09:00:00+00:00', NULL, '[]', '2025-06-23 10:00:00', 2),
  ('103', '2025-06-24T08:15:30+00:00', '2025-06-24T08:15:30+00:00', 'bob@example.com', '[]', '2025-06-24 09:00:00', 1);
INSERT INTO messages (id, conversation_id, author_type, body, created_at, part_type) VALUES
  ('101_initial', '101', 'user', '<p>My <b>invoice</b> is wrong</p>', '2025-06-22T12:00:00+00:00', 'initial'),
  ('102_initial', '102', 'user', '<p>Password reset fails</p>', '2025-06-22T12:00:00+00:00', 'initial'),
  ('5001', '102', 'admin', '<p>Known bug, see the tracker</p>', '2025-06-22T12:05:00+00:00', 'note'),
  ('103_initial', '103', 'user', '<p>返金をお願いします</p>', '2025-06-24T08:15:30+00:00', 'initial');
INSERT INTO request_patterns (timeframe_start, timeframe_end) VALUES ('2025-06-17T12:00:00.123456', '2025-06-24T12:00:00.123456');
";

pub(super) fn make(path: &Path, parts: &[&str]) {
    let db = Connection::open(path).expect("opens");
    for part in parts {
        db.execute_batch(part).unwrap_or_else(|error| panic!("{error} in {part}"));
    }
}

pub(super) fn v0(path: &Path) {
    make(path, &[OLD, KEY_VALUES, COMMON, ROWS]);
}

pub(super) fn v1(path: &Path) {
    make(path, &[OLD, RUNS, COMMON, ROWS]);
}

pub(super) fn v2(path: &Path) {
    make(path, &[V2, RUNS, COMMON, ROWS]);
}

/// What the original's last version does to a database without `schema_version`: it renames every
/// table and begins anew. Indexes stay with the renamed tables.
pub(super) fn set_aside(path: &Path, time: &str) {
    let db = Connection::open(path).expect("opens");
    let mut statement = db
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%_backup_%'")
        .expect("lists");
    let tables: Vec<String> =
        statement.query_map([], |row| row.get(0)).expect("lists").collect::<Result<_, _>>().expect("lists");
    for table in tables {
        db.execute_batch(&format!("ALTER TABLE {table} RENAME TO {table}_backup_{time}")).expect("renames");
    }
    make(path, &[V2, RUNS, COMMON]);
}
