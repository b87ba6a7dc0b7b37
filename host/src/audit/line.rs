//! A line of the log: a JSON object whose last member is the SHA-256 of everything before it, the
//! hash of the line before included. So no line can be changed, taken out or moved without the
//! next one telling.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// What the first line of all has for the line before.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The end of the chain: number and hash of its last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub number: u64,
    pub hash: String,
}

impl Default for Head {
    fn default() -> Self {
        Self { number: 0, hash: GENESIS.to_owned() }
    }
}

/// A line that a program was writing when it ended, which its successor found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub bytes: usize,
    pub sha256: String,
}

impl Broken {
    #[must_use]
    pub fn of(fragment: &[u8]) -> Self {
        Self { bytes: fragment.len(), sha256: hex(&Sha256::digest(fragment)) }
    }
}

/// The line after that head, without its newline, and the head that it makes.
#[must_use]
pub fn write(
    head: &Head,
    members: &Map<String, Value>,
    unlogged: u64,
    broken: Option<&Broken>,
) -> (String, Head) {
    let number = head.number + 1;
    let mut all = Map::new();
    all.insert("number".into(), number.into());
    if unlogged > 0 {
        all.insert("unlogged_before".into(), unlogged.into());
    }
    if let Some(broken) = broken {
        all.insert("broken_before".into(), json!({"bytes": broken.bytes, "sha256": broken.sha256}));
    }
    all.extend(members.clone());
    all.insert("previous".into(), head.hash.clone().into());
    let mut line = Value::Object(all).to_string();
    let hash = hex(&Sha256::digest(line.as_bytes()));
    line.pop();
    line.push_str(&format!("{OPENING}{hash}{CLOSING}"));
    (line, Head { number, hash })
}

const OPENING: &str = ",\"hash\":\"";
const CLOSING: &str = "\"}";

/// A line that is whole and unchanged in itself.
#[derive(Clone, Debug)]
pub struct Line {
    pub number: u64,
    pub previous: String,
    pub hash: String,
    pub members: Map<String, Value>,
}

impl Line {
    /// Reads a line without its newline. `None`: it is none of this log, or was changed.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        let end = text.len().checked_sub(OPENING.len() + 64 + CLOSING.len())?;
        let (body, rest) = text.split_at(end);
        let hash = rest.strip_prefix(OPENING.as_bytes())?.strip_suffix(CLOSING.as_bytes())?;
        let mut hashed = Sha256::new();
        hashed.update(body);
        hashed.update(b"}");
        let hash = std::str::from_utf8(hash).ok()?.to_owned();
        if hex(&hashed.finalize()) != hash {
            return None;
        }
        let Ok(Value::Object(members)) = serde_json::from_slice(text) else { return None };
        let number = members.get("number")?.as_u64()?;
        let previous = members.get("previous")?.as_str()?.to_owned();
        Some(Self { number, previous, hash, members })
    }

    #[must_use]
    pub fn head(&self) -> Head {
        Head { number: self.number, hash: self.hash.clone() }
    }

    /// The broken line that this one says is before it.
    #[must_use]
    pub fn broken(&self) -> Option<Broken> {
        let broken = self.members.get("broken_before")?;
        let bytes = usize::try_from(broken["bytes"].as_u64()?).ok()?;
        Some(Broken { bytes, sha256: broken["sha256"].as_str()?.to_owned() })
    }

    #[must_use]
    pub fn text(&self, member: &str) -> &str {
        self.members.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether that id of a conversation or a contact was in the answer.
    #[must_use]
    pub fn discloses(&self, id: &str) -> bool {
        ["conversations", "contacts"].iter().any(|member| {
            let ids = self.members.get(*member).and_then(Value::as_array);
            ids.into_iter().flatten().any(|known| known.as_str() == Some(id))
        })
    }
}

#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
