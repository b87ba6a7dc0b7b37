-- What version 4 of the schema adds: the help centre.

-- Articles, as of the last reading. Those that Intercom no longer lists are removed.
CREATE TABLE articles (
    id TEXT PRIMARY KEY,
    author_id TEXT,
    collections TEXT NOT NULL DEFAULT '[]', -- JSON array of ids
    tags TEXT,                             -- JSON array of names, none when empty
    created_at TIMESTAMP,
    updated_at TIMESTAMP,
    -- Since the article exists, as Intercom counts; none until read, each week anew.
    statistics_at TIMESTAMP,
    views INTEGER,
    conversions INTEGER,                   -- conversations that began from it
    reactions INTEGER,
    happy_percent REAL,                    -- of the reactions
    sad_percent REAL,
    fin_involvements INTEGER,              -- conversations in which the AI agent used it
    fin_resolutions INTEGER                -- those of them that it resolved
);

-- An article in one language each.
CREATE TABLE article_texts (
    number INTEGER PRIMARY KEY,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,             -- 0 for the default language
    locale TEXT,                           -- none in a help centre of one language
    title TEXT NOT NULL,
    description TEXT,
    body TEXT NOT NULL,                    -- HTML as Intercom sent it
    state TEXT NOT NULL,                   -- published, draft
    url TEXT,
    UNIQUE (article_id, position)
);

-- Words of article_texts by their number; nothing but the index, as of messages_fts, whose columns
-- have the same names, so that one query fits both. `subject` is title and description.
CREATE VIRTUAL TABLE articles_fts USING fts5 (
    body, subject, content = '', contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
);

CREATE TABLE collections (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT, url TEXT,
    parent_id TEXT                         -- none of those at the top
);
