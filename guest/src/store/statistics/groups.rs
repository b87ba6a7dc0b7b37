//! What conversations are grouped by, and gathering something for each group.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params_from_iter};

use crate::error::StoreResult;
use crate::store::lossy::text;
use crate::store::search::Filters;
use crate::text::language;
use crate::time::UnixSeconds;

/// Turns an instant into the day and hour of a zone: `(2026-06-01, Monday of its week, 13)`.
pub type Local<'a> = &'a dyn Fn(UnixSeconds) -> (String, String, i8);

/// What conversations are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Day,
    Week,
    Month,
    HourOfDay,
    Team,
    Assignee,
    Tag,
    Channel,
    State,
    Priority,
    Company,
    Sla,
    AiOutcome,
    /// The values of the first attribute that the filters name.
    Attribute,
    /// The plan of the company.
    Plan,
    /// Segments of the company.
    Segment,
    Industry,
    Country,
    Language,
    Browser,
    /// The month in which the customer signed up.
    SignupMonth,
    Customer,
    /// What the AI agent answered from.
    Article,
    /// Tickets and records of other systems.
    Link,
    /// The teammate who closed it last.
    ClosedBy,
    /// The page on which it began.
    Page,
    /// What happened without a text: workflows, custom actions, assignments.
    Event,
    Weekday,
}

/// What tools call the groups.
pub const NAMES: &[(&str, Group)] = &[
    ("day", Group::Day),
    ("week", Group::Week),
    ("month", Group::Month),
    ("hour_of_day", Group::HourOfDay),
    ("team", Group::Team),
    ("assignee", Group::Assignee),
    ("tag", Group::Tag),
    ("channel", Group::Channel),
    ("state", Group::State),
    ("priority", Group::Priority),
    ("company", Group::Company),
    ("sla", Group::Sla),
    ("ai_outcome", Group::AiOutcome),
    ("attribute", Group::Attribute),
    ("plan", Group::Plan),
    ("segment", Group::Segment),
    ("industry", Group::Industry),
    ("country", Group::Country),
    ("language", Group::Language),
    ("browser", Group::Browser),
    ("signup_month", Group::SignupMonth),
    ("customer", Group::Customer),
    ("article", Group::Article),
    ("link", Group::Link),
    ("closed_by", Group::ClosedBy),
    ("page", Group::Page),
    ("event", Group::Event),
    ("weekday", Group::Weekday),
];

impl Group {
    /// The group of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, group)| *group)
    }

    /// What each row is grouped by. Names are looked up and lists read once for each key, and not
    /// for each row.
    fn key(self, filters: &Filters) -> Cow<'static, str> {
        match self {
            Self::Attribute => filters.attributes.first().map_or("NULL".into(), |one| one.value_sql().into()),
            Self::Sla => "c.sla_status".into(),
            Self::AiOutcome => "c.ai_outcome".into(),
            Self::Team => "c.team_assignee_id".into(),
            Self::Assignee => "c.admin_assignee_id".into(),
            Self::ClosedBy => "c.closed_by_id".into(),
            Self::Channel => "c.channel".into(),
            Self::State => "c.state".into(),
            Self::Priority => "c.priority".into(),
            Self::Company => "c.company_name".into(),
            Self::Tag => "c.tags".into(),
            Self::Customer => "coalesce(c.customer_email, c.customer_name, c.contact_id)".into(),
            Self::Plan => of_company("plan"),
            Self::Segment => of_company("segments"),
            Self::Industry => of_company("industry"),
            Self::Country => of_contact("country"),
            Self::Browser => of_contact("browser"),
            Self::SignupMonth => of_contact("substr(signed_up_at, 1, 7)"),
            Self::Language => {
                "coalesce(c.language, (SELECT language FROM contacts WHERE id = c.contact_id))".into()
            }
            Self::Article => "(SELECT json_group_array(DISTINCT coalesce(nullif(s.title, ''), s.url)) \
                 FROM conversation_content_sources x JOIN content_sources s ON s.number = x.source \
                 WHERE x.conversation = c.number)"
                .into(),
            Self::Link => {
                "(SELECT json_group_array(coalesce(l.category || ' ', '') || l.kind || ' ' || l.id) \
                 FROM conversation_links l WHERE l.conversation = c.number)"
                    .into()
            }
            Self::Event => "(SELECT json_group_array(DISTINCT k.name) FROM conversation_events e \
                 JOIN event_kinds k ON k.number = e.kind WHERE e.conversation = c.number)"
                .into(),
            // The page, and not what was looked up on it.
            Self::Page => {
                "substr(c.source_url, 1, instr(replace(c.source_url, '#', '?') || '?', '?') - 1)".into()
            }
            Self::Day | Self::Week | Self::Month | Self::HourOfDay | Self::Weekday => "c.created_at".into(),
        }
    }

    /// The key is a JSON array, of which each entry is a group of its own.
    fn is_list(self) -> bool {
        matches!(self, Self::Tag | Self::Segment | Self::Article | Self::Link | Self::Event)
    }

    /// The groups that conversations of that key belong to.
    fn named(self, key: String, names: &HashMap<String, String>) -> Vec<String> {
        if self == Self::Language {
            return vec![language::name(&key).into_owned()];
        }
        if !self.is_list() {
            return vec![names.get(&key).cloned().unwrap_or(key)];
        }
        let entries: Vec<String> = serde_json::from_str(&key).unwrap_or_default();
        if entries.is_empty() { vec![self.nameless().to_owned()] } else { entries }
    }

    /// The group of conversations without a team, a teammate, …
    fn nameless(self) -> &'static str {
        match self {
            Self::Team | Self::Assignee => "unassigned",
            Self::Tag => "untagged",
            Self::State | Self::Priority | Self::Channel | Self::Country | Self::Language | Self::Browser => {
                "unknown"
            }
            _ => "none",
        }
    }

    /// The part of time that an instant is grouped by; other keys as they are.
    fn of_time<'a>(self, key: &'a str, local: Local<'_>) -> Cow<'a, str> {
        let local = || local(UnixSeconds::parse(key).unwrap_or_default());
        match self {
            Self::Day => local().0.into(),
            Self::Week => local().1.into(),
            Self::Month => local().0.chars().take(7).collect::<String>().into(),
            Self::HourOfDay => format!("{:02}:00", local().2).into(),
            Self::Weekday => weekday(&local().0).into(),
            _ => key.into(),
        }
    }

    /// Names by id, where conversations are grouped by ids.
    fn names(self, connection: &Connection) -> StoreResult<HashMap<String, String>> {
        let sql = match self {
            Self::Team => "SELECT id, coalesce(name, id) FROM teams",
            Self::Assignee | Self::ClosedBy => "SELECT id, coalesce(name, email, id) FROM admins",
            _ => return Ok(HashMap::new()),
        };
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((text(row, 0)?, text(row, 1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn of_company(column: &str) -> Cow<'static, str> {
    format!("(SELECT {column} FROM companies WHERE id = c.company_id)").into()
}

fn of_contact(column: &str) -> Cow<'static, str> {
    format!("(SELECT {column} FROM contacts WHERE id = c.contact_id)").into()
}

/// `1 Monday` to `7 Sunday`, so that they come in order.
fn weekday(day: &str) -> String {
    const NAMES: [&str; 7] =
        ["1 Monday", "2 Tuesday", "3 Wednesday", "4 Thursday", "5 Friday", "6 Saturday", "7 Sunday"];
    crate::time::Day::parse(day)
        .and_then(|day| NAMES.get(usize::try_from(day.0.weekday().to_monday_zero_offset()).ok()?))
        .map_or_else(|| day.to_owned(), |name| (*name).to_owned())
}

/// What is gathered of a group of conversations.
pub(super) trait Gather: Clone + Default {
    fn add_all(&mut self, other: &Self);
}

/// What was gathered, by what each row is grouped by.
pub(super) struct Keyed<G> {
    /// Of rows without such a thing, if there are any; of all rows, where nothing groups them.
    without: Option<G>,
    by_key: HashMap<String, G>,
}

impl<G> Default for Keyed<G> {
    fn default() -> Self {
        Self { without: None, by_key: HashMap::new() }
    }
}

impl<G: Gather> Keyed<G> {
    /// Gathers something of that key.
    pub fn add<T>(&mut self, key: Option<&str>, add: impl FnOnce(&mut G) -> T) -> T {
        let Some(key) = key else { return add(self.without.get_or_insert_default()) };
        // `entry` alone would copy the key of each row.
        if let Some(gathered) = self.by_key.get_mut(key) {
            return add(gathered);
        }
        add(self.by_key.entry(key.to_owned()).or_default())
    }

    /// Everything, and each group by its name.
    pub fn named(
        self,
        connection: &Connection,
        group: Option<Group>,
    ) -> StoreResult<(G, BTreeMap<String, G>)> {
        let Some(group) = group else { return Ok((self.without.unwrap_or_default(), BTreeMap::new())) };
        let mut all = self.without.clone().unwrap_or_default();
        self.by_key.values().for_each(|gathered| all.add_all(gathered));
        let mut groups: BTreeMap<String, G> = BTreeMap::new();
        if let Some(without) = self.without {
            groups.insert(group.nameless().to_owned(), without);
        }
        let names = group.names(connection)?;
        for (key, gathered) in self.by_key {
            for name in group.named(key, &names) {
                groups.entry(name).or_default().add_all(&gathered);
            }
        }
        Ok((all, groups))
    }

    /// What was gathered, key by key.
    pub fn iter(&self) -> impl Iterator<Item = (Option<&str>, &G)> {
        let with = self.by_key.iter().map(|(key, gathered)| (Some(key.as_str()), gathered));
        self.without.iter().map(|gathered| (None, gathered)).chain(with)
    }
}

/// Gathers from all conversations that meet the conditions. `read` is given the columns that were
/// asked for from 1 on.
pub(super) fn gather<G: Gather>(
    connection: &Connection,
    filters: &Filters,
    group: Option<Group>,
    columns: &str,
    local: Local<'_>,
    into: &mut Keyed<G>,
    mut read: impl FnMut(&mut G, &rusqlite::Row<'_>) -> StoreResult<()>,
) -> StoreResult<()> {
    let conditions = filters.conditions(true);
    let key = group.map_or("NULL".into(), |group| group.key(filters));
    let sql = format!("SELECT {key}, {columns} FROM conversations c WHERE {}", conditions.sql());
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params_from_iter(&conditions.values))?;
    while let Some(row) = rows.next()? {
        let key = row.get_ref(0)?.as_bytes_or_null().map_err(rusqlite::Error::from)?;
        let key = key.map(String::from_utf8_lossy).filter(|key| !key.is_empty());
        let key = key.as_deref().zip(group).map(|(key, group)| group.of_time(key, local));
        into.add(key.as_deref(), |gathered| read(gathered, row))?;
    }
    Ok(())
}
