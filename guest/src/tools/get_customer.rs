//! `get_customer`: who a customer is, and everything they wrote about, in brief.

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::answer::{Answer, bytes, in_words};
use super::content::Content;
use super::{
    Arguments, Context, Failure, Outcome, Surroundings, Tool, conversation, disclosure, freshness, schema,
};
use crate::store::conversations::fields;
use crate::store::conversations::threads;
use crate::store::people::customers::{self, Customer, Recognised};
use crate::store::tickets::ticket_search::{self, TicketFilters};
use crate::store::workspace::workspace;
use crate::time::UnixSeconds;

/// Bytes of JSON of the conversations.
const BUDGET: usize = 7_000;
/// Tickets that are shown.
const TICKETS: usize = 5;
/// Entries of what is known of a customer, and of each list in it.
const ENTRIES: usize = 25;

pub const TOOL: Tool = Tool {
    name: "get_customer",
    title: "A customer's history",
    description: "One customer or company by e-mail, name or id: who they are (country, language, signup, tags, attributes; plan, spend and segments of their company), how many conversations, which are open or waiting, ratings, their conversations in brief, open ones first, and latest tickets. Several of a name come back as candidates.",
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
        json!({"customer": schema::text("E-mail address, name, company, contact id, or id of one of their conversations.")}),
        &["customer"],
    )
}

fn output() -> Value {
    schema::answer(
        json!({
            "customer": {"type": "object", "description": "Names are written by people outside."},
            "company": {"type": "object", "description": "As Intercom knows it now: plan, spend, size, segments, attributes."},
            "conversations": schema::objects("As in search_conversations, without snippet."),
            "tickets": schema::objects("As in search_tickets."),
            "candidates": schema::objects("Several customers are meant; ask again with an e-mail."),
            "sync_info": schema::sync_info_in_brief()
        }),
        &["sync_info"],
    )
}

fn call(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let asked = arguments.required("customer", "ann@example.com")?;
    let asked = crate::ids::bare(&asked).to_owned();
    let budget = arguments.reader.budget(BUDGET);
    let around = context.surroundings();
    context.reading(|connection| {
        let content = Content::new(&around.settings.redactions);
        let (recognised, found) = customers::find(connection, &asked)?;
        if recognised == Recognised::ByName && content.blanks_customers() {
            return Err(Failure::Refused(format!("`customer`: {}", super::content::NO_PARTS)));
        }
        let company = if recognised == Recognised::ByName { customers::company(connection, &asked)? } else { None };
        let mut freshness = freshness::of(around, connection, freshness::Reach::default())?;
        let mut answer = Answer::new();
        let text = match (company, found.as_slice()) {
            (Some(company), _) => describe(&mut answer, connection, around, &company, content, budget)?,
            (None, [only]) => describe(&mut answer, connection, around, only, content, budget)?,
            (None, []) if add_tickets(&mut answer, connection, &asked, recognised, content)? > 0 => {
                let contact = customers::contact(connection, &asked)?;
                let contact = contact.map(|id| fields::of_contact(connection, &id)).transpose()?.flatten();
                answer.set_some("customer", contact.map(|contact| profile(contact, content)));
                "No conversation, but tickets.".to_owned()
            }
            (None, []) => {
                let asked: String = super::content::clean(&asked).chars().take(60).collect();
                return Err(Failure::Refused(format!(
                    "No conversation in the cache is with \"{asked}\". Try a part of the name or the e-mail; get_data_info says which days are covered."
                )));
            }
            (None, several) => {
                let rows: Vec<Value> = several.iter().take(10).map(|customer| brief(customer, content).into_value()).collect();
                answer.set("candidates", rows);
                answer.set("notice", "Several customers are meant; ask again with the e-mail of one, or with the company's full name.");
                format!("{} customers match.", several.len())
            }
        };
        freshness.cut_for_programs(arguments.reader, answer.notice());
        answer.set("sync_info", freshness.to_json());
        Ok(answer.with_text(format!("{text} {}", freshness.message)))
    })
}

fn brief(customer: &Customer, content: Content<'_>) -> Answer {
    let line = |text: &Option<String>| text.as_deref().map(|text| content.line(text));
    if let Some(id) = &customer.contact_id {
        disclosure::contact(id);
    }
    let mut answer = Answer::new();
    answer.set_some("email", line(&customer.email));
    answer.set_some("name", customer.name.as_deref().map(|name| content.person(name)));
    answer.set_some("company", line(&customer.company));
    answer.set("conversations", customer.conversations).set("open", customer.open);
    answer.set_some("waiting", (customer.waiting > 0).then_some(customer.waiting));
    answer.set("last_activity", customer.last_at.clone());
    answer
}

/// Their latest tickets in brief. Returns how many they have in all.
fn add_tickets(
    answer: &mut Answer,
    connection: &Connection,
    customer: &str,
    recognised: Recognised,
    content: Content<'_>,
) -> Result<usize, Failure> {
    let whole = recognised == Recognised::Exactly || content.blanks_customers();
    let filters = TicketFilters { customer: Some(customer.to_owned()), whole, ..TicketFilters::default() };
    let numbers = ticket_search::matching(connection, &filters, false)?;
    let mut rows = Vec::new();
    for number in numbers.iter().take(TICKETS) {
        let Some(ticket) = ticket_search::by_number(connection, *number)? else { continue };
        let mut row = super::search_tickets::summary(&ticket, content).into_value();
        // Whose they are is known.
        row.as_object_mut().map(|row| row.remove("customers"));
        rows.push(row);
    }
    answer.set_some("tickets", Some(rows));
    answer.set_some("ticket_count", (numbers.len() > TICKETS).then_some(numbers.len()));
    Ok(numbers.len())
}

/// What Intercom knows of somebody, as far as there is room for it.
fn profile(mut known: Map<String, Value>, content: Content<'_>) -> Value {
    let attributes = known.remove("custom_attributes").unwrap_or_default();
    let attributes = conversation::fitting(content.document(attributes, ENTRIES));
    known.insert("custom_attributes".to_owned(), attributes);
    content.document(Value::Object(known), ENTRIES)
}

fn describe(
    answer: &mut Answer,
    connection: &Connection,
    around: Surroundings<'_>,
    customer: &Customer,
    content: Content<'_>,
    budget: usize,
) -> Result<String, Failure> {
    let mut who = brief(customer, content);
    who.set("first_conversation", customer.first_at.clone());
    who.set_some(
        "last_activity_ago",
        UnixSeconds::parse(&customer.last_at).map(|at| in_words(around.now.since(at))),
    );
    if customer.ratings > 0 {
        who.set("ratings", customer.ratings);
        who.set_some(
            "rating_average",
            customer.rating_average.map(|average| (average * 100.0).round() / 100.0),
        );
    }
    let mut company = customer.company.clone();
    if let Some(id) = &customer.contact_id
        && let Some(mut contact) = fields::of_contact(connection, id)?
    {
        let of_contact = contact.remove("company_id").and_then(|id| id.as_str().map(str::to_owned));
        company = of_contact.or(company);
        if let Value::Object(profile) = profile(contact, content) {
            for (name, value) in profile {
                who.set(&name, value);
            }
        }
    }
    let company = company.map(|company| fields::of_company(connection, &company)).transpose()?.flatten();
    answer.set("customer", who.into_value());
    answer.set_some("company", company.map(|company| profile(company, content)));
    let workspace = workspace(connection)?;
    let mut rows = Vec::new();
    let mut used = 0;
    for number in &customer.numbers {
        let Some(record) = threads::by_number(connection, *number)? else { continue };
        let mut row = super::answer::value(&conversation::Summary::new(&record, content, around.now));
        if let Some(url) = conversation::url(workspace.as_ref(), &record.id) {
            row["url"] = url.into();
        }
        used += bytes(&row) + 1;
        if used > budget && !rows.is_empty() {
            break;
        }
        rows.push(row);
    }
    let count = rows.len();
    if (count as i64) < customer.conversations {
        answer.set(
            "notice",
            format!(
                "{count} of {} conversations are shown; search_conversations with customer_email or company shows the others.",
                customer.conversations
            ),
        );
    }
    answer.set("conversations", rows);
    if let Some(id) = &customer.contact_id {
        add_tickets(answer, connection, id, Recognised::Exactly, content)?;
    }
    Ok(format!("{}, {} open.", super::answer::counted(customer.conversations, "conversation"), customer.open))
}
