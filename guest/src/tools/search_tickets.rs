//! `search_tickets`: tickets by their words and fields, counted by one of these, or one in full.

use std::collections::HashSet;

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use serde_with::skip_serializing_none;

use super::answer::{counted, filled, finished};
use super::arguments::ArgumentError;
use super::content::Content;
use super::cursor::Cursor;
use super::filters::words;
use super::period::read_timeframe;
use super::ticket_rows::{Row, WholeTicket, rows, whole};
use super::zone::Zone;
use super::{Answered, Arguments, Context, Failure, Outcome, Tool, disclosure, names, schema};
use crate::error::StoreResult;
use crate::ids;
use crate::store::filtered;
use crate::store::people::labels::Label;
use crate::store::runs::facts::{Fact, fact};
use crate::store::runs::notes::note;
use crate::store::search::{Mark, Query};
use crate::store::text_search::{Corpus, Found, search, unwanted};
use crate::store::tickets;
use crate::store::tickets::ticket_search::{self, GROUPS, TicketFilters};
use crate::time::{DAY, UnixSeconds};

const DEFAULT_LIMIT: usize = 10;
pub const MOST: usize = 100;
/// Bytes of JSON of a list, and of one ticket.
const LIST: usize = 9_000;
const WHOLE: usize = 16_000;
/// Groups that are shown where no larger limit is given.
const GROUPS_SHOWN: usize = 50;

/// Of which topic of the notes it is why there are no tickets.
const TOPIC: &str = "tickets";

const STATES: &[&str] = &["submitted", "in_progress", "waiting_on_customer", "resolved"];
const CATEGORIES: &[&str] = &["Customer", "Back-office", "Tracker"];
const TIMEFRAME_OF: &[&str] = &["created", "updated"];
const SORTS: &[&str] = &["latest_change", "oldest"];
const GROUP_BY: &[&str] = &["state", "type", "category", "assignee", "team"];

pub const TOOL: Tool = Tool {
    name: "search_tickets",
    title: "Tickets",
    description: "Tickets by words in title, description, replies and notes, best first, and by type, state, customer or linked conversation; without query the latest changes. group_by counts them. With id one ticket in full: attributes, parts, linked conversations.",
    input,
    output: schema::of::<TicketsAnswer>(),
    boolean: None,
    syncs: false,
    limits: None,
    drawn: false,
    call,
};

fn input() -> Value {
    schema::arguments(
        json!({
            "query": schema::text("Words or \"phrases\"."),
            "id": schema::text("A ticket's id, or the number that people see. Instead of all else but cursor."),
            "state": schema::choices(STATES, ""),
            "open": schema::boolean(""),
            "type": schema::texts("Ticket types, such as Bug."),
            "category": schema::choices(CATEGORIES, ""),
            "customer": schema::text("E-mail, name, company or contact id."),
            "conversation": schema::text("Id of a conversation that it is linked to."),
            "assignee": schema::text("As in search_conversations."),
            "team": schema::text(""),
            "attribute": schema::texts("\"Name=value\", or \"Name\"."),
            "timeframe": schema::text("As in search_conversations."),
            "timeframe_of": schema::choice(TIMEFRAME_OF, "Default created."),
            "group_by": schema::choice(GROUP_BY, ""),
            "sort": schema::choice(SORTS, "oldest: created first."),
            "limit": schema::integer(&format!("1 to {MOST}, default {DEFAULT_LIMIT}.")),
            "cursor": schema::text("next_cursor of the answer before.")
        }),
        &[],
    )
}

#[skip_serializing_none]
#[derive(Default, Serialize, JsonSchema)]
pub struct TicketsAnswer {
    as_of: Option<String>,
    total_matches: Option<usize>,
    /// id, number (that people see), title, type, category, state, customers, assignee,
    /// conversations (ids), snippet.
    #[schemars(with = "Option<Vec<schema::Object>>")]
    pub tickets: Option<Vec<Row>>,
    /// group, tickets, open, conversations (linked), customers.
    #[schemars(with = "Option<Vec<schema::Object>>")]
    groups: Option<Vec<Group>>,
    /// The same with description, attributes and parts.
    #[schemars(with = "Option<schema::Object>")]
    pub ticket: Option<WholeTicket>,
    pub next_cursor: Option<String>,
    pub notice: Option<String>,
}

/// The tickets that have one value in common.
#[derive(Serialize)]
pub struct Group {
    group: String,
    tickets: i64,
    open: i64,
    conversations: i64,
    customers: i64,
}

fn call(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let (answer, text) = find(context, arguments)?;
    Ok(finished(&answer, text))
}

/// What is asked for, and a sentence about it.
///
/// # Errors
/// When there is nothing of the kind, or an argument is wrong.
pub fn find(context: &mut Context<'_>, arguments: &Arguments) -> Answered<TicketsAnswer> {
    let around = context.surroundings();
    let question = arguments.question(&["cursor", "limit"]);
    let cursor = arguments.string("cursor")?.map(|text| Cursor::read(&text, &question)).transpose()?;
    let now = cursor.as_ref().map_or(around.now, |cursor| cursor.now);
    let from = cursor.map_or(Ok(0), |cursor| place(&cursor.position))?;
    let page = |next: usize| Cursor { now, position: next.to_string().into_bytes() }.write(&question);
    let limit = arguments.integer("limit", 1, MOST as i64)?.map_or(DEFAULT_LIMIT, |limit| limit as usize);
    let asked = Asked { arguments, now, from, limit };
    context.reading(|connection| {
        let content = Content::new(&around.settings.redactions);
        let (answer, text) = if let Some(id) = arguments.string("id")? {
            one(connection, &asked, &id, content, page)?
        } else {
            let zone = super::zone(around.settings, connection)?;
            several(connection, &asked, &zone, content, page)?
        };
        Ok((TicketsAnswer { as_of: as_of(connection)?, ..answer }, text))
    })
}

/// What is asked, and from where on.
struct Asked<'a> {
    arguments: &'a Arguments,
    now: UnixSeconds,
    from: usize,
    limit: usize,
}

/// One ticket in full, and a sentence.
fn one(
    connection: &Connection,
    asked: &Asked<'_>,
    id: &str,
    content: Content<'_>,
    page: impl Fn(usize) -> String,
) -> Answered<TicketsAnswer> {
    let others = input();
    let others = others["properties"].as_object().into_iter().flatten().map(|(name, _)| name);
    let other = others
        .filter(|name| !["id", "cursor", "limit"].contains(&name.as_str()))
        .find(|name| asked.arguments.has(name));
    if let Some(other) = other {
        return Err(ArgumentError(format!("`id` shows one ticket; leave out `{other}`.")).into());
    }
    let Some(ticket) = ticket_search::by_id(connection, ids::bare(id))? else {
        return Err(missing(connection, id)?);
    };
    let budget = asked.arguments.reader.budget(WHOLE);
    let (shown, parts) = whole(connection, &ticket, content, asked.from, budget)?;
    let end = asked.from + shown.parts.len();
    let is_cut = end < parts;
    let answer = TicketsAnswer {
        ticket: Some(shown),
        next_cursor: is_cut.then(|| page(end)),
        notice: is_cut.then(|| format!("{end} of {parts} parts are shown; cursor leads to more.")),
        ..TicketsAnswer::default()
    };
    Ok((answer, format!("Ticket {}.", content.id(&ticket.id))))
}

/// Tickets in rows or groups, and how many there are.
fn several(
    connection: &Connection,
    asked: &Asked<'_>,
    zone: &Zone,
    content: Content<'_>,
    page: impl Fn(usize) -> String,
) -> Answered<TicketsAnswer> {
    let Asked { arguments, now, from, limit } = *asked;
    let (filters, notice) = filters(arguments, connection, now, zone, content)?;
    let (typed, whole) = content.whole_words(arguments.string("query")?.unwrap_or_default());
    let oldest_first = match arguments.choice("sort", SORTS)? {
        Some(_) if !typed.trim().is_empty() => {
            return Err(ArgumentError(
                "`sort` orders tickets without `query`; those with its words come best first.".to_owned(),
            )
            .into());
        }
        sort => sort == Some("oldest"),
    };
    let (numbers, marks) = matching(connection, &typed, &filters, oldest_first)?;
    let total = numbers.len();
    let mut answer = TicketsAnswer { total_matches: Some(total), ..TicketsAnswer::default() };
    let mut notices: Vec<String> = notice.into_iter().chain(whole.map(str::to_owned)).collect();
    if let Some(group) = arguments.choice("group_by", GROUP_BY)? {
        let most = limit.max(GROUPS_SHOWN);
        answer.groups = Some(groups(connection, &numbers, group, content, most, &mut notices)?);
    } else {
        let budget = arguments.reader.budget(LIST);
        let rows = rows(connection, &numbers[from.min(total)..], limit, &marks, content, budget)?;
        let end = from + rows.len();
        answer.tickets = Some(rows);
        answer.next_cursor = (end < total).then(|| page(end));
    }
    if total == 0 {
        let all = tickets::count(connection)?;
        let nothing = || format!("None of the {all} tickets in the cache meets this.");
        notices.push(why_none(connection)?.unwrap_or_else(nothing));
    }
    answer.notice = filled(notices.join(" "));
    Ok((answer, format!("{}.", counted(total as i64, "ticket"))))
}

/// Where a page begins.
fn place(position: &[u8]) -> Result<usize, ArgumentError> {
    std::str::from_utf8(position)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| ArgumentError("`cursor` is damaged; leave it out to begin again.".to_owned()))
}

fn filters(
    arguments: &Arguments,
    connection: &Connection,
    now: UnixSeconds,
    zone: &Zone,
    content: Content<'_>,
) -> Result<(TicketFilters, Option<String>), Failure> {
    let known = || {
        let kinds = ticket_search::kinds(connection)?;
        let label = |name: String| Label { id: name.clone(), name, conversations: 0, listed: true };
        Ok(kinds.into_iter().map(label).collect())
    };
    let mut filters = TicketFilters {
        states: words(arguments, "state", STATES)?,
        categories: categories(arguments)?,
        kinds: names::values("type", "ticket type", &arguments.strings("type")?, known, content)?,
        open: arguments.boolean("open")?,
        customer: arguments.string("customer")?.map(|text| ids::bare(&text).to_owned()),
        whole: content.blanks_customers(),
        conversation: arguments.string("conversation")?.map(|text| ids::bare(&text).to_owned()),
        ..TicketFilters::default()
    };
    if let Some(name) = arguments.string("assignee")? {
        filters.assignee = Some(names::assignee(connection, &name, content)?);
    }
    if let Some(name) = arguments.string("team")? {
        filters.team = Some(names::team(connection, &name, content)?);
    }
    for text in arguments.strings("attribute")? {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim().to_owned(), Some(value.trim().to_owned())),
            None => (text, None),
        };
        let there = ticket_search::attributes(connection)?;
        if !there.iter().any(|known| known.to_lowercase() == name.to_lowercase()) {
            let name: String = super::content::clean(&name).chars().take(60).collect();
            let shown: Vec<String> =
                there.iter().take(10).map(|known| format!("\"{}\"", content.line(known))).collect();
            let shown = if shown.is_empty() {
                "None has any".to_owned()
            } else {
                format!("There are: {}", shown.join(", "))
            };
            return Err(ArgumentError(format!(
                "`attribute`: no ticket has an attribute \"{name}\". {shown}."
            ))
            .into());
        }
        filters.attributes.push((name, value));
    }
    let of = arguments.choice("timeframe_of", TIMEFRAME_OF)?;
    if let Some(phrase) = arguments.string("timeframe")? {
        let between = read_timeframe(&phrase, now, zone)?;
        *(if of == Some("updated") { &mut filters.updated } else { &mut filters.created }) = between;
    }
    let notice = (filters.whole && filters.customer.is_some()).then(|| {
        "`customer` is compared with whole addresses and ids only, since personal data is blanked out here (the setting `redact`).".to_owned()
    });
    Ok((filters, notice))
}

/// Categories in any case, as Intercom writes them.
fn categories(arguments: &Arguments) -> Result<Vec<String>, ArgumentError> {
    let lower: Vec<String> = CATEGORIES.iter().map(|category| category.to_lowercase()).collect();
    let known: Vec<&str> = lower.iter().map(String::as_str).collect();
    let given = words(arguments, "category", &known)?;
    let written = |word: &String| {
        CATEGORIES
            .iter()
            .find(|category| category.eq_ignore_ascii_case(word))
            .map(|category| (*category).to_owned())
    };
    Ok(given.iter().filter_map(written).collect())
}

/// Numbers of the tickets that are meant: the best first, or the latest change.
fn matching(
    connection: &Connection,
    typed: &str,
    filters: &TicketFilters,
    oldest_first: bool,
) -> Result<(Vec<i64>, Vec<Mark>), Failure> {
    let matching = ticket_search::matching(connection, filters, oldest_first)?;
    let query = Query::parse(typed);
    if query.is_exclusion() {
        let without: HashSet<i64> = unwanted(connection, Corpus::Tickets, &query)?.into_iter().collect();
        return Ok((matching.into_iter().filter(|number| !without.contains(number)).collect(), Vec::new()));
    }
    if query.leaves().is_empty() && typed.trim().is_empty() {
        return Ok((matching, Vec::new()));
    }
    let wanted: HashSet<i64> = matching.into_iter().collect();
    let results = search(connection, Corpus::Tickets, &query)?;
    let found = results.found.iter().map(|Found { number, .. }| *number);
    Ok((found.filter(|number| wanted.contains(number)).collect(), results.query.marks))
}

fn groups(
    connection: &Connection,
    numbers: &[i64],
    by: &str,
    content: Content<'_>,
    most: usize,
    notices: &mut Vec<String>,
) -> Result<Vec<Group>, Failure> {
    let column = GROUPS.iter().find(|(name, _)| *name == by).map_or("NULL", |(_, column)| column);
    let groups = ticket_search::grouped(connection, numbers, column)?;
    if groups.len() > most {
        notices.push(format!("{most} of {} groups are shown, the largest first.", groups.len()));
    }
    disclosure::rows(groups.len().min(most));
    let shown = groups.into_iter().take(most).map(|group| Group {
        group: if by == "assignee" { content.person(&group.name) } else { content.line(&group.name) },
        tickets: group.tickets,
        open: group.open,
        conversations: group.conversations,
        customers: group.customers,
    });
    Ok(shown.collect())
}

fn missing(connection: &Connection, id: &str) -> Result<Failure, Failure> {
    let shown: String = super::content::clean(id).chars().take(60).collect();
    let why = match why_none(connection)? {
        Some(why) => why,
        None => format!("Take ids from search_tickets.{}", since(connection)?),
    };
    Ok(Failure::Refused(format!("Ticket {shown} is not in the cache. {why}")))
}

/// Up to which change tickets were read; none in copies for those who may not see any.
pub(super) fn as_of(connection: &Connection) -> StoreResult<Option<String>> {
    if filtered::is_copy(connection)? {
        return Ok(None);
    }
    Ok(fact(connection, Fact::TicketsReadTo)?.map(UnixSeconds::to_iso))
}

/// Since when tickets are in the cache, as a sentence with a blank before it.
fn since(connection: &Connection) -> StoreResult<String> {
    let from = fact(connection, Fact::TicketsFrom)?.filter(|from| from.0 > DAY);
    Ok(from.map_or_else(String::new, |from| format!(" It has those that changed since {}.", from.day())))
}

/// Why the cache has no ticket at all, if it has none.
fn why_none(connection: &Connection) -> Result<Option<String>, Failure> {
    if tickets::count(connection)? > 0 {
        return Ok(None);
    }
    if filtered::is_copy(connection)? {
        return Ok(Some("Tickets are not shown to those who may see some conversations only.".to_owned()));
    }
    if let Some(note) = note(connection, TOPIC)? {
        return Ok(Some(note));
    }
    Ok(Some(match (fact(connection, Fact::TicketsReadTo)?, fact(connection, Fact::TicketsFrom)?) {
        (Some(_), Some(from)) if from.0 > DAY => {
            format!("The workspace has no tickets that changed since {}.", from.day())
        }
        (Some(_), Some(_)) => "The workspace has no tickets.".to_owned(),
        _ => "Tickets were not read yet; the next sync reads them.".to_owned(),
    }))
}
