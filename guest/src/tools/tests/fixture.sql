INSERT INTO workspace (id_code, name, region, timezone) VALUES ('abc123', 'Example Ltd', 'US', 'Europe/Berlin');
INSERT INTO admins (id, name, email) VALUES ('7', 'Bob Stone', 'bob@example.com'), ('8', 'Carla Diaz', 'carla@example.com');
INSERT INTO teams (id, name) VALUES ('70', 'Billing');
INSERT INTO tags (id, name) VALUES ('1', 'Refund'), ('2', 'Bug');
INSERT INTO conversations (number, id, created_at, updated_at, customer_email, customer_name, company_name, tags, thread_complete, title, state, channel, admin_assignee_id, team_assignee_id, first_response_seconds, rating, rating_remark)
VALUES
 (1, '101', '2026-11-16T09:00:00+00:00', '2026-11-16T11:00:00+00:00', 'ann@example.com', 'Ann Lee', 'Acme', '["Refund"]', TRUE, 'Card declined', 'open', 'conversation', '7', '70', 3600, NULL, NULL),
 (2, '102', '2026-11-18T09:00:00+00:00', '2026-11-18T09:05:00+00:00', 'joerg@example.de', 'Jörg Müller', NULL, '["Refund", "Bug"]', TRUE, NULL, 'closed', 'email', '8', NULL, NULL, 2, 'too slow'),
 (3, '103', '2026-11-20T08:00:00+00:00', '2026-11-20T08:00:00+00:00', NULL, '花子', NULL, '[]', TRUE, NULL, 'open', 'conversation', NULL, NULL, NULL, NULL, NULL),
 (4, '104', '2026-11-01T08:00:00+00:00', '2026-11-15T08:00:00+00:00', 'ann@example.com', 'Ann Lee', 'Acme', '[]', FALSE, NULL, 'closed', 'email', NULL, NULL, NULL, 5, NULL);
UPDATE conversations SET waiting_since = '2026-11-16T11:00:00+00:00' WHERE id = '101';
UPDATE conversations SET waiting_since = '2026-11-20T08:00:00+00:00' WHERE id = '103';
INSERT INTO conversation_tags (tag_id, conversation_id) VALUES ('1', '101'), ('1', '102'), ('2', '102');
INSERT INTO event_kinds (name) VALUES ('assignment');
INSERT INTO conversation_events (id, conversation, kind, created_seconds, author_type, author_id, assigned_to_type, assigned_to_id)
SELECT 'e1', number, 1, unixepoch('2026-11-16 09:10:00'), 'admin', '7', 'team', '70' FROM conversations WHERE id = '101';
INSERT INTO coverage (low, high) VALUES (unixepoch('2026-11-15'), unixepoch('2026-11-22 14:50:00'));
INSERT INTO sync_metadata (sync_started_at, sync_completed_at, sync_status, coverage_start_date, coverage_end_date, total_conversations, total_messages, sync_type)
VALUES ('2026-11-22T14:50:00+00:00', '2026-11-22T14:51:00+00:00', 'completed', '2026-11-15', '2026-11-22', 4, 8, 'background');
