//! Figures that people ask for: response times, closings, who waits.
//!
//! Wall-clock times come from the parts where all of them are known, because Intercom's own
//! `time_to_…` statistics subtract office hours and count only after the customer's first reply.
//! Where parts are missing (lists, more than 500 parts) Intercom's instants stand in.

use crate::intercom::conversation::{Conversation, State};
use crate::intercom::part::{Author, Part};
use crate::store::conversations::rows::Figures;
use crate::time::UnixSeconds;

/// Something that the customer can read, in the order of time.
struct Visible<'a> {
    at: UnixSeconds,
    author: &'a Author,
}

/// Derives the figures of a conversation, with or without its parts.
pub(super) fn derive(conversation: &Conversation) -> Figures {
    let parts = conversation.parts.as_ref();
    let all = parts.map_or(&[][..], |parts| parts.parts.as_slice());
    let complete = parts.is_some_and(|parts| parts.total_count <= parts.parts.len());
    let visible = visible(conversation, all);

    let last_by = |wanted: fn(&Author) -> bool| {
        visible.iter().rev().find(|message| wanted(message.author)).map(|message| message.at)
    };
    let first_customer =
        visible.iter().find(|message| message.author.kind.is_customer()).map(|message| message.at);
    let response = |wanted: fn(&Author) -> bool| {
        let begin = first_customer?;
        let reply = visible.iter().find(|message| message.at >= begin && wanted(message.author))?;
        Some(reply.at.since(begin))
    };
    let statistic = |name| conversation.statistic_time(name);
    let first_response = if complete {
        response(Author::is_human_admin)
    } else {
        statistic("first_admin_reply_at")
            .zip(statistic("first_contact_reply_at"))
            .map(|(reply, begin)| reply.since(begin))
            .filter(|seconds| *seconds >= 0)
    };
    let last_closed_at = latest(
        statistic("last_close_at"),
        all.iter().rev().find(|part| part.kind == "close").map(|part| part.created_at),
    );

    Figures {
        last_customer_message_at: latest(
            last_by(|author| author.kind.is_customer()),
            if complete { None } else { statistic("last_contact_reply_at") },
        ),
        last_admin_message_at: latest(
            last_by(Author::is_human_admin),
            if complete { None } else { statistic("last_admin_reply_at") },
        ),
        first_response_seconds: first_response,
        first_ai_response_seconds: if complete { response(is_automatic) } else { None },
        resolution_seconds: last_closed_at
            .filter(|_| conversation.state == State::Closed)
            .map(|closed| closed.since(conversation.created_at).max(0)),
        last_closed_at,
        reopen_count: conversation.statistic_count("count_reopens").unwrap_or_else(|| count(all, reopens)),
        assignment_count: conversation
            .statistic_count("count_assignments")
            .unwrap_or_else(|| count(all, |part| part.kind.contains("assign"))),
    }
}

fn visible<'a>(conversation: &'a Conversation, parts: &'a [Part]) -> Vec<Visible<'a>> {
    let first = conversation
        .source
        .iter()
        .filter(|source| source.body.is_some() || source.redacted || !source.attachments.is_empty())
        .map(|source| Visible { at: conversation.created_at, author: &source.author });
    let replies = parts
        .iter()
        .filter(|part| part.is_message() && !part.is_note())
        .map(|part| Visible { at: part.created_at, author: &part.author });
    first.chain(replies).collect()
}

/// A bot, or an AI agent whoever it speaks for.
fn is_automatic(author: &Author) -> bool {
    !author.kind.is_customer() && !author.is_human_admin()
}

fn reopens(part: &Part) -> bool {
    matches!(part.kind.as_str(), "open" | "assign_and_reopen" | "note_and_reopen")
}

fn count(parts: &[Part], wanted: fn(&Part) -> bool) -> i64 {
    i64::try_from(parts.iter().filter(|part| wanted(part)).count()).unwrap_or(i64::MAX)
}

fn latest(one: Option<UnixSeconds>, other: Option<UnixSeconds>) -> Option<UnixSeconds> {
    one.max(other)
}
