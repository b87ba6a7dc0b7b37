//! `get_conversation_stats`: figures about many conversations, against the period before.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use serde_with::skip_serializing_none;

use super::answer::{Range, bytes, counted, filled, finished, listed};
use super::arguments::ArgumentError;
use super::calendar::Unit;
use super::content::Content;
use super::figures::{ComparedFigures, Definitions, FurtherFigures, MainFigures, percent};
use super::freshness::{self, Reach, SyncInfo};
use super::schema::Object;
use super::{Arguments, Context, Failure, Outcome, Tool, disclosure, filters, period, schema, timeframe};
use crate::sorting;
use crate::store::runs::coverage::{BEFORE_INTERCOM, Coverage};
use crate::store::search::{Between, Filters};
use crate::store::statistics::{self, Details, Figures, Group};
use crate::time::{HOUR, UnixSeconds};

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
    description: "Counts, medians and 90th percentiles of first response, resolution and waiting, ratings, reopenings and AI resolution for conversations created in a timeframe (default: last 30 days), in groups when asked, compared with the period before (of this week: the same part of last week). Takes the main filters of search_conversations.",
    input,
    output: schema::of::<ConversationStats>(),
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

#[skip_serializing_none]
#[derive(Serialize, JsonSchema)]
struct ConversationStats {
    /// start, end.
    period: Range,
    timezone: String,
    #[schemars(with = "Option<Object>")]
    details: Option<ThreadFigures>,
    /// Durations in minutes; definitions say how each is counted.
    #[schemars(with = "Object")]
    figures: AllFigures,
    #[schemars(skip)]
    not_in_cache: Option<Vec<Range>>,
    /// The period before: period and figures.
    #[schemars(with = "Option<Object>")]
    previous: Option<Previous>,
    /// group, figures, and of the period before the main ones.
    #[schemars(with = "Option<Vec<Object>>")]
    groups: Option<Vec<GroupRow>>,
    #[schemars(skip)]
    notice: Option<String>,
    #[schemars(with = "Object")]
    definitions: Definitions,
    #[schemars(with = "Object")]
    sync_info: SyncInfo,
}

/// The main figures, and with details the further ones.
#[derive(Serialize)]
struct AllFigures {
    #[serde(flatten)]
    main: MainFigures,
    #[serde(flatten)]
    further: Option<FurtherFigures>,
}

#[skip_serializing_none]
#[derive(Serialize)]
struct Previous {
    period: Range,
    figures: MainFigures,
    /// False: not all of that period is in the cache.
    complete: Option<bool>,
}

#[skip_serializing_none]
#[derive(Serialize)]
struct GroupRow {
    /// A name that strangers gave, or a piece of time.
    group: Value,
    #[serde(flatten)]
    figures: AllFigures,
    previous: Option<ComparedFigures>,
}

/// What is counted from the threads, with how.
#[skip_serializing_none]
#[derive(Serialize)]
struct ThreadFigures {
    handed_over: usize,
    first_contact_resolution_percent: Option<f64>,
    closed_by_bot: usize,
    false_deflections: usize,
    false_deflection_percent: Option<f64>,
    replies: Option<Vec<TeammateReplies>>,
    definitions: String,
}

#[derive(Serialize)]
struct TeammateReplies {
    teammate: String,
    replies: i64,
    conversations: i64,
}

/// The arguments that are no filters.
struct Asked {
    group: Option<Group>,
    compare: bool,
    details: bool,
    within_hours: i64,
}

fn parse(arguments: &Arguments) -> Result<Asked, Failure> {
    let group = arguments.choice("group_by", &groups())?.and_then(Group::of);
    let asked = Asked {
        group,
        compare: arguments.boolean("compare")?.unwrap_or(true),
        details: arguments.boolean("details")?.unwrap_or(false),
        within_hours: arguments.integer("within_hours", 1, 720)?.unwrap_or(24),
    };
    if group == Some(Group::Attribute) && !arguments.has("attribute") {
        return Err(ArgumentError(
            "`group_by` attribute needs `attribute`: the name of one, as list_filters with kind attributes shows it.".to_owned(),
        )
        .into());
    }
    Ok(asked)
}

fn call(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let around = context.surroundings();
    let now = around.now;
    let asked = parse(arguments)?;
    context.reading(|connection| {
        let zone = super::zone(around.settings, connection)?;
        let content = Content::new(&around.settings.redactions);
        let selected = filters::parse(arguments, connection, now, &zone, content)?;
        let (mut filters, mut notices) = (selected.filters, selected.notices);
        let (start, end) = period::period(arguments, filters.created, "last 30 days", now, &zone)?;
        filters.created = Between { from: Some(start), to: Some(end) };
        let local = |at: UnixSeconds| zone.calendar(at);
        let (all, groups) = statistics::figures(connection, &filters, asked.group, now, &local)?;
        let mut figures = AllFigures { main: MainFigures::from(&all), further: None };
        let mut further = HashMap::new();
        let mut details = None;
        if asked.details {
            let (of_all, of_groups) = statistics::details(connection, &filters, asked.group, &local)?;
            figures.further = Some(FurtherFigures::from(&of_all));
            further = of_groups;
            details = Some(thread_figures(connection, &filters, asked.within_hours, content)?);
            notices.extend(unfilled(&of_all));
        }
        let coverage = Coverage::load(connection, now)?;
        // What was not read is no zero: neither the whole, nor a day without a row.
        let to_come = period::to_come(start, now, &zone);
        let has_begun = to_come.is_none();
        notices.extend(to_come);
        let gaps = if has_begun { coverage.check_instants(start, end, now).gaps } else { Vec::new() };
        let mut previous = None;
        let mut before = None;
        // Before all time there was nothing.
        if asked.compare && has_begun && start > BEFORE_INTERCOM {
            let phrase = arguments.string("timeframe")?.unwrap_or_default();
            let unit = timeframe::parse(&phrase, now, &zone).and_then(|frame| frame.unit);
            let (from, to) = zone.before(start, end, unit.map(Unit::span));
            filters.created = Between { from: Some(from), to: Some(to) };
            let (all, groups) = statistics::figures(connection, &filters, asked.group, now, &local)?;
            let is_whole = coverage.is_whole_from(from, now);
            if !is_whole {
                notices.push("The period before is not wholly in the cache, so its figures are too low to compare with.".to_owned());
            }
            let complete = (!is_whole).then_some(false);
            previous = Some(Previous { period: Range::new(from, to), figures: (&all).into(), complete });
            before = Some(groups.into_iter().collect());
        }
        // The attribute's name may say that its values are telephone numbers.
        let attribute = arguments.strings("attribute")?.into_iter().next();
        let attribute = attribute.filter(|_| asked.group == Some(Group::Attribute)).unwrap_or_default();
        // A customer is an address, else a name, else an id.
        let is_name = |name: &str| {
            let is_id = name.len() > 8 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            asked.group == Some(Group::Customer) && !name.contains('@') && !is_id
        };
        let label = |name: &str| match is_name(name) {
            true => content.person(name).into(),
            false => content.named(&attribute, content.line(name).into()),
        };
        let in_time = asked.group.is_some_and(is_in_time);
        let before = before.filter(|_| !in_time);
        let (rows, cut) = Groups { in_time, before, further, label: &label }
            .rows(groups, arguments.reader.budget(BUDGET));
        notices.extend(cut);
        if asked.group == Some(Group::Customer) {
            // Their addresses are the groups' names.
            disclosure::rows(rows.len());
        }
        let notice = filled(notices.join(" "));
        let reach = if asked.compare { filters::reach(&filters).start } else { Some(start) };
        let mut freshness = freshness::of(around, connection, Reach { start: reach, end: None })?;
        freshness.cut_for_programs(arguments.reader, notice.as_deref());
        let text = sentence(&all, (zone.date(start), zone.date(end)), &freshness.message);
        let answer = ConversationStats {
            period: Range::new(start, end),
            timezone: zone.name().to_owned(),
            details,
            figures,
            not_in_cache: listed(gaps.into_iter().map(|(from, to)| Range::new(from, to)).collect()),
            previous,
            groups: listed(rows),
            notice,
            definitions: Definitions::of(&all),
            sync_info: freshness.to_info(),
        };
        Ok(finished(&answer, text))
    })
}

fn sentence(all: &Figures, (first, last): (Date, Date), freshness: &str) -> String {
    let when = if first == last { format!("on {first}") } else { format!("from {first} to {last}") };
    format!(
        "{} created {when}, {} closed, {} waiting. {freshness}",
        counted(all.conversations as i64, "conversation"),
        all.closed,
        all.unanswered,
    )
}

/// Says so when details are not known of some conversations.
fn unfilled(details: &Details) -> Option<String> {
    (details.unfilled > 0).then(|| {
        format!(
            "Of {} of these conversations an earlier version did not keep the durations measured by Intercom and the AI agent's sources; each sync fetches some of them again.",
            details.unfilled
        )
    })
}

/// Whether such groups are pieces of time, which are not compared with what they were before.
fn is_in_time(group: Group) -> bool {
    matches!(
        group,
        Group::Day | Group::Week | Group::Month | Group::HourOfDay | Group::Weekday | Group::SignupMonth
    )
}

/// What the rows of groups are made with.
struct Groups<'a> {
    in_time: bool,
    /// The figures of the period before by group, if they are compared.
    before: Option<HashMap<String, Figures>>,
    further: HashMap<String, Details>,
    label: &'a dyn Fn(&str) -> Value,
}

impl Groups<'_> {
    /// As many rows as there is room for, and a sentence when these are not all.
    fn rows(&self, mut groups: Vec<(String, Figures)>, budget: usize) -> (Vec<GroupRow>, Option<String>) {
        groups.extend(self.gone(&groups));
        if !self.in_time {
            sorting::by(&mut groups, |a, b| {
                b.1.conversations.cmp(&a.1.conversations).then_with(|| a.0.cmp(&b.0))
            });
        }
        let count = groups.len();
        // Of a long stretch of time the newest groups are kept, of names those with most conversations.
        if self.in_time {
            groups.reverse();
        }
        let mut used = 0;
        let mut rows = Vec::new();
        for (name, figures) in &groups {
            let row = self.row(name, figures);
            used += bytes(&row) + 1;
            if used > budget {
                break;
            }
            rows.push(row);
        }
        if self.in_time {
            rows.reverse();
        }
        let notice = (rows.len() < count).then(|| {
            let which = if self.in_time { "the newest" } else { "those with most conversations" };
            format!(
                "{} of {count} groups are shown, {which}; narrow the question for the others.",
                rows.len()
            )
        });
        (rows, notice)
    }

    /// Groups that had something before and have nothing now: they fell, which is worth a row.
    fn gone(&self, groups: &[(String, Figures)]) -> Vec<(String, Figures)> {
        let now: HashSet<&String> = groups.iter().map(|(name, _)| name).collect();
        let before = self.before.iter().flat_map(HashMap::keys);
        let gone = before.filter(|name| !now.contains(name));
        gone.map(|name| (name.clone(), Figures::default())).collect()
    }

    fn row(&self, name: &str, figures: &Figures) -> GroupRow {
        let compared = |before: &HashMap<String, Figures>| {
            before.get(name).map_or_else(|| ComparedFigures::from(&Figures::default()), ComparedFigures::from)
        };
        GroupRow {
            group: (self.label)(name),
            figures: AllFigures {
                main: MainFigures::from(figures),
                further: self.further.get(name).map(FurtherFigures::from),
            },
            previous: self.before.as_ref().map(compared),
        }
    }
}

fn thread_figures(
    connection: &Connection,
    filters: &Filters,
    within_hours: i64,
    content: Content<'_>,
) -> Result<ThreadFigures, Failure> {
    let work = statistics::work(connection, filters, within_hours * HOUR)?;
    let replies = statistics::replies(connection, filters)?.into_iter().take(TEAMMATES);
    let replies = replies.map(|(name, replies, conversations)| TeammateReplies {
        teammate: content.person(&name),
        replies,
        conversations,
    });
    Ok(ThreadFigures {
        handed_over: work.handed_over,
        first_contact_resolution_percent: percent(work.solved_at_once, work.solved),
        closed_by_bot: work.deflected,
        false_deflections: work.deflected_falsely,
        false_deflection_percent: percent(work.deflected_falsely, work.deflected),
        replies: listed(replies.collect()),
        definitions: format!(
            "handed_over: assigned three times or more. first_contact_resolution_percent: of those closed with a reply of a teammate, closed with just one and never reopened. false_deflections: closed by a bot, and the customer wrote again within {within_hours} hours. replies: of each teammate in these conversations, without notes. In minutes, as Intercom measures: assignment to the last assignment before the first reply, handling from assignment to close (active_handling without idle time), team_response to the first reply of the assigned team; office_: within office hours. ai_rating: of the AI agent alone."
        ),
    })
}
