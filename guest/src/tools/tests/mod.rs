//! The tools over a small workspace whose answers a reader can check by eye.

mod answers;
mod articles;
mod completeness;
mod customers;
mod damaged_text;
mod definitions;
mod filtered;
pub(crate) mod fixture;
mod hostile;
mod hostile_sql;
mod knowledge_gaps;
mod more_answers;
mod periods;
mod properties;
mod providers;
mod redaction;
mod replica;
mod samples;
mod tickets;
mod trends;

pub(crate) use hostile::{hostile_workspace, is_hidden};
