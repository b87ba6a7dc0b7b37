//! Random changes, as a day in a busy inbox makes them.

use rand::RngExt;

use super::change::Change;
use super::directory::{pick, skewed};
use super::model::{Assignee, Author, Bot, Id, Index, Priority, State};
use super::text;
use super::topics::TOPICS;
use super::workspace::Workspace;

impl Workspace {
    /// Does one thing that happens in a busy inbox, mostly to recent conversations. Whatever it
    /// is, it moves `updated_at` (or deletes): a copy that does not follow has lost an update.
    /// Returns the conversation's id and what was done.
    pub fn random_change(&mut self) -> (Id, &'static str) {
        let topic = &TOPICS[self.rng.random_range(0..TOPICS.len())];
        let roll = self.rng.random_range(0..200);
        let target = self.random_conversation();
        let (Some((id, state, parts)), 20..) = (target, roll) else {
            let body = text::opening(&mut self.rng, topic);
            return (self.add(body), "add");
        };
        let admin = self.rng.random_range(0..self.directory.human_admins().len()) as Index;
        let now = self.now();
        let rng = &mut self.rng;
        let (change, name) = match roll {
            20..65 => {
                let body = text::customer(rng, topic);
                (Change::ContactReply { body, attachments: Vec::new() }, "contact_reply")
            }
            65..105 => {
                let body = text::agent(rng, topic);
                (Change::AdminReply { admin, body, attachments: Vec::new() }, "admin_reply")
            }
            105..118 => (Change::Note { admin, body: text::note(rng) }, "note"),
            118..130 => (Change::Tag { admin, tag: skewed(rng, self.directory.tags.len()) }, "tag"),
            130..134 => (Change::Untag { admin, tag: 0 }, "untag"),
            134..150 if state != State::Closed => (Change::Close { by: Author::Admin(admin) }, "close"),
            134..150 => (Change::Reopen { admin }, "reopen"),
            150..158 => {
                let to = Assignee::Team(rng.random_range(0..self.directory.teams.len()) as Index);
                (Change::Assign { by: Author::Admin(admin), to }, "assign")
            }
            158..164 => {
                let body = text::agent(rng, topic);
                (Change::AssignWithText { admin, to: Assignee::Admin(admin), body }, "assign_with_text")
            }
            164..169 => (Change::Snooze { admin, until: now + 86_400 }, "snooze"),
            169..175 => {
                let remark = rng.random_bool(0.5).then(|| text::remark(rng));
                (Change::Rate { score: rng.random_range(1..6), remark }, "rate")
            }
            175..179 => {
                let priority = pick(rng, &[Priority::None, Priority::High, Priority::Urgent]);
                (Change::SetPriority { admin, priority }, "priority")
            }
            179..184 => {
                let value = rng.random_bool(0.5).into();
                (Change::SetAttribute { admin, name: "Is VIP".to_owned(), value }, "attribute")
            }
            184..188 => {
                let body = text::agent(rng, topic);
                (Change::BotReply { bot: Bot::FinAnswer, body }, "bot_reply")
            }
            188..193 if !parts.is_empty() => {
                let part = pick(rng, &parts);
                self.redact_part(id, part);
                return (id, "redact");
            }
            193..195 if !parts.is_empty() => {
                let part = pick(rng, &parts);
                self.delete_part(id, part);
                return (id, "delete_part");
            }
            195..198 => {
                self.delete_conversation(id);
                return (id, "delete");
            }
            _ => (Change::MissSla, "sla_missed"),
        };
        self.change(id, change);
        (id, name)
    }

    /// A conversation, more likely a recent one, with its state and the ids of its parts.
    fn random_conversation(&mut self) -> Option<(Id, State, Vec<Id>)> {
        for _ in 0..32 {
            let back = skewed(&mut self.rng, self.conversations.len()) as usize;
            let place = self.conversations.len().checked_sub(1 + back)?;
            if let Some(c) = &self.conversations[place] {
                return Some((c.id, c.state, c.parts.iter().map(|part| part.id).collect()));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::{Comparison, Config, Conversation};
    use super::*;
    use crate::simulator::query::SearchRequest;
    use crate::simulator::version::ApiVersion;
    use serde_json::json;

    #[test]
    fn every_random_change_is_visible_to_who_searches_by_updated_at() {
        const NOW: i64 = 1_795_000_000;
        let config = Config::new().conversations(200).frozen_at(NOW);
        let clock = std::sync::Arc::new(config.clock());
        let mut workspace = Workspace::generate(&config, std::sync::Arc::clone(&clock));
        let mut copy: HashMap<Id, _> = workspace.conversations().map(|c| (c.id, c.clone())).collect();
        for round in 1..=100 {
            clock.advance(60);
            for _ in 0..20 {
                workspace.random_change();
            }
            let query = json!({"field": "updated_at", "operator": ">", "value": NOW + round * 60});
            let body = json!({"query": query, "pagination": {"per_page": 150}});
            let request = SearchRequest::parse::<Conversation>(&body).expect("a valid search");
            let (index, people) = workspace.index();
            let page = index.search(&request, people, ApiVersion::V2_16, Comparison::Inclusive);
            assert!(page.records.len() <= 20 && page.next.is_none());
            copy.extend(page.records.iter().map(|c| (c.id, (**c).clone())));
            for deleted in workspace.deleted() {
                copy.remove(&deleted.id);
            }
        }
        let truth: HashMap<Id, _> = workspace.conversations().map(|c| (c.id, c.clone())).collect();
        assert!(copy == truth);
        assert!(workspace.deleted().len() > 5);
    }
}
