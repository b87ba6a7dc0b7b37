//! Which conversations somebody may see.

pub use crate::wit::exports::fastintercom::component::maintenance::Scope;
use rusqlite::Connection;

use crate::error::StoreResult;
use crate::store::people::labels::{self, Label};

/// A scope as a condition on conversations `c`.
#[derive(Debug)]
pub(super) struct Resolved {
    pub condition: String,
    /// Names that mean nothing here; nothing is seen by them.
    pub unknown: Vec<String>,
}

impl Scope {
    pub(super) fn resolve(&self, connection: &Connection) -> StoreResult<Resolved> {
        let mut conditions = vec!["TRUE".to_owned()];
        let mut unknown = Vec::new();
        if let Some(teams) = &self.teams {
            let nobody = teams.iter().any(|name| name.trim().eq_ignore_ascii_case("unassigned"));
            let named: Vec<String> = teams
                .iter()
                .filter(|name| !name.trim().eq_ignore_ascii_case("unassigned"))
                .cloned()
                .collect();
            let ids = ids("team", &named, &labels::teams(connection)?, &mut unknown);
            let none = if nobody { "c.team_assignee_id IS NULL" } else { "FALSE" };
            conditions.push(format!("({none} OR coalesce(c.team_assignee_id IN ({ids}), FALSE))"));
        }
        if let Some(tags) = &self.tags {
            let ids = ids("tag", tags, &labels::tags(connection)?, &mut unknown);
            conditions.push(format!(
                "EXISTS (SELECT 1 FROM conversation_tags t WHERE t.conversation_id = c.id AND t.tag_id IN ({ids}))"
            ));
        }
        if let Some(channels) = &self.channels {
            let names: Vec<String> = channels.iter().map(|name| labels::channel_name(name)).collect();
            let ids = ids("channel", &names, &labels::channels(connection)?, &mut unknown);
            conditions.push(format!("coalesce(c.channel IN ({ids}), FALSE)"));
        }
        Ok(Resolved { condition: conditions.join(" AND "), unknown })
    }
}

/// The ids of labels by name or id, for an SQL list.
fn ids(kind: &str, names: &[String], known: &[Label], unknown: &mut Vec<String>) -> String {
    let mut ids = Vec::new();
    for name in names {
        let wanted = name.trim().to_lowercase();
        let before = ids.len();
        ids.extend(
            known
                .iter()
                .filter(|label| label.name.to_lowercase() == wanted || label.id == wanted)
                .map(|label| format!("'{}'", label.id.replace('\'', "''"))),
        );
        if ids.len() == before {
            unknown.push(format!("{kind} \"{name}\""));
        }
    }
    ids.join(", ")
}
