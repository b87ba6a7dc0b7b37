//! Conversations with their messages: the tables `conversations`, `messages`, `message_index` and what
//! hangs on them, and the queue of threads to fetch.

pub mod bulk;
#[cfg(test)]
mod counts_tests;
pub mod fields;
pub mod hydration_queue;
pub(super) mod message_numbers;
pub mod raw_answers;
pub mod rows;
pub mod samples;
pub mod threads;
pub mod tombstones;
pub mod totals;
pub mod write_conversation;
pub mod write_thread;
