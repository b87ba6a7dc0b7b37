-- What version 5 of the schema adds: who was erased, so that no sync brings them back.

-- Keyed hashes (store::erasure::block_list says of what); the key is `erasure_key` in meta. It is in
-- the same file, so that a copy of the file keeps them away as well.
CREATE TABLE erased (
    kind TEXT NOT NULL,                    -- contact, external_id, address, conversation, ticket, ticket_opening, mention, word
    hash BLOB NOT NULL,
    length INTEGER NOT NULL,               -- bytes of what a text is searched for, folded
    erased_at TIMESTAMP NOT NULL,
    PRIMARY KEY (kind, hash)
) WITHOUT ROWID;
