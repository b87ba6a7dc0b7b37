//! Conditions on conversations, as SQL.

use rusqlite::types::Value;

use crate::time::UnixSeconds;

/// A range of instants, both ends included; an absent end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    pub from: Option<UnixSeconds>,
    pub to: Option<UnixSeconds>,
}

impl Between {
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

/// What became of an AI agent's part in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ai {
    Involved,
    NotInvolved,
    Resolved,
    Escalated,
    /// Neither resolved nor handed over.
    Abandoned,
}

/// Somebody in charge, or nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assigned {
    To(Vec<String>),
    Nobody,
}

/// Whose custom attribute it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Conversation,
    Contact,
    Company,
}

/// A custom attribute by name, with a value or with any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub holder: Holder,
    pub name: String,
    pub value: Option<String>,
}

/// JSON's booleans are numbers to SQLite.
const AS_TEXT: &str =
    "CASE j.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(j.value AS TEXT) END";

impl Attribute {
    /// The attributes of the one that has it, of a conversation `c`.
    fn object(&self) -> &'static str {
        match self.holder {
            Holder::Conversation => "c.custom_attributes",
            Holder::Contact => "(SELECT custom_attributes FROM contacts WHERE id = c.contact_id)",
            Holder::Company => "(SELECT custom_attributes FROM companies WHERE id = c.company_id)",
        }
    }

    /// Its value in a conversation `c`, as text.
    pub(in crate::store) fn value_sql(&self) -> String {
        format!(
            "(SELECT {AS_TEXT} FROM json_each({}) j WHERE j.key = '{}' COLLATE NOCASE LIMIT 1)",
            self.object(),
            self.name.replace('\'', "''")
        )
    }

    fn condition(&self) -> (String, Vec<Value>) {
        let name = text(&self.name);
        let (is, values) = match &self.value {
            // Of a list any value counts.
            Some(value) => (
                format!(
                    "({AS_TEXT} = ? COLLATE NOCASE OR (j.type = 'array' AND EXISTS \
                     (SELECT 1 FROM json_each(j.value) v WHERE CAST(v.value AS TEXT) = ? COLLATE NOCASE)))"
                ),
                vec![name, text(value), text(value)],
            ),
            None => ("j.type <> 'null'".to_owned(), vec![name]),
        };
        let object = self.object();
        (
            format!("EXISTS (SELECT 1 FROM json_each({object}) j WHERE j.key = ? COLLATE NOCASE AND {is})"),
            values,
        )
    }
}

/// What a conversation is linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linked {
    ToAnything,
    /// Something of that id, kind or category.
    To(String),
}

/// Conditions that a conversation must meet, all of them. Ids are Intercom's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    pub created: Between,
    pub updated: Between,
    pub customer_replied: Between,
    /// Some message was written then. With words to find, the message that has them.
    pub message: Between,
    pub states: Vec<String>,
    pub unanswered: Option<bool>,
    /// The customer waits for a teammate at least since then.
    pub waiting_since_before: Option<UnixSeconds>,
    pub assignee: Option<Assigned>,
    pub team: Option<Assigned>,
    pub any_tag: Vec<String>,
    pub every_tag: Vec<String>,
    pub no_tag: Vec<String>,
    pub untagged: bool,
    /// An address, or `@` and a domain.
    pub customer_email: Option<String>,
    /// A part of a customer's name, address or company.
    pub customer: Option<String>,
    pub company: Option<String>,
    pub contact_id: Option<String>,
    pub channels: Vec<String>,
    pub priorities: Vec<String>,
    pub rating_least: Option<i64>,
    pub rating_most: Option<i64>,
    pub ai: Option<Ai>,
    pub has_attachment: Option<bool>,
    pub attributes: Vec<Attribute>,
    /// Of the company.
    pub plans: Vec<String>,
    /// Of the company, any of these.
    pub segments: Vec<String>,
    /// Of the customer.
    pub countries: Vec<String>,
    /// As the conversation says, or else the customer's.
    pub languages: Vec<String>,
    /// A part of the title or address of what the AI agent answered from.
    pub article: Option<String>,
    /// `company`, `article` and `page` are whole names and addresses, no parts of them.
    pub whole: bool,
    /// A part of the address on which it began.
    pub page: Option<String>,
    pub linked: Option<Linked>,
    /// The AI agent was rated, at most so well.
    pub ai_rating_most: Option<i64>,
    /// Intercom's words: hit, missed, cancelled, active.
    pub sla: Vec<String>,
    /// All but the conversation of that id.
    pub but: Option<String>,
    /// FTS5 expression that no message of the conversation may match.
    pub excluded: Option<String>,
}

/// Conditions joined by AND, with what stands for their question marks.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    sql: Vec<String>,
    pub values: Vec<Value>,
}

impl Conditions {
    pub fn add(&mut self, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.sql.push(sql.into());
        self.values.extend(values);
    }

    /// Every conversation meets them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sql.is_empty()
    }

    #[must_use]
    pub fn sql(&self) -> String {
        if self.sql.is_empty() { "TRUE".to_owned() } else { self.sql.join(" AND ") }
    }

    pub fn between(&mut self, column: &str, between: Between) {
        if let Some(from) = between.from {
            self.add(format!("{column} >= ?"), [text(&from.to_iso())]);
        }
        if let Some(to) = between.to {
            self.add(format!("{column} <= ?"), [text(&to.to_iso())]);
        }
    }

    pub fn one_of(&mut self, column: &str, allowed: &[String]) {
        if !allowed.is_empty() {
            self.add(
                format!("{column} IN ({})", marks(allowed.len())),
                allowed.iter().map(|value| text(value)),
            );
        }
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// A LIKE pattern (with `\` as escape) for texts that contain this one.
#[must_use]
pub fn containing(part: &str) -> String {
    let escaped = part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

impl Filters {
    /// The conditions on a conversation `c`.
    #[must_use]
    pub fn conditions(&self, with_message_time: bool) -> Conditions {
        let mut all = Conditions::default();
        all.between("c.created_at", self.created);
        all.between("c.updated_at", self.updated);
        all.between("c.last_customer_message_at", self.customer_replied);
        if with_message_time && !self.message.is_open() {
            let mut inner = Conditions::default();
            inner.between("m.created_at", self.message);
            all.add(
                format!(
                    "EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id AND {})",
                    inner.sql()
                ),
                inner.values,
            );
        }
        // As text in the statement, since the planner has to see that `closed` is not among them to
        // use the index of what is not. Most are closed, so no index helps with those (`+`), and
        // before SQLite has statistics it would read by one.
        if !self.states.is_empty() {
            let states = self.states.iter().map(|state| format!("'{}'", state.replace('\'', "''")));
            let column =
                if self.states.iter().any(|state| state == "closed") { "+c.state" } else { "c.state" };
            all.add(format!("{column} IN ({})", states.collect::<Vec<_>>().join(", ")), []);
        }
        match self.unanswered {
            Some(true) => all.add("c.waiting_since IS NOT NULL AND c.state <> 'closed'", []),
            Some(false) => all.add("(c.waiting_since IS NULL OR c.state = 'closed')", []),
            None => {}
        }
        if let Some(before) = self.waiting_since_before {
            all.add("c.waiting_since <= ? AND c.state <> 'closed'", [text(&before.to_iso())]);
        }
        for (column, assigned) in
            [("c.admin_assignee_id", &self.assignee), ("c.team_assignee_id", &self.team)]
        {
            match assigned {
                Some(Assigned::To(ids)) => all.one_of(column, ids),
                Some(Assigned::Nobody) => all.add(format!("{column} IS NULL"), []),
                None => {}
            }
        }
        self.tags(&mut all);
        self.customers(&mut all);
        all.one_of("c.channel", &self.channels);
        all.one_of("c.priority", &self.priorities);
        if let Some(least) = self.rating_least {
            all.add("c.rating >= ?", [Value::Integer(least)]);
        }
        if let Some(most) = self.rating_most {
            all.add("c.rating <= ?", [Value::Integer(most)]);
        }
        match self.ai {
            Some(Ai::Involved) => all.add("c.ai_involved", []),
            Some(Ai::NotInvolved) => all.add("NOT c.ai_involved", []),
            Some(Ai::Resolved) => all.add("c.ai_outcome = 'resolved'", []),
            Some(Ai::Escalated) => all.add("c.ai_outcome = 'escalated'", []),
            // Since version 2.15 Intercom says nothing where it said `abandoned`.
            Some(Ai::Abandoned) => {
                all.add("c.ai_involved AND coalesce(c.ai_outcome, 'abandoned') = 'abandoned'", []);
            }
            None => {}
        }
        match self.has_attachment {
            Some(true) => all.add("c.has_attachment", []),
            Some(false) => all.add("NOT c.has_attachment", []),
            None => {}
        }
        all.one_of("c.sla_status", &self.sla);
        for attribute in &self.attributes {
            let (condition, values) = attribute.condition();
            all.add(condition, values);
        }
        self.fields(&mut all);
        if let Some(id) = &self.but {
            all.add("c.id <> ?", [text(id)]);
        }
        if let Some(expression) = &self.excluded {
            all.add(
                "c.number NOT IN (SELECT conversation FROM messages_fts WHERE messages_fts MATCH ?)",
                [text(expression)],
            );
        }
        all
    }

    /// What tables beside the conversations know.
    fn fields(&self, all: &mut Conditions) {
        let mut of = |key: &str, table: &str, condition: &str, values: &[String]| {
            if !values.is_empty() {
                let condition = condition.replace("{}", &marks(values.len()));
                all.add(
                    format!("c.{key} IN (SELECT id FROM {table} WHERE {condition})"),
                    values.iter().map(|value| text(value)),
                );
            }
        };
        of("company_id", "companies", "plan IN ({})", &self.plans);
        of(
            "company_id",
            "companies",
            "EXISTS (SELECT 1 FROM json_each(segments) j WHERE j.value IN ({}))",
            &self.segments,
        );
        of("contact_id", "contacts", "country IN ({})", &self.countries);
        all.one_of(
            "coalesce(c.language, (SELECT language FROM contacts WHERE id = c.contact_id))",
            &self.languages,
        );
        if let Some(part) = &self.article {
            let pattern = text(&self.named(part));
            all.add(
                "c.number IN (SELECT x.conversation FROM content_sources s \
                 JOIN conversation_content_sources x ON x.source = s.number \
                 WHERE s.title LIKE ? ESCAPE '\\' OR s.url LIKE ? ESCAPE '\\')",
                [pattern.clone(), pattern],
            );
        }
        if let Some(part) = &self.page {
            all.add("c.source_url LIKE ? ESCAPE '\\'", [text(&self.named(part))]);
        }
        match &self.linked {
            Some(Linked::ToAnything) => {
                all.add("c.number IN (SELECT conversation FROM conversation_links)", []);
            }
            Some(Linked::To(name)) => all.add(
                "c.number IN (SELECT conversation FROM conversation_links WHERE id = ? \
                 OR kind = ? COLLATE NOCASE OR category = ? COLLATE NOCASE \
                 OR kind = 'ticket' AND id IN (SELECT id FROM tickets WHERE ticket_id = ? \
                    OR type = ? COLLATE NOCASE OR state = ? COLLATE NOCASE OR state_label = ? COLLATE NOCASE))",
                std::iter::repeat_n(text(name), 7),
            ),
            None => {}
        }
        if let Some(most) = self.ai_rating_most {
            all.add("c.ai_rating <= ?", [Value::Integer(most)]);
        }
    }

    fn tags(&self, all: &mut Conditions) {
        let having = "c.id IN (SELECT conversation_id FROM conversation_tags WHERE tag_id IN";
        if !self.any_tag.is_empty() {
            all.add(
                format!("{having} ({}))", marks(self.any_tag.len())),
                self.any_tag.iter().map(|id| text(id)),
            );
        }
        for id in &self.every_tag {
            all.add(format!("{having} (?))"), [text(id)]);
        }
        if !self.no_tag.is_empty() {
            all.add(
                format!("NOT {having} ({}))", marks(self.no_tag.len())),
                self.no_tag.iter().map(|id| text(id)),
            );
        }
        if self.untagged {
            all.add("NOT EXISTS (SELECT 1 FROM conversation_tags t WHERE t.conversation_id = c.id)", []);
        }
    }

    /// A pattern for LIKE.
    fn named(&self, text: &str) -> String {
        let pattern = containing(text);
        if self.whole { pattern[1..pattern.len() - 1].to_owned() } else { pattern }
    }

    fn customers(&self, all: &mut Conditions) {
        if let Some(email) = &self.customer_email {
            let (condition, value) = if email.starts_with('@') {
                ("LIKE ? ESCAPE '\\'", containing(email).split_at(1).1.trim_end_matches('%').to_owned())
            } else {
                ("= ? COLLATE NOCASE", email.clone())
            };
            let value = if email.starts_with('@') { format!("%{value}") } else { value };
            all.add(
                format!(
                    // Not as an OR: SQLite then prefers to go through all conversations by time.
                    "c.id IN (SELECT x.id FROM conversations x WHERE x.customer_email {condition} \
                     UNION SELECT cc.conversation_id FROM contacts p \
                     JOIN conversation_contacts cc ON cc.contact_id = p.id WHERE p.email {condition})"
                ),
                [text(&value), text(&value)],
            );
        }
        if let Some(part) = &self.customer {
            let pattern = containing(part);
            all.add(
                "(c.customer_name LIKE ? ESCAPE '\\' OR c.customer_email LIKE ? ESCAPE '\\' OR c.company_name LIKE ? ESCAPE '\\' \
                 OR c.contact_id IN (SELECT id FROM contacts WHERE id = ? UNION SELECT id FROM contacts WHERE external_id = ?))",
                [text(&pattern), text(&pattern), text(&pattern), text(part), text(part)],
            );
        }
        if let Some(part) = &self.company {
            all.add("c.company_name LIKE ? ESCAPE '\\'", [text(&self.named(part))]);
        }
        if let Some(id) = &self.contact_id {
            all.add(
                "(c.contact_id = ? OR c.id IN (SELECT conversation_id FROM conversation_contacts WHERE contact_id = ?))",
                [text(id), text(id)],
            );
        }
    }
}
