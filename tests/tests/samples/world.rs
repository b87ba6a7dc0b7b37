//! A workspace in which themes of known sizes are planted, and samples of it.

use std::collections::HashMap;

use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_guest::text::{clean, html_to_text};
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::change::Change;
use fastintercom_tests::simulator::model::{Author, Id, Index, Rating};
use fastintercom_tests::simulator::{Config, Conversation, Simulator};
use fastintercom_tests::still_host::StillHost;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::knowledge_gaps::planted::{Plan, Topic};

pub const NOW: i64 = 1_795_359_600;

/// How many conversations are about each planted theme.
pub const SIZES: [usize; 8] = [200, 100, 60, 40, 30, 20, 15, 10];

/// How teammates answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// Much the same to the same question.
    Alike,
    /// Something, whatever was asked.
    Unlike,
}

pub struct World {
    pub simulator: Simulator,
    cache: Cache,
    /// Ids of conversations with the theme that was planted in them.
    pub themes: HashMap<String, &'static str>,
}

impl World {
    pub fn new(plan: Plan, conversations: usize, answers: Answers, seed: u64) -> Self {
        let config = Config::new().conversations(conversations).seed(seed).days(28).frozen_at(NOW);
        let simulator = Simulator::start(config).expect("starts");
        let mut free: Vec<Id> = {
            let workspace = simulator.workspace();
            let is_customers = |c: &&Conversation| {
                c.source.as_ref().is_some_and(|source| matches!(source.author, Author::Contact(_)))
            };
            workspace.conversations().filter(is_customers).map(|c| c.id).collect()
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5a3b);
        let mut themes = HashMap::new();
        for (topic, size) in plan.without_article.iter().zip(SIZES) {
            for _ in 0..size {
                let at = rng.random_range(0..free.len());
                let id = free.swap_remove(at);
                write(&simulator, &mut rng, plan, topic, id, answers);
                themes.insert(id.to_string(), topic.name);
            }
        }
        let cache = Cache::of(&simulator);
        cache.sync(&simulator).expect("syncs");
        Self { simulator, cache, themes }
    }

    pub fn ask(&self, arguments: &Value) -> String {
        let mut store = Store::open(&self.cache.path(), OpenMode::ReadWrite).expect("opens");
        StillHost::at(NOW)
            .call(&mut store, &self.cache.settings, "search_conversations", &arguments.to_string())
            .unwrap_or_else(|error| panic!("{arguments}: {error:?}"))
            .structured
    }

    /// All that customers wrote in that conversation, as a reader sees it, without blanks.
    pub fn written(&self, id: &str) -> Vec<String> {
        let workspace = self.simulator.workspace();
        let one = workspace.conversations().find(|c| c.id.to_string() == id).expect("a conversation");
        let first = one.source.iter().filter(|source| matches!(source.author, Author::Contact(_)));
        let parts = one.parts.iter().filter(|part| matches!(part.author, Author::Contact(_)));
        first
            .map(|source| source.body.clone())
            .chain(parts.filter_map(|part| part.body.clone()))
            .map(|html| without_blanks(&clean(&html_to_text(&html))))
            .collect()
    }
}

pub fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The conversation begins anew, with a question of that theme.
fn write(simulator: &Simulator, rng: &mut ChaCha8Rng, plan: Plan, topic: &Topic, id: Id, answers: Answers) {
    let mut pick = |list: &[&'static str]| list[rng.random_range(0..list.len())];
    let (question, before, after) = (pick(topic.questions), pick(plan.before), pick(plan.after));
    let (opening, alike) = (pick(plan.openings), pick(topic.answers));
    // Who is answered in no common way is known by the question alone, so that says more than a few
    // words.
    let (unlike, more) = (pick(plan.after), pick(topic.questions));
    let more = if answers == Answers::Unlike && more != question { more } else { "" };
    let customer: Index = rng.random_range(0..600);
    let score = rng.random_bool(0.3).then(|| rng.random_range(1..6));
    let mut workspace = simulator.workspace();
    workspace.edit(id, |c| {
        c.title = None;
        c.parts.clear();
        c.contacts = vec![customer];
        c.rating = score.map(|score| Rating {
            score: Some(score),
            remark: None,
            requested_at: c.created_at,
            updated_at: c.created_at,
            contact: customer,
            admin: Some(0),
        });
        let source = c.source.as_mut().expect("a source");
        source.subject.clear();
        source.author = Author::Contact(customer);
        source.body = format!("<p>{before} {question} {more}</p><p>{after}</p>");
    });
    let body = match answers {
        Answers::Alike => format!("<p>{opening} {alike}</p>"),
        Answers::Unlike => format!("<p>{opening} {unlike}</p>"),
    };
    workspace.change(id, Change::AdminReply { admin: 1, body, attachments: Vec::new() });
}
