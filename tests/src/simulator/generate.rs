//! The deterministic generator: the same [`Shape`] always makes the same conversations.
//!
//! Each conversation has its own random stream, so they can be made one by one in any number
//! without holding the others in memory.

use std::ops::RangeInclusive;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, json};

use super::change::Change;
use super::directory::{Directory, pick, skewed};
use super::model::{
    Assignee, Attachment, Author, Bot, Channel, Conversation, Index, Part, Priority, Resolution,
    Seconds, Source, State,
};
use super::text::{self, TOPICS, Topic};

/// What a generated workspace looks like.
#[derive(Clone, Debug)]
pub struct Shape {
    pub seed: u64,
    pub conversations: usize,
    /// The newest conversation is about a minute older than this.
    pub now: Seconds,
    /// The oldest conversation is this many days older than `now`; most are much younger.
    pub days: u32,
    pub length: Length,
    pub plants: Vec<Plant>,
}

/// How long the threads are.
#[derive(Clone, Debug)]
pub enum Length {
    /// As in a real workspace: log-normal around eight parts, half of them events; one thread in
    /// 1,500 has more than 500 parts, one in 2,000 holds a mail of more than 100 KB.
    Realistic,
    /// A number of parts in this range, events included.
    Parts(RangeInclusive<usize>),
    /// Exactly this many messages (the first one included) and no events.
    Messages(usize),
}

/// A text put into one message of one conversation and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plant {
    /// [`Conversation::index`].
    pub conversation: usize,
    /// 0 is the first message, 4 the fourth reply; notes and events do not count.
    pub message: usize,
    /// Plain text, which becomes a paragraph of its own.
    pub text: String,
}

impl Shape {
    /// Seconds from the oldest conversation to `now`.
    pub fn span(&self) -> Seconds {
        Seconds::from(self.days.max(1)) * 86_400
    }

    /// The people and labels that the conversations refer to.
    pub fn directory(&self) -> Directory {
        Directory::generate(self.seed, self.conversations, self.now, self.span())
    }
}

/// All conversations of `shape`, oldest first, one at a time.
pub fn conversations<'a>(
    shape: &'a Shape,
    directory: &'a Directory,
) -> impl Iterator<Item = Conversation> + 'a {
    (0..shape.conversations).map(move |index| conversation(shape, directory, index))
}

/// The conversation at position `index` of `shape`.
pub fn conversation(shape: &Shape, directory: &Directory, index: usize) -> Conversation {
    let mut rng = ChaCha8Rng::seed_from_u64(shape.seed);
    rng.set_stream(index as u64 + 1);
    // The exponent crowds conversations towards now, as in a company that grows.
    let place = (index as f64 + rng.random::<f64>()) / shape.conversations.max(1) as f64;
    let age = ((1.0 - place).max(0.0).powf(1.5) * shape.span() as f64) as Seconds;
    let created_at = shape.now - 60 - age;
    let target = part_count(&shape.length, index, &mut rng);
    let times = part_times(&mut rng, created_at, shape.now, target);
    let mut thread = Thread {
        topic: &TOPICS[rng.random_range(0..TOPICS.len())],
        rng,
        directory,
        times,
        target,
        conversation: blank(index, created_at),
        admin: 0,
    };
    thread.begin();
    match shape.length {
        Length::Messages(_) => thread.messages_only(),
        Length::Realistic | Length::Parts(_) => thread.live(shape.now - created_at),
    }
    let Thread {
        mut conversation,
        mut rng,
        topic,
        ..
    } = thread;
    conversation.refresh();
    if matches!(shape.length, Length::Realistic) {
        if index % 2_000 == 711
            && let Some(source) = &mut conversation.source
        {
            source.body = text::long_mail(&mut rng, topic, 100_000 + index % 50_000);
        }
        if index % 83 == 29 && !shape.plants.iter().any(|plant| plant.conversation == index) {
            make_null_heavy(&mut conversation, index);
        }
    }
    for plant in shape
        .plants
        .iter()
        .filter(|plant| plant.conversation == index)
    {
        plant.put_into(&mut conversation, shape.now);
    }
    conversation
}

/// A conversation of which nothing is known but its id and time.
pub fn blank(index: usize, created_at: Seconds) -> Conversation {
    Conversation {
        id: Conversation::id_of(index),
        index,
        title: None,
        created_at,
        updated_at: created_at,
        waiting_since: None,
        snoozed_until: None,
        state: State::Open,
        read: false,
        priority: Priority::None,
        admin_assignee: None,
        team_assignee: None,
        company: None,
        tags: Vec::new(),
        rating: None,
        source: None,
        channel: Channel::Messenger,
        contacts: Vec::new(),
        custom_attributes: Map::new(),
        sla: None,
        ai_agent: None,
        linked_tickets: Vec::new(),
        parts: Vec::new(),
        statistics: None,
        revision: 0,
        parts_made: 0,
    }
}

fn log_normal(rng: &mut ChaCha8Rng, median: f64, sigma: f64) -> f64 {
    // Box-Muller; 1 - u keeps the logarithm's argument above zero.
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    median * (sigma * radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()).exp()
}

fn part_count(length: &Length, index: usize, rng: &mut ChaCha8Rng) -> usize {
    match length {
        Length::Realistic if index % 1_500 == 377 => rng.random_range(501..900),
        Length::Realistic if rng.random_bool(0.02) => 0,
        Length::Realistic => (log_normal(rng, 8.0, 0.85) as usize).clamp(1, 400),
        Length::Parts(range) => rng.random_range(range.clone()),
        Length::Messages(messages) => messages.saturating_sub(1),
    }
}

/// The time of each part: gaps around twenty minutes, squeezed where the thread would run
/// into the future.
fn part_times(
    rng: &mut ChaCha8Rng,
    created_at: Seconds,
    now: Seconds,
    count: usize,
) -> Vec<Seconds> {
    let mut at = 0.0;
    let offsets: Vec<f64> = (0..count)
        .map(|_| {
            at += log_normal(rng, 1_200.0, 1.6);
            at
        })
        .collect();
    let room = (now - 1 - created_at) as f64;
    let scale = if at > room { room / at } else { 1.0 };
    offsets
        .iter()
        .map(|offset| created_at + (offset * scale) as Seconds)
        .collect()
}

/// A thread under construction.
struct Thread<'a> {
    topic: &'static Topic,
    rng: ChaCha8Rng,
    directory: &'a Directory,
    times: Vec<Seconds>,
    target: usize,
    conversation: Conversation,
    /// The agent who currently looks after the customer.
    admin: Index,
}

impl Thread<'_> {
    /// The first message and everything that is known from the start.
    fn begin(&mut self) {
        let rng = &mut self.rng;
        let contact = skewed(rng, self.directory.contacts.len());
        self.admin = rng.random_range(0..self.directory.human_admins().len()) as Index;
        let c = &mut self.conversation;
        c.contacts = vec![contact];
        c.company = self.directory.contacts[contact as usize].company;
        c.channel = pick(
            rng,
            &[
                Channel::Messenger,
                Channel::Messenger,
                Channel::Messenger,
                Channel::Messenger,
                Channel::Email,
                Channel::Email,
                Channel::Email,
                Channel::Whatsapp,
                Channel::Facebook,
                Channel::Instagram,
                Channel::Sms,
                Channel::PhoneCall,
            ],
        );
        let from_admin = rng.random_bool(0.06);
        let by_email = c.channel == Channel::Email;
        let subject = text::fill(rng, self.topic.subject);
        let body = if from_admin {
            text::agent(rng, self.topic)
        } else {
            text::opening(rng, self.topic)
        };
        c.title = match rng.random_range(0..10) {
            0..4 => Some(subject.clone()),
            4 => Some(String::new()),
            _ => None,
        };
        c.source = Some(Source {
            id: 2_600_000_000 + c.index as u64 * 13,
            delivered_as: if from_admin {
                "admin_initiated"
            } else {
                "customer_initiated"
            },
            subject: if by_email {
                format!("<p>{subject}</p>")
            } else {
                String::new()
            },
            body,
            author: if from_admin {
                Author::Admin(self.admin)
            } else {
                Author::Contact(contact)
            },
            attachments: attachments(rng),
            url: (c.channel == Channel::Messenger).then(|| {
                format!(
                    "https://app.acme.example/{}",
                    self.topic.name.replace(' ', "-")
                )
            }),
            redacted: false,
        });
        c.waiting_since = (!from_admin).then_some(c.created_at);
        let attributes = &mut c.custom_attributes;
        attributes.insert("Copilot used".into(), json!(rng.random_bool(0.3)));
        attributes.insert(
            "Language".into(),
            json!(pick(rng, &["English", "German", "Japanese", "Arabic"])),
        );
        attributes.insert("Topic".into(), json!(self.topic.name));
        if rng.random_bool(0.3) {
            attributes.insert(
                "Order total".into(),
                json!(f64::from(rng.random_range(500..90_000)) / 100.0),
            );
            attributes.insert("Items".into(), json!(rng.random_range(1..12)));
        }
        if rng.random_bool(0.2) {
            attributes.insert("CX Score rating".into(), json!(rng.random_range(1..6)));
            attributes.insert(
                "CX Score explanation".into(),
                json!("The customer had to repeat the problem."),
            );
        }
        if rng.random_bool(0.1) {
            attributes.insert("Is VIP".into(), json!(true));
        }
        if rng.random_bool(0.05) {
            c.linked_tickets.push(220_000_000_000_000 + c.index as u64);
        }
    }

    fn apply(&mut self, change: Change) {
        let at = self
            .times
            .get(self.conversation.parts.len())
            .copied()
            .unwrap_or(self.conversation.updated_at);
        let before = self.conversation.parts.len();
        self.conversation.apply(change, at);
        if self.conversation.channel == Channel::Email {
            for part in &mut self.conversation.parts[before..] {
                part.by_email = part.body.is_some() && part.part_type == "comment";
            }
        }
    }

    fn left(&self) -> usize {
        self.target.saturating_sub(self.conversation.parts.len())
    }

    fn messages_only(&mut self) {
        while self.left() > 0 {
            if self.conversation.parts.len() % 2 == 0 {
                self.admin_reply()
            } else {
                self.contact_reply()
            }
        }
    }

    /// The whole life of the conversation, which is `age` seconds old.
    fn live(&mut self, age: Seconds) {
        if self.left() > 3 && self.rng.random_bool(0.4) {
            self.fin();
        }
        if self.left() > 2 {
            let to = Assignee::Team(self.rng.random_range(0..self.directory.teams.len()) as Index);
            self.apply(Change::Assign {
                by: Author::Bot(Bot::Operator),
                to,
            });
        }
        let ends_closed = self
            .rng
            .random_bool(if age > 3 * 86_400 { 0.85 } else { 0.4 });
        while self.left() > if ends_closed { 3 } else { 0 } {
            self.step();
        }
        if ends_closed && self.left() > 0 {
            if self.conversation.state == State::Open || self.conversation.parts.is_empty() {
                self.close();
            }
            if self.left() > 0 && self.rng.random_bool(0.45) {
                self.rate();
            }
            while self.left() > 0 {
                self.event();
            }
        }
    }

    /// Fin answers first, and then has solved it or hands over.
    fn fin(&mut self) {
        let body = text::agent(&mut self.rng, self.topic);
        self.apply(Change::BotReply {
            bot: Bot::FinAnswer,
            body,
        });
        let article = text::article(&mut self.rng);
        let resolution = pick(
            &mut self.rng,
            &[
                Resolution::Assumed,
                Resolution::Confirmed,
                Resolution::Escalated,
                Resolution::Escalated,
                Resolution::NegativeFeedback,
                Resolution::Abandoned,
            ],
        );
        if let Some(agent) = &mut self.conversation.ai_agent {
            agent.articles.push(article);
            if self.rng.random_bool(0.2) {
                agent.rating = Some(self.rng.random_range(1..6));
                agent.rating_remark = self
                    .rng
                    .random_bool(0.5)
                    .then(|| text::remark(&mut self.rng));
            }
        }
        if matches!(
            resolution,
            Resolution::Escalated | Resolution::NegativeFeedback
        ) {
            self.contact_reply();
            self.apply(Change::BotReply {
                bot: Bot::FinMessage,
                body: "<p>I am connecting you with a teammate.</p>".to_owned(),
            });
        }
        self.apply(Change::ResolveAi { resolution });
    }

    fn step(&mut self) {
        if self.conversation.state != State::Open {
            // Something has to wake a closed or snoozed conversation.
            if self.rng.random_bool(0.8) {
                self.contact_reply();
            } else {
                self.apply(Change::Reopen { admin: self.admin });
            }
            return;
        }
        match self.rng.random_range(0..100) {
            0..24 => self.contact_reply(),
            24..46 => self.admin_reply(),
            46..54 => {
                let body = text::note(&mut self.rng);
                self.apply(Change::Note {
                    admin: self.admin,
                    body,
                });
            }
            54..62 => {
                let tag = skewed(&mut self.rng, self.directory.tags.len());
                self.apply(Change::Tag {
                    admin: self.admin,
                    tag,
                });
            }
            62..70 => self.hand_over(),
            70..74 => {
                let until = self.conversation.updated_at + self.rng.random_range(3_600..5 * 86_400);
                self.apply(Change::Snooze {
                    admin: self.admin,
                    until,
                });
            }
            74..80 => self.close(),
            80..83 => {
                let priority = pick(
                    &mut self.rng,
                    &[
                        Priority::Low,
                        Priority::Medium,
                        Priority::High,
                        Priority::Urgent,
                    ],
                );
                self.apply(Change::SetPriority {
                    admin: self.admin,
                    priority,
                });
            }
            83..86 => {
                let name = pick(&mut self.rng, &["First response 1 h", "Enterprise 30 min"]);
                self.apply(Change::ApplySla { name });
            }
            86..88 if self.conversation.sla.is_some() => self.apply(Change::MissSla),
            88..92 => {
                let value = json!(pick(&mut self.rng, &["low", "high", "unclear"]));
                self.apply(Change::SetAttribute {
                    admin: self.admin,
                    name: "Urgency".into(),
                    value,
                });
            }
            _ => self.event(),
        }
    }

    fn contact_reply(&mut self) {
        let body = text::customer(&mut self.rng, self.topic);
        let attachments = attachments(&mut self.rng);
        self.apply(Change::ContactReply { body, attachments });
    }

    fn admin_reply(&mut self) {
        let body = text::agent(&mut self.rng, self.topic);
        let attachments = attachments(&mut self.rng);
        self.apply(Change::AdminReply {
            admin: self.admin,
            body,
            attachments,
        });
    }

    fn hand_over(&mut self) {
        let next = self
            .rng
            .random_range(0..self.directory.human_admins().len()) as Index;
        let to = Assignee::Admin(next);
        if self.rng.random_bool(0.35) {
            let body = text::agent(&mut self.rng, self.topic);
            self.apply(Change::AssignWithText {
                admin: self.admin,
                to,
                body,
            });
        } else {
            self.apply(Change::Assign {
                by: Author::Admin(self.admin),
                to,
            });
        }
        self.admin = next;
    }

    fn close(&mut self) {
        let by = if self.rng.random_bool(0.15) {
            Author::Bot(Bot::Operator)
        } else {
            Author::Admin(self.admin)
        };
        self.apply(Change::Close { by });
    }

    fn rate(&mut self) {
        let score = pick(&mut self.rng, &[1, 2, 3, 4, 4, 5, 5, 5, 5]);
        // A remark makes a second part.
        let remark =
            (self.left() > 1 && self.rng.random_bool(0.5)).then(|| text::remark(&mut self.rng));
        self.apply(Change::Rate { score, remark });
    }

    fn event(&mut self) {
        let part_type = pick(
            &mut self.rng,
            &[
                "language_detection_details",
                "channel_and_reply_time_expectation",
                "user_became_idle",
                "attribute_collected",
                "custom_action_finished",
                "conversation_attribute_updated_by_workflow",
            ],
        );
        self.apply(Change::Event {
            part_type: part_type.into(),
            author: Author::Bot(Bot::Operator),
            details: None,
        });
    }
}

fn attachments(rng: &mut ChaCha8Rng) -> Vec<Attachment> {
    match rng.random_range(0..40) {
        0 => vec![Attachment {
            name: format!("screenshot-{}.png", rng.random_range(1..999)),
            content_type: "image/png",
            filesize: rng.random_range(20_000..2_000_000),
            size: Some((1_280, 720)),
        }],
        1 => vec![Attachment {
            name: format!("Rechnung № {}.pdf", rng.random_range(1_000..9_999)),
            content_type: "application/pdf",
            filesize: rng.random_range(40_000..900_000),
            size: None,
        }],
        _ => Vec::new(),
    }
}

/// Takes away what may be null, as in conversations that an integration created.
fn make_null_heavy(conversation: &mut Conversation, index: usize) {
    conversation.title = None;
    conversation.company = None;
    conversation.statistics = None;
    conversation.rating = None;
    conversation.custom_attributes.clear();
    if index % 2 == 1 {
        conversation.source = None;
    }
}

impl Plant {
    fn put_into(&self, conversation: &mut Conversation, now: Seconds) {
        let paragraph = format!("<p>{}</p>", escape(&self.text));
        if self.message == 0 {
            if let Some(source) = &mut conversation.source {
                source.body.push_str(&paragraph);
            }
            return;
        }
        let replies = |c: &Conversation| {
            c.parts
                .iter()
                .filter(|part| part.is_visible_message())
                .count()
        };
        while replies(conversation) < self.message {
            let body = "<p>Any news on this?</p>".to_owned();
            let at = (conversation.updated_at + 30).min(now);
            conversation.apply(
                Change::ContactReply {
                    body,
                    attachments: Vec::new(),
                },
                at,
            );
        }
        let visible = |part: &&mut Part| part.is_visible_message();
        let part = conversation
            .parts
            .iter_mut()
            .filter(visible)
            .nth(self.message - 1);
        if let Some(body) = part.and_then(|part| part.body.as_mut()) {
            body.push_str(&paragraph);
        }
        conversation.refresh();
    }
}

/// `text` with the characters escaped that HTML reserves.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
