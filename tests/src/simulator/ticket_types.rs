//! The types, states and attributes that the simulated workspace has for its tickets.

use super::fields::Kind;
use super::model::Id;
use super::tickets::{Category, TicketState};

#[derive(Debug)]
pub struct TicketType {
    pub id: Id,
    pub category: Category,
    pub name: &'static str,
    pub description: &'static str,
    pub icon: &'static str,
    /// Names of [`ATTRIBUTES`].
    pub attributes: &'static [&'static str],
    /// The attribute that teammates set in the course of their work, and its values.
    pub decision: (&'static str, &'static [&'static str]),
    /// How teammates call it that the work is going on.
    pub in_progress: &'static str,
    /// What it is about: names of [`TOPICS`](super::topics::TOPICS).
    pub topics: &'static [&'static str],
}

const VERDICTS: &[&str] = &["Approved", "Refused"];

pub const TYPES: [TicketType; 6] = [
    TicketType {
        id: 3_101,
        category: Category::Customer,
        name: "Refund request",
        description: "Money that a customer wants back.",
        icon: "💶",
        attributes: &["Order", "Amount", "Decision"],
        decision: ("Decision", VERDICTS),
        in_progress: "In progress",
        topics: &["refund", "cancellation"],
    },
    TicketType {
        id: 3_102,
        category: Category::Customer,
        name: "Hardware replacement",
        description: "A device that is to be replaced.",
        icon: "📦",
        attributes: &["Serial number", "Under warranty", "Decision"],
        decision: ("Decision", VERDICTS),
        in_progress: "With the warehouse",
        topics: &["warranty", "shipping"],
    },
    TicketType {
        id: 3_201,
        category: Category::BackOffice,
        name: "Warehouse check",
        description: "Where a parcel really is.",
        icon: "🔍",
        attributes: &["Order", "Finding"],
        decision: ("Finding", &["Found", "Lost", "Returned"]),
        in_progress: "With the warehouse",
        topics: &["shipping"],
    },
    TicketType {
        id: 3_202,
        category: Category::BackOffice,
        name: "Invoice correction",
        description: "An invoice that finance is to write again.",
        icon: "🧾",
        attributes: &["Amount", "Decision"],
        decision: ("Decision", VERDICTS),
        in_progress: "In progress",
        topics: &["invoice"],
    },
    TicketType {
        id: 3_301,
        category: Category::Tracker,
        name: "Bug",
        description: "A bug that customers have met.",
        icon: "🐞",
        attributes: &["Severity", "Environment"],
        decision: ("Severity", &["Low", "Medium", "High"]),
        in_progress: "With engineering",
        topics: &["bug", "login", "api error"],
    },
    TicketType {
        id: 3_302,
        category: Category::Tracker,
        name: "Feature request",
        description: "Something that customers miss.",
        icon: "💡",
        attributes: &["Votes", "Decision"],
        decision: ("Decision", &["Planned", "Under review"]),
        in_progress: "With product",
        topics: &["feature request", "onboarding"],
    },
];

/// The types of one category.
pub fn of_category(category: Category) -> impl Iterator<Item = &'static TicketType> {
    TYPES.iter().filter(move |kind| kind.category == category)
}

/// A field of tickets beside title and description.
#[derive(Debug)]
pub struct Attribute {
    pub id: Id,
    pub name: &'static str,
    /// Of Intercom: `string`, `list`, `integer`, `decimal` or `boolean`.
    pub data_type: &'static str,
    /// What searches call it.
    pub field: &'static str,
}

impl Attribute {
    pub fn kind(&self) -> Kind {
        match self.data_type {
            "integer" | "decimal" => Kind::Integer,
            "boolean" => Kind::Boolean,
            _ => Kind::Text,
        }
    }
}

pub const ATTRIBUTES: [Attribute; 9] = [
    Attribute { id: 4_101, name: "Order", data_type: "string", field: "ticket_attribute.4101" },
    Attribute { id: 4_102, name: "Amount", data_type: "decimal", field: "ticket_attribute.4102" },
    Attribute { id: 4_103, name: "Decision", data_type: "list", field: "ticket_attribute.4103" },
    Attribute { id: 4_104, name: "Serial number", data_type: "string", field: "ticket_attribute.4104" },
    Attribute { id: 4_105, name: "Under warranty", data_type: "boolean", field: "ticket_attribute.4105" },
    Attribute { id: 4_106, name: "Finding", data_type: "list", field: "ticket_attribute.4106" },
    Attribute { id: 4_107, name: "Severity", data_type: "list", field: "ticket_attribute.4107" },
    Attribute { id: 4_108, name: "Environment", data_type: "string", field: "ticket_attribute.4108" },
    Attribute { id: 4_109, name: "Votes", data_type: "integer", field: "ticket_attribute.4109" },
];

/// A state of the workspace's own.
#[derive(Debug)]
pub struct StateOfWorkspace {
    pub id: Id,
    pub state: TicketState,
    /// For teammates.
    pub internal: &'static str,
    /// For customers.
    pub external: &'static str,
}

/// The usual one of each kind comes first.
pub const STATES: [StateOfWorkspace; 8] = [
    state(7_491, TicketState::Submitted, "Submitted", "Submitted"),
    state(7_492, TicketState::InProgress, "In progress", "In progress"),
    state(7_493, TicketState::WaitingOnCustomer, "Waiting on customer", "Waiting on you"),
    state(7_494, TicketState::Resolved, "Resolved", "Resolved"),
    state(7_495, TicketState::InProgress, "With engineering", "In progress"),
    state(7_496, TicketState::InProgress, "With the warehouse", "In progress"),
    state(7_497, TicketState::InProgress, "With product", "In progress"),
    state(7_498, TicketState::Resolved, "Will not be done", "Resolved"),
];

const fn state(
    id: Id,
    state: TicketState,
    internal: &'static str,
    external: &'static str,
) -> StateOfWorkspace {
    StateOfWorkspace { id, state, internal, external }
}

/// The workspace's usual state of a kind.
pub fn usual(state: TicketState) -> &'static StateOfWorkspace {
    STATES.iter().find(|known| known.state == state).unwrap_or(&STATES[0])
}

pub fn usual_label(state: TicketState) -> &'static str {
    usual(state).internal
}
