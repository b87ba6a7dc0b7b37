//! `list_filters`: the names that filters take, so that nobody has to guess.

use serde_json::{Value, json};

use super::answer::{Answer, bytes};
use super::content::Content;
use super::{Arguments, Context, Outcome, Reader, Tool, schema};
use crate::store::people::labels::{self, Label};

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
    output,
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

fn output() -> Value {
    schema::answer(json!({"tags": schema::objects("name and conversations; so for every other kind.")}), &[])
}

fn call(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let kind = arguments.choice("kind", KINDS)?;
    let contains = arguments.string("contains")?.unwrap_or_default().to_lowercase();
    // All kinds share what a program may get at most.
    let fraction = if arguments.reader == Reader::Program { KINDS.len() } else { 1 };
    let around = context.surroundings();
    context.reading(|connection| {
        let content = Content::new(&around.settings.redactions);
        let mut answer = Answer::new();
        let mut left_out = Vec::new();
        let mut counts = Vec::new();
        for name in KINDS.iter().filter(|name| kind.is_none_or(|kind| kind == **name)) {
            let labels = match *name {
                "tags" => labels::tags(connection)?,
                "teams" => labels::teams(connection)?,
                "teammates" => labels::admins(connection)?,
                "channels" => labels::channels(connection)?,
                "states" => labels::states(connection)?,
                "attributes" => labels::attributes(connection)?,
                "plans" => labels::plans(connection)?,
                "segments" => labels::segments(connection)?,
                "countries" => labels::countries(connection)?,
                "languages" => merged(labels::languages(connection)?),
                "articles" => labels::articles(connection)?,
                "ticket_types" => labels::ticket_types(connection)?,
                _ => labels::priorities(connection)?,
            };
            // Of what is blanked out, nobody finds a part.
            let shown = |label: &Label| match *name {
                "teammates" => content.person(&label.name),
                _ => content.line(&label.name),
            };
            let is_wanted = |name: &str| name.to_lowercase().contains(&contains);
            let wanted: Vec<&Label> = labels
                .iter()
                .filter(|label| is_wanted(&label.name) && (!content.blanks_any() || is_wanted(&shown(label))))
                .collect();
            let room = arguments.reader.budget(if kind.is_some() { ALONE } else { SHARE }) / fraction;
            let mut used = 0;
            let rows: Vec<Value> = wanted
                .iter()
                .map(|label| {
                    let mut row = Answer::new();
                    row.set("name", shown(label)).set("conversations", label.conversations);
                    if !label.listed {
                        row.set("no_longer_in_intercom", true);
                    }
                    row.into_value()
                })
                .take_while(|row| {
                    used += bytes(row) + 1;
                    used <= room
                })
                .collect();
            if rows.len() < wanted.len() {
                left_out.push(format!("{} of {} {name}", rows.len(), wanted.len()));
            }
            counts.push(format!("{} {name}", wanted.len()));
            answer.set_some(name, Some(rows));
        }
        answer.set("timezone", super::zone(around.settings, connection)?.name());
        if !left_out.is_empty() {
            answer.set(
                "notice",
                format!(
                    "Shown are {}, the most used first; kind and contains narrow it.",
                    left_out.join(", ")
                ),
            );
        }
        Ok(answer.with_text(format!("{}.", counts.join(", "))))
    })
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
