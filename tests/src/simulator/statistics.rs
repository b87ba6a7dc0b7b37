//! `statistics`, computed from the parts by the definitions of Intercom's help centre
//! (article 6762778): relative to the contact's first reply, human admins apart from bots.

use super::model::{Assignee, Author, Conversation, Seconds, Statistics};

/// What Intercom would report for `conversation`. All fields stay `None`, and reopens 0, until
/// the contact has written once.
pub fn compute(conversation: &Conversation) -> Statistics {
    let mut stats =
        Statistics { count_conversation_parts: conversation.parts.len() as u32 + 1, ..Statistics::default() };
    let written_by_contact = |author: &Author| matches!(author, Author::Contact(_));
    stats.first_contact_reply_at = match &conversation.source {
        Some(source) if written_by_contact(&source.author) => Some(conversation.created_at),
        _ => conversation
            .parts
            .iter()
            .find(|part| part.is_visible_message() && written_by_contact(&part.author))
            .map(|part| part.created_at),
    };
    let Some(start) = stats.first_contact_reply_at else {
        return stats;
    };
    stats.last_contact_reply_at = Some(start);

    let mut reply_times: Vec<i64> = Vec::new();
    let mut waiting_from: Option<Seconds> = Some(start);
    for part in conversation.parts.iter().filter(|part| part.created_at >= start) {
        let at = part.created_at;
        let kind = part.part_type.as_ref();
        if part.is_visible_message() {
            match part.author {
                Author::Contact(_) => {
                    stats.last_contact_reply_at = Some(at);
                    waiting_from.get_or_insert(at);
                }
                Author::Admin(_) => {
                    stats.first_admin_reply_at.get_or_insert(at);
                    stats.last_admin_reply_at = Some(at);
                    if stats.last_assignment_at.is_some() {
                        stats.last_assignment_admin_reply_at = Some(at);
                    }
                    if let Some(from) = waiting_from.take() {
                        reply_times.push(at - from);
                    }
                    if stats.assigned_team.is_some() && stats.assigned_team_first_response_time.is_none() {
                        stats.assigned_team_first_response_time =
                            stats.first_assignment_at.map(|assigned| at - assigned);
                    }
                }
                Author::Bot(_) => {}
            }
        }
        if part.assigned_to.is_some() {
            stats.first_assignment_at.get_or_insert(at);
            stats.last_assignment_at = Some(at);
            stats.count_assignments += 1;
            if let Some(Assignee::Team(team)) = part.assigned_to {
                stats.assigned_team.get_or_insert(team);
            }
        }
        if kind == "close" {
            stats.first_close_at.get_or_insert(at);
            stats.last_close_at = Some(at);
            stats.last_closed_by = match part.author {
                Author::Admin(admin) => Some(admin),
                _ => None,
            };
        } else if kind == "open" || kind.ends_with("_and_reopen") {
            stats.count_reopens += 1;
        }
    }
    let since_start = |at: Option<Seconds>| at.map(|at| at - start);
    stats.time_to_assignment = since_start(stats.first_assignment_at);
    stats.time_to_admin_reply = since_start(stats.first_admin_reply_at);
    stats.time_to_first_close = since_start(stats.first_close_at);
    stats.time_to_last_close = since_start(stats.last_close_at);
    reply_times.sort_unstable();
    stats.median_time_to_reply = reply_times.get(reply_times.len() / 2).copied();
    stats.handling_time = (!reply_times.is_empty()).then(|| reply_times.iter().map(|t| (*t).min(900)).sum());
    stats
}
