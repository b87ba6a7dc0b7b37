//! `get_conversation_stats`: figures about many conversations, against the period before.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::answer::{Answer, bytes, range};
use super::arguments::ArgumentError;
use super::content::Content;
use super::{Arguments, Context, Failure, Outcome, Tool, disclosure, filters, freshness, schema, timeframe};
use crate::store::runs::coverage::Coverage;
use crate::store::search::{Between, Filters};
use crate::store::statistics::{self, Details, Figures, Group, Spread};
use crate::time::{DAY, HOUR, UnixSeconds};

const FILTERS: &[&str] = &[
    "timeframe",
    "created_after",
    "created_before",
    "customer_email",
    "company",
    "state",
    "assignee",
    "team",
    "tags",
    "channel",
    "priority",
    "ai",
    "attribute",
    "sla",
    "plan",
    "segment",
    "country",
    "language",
    "article",
    "page",
    "linked",
    "rating_min",
    "rating_max",
];
/// Bytes of JSON of the groups: enough for every hour of the day with all its figures.
const BUDGET: usize = 12_000;
/// Teammates whose replies are listed.
const TEAMMATES: usize = 30;

pub const TOOL: Tool = Tool {
    name: "get_conversation_stats",
    title: "Figures about conversations",
    description: "Counts, medians and 90th percentiles of first response, resolution and waiting, ratings, reopenings and AI resolution for conversations created in a timeframe (default: last 30 days), in groups when asked, compared with the period of equal length before. Takes the main filters of search_conversations.",
    input,
    output,
    boolean: None,
    syncs: false,
    limits: None,
    drawn: true,
    call,
};

fn groups() -> Vec<&'static str> {
    statistics::GROUPS.iter().map(|(name, _)| *name).collect()
}

fn input() -> Value {
    let mut properties = filters::properties_in_brief(FILTERS);
    properties["attribute"]["description"] =
        json!("As in search_conversations; with group_by attribute a name.");
    properties["group_by"] = schema::choice(
        &groups(),
        "attribute: by the values of the one that attribute names; article: what the AI agent answered from; link: tickets and records.",
    );
    properties["compare"] = schema::boolean("Add the period before, to each group, too; default true.");
    properties["details"] = schema::boolean(
        "Add replies per teammate, handoffs, first-contact resolution, false deflections; and to figures and groups customers, AI agent's ratings, handling and assignment times, office hours.",
    );
    properties["within_hours"] = schema::integer(
        "With details: a bot's close is a false deflection when the customer writes again within so long; default 24.",
    );
    schema::arguments(properties, &[])
}

fn output() -> Value {
    schema::answer(
        json!({
            "period": schema::range(),
            "timezone": {"type": "string"},
            "figures": {"type": "object", "description": "Durations in minutes; definitions say how each is counted."},
            "previous": {"type": "object", "description": "The period before: period and figures."},
            "groups": schema::objects("group, figures, and of the period before the main ones."),
            "details": {"type": "object"},
            "definitions": {"type": "object"},
            "sync_info": schema::sync_info_in_brief()
        }),
        &["period", "timezone", "figures", "definitions", "sync_info"],
    )
}

fn call(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let around = context.surroundings();
    let now = around.now;
    let group = arguments.choice("group_by", &groups())?.and_then(Group::of);
    let compare = arguments.boolean("compare")?.unwrap_or(true);
    let details = arguments.boolean("details")?.unwrap_or(false);
    let within = arguments.integer("within_hours", 1, 720)?.unwrap_or(24);
    if group == Some(Group::Attribute) && !arguments.has("attribute") {
        return Err(ArgumentError(
            "`group_by` attribute needs `attribute`: the name of one, as list_filters with kind attributes shows it.".to_owned(),
        )
        .into());
    }
    context.reading(|connection| {
        let zone = super::zone(around.settings, connection)?;
        let asked =
            filters::parse(arguments, connection, now, &zone, Content::new(&around.settings.redactions))?;
        let (mut filters, mut notices) = (asked.filters, asked.notices);
        if filters.created.is_open()
            && let Some(frame) = timeframe::parse("last 30 days", now, &zone)
        {
            filters.created = Between { from: Some(frame.start), to: Some(frame.end) };
        }
        let start = filters.created.from.ok_or_else(|| {
            ArgumentError(
                "`created_after` is missing: a period needs a beginning; give it, or a timeframe.".to_owned(),
            )
        })?;
        // What is still to come would make the period look quiet beside the one before.
        let end = filters.created.to.unwrap_or(now).min(now).max(start);
        filters.created.to = Some(end);
        let content = Content::new(&around.settings.redactions);
        let local = |at: UnixSeconds| zone.calendar(at);
        let (all, groups) = statistics::figures(connection, &filters, group, now, &local)?;
        let mut answer = Answer::new();
        answer.set("period", range(start, end)).set("timezone", zone.name());
        let mut further = HashMap::new();
        let mut figures = shown(&all);
        if details {
            let (all, groups) = statistics::details(connection, &filters, group, &local)?;
            extend(&mut figures, further_figures(&all));
            further = groups;
            answer.set("details", self::details(connection, &filters, within, content)?);
            if all.unfilled > 0 {
                notices.push(format!(
                    "Of {} of these conversations an earlier version did not keep the durations measured by Intercom and the AI agent's sources; each sync fetches some of them again.",
                    all.unfilled
                ));
            }
        }
        answer.set("figures", figures);
        let coverage = Coverage::load(connection, now)?;
        // What was not read is no zero: neither the whole, nor a day without a row.
        let gaps = coverage.check_instants(start, end, now).gaps;
        let gaps: Vec<Value> = gaps.into_iter().map(|(from, to)| range(from, to)).collect();
        answer.set_some("not_in_cache", (!gaps.is_empty()).then_some(gaps));
        let mut before_by_name = HashMap::new();
        if compare {
            let length = end.since(start) + 1;
            let before = Between { from: Some(start.plus(-length)), to: Some(start.plus(-1)) };
            filters.created = before;
            let (previous, before) = statistics::figures(connection, &filters, group, now, &local)?;
            before_by_name.extend(before);
            let mut earlier =
                json!({"period": range(start.plus(-length), start.plus(-1)), "figures": shown(&previous)});
            if !coverage.is_whole_from(start.plus(-length), now) {
                earlier["complete"] = json!(false);
                notices.push("The period before is not wholly in the cache, so its figures are too low to compare with.".to_owned());
            }
            answer.set("previous", earlier);
        }
        let in_time = matches!(
            group,
            Some(Group::Day | Group::Week | Group::Month | Group::HourOfDay | Group::Weekday | Group::SignupMonth)
        );
        let before = (compare && !in_time).then_some(before_by_name);
        // The attribute's name may say that its values are telephone numbers.
        let attribute = arguments.strings("attribute")?.into_iter().next().filter(|_| group == Some(Group::Attribute));
        let label = |name: &str| content.named(attribute.as_deref().unwrap_or_default(), content.line(name).into());
        notices.extend(add_groups(
            &mut answer,
            in_time,
            groups,
            before,
            &further,
            &label,
            arguments.reader.budget(BUDGET),
        ));
        if group == Some(Group::Customer) {
            // Their addresses are the groups' names.
            disclosure::rows(answer.length_of("groups"));
        }
        answer.set_some("notice", Some(notices.join(" ")));
        answer.set("definitions", definitions(&all));
        let reach = if compare {
            filters::reach(&filters)
        } else {
            freshness::Reach { start: Some(start), end: None }
        };
        let reach = freshness::Reach { end: None, ..reach };
        let mut freshness = freshness::of(around, connection, reach)?;
        freshness.cut_for_programs(arguments.reader, answer.notice());
        answer.set("sync_info", freshness.to_json());
        let text = format!(
            "{} created in {} days to {}, {} closed, {} waiting. {}",
            super::answer::counted(all.conversations as i64, "conversation"),
            (end.since(start) + 1).max(0).div_euclid(DAY).max(1),
            end.day(),
            all.closed,
            all.unanswered,
            freshness.message
        );
        Ok(answer.with_text(text))
    })
}

fn add_groups(
    answer: &mut Answer,
    in_time: bool,
    mut groups: Vec<(String, Figures)>,
    before: Option<HashMap<String, Figures>>,
    further: &HashMap<String, Details>,
    label: &dyn Fn(&str) -> Value,
    budget: usize,
) -> Option<String> {
    if let Some(before) = &before {
        // A group that has nothing now fell, which is worth a row.
        let now: HashSet<String> = groups.iter().map(|(name, _)| name.clone()).collect();
        let gone = before.keys().filter(|name| !now.contains(*name));
        groups.extend(gone.map(|name| (name.clone(), Figures::default())));
    }
    if !in_time {
        groups.sort_by(|a, b| b.1.conversations.cmp(&a.1.conversations).then_with(|| a.0.cmp(&b.0)));
    }
    let count = groups.len();
    let mut used = 0;
    let mut rows: Vec<Value> = Vec::new();
    // Of a long stretch of time the newest groups are kept, of names those with most conversations.
    let ordered: Box<dyn Iterator<Item = (String, Figures)>> =
        if in_time { Box::new(groups.into_iter().rev()) } else { Box::new(groups.into_iter()) };
    for (name, figures) in ordered {
        let mut row = json!({"group": label(&name)});
        extend(&mut row, shown(&figures));
        if let Some(further) = further.get(&name) {
            extend(&mut row, further_figures(further));
        }
        if let Some(before) = &before {
            row["previous"] = in_brief(before.get(&name).unwrap_or(&Figures::default()));
        }
        used += bytes(&row) + 1;
        if used > budget {
            break;
        }
        rows.push(row);
    }
    if in_time {
        rows.reverse();
    }
    let notice = (rows.len() < count).then(|| {
        let which = if in_time { "the newest" } else { "those with most conversations" };
        format!("{} of {count} groups are shown, {which}; narrow the question for the others.", rows.len())
    });
    answer.set_some("groups", Some(rows));
    notice
}

fn extend(object: &mut Value, more: Value) {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
}

/// The further figures without those that say nothing.
fn further_figures(details: &Details) -> Value {
    let mut answer = Answer::new();
    answer.set("customers", details.customers);
    for ((name, _), spread) in statistics::TIMES.iter().zip(details.times) {
        if let Some(spread) = spread {
            answer.set(&format!("{name}_median"), minutes(spread.median));
            answer.set(&format!("{name}_p90"), minutes(spread.p90));
        }
    }
    if details.ai_ratings > 0 {
        answer.set("ai_ratings", details.ai_ratings);
        answer.set_some("ai_rating_average", details.ai_rating_average);
    }
    answer.into_value()
}

/// The figures of a group in the period before that its own are compared with.
fn in_brief(figures: &Figures) -> Value {
    let mut brief = shown(figures);
    if let Some(fields) = brief.as_object_mut() {
        const KEPT: [&str; 5] = [
            "conversations",
            "first_response_median",
            "resolution_median",
            "rating_average",
            "reopen_percent",
        ];
        fields.retain(|name, _| KEPT.contains(&name.as_str()));
    }
    brief
}

/// What is counted from the threads, with how.
fn details(
    connection: &Connection,
    filters: &Filters,
    within_hours: i64,
    content: Content<'_>,
) -> Result<Value, Failure> {
    let work = statistics::work(connection, filters, within_hours * HOUR)?;
    let replies: Vec<Value> = statistics::replies(connection, filters)?
        .into_iter()
        .take(TEAMMATES)
        .map(|(name, replies, conversations)| json!({"teammate": content.person(&name), "replies": replies, "conversations": conversations}))
        .collect();
    let mut answer = Answer::new();
    answer.set("handed_over", work.handed_over);
    answer.set_some("first_contact_resolution_percent", percent(work.solved_at_once, work.solved));
    answer.set("closed_by_bot", work.deflected).set("false_deflections", work.deflected_falsely);
    answer.set_some("false_deflection_percent", percent(work.deflected_falsely, work.deflected));
    answer.set_some("replies", Some(replies));
    answer.set(
        "definitions",
        format!("handed_over: assigned three times or more. first_contact_resolution_percent: of those closed with a reply of a teammate, closed with just one and never reopened. false_deflections: closed by a bot, and the customer wrote again within {within_hours} hours. replies: of each teammate in these conversations, without notes. In minutes, as Intercom measures: assignment to the last assignment before the first reply, handling from assignment to close (active_handling without idle time), team_response to the first reply of the assigned team; office_: within office hours. ai_rating: of the AI agent alone."),
    );
    Ok(answer.into_value())
}

fn minutes(seconds: i64) -> f64 {
    (seconds as f64 / 6.0).round() / 10.0
}

fn percent(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1_000.0).round() / 10.0)
}

/// The figures without those that say nothing.
pub(crate) fn shown(figures: &Figures) -> Value {
    let mut answer = Answer::new();
    answer.set("conversations", figures.conversations);
    let mut count = |name: &str, count: usize| {
        if count > 0 {
            answer.set(name, count);
        }
    };
    count("closed", figures.closed);
    count("unanswered_now", figures.unanswered);
    count("never_answered_by_a_human", figures.never_answered);
    count("reopened", figures.reopened);
    count("ratings", figures.ratings);
    count("ai_involved", figures.ai_involved);
    let mut spread = |name: &str, spread: Option<Spread>| {
        if let Some(spread) = spread {
            answer.set(&format!("{name}_median"), minutes(spread.median));
            answer.set(&format!("{name}_p90"), minutes(spread.p90));
        }
    };
    spread("first_response", figures.first_response);
    spread("resolution", figures.resolution);
    spread("waiting_now", figures.waiting);
    answer.set_some(
        "reopen_percent",
        percent(figures.reopened, figures.conversations).filter(|_| figures.reopened > 0),
    );
    answer.set_some("rating_average", figures.rating_average);
    answer.set_some("satisfied_percent", percent(figures.satisfied, figures.ratings));
    answer.set_some("ai_resolved_percent", percent(figures.ai_resolved, figures.ai_involved));
    answer.into_value()
}

/// How each figure that appears is counted.
pub(crate) fn definitions(figures: &Figures) -> Value {
    let mut answer = Answer::new();
    answer.set("conversations", "Created in the period; all figures are about these.");
    let mut define = |there: bool, name: &str, words: &str| {
        if there {
            answer.set(name, words);
        }
    };
    define(
        figures.first_response.is_some(),
        "first_response",
        "Minutes of wall clock (nights count) from the customer's first message to the first reply of a human teammate; conversations without one are left out.",
    );
    define(
        figures.resolution.is_some(),
        "resolution",
        "Minutes from creation to the last close, of those closed now.",
    );
    define(
        figures.unanswered > 0,
        "unanswered_now",
        "Not closed, and the customer waits for a reply at this moment; waiting_now is since when, in minutes.",
    );
    define(figures.reopened > 0, "reopen_percent", "Share of conversations reopened at least once.");
    define(figures.ratings > 0, "satisfied_percent", "Share of ratings that are 4 or 5 of 5.");
    define(
        figures.ai_involved > 0,
        "ai_resolved_percent",
        "Share of conversations with the AI agent that it resolved, confirmed or assumed.",
    );
    answer.into_value()
}
