//! The guest's sync and tools against a simulator of Intercom on loopback, without the program.

mod account;
mod claims;
mod growth;
mod house;
mod knowledge_gaps;
mod questions;
mod questions_paging;
mod samples;
mod search_quality;
mod simulator;
mod sync_articles;
mod sync_erasures;
mod sync_fields;
mod sync_first;
mod sync_histories;
mod sync_keeping;
mod sync_people;
mod sync_regressions;
mod sync_soak;
mod sync_tickets;
mod work;
