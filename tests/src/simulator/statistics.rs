//! `statistics`, computed from the parts by the definitions of Intercom's help centre
//! (article 6762778): relative to the contact's first reply, human admins apart from bots.

use super::model::{Assignee, Author, Conversation, Seconds, Statistics};

const DAY: Seconds = 86_400;
/// Office hours of the workspace, seconds of the day in UTC, Monday to Friday.
const OFFICE: std::ops::Range<Seconds> = 8 * 3_600..18 * 3_600;

/// Seconds from one moment to another that lie within office hours.
pub fn office_seconds(from: Seconds, to: Seconds) -> Seconds {
    (from.div_euclid(DAY)..=to.div_euclid(DAY))
        // 1970-01-01 was a Thursday.
        .filter(|day| (day + 3).rem_euclid(7) < 5)
        .map(|day| {
            let (open, close) = (day * DAY + OFFICE.start, day * DAY + OFFICE.end);
            (close.min(to) - open.max(from)).max(0)
        })
        .sum()
}

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
                        reply_times.push(office_seconds(from, at));
                    }
                    if stats.assigned_team.is_some() && stats.assigned_team_first_response_time.is_none() {
                        stats.assigned_team_first_response_time =
                            stats.first_assignment_at.map(|assigned| at - assigned);
                        stats.assigned_team_first_response_time_in_office_hours =
                            stats.first_assignment_at.map(|assigned| office_seconds(assigned, at));
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
    stats.time_to_assignment = stats.first_assignment_at.map(|at| at - start);
    let in_office = |at: Option<Seconds>| at.map(|at| office_seconds(start, at));
    stats.time_to_admin_reply = in_office(stats.first_admin_reply_at);
    stats.time_to_first_close = in_office(stats.first_close_at);
    stats.time_to_last_close = in_office(stats.last_close_at);
    reply_times.sort_unstable();
    stats.median_time_to_reply = reply_times.get(reply_times.len() / 2).copied();
    stats.handling_time = (!reply_times.is_empty()).then(|| reply_times.iter().map(|t| (*t).min(900)).sum());
    stats
}
