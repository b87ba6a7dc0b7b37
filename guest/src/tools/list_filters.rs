//! `list_filters`: the names that filters take, so that nobody has to guess.

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use serde_with::skip_serializing_none;

use super::answer::{bytes, finished, listed, when};
use super::content::Content;
use super::{Arguments, Context, Outcome, Reader, Tool, freshness, schema};
use crate::error::StoreResult;
use crate::store::people::labels::{self, Gathered, Label};
use crate::text::naming;

const KINDS: &[&str] = &[
    "tags",
    "teams",
    "teammates",
    "channels",
    "states",
    "priorities",
    "attributes",
    "plans",
    "segments",
    "countries",
    "languages",
    "articles",
    "ticket_types",
];
/// Bytes of JSON for each kind, when all are asked for, and for one alone.
const SHARE: usize = 1_100;
const ALONE: usize = 7_000;

pub const TOOL: Tool = Tool {
    name: "list_filters",
    title: "Names to filter by",
    description: "The tags, teams, teammates, channels, states, priorities, custom attributes, plans, segments, countries, languages, articles used by the AI agent and ticket types that exist in the cache, with how many conversations each has. Call it before filtering by a name you are not sure of.",
    input,
    output: schema::of::<FilterNames>(),
    boolean: None,
    syncs: false,
    limits: None,
    drawn: false,
    call,
};

fn input() -> Value {
    schema::arguments(
        json!({
            "kind": schema::choice(KINDS, "Only this kind."),
            "contains": schema::text("Only names that contain this.")
        }),
        &[],
    )
}

#[skip_serializing_none]
#[derive(Serialize, JsonSchema)]
struct FilterNames {
    /// name and conversations; so for every other kind.
    #[schemars(with = "Option<Vec<schema::Object>>")]
    tags: Option<Vec<Name>>,
    #[schemars(skip)]
    teams: Option<Vec<Name>>,
    #[schemars(skip)]
    teammates: Option<Vec<Name>>,
    #[schemars(skip)]
    channels: Option<Vec<Name>>,
    #[schemars(skip)]
    states: Option<Vec<Name>>,
    #[schemars(skip)]
    priorities: Option<Vec<Name>>,
    #[schemars(skip)]
    attributes: Option<Vec<Name>>,
    #[schemars(skip)]
    plans: Option<Vec<Name>>,
    #[schemars(skip)]
    segments: Option<Vec<Name>>,
    #[schemars(skip)]
    countries: Option<Vec<Name>>,
    #[schemars(skip)]
    languages: Option<Vec<Name>>,
    #[schemars(skip)]
    articles: Option<Vec<Name>>,
    #[schemars(skip)]
    ticket_types: Option<Vec<Name>>,
    #[schemars(skip)]
    timezone: String,
    #[schemars(skip)]
    as_of: Option<String>,
    #[schemars(skip)]
    notice: Option<String>,
}

#[skip_serializing_none]
#[derive(Serialize)]
struct Name {
    name: String,
    conversations: i64,
    no_longer_in_intercom: Option<bool>,
}

fn call(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let kind = arguments.choice("kind", KINDS)?;
    let contains = arguments.string("contains")?.unwrap_or_default();
    let contains = naming::folded(&contains).into_owned();
    // All kinds share what a program may get at most.
    let fraction = if arguments.reader == Reader::Program { KINDS.len() } else { 1 };
    let room = arguments.reader.budget(if kind.is_some() { ALONE } else { SHARE }) / fraction;
    let around = context.surroundings();
    context.reading(|connection| {
        let content = Content::new(&around.settings.redactions);
        let mut lists =
            Lists { connection, content, kind, contains, room, left_out: Vec::new(), counts: Vec::new() };
        let mut many = Gathered::read(connection, kind)?;
        let mut answer = FilterNames {
            tags: lists.of("tags", labels::tags)?,
            teams: lists.of("teams", labels::teams)?,
            teammates: lists.of("teammates", labels::admins)?,
            channels: lists.of("channels", labels::channels)?,
            states: lists.of("states", labels::states)?,
            priorities: lists.of("priorities", labels::priorities)?,
            attributes: lists.of("attributes", |connection| many.attributes(connection))?,
            plans: lists.of("plans", |_| Ok(many.take("plans")))?,
            segments: lists.of("segments", |_| Ok(many.take("segments")))?,
            countries: lists.of("countries", |_| Ok(many.take("countries")))?,
            languages: lists.of("languages", |_| Ok(merged(many.languages())))?,
            articles: lists.of("articles", |_| Ok(many.take("articles")))?,
            ticket_types: lists.of("ticket_types", labels::ticket_types)?,
            timezone: super::zone(around.settings, connection)?.name().to_owned(),
            as_of: freshness::as_of(connection)?,
            notice: None,
        };
        answer.notice = lists.notice();
        if answer.notice.is_none() && !lists.contains.is_empty() && content.blanks_any() {
            answer.notice =
                Some("Of names that are blanked out (the setting `redact`), no part is found.".to_owned());
        }
        Ok(finished(&answer, format!("{}.", lists.counts.join(", "))))
    })
}

/// Makes the list of each kind that is asked for, and remembers what is to be said of all.
struct Lists<'a> {
    connection: &'a Connection,
    content: Content<'a>,
    kind: Option<&'a str>,
    /// Folded.
    contains: String,
    /// Bytes of JSON for each list.
    room: usize,
    left_out: Vec<String>,
    counts: Vec<String>,
}

impl Lists<'_> {
    /// The names of that kind, the most used first; none when another kind is asked for, or when
    /// there is no name.
    fn of(
        &mut self,
        kind: &str,
        load: impl FnOnce(&Connection) -> StoreResult<Vec<Label>>,
    ) -> StoreResult<Option<Vec<Name>>> {
        if self.kind.is_some_and(|asked| asked != kind) {
            return Ok(None);
        }
        let labels = load(self.connection)?;
        let wanted: Vec<&Label> = labels.iter().filter(|label| self.is_wanted(kind, label)).collect();
        let mut used = 0;
        let rows: Vec<Name> = wanted
            .iter()
            .map(|label| Name {
                name: self.shown(kind, label),
                conversations: label.conversations,
                no_longer_in_intercom: when(!label.listed),
            })
            .take_while(|row| {
                used += bytes(row) + 1;
                used <= self.room
            })
            .collect();
        if rows.len() < wanted.len() {
            self.left_out.push(format!("{} of {} {kind}", rows.len(), wanted.len()));
        }
        self.counts.push(format!("{} {kind}", wanted.len()));
        Ok(listed(rows))
    }

    fn shown(&self, kind: &str, label: &Label) -> String {
        if kind == "teammates" { self.content.person(&label.name) } else { self.content.line(&label.name) }
    }

    /// Of what is blanked out, nobody finds a part.
    fn is_wanted(&self, kind: &str, label: &Label) -> bool {
        let contains = |name: &str| naming::has(name.as_bytes(), &self.contains);
        contains(&label.name) && (!self.content.blanks_any() || contains(&self.shown(kind, label)))
    }

    fn notice(&self) -> Option<String> {
        let shown = self.left_out.join(", ");
        (!shown.is_empty())
            .then(|| format!("Shown are {shown}, the most used first; kind and contains narrow it."))
    }
}

/// Labels of one name as one.
fn merged(labels: Vec<Label>) -> Vec<Label> {
    let mut merged: Vec<Label> = Vec::new();
    for label in labels {
        match merged.iter_mut().find(|known| known.name == label.name) {
            Some(known) => known.conversations += label.conversations,
            None => merged.push(label),
        }
    }
    merged
}
