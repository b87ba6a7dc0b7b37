-- What version 10 of the schema adds: figures of whole days by team.

DROP TABLE day_figures;
-- What figures of all conversations of a day and a team are made of; store::statistics::days packs
-- and reads it.
CREATE TABLE day_figures (
    day INTEGER NOT NULL,                  -- of their creation: days since 1970-01-01, UTC
    team TEXT NOT NULL,                    -- the team in charge; empty where none is
    packed BLOB NOT NULL,
    PRIMARY KEY (day, team)
) WITHOUT ROWID;
INSERT INTO stale_days SELECT DISTINCT unixepoch(created_at) / 86400 FROM conversations
    WHERE unixepoch(created_at) IS NOT NULL
    ON CONFLICT DO NOTHING;

DROP TRIGGER stale_other_conversation;
CREATE TRIGGER stale_other_conversation
AFTER UPDATE OF created_at, state, reopen_count, last_customer_message_at, ai_involved, ai_outcome, rating,
    waiting_since, first_response_seconds, resolution_seconds, team_assignee_id ON conversations
WHEN OLD.created_at <> NEW.created_at OR OLD.figure_bits IS NOT NEW.figure_bits
    OR OLD.waiting_since IS NOT NEW.waiting_since OR OLD.first_response_seconds IS NOT NEW.first_response_seconds
    OR OLD.resolution_seconds IS NOT NEW.resolution_seconds OR OLD.team_assignee_id IS NOT NEW.team_assignee_id
BEGIN
    INSERT INTO stale_days
        SELECT DISTINCT unixepoch(at) / 86400 FROM (SELECT OLD.created_at AS at UNION ALL SELECT NEW.created_at)
        WHERE unixepoch(at) IS NOT NULL
        ON CONFLICT DO NOTHING;
END;
