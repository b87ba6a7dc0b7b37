//! The deterministic generator: the same [`Shape`] always makes the same conversations.
//!
//! Each conversation has its own random stream, so they can be made one by one in any number
//! without holding the others in memory.

use std::ops::RangeInclusive;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::Map;

use super::change::Change;
use super::directory::Directory;
use super::model::{Channel, Conversation, Part, Priority, Seconds, State};
use super::text;
use super::thread::Thread;
use super::topics::TOPICS;

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
    /// The same spread around this many parts instead of eight: a busier workspace.
    Around(f64),
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
        Length::Realistic | Length::Around(_) | Length::Parts(_) => thread.live(shape.now - created_at),
    }
    let Thread { mut conversation, mut rng, topic, .. } = thread;
    link(&mut conversation);
    conversation.refresh();
    if matches!(shape.length, Length::Realistic | Length::Around(_)) {
        if index % 2_000 == 711
            && let Some(source) = &mut conversation.source
        {
            source.body = text::long_mail(&mut rng, topic, 100_000 + index % 50_000);
        }
        if index % 83 == 29 && !shape.plants.iter().any(|plant| plant.conversation == index) {
            make_null_heavy(&mut conversation, index);
        }
    }
    for plant in shape.plants.iter().filter(|plant| plant.conversation == index) {
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
        tracker: None,
        external_reference: None,
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
        Length::Realistic | Length::Around(_) if index % 1_500 == 377 => rng.random_range(501..900),
        Length::Realistic | Length::Around(_) if rng.random_bool(0.02) => 0,
        Length::Realistic => (log_normal(rng, 8.0, 0.85) as usize).clamp(1, 400),
        Length::Around(median) => (log_normal(rng, *median, 0.85) as usize).clamp(1, 400),
        Length::Parts(range) => rng.random_range(range.clone()),
        Length::Messages(messages) => messages.saturating_sub(1),
    }
}

/// The time of each part: gaps around twenty minutes, squeezed where the thread would run
/// into the future.
fn part_times(rng: &mut ChaCha8Rng, created_at: Seconds, now: Seconds, count: usize) -> Vec<Seconds> {
    let mut at = 0.0;
    let offsets: Vec<f64> = (0..count)
        .map(|_| {
            at += log_normal(rng, 1_200.0, 1.6);
            at
        })
        .collect();
    let room = (now - 1 - created_at) as f64;
    let scale = if at > room { room / at } else { 1.0 };
    offsets.iter().map(|offset| created_at + (offset * scale) as Seconds).collect()
}

/// Trackers, records of another help desk, and tags of messages. By the index and not by chance,
/// so that all else of a workspace stays as it was without them.
fn link(conversation: &mut Conversation) {
    let index = conversation.index;
    if index % 25 == 4 {
        conversation.tracker = Some(221_000_000_000_000 + (index / 25 % 4) as u64);
    }
    if index % 37 == 5 {
        conversation.external_reference = Some(("zendesk_ticket", (3_600_000 + index).to_string()));
    }
    if let (9, Some(applied)) = (index % 40, conversation.tags.first()) {
        let messages = conversation.parts.iter_mut().filter(|part| part.is_visible_message());
        messages.take(1).for_each(|part| part.tags = vec![applied.tag]);
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
        let replies = |c: &Conversation| c.parts.iter().filter(|part| part.is_visible_message()).count();
        while replies(conversation) < self.message {
            let body = "<p>Any news on this?</p>".to_owned();
            let at = (conversation.updated_at + 30).min(now);
            conversation.apply(Change::ContactReply { body, attachments: Vec::new() }, at);
        }
        let visible = |part: &&mut Part| part.is_visible_message();
        let part = conversation.parts.iter_mut().filter(visible).nth(self.message - 1);
        if let Some(body) = part.and_then(|part| part.body.as_mut()) {
            body.push_str(&paragraph);
        }
        conversation.refresh();
    }
}

/// `text` with the characters escaped that HTML reserves.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Seconds = 1_795_000_000;

    fn shape(conversations: usize, length: Length) -> Shape {
        Shape { seed: 42, conversations, now: NOW, days: 90, length, plants: Vec::new() }
    }

    #[test]
    fn the_same_shape_makes_the_same_conversations_in_order_of_creation() {
        let shape = shape(300, Length::Realistic);
        let directory = shape.directory();
        let first: Vec<_> = conversations(&shape, &directory).collect();
        let second: Vec<_> = conversations(&shape, &shape.directory()).collect();
        assert_eq!(first, second);
        assert!(first.is_sorted_by_key(|c| c.created_at));
        for c in &first {
            assert!(c.parts.is_sorted_by_key(|part| part.created_at));
            assert!(c.created_at <= c.updated_at && c.updated_at < NOW, "{}", c.index);
            if let Some(last) = c.parts.last() {
                assert_eq!(c.updated_at, last.updated_at);
            }
        }
    }

    #[test]
    fn threads_are_as_long_and_as_mixed_as_real_ones() {
        let shape = shape(3_000, Length::Realistic);
        let directory = shape.directory();
        let mut lengths = Vec::new();
        let mut messages = 0;
        for c in conversations(&shape, &directory) {
            lengths.push(c.parts.len());
            messages += c.parts.iter().filter(|part| part.body.is_some()).count();
        }
        lengths.sort_unstable();
        assert!((6..=10).contains(&lengths[1_500]), "median {}", lengths[1_500]);
        assert_eq!(lengths[0], 0);
        assert_eq!(lengths.iter().filter(|length| **length > 500).count(), 2);
        let share = messages as f64 / lengths.iter().sum::<usize>() as f64;
        assert!((0.4..0.65).contains(&share), "{share} of the parts are messages");
    }

    #[test]
    fn fixed_lengths_are_exact() {
        let of = |length| {
            let shape = shape(200, length);
            let directory = shape.directory();
            conversations(&shape, &directory).map(|c| c.parts.len()).collect::<Vec<_>>()
        };
        assert_eq!(of(Length::Messages(8)), vec![7; 200]);
        assert_eq!(of(Length::Parts(8..=8)), vec![8; 200]);
    }

    #[test]
    fn a_planted_text_stands_only_in_its_message() {
        let plant = Plant { conversation: 3, message: 4, text: "xylophone & <co>".into() };
        let shape = Shape { plants: vec![plant], ..shape(50, Length::Parts(0..=3)) };
        let directory = shape.directory();
        let holders: Vec<_> = conversations(&shape, &directory)
            .flat_map(|c| {
                let replies = c.parts.into_iter().filter(Part::is_visible_message).enumerate();
                replies.map(|(i, part)| (c.index, i + 1, part)).collect::<Vec<_>>()
            })
            .filter(|(_, _, part)| {
                part.body.as_deref().is_some_and(|body| body.contains("xylophone &amp; &lt;co&gt;"))
            })
            .map(|(index, message, _)| (index, message))
            .collect();
        assert_eq!(holders, [(3, 4)]);
    }
}
