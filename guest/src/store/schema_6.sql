-- What version 6 of the schema adds: figures of whole days that are kept instead of gathered, and an
-- index for counting by state.

CREATE INDEX idx_conversations_state ON conversations (state);

-- What figures of all conversations of a day are made of; store::statistics::days packs and reads it.
CREATE TABLE day_figures (
    day INTEGER PRIMARY KEY,               -- of their creation: days since 1970-01-01, UTC
    packed BLOB NOT NULL
);
-- Days whose row is missing or no longer true. The triggers below name them, whoever writes; each
-- sync makes their rows anew. A day that is in neither table has no conversations.
CREATE TABLE stale_days (day INTEGER PRIMARY KEY);
INSERT INTO stale_days SELECT DISTINCT unixepoch(created_at) / 86400 FROM conversations
    WHERE unixepoch(created_at) IS NOT NULL;

CREATE TRIGGER stale_new_conversation AFTER INSERT ON conversations BEGIN
    INSERT INTO stale_days SELECT unixepoch(NEW.created_at) / 86400 WHERE unixepoch(NEW.created_at) IS NOT NULL
        ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER stale_gone_conversation AFTER DELETE ON conversations BEGIN
    INSERT INTO stale_days SELECT unixepoch(OLD.created_at) / 86400 WHERE unixepoch(OLD.created_at) IS NOT NULL
        ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER stale_other_conversation
AFTER UPDATE OF created_at, state, reopen_count, last_customer_message_at, ai_involved, ai_outcome, rating,
    waiting_since, first_response_seconds, resolution_seconds ON conversations
WHEN OLD.created_at <> NEW.created_at OR OLD.figure_bits IS NOT NEW.figure_bits
    OR OLD.waiting_since IS NOT NEW.waiting_since OR OLD.first_response_seconds IS NOT NEW.first_response_seconds
    OR OLD.resolution_seconds IS NOT NEW.resolution_seconds
BEGIN
    INSERT INTO stale_days
        SELECT DISTINCT unixepoch(at) / 86400 FROM (SELECT OLD.created_at AS at UNION ALL SELECT NEW.created_at)
        WHERE unixepoch(at) IS NOT NULL
        ON CONFLICT DO NOTHING;
END;
