-- What version 7 of the schema adds: how long a conversation is to the ranking of searches.

-- Words of its title and messages but for those of grammar (store::search::length). None: not counted yet.
ALTER TABLE conversations ADD COLUMN words INTEGER;
CREATE INDEX idx_conversations_uncounted ON conversations (number) WHERE words IS NULL;

-- Their sum, and of how many conversations, kept like the other counts (schema_2.sql).
DROP VIEW counted;
CREATE VIEW counted AS
SELECT 'messages' AS kind, '' AS name, coalesce(sum(message_count), 0) AS count FROM conversations
UNION ALL SELECT 'words', '', coalesce(sum(words), 0) FROM conversations
UNION ALL SELECT 'with_words', '', count(words) FROM conversations
UNION ALL SELECT 'state', state, count(*) FROM conversations GROUP BY state
UNION ALL SELECT 'priority', priority, count(*) FROM conversations GROUP BY priority
UNION ALL SELECT 'channel', channel, count(*) FROM conversations WHERE channel IS NOT NULL GROUP BY channel
UNION ALL SELECT 'team', team_assignee_id, count(*) FROM conversations WHERE team_assignee_id IS NOT NULL GROUP BY team_assignee_id
UNION ALL SELECT 'admin', admin_assignee_id, count(*) FROM conversations WHERE admin_assignee_id IS NOT NULL GROUP BY admin_assignee_id
UNION ALL SELECT 'tag', tag_id, count(*) FROM conversation_tags GROUP BY tag_id;

INSERT INTO counts (kind, name, count) VALUES ('words', '', 0), ('with_words', '', 0);

CREATE TRIGGER count_words AFTER UPDATE OF words ON conversations WHEN OLD.words IS NOT NEW.words BEGIN
    UPDATE counts SET count = count + coalesce(NEW.words, 0) - coalesce(OLD.words, 0) WHERE kind = 'words' AND name = '';
    UPDATE counts SET count = count + (NEW.words IS NOT NULL) - (OLD.words IS NOT NULL)
        WHERE kind = 'with_words' AND name = '';
END;
CREATE TRIGGER count_gone_words AFTER DELETE ON conversations WHEN OLD.words IS NOT NULL BEGIN
    UPDATE counts SET count = count - OLD.words WHERE kind = 'words' AND name = '';
    UPDATE counts SET count = count - 1 WHERE kind = 'with_words' AND name = '';
END;
