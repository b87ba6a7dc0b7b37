//! The deterministic generator of tickets. It draws from random numbers of its own: all of a
//! conversation but its links is as it would be without tickets.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};

use super::directory::{Directory, pick, skewed};
use super::generate::Shape;
use super::model::{Assignee, Author, Bot, Conversation, Id, Index, Seconds};
use super::text;
use super::thread;
use super::ticket_types::{self, TicketType};
use super::tickets::{Category, Ticket, TicketChange, TicketState};
use super::topics::{TOPICS, Topic};
use super::workspace::position;

/// The first tracker that conversations name; their generator counts on from it.
const FIRST_TRACKER: Id = 221_000_000_000_000;
/// Tickets that no conversation names of itself.
const FIRST_OTHER: Id = 223_000_000_000_000;

type Conversations = [Option<Arc<Conversation>>];

/// What is decided before a ticket's own story is told.
struct Plan {
    id: Id,
    category: Category,
    kind: &'static TicketType,
    created_at: Seconds,
    contacts: Vec<Index>,
    /// Positions.
    conversations: Vec<usize>,
}

/// `count` tickets, oldest first. The tickets that conversations name come into being first; then
/// others, which the conversations that they are about name from then on.
pub fn tickets(
    shape: &Shape,
    directory: &Directory,
    conversations: &mut Conversations,
    count: usize,
) -> Vec<Ticket> {
    if count == 0 {
        return Vec::new();
    }
    let mut plans = plans(shape, directory, conversations, count);
    plans.sort_by_key(|plan| (plan.created_at, plan.id));
    let tickets: Vec<Ticket> = plans
        .into_iter()
        .enumerate()
        .map(|(place, plan)| {
            let mut rng = random(shape);
            rng.set_stream(place as u64 + 1);
            ticket(plan, place, shape.now, directory, conversations, &mut rng)
        })
        .collect();
    for ticket in &tickets {
        for place in ticket.conversations.iter().filter_map(|id| position(*id)) {
            conversations.get_mut(place).into_iter().flatten().for_each(|c| link(c, ticket));
        }
    }
    tickets
}

fn random(shape: &Shape) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(shape.seed ^ 0x71c_4e75)
}

/// Notes the ticket in a conversation that does not name it yet.
fn link(conversation: &mut Arc<Conversation>, ticket: &Ticket) {
    let known = conversation.linked_tickets.iter().any(|(id, _)| *id == ticket.id);
    if !known && conversation.tracker != Some(ticket.id) {
        Arc::make_mut(conversation).linked_tickets.push((ticket.id, ticket.category));
    }
}

fn plans(shape: &Shape, directory: &Directory, conversations: &Conversations, count: usize) -> Vec<Plan> {
    let rng = &mut random(shape);
    let mut named: Vec<(Id, usize)> = Vec::new();
    let mut tracked: BTreeMap<Id, Vec<usize>> = BTreeMap::new();
    let mut by_contact: HashMap<Index, Vec<usize>> = HashMap::new();
    for conversation in conversations.iter().flatten() {
        let place = conversation.index;
        named.extend(conversation.linked_tickets.iter().map(|(id, _)| (*id, place)));
        conversation.tracker.iter().for_each(|id| tracked.entry(*id).or_default().push(place));
        conversation.contacts.iter().for_each(|contact| by_contact.entry(*contact).or_default().push(place));
    }
    let mut named = named.into_iter();
    let mut trackers = 0;
    (0..count)
        .map(|at| {
            let category = match at % 4 {
                1 => Category::BackOffice,
                3 => Category::Tracker,
                _ => Category::Customer,
            };
            let contact = skewed(rng, directory.contacts.len());
            let theirs = by_contact.get(&contact).map_or(&[][..], Vec::as_slice);
            let about = theirs.first().map(|_| pick(rng, theirs));
            let mut id = FIRST_OTHER + at as u64;
            let linked: Vec<usize> = match category {
                Category::Customer => match named.next() {
                    Some((named, place)) => {
                        id = named;
                        vec![place]
                    }
                    None => about.into_iter().collect(),
                },
                Category::BackOffice => about.filter(|_| rng.random_bool(0.5)).into_iter().collect(),
                Category::Tracker => {
                    id = FIRST_TRACKER + trackers;
                    trackers += 1;
                    tracked.remove(&id).unwrap_or_else(|| several(conversations.len(), rng))
                }
            };
            let first = linked.first().and_then(|place| conversations[*place].as_ref());
            let kind = kind(category, first, rng);
            // Otherwise they spread over the days as conversations do.
            let place = (at as f64 + rng.random::<f64>()) / count as f64;
            let age = ((1.0 - place).max(0.0).powf(1.5) * shape.span() as f64) as Seconds;
            let created_at = first.map_or(shape.now - 60 - age, |conversation| {
                (conversation.created_at + rng.random_range(60..7_200)).min(shape.now - 60)
            });
            let contacts = match (category, first) {
                (Category::Tracker, _) => Vec::new(),
                (_, Some(conversation)) => conversation.contacts.clone(),
                (Category::Customer, None) if at % 5 == 0 => {
                    vec![contact, (contact + 1) % directory.contacts.len() as Index]
                }
                (_, None) => vec![contact],
            };
            Plan { id, category, kind, created_at, contacts, conversations: linked }
        })
        .collect()
}

/// Two to five conversations that share a bug or a wish, in order.
fn several(conversations: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    if conversations == 0 {
        return Vec::new();
    }
    let wanted = rng.random_range(2..6);
    let mut places: Vec<usize> = (0..wanted).map(|_| rng.random_range(0..conversations)).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// The type that fits the conversation's topic, or any of the category.
fn kind(
    category: Category,
    conversation: Option<&Arc<Conversation>>,
    rng: &mut ChaCha8Rng,
) -> &'static TicketType {
    let topic = conversation.and_then(|conversation| conversation.custom_attributes.get("Topic"));
    let kinds: Vec<_> = ticket_types::of_category(category).collect();
    let fits = |kind: &&&'static TicketType| {
        topic.and_then(Value::as_str).is_some_and(|topic| kind.topics.contains(&topic))
    };
    kinds.iter().find(fits).copied().unwrap_or_else(|| pick(rng, &kinds))
}

fn ticket(
    plan: Plan,
    place: usize,
    now: Seconds,
    directory: &Directory,
    conversations: &Conversations,
    rng: &mut ChaCha8Rng,
) -> Ticket {
    let Plan { id, category, kind, created_at, contacts, conversations: linked } = plan;
    let name = pick(rng, kind.topics);
    let topic = TOPICS.iter().find(|topic| topic.name == name).unwrap_or(&TOPICS[0]);
    let description = if category == Category::Customer {
        text::opening(rng, topic)
    } else {
        sentence(rng, topic.openings)
    };
    let mut ticket = Ticket {
        id,
        ticket_id: 1_001 + place as u64,
        place,
        category,
        type_id: kind.id,
        type_name: kind.name.to_owned(),
        state: TicketState::Submitted,
        state_label: ticket_types::usual_label(TicketState::Submitted).to_owned(),
        title: (place % 9 != 4).then(|| text::fill(rng, topic.subject)),
        description: (place % 11 != 7).then_some(description),
        attributes: attributes(kind, rng),
        contacts,
        admin_assignee: None,
        team_assignee: None,
        created_at,
        updated_at: created_at,
        open: true,
        is_shared: category == Category::Customer,
        snoozed_until: None,
        conversations: linked
            .iter()
            .filter_map(|place| conversations[*place].as_ref())
            .map(|conversation| conversation.id)
            .collect(),
        parts: Vec::new(),
        revision: 1,
        parts_made: 0,
    };
    let changes = story(&ticket, kind, topic, directory, rng);
    let mut offset = 0;
    let offsets: Vec<Seconds> = (0..changes.len())
        .map(|_| {
            offset += rng.random_range(300..100_000);
            offset
        })
        .collect();
    // Where there is too little time the story ends at some moment before now: not all at once.
    let room = (now - 1 - created_at).max(0) * rng.random_range(20..=100) / 100;
    let squeezed = |offset: Seconds, all: Seconds| if all > room { offset * room / all } else { offset };
    ticket.submit(Author::Bot(Bot::Operator), created_at);
    for (change, at) in changes.into_iter().zip(offsets) {
        ticket.apply(change, created_at + squeezed(at, offset));
    }
    if place % 17 == 3 {
        let written = ticket.parts.iter_mut().find(|part| part.body.is_some());
        if let Some(part) = written {
            part.body = None;
            part.redacted = true;
        }
    }
    if ticket.open && place % 13 == 6 {
        ticket.snoozed_until = Some(now + 86_400);
    }
    ticket
}

fn sentence(rng: &mut ChaCha8Rng, templates: &[&str]) -> String {
    let template = pick(rng, templates);
    format!("<p>{}</p>", text::fill(rng, template))
}

/// What is known from the start.
fn attributes(kind: &TicketType, rng: &mut ChaCha8Rng) -> Map<String, Value> {
    let known = kind.attributes.iter().filter_map(|name| {
        let value = match *name {
            "Order" => json!(text::fill(rng, "{o}")),
            "Amount" => json!(f64::from(rng.random_range(500..90_000)) / 100.0),
            "Serial number" => json!(text::fill(rng, "{c}")),
            "Under warranty" => json!(rng.random_bool(0.7)),
            "Severity" => json!(pick(rng, kind.decision.1)),
            "Environment" => json!(pick(rng, &["Production", "Sandbox"])),
            "Votes" => json!(rng.random_range(1..60)),
            _ => return None,
        };
        Some(((*name).to_owned(), value))
    });
    known.collect()
}

/// All that happens to the ticket after it was submitted.
fn story(
    ticket: &Ticket,
    kind: &TicketType,
    topic: &Topic,
    directory: &Directory,
    rng: &mut ChaCha8Rng,
) -> Vec<TicketChange> {
    use TicketState::{InProgress, Resolved, WaitingOnCustomer};
    let admin = rng.random_range(0..directory.human_admins().len()) as Index;
    let by = Author::Admin(admin);
    let states: &[TicketState] = match ticket.place % 7 {
        0 | 5 => &[InProgress],
        2 => &[InProgress, WaitingOnCustomer],
        3 => &[],
        4 => &[InProgress, WaitingOnCustomer, Resolved],
        _ => &[InProgress, Resolved],
    };
    let mut changes = Vec::new();
    if ticket.place % 5 != 2 {
        let team = rng.random_range(0..directory.teams.len()) as Index;
        changes.push(TicketChange::Assign { by: Author::Bot(Bot::Operator), to: Assignee::Team(team) });
        if rng.random_bool(0.8) {
            changes.push(TicketChange::Assign { by, to: Assignee::Admin(admin) });
        }
    }
    talk(ticket, topic, admin, rng, &mut changes);
    for &state in states {
        let label = match state {
            InProgress => Some(kind.in_progress.to_owned()),
            Resolved if rng.random_bool(0.2) => Some("Will not be done".to_owned()),
            _ => None,
        };
        changes.push(TicketChange::SetState { by, state, label });
        if state == InProgress && rng.random_bool(0.6) {
            let (name, values) = kind.decision;
            let value = json!(pick(rng, values));
            changes.push(TicketChange::SetAttribute { admin, name: name.to_owned(), value });
        }
        talk(ticket, topic, admin, rng, &mut changes);
    }
    changes
}

/// A few messages and notes: customers see only their own tickets.
fn talk(ticket: &Ticket, topic: &Topic, admin: Index, rng: &mut ChaCha8Rng, changes: &mut Vec<TicketChange>) {
    for _ in 0..rng.random_range(0..4) {
        let change = match (ticket.is_shared, rng.random_range(0..10)) {
            (true, 0..4) => TicketChange::ContactReply {
                body: text::customer(rng, topic),
                attachments: thread::attachments(rng),
            },
            (true, 4..8) => TicketChange::AdminReply {
                admin,
                body: text::agent(rng, topic),
                attachments: thread::attachments(rng),
            },
            (false, 0..5) => TicketChange::Note { admin, body: sentence(rng, topic.agent) },
            _ => TicketChange::Note { admin, body: text::note(rng) },
        };
        changes.push(change);
    }
}
