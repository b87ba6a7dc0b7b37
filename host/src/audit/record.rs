//! What is written of a call.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

pub use crate::counters::Outcome;

/// The program that asked, in its own words: nothing proves them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    pub name: String,
    pub version: String,
}

impl Client {
    #[must_use]
    pub fn new(name: &str, version: &str) -> Self {
        let short = |text| crate::text::printable(text, 100);
        Self { name: short(name), version: short(version) }
    }
}

/// What the component says that its answer holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disclosed {
    pub conversations: BTreeSet<String>,
    pub contacts: BTreeSet<String>,
    pub rows: u64,
    /// There were more ids than one line takes.
    pub cut: bool,
}

/// Ids in one line. The component counts as hostile, and an answer of 8 MB could name a million.
const IDS: usize = 10_000;
/// Bytes of an id.
const ID_BYTES: usize = 100;

impl Disclosed {
    /// Adds what the component says; what is no id is left out.
    pub fn add(&mut self, conversations: Vec<String>, contacts: Vec<String>, rows: u32) {
        self.rows = self.rows.saturating_add(rows.into());
        for (ids, kept) in [(conversations, &mut self.conversations), (contacts, &mut self.contacts)] {
            for id in ids {
                if kept.len() >= IDS || id.len() > ID_BYTES {
                    self.cut = true;
                } else {
                    kept.insert(crate::text::printable(&id, ID_BYTES));
                }
            }
        }
    }
}

/// One call that may have read something.
#[derive(Clone, Debug)]
pub struct Record {
    pub at: SystemTime,
    pub caller: String,
    pub client: Option<Client>,
    /// The method, in MCP's words: `tools/call`, `resources/read`, `prompts/get`,
    /// `completion/complete`; a stretch of an export is `export`, commands of the command line are `command`.
    pub operation: &'static str,
    /// Of the tool, resource, prompt or command.
    pub name: String,
    /// A JSON object.
    pub arguments: String,
    pub disclosed: Disclosed,
    pub bytes: usize,
    /// What was blanked out in the answer.
    pub redaction: Vec<&'static str>,
    pub outcome: Outcome,
    pub took: Duration,
}

/// Longer arguments are written as their hash whatever is set.
const ARGUMENT_BYTES: usize = 32 * 1024;

impl Record {
    /// The members of the line but for the chain's own.
    #[must_use]
    pub fn members(&self, hash_arguments: bool) -> Map<String, Value> {
        let mut members = Map::new();
        let at = chrono::DateTime::<chrono::Utc>::from(self.at);
        members.insert("time".into(), at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true).into());
        members.insert("caller".into(), self.caller.clone().into());
        if let Some(client) = &self.client {
            members.insert("client".into(), json!({"name": client.name, "version": client.version}));
        }
        members.insert("operation".into(), self.operation.into());
        members.insert("name".into(), self.name.clone().into());
        match serde_json::from_str::<Value>(&self.arguments) {
            Ok(arguments) if !hash_arguments && self.arguments.len() <= ARGUMENT_BYTES => {
                members.insert("arguments".into(), arguments);
            }
            _ => {
                let hash = super::line::hex(&Sha256::digest(self.arguments.as_bytes()));
                members.insert("arguments_sha256".into(), hash.into());
            }
        }
        members.insert("conversations".into(), json!(self.disclosed.conversations));
        members.insert("contacts".into(), json!(self.disclosed.contacts));
        if self.disclosed.cut {
            members.insert("ids_cut".into(), true.into());
        }
        members.insert("rows".into(), self.disclosed.rows.into());
        members.insert("bytes".into(), self.bytes.into());
        members.insert("redaction".into(), json!(self.redaction));
        members.insert("outcome".into(), self.outcome.as_str().into());
        members
            .insert("milliseconds".into(), u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX).into());
        members
    }
}
