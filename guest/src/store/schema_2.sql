-- What version 2 of the schema adds to schema.sql: counts that are kept instead of counted, what
-- figures are made of in one number, and events in two fifths of the bytes.

-- How many messages there are, and how many conversations of each state, priority, channel, team,
-- teammate and tag. The triggers below keep it, whoever writes; `counted` is the same, counted.
-- Messages are those of conversations.message_count: a trigger on each message would make a sync
-- a fifth slower.
CREATE TABLE counts (
    kind TEXT NOT NULL,                    -- messages, state, priority, channel, team, admin, tag
    name TEXT NOT NULL,                    -- the state's or channel's name, the team's id, …; '' for messages
    count INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;

CREATE VIEW counted AS
SELECT 'messages' AS kind, '' AS name, coalesce(sum(message_count), 0) AS count FROM conversations
UNION ALL SELECT 'state', state, count(*) FROM conversations GROUP BY state
UNION ALL SELECT 'priority', priority, count(*) FROM conversations GROUP BY priority
UNION ALL SELECT 'channel', channel, count(*) FROM conversations WHERE channel IS NOT NULL GROUP BY channel
UNION ALL SELECT 'team', team_assignee_id, count(*) FROM conversations WHERE team_assignee_id IS NOT NULL GROUP BY team_assignee_id
UNION ALL SELECT 'admin', admin_assignee_id, count(*) FROM conversations WHERE admin_assignee_id IS NOT NULL GROUP BY admin_assignee_id
UNION ALL SELECT 'tag', tag_id, count(*) FROM conversation_tags GROUP BY tag_id;

INSERT INTO counts (kind, name, count) SELECT kind, name, count FROM counted;

CREATE TRIGGER count_new_tag AFTER INSERT ON conversation_tags BEGIN
    INSERT INTO counts (kind, name, count) VALUES ('tag', NEW.tag_id, 1)
        ON CONFLICT (kind, name) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER count_gone_tag AFTER DELETE ON conversation_tags BEGIN
    UPDATE counts SET count = count - 1 WHERE kind = 'tag' AND name = OLD.tag_id;
END;
CREATE TRIGGER count_other_tag AFTER UPDATE OF tag_id ON conversation_tags BEGIN
    UPDATE counts SET count = count - 1 WHERE kind = 'tag' AND name = OLD.tag_id;
    INSERT INTO counts (kind, name, count) VALUES ('tag', NEW.tag_id, 1)
        ON CONFLICT (kind, name) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER count_new_conversation AFTER INSERT ON conversations BEGIN
    INSERT INTO counts (kind, name, count)
        SELECT kind, name, count FROM (
            SELECT 'messages' AS kind, '' AS name, NEW.message_count AS count
            UNION ALL SELECT 'state', NEW.state, 1 UNION ALL SELECT 'priority', NEW.priority, 1
            UNION ALL SELECT 'channel', NEW.channel, 1 UNION ALL SELECT 'team', NEW.team_assignee_id, 1
            UNION ALL SELECT 'admin', NEW.admin_assignee_id, 1)
        WHERE name IS NOT NULL
        ON CONFLICT (kind, name) DO UPDATE SET count = count + excluded.count;
END;
CREATE TRIGGER count_gone_conversation AFTER DELETE ON conversations BEGIN
    UPDATE counts SET count = count - CASE kind WHEN 'messages' THEN OLD.message_count ELSE 1 END
        WHERE (kind, name) IN (VALUES ('messages', ''), ('state', OLD.state), ('priority', OLD.priority),
            ('channel', OLD.channel), ('team', OLD.team_assignee_id), ('admin', OLD.admin_assignee_id));
END;
CREATE TRIGGER count_other_messages AFTER UPDATE OF message_count ON conversations
WHEN OLD.message_count <> NEW.message_count BEGIN
    UPDATE counts SET count = count + NEW.message_count - OLD.message_count WHERE kind = 'messages' AND name = '';
END;
CREATE TRIGGER count_other_conversation
AFTER UPDATE OF state, priority, channel, team_assignee_id, admin_assignee_id ON conversations
WHEN OLD.state <> NEW.state OR OLD.priority <> NEW.priority OR OLD.channel IS NOT NEW.channel
    OR OLD.team_assignee_id IS NOT NEW.team_assignee_id OR OLD.admin_assignee_id IS NOT NEW.admin_assignee_id
BEGIN
    UPDATE counts SET count = count - 1 WHERE (kind, name) IN (VALUES ('state', OLD.state), ('priority', OLD.priority),
        ('channel', OLD.channel), ('team', OLD.team_assignee_id), ('admin', OLD.admin_assignee_id));
    INSERT INTO counts (kind, name, count)
        SELECT kind, name, 1 FROM (
            SELECT 'state' AS kind, NEW.state AS name UNION ALL SELECT 'priority', NEW.priority
            UNION ALL SELECT 'channel', NEW.channel UNION ALL SELECT 'team', NEW.team_assignee_id
            UNION ALL SELECT 'admin', NEW.admin_assignee_id)
        WHERE name IS NOT NULL
        ON CONFLICT (kind, name) DO UPDATE SET count = count + 1;
END;

-- What figures ask of each conversation, in one number: store::statistics reads it. Computed when
-- it is asked for; only the index below holds it.
ALTER TABLE conversations ADD COLUMN figure_bits INTEGER GENERATED ALWAYS AS (
    (state = 'closed') + 2 * (reopen_count > 0) + 4 * (last_customer_message_at IS NOT NULL)
    + 8 * (ai_involved <> 0) + 16 * (ai_outcome IS 'resolved') + 32 * coalesce(rating, 0)
) VIRTUAL;

-- First what figures are made of, then what they are filtered by: SQLite reads a row of an index
-- only up to the last column that is asked for.
DROP INDEX idx_conversations_created_at;
CREATE INDEX idx_conversations_created_at ON conversations (
    created_at, figure_bits, waiting_since, first_response_seconds, resolution_seconds,
    team_assignee_id, admin_assignee_id, state, channel, priority, rating, ai_involved, ai_outcome, has_attachment
);

-- Kinds of event: Intercom's part_type, some of them forty letters long.
CREATE TABLE event_kinds (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO event_kinds (name) SELECT DISTINCT kind FROM conversation_events ORDER BY kind;

-- Parts without text: assignments, closings, snoozes, ratings, attribute changes.
ALTER TABLE conversation_events RENAME TO events_of_version_1;
CREATE TABLE conversation_events (
    conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
    id NOT NULL,                           -- Intercom's; INTEGER where it is the text of one, which nearly all are
    kind INTEGER NOT NULL REFERENCES event_kinds (number),
    created_seconds INTEGER NOT NULL,      -- Unix seconds
    author_type TEXT,
    author_id TEXT,
    author_name TEXT,                      -- none: as in admins
    assigned_to_type TEXT,
    assigned_to_id TEXT,
    details TEXT,                          -- JSON object, none when empty
    PRIMARY KEY (conversation, id)
) WITHOUT ROWID;
INSERT INTO conversation_events
    SELECT c.number,
        CASE WHEN CAST(CAST(e.id AS INTEGER) AS TEXT) = e.id THEN CAST(e.id AS INTEGER) ELSE e.id END,
        k.number, coalesce(CAST(strftime('%s', e.created_at) AS INTEGER), 0),
        e.author_type, e.author_id, e.author_name, e.assigned_to_type, e.assigned_to_id, e.details
    FROM events_of_version_1 e JOIN conversations c ON c.id = e.conversation_id JOIN event_kinds k ON k.name = e.kind
    ORDER BY 1, 2;
DROP TABLE events_of_version_1;
