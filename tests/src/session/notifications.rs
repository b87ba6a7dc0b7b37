//! What a server tells its client without being asked.

use serde_json::Value;

use super::{Pending, Session};
use crate::feed::PATIENCE;
use crate::message::Message;

impl Session {
    /// The values of the progress notifications with that token that have come so far, and
    /// whether all of them came before the answer.
    ///
    /// # Panics
    /// When one has no number.
    pub fn progress(&self, token: &str, of: Pending) -> (Vec<f64>, bool) {
        self.output.with(|messages| {
            let answered = messages
                .iter()
                .position(|message| matches!(message, Message::Response { id, .. } if *id == Some(of.0)))
                .unwrap_or(messages.len());
            let mut in_time = true;
            let values = messages.iter().enumerate().filter_map(|(place, message)| match message {
                Message::Notification { method, params }
                    if method == "notifications/progress" && params["progressToken"] == token =>
                {
                    in_time &= place < answered;
                    Some(params["progress"].as_f64().expect("progress is a number"))
                }
                _ => None,
            });
            (values.collect(), in_time)
        })
    }

    /// Waits until a sync that somebody watches has finished so many conversations.
    ///
    /// # Panics
    /// When it does not.
    pub fn wait_for_progress(&self, conversations: f64) {
        let found = self.output.wait_for(PATIENCE, |messages| {
            messages.iter().find_map(|message| match message {
                Message::Notification { method, params } if method == "notifications/progress" => {
                    params["progress"].as_f64().filter(|done| *done >= conversations)
                }
                _ => None,
            })
        });
        self.check_output();
        assert!(found.is_some(), "no progress to {conversations} conversations.\n{}", self.report());
    }

    /// Waits for a notification, and returns the first.
    ///
    /// # Panics
    /// When none comes.
    pub fn wait_for_notification(&self, method: &str) -> Value {
        self.wait_for_notifications(method, 1).swap_remove(0)
    }

    /// Waits until at least so many notifications have come, and returns all there are.
    ///
    /// # Panics
    /// When they do not come.
    pub fn wait_for_notifications(&self, method: &str, count: usize) -> Vec<Value> {
        let found = self.output.wait_for(PATIENCE, |messages| {
            let found = notifications(messages, method);
            (found.len() >= count).then_some(found)
        });
        self.check_output();
        found.unwrap_or_else(|| panic!("{method} did not come {count} times.\n{}", self.report()))
    }

    /// The parameters of the notifications that have come so far.
    #[must_use]
    pub fn notifications(&self, method: &str) -> Vec<Value> {
        self.output.with(|messages| notifications(messages, method))
    }
}

fn notifications(messages: &[Message], wanted: &str) -> Vec<Value> {
    let found = messages.iter().filter_map(|message| match message {
        Message::Notification { method, params } if method == wanted => Some(params.clone()),
        _ => None,
    });
    found.collect()
}
