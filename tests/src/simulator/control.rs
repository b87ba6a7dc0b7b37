//! `/_simulator/…`: lets other processes change the data, switch faults and read the counts.
//! No bearer is asked for: the simulator listens on loopback and holds no secrets.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::change::Change;
use super::directory::Directory;
use super::faults::Rule;
use super::generate::escape;
use super::log::{Entry, Stats};
use super::model::{Assignee, Author, Id, Index, Seconds};
use super::server::Shared;
use super::workspace::Workspace;

pub(super) type Refusal = (StatusCode, Json<Value>);
pub(super) type Outcome = Result<Json<Value>, Refusal>;

/// Reads JSON whatever the content type says, for the sake of a bare `curl -d`.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(bad_request)
}

pub(super) fn bad_request(reason: impl std::fmt::Display) -> Refusal {
    (StatusCode::BAD_REQUEST, Json(json!({"error": reason.to_string()})))
}

/// `POST /_simulator/change`. Ids are numbers or decimal strings; `conversation` defaults to the
/// newest one, texts are plain.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Order {
    /// `count` things that happen in a busy inbox.
    Random {
        #[serde(default = "one")]
        count: usize,
    },
    /// Tags `count` conversations in the same second.
    Bulk {
        count: usize,
    },
    Add {
        text: String,
    },
    ContactReply {
        #[serde(default)]
        conversation: Target,
        text: String,
    },
    AdminReply {
        #[serde(default)]
        conversation: Target,
        text: String,
    },
    Note {
        #[serde(default)]
        conversation: Target,
        text: String,
    },
    Close {
        #[serde(default)]
        conversation: Target,
    },
    Reopen {
        #[serde(default)]
        conversation: Target,
    },
    Snooze {
        #[serde(default)]
        conversation: Target,
        seconds: Seconds,
    },
    Tag {
        #[serde(default)]
        conversation: Target,
        #[serde(default)]
        tag: Index,
    },
    Untag {
        #[serde(default)]
        conversation: Target,
        #[serde(default)]
        tag: Index,
    },
    Rate {
        #[serde(default)]
        conversation: Target,
        score: u8,
        remark: Option<String>,
    },
    /// Without `part`, the newest part with a text.
    Redact {
        #[serde(default)]
        conversation: Target,
        part: Option<Id>,
    },
    DeletePart {
        #[serde(default)]
        conversation: Target,
        part: Option<Id>,
    },
    Delete {
        #[serde(default)]
        conversation: Target,
    },
    /// Positions in the lists of admins or teams; neither unassigns the admin.
    Assign {
        #[serde(default)]
        conversation: Target,
        admin: Option<Index>,
        team: Option<Index>,
    },
    /// Positions in the list of contacts.
    MergeContacts {
        from: Index,
        into: Index,
    },
}

fn one() -> usize {
    1
}

/// The conversation or the ticket that is meant.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
pub enum Target {
    Number(Id),
    Text(String),
    #[default]
    Newest,
}

pub async fn change(State(shared): State<Arc<Shared>>, body: Bytes) -> Outcome {
    let changed = execute(read(&body)?, &mut shared.workspace()).map_err(bad_request)?;
    Ok(Json(json!({"conversations": changed.iter().map(ToString::to_string).collect::<Vec<_>>()})))
}

/// Returns the ids of the changed conversations.
fn execute(order: Order, workspace: &mut Workspace) -> Result<Vec<Id>, &'static str> {
    let admin = 0;
    let html = |text: &str| format!("<p>{}</p>", escape(text));
    let (target, change) = match order {
        Order::Random { count } => {
            return Ok((0..count).map(|_| workspace.random_change().0).collect());
        }
        Order::Bulk { count } => return Ok(workspace.bulk_update(count)),
        Order::Add { text } => return Ok(vec![workspace.add_conversation(&text)]),
        Order::MergeContacts { from, into } => {
            if from.max(into) as usize >= workspace.directory.contacts.len() {
                return Err("no such contact");
            }
            workspace.merge_contacts(from, into);
            return Ok(Vec::new());
        }
        Order::Delete { conversation } => {
            let id = conversation.id(workspace)?;
            workspace.delete_conversation(id);
            return Ok(vec![id]);
        }
        Order::Redact { conversation, part } => {
            let (id, part) = conversation.part(part, workspace)?;
            return workspace.redact_part(id, part).then_some(vec![id]).ok_or("no such part");
        }
        Order::DeletePart { conversation, part } => {
            let (id, part) = conversation.part(part, workspace)?;
            return workspace.delete_part(id, part).then_some(vec![id]).ok_or("no such part");
        }
        Order::ContactReply { conversation, text } => {
            (conversation, Change::ContactReply { body: html(&text), attachments: Vec::new() })
        }
        Order::AdminReply { conversation, text } => {
            (conversation, Change::AdminReply { admin, body: html(&text), attachments: Vec::new() })
        }
        Order::Note { conversation, text } => (conversation, Change::Note { admin, body: html(&text) }),
        Order::Close { conversation } => (conversation, Change::Close { by: Author::Admin(admin) }),
        Order::Reopen { conversation } => (conversation, Change::Reopen { admin }),
        Order::Snooze { conversation, seconds } => {
            (conversation, Change::Snooze { admin, until: workspace.now() + seconds })
        }
        Order::Tag { tag, .. } | Order::Untag { tag, .. }
            if tag as usize >= workspace.directory.tags.len() =>
        {
            return Err("no such tag");
        }
        Order::Assign { conversation, admin: to_admin, team } => {
            let to = Assignee::of(to_admin, team, &workspace.directory).ok_or("no such admin or team")?;
            (conversation, Change::Assign { by: Author::Admin(admin), to })
        }
        Order::Tag { conversation, tag } => (conversation, Change::Tag { admin, tag }),
        Order::Untag { conversation, tag } => (conversation, Change::Untag { admin, tag }),
        Order::Rate { conversation, score, remark } => (conversation, Change::Rate { score, remark }),
    };
    let id = target.id(workspace)?;
    workspace.change(id, change);
    Ok(vec![id])
}

impl Assignee {
    /// Who stands at these positions, of an admin or of a team; neither is nobody. `None` when there
    /// is no such position.
    pub(super) fn of(admin: Option<Index>, team: Option<Index>, people: &Directory) -> Option<Self> {
        match (admin, team) {
            (Some(admin), _) => ((admin as usize) < people.admins.len()).then_some(Self::Admin(admin)),
            (None, Some(team)) => ((team as usize) < people.teams.len()).then_some(Self::Team(team)),
            (None, None) => Some(Self::Nobody),
        }
    }
}

impl Target {
    /// The id that was given, if one was; an unreadable one is `Some(None)`.
    pub(super) fn named(&self) -> Option<Option<Id>> {
        match self {
            Self::Number(id) => Some(Some(*id)),
            Self::Text(text) => Some(text.parse().ok()),
            Self::Newest => None,
        }
    }

    pub(super) fn id(&self, workspace: &Workspace) -> Result<Id, &'static str> {
        let id = self.named().unwrap_or_else(|| workspace.conversations().last().map(|c| c.id));
        id.filter(|id| workspace.conversation(*id).is_some()).ok_or("no such conversation")
    }

    fn part(&self, part: Option<Id>, workspace: &Workspace) -> Result<(Id, Id), &'static str> {
        let id = self.id(workspace)?;
        let newest =
            || workspace.conversation(id)?.parts.iter().rev().find(|p| p.body.is_some()).map(|p| p.id);
        Ok((id, part.or_else(newest).ok_or("the conversation has no message")?))
    }
}

pub async fn faults(State(shared): State<Arc<Shared>>) -> Json<Vec<Rule>> {
    Json(shared.faults.rules())
}

/// Takes one rule or a list of rules; they come after those in force.
pub async fn add_faults(State(shared): State<Arc<Shared>>, body: Bytes) -> Outcome {
    match read(&body)? {
        OneOrMany::One(rule) => shared.faults.add(rule),
        OneOrMany::Many(rules) => rules.into_iter().for_each(|rule| shared.faults.add(rule)),
    }
    Ok(Json(json!(shared.faults.rules())))
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(Rule),
    Many(Vec<Rule>),
}

pub async fn clear_faults(State(shared): State<Arc<Shared>>) -> Json<Vec<Rule>> {
    shared.faults.clear();
    Json(Vec::new())
}

pub async fn stats(State(shared): State<Arc<Shared>>) -> Json<Stats> {
    Json(shared.log.stats())
}

pub async fn reset_stats(State(shared): State<Arc<Shared>>) -> Json<Stats> {
    shared.log.reset();
    Json(shared.log.stats())
}

pub async fn log(State(shared): State<Arc<Shared>>) -> Json<Vec<Entry>> {
    Json(shared.log.entries())
}

/// `{"seconds": N}` moves the simulator's clock on.
#[derive(Debug, Deserialize)]
pub struct Advance {
    seconds: Seconds,
}

pub async fn advance(State(shared): State<Arc<Shared>>, body: Bytes) -> Outcome {
    let Advance { seconds } = read(&body)?;
    shared.clock.advance(seconds);
    Ok(Json(json!({"now": shared.clock.seconds()})))
}
