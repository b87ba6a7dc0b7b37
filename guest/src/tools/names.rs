//! Names in arguments, resolved to Intercom's ids; a wrong one is answered with the nearest right ones.

use rusqlite::Connection;

use super::Failure;
use super::arguments::ArgumentError;
use super::content::{Content, cut};
use super::suggest;
use crate::environment::Redaction;
use crate::store::people::labels::{self, Label};
use crate::store::search::{Assigned, fold};

/// Ids of tags by name or id.
pub fn tags(
    connection: &Connection,
    argument: &str,
    names: &[String],
    content: Content<'_>,
) -> Result<Vec<String>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let known = labels::tags(connection)?;
    let mut ids = Vec::new();
    for name in names {
        ids.extend(resolve(argument, "tag", name, &known, &[], content)?);
    }
    Ok(ids)
}

/// A teammate by name, address or id; `unassigned` for nobody.
pub fn assignee(connection: &Connection, name: &str, content: Content<'_>) -> Result<Assigned, Failure> {
    if nobody(name) {
        return Ok(Assigned::Nobody);
    }
    if ["me", "myself", "i"].contains(&name.to_lowercase().as_str()) {
        let sentence = "`assignee`: who asks is not known here; give the teammate's name or e-mail address.";
        return Err(ArgumentError(sentence.to_owned()).into());
    }
    let addresses = labels::admin_addresses(connection)?;
    if let Some((id, _)) = addresses.iter().find(|(_, email)| email.eq_ignore_ascii_case(name)) {
        return Ok(Assigned::To(vec![id.clone()]));
    }
    let known = labels::admins(connection)?;
    Ok(Assigned::To(resolve("assignee", "teammate", name, &known, &["unassigned"], content)?))
}

/// A team by name or id; `unassigned` for none.
pub fn team(connection: &Connection, name: &str, content: Content<'_>) -> Result<Assigned, Failure> {
    if nobody(name) {
        return Ok(Assigned::Nobody);
    }
    let known = labels::teams(connection)?;
    Ok(Assigned::To(resolve("team", "team", name, &known, &["unassigned"], content)?))
}

/// Channels by name; words of daily use are understood.
pub fn channels(
    connection: &Connection,
    names: &[String],
    content: Content<'_>,
) -> Result<Vec<String>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let known = labels::channels(connection)?;
    let mut channels = Vec::new();
    for name in names {
        let name = labels::channel_name(name);
        channels.extend(resolve("channel", "channel", &name, &known, &[], content)?);
    }
    Ok(channels)
}

/// Values by name among those that there are: plans, segments, countries, languages.
pub fn values(
    argument: &str,
    kind: &str,
    names: &[String],
    known: impl FnOnce() -> crate::error::StoreResult<Vec<Label>>,
    content: Content<'_>,
) -> Result<Vec<String>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let known = known()?;
    let mut found = Vec::new();
    for name in names {
        found.extend(resolve(argument, kind, name, &known, &[], content)?);
    }
    Ok(found)
}

fn nobody(name: &str) -> bool {
    matches!(name.to_lowercase().as_str(), "unassigned" | "none" | "nobody" | "no one" | "0")
}

/// Names that an error shows at most.
pub(super) const SHOWN: usize = 10;

/// All labels that the name means: the one of that id, those of exactly that name (Intercom allows
/// two of a name), or the only one whose name contains it.
fn resolve(
    argument: &str,
    kind: &str,
    name: &str,
    known: &[Label],
    also: &[&str],
    content: Content<'_>,
) -> Result<Vec<String>, Failure> {
    // As words are compared: in any case, and without accents.
    let wanted = fold(name.trim());
    let id = crate::ids::bare(&wanted);
    let exact: Vec<String> = known
        .iter()
        .filter(|label| fold(&label.name) == wanted || label.id == id)
        .map(|label| label.id.clone())
        .collect();
    if !exact.is_empty() {
        return Ok(exact);
    }
    // What is blanked out is not found letter by letter, nor by what is near to it.
    let person = kind == "teammate" && content.blanks(Redaction::Names);
    let is_told =
        |name: &str| !person && content.line(name) == super::content::cut(&super::content::clean(name), 160);
    let told: Vec<Label> = known.iter().filter(|label| is_told(&label.name)).cloned().collect();
    let all_blanked = told.is_empty() && !known.is_empty();
    let known = told;
    let parts: Vec<&Label> = known.iter().filter(|label| fold(&label.name).contains(&wanted)).collect();
    if let [only] = parts.as_slice() {
        return Ok(vec![only.id.clone()]);
    }
    let names = known.iter().map(|label| label.name.as_str());
    let near = suggest::ranked(&wanted, names.clone());
    let there = match (near.is_empty(), known.len() + also.len() > SHOWN) {
        (false, _) => "Spelt most like it",
        (true, true) => "There are, among others",
        (true, false) => "There are",
    };
    let shown = if near.is_empty() { names.chain(also.iter().copied()).take(SHOWN).collect() } else { near };
    let shown: Vec<String> =
        shown.iter().map(|name| format!("\"{}\"", cut(&content.line(name), 60))).collect();
    let name: String = super::content::clean(name).chars().take(60).collect();
    let kinds = kind.strip_suffix('y').map_or_else(|| format!("{kind}s"), |stem| format!("{stem}ies"));
    let sentence = if all_blanked {
        format!(
            "`{argument}`: there is no {kind} \"{name}\". Names are blanked out here (the setting `redact`), so give one in full."
        )
    } else if known.is_empty() {
        format!("`{argument}`: there is no {kind} \"{name}\", and the cache knows no {kinds} at all.")
    } else if parts.len() > 1 {
        format!(
            "`{argument}`: several {kinds} are called like \"{name}\": {}. Give one name in full.",
            shown.join(", ")
        )
    } else {
        format!("`{argument}`: there is no {kind} \"{name}\". {there}: {}.", shown.join(", "))
    };
    Err(ArgumentError(sentence).into())
}
