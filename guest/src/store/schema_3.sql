-- What version 3 of the schema adds: what Intercom says of conversations, contacts and companies
-- beyond what versions 1 and 2 kept, and the raw answers, where these are to be kept.

-- The AI agent's own words, and what its answers were made of.
ALTER TABLE conversations ADD COLUMN ai_answer_type TEXT;      -- of its last answer: ai_answer, custom_answer, …
ALTER TABLE conversations ADD COLUMN ai_source_type TEXT;      -- what brought it in: workflow, essentials_plan_setup, …
ALTER TABLE conversations ADD COLUMN ai_source_title TEXT;
ALTER TABLE conversations ADD COLUMN ai_rating_remark TEXT;

-- Intercom's own statistics. Durations in seconds; those "in office hours" leave out what lies
-- outside of the workspace's.
ALTER TABLE conversations ADD COLUMN assignment_seconds INTEGER;           -- to the last assignment before the first reply
ALTER TABLE conversations ADD COLUMN office_first_response_seconds INTEGER; -- to a teammate's first reply, in office hours
ALTER TABLE conversations ADD COLUMN office_first_close_seconds INTEGER;   -- to the first close, in office hours
ALTER TABLE conversations ADD COLUMN office_resolution_seconds INTEGER;    -- to the last close, in office hours
ALTER TABLE conversations ADD COLUMN office_median_reply_seconds INTEGER;  -- median of all replies, in office hours
ALTER TABLE conversations ADD COLUMN handling_seconds INTEGER;             -- assignment to close
ALTER TABLE conversations ADD COLUMN active_handling_seconds INTEGER;      -- the same without idle time
ALTER TABLE conversations ADD COLUMN team_response_seconds INTEGER;        -- first reply of the assigned team
ALTER TABLE conversations ADD COLUMN office_team_response_seconds INTEGER; -- the same in office hours
ALTER TABLE conversations ADD COLUMN closed_by_id TEXT;                    -- the teammate who closed it last
ALTER TABLE conversations ADD COLUMN part_count INTEGER;                   -- parts as Intercom counts them, the first message included

ALTER TABLE conversations ADD COLUMN source_url TEXT;          -- the page on which it began
ALTER TABLE conversations ADD COLUMN current_channel TEXT;     -- where it goes on: messenger, email, …
-- Which fields were read: none for what an earlier version read, else fields::GENERATION.
ALTER TABLE conversations ADD COLUMN fields INTEGER;
CREATE INDEX idx_conversations_unfilled ON conversations (updated_at) WHERE fields IS NULL;
CREATE INDEX idx_conversations_closed_by ON conversations (closed_by_id, created_at) WHERE closed_by_id IS NOT NULL;

ALTER TABLE messages ADD COLUMN tags TEXT;                     -- JSON array of names, none when empty

-- Articles, snippets, pages and files that the AI agent answered from; '' for what is unknown.
CREATE TABLE content_sources (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                    -- article, content_snippet, external_content, file, …
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    locale TEXT NOT NULL,
    UNIQUE (title, kind, url, locale)
);
CREATE TABLE conversation_content_sources (
    source INTEGER NOT NULL REFERENCES content_sources (number),
    conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
    PRIMARY KEY (source, conversation)
) WITHOUT ROWID;
CREATE INDEX idx_conversation_content_sources ON conversation_content_sources (conversation);

-- Tickets, other conversations and records of other systems that a conversation is linked to.
CREATE TABLE conversation_links (
    conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
    kind TEXT NOT NULL,                    -- ticket, conversation, zendesk_ticket, salesforce_case, …
    id TEXT NOT NULL,
    category TEXT,                         -- of tickets: Customer, Back-office, Tracker
    PRIMARY KEY (conversation, kind, id)
) WITHOUT ROWID;
CREATE INDEX idx_conversation_links ON conversation_links (id, kind);

-- Companies as they are now, not as they were when a conversation took place.
ALTER TABLE companies ADD COLUMN external_id TEXT;             -- the workspace's own id of the company
ALTER TABLE companies ADD COLUMN plan TEXT;
ALTER TABLE companies ADD COLUMN monthly_spend REAL;
ALTER TABLE companies ADD COLUMN size INTEGER;                 -- employees
ALTER TABLE companies ADD COLUMN industry TEXT;
ALTER TABLE companies ADD COLUMN website TEXT;
ALTER TABLE companies ADD COLUMN user_count INTEGER;
ALTER TABLE companies ADD COLUMN created_at TIMESTAMP;
ALTER TABLE companies ADD COLUMN last_request_at TIMESTAMP;
ALTER TABLE companies ADD COLUMN tags TEXT;                    -- JSON array of names, none when empty
ALTER TABLE companies ADD COLUMN segments TEXT;                -- JSON array of names, none when empty
ALTER TABLE companies ADD COLUMN custom_attributes TEXT;       -- JSON object, none when empty

-- Contacts as they were when they were fetched last.
ALTER TABLE contacts ADD COLUMN country TEXT;
ALTER TABLE contacts ADD COLUMN region TEXT;
ALTER TABLE contacts ADD COLUMN city TEXT;
ALTER TABLE contacts ADD COLUMN language TEXT;                 -- chosen, or else the browser's: en, pt-BR, …
ALTER TABLE contacts ADD COLUMN browser TEXT;
ALTER TABLE contacts ADD COLUMN os TEXT;
ALTER TABLE contacts ADD COLUMN created_at TIMESTAMP;
ALTER TABLE contacts ADD COLUMN signed_up_at TIMESTAMP;
ALTER TABLE contacts ADD COLUMN last_seen_at TIMESTAMP;
ALTER TABLE contacts ADD COLUMN owner_id TEXT;                 -- the teammate who owns the account
ALTER TABLE contacts ADD COLUMN unsubscribed BOOLEAN;          -- from e-mails
ALTER TABLE contacts ADD COLUMN tag_ids TEXT;                  -- JSON array of ids, none when empty
ALTER TABLE contacts ADD COLUMN custom_attributes TEXT;        -- JSON object, none when empty
-- The next syncs fetch them again, those of the latest conversations first.
UPDATE contacts SET fetched_at = NULL WHERE fetched_at IS NOT NULL AND merged_into IS NULL;

-- Answers as Intercom gave them, where they are to be kept (keep_raw_answers).
CREATE TABLE raw_answers (
    conversation INTEGER PRIMARY KEY REFERENCES conversations (number) ON DELETE CASCADE,
    answer BLOB NOT NULL                   -- JSON, deflated
);

INSERT INTO sync_notes (topic, note, noted_at)
    SELECT 'fields', count(*) || ' conversations are still to be fetched again, since an earlier version of this program kept less of them (the AI agent''s sources, Intercom''s statistics, links) or `sync --refetch` was interrupted. Each sync fetches some, the newest first; `fastintercom sync --refetch` fetches all at once.',
        strftime('%Y-%m-%dT%H:%M:%S+00:00')
    FROM conversations HAVING count(*) > 0;
