-- What version 9 of the schema adds: the names that many rows must be read for, kept with their
-- counts instead of gathered by each list and each filter that looks one up.

-- Names of attributes of conversations are counted by triggers, like states and tags (schema_2.sql).
-- What is no JSON object has none, and no statement fails for it: whoever opens the file may write in it.
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
UNION ALL SELECT 'tag', tag_id, count(*) FROM conversation_tags GROUP BY tag_id
UNION ALL SELECT 'attribute', j.key, count(*)
    FROM conversations c, json_each(CASE WHEN json_valid(c.custom_attributes) THEN c.custom_attributes END) j
    WHERE j.type <> 'null' AND typeof(j.key) = 'text' GROUP BY j.key;

INSERT INTO counts (kind, name, count) SELECT kind, name, count FROM counted WHERE kind = 'attribute';

CREATE TRIGGER count_new_attributes AFTER INSERT ON conversations WHEN NEW.custom_attributes IS NOT NULL BEGIN
    INSERT INTO counts (kind, name, count)
        SELECT 'attribute', j.key, 1
        FROM json_each(CASE WHEN json_valid(NEW.custom_attributes) THEN NEW.custom_attributes END) j WHERE j.type <> 'null' AND typeof(j.key) = 'text'
        ON CONFLICT (kind, name) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER count_gone_attributes AFTER DELETE ON conversations WHEN OLD.custom_attributes IS NOT NULL BEGIN
    INSERT INTO counts (kind, name, count)
        SELECT 'attribute', j.key, -1
        FROM json_each(CASE WHEN json_valid(OLD.custom_attributes) THEN OLD.custom_attributes END) j WHERE j.type <> 'null' AND typeof(j.key) = 'text'
        ON CONFLICT (kind, name) DO UPDATE SET count = count - 1;
END;
CREATE TRIGGER count_other_attributes AFTER UPDATE OF custom_attributes ON conversations
WHEN OLD.custom_attributes IS NOT NEW.custom_attributes BEGIN
    INSERT INTO counts (kind, name, count)
        SELECT 'attribute', j.key, -1
        FROM json_each(CASE WHEN json_valid(OLD.custom_attributes) THEN OLD.custom_attributes END) j WHERE j.type <> 'null' AND typeof(j.key) = 'text'
        ON CONFLICT (kind, name) DO UPDATE SET count = count - 1;
    INSERT INTO counts (kind, name, count)
        SELECT 'attribute', j.key, 1
        FROM json_each(CASE WHEN json_valid(NEW.custom_attributes) THEN NEW.custom_attributes END) j WHERE j.type <> 'null' AND typeof(j.key) = 'text'
        ON CONFLICT (kind, name) DO UPDATE SET count = count + 1;
END;

-- What customers and companies are grouped by, and what the AI agent answered from, each with the
-- number of conversations; store::people::labels has what each name is.
CREATE TABLE label_counts (
    kind TEXT NOT NULL,                    -- attributes (of customers, companies), plans, segments, countries, languages, articles
    name TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;

-- The same, gathered; a name may have several rows. What is no text has no name.
CREATE VIEW labels_gathered AS
WITH people AS MATERIALIZED (
    SELECT o.n, coalesce(o.language, p.language) AS language, p.country, p.custom_attributes
    FROM (SELECT contact_id AS id, language, count(*) AS n FROM conversations GROUP BY 1, 2) o
    LEFT JOIN contacts p ON p.id = o.id),
firms AS MATERIALIZED (
    SELECT o.n, p.plan, p.segments, p.custom_attributes
    FROM (SELECT company_id AS id, count(*) AS n FROM conversations WHERE company_id IS NOT NULL GROUP BY 1) o
    JOIN companies p ON p.id = o.id)
SELECT 'attributes' AS kind, 'contact.' || j.key AS name, sum(o.n) AS count
    FROM people o, json_each(CASE WHEN json_valid(o.custom_attributes) THEN o.custom_attributes END) j
    WHERE j.type <> 'null' AND typeof(j.key) = 'text' GROUP BY 2
UNION ALL SELECT 'attributes', 'company.' || j.key, sum(o.n)
    FROM firms o, json_each(CASE WHEN json_valid(o.custom_attributes) THEN o.custom_attributes END) j
    WHERE j.type <> 'null' AND typeof(j.key) = 'text' GROUP BY 2
UNION ALL SELECT 'plans', o.plan, sum(o.n) FROM firms o WHERE typeof(o.plan) = 'text' GROUP BY 2
UNION ALL SELECT 'segments', j.value, sum(o.n)
    FROM firms o, json_each(CASE WHEN json_valid(o.segments) THEN o.segments END) j
    WHERE j.type = 'text' GROUP BY 2
UNION ALL SELECT 'countries', o.country, sum(o.n) FROM people o WHERE typeof(o.country) = 'text' GROUP BY 2
UNION ALL SELECT 'languages', o.language, sum(o.n) FROM people o WHERE typeof(o.language) = 'text' GROUP BY 2
UNION ALL SELECT 'articles', coalesce(nullif(s.title, ''), s.url), count(DISTINCT x.conversation)
    FROM conversation_content_sources x JOIN content_sources s ON s.number = x.source
    WHERE typeof(coalesce(nullif(s.title, ''), s.url)) = 'text' GROUP BY 2;

-- A row: the kept counts are no longer true. The triggers below put it there, whoever writes; each
-- sync gathers anew.
CREATE TABLE stale_labels (number INTEGER PRIMARY KEY CHECK (number = 1));
INSERT INTO stale_labels VALUES (1);

CREATE TRIGGER labels_new_conversation AFTER INSERT ON conversations BEGIN
    INSERT INTO stale_labels VALUES (1) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER labels_gone_conversation AFTER DELETE ON conversations BEGIN
    INSERT INTO stale_labels VALUES (1) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER labels_other_conversation
AFTER UPDATE OF contact_id, company_id, language ON conversations
WHEN OLD.contact_id IS NOT NEW.contact_id OR OLD.company_id IS NOT NEW.company_id OR OLD.language IS NOT NEW.language
BEGIN
    INSERT INTO stale_labels VALUES (1) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER labels_new_contact AFTER INSERT ON contacts BEGIN
    INSERT INTO stale_labels VALUES (1) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER labels_gone_contact AFTER DELETE ON contacts BEGIN
    INSERT INTO stale_labels VALUES (1) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER labels_other_contact AFTER UPDATE OF id, country, language, custom_attributes ON contacts
WHEN OLD.id <> NEW.id OR OLD.country IS NOT NEW.country OR OLD.language IS NOT NEW.language
    OR OLD.custom_attributes IS NOT NEW.custom_attributes
BEGIN
    INSERT INTO stale_labels VALUES (1) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER labels_new_company AFTER INSERT ON companies BEGIN
    INSERT INTO stale_labels VALUES (1) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER labels_gone_company AFTER DELETE ON companies BEGIN
    INSERT INTO stale_labels VALUES (1) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER labels_other_company AFTER UPDATE OF id, plan, segments, custom_attributes ON companies
WHEN OLD.id <> NEW.id OR OLD.plan IS NOT NEW.plan OR OLD.segments IS NOT NEW.segments
    OR OLD.custom_attributes IS NOT NEW.custom_attributes
BEGIN
    INSERT INTO stale_labels VALUES (1) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER labels_new_source AFTER INSERT ON conversation_content_sources BEGIN
    INSERT INTO stale_labels VALUES (1) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER labels_gone_source AFTER DELETE ON conversation_content_sources BEGIN
    INSERT INTO stale_labels VALUES (1) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER labels_other_source AFTER UPDATE OF title, url ON content_sources BEGIN
    INSERT INTO stale_labels VALUES (1) ON CONFLICT DO NOTHING;
END;

-- Earlier versions let SQLite sample a thousand rows for its statistics: store::maintenance.
ANALYZE conversations;
