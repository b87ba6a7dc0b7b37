//! `POST /_simulator/tickets`: lets other processes change the tickets.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::control::{Outcome, Target, bad_request, read};
use super::generate::escape;
use super::model::{Assignee, Author, Id, Index};
use super::server::Shared;
use super::tickets::{Category, TicketChange, TicketState};
use super::workspace::Workspace;

/// Ids are numbers or decimal strings; `ticket` defaults to the newest one, texts are plain.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TicketOrder {
    /// `category` is `request` (the default), `task` or `tracker`.
    Add {
        title: String,
        #[serde(default)]
        text: String,
        category: Option<String>,
        conversation: Option<Target>,
    },
    ContactReply {
        #[serde(default)]
        ticket: Target,
        text: String,
    },
    AdminReply {
        #[serde(default)]
        ticket: Target,
        text: String,
    },
    Note {
        #[serde(default)]
        ticket: Target,
        text: String,
    },
    /// `submitted`, `in_progress`, `waiting_on_customer` or `resolved`.
    State {
        #[serde(default)]
        ticket: Target,
        state: String,
        label: Option<String>,
    },
    /// Positions in the lists of admins or teams; neither unassigns the admin.
    Assign {
        #[serde(default)]
        ticket: Target,
        admin: Option<Index>,
        team: Option<Index>,
    },
    Attribute {
        #[serde(default)]
        ticket: Target,
        name: String,
        value: Value,
    },
    /// Without `part`, the newest part with a text.
    Redact {
        #[serde(default)]
        ticket: Target,
        part: Option<Id>,
    },
    Delete {
        #[serde(default)]
        ticket: Target,
    },
}

/// Answers with the id of the changed ticket.
pub async fn change(State(shared): State<Arc<Shared>>, body: Bytes) -> Outcome {
    let changed = execute(read(&body)?, &mut shared.workspace()).map_err(bad_request)?;
    Ok(Json(json!({"tickets": [changed.to_string()]})))
}

fn execute(order: TicketOrder, workspace: &mut Workspace) -> Result<Id, &'static str> {
    let admin = 0;
    let by = Author::Admin(admin);
    let html = |text: &str| format!("<p>{}</p>", escape(text));
    let (ticket, change) = match order {
        TicketOrder::Add { title, text, category, conversation } => {
            let conversation = conversation.map(|target| target.id(workspace)).transpose()?;
            let category = match category.as_deref() {
                None | Some("request") => Category::Customer,
                Some("task") => Category::BackOffice,
                Some("tracker") => Category::Tracker,
                Some(_) => return Err("no such category"),
            };
            return Ok(workspace.add_ticket(category, &title, &text, conversation));
        }
        TicketOrder::Delete { ticket } => {
            let id = ticket.ticket(workspace)?;
            workspace.delete_ticket(id);
            return Ok(id);
        }
        TicketOrder::Redact { ticket, part } => {
            let id = ticket.ticket(workspace)?;
            let newest = || workspace.ticket(id)?.parts.iter().rev().find(|p| p.body.is_some()).map(|p| p.id);
            let part = part.or_else(newest).ok_or("the ticket has no message")?;
            return workspace.redact_ticket_part(id, part).then_some(id).ok_or("no such part");
        }
        TicketOrder::ContactReply { ticket, text } => {
            (ticket, TicketChange::ContactReply { body: html(&text), attachments: Vec::new() })
        }
        TicketOrder::AdminReply { ticket, text } => {
            (ticket, TicketChange::AdminReply { admin, body: html(&text), attachments: Vec::new() })
        }
        TicketOrder::Note { ticket, text } => (ticket, TicketChange::Note { admin, body: html(&text) }),
        TicketOrder::State { ticket, state, label } => {
            let state = TicketState::parse(&state).ok_or("no such state")?;
            (ticket, TicketChange::SetState { by, state, label })
        }
        TicketOrder::Assign { ticket, admin, team } => {
            let to = Assignee::of(admin, team, &workspace.directory).ok_or("no such admin or team")?;
            (ticket, TicketChange::Assign { by, to })
        }
        TicketOrder::Attribute { ticket, name, value } => {
            (ticket, TicketChange::SetAttribute { admin, name, value })
        }
    };
    let id = ticket.ticket(workspace)?;
    workspace.change_ticket(id, change);
    Ok(id)
}

impl Target {
    fn ticket(&self, workspace: &Workspace) -> Result<Id, &'static str> {
        let id = self.named().unwrap_or_else(|| workspace.tickets().last().map(|ticket| ticket.id));
        id.filter(|id| workspace.ticket(*id).is_some()).ok_or("no such ticket")
    }
}
