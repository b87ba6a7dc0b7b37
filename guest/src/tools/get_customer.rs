//! `get_customer`: who a customer is, and everything they wrote about, in brief.

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use serde_with::skip_serializing_none;

use super::answer::{bytes, counted, filled, finished, in_words, listed};
use super::content::Content;
use super::freshness::SyncInfo;
use super::{
    Answered, Arguments, Context, Failure, Outcome, Reader, Surroundings, Tool, conversation, disclosure,
    freshness, schema, ticket_rows,
};
use crate::store::conversations::fields;
use crate::store::conversations::threads;
use crate::store::people::customers::{self, Customer, Recognised};
use crate::store::tickets::ticket_search::{self, TicketFilters};
use crate::store::workspace::workspace;
use crate::time::UnixSeconds;

/// Bytes of JSON of the conversations.
const BUDGET: usize = 7_000;
/// Customers of whom one may be meant; the store looks for one more.
const CANDIDATES: usize = 10;
/// Tickets that are shown.
const TICKETS: usize = 5;
/// Entries of what is known of a customer, and of each list in it.
const ENTRIES: usize = 25;

pub const TOOL: Tool = Tool {
    name: "get_customer",
    title: "A customer's history",
    description: "One customer or company by e-mail, name or id: who they are (country, language, signup, tags, attributes; plan, spend and segments of their company), how many conversations, which are open or waiting, ratings, their conversations in brief, open ones first, and latest tickets. Several of a name come back as candidates.",
    input,
    output: schema::of::<CustomerAnswer>(),
    boolean: None,
    syncs: false,
    limits: None,
    drawn: false,
    call,
};

fn input() -> Value {
    schema::arguments(
        json!({"customer": schema::text("E-mail address, name, company, or id of a contact, company or conversation.")}),
        &["customer"],
    )
}

#[derive(Serialize, JsonSchema)]
pub struct CustomerAnswer {
    #[serde(flatten)]
    pub found: Found,
    #[schemars(with = "schema::Object")]
    sync_info: SyncInfo,
}

#[skip_serializing_none]
#[derive(Default, Serialize, JsonSchema)]
#[schemars(description = "")]
pub struct Found {
    /// Several customers are meant; ask again with an e-mail.
    #[schemars(with = "Option<Vec<schema::Object>>")]
    pub candidates: Option<Vec<Brief>>,
    /// Names are written by people outside.
    #[schemars(with = "Option<schema::Object>")]
    pub customer: Option<Known>,
    /// As Intercom knows it now: plan, spend, size, segments, attributes.
    #[schemars(with = "Option<schema::Object>")]
    company: Option<Profile>,
    #[schemars(skip)]
    pub notice: Option<String>,
    /// As in search_conversations, without snippet.
    #[schemars(with = "Option<Vec<schema::Object>>")]
    conversations: Option<Vec<ConversationRow>>,
    #[serde(flatten)]
    latest: Tickets,
}

/// The latest tickets in brief, and how many there are when these are not all.
#[skip_serializing_none]
#[derive(Default, Serialize, JsonSchema)]
#[schemars(description = "")]
pub struct Tickets {
    /// As in search_tickets.
    #[schemars(with = "Option<Vec<schema::Object>>")]
    tickets: Option<Vec<ticket_rows::Summary>>,
    #[schemars(skip)]
    ticket_count: Option<usize>,
}

#[skip_serializing_none]
#[derive(Serialize)]
pub struct ConversationRow {
    #[serde(flatten)]
    summary: conversation::Summary,
    url: Option<String>,
}

/// A customer as the cache and as Intercom know them.
#[derive(Serialize)]
pub struct Known {
    #[serde(flatten)]
    pub history: Option<History>,
    #[serde(flatten)]
    profile: Profile,
}

/// JSON of Intercom's, with what strangers wrote in it.
pub type Profile = Map<String, Value>;

#[skip_serializing_none]
#[derive(Serialize)]
pub struct Brief {
    #[serde(skip)]
    pub contact_id: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
    /// Of a company, not of a person.
    company_id: Option<String>,
    pub company: Option<String>,
    plan: Option<String>,
    conversations: i64,
    open: i64,
    waiting: Option<i64>,
    last_activity: String,
}

/// What the conversations tell of somebody.
#[skip_serializing_none]
#[derive(Serialize)]
pub struct History {
    #[serde(flatten)]
    pub brief: Brief,
    first_conversation: String,
    last_activity_ago: Option<String>,
    ratings: Option<i64>,
    rating_average: Option<f64>,
}

fn call(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let (answer, text) = find(context, arguments)?;
    Ok(finished(&answer, text))
}

/// What is asked for, and a sentence about it.
///
/// # Errors
/// When there is nothing of the kind, or an argument is wrong.
pub fn find(context: &mut Context<'_>, arguments: &Arguments) -> Answered<CustomerAnswer> {
    let asked = arguments.required("customer", "Acme Ltd")?;
    let asked = crate::ids::bare(&asked).to_owned();
    let budget = arguments.reader.budget(BUDGET);
    let around = context.surroundings();
    context.reading(|connection| {
        let content = Content::new(&around.settings.redactions);
        let (recognised, found) = customers::find(connection, &asked)?;
        let by_name = recognised == Recognised::ByName;
        if by_name && content.blanks_customers() {
            return Err(Failure::Refused(match arguments.reader {
                // It did not name the argument itself.
                Reader::Connector => format!("No customer: {}", super::content::NO_PARTS),
                _ => format!("`customer`: {}", super::content::NO_PARTS),
            }));
        }
        let companies = if by_name { customers::companies(connection, &asked)? } else { Vec::new() };
        let mut freshness = freshness::of(around, connection, freshness::Reach::default())?;
        let (found, text) = match (companies.as_slice(), found.as_slice()) {
            ([only], _) | ([], [only]) => describe(connection, around, only, content, budget)?,
            ([], []) => tickets_alone(connection, &asked, recognised, content)?,
            ([], several) => candidates(several, content),
            (several, _) => companies_of_a_name(connection, several, content)?,
        };
        freshness.cut_for_programs(arguments.reader, found.notice.as_deref());
        let text = format!("{text} {}", freshness.message);
        Ok((CustomerAnswer { found, sync_info: freshness.to_info() }, text))
    })
}

/// Several whom the text may mean, and a sentence.
fn candidates(several: &[Customer], content: Content<'_>) -> (Found, String) {
    let shown = several.len().min(CANDIDATES);
    let (count, which) = match several.len() > shown {
        true => (format!("More than {shown}"), format!(" The {shown} with most conversations are shown.")),
        false => (shown.to_string(), String::new()),
    };
    let notice = format!(
        "Several customers are meant; ask again with the e-mail of one, or with the company's full name.{which}"
    );
    let found = Found {
        candidates: Some(several[..shown].iter().map(|customer| brief(customer, content)).collect()),
        notice: Some(notice),
        ..Found::default()
    };
    (found, format!("{count} customers match."))
}

/// Companies that share a name, and a sentence.
fn companies_of_a_name(
    connection: &Connection,
    several: &[Customer],
    content: Content<'_>,
) -> Answered<Found> {
    let mut rows = Vec::new();
    for company in several.iter().take(CANDIDATES) {
        let known = company.company_id.as_deref().map(|id| fields::of_company(connection, id));
        let known = known.transpose()?.flatten().unwrap_or_default();
        let plan = known.get("plan").and_then(Value::as_str).and_then(|plan| filled(content.line(plan)));
        rows.push(Brief { plan, ..brief(company, content) });
    }
    let text = format!("{} companies have this name.", rows.len());
    let found = Found {
        candidates: Some(rows),
        notice: Some("Several companies have this name; ask again with the company_id of one.".to_owned()),
        ..Found::default()
    };
    Ok((found, text))
}

/// Somebody without a conversation, who may still have tickets.
fn tickets_alone(
    connection: &Connection,
    asked: &str,
    recognised: Recognised,
    content: Content<'_>,
) -> Answered<Found> {
    let latest = tickets(connection, asked, recognised, content)?;
    if latest.tickets.is_none() {
        let asked: String = super::content::clean(asked).chars().take(60).collect();
        return Err(Failure::Refused(format!(
            "No conversation in the cache is with \"{asked}\". Try a part of the name or the e-mail; get_data_info says which days are covered."
        )));
    }
    let contact = customers::contact(connection, asked)?;
    let contact = contact.map(|id| fields::of_contact(connection, &id)).transpose()?.flatten();
    let known = contact.and_then(|contact| profile(contact, content));
    let customer = known.map(|profile| Known { history: None, profile });
    Ok((Found { customer, latest, ..Found::default() }, "No conversation, but tickets.".to_owned()))
}

fn brief(customer: &Customer, content: Content<'_>) -> Brief {
    let line = |text: &Option<String>| text.as_deref().and_then(|text| filled(content.line(text)));
    if let Some(id) = &customer.contact_id {
        disclosure::contact(id);
    }
    let is_company = customer.contact_id.is_none() && customer.email.is_none() && customer.name.is_none();
    Brief {
        contact_id: customer.contact_id.clone(),
        email: line(&customer.email),
        name: customer.name.as_deref().and_then(|name| filled(content.person(name))),
        company_id: customer
            .company_id
            .as_deref()
            .filter(|_| is_company)
            .and_then(|id| filled(content.id(id))),
        company: line(&customer.company),
        plan: None,
        conversations: customer.conversations,
        open: customer.open,
        waiting: Some(customer.waiting).filter(|waiting| *waiting > 0),
        last_activity: customer.last_at.clone(),
    }
}

fn tickets(
    connection: &Connection,
    customer: &str,
    recognised: Recognised,
    content: Content<'_>,
) -> Result<Tickets, Failure> {
    let whole = recognised == Recognised::Exactly || content.blanks_customers();
    let filters = TicketFilters { customer: Some(customer.to_owned()), whole, ..TicketFilters::default() };
    let numbers = ticket_search::matching(connection, &filters, false)?;
    let mut rows = Vec::new();
    for number in numbers.iter().take(TICKETS) {
        let Some(ticket) = ticket_search::by_number(connection, *number)? else { continue };
        let mut row = ticket_rows::summary(&ticket, content);
        // Whose they are is known.
        row.customers = None;
        rows.push(row);
    }
    let ticket_count = Some(numbers.len()).filter(|count| *count > TICKETS);
    Ok(Tickets { tickets: listed(rows), ticket_count })
}

/// What Intercom knows of somebody, as far as there is room for it; none, if that is nothing.
fn profile(mut known: Map<String, Value>, content: Content<'_>) -> Option<Profile> {
    let attributes = known.remove("custom_attributes").unwrap_or_default();
    let attributes = conversation::fitting(content.document(attributes, ENTRIES));
    known.insert("custom_attributes".to_owned(), attributes);
    match content.document(Value::Object(known), ENTRIES) {
        Value::Object(profile) if !profile.is_empty() => Some(profile),
        _ => None,
    }
}

/// Everything about one customer or company, and a sentence.
fn describe(
    connection: &Connection,
    around: Surroundings<'_>,
    customer: &Customer,
    content: Content<'_>,
    budget: usize,
) -> Answered<Found> {
    let history = history(customer, content, around.now);
    let contact = customer.contact_id.as_deref().map(|id| fields::of_contact(connection, id));
    let mut contact = contact.transpose()?.flatten();
    let company = contact.as_mut().and_then(|contact| contact.remove("company_id"));
    let company = company
        .and_then(|id| id.as_str().map(str::to_owned))
        .or_else(|| customer.company_id.clone())
        .or_else(|| customer.company.clone());
    let company = company.map(|company| fields::of_company(connection, &company)).transpose()?.flatten();
    let rows = conversations(connection, customer, content, around.now, budget)?;
    let notice = ((rows.len() as i64) < customer.conversations).then(|| {
        format!(
            "{} of {} conversations are shown; search_conversations with customer_email or customer shows the others.",
            rows.len(),
            customer.conversations
        )
    });
    let latest = customer.contact_id.as_deref();
    let latest = latest.map(|id| tickets(connection, id, Recognised::Exactly, content)).transpose()?;
    let known = contact.and_then(|contact| profile(contact, content)).unwrap_or_default();
    let found = Found {
        candidates: None,
        customer: Some(Known { history: Some(history), profile: known }),
        company: company.and_then(|company| profile(company, content)),
        notice,
        conversations: Some(rows),
        latest: latest.unwrap_or_default(),
    };
    Ok((found, format!("{}, {} open.", counted(customer.conversations, "conversation"), customer.open)))
}

fn history(customer: &Customer, content: Content<'_>, now: UnixSeconds) -> History {
    let rated = customer.ratings > 0;
    let average = customer.rating_average.filter(|_| rated);
    History {
        brief: brief(customer, content),
        first_conversation: customer.first_at.clone(),
        last_activity_ago: UnixSeconds::parse(&customer.last_at).map(|at| in_words(now.since(at))),
        ratings: rated.then_some(customer.ratings),
        rating_average: average.map(|average| (average * 100.0).round() / 100.0),
    }
}

/// As many of their conversations as there is room for.
fn conversations(
    connection: &Connection,
    customer: &Customer,
    content: Content<'_>,
    now: UnixSeconds,
    budget: usize,
) -> Result<Vec<ConversationRow>, Failure> {
    let workspace = workspace(connection)?;
    let mut rows = Vec::new();
    let mut used = 0;
    for number in &customer.numbers {
        let Some(record) = threads::by_number(connection, *number)? else { continue };
        let row = ConversationRow {
            summary: conversation::Summary::new(&record, content, now),
            url: conversation::url(workspace.as_ref(), &record.id),
        };
        used += bytes(&row) + 1;
        if used > budget && !rows.is_empty() {
            break;
        }
        rows.push(row);
    }
    Ok(rows)
}
