//! The filter arguments that several tools share: their schema, and what they mean.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::arguments::{ArgumentError, ArgumentResult, Arguments};
use super::content::Content;
use super::freshness::Reach;
use super::zone::Zone;
use super::{Failure, names, period, schema};
use crate::store::conversations::fields;
use crate::store::people::labels;
use crate::store::search::{self, Ai, Attribute, Filters, Holder, Linked, Query};
use crate::text::language;
use crate::time::{HOUR, UnixSeconds};

const STATES: &[&str] = &["open", "closed", "snoozed"];
const PRIORITIES: &[&str] = &["none", "low", "medium", "high", "urgent"];
const AI: &[&str] = &["involved", "not_involved", "resolved", "escalated", "abandoned"];
const SLA: &[&str] = &["hit", "missed", "active", "cancelled"];

/// Filters as they were asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub filters: Filters,
    /// What must be covered for a complete answer.
    pub reach: Reach,
    /// Of filters that can match nothing, in a sentence each.
    pub notices: Vec<String>,
}

/// Adds the properties of the filters to a schema's: all, or those of these names.
pub fn add_properties(properties: &mut Value, only: Option<&[&str]>) {
    let (names, text) = (schema::texts, schema::text);
    let filters = json!({
        "timeframe": text("Period: \"today\", \"yesterday\", \"last 24 hours\", \"this week\", \"last week\", \"last 30 days\", \"last month\", \"2026-06\", \"2026-06-01 to 2026-06-15\", \"since 2026-06-01\"."),
        "timeframe_of": schema::choice(period::TIMEFRAME_OF, "What lies in the timeframe: the conversation's creation (default), its last change, the customer's last reply, or the message (with query: the matching one)."),
        "created_after": text("Day or ISO timestamp, inclusive; so for the other dates."),
        "created_before": text(""),
        "updated_after": text(""),
        "updated_before": text(""),
        "customer_replied_after": text("Last reply of the customer."),
        "customer_replied_before": text(""),
        "customer_email": text("Exact address, or @domain.com."),
        "customer": text("Part of a customer's name, address or company, or their id."),
        "company": text("Part of the company's name."),
        "state": schema::choices(STATES, ""),
        "unanswered": schema::boolean("The customer waits for a reply."),
        "waiting_hours_min": schema::number("The customer waits at least so long."),
        "assignee": text("Teammate's name or e-mail, or \"unassigned\"."),
        "team": text("Team's name, or \"unassigned\"."),
        "tags": names("Any of these tags; \"untagged\" for none."),
        "tags_all": names("All of these."),
        "tags_none": names("None of these."),
        "channel": names("email, chat, whatsapp, …"),
        "priority": schema::choices(PRIORITIES, ""),
        "rating_min": schema::integer("1 to 5."),
        "rating_max": schema::integer("1 to 5; 2 finds bad ratings."),
        "ai": schema::choice(AI, "AI agent's part; abandoned: neither resolved nor escalated."),
        "has_attachment": schema::boolean(""),
        "attribute": names("Custom attributes, all of them: \"Name=value\", or \"Name\" for any value; \"contact.Name\" and \"company.Name\" are the customer's. list_filters names them."),
        "plan": names("Of the company."),
        "segment": names("Of the company."),
        "country": names("Of the customer."),
        "language": names(""),
        "article": text("Part of the title of what the AI agent answered from."),
        "page": text("Part of the address on which it began."),
        "linked": text("To a ticket or record of that id, kind, category (Tracker), ticket type or state, or \"any\"."),
        "ai_rating_max": schema::integer("Of the AI agent, 1 to 5."),
        "sla": schema::choices(SLA, ""),
        "exclude": text("Words that no message or note of the conversation may have.")
    });
    if let (Some(properties), Value::Object(filters)) = (properties.as_object_mut(), filters) {
        for (name, schema) in filters {
            if only.is_some_and(|only| !only.contains(&name.as_str())) {
                continue;
            }
            properties.insert(name, schema);
        }
    }
}

/// The properties of these filters for a tool beside search_conversations, which explains them and
/// which every client lists as well.
pub fn properties_in_brief(only: &[&str]) -> Value {
    let mut properties = json!({});
    add_properties(&mut properties, Some(only));
    for schema in properties.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        schema.as_object_mut().map(|schema| schema.remove("description"));
    }
    properties
}

/// Reads the filters. Days are days of `zone`; names that a sentence quotes pass through `content`.
///
/// # Errors
/// When an argument is wrong, or the database cannot be read.
pub fn parse(
    arguments: &Arguments,
    connection: &Connection,
    now: UnixSeconds,
    zone: &Zone,
    content: Content<'_>,
) -> Result<Asked, Failure> {
    let mut filters = Filters {
        created: period::between(arguments, "created", now, zone)?,
        updated: period::between(arguments, "updated", now, zone)?,
        customer_replied: period::between(arguments, "customer_replied", now, zone)?,
        ..Filters::default()
    };
    period::add_timeframe(arguments, &mut filters, now, zone)?;
    filters.customer_email = arguments.string("customer_email")?;
    filters.customer = arguments.string("customer")?;
    if filters.customer.is_some() && content.blanks_customers() {
        return Err(ArgumentError(format!(
            "`customer`: {} For addresses there is `customer_email`.",
            super::content::NO_PARTS
        ))
        .into());
    }
    filters.company = arguments.string("company")?;
    filters.states = words(arguments, "state", STATES)?;
    filters.priorities = words(arguments, "priority", PRIORITIES)?;
    filters.unanswered = arguments.boolean("unanswered")?;
    if let Some(hours) = hours(arguments)? {
        filters.waiting_since_before = Some(now.plus(-((hours * HOUR as f64) as i64)));
    }
    if let Some(name) = arguments.string("assignee")? {
        filters.assignee = Some(names::assignee(connection, &name, content)?);
    }
    if let Some(name) = arguments.string("team")? {
        filters.team = Some(names::team(connection, &name, content)?);
    }
    let untagged = |tag: &String| tag.eq_ignore_ascii_case("untagged");
    let mut tags = arguments.strings("tags")?;
    let none = tags.len() == 1 && tags[0].eq_ignore_ascii_case("none");
    filters.untagged = none || tags.iter().any(untagged);
    tags.retain(|tag| !none && !untagged(tag));
    filters.any_tag = names::tags(connection, "tags", &tags, content)?;
    for name in arguments.strings("tags_all")? {
        filters.every_tag.extend(names::tags(connection, "tags_all", &[name], content)?.into_iter().take(1));
    }
    let mut unwanted = arguments.strings("tags_none")?;
    filters.tagged = unwanted.iter().any(untagged);
    unwanted.retain(|tag| !untagged(tag));
    filters.no_tag = names::tags(connection, "tags_none", &unwanted, content)?;
    filters.channels = names::channels(connection, &arguments.strings("channel")?, content)?;
    filters.rating_least = arguments.integer("rating_min", 1, 5)?;
    filters.rating_most = arguments.integer("rating_max", 1, 5)?;
    if let (Some(least), Some(most)) = (filters.rating_least, filters.rating_most)
        && least > most
    {
        return Err(ArgumentError("`rating_min` is greater than `rating_max`; swap them.".to_owned()).into());
    }
    filters.ai = arguments.choice("ai", AI)?.and_then(|word| match word {
        "involved" => Some(Ai::Involved),
        "not_involved" => Some(Ai::NotInvolved),
        "resolved" => Some(Ai::Resolved),
        "escalated" => Some(Ai::Escalated),
        "abandoned" => Some(Ai::Abandoned),
        _ => None,
    });
    filters.has_attachment = arguments.boolean("has_attachment")?;
    filters.attributes = attributes(arguments, connection)?;
    filters.sla = words(arguments, "sla", SLA)?;
    add_fields(arguments, &mut filters, connection, content)?;
    if let Some(words) = arguments.string("exclude")? {
        let query = search::expanded(&search::Vocabulary::open(connection)?, &Query::parse(&words))?;
        // Any of the words is enough to leave a conversation out.
        filters.excluded = query.any(true).or_else(|| query.exclusion(true));
    }
    let mut notices_of_links = Vec::new();
    if let Some(Linked::To(name)) = &filters.linked
        && !fields::is_linked(connection, name)?
    {
        let name: String = content.line(name).chars().take(60).collect();
        notices_of_links.push(format!(
            "`linked`: no conversation is linked to anything with the id, kind, category, ticket type or state \"{name}\"."
        ));
    }
    // By parts, what is blanked out would be found letter by letter.
    let named = [&filters.company, &filters.article, &filters.page].into_iter().any(Option::is_some);
    filters.whole = named && content.blanks_any();
    let mut notices = notices(&filters);
    notices.extend(notices_of_links);
    Ok(Asked { reach: reach(&filters), notices, filters })
}

fn add_fields(
    arguments: &Arguments,
    filters: &mut Filters,
    connection: &Connection,
    content: Content<'_>,
) -> Result<(), Failure> {
    let named = |argument: &str| arguments.strings(argument);
    filters.plans = names::values("plan", "plan", &named("plan")?, || labels::plans(connection), content)?;
    filters.segments =
        names::values("segment", "segment", &named("segment")?, || labels::segments(connection), content)?;
    filters.countries =
        names::values("country", "country", &named("country")?, || labels::countries(connection), content)?;
    let languages: Vec<String> =
        named("language")?.iter().map(|text| language::name(text).into_owned()).collect();
    filters.languages =
        names::values("language", "language", &languages, || labels::languages(connection), content)?;
    filters.article = arguments.string("article")?;
    filters.page = arguments.string("page")?;
    filters.linked = arguments.string("linked")?.map(|text| match text.to_lowercase().as_str() {
        "any" | "all" | "true" | "yes" => Linked::ToAnything,
        _ => Linked::To(crate::ids::bare(&text).to_owned()),
    });
    filters.ai_rating_most = arguments.integer("ai_rating_max", 1, 5)?;
    Ok(())
}

/// Attributes that conversations, customers or companies have, by name in any case.
fn attributes(arguments: &Arguments, connection: &Connection) -> Result<Vec<Attribute>, Failure> {
    let given = arguments.strings("attribute")?;
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let known = labels::attributes(connection)?;
    let mut attributes = Vec::new();
    for text in given {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim().to_owned(), Some(value.trim().to_owned())),
            None => (text, None),
        };
        let lower = name.to_lowercase();
        if !known.iter().any(|label| label.name.to_lowercase() == lower) {
            let shown: Vec<String> = known
                .iter()
                .take(names::SHOWN)
                .map(|label| format!("\"{}\"", super::content::clean(&label.name)))
                .collect();
            let name: String = super::content::clean(&name).chars().take(60).collect();
            let there = if shown.is_empty() {
                "None has any".to_owned()
            } else {
                let there = if known.len() > shown.len() { "There are, among others" } else { "There are" };
                format!("{there}: {}", shown.join(", "))
            };
            return Err(ArgumentError(format!(
                "`attribute`: no conversation has an attribute \"{name}\". {there}."
            ))
            .into());
        }
        let of = |prefix: &str| lower.starts_with(prefix).then(|| name.get(prefix.len()..)).flatten();
        let (holder, name) = match (of("contact."), of("company.")) {
            (Some(rest), _) => (Holder::Contact, rest),
            (_, Some(rest)) => (Holder::Company, rest),
            (None, None) => (Holder::Conversation, name.as_str()),
        };
        attributes.push(Attribute { holder, name: name.to_owned(), value });
    }
    Ok(attributes)
}

/// What was compared otherwise than one may suppose.
///
/// Programs that fill in every argument write a placeholder where they mean none. It is searched
/// for all the same, since there may be a company of that name, but not without a word.
fn notices(filters: &Filters) -> Vec<String> {
    let mut notices = Vec::new();
    for (name, value) in
        [("company", &filters.company), ("article", &filters.article), ("page", &filters.page)]
    {
        if filters.whole && value.is_some() {
            notices.push(format!(
                "`{name}` is compared with whole names and addresses only, since personal data is blanked out here (the setting `redact`)."
            ));
        }
    }
    for (name, value) in [
        ("customer_email", &filters.customer_email),
        ("customer", &filters.customer),
        ("company", &filters.company),
    ] {
        let Some(value) = value else { continue };
        let shown: String = super::content::clean(value).chars().take(60).collect();
        if is_placeholder(value) {
            notices.push(format!(
                "`{name}` is \"{shown}\", which looks like a value that nobody filled in; leave it out to see every customer."
            ));
        } else if name == "customer_email" && !value.contains('@') {
            notices.push(format!(
                "`{name}` is \"{shown}\", which is no e-mail address and so matches nothing; a name goes into `customer`."
            ));
        }
    }
    notices
}

fn is_placeholder(value: &str) -> bool {
    let word = value.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
    matches!(
        word.as_str(),
        "" | "null"
            | "none"
            | "nil"
            | "undefined"
            | "nan"
            | "n/a"
            | "na"
            | "unknown"
            | "string"
            | "empty"
            | "any"
            | "all"
    )
}

/// Words of a list that are among those, in small letters; "all" and "any" mean none.
///
/// # Errors
/// When one is another word.
pub fn words(arguments: &Arguments, name: &str, choices: &[&str]) -> ArgumentResult<Vec<String>> {
    let mut found = Vec::new();
    for word in arguments.strings(name)? {
        let lower = word.to_lowercase();
        if lower == "all" || lower == "any" {
            return Ok(Vec::new());
        }
        if !choices.contains(&lower.as_str()) {
            let word: String = super::content::clean(&word).chars().take(60).collect();
            return Err(ArgumentError(format!(
                "`{}` must be one of: {}. It was \"{word}\".",
                arguments.reader.argument(name),
                choices.join(", ")
            )));
        }
        found.push(lower);
    }
    Ok(found)
}

fn hours(arguments: &Arguments) -> ArgumentResult<Option<f64>> {
    let name = "waiting_hours_min";
    let Some(text) = arguments.string(name)? else { return Ok(None) };
    // A hundred years; beyond that seconds no longer fit a date.
    text.parse::<f64>()
        .ok()
        .filter(|hours| *hours > 0.0 && *hours <= 876_000.0)
        .map(Some)
        .ok_or_else(|| {
            ArgumentError(format!(
                "`{name}` must be a number of hours above 0, such as 24; for everybody who waits, however short, give `unanswered`: true."
            ))
        })
}

/// Coverage is about `updated_at`: only a range of that bounds what must have been read at its
/// end. All else may have changed until now.
pub fn reach(filters: &Filters) -> Reach {
    let start =
        [filters.created.from, filters.updated.from, filters.customer_replied.from, filters.message.from]
            .into_iter()
            .flatten()
            .max();
    let other = [filters.created.from, filters.customer_replied.from, filters.message.from]
        .iter()
        .any(Option::is_some);
    Reach { start, end: if other { None } else { filters.updated.to } }
}
