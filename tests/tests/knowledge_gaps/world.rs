//! A workspace in which gaps are planted, with the one call on it.

use std::collections::HashMap;

use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::change::Change;
use fastintercom_tests::simulator::help_center::Article;
use fastintercom_tests::simulator::model::{AiAgent, Author, Id, Index, Resolution};
use fastintercom_tests::simulator::{Config, Simulator};
use fastintercom_tests::still_host::StillHost;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::planted::{OF_THE_SIMULATOR, Plan, Topic};

const NOW: i64 = 1_795_359_600;
const CONVERSATIONS: usize = 2_000;

/// Ids of conversations with what was planted in them.
pub type Planted = HashMap<String, &'static str>;

pub struct World {
    simulator: Simulator,
    plan: Plan,
    rng: ChaCha8Rng,
    /// Conversations in which nothing was planted yet.
    free: Vec<Id>,
    pub topics: Planted,
}

impl World {
    pub fn new(plan: Plan, seed: u64) -> Self {
        let config = Config::new().conversations(CONVERSATIONS).seed(seed).days(90).frozen_at(NOW);
        let simulator = Simulator::start(config).expect("starts");
        let free = {
            let workspace = simulator.workspace();
            let is_plain = |c: &&fastintercom_tests::simulator::Conversation| {
                c.source.as_ref().is_some_and(|source| {
                    source.delivered_as == "customer_initiated" && matches!(source.author, Author::Contact(_))
                })
            };
            workspace.conversations().filter(is_plain).map(|c| c.id).collect()
        };
        let mut world = Self {
            simulator,
            plan,
            rng: ChaCha8Rng::seed_from_u64(seed ^ 0x6a75),
            free,
            topics: HashMap::new(),
        };
        world.write_articles();
        world.let_usual_articles_help();
        for topic in plan.without_article {
            let times = world.rng.random_range(14..31);
            world.ask(topic, times);
        }
        for (topic, ..) in plan.with_article {
            let times = world.rng.random_range(14..31);
            world.ask(topic, times);
        }
        for title in plan.bad {
            let times = world.rng.random_range(22..46);
            world.answer_from(title, times, 0.86);
        }
        for title in plan.good {
            let times = world.rng.random_range(22..46);
            world.answer_from(title, times, 0.25);
        }
        world
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.rng.random_range(0..list.len())]
    }

    fn take(&mut self) -> Id {
        let at = self.rng.random_range(0..self.free.len());
        self.free.swap_remove(at)
    }

    fn write_articles(&mut self) {
        let plan = self.plan;
        let text = |title: &str| format!("<p>{title}. {}</p>", plan.article);
        let mut articles: Vec<Article> = OF_THE_SIMULATOR
            .iter()
            .map(|(title, body)| Article::new(title, body, NOW - 40 * 86_400))
            .collect();
        articles.extend(
            plan.with_article.iter().map(|(_, title, body)| Article::new(title, body, NOW - 50 * 86_400)),
        );
        articles.extend(
            plan.bad
                .iter()
                .chain(plan.good)
                .map(|title| Article::new(title, &text(title), NOW - 60 * 86_400)),
        );
        self.simulator.workspace().help_center.articles.extend(articles);
    }

    /// The simulator's own articles fail by chance in half of their conversations; here in a third.
    fn let_usual_articles_help(&mut self) {
        let answered: Vec<Id> = {
            let workspace = self.simulator.workspace();
            workspace.conversations().filter(|c| c.ai_agent.is_some()).map(|c| c.id).collect()
        };
        for id in answered {
            let resolution =
                if self.rng.random_bool(0.33) { Resolution::Escalated } else { Resolution::Assumed };
            self.simulator.workspace().edit(id, |c| {
                if let Some(agent) = &mut c.ai_agent {
                    agent.resolution = Some(resolution);
                }
            });
        }
    }

    /// So many customers ask that, each in their way, and a teammate answers.
    fn ask(&mut self, topic: &'static Topic, times: usize) {
        for time in 0..times {
            let id = self.take();
            let question = self.pick(topic.questions);
            let (before, after) = (self.pick(self.plan.before), self.pick(self.plan.after));
            let before = if self.rng.random_bool(0.7) { before } else { "" };
            let after = if self.rng.random_bool(0.7) { after } else { "" };
            let (opening, answer) = (self.pick(self.plan.openings), self.pick(topic.answers));
            let customer: Index = self.rng.random_range(0..600);
            let mut workspace = self.simulator.workspace();
            workspace.edit(id, |c| {
                // The conversation begins anew, with this question.
                c.title = None;
                c.parts.clear();
                c.rating = None;
                c.ai_agent = None;
                c.contacts = vec![customer];
                let source = c.source.as_mut().expect("a source");
                source.subject.clear();
                source.author = Author::Contact(customer);
                source.body = format!("<p>{before} {question}</p><p>{after}</p>");
            });
            let body = format!("<p>{opening} {answer}</p>");
            workspace
                .change(id, Change::AdminReply { admin: (time % 3) as Index, body, attachments: Vec::new() });
            if time % 4 > 0 {
                workspace.change(id, Change::Close { by: Author::Admin(0) });
            }
            drop(workspace);
            self.topics.insert(id.to_string(), topic.name);
        }
    }

    /// The AI agent answers from that article, and so often it does not help.
    fn answer_from(&mut self, title: &'static str, times: usize, failing: f64) {
        for _ in 0..times {
            let id = self.take();
            let fails = self.rng.random_bool(failing);
            let resolution = match (fails, self.rng.random_range(0..4)) {
                (true, 0) => Resolution::NegativeFeedback,
                (true, _) => Resolution::Escalated,
                (false, 0) => Resolution::Confirmed,
                (false, _) => Resolution::Assumed,
            };
            let mut articles = vec![title];
            if self.rng.random_bool(0.25) {
                articles.push(self.pick(self.plan.good));
            }
            articles.dedup();
            self.simulator.workspace().edit(id, |c| {
                c.ai_agent = Some(AiAgent {
                    source_type: "workflow",
                    source_title: None,
                    last_answer_type: Some("ai_answer"),
                    resolution: Some(resolution),
                    rating: None,
                    rating_remark: None,
                    created_at: c.created_at,
                    updated_at: c.created_at,
                    articles,
                });
            });
        }
    }

    /// How many conversations each topic without an article was planted in.
    pub fn planted(&self) -> Vec<(&'static str, usize)> {
        let count = |name| self.topics.values().filter(|planted| **planted == name).count();
        self.plan.without_article.iter().map(|topic| (topic.name, count(topic.name))).collect()
    }

    /// The one call, on a cache that was synced.
    pub fn gaps(&self, arguments: &Value) -> Value {
        let cache = Cache::of(&self.simulator);
        cache.sync(&self.simulator).expect("syncs");
        let mut store = Store::open(&cache.path(), OpenMode::ReadWrite).expect("opens");
        let output = StillHost::at(NOW)
            .call(&mut store, &cache.settings, "find_knowledge_gaps", &arguments.to_string())
            .expect("an answer");
        serde_json::from_str(&output.structured).expect("JSON")
    }
}
