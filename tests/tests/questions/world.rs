//! The workspace that is asked about, and what is true of it by the simulator's records.

use std::sync::{LazyLock, Mutex};

use chrono::{DateTime, NaiveDate};
use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_guest::tools::{self, ToolError};
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::directory::{Company, Contact, Directory};
use fastintercom_tests::simulator::help_center::HelpCenter;
use fastintercom_tests::simulator::model::{Author, State};
use fastintercom_tests::simulator::tickets::Ticket;
use fastintercom_tests::simulator::{Config, Conversation, MAX_PARTS, Simulator};
use fastintercom_tests::still_host::StillHost;
use serde_json::Value;

/// 2026-11-22T15:00:00Z, a Sunday.
pub const NOW: i64 = 1_795_359_600;
pub const DAY: i64 = 86_400;

/// Texts that stand in one conversation each: conversation, message, text.
const PLANTED: &[(usize, usize, &str)] = &[
    (120, 2, "The Klarna payment page stays white on my tablet."),
    (233, 0, "Paying with Klarna fails with a blank page."),
    (391, 3, "Klarna tells me that the merchant is unknown."),
    (310, 5, "I am the one with the purple elephant on the profile picture, as discussed."),
    (405, 1, "My new mobile number ends with 4711 and the contract is KX-88123."),
];
/// What many customers wrote about in the last week, and nobody before.
const RISING: &str = "Since the update my thermostat shows no temperature.";
const RISING_IN: std::ops::Range<usize> = 465..490;

pub static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| Mutex::new(World::new()));

pub struct World {
    pub cache: Cache,
    pub people: Directory,
    pub all: Vec<Conversation>,
    pub help_center: HelpCenter,
    pub tickets: Vec<Ticket>,
}

/// A message that can be found.
pub struct Message {
    pub author: Author,
    pub at: i64,
    pub text: String,
    pub is_note: bool,
}

impl World {
    fn new() -> Self {
        let mut config = Config::new()
            .conversations(500)
            .tickets(120)
            .seed(6)
            .days(60)
            .frozen_at(NOW)
            .timezone("Europe/Berlin");
        for (conversation, message, text) in PLANTED {
            config = config.plant(*conversation, *message, *text);
        }
        for conversation in RISING_IN {
            config = config.plant(conversation, 0, RISING);
        }
        let simulator = Simulator::start(config).expect("starts");
        let cache = Cache::of(&simulator);
        cache.sync(&simulator).expect("syncs");
        let (people, all, help_center, tickets) = {
            let workspace = simulator.workspace();
            (
                workspace.directory().clone(),
                workspace.conversations().cloned().collect(),
                workspace.help_center.clone(),
                workspace.tickets().cloned().collect(),
            )
        };
        Self { cache, people, all, help_center, tickets }
    }

    /// The structured answer of a tool, checked against the tool's output schema and its budget.
    pub fn call(&self, tool: &str, arguments: &Value) -> Result<Value, String> {
        let mut store = Store::open(&self.cache.path(), OpenMode::ReadWrite).expect("opens");
        let output = StillHost::at(NOW)
            .call(&mut store, &self.cache.settings, tool, &arguments.to_string())
            .map_err(|error| match error {
                ToolError::UnknownTool(sentence) => sentence,
                ToolError::InvalidArguments(output) | ToolError::Failed(output) => output.structured,
            })?;
        let answer: Value = serde_json::from_str(&output.structured).expect("JSON");
        let definition = tools::list().into_iter().find(|one| one.name == tool).expect("a tool");
        let schema: Value = serde_json::from_str(&definition.output_schema).expect("a schema");
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        if let Some(error) = validator.iter_errors(&answer).next() {
            return Err(format!("{tool} {arguments} breaks its output schema: {error}"));
        }
        let budget = match tool {
            // In tokens of four bytes.
            "search_conversations" if arguments["sample"].is_u64() => {
                arguments["sample"].as_u64().unwrap_or(0) as usize * 4
            }
            "search_conversations" if arguments.get("limit").is_none() => 8_000,
            "search_conversations" => 40_000,
            "query_database" => 26_000,
            _ => 16_000,
        };
        if output.structured.len() > budget {
            return Err(format!("{tool} {arguments} has {} bytes", output.structured.len()));
        }
        Ok(answer)
    }

    /// Ids of all conversations that are so.
    pub fn ids(&self, is: impl Fn(&Conversation) -> bool) -> Vec<String> {
        self.all.iter().filter(|c| is(c)).map(id).collect()
    }

    pub fn count(&self, is: impl Fn(&Conversation) -> bool) -> usize {
        self.all.iter().filter(|c| is(c)).count()
    }

    pub fn planted(&self, text: &str) -> &Conversation {
        let (index, ..) = PLANTED.iter().find(|(.., planted)| planted.contains(text)).expect("planted");
        self.all.iter().find(|c| c.index == *index).expect("there")
    }

    /// All messages of it that Intercom still returns, the title as part of the first.
    pub fn messages(&self, c: &Conversation) -> Vec<Message> {
        let title = c.title.clone().or_else(|| c.source.as_ref().map(|source| source.subject.clone()));
        let first = c.source.iter().map(|source| Message {
            author: source.author,
            at: c.created_at,
            text: format!("{} {}", plain(&title.clone().unwrap_or_default()), plain(&source.body)),
            is_note: false,
        });
        let parts = c.parts[c.parts.len().saturating_sub(MAX_PARTS)..].iter().filter_map(|part| {
            Some(Message {
                author: part.author,
                at: part.created_at,
                text: plain(part.body.as_deref()?),
                is_note: part.part_type.starts_with("note"),
            })
        });
        first.chain(parts).collect()
    }

    /// Some message that the customer can see has the word.
    pub fn mentions(&self, c: &Conversation, word: &str) -> bool {
        self.messages(c).iter().any(|message| !message.is_note && has_word(&message.text, word))
    }

    /// Some message that the customer can see contains this text.
    pub fn contains(&self, c: &Conversation, text: &str) -> bool {
        let text = text.to_lowercase();
        self.messages(c).iter().any(|message| !message.is_note && message.text.to_lowercase().contains(&text))
    }

    pub fn tag(&self, c: &Conversation, name: &str) -> bool {
        c.tags.iter().any(|applied| self.people.tags[applied.tag as usize].name == name)
    }

    pub fn team(&self, c: &Conversation) -> Option<&str> {
        c.team_assignee.map(|team| self.people.teams[team as usize].name.as_str())
    }

    pub fn assignee(&self, c: &Conversation) -> Option<&str> {
        c.admin_assignee.map(|admin| self.people.admins[admin as usize].name.as_str())
    }

    /// The company of the conversation, or else of the customer.
    pub fn company(&self, c: &Conversation) -> Option<&str> {
        let of_customer = || self.people.contacts[*c.contacts.first()? as usize].company;
        c.company.or_else(of_customer).map(|company| self.people.companies[company as usize].name.as_str())
    }

    /// The customer, that is the first of several.
    pub fn contact(&self, c: &Conversation) -> Option<&Contact> {
        c.contacts.first().map(|contact| &self.people.contacts[*contact as usize])
    }

    /// See [`World::company`].
    pub fn company_of(&self, c: &Conversation) -> Option<&Company> {
        c.company.or_else(|| self.contact(c)?.company).map(|company| &self.people.companies[company as usize])
    }

    /// Seconds from the customer's first message to the first reply of a human.
    pub fn first_response(&self, c: &Conversation) -> Option<i64> {
        let mut visible: Vec<(i64, Author)> = Vec::new();
        visible.extend(c.source.iter().map(|source| (c.created_at, source.author)));
        visible.extend(c.parts.iter().filter(|p| p.is_visible_message()).map(|p| (p.created_at, p.author)));
        let start = visible.iter().find(|(_, author)| matches!(author, Author::Contact(_)))?.0;
        let reply = visible.iter().find(|(at, author)| *at >= start && matches!(author, Author::Admin(_)))?.0;
        Some(reply - start)
    }

    /// Seconds from creation to the last close, of those closed now.
    pub fn resolution(&self, c: &Conversation) -> Option<i64> {
        let closed = c.parts.iter().rev().find(|part| part.part_type == "close")?;
        (c.state == State::Closed).then_some(closed.created_at - c.created_at)
    }
}

pub fn id(c: &Conversation) -> String {
    c.id.to_string()
}

pub fn waiting(c: &Conversation) -> Option<i64> {
    c.waiting_since.filter(|_| c.state != State::Closed)
}

pub fn score(c: &Conversation) -> Option<u8> {
    c.rating.as_ref().and_then(|rating| rating.score)
}

/// In Berlin: two hours before UTC until 2026-10-25T01:00Z, then one.
fn offset(at: i64) -> i64 {
    if at < 1_792_890_000 { 7_200 } else { 3_600 }
}

pub fn local_day(at: i64) -> NaiveDate {
    DateTime::from_timestamp(at + offset(at), 0).expect("a time").date_naive()
}

pub fn local_hour(at: i64) -> i64 {
    (at + offset(at)).rem_euclid(DAY) / 3_600
}

pub fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// Created on one of these days, both included, in Berlin.
pub fn created_in(c: &Conversation, first: &str, last: &str) -> bool {
    (date(first)..=date(last)).contains(&local_day(c.created_at))
}

/// Created at most so many days ago.
pub fn recent(c: &Conversation, days: i64) -> bool {
    c.created_at >= NOW - days * DAY
}

/// What a person reads of HTML, well enough for looking up words.
pub fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for letter in html.chars() {
        match letter {
            '<' => {
                in_tag = true;
                text.push(' ');
            }
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            other => text.push(other),
        }
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

pub fn has_word(text: &str, word: &str) -> bool {
    text.to_lowercase().split(|letter: char| !letter.is_alphanumeric()).any(|one| one == word)
}

/// The middle one, of two the mean.
pub fn median(mut values: Vec<i64>) -> f64 {
    values.sort_unstable();
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle] as f64
    } else {
        (values[middle - 1] + values[middle]) as f64 / 2.0
    }
}

/// So that nine tenths are not greater.
pub fn p90(mut values: Vec<i64>) -> f64 {
    values.sort_unstable();
    values[(values.len() as f64 * 0.9).ceil() as usize - 1] as f64
}

/// Minutes with one decimal.
pub fn minutes(seconds: f64) -> f64 {
    (seconds / 6.0).round() / 10.0
}
