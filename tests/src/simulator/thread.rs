//! One generated thread, event by event.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use serde_json::json;

use super::change::Change;
use super::directory::{Directory, pick, skewed};
use super::model::{
    Assignee, Attachment, Author, Bot, Channel, Conversation, Index, Priority, Resolution, Seconds, Source,
    State,
};
use super::text;
use super::tickets::Category;
use super::topics::Topic;

/// A thread under construction.
pub struct Thread<'a> {
    pub topic: &'static Topic,
    pub rng: ChaCha8Rng,
    pub directory: &'a Directory,
    pub times: Vec<Seconds>,
    pub target: usize,
    pub conversation: Conversation,
    /// The agent who currently looks after the customer.
    pub admin: Index,
}

impl Thread<'_> {
    /// The first message and everything that is known from the start.
    pub fn begin(&mut self) {
        let rng = &mut self.rng;
        let contact = skewed(rng, self.directory.contacts.len());
        self.admin = rng.random_range(0..self.directory.human_admins().len()) as Index;
        let c = &mut self.conversation;
        c.contacts = vec![contact];
        if rng.random_bool(0.03) {
            // A group conversation.
            let second = (contact + 1) % self.directory.contacts.len() as Index;
            c.contacts.push(second);
        }
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
        let body = if from_admin { text::agent(rng, self.topic) } else { text::opening(rng, self.topic) };
        c.title = match rng.random_range(0..10) {
            0..4 => Some(subject.clone()),
            4 => Some(String::new()),
            _ => None,
        };
        c.source = Some(Source {
            id: 2_600_000_000 + c.index as u64 * 13,
            delivered_as: if from_admin { "admin_initiated" } else { "customer_initiated" },
            subject: if by_email { format!("<p>{subject}</p>") } else { String::new() },
            body,
            author: if from_admin { Author::Admin(self.admin) } else { Author::Contact(contact) },
            attachments: attachments(rng),
            url: (c.channel == Channel::Messenger)
                .then(|| format!("https://app.acme.example/{}", self.topic.name.replace(' ', "-"))),
            redacted: false,
        });
        c.waiting_since = (!from_admin).then_some(c.created_at);
        let attributes = &mut c.custom_attributes;
        attributes.insert("Copilot used".into(), json!(rng.random_bool(0.3)));
        attributes.insert("Language".into(), json!(pick(rng, &["English", "German", "Japanese", "Arabic"])));
        attributes.insert("Topic".into(), json!(self.topic.name));
        if rng.random_bool(0.3) {
            attributes.insert("Order total".into(), json!(f64::from(rng.random_range(500..90_000)) / 100.0));
            attributes.insert("Items".into(), json!(rng.random_range(1..12)));
        }
        if rng.random_bool(0.2) {
            attributes.insert("CX Score rating".into(), json!(rng.random_range(1..6)));
            attributes
                .insert("CX Score explanation".into(), json!("The customer had to repeat the problem."));
        }
        if rng.random_bool(0.1) {
            attributes.insert("Is VIP".into(), json!(true));
        }
        if rng.random_bool(0.05) {
            c.linked_tickets.push((220_000_000_000_000 + c.index as u64, Category::Customer));
        }
    }

    fn apply(&mut self, change: Change) {
        let at =
            self.times.get(self.conversation.parts.len()).copied().unwrap_or(self.conversation.updated_at);
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

    pub fn messages_only(&mut self) {
        while self.left() > 0 {
            if self.conversation.parts.len().is_multiple_of(2) {
                self.admin_reply()
            } else {
                self.contact_reply()
            }
        }
    }

    /// The whole life of the conversation, which is `age` seconds old.
    pub fn live(&mut self, age: Seconds) {
        if self.left() > 3 && self.rng.random_bool(0.4) {
            self.fin();
        }
        if self.left() > 2 {
            let to = Assignee::Team(self.rng.random_range(0..self.directory.teams.len()) as Index);
            self.apply(Change::Assign { by: Author::Bot(Bot::Operator), to });
        }
        let ends_closed = self.rng.random_bool(if age > 3 * 86_400 { 0.85 } else { 0.4 });
        while self.left() > if ends_closed { 3 } else { 0 } {
            self.step();
        }
        if ends_closed && self.left() > 0 {
            if self.conversation.state == State::Open || self.conversation.parts.is_empty() {
                self.close();
            }
            match self.rng.random_range(0..100) {
                0..45 if self.left() > 0 => self.rate(),
                45..55 => self.conversation.apply(Change::RequestRating, self.conversation.updated_at),
                _ => {}
            }
            while self.left() > 0 {
                self.event();
            }
        }
    }

    /// Fin answers first, and then has solved it or hands over.
    fn fin(&mut self) {
        let body = text::agent(&mut self.rng, self.topic);
        self.apply(Change::BotReply { bot: Bot::FinAnswer, body });
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
                agent.rating_remark = self.rng.random_bool(0.5).then(|| text::remark(&mut self.rng));
            }
        }
        if matches!(resolution, Resolution::Escalated | Resolution::NegativeFeedback) {
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
                self.apply(Change::Note { admin: self.admin, body });
            }
            54..62 => {
                let tag = skewed(&mut self.rng, self.directory.tags.len());
                self.apply(Change::Tag { admin: self.admin, tag });
            }
            62..70 => self.hand_over(),
            70..74 => {
                let until = self.conversation.updated_at + self.rng.random_range(3_600..5 * 86_400);
                self.apply(Change::Snooze { admin: self.admin, until });
            }
            74..80 => self.close(),
            80..83 => {
                let priority =
                    pick(&mut self.rng, &[Priority::Low, Priority::Medium, Priority::High, Priority::Urgent]);
                self.apply(Change::SetPriority { admin: self.admin, priority });
            }
            83..86 => {
                let name = pick(&mut self.rng, &["First response 1 h", "Enterprise 30 min"]);
                self.apply(Change::ApplySla { name });
            }
            86..88 if self.conversation.sla.is_some() => self.apply(Change::MissSla),
            88..92 => {
                let value = json!(pick(&mut self.rng, &["low", "high", "unclear"]));
                self.apply(Change::SetAttribute { admin: self.admin, name: "Urgency".into(), value });
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
        self.apply(Change::AdminReply { admin: self.admin, body, attachments });
    }

    fn hand_over(&mut self) {
        let next = self.rng.random_range(0..self.directory.human_admins().len()) as Index;
        let to = Assignee::Admin(next);
        if self.rng.random_bool(0.35) {
            let body = text::agent(&mut self.rng, self.topic);
            self.apply(Change::AssignWithText { admin: self.admin, to, body });
        } else {
            self.apply(Change::Assign { by: Author::Admin(self.admin), to });
        }
        self.admin = next;
    }

    fn close(&mut self) {
        let by =
            if self.rng.random_bool(0.15) { Author::Bot(Bot::Operator) } else { Author::Admin(self.admin) };
        self.apply(Change::Close { by });
    }

    fn rate(&mut self) {
        let score = pick(&mut self.rng, &[1, 2, 3, 4, 4, 5, 5, 5, 5]);
        // A remark makes a second part.
        let remark = (self.left() > 1 && self.rng.random_bool(0.5)).then(|| text::remark(&mut self.rng));
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
                // No client can know every type: the list grows without a new API version.
                "part_type_of_the_future",
            ],
        );
        self.apply(Change::Event {
            part_type: part_type.into(),
            author: Author::Bot(Bot::Operator),
            details: None,
        });
    }
}

pub(super) fn attachments(rng: &mut ChaCha8Rng) -> Vec<Attachment> {
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
