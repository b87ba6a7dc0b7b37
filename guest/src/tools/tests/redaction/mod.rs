//! Nothing that the settings blank out leaves the component, whoever asks for it and however.

mod guessed;
mod shown;

use super::fixture::{Said, Workspace};
use crate::environment::Redaction;
use crate::tools;

const ALL: &[Redaction] = &[
    Redaction::Emails,
    Redaction::Phones,
    Redaction::Cards,
    Redaction::Accounts,
    Redaction::Secrets,
    Redaction::Names,
];

/// One value of each kind, as it stands in every field that people fill.
const PLANTED: &str = "Zora Quillfeather zq@hushmail.example +49 171 8849201 4242 4242 4242 4242 \
    DE89 3704 0044 0532 0130 00 password: Xk7!vault9";

/// Pieces of them, which no answer may show: also in hexadecimal digits and backwards.
const PIECES: &[&str] = &[
    "zora",
    "quillfeather",
    "zq@",
    "hushmail",
    "8849201",
    "18849",
    "4242",
    "0532",
    "3704",
    "xk7!",
    "vault9",
    "5a6f7261",
    "68757368",
    "38383439",
    "34323432",
    "786b37",
    "1029488",
    "liamhsuh",
    "rehtaefllliuq",
    "rehtaefll",
];

/// The planted value in every text of every table that an answer may be made of.
fn planted() -> Workspace {
    let mut workspace = Workspace::filled();
    workspace.sql(&format!(
        r#"UPDATE workspace SET name = '{PLANTED}';
        UPDATE admins SET name = 'Quillfeather Zora', email = 'zq@hushmail.example', job_title = '{PLANTED}' WHERE id = '7';
        UPDATE teams SET name = 'Team {PLANTED}';
        UPDATE tags SET name = 'Tag {PLANTED}' WHERE id = '1';
        UPDATE conversations SET title = '{PLANTED}', customer_email = 'zq@hushmail.example', customer_name = 'Zora Quillfeather',
            company_name = 'Co {PLANTED}', rating_remark = '{PLANTED}', sla_name = '{PLANTED}', language = '{PLANTED}',
            ai_outcome = '{PLANTED}', contact_id = 'c9', company_id = 'k9', closed_by_id = '7',
            ai_answer_type = '{PLANTED}', ai_source_type = '{PLANTED}', ai_source_title = '{PLANTED}',
            ai_rating_remark = '{PLANTED}', source_url = 'https://example.com/{PLANTED}', current_channel = '{PLANTED}',
            custom_attributes = '{{"phone": 491718849201, "{PLANTED}": 1, "Note": "{PLANTED}", "deep": [{{"card": 4242424242424242}}]}}'
            WHERE id IN ('101', '102');
        INSERT INTO contacts (id, role, name, email, phone, external_id, company_name, fetched_at)
            VALUES ('c9', 'user', 'Zora Quillfeather', 'zq@hushmail.example', '+49 171 8849201', 'zq@hushmail.example', '{PLANTED}', '2026-11-20T00:00:00+00:00');
        INSERT INTO conversation_contacts (conversation_id, contact_id) VALUES ('101', 'c9'), ('102', 'c9');
        UPDATE contacts SET country = '{PLANTED}', region = '{PLANTED}', city = '{PLANTED}', language = '{PLANTED}',
            browser = '{PLANTED}', os = '{PLANTED}', custom_attributes = '{{"mobile": 491718849201, "{PLANTED}": "{PLANTED}"}}'
            WHERE id = 'c9';
        INSERT OR REPLACE INTO companies (id, name, external_id, plan, industry, website, tags, segments, custom_attributes)
            VALUES ('k9', 'Co {PLANTED}', 'zq@hushmail.example', '{PLANTED}', '{PLANTED}', '{PLANTED}', '["{PLANTED}"]', '["{PLANTED}"]',
            '{{"phone": 491718849201, "{PLANTED}": "{PLANTED}"}}');
        INSERT INTO content_sources (number, kind, title, url, locale)
            VALUES (9, '{PLANTED}', '{PLANTED}', 'https://example.com/{PLANTED}', '{PLANTED}');
        INSERT INTO conversation_content_sources (source, conversation)
            SELECT 9, number FROM conversations WHERE id IN ('101', '102');
        INSERT INTO conversation_links (conversation, kind, id, category)
            SELECT number, '{PLANTED}', '5', '{PLANTED}' FROM conversations WHERE id IN ('101', '102');
        UPDATE messages SET tags = '["{PLANTED}"]', part_type = '{PLANTED}', author_name = 'Zora Quillfeather', attachments = '[{{"name": "{PLANTED}.pdf", "content_type": "{PLANTED}", "size": 1024}}]';
        UPDATE conversation_events SET author_name = 'Zora Quillfeather', details = '{{"text": "{PLANTED}", "phone": 491718849201}}';
        UPDATE sync_metadata SET error_message = '{PLANTED}', sync_status = 'failed';
        INSERT INTO sync_notes (topic, note, noted_at) VALUES ('x', '{PLANTED}', '2026-11-20T00:00:00+00:00');
        UPDATE conversation_events SET assigned_to_type = 'admin', assigned_to_id = '7';"#
    ));
    workspace.article(
        "39",
        PLANTED,
        &format!("<p>refund {PLANTED}</p><p>4242&#8203;4242 4242<b>4242</b>, zq&#64;hushmail.example</p>"),
    );
    workspace.sql(&format!(
        r#"UPDATE articles SET author_id = '7', tags = '["{PLANTED}"]', collections = '["5"]';
        UPDATE article_texts SET description = '{PLANTED}', locale = 'de';
        INSERT INTO collections (id, name) VALUES ('5', '{PLANTED}');"#
    ));
    let ticket = format!("<p>refund {PLANTED}</p><p>zq&#64;hushmail.example</p>");
    workspace.ticket("55", PLANTED, PLANTED, PLANTED, &ticket, "101");
    workspace.sql(&format!(
        r#"UPDATE tickets SET category = '{PLANTED}', attributes = '{{"phone": 491718849201, "{PLANTED}": "{PLANTED}"}}';
        UPDATE ticket_parts SET author_name = 'Zora Quillfeather', part_type = '{PLANTED}',
            attachments = '[{{"name": "{PLANTED}.pdf", "content_type": "{PLANTED}", "size": 1024}}]' WHERE body IS NOT NULL;
        UPDATE ticket_parts SET details = '{{"value": "{PLANTED}", "phone": 491718849201}}';
        UPDATE contacts SET name = 'Zora Quillfeather', email = 'zq@hushmail.example', company_name = '{PLANTED}' WHERE id = 't1';
        INSERT INTO ticket_links (ticket, kind, id, category) SELECT number, 'ticket', '7', '{PLANTED}' FROM tickets;"#
    ));
    for (conversation, id) in [("101", "z1"), ("102", "z2"), ("103", "z3")] {
        workspace.say(&Said {
            conversation,
            id,
            at: "2026-11-20T12:00:00+00:00",
            author_type: "user",
            author: "Zora Quillfeather",
            body: &format!(
                "<p>refund {PLANTED}</p><p>4242&#8203;4242 4242<b>4242</b>, zq&#64;hushmail.example</p>"
            ),
            note: false,
        });
    }
    workspace.settings.redactions = ALL.to_vec();
    workspace
}

/// What an answer shows of the planted values.
#[derive(Default)]
struct Shown(Vec<String>);

impl Shown {
    fn look(&mut self, asked: &str, answer: &str) {
        let lower = answer.to_lowercase();
        for piece in PIECES {
            if let Some(at) = lower.find(piece) {
                let near = &lower[lower.floor_char_boundary(at.saturating_sub(80))..];
                let near: String = near.chars().take(160).collect();
                self.0.push(format!("{asked}\n  shows {piece:?}: …{near}…"));
            }
        }
    }

    fn nothing(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

/// Everything that a call answers.
fn said(workspace: &mut Workspace, tool: &str, arguments: &str) -> String {
    workspace.with(|context| match tools::call(context, tool, arguments) {
        Ok(output) => format!("{} {}", output.structured, output.text),
        Err(error) => format!("{error:?}"),
    })
}
