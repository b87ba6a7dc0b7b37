-- What version 8 of the schema adds: tickets.

-- One row a ticket, as it was when it was read last.
CREATE TABLE tickets (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    ticket_id TEXT,                        -- the number that people see
    category TEXT,                         -- Customer, Back-office, Tracker
    type TEXT,                             -- name of the ticket type
    state TEXT,                            -- submitted, in_progress, waiting_on_customer, resolved
    state_label TEXT,                      -- what the workspace calls the state
    title TEXT,
    description TEXT,                      -- HTML as Intercom sent it
    attributes TEXT,                       -- JSON object of all other attributes, none when empty
    open BOOLEAN NOT NULL DEFAULT TRUE,
    is_shared BOOLEAN NOT NULL DEFAULT FALSE, -- the customer sees it
    admin_assignee_id TEXT,
    team_assignee_id TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    snoozed_until TIMESTAMP,
    resolved_at TIMESTAMP,                 -- while it is resolved: since when
    parts_truncated BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX idx_tickets_updated_at ON tickets (updated_at);

-- Replies, notes and events of a ticket.
CREATE TABLE ticket_parts (
    ticket INTEGER NOT NULL REFERENCES tickets (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,             -- in the order of time, from 0
    id TEXT NOT NULL,
    part_type TEXT NOT NULL,               -- comment, note, ticket_state_updated_by_admin, …
    created_at TIMESTAMP NOT NULL,
    author_type TEXT NOT NULL,             -- user, lead, admin, bot, team
    author_id TEXT,
    author_name TEXT,                      -- none: as in admins
    body TEXT,                             -- HTML; none for events
    is_note BOOLEAN NOT NULL DEFAULT FALSE, -- internal: the customer never saw it
    redacted BOOLEAN NOT NULL DEFAULT FALSE,
    attachments TEXT,                      -- JSON array of {name, content_type, size}, none when empty
    assigned_to_type TEXT,
    assigned_to_id TEXT,
    details TEXT,                          -- JSON object: states or attribute that changed; none when empty
    PRIMARY KEY (ticket, position)
) WITHOUT ROWID;

CREATE TABLE ticket_contacts (
    contact_id TEXT NOT NULL,
    ticket INTEGER NOT NULL REFERENCES tickets (number) ON DELETE CASCADE,
    PRIMARY KEY (contact_id, ticket)
) WITHOUT ROWID;
CREATE INDEX idx_ticket_contacts_ticket ON ticket_contacts (ticket);

-- Conversations and other tickets that a ticket is linked to.
CREATE TABLE ticket_links (
    ticket INTEGER NOT NULL REFERENCES tickets (number) ON DELETE CASCADE,
    kind TEXT NOT NULL,                    -- conversation, ticket
    id TEXT NOT NULL,
    category TEXT,                         -- of tickets: Customer, Back-office, Tracker
    PRIMARY KEY (ticket, kind, id)
) WITHOUT ROWID;
CREATE INDEX idx_ticket_links ON ticket_links (id, kind);

-- Words of tickets by their number, as of articles_fts: `subject` is the title, `body` all else.
CREATE VIRTUAL TABLE tickets_fts USING fts5 (
    body, subject, content = '', contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
);
