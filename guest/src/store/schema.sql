-- The tables, as schema version 1 creates them. Later changes are numbered steps in migrations.rs.
--
-- Times are TEXT, UTC, `YYYY-MM-DDTHH:MM:SS+00:00`, so that they compare as text; columns named
-- *_seconds and the tables of the sync (coverage, queue, windows) hold INTEGER Unix seconds or
-- durations in seconds. Ids of Intercom's are TEXT. Nothing here needs an SQLite newer than 3.34,
-- but messages_fts, which only this program opens.

-- One row a conversation. The first eleven columns after `number` are those of the original program.
CREATE TABLE conversations (
    number INTEGER PRIMARY KEY,            -- the rowid by a name, so that VACUUM keeps it
    id TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    customer_email TEXT,
    tags TEXT NOT NULL DEFAULT '[]',       -- JSON array of names
    last_synced TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    message_count INTEGER NOT NULL DEFAULT 0,   -- rows in messages, notes included
    thread_complete BOOLEAN NOT NULL DEFAULT FALSE, -- the thread was fetched as of thread_updated_at
    last_message_synced TIMESTAMP,
    message_sequence_number INTEGER NOT NULL DEFAULT 0,
    thread_last_checked TIMESTAMP,         -- when the thread was last fetched
    thread_updated_at TIMESTAMP,           -- updated_at of the fetched thread
    parts_truncated BOOLEAN NOT NULL DEFAULT FALSE, -- Intercom no longer returns all its parts
    title TEXT,
    state TEXT NOT NULL DEFAULT 'open',    -- open, closed, snoozed
    open BOOLEAN NOT NULL DEFAULT TRUE,
    read BOOLEAN NOT NULL DEFAULT FALSE,
    priority TEXT NOT NULL DEFAULT 'none', -- none, low, medium, high, urgent
    channel TEXT,                          -- source.type: conversation, email, whatsapp, …
    delivered_as TEXT,                     -- customer_initiated, admin_initiated, automated, …
    admin_assignee_id TEXT,
    team_assignee_id TEXT,
    contact_id TEXT,                       -- the first contact; all are in conversation_contacts
    customer_name TEXT,
    company_id TEXT,
    company_name TEXT,
    waiting_since TIMESTAMP,               -- the customer waits for a teammate since then
    snoozed_until TIMESTAMP,
    last_customer_message_at TIMESTAMP,
    last_admin_message_at TIMESTAMP,       -- last reply of a human teammate that the customer sees
    first_response_seconds INTEGER,        -- wall clock, first customer message to first human reply
    first_ai_response_seconds INTEGER,     -- the same to the first reply of a bot or AI agent
    resolution_seconds INTEGER,            -- creation to last close, while it is closed
    last_closed_at TIMESTAMP,
    reopen_count INTEGER NOT NULL DEFAULT 0,
    assignment_count INTEGER NOT NULL DEFAULT 0,
    rating INTEGER,                        -- 1 to 5
    rating_remark TEXT,
    rated_at TIMESTAMP,
    rated_admin_id TEXT,
    ai_involved BOOLEAN NOT NULL DEFAULT FALSE,
    ai_outcome TEXT,                       -- resolved, escalated, abandoned
    ai_resolution_state TEXT,              -- Intercom's own word
    ai_rating INTEGER,
    sla_name TEXT,
    sla_status TEXT,                       -- hit, missed, cancelled, active
    has_attachment BOOLEAN NOT NULL DEFAULT FALSE,
    language TEXT,
    custom_attributes TEXT                 -- JSON object, none when empty
);
-- Also what counts and figures are made of, so that they read this instead of ten times as much.
CREATE INDEX idx_conversations_created_at ON conversations (
    created_at, state, waiting_since, channel, priority, team_assignee_id, admin_assignee_id,
    first_response_seconds, resolution_seconds, rating, reopen_count, last_customer_message_at,
    ai_involved, ai_outcome, has_attachment
);
CREATE INDEX idx_conversations_updated_at ON conversations (updated_at);
CREATE INDEX idx_conversations_customer_email ON conversations (customer_email COLLATE NOCASE);
CREATE INDEX idx_conversations_waiting ON conversations (waiting_since, state) WHERE waiting_since IS NOT NULL;
CREATE INDEX idx_conversations_open ON conversations (state, updated_at, waiting_since) WHERE state <> 'closed';
CREATE INDEX idx_conversations_rating ON conversations (rating, created_at) WHERE rating IS NOT NULL;
CREATE INDEX idx_conversations_admin ON conversations (admin_assignee_id, created_at) WHERE admin_assignee_id IS NOT NULL;
CREATE INDEX idx_conversations_team ON conversations (team_assignee_id, created_at) WHERE team_assignee_id IS NOT NULL;
CREATE INDEX idx_conversations_company ON conversations (company_id) WHERE company_id IS NOT NULL;
CREATE INDEX idx_conversations_last_customer_message ON conversations (last_customer_message_at);
CREATE INDEX idx_conversations_incomplete ON conversations (updated_at) WHERE NOT thread_complete;

-- Every message: the first one (Intercom's `source`, id `<conversation>_initial`, part_type
-- `initial`) and every part that has a body or an attachment. The first eleven columns after
-- `number` are those of the original program.
CREATE TABLE messages (
    -- The order of time: second of created_at * 16 plus a running number, so that the index of
    -- words, which is read by this number, is read newest first. See store::message_number.
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    author_type TEXT NOT NULL,             -- user, lead, admin, bot, team
    body TEXT NOT NULL,                    -- HTML as Intercom sent it; empty when redacted
    created_at TIMESTAMP NOT NULL,
    part_type TEXT,                        -- initial, comment, note, assignment, …
    sequence_number INTEGER,               -- position in the thread, 0 for the first message
    last_synced TIMESTAMP,                 -- none: as in conversations
    sync_version INTEGER DEFAULT 1,
    thread_position INTEGER,
    is_complete BOOLEAN DEFAULT TRUE,
    author_id TEXT,
    author_name TEXT,                      -- none: as in admins
    is_note BOOLEAN NOT NULL DEFAULT FALSE, -- internal: the customer never saw it
    is_ai BOOLEAN NOT NULL DEFAULT FALSE,
    redacted BOOLEAN NOT NULL DEFAULT FALSE,
    updated_at TIMESTAMP,                  -- only where it differs from created_at
    attachments TEXT                       -- JSON array of {name, content_type, size}, none when empty
);
CREATE INDEX idx_messages_conversation_id ON messages (conversation_id);

-- Words of all messages. The rowid is messages.number; the text is text::index_text of what a
-- person reads, in `body` or, for internal notes, in `note`. The first message's row also has the
-- conversation's title as `subject`. Nothing but the index is kept here, and beside it of which
-- conversation a message is (conversations.number), which each search asks of each message found.
-- `body` comes first, since FTS5 marks each place in a later column with two bytes more.
-- Marks (M*) are part of words: without them each vowel sign of Hindi or Thai would split a word.
CREATE VIRTUAL TABLE messages_fts USING fts5 (
    body, note, subject, conversation UNINDEXED,
    content = '', contentless_delete = 1, contentless_unindexed = 1,
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
);

-- Parts without text: assignments, closings, snoozes, ratings, attribute changes.
CREATE TABLE conversation_events (
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,                    -- Intercom's part_type
    created_at TIMESTAMP NOT NULL,
    author_type TEXT,
    author_id TEXT,
    author_name TEXT,                      -- none: as in admins
    assigned_to_type TEXT,
    assigned_to_id TEXT,
    details TEXT,                          -- JSON object, none when empty
    PRIMARY KEY (conversation_id, id)
) WITHOUT ROWID;

CREATE TABLE conversation_tags (
    tag_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    applied_at TIMESTAMP,
    PRIMARY KEY (tag_id, conversation_id)
) WITHOUT ROWID;
CREATE INDEX idx_conversation_tags_conversation ON conversation_tags (conversation_id);

CREATE TABLE conversation_contacts (
    contact_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    PRIMARY KEY (contact_id, conversation_id)
) WITHOUT ROWID;
CREATE INDEX idx_conversation_contacts_conversation ON conversation_contacts (conversation_id);

-- People and labels. Rows that Intercom no longer lists stay, with listed = FALSE, so that old
-- conversations keep their names.
CREATE TABLE admins (
    id TEXT PRIMARY KEY, name TEXT, email TEXT, job_title TEXT,
    is_bot BOOLEAN NOT NULL DEFAULT FALSE, listed BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE TABLE teams (
    id TEXT PRIMARY KEY, name TEXT, admin_ids TEXT NOT NULL DEFAULT '[]', listed BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE TABLE tags (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, listed BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    role TEXT,                             -- user, lead
    name TEXT, email TEXT, phone TEXT, external_id TEXT,
    company_id TEXT, company_name TEXT,
    merged_into TEXT,                      -- the contact that took this one's place
    fetched_at TIMESTAMP                   -- none: known only from a conversation
);
CREATE INDEX idx_contacts_email ON contacts (email COLLATE NOCASE) WHERE email IS NOT NULL;
CREATE INDEX idx_contacts_external_id ON contacts (external_id) WHERE external_id IS NOT NULL;
CREATE TABLE companies (id TEXT PRIMARY KEY, name TEXT); -- name: none when Intercom knows none

-- Conversations that Intercom deleted; remembered so that they do not come back.
CREATE TABLE tombstones (
    conversation_id TEXT PRIMARY KEY,
    deleted_at TIMESTAMP NOT NULL,
    reason TEXT NOT NULL                   -- not_found, deleted, retention
);

-- One row a sync run.
CREATE TABLE IF NOT EXISTS sync_metadata (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sync_started_at TIMESTAMP NOT NULL,
    sync_completed_at TIMESTAMP,
    sync_status TEXT NOT NULL, -- 'in_progress', 'completed', 'failed'
    coverage_start_date DATE,
    coverage_end_date DATE,
    total_conversations INTEGER DEFAULT 0,
    total_messages INTEGER DEFAULT 0,
    sync_type TEXT, -- 'full', 'incremental', 'background', 'migration'
    error_message TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX IF NOT EXISTS idx_sync_metadata_completed ON sync_metadata(sync_completed_at DESC);

-- Stretches of `updated_at` that were read to the end, both ends included, Unix seconds. This,
-- and not sync_metadata, says what is covered: a run that failed half-way covers what it read,
-- rows of the original program and 'migration' rows cover nothing. Overlapping rows are merged.
CREATE TABLE coverage (
    low INTEGER PRIMARY KEY,
    high INTEGER NOT NULL
);

-- Windows of `updated_at` still being read. Written together with the rows of each page.
CREATE TABLE sync_windows (
    low INTEGER NOT NULL,                  -- Unix seconds, both ends included
    high INTEGER NOT NULL,
    cursor TEXT,                           -- Intercom's starting_after; none: first page
    per_page INTEGER NOT NULL,
    last_seen INTEGER,                     -- updated_at of the last stored row
    sync_id INTEGER,
    PRIMARY KEY (low, high)
) WITHOUT ROWID;

-- Conversations whose thread is to be fetched.
CREATE TABLE hydration_queue (
    conversation_id TEXT PRIMARY KEY,
    updated_at INTEGER NOT NULL,           -- Unix seconds, as the list said
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0, -- Unix seconds
    last_error TEXT
);
CREATE INDEX idx_hydration_queue_order ON hydration_queue (updated_at DESC);

-- The workspace this database belongs to; at most one row.
CREATE TABLE workspace (
    id_code TEXT PRIMARY KEY, name TEXT, region TEXT, timezone TEXT, checked_at TIMESTAMP
);

-- What could not be read, a sentence a topic (a missing permission, say).
CREATE TABLE sync_notes (
    topic TEXT PRIMARY KEY, note TEXT NOT NULL, noted_at TIMESTAMP NOT NULL
);

-- Single values: high_water, server versions, when labels were refreshed, index_text_version, …
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
