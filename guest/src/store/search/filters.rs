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
    /// It has none; with [`Filters::any_tag`] that is enough, too.
    pub untagged: bool,
    /// It has some.
    pub tagged: bool,
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

pub(super) fn text(value: &str) -> Value {
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

/// How conditions are asked that other tables know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Of all conversations together, so that those of a rare tag are found without reading others.
    Together,
    /// Of one conversation after the other: what is asked of all together would be gathered anew
    /// for each.
    OneByOne,
}

impl Asked {
    /// `key`, of a conversation, is among the values of `column` (of `tables`) that meet the condition.
    pub(super) fn among(self, key: &str, column: &str, tables: &str, condition: &str) -> String {
        match self {
            Self::Together => format!("{key} IN (SELECT {column} FROM {tables} WHERE {condition})"),
            Self::OneByOne => {
                format!("EXISTS (SELECT 1 FROM {tables} WHERE {column} = {key} AND ({condition}))")
            }
        }
    }
}

impl Filters {
    /// The tags of which a conversation has to have any, when nothing else is asked of it.
    #[must_use]
    pub fn only_tags(&self) -> Option<&[String]> {
        let tags = &self.any_tag;
        (!tags.is_empty() && *self == Self { any_tag: tags.clone(), ..Self::default() }).then_some(tags)
    }

    /// The conditions on a conversation `c`, for finding those that meet them.
    #[must_use]
    pub fn conditions(&self, with_message_time: bool) -> Conditions {
        self.asked(with_message_time, Asked::Together)
    }

    /// The same, for a `c` that is given, or that is reached in some other order.
    #[must_use]
    pub fn conditions_on_each(&self, with_message_time: bool) -> Conditions {
        self.asked(with_message_time, Asked::OneByOne)
    }

    fn asked(&self, with_message_time: bool, asked: Asked) -> Conditions {
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
        self.tags(asked, &mut all);
        self.customers(asked, &mut all);
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
        self.fields(asked, &mut all);
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
    fn fields(&self, asked: Asked, all: &mut Conditions) {
        let mut of = |key: &str, table: &str, condition: &str, values: &[String]| {
            if !values.is_empty() {
                let condition = condition.replace("{}", &marks(values.len()));
                all.add(
                    asked.among(key, "t.id", &format!("{table} t"), &condition),
                    values.iter().map(|value| text(value)),
                );
            }
        };
        of("c.company_id", "companies", "t.plan IN ({})", &self.plans);
        of(
            "c.company_id",
            "companies",
            "EXISTS (SELECT 1 FROM json_each(t.segments) j WHERE j.value IN ({}))",
            &self.segments,
        );
        of("c.contact_id", "contacts", "t.country IN ({})", &self.countries);
        all.one_of(
            "coalesce(c.language, (SELECT language FROM contacts WHERE id = c.contact_id))",
            &self.languages,
        );
        if let Some(part) = &self.article {
            let pattern = text(&self.named(part));
            all.add(
                asked.among(
                    "c.number",
                    "x.conversation",
                    "content_sources s JOIN conversation_content_sources x ON x.source = s.number",
                    "s.title LIKE ? ESCAPE '\\' OR s.url LIKE ? ESCAPE '\\'",
                ),
                [pattern.clone(), pattern],
            );
        }
        if let Some(part) = &self.page {
            all.add("c.source_url LIKE ? ESCAPE '\\'", [text(&self.named(part))]);
        }
        let links =
            |condition: &str| asked.among("c.number", "l.conversation", "conversation_links l", condition);
        match &self.linked {
            Some(Linked::ToAnything) => all.add(links("TRUE"), []),
            Some(Linked::To(name)) => {
                let tickets = "t.ticket_id = ? OR t.type = ? COLLATE NOCASE OR t.state = ? COLLATE NOCASE \
                               OR t.state_label = ? COLLATE NOCASE";
                let ticket = asked.among("l.id", "t.id", "tickets t", tickets);
                all.add(
                    links(&format!(
                        "l.id = ? OR l.kind = ? COLLATE NOCASE OR l.category = ? COLLATE NOCASE \
                         OR l.kind = 'ticket' AND {ticket}"
                    )),
                    std::iter::repeat_n(text(name), 7),
                );
            }
            None => {}
        }
        if let Some(most) = self.ai_rating_most {
            all.add("c.ai_rating <= ?", [Value::Integer(most)]);
        }
    }

    fn tags(&self, asked: Asked, all: &mut Conditions) {
        let having = |ids: &[String]| {
            asked.among(
                "c.id",
                "t.conversation_id",
                "conversation_tags t",
                &format!("t.tag_id IN ({})", marks(ids.len())),
            )
        };
        let values = |ids: &[String]| ids.iter().map(|id| text(id)).collect::<Vec<_>>();
        let any = "EXISTS (SELECT 1 FROM conversation_tags t WHERE t.conversation_id = c.id)";
        match (self.untagged, self.any_tag.is_empty()) {
            (false, true) => {}
            (false, false) => all.add(having(&self.any_tag), values(&self.any_tag)),
            (true, true) => all.add(format!("NOT {any}"), []),
            (true, false) => {
                all.add(format!("(NOT {any} OR {})", having(&self.any_tag)), values(&self.any_tag));
            }
        }
        if self.tagged {
            all.add(any, []);
        }
        for id in self.every_tag.chunks(1) {
            all.add(having(id), values(id));
        }
        if !self.no_tag.is_empty() {
            all.add(format!("NOT {}", having(&self.no_tag)), values(&self.no_tag));
        }
    }

    /// A pattern for LIKE.
    fn named(&self, text: &str) -> String {
        let pattern = containing(text);
        if self.whole { pattern[1..pattern.len() - 1].to_owned() } else { pattern }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::{OpenMode, Store};

    fn numbers(connection: &Connection, conditions: &Conditions) -> Vec<i64> {
        let sql = format!("SELECT c.number FROM conversations c WHERE {} ORDER BY 1", conditions.sql());
        let mut statement = connection.prepare(&sql).expect(&sql);
        let rows = statement.query_map(rusqlite::params_from_iter(&conditions.values), |row| row.get(0));
        rows.expect("asks").collect::<Result<_, _>>().expect("reads")
    }

    /// Conversations 1 to 4 of two customers, of whom each belongs to a company; the fourth is nobody's.
    fn store() -> Store {
        let mut store = Store::open(":memory:".as_ref(), OpenMode::ReadWrite).expect("opens");
        store
            .write(|tx| {
                tx.execute_batch(
                    "INSERT INTO companies (id, name, plan, segments)
                         VALUES ('a', 'Acme', 'Pro', '[\"Active\",\"New\"]'), ('b', 'Bolt', NULL, NULL);
                     INSERT INTO contacts (id, email, external_id, country)
                         VALUES ('x', 'X@acme.example', 'u1', 'Chile'), ('y', 'y@bolt.example', 'u2', NULL);
                     INSERT INTO conversations (number, id, created_at, updated_at, contact_id, company_id, customer_email)
                         VALUES (1, 'c1', '2026-01-01', '2026-01-01', 'x', 'a', 'x@acme.example'),
                             (2, 'c2', '2026-01-02', '2026-01-02', 'x', 'a', NULL),
                             (3, 'c3', '2026-01-03', '2026-01-03', 'y', 'b', 'y@bolt.example'),
                             (4, 'c4', '2026-01-04', '2026-01-04', NULL, NULL, NULL);
                     INSERT INTO conversation_contacts (contact_id, conversation_id)
                         VALUES ('x', 'c1'), ('x', 'c2'), ('y', 'c3'), ('x', 'c3');
                     INSERT INTO tags (id, name) VALUES ('t1', 'one'), ('t2', 'two');
                     INSERT INTO conversation_tags (tag_id, conversation_id)
                         VALUES ('t1', 'c1'), ('t2', 'c1'), ('t2', 'c3');
                     INSERT INTO content_sources (number, kind, title, url, locale)
                         VALUES (1, 'article', 'Refunds', 'https://help.example/1', 'en');
                     INSERT INTO conversation_content_sources (source, conversation) VALUES (1, 2), (1, 4);
                     INSERT INTO tickets (number, id, ticket_id, type, state, created_at, updated_at)
                         VALUES (1, 'k', '77', 'Bug', 'submitted', '2026-01-01', '2026-01-01');
                     INSERT INTO conversation_links (conversation, kind, id, category)
                         VALUES (1, 'ticket', 'k', 'Tracker'), (3, 'salesforce_case', 's', NULL);",
                )?;
                Ok(())
            })
            .expect("fills");
        store
    }

    #[test]
    fn of_all_together_and_one_by_one_the_same_conversations_meet_the_conditions() {
        let store = store();
        let some = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        let none = Filters::default;
        let linked = |name: &str| Filters { linked: Some(Linked::To(name.to_owned())), ..none() };
        let email = |email: &str| Filters { customer_email: Some(email.to_owned()), ..none() };
        let cases: Vec<(Filters, &[i64])> = vec![
            (none(), &[1, 2, 3, 4]),
            (Filters { any_tag: some(&["t1", "t2"]), ..none() }, &[1, 3]),
            (Filters { every_tag: some(&["t1", "t2"]), ..none() }, &[1]),
            (Filters { no_tag: some(&["t1"]), ..none() }, &[2, 3, 4]),
            (Filters { untagged: true, ..none() }, &[2, 4]),
            (Filters { untagged: true, any_tag: some(&["t1"]), ..none() }, &[1, 2, 4]),
            (Filters { tagged: true, ..none() }, &[1, 3]),
            (Filters { tagged: true, no_tag: some(&["t1"]), ..none() }, &[3]),
            (Filters { plans: some(&["Pro"]), ..none() }, &[1, 2]),
            (Filters { segments: some(&["New", "Old"]), ..none() }, &[1, 2]),
            (Filters { countries: some(&["Chile"]), ..none() }, &[1, 2]),
            (Filters { article: Some("refund".to_owned()), ..none() }, &[2, 4]),
            (Filters { article: Some("refund".to_owned()), plans: some(&["Pro"]), ..none() }, &[2]),
            (Filters { linked: Some(Linked::ToAnything), ..none() }, &[1, 3]),
            (linked("k"), &[1]),
            (linked("tracker"), &[1]),
            (linked("bug"), &[1]),
            (linked("77"), &[1]),
            (linked("salesforce_case"), &[3]),
            (email("x@ACME.example"), &[1, 2, 3]),
            (email("@acme.example"), &[1, 2, 3]),
            (email("@bolt.example"), &[3]),
            (Filters { contact_id: Some("x".to_owned()), ..none() }, &[1, 2, 3]),
            (Filters { customer: Some("u2".to_owned()), ..none() }, &[3]),
            (Filters { customer: Some("x".to_owned()), ..none() }, &[1, 2, 3]),
            (Filters { customer: Some("X@acme".to_owned()), ..none() }, &[1, 2, 3]),
        ];
        for (filters, expected) in cases {
            for conditions in [filters.conditions(true), filters.conditions_on_each(true)] {
                assert_eq!(numbers(store.connection(), &conditions), expected, "{}", conditions.sql());
            }
        }
    }

    /// A search asks of each conversation that has its words; gathering a common tag's conversations
    /// for each would take milliseconds instead of microseconds.
    #[test]
    fn one_conversation_is_asked_without_gathering_others() {
        let store = store();
        let none = Filters::default;
        let some = |value: &str| vec![value.to_owned()];
        let cases = [
            Filters { any_tag: some("t1"), ..none() },
            Filters { every_tag: some("t1"), ..none() },
            Filters { no_tag: some("t1"), ..none() },
            Filters { plans: some("Pro"), ..none() },
            Filters { segments: some("New"), ..none() },
            Filters { countries: some("Chile"), ..none() },
            Filters { article: Some("refund".to_owned()), ..none() },
            Filters { linked: Some(Linked::To("bug".to_owned())), ..none() },
            Filters { customer_email: Some("@acme.example".to_owned()), ..none() },
            Filters { contact_id: Some("x".to_owned()), ..none() },
        ];
        for filters in cases {
            let conditions = filters.conditions_on_each(false);
            let sql = format!(
                "EXPLAIN QUERY PLAN SELECT 1 FROM conversations c NOT INDEXED WHERE c.number = ? AND {}",
                conditions.sql()
            );
            let mut statement = store.connection().prepare(&sql).expect(&sql);
            let values = std::iter::once(Value::Integer(1)).chain(conditions.values);
            let rows = statement.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(3));
            let plan: Vec<String> = rows.expect("asks").collect::<Result<_, _>>().expect("reads");
            let gathers = |step: &String| {
                step.contains("LIST SUBQUERY") || step.contains("SCAN") && !step.contains("VIRTUAL TABLE")
            };
            assert!(!plan.iter().any(gathers), "{sql}: {plan:#?}");
        }
    }
}
