//! Databases as the original program made them, with its exact tables.

use std::path::Path;

use rusqlite::Connection;

/// Tables that all generations have in common.
const COMMON: &str = "
CREATE TABLE sync_periods (id INTEGER PRIMARY KEY AUTOINCREMENT, start_timestamp TIMESTAMP NOT NULL, end_timestamp TIMESTAMP NOT NULL,
  last_synced TIMESTAMP DEFAULT CURRENT_TIMESTAMP, conversation_count INTEGER DEFAULT 0, new_conversations INTEGER DEFAULT 0, updated_conversations INTEGER DEFAULT 0);
CREATE TABLE request_patterns (id INTEGER PRIMARY KEY AUTOINCREMENT, timeframe_start TIMESTAMP NOT NULL, timeframe_end TIMESTAMP NOT NULL,
  request_timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP, data_freshness_seconds INTEGER, sync_triggered BOOLEAN DEFAULT FALSE);
CREATE INDEX IF NOT EXISTS idx_conversations_created_at ON conversations (created_at);
CREATE INDEX IF NOT EXISTS idx_conversations_updated_at ON conversations (updated_at);
CREATE INDEX IF NOT EXISTS idx_conversations_customer_email ON conversations (customer_email);
CREATE INDEX IF NOT EXISTS idx_messages_conversation_id ON messages (conversation_id);
CREATE INDEX IF NOT EXISTS idx_messages_created_at ON messages (created_at);
CREATE INDEX IF NOT EXISTS idx_sync_periods_timestamps ON sync_periods (start_timestamp, end_timestamp);
";

/// `conversations` and `messages` of v0 and v1.
const OLD: &str = "
CREATE TABLE conversations (id TEXT PRIMARY KEY, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL, customer_email TEXT,
  tags TEXT, -- JSON array
  last_synced TIMESTAMP DEFAULT CURRENT_TIMESTAMP, message_count INTEGER DEFAULT 0);
CREATE TABLE messages (id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL, author_type TEXT NOT NULL, -- 'user' | 'admin'
  body TEXT NOT NULL, created_at TIMESTAMP NOT NULL, part_type TEXT, -- 'comment' | 'note' | 'message'
  FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE);
";

const KEY_VALUES: &str =
    "CREATE TABLE sync_metadata (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
     INSERT INTO sync_metadata (key, value) VALUES ('app_id', 'abc123');";

const RUNS: &str = "
CREATE TABLE sync_metadata (id INTEGER PRIMARY KEY AUTOINCREMENT, sync_started_at TIMESTAMP NOT NULL, sync_completed_at TIMESTAMP,
  sync_status TEXT NOT NULL, -- 'in_progress', 'completed', 'failed'
  coverage_start_date DATE, coverage_end_date DATE, total_conversations INTEGER DEFAULT 0, total_messages INTEGER DEFAULT 0,
  sync_type TEXT, -- 'full', 'incremental'
  error_message TEXT, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX IF NOT EXISTS idx_sync_metadata_completed ON sync_metadata(sync_completed_at DESC);
";

const V2: &str = "
CREATE TABLE conversations (id TEXT PRIMARY KEY, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL, customer_email TEXT,
  tags TEXT, -- JSON array
  last_synced TIMESTAMP DEFAULT CURRENT_TIMESTAMP, message_count INTEGER DEFAULT 0,
  thread_complete BOOLEAN DEFAULT FALSE, last_message_synced TIMESTAMP, message_sequence_number INTEGER DEFAULT 0, thread_last_checked TIMESTAMP);
CREATE TABLE messages (id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL, author_type TEXT NOT NULL, -- 'user' | 'admin'
  body TEXT NOT NULL, created_at TIMESTAMP NOT NULL, part_type TEXT, -- 'comment' | 'note' | 'message'
  sequence_number INTEGER, last_synced TIMESTAMP DEFAULT CURRENT_TIMESTAMP, sync_version INTEGER DEFAULT 1, thread_position INTEGER,
  is_complete BOOLEAN DEFAULT TRUE, FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE);
CREATE TABLE conversation_sync_state (conversation_id TEXT PRIMARY KEY, last_message_timestamp TIMESTAMP, total_messages_synced INTEGER DEFAULT 0,
  thread_complete BOOLEAN DEFAULT FALSE, last_sync_attempt TIMESTAMP DEFAULT CURRENT_TIMESTAMP, sync_status TEXT DEFAULT 'complete', -- 'incomplete','complete','error'
  error_message TEXT, next_sync_needed BOOLEAN DEFAULT FALSE, FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE);
CREATE TABLE message_threads (id INTEGER PRIMARY KEY AUTOINCREMENT, conversation_id TEXT NOT NULL, parent_message_id TEXT, child_message_id TEXT NOT NULL,
  thread_depth INTEGER DEFAULT 0, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE, FOREIGN KEY (child_message_id) REFERENCES messages (id) ON DELETE CASCADE,
  UNIQUE(parent_message_id, child_message_id));
CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, description TEXT);
INSERT INTO schema_version (version, description) VALUES (2, 'Enhanced message tracking with conversation threads');
CREATE INDEX IF NOT EXISTS idx_conversations_thread_complete ON conversations (thread_complete);
CREATE INDEX IF NOT EXISTS idx_conversations_last_message_synced ON conversations (last_message_synced);
CREATE INDEX IF NOT EXISTS idx_conversations_message_sequence ON conversations (message_sequence_number);
CREATE INDEX IF NOT EXISTS idx_messages_sequence_number ON messages (conversation_id, sequence_number);
CREATE INDEX IF NOT EXISTS idx_messages_last_synced ON messages (last_synced);
CREATE INDEX IF NOT EXISTS idx_messages_sync_version ON messages (sync_version);
CREATE INDEX IF NOT EXISTS idx_messages_thread_position ON messages (conversation_id, thread_position);
CREATE INDEX IF NOT EXISTS idx_conversation_sync_state_status ON conversation_sync_state (sync_status);
CREATE INDEX IF NOT EXISTS idx_conversation_sync_state_next_sync ON conversation_sync_state (next_sync_needed);
CREATE INDEX IF NOT EXISTS idx_conversation_sync_state_last_sync ON conversation_sync_state (last_sync_attempt);
CREATE INDEX IF NOT EXISTS idx_message_threads_conversation ON message_threads (conversation_id);
CREATE INDEX IF NOT EXISTS idx_message_threads_parent ON message_threads (parent_message_id);
CREATE VIEW IF NOT EXISTS conversations_needing_sync AS SELECT c.id, c.created_at, c.updated_at, c.thread_complete, c.last_message_synced, css.sync_status, css.error_message, css.next_sync_needed
  FROM conversations c LEFT JOIN conversation_sync_state css ON c.id = css.conversation_id
  WHERE c.thread_complete = FALSE OR css.sync_status = 'incomplete' OR css.next_sync_needed = TRUE OR css.conversation_id IS NULL;
CREATE VIEW IF NOT EXISTS conversations_needing_incremental_sync AS SELECT c.id, c.updated_at, c.last_message_synced,
  CASE WHEN c.last_message_synced IS NULL THEN 1 WHEN c.updated_at > c.last_message_synced THEN 1 ELSE 0 END as needs_sync
  FROM conversations c WHERE needs_sync = 1;
";

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
