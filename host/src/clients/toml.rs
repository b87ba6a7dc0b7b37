//! TOML files (Codex, Grok Build), edited so that comments and layout stay.

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::NAME;
use super::entry::{Entry, KINDS, OF_PROGRAMS, OF_URLS, Target, authorization};
use super::table::Toml;

/// See [`super::Client::with`].
pub fn with(text: &str, form: &Toml, entry: &Entry) -> Result<String, String> {
    let mut document = parse(text)?;
    let is_empty = document.is_empty();
    let servers = document.entry(form.key).or_insert_with(|| {
        let mut table = Table::new();
        // Only the tables in it have headers.
        table.set_implicit(true);
        Item::Table(table)
    });
    // A table in a table that is written on one line must be written there, too.
    let inline = servers.is_inline_table();
    let servers = table_like(servers, form.key)?;
    if !servers.contains_key(NAME) {
        let new = if inline { Item::Value(Value::InlineTable(InlineTable::new())) } else { headed(is_empty) };
        servers.insert(NAME, new);
    }
    let ours = servers.get_mut(NAME).ok_or("it cannot be changed")?;
    let place = format!("{}.{NAME}", form.key);
    let ours = table_like(ours, &place)?;
    // Codex does not start at all when one server has both an address and a command.
    let foreign = if matches!(entry, Entry::Program(_)) { OF_URLS } else { OF_PROGRAMS };
    for key in foreign.iter().chain(KINDS) {
        ours.remove(key);
    }
    let (inner, values) = match entry {
        Entry::Program(program) => {
            set(ours, "command", Value::from(program.command.as_str()));
            let arguments = program.arguments.iter().map(String::as_str).collect::<Array>();
            set(ours, "args", Value::Array(arguments));
            ("env", program.variables(false))
        }
        Entry::Url { url, token } => {
            set(ours, "url", Value::from(url.as_str()));
            let header = token.as_ref().map(|token| ("Authorization".to_owned(), authorization(token)));
            (form.headers, header.into_iter().collect())
        }
    };
    if !values.is_empty() {
        let table = ours.entry(inner).or_insert_with(|| Item::Value(Value::InlineTable(InlineTable::new())));
        let table = table_like(table, &format!("{place}.{inner}"))?;
        for (name, value) in values {
            set(table, &name, Value::from(value));
        }
    }
    Ok(document.to_string())
}

/// See [`super::Client::without`].
pub fn without(text: &str, form: &Toml) -> Result<Option<String>, String> {
    let mut document = parse(text)?;
    let Some(servers) = document.get_mut(form.key).and_then(Item::as_table_like_mut) else { return Ok(None) };
    let Some(ours) = servers.remove(NAME) else { return Ok(None) };
    if servers.is_empty() {
        document.remove(form.key);
    }
    // Comments before our header may be about what stands before it.
    let before = ours.as_table().and_then(|table| table.decor().prefix()?.as_str()).unwrap_or_default();
    if before.contains('#') {
        let after = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing(format!("{before}{after}"));
    }
    Ok(Some(document.to_string()))
}

/// See [`super::Client::target`].
pub fn target(text: &str, form: &Toml) -> Result<Option<Target>, String> {
    let document = parse(text)?;
    let Some(ours) = document.get(form.key).and_then(|servers| servers.get(NAME)) else { return Ok(None) };
    let text = |key: &str| ours.get(key).and_then(Item::as_str).map(str::to_owned);
    Ok(text("command").map(Target::Program).or_else(|| text("url").map(Target::Url)))
}

fn parse(text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let place = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text.as_bytes()[..place].iter().filter(|byte| **byte == b'\n').count() + 1;
        let reason = error.message().lines().collect::<Vec<_>>().join(", ");
        format!("line {line} is not valid TOML: {reason}")
    })
}

/// A table with a header, and a blank line before it unless it is the first.
fn headed(is_first: bool) -> Item {
    let mut table = Table::new();
    table.decor_mut().set_prefix(if is_first { "" } else { "\n" });
    Item::Table(table)
}

fn table_like<'a>(item: &'a mut Item, name: &str) -> Result<&'a mut dyn TableLike, String> {
    item.as_table_like_mut().ok_or_else(|| format!("`{name}` in it is not a table"))
}

/// Sets a value unless it is there already, with the comment behind it kept.
fn set(table: &mut dyn TableLike, name: &str, mut value: Value) {
    match table.get_mut(name) {
        Some(Item::Value(found)) => {
            if is_same(found, &value) {
                return;
            }
            *value.decor_mut() = found.decor().clone();
            *found = value;
        }
        Some(other) => *other = Item::Value(value),
        None => {
            table.insert(name, Item::Value(value));
        }
    }
}

fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.value() == other.value(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| is_same(one, other))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::entry::{EntryToken, Program};
    use crate::clients::table::CODEX;

    fn entry() -> Entry {
        Entry::Program(Program {
            command: "/opt/fastintercom".to_owned(),
            arguments: vec!["--config".to_owned(), "/etc/f.toml".to_owned()],
            environment: vec![("INTERCOM_REGION".to_owned(), "eu".to_owned())],
            token: EntryToken::Stored,
        })
    }

    const OURS: &str = "[mcp_servers.fastintercom]\ncommand = \"/opt/fastintercom\"\nargs = [\"--config\", \"/etc/f.toml\"]\nenv = { INTERCOM_REGION = \"eu\" }\n";

    #[test]
    fn an_empty_file_gets_nothing_but_our_table() {
        assert_eq!(with("", &CODEX, &entry()).expect("installed"), OURS);
    }

    /// As Codex and its users write it.
    const LIVED_IN: &str = "# my settings\nmodel = \"o9\" # the fast one\n\n[mcp_servers.wiki] # theirs\ncommand = \"wiki\"\n\n[profiles.slow]\nmodel = \"o8\"\n# the end\n";

    #[test]
    fn comments_and_other_tables_stay_and_removal_brings_the_old_text_back() {
        let after = with(LIVED_IN, &CODEX, &entry()).expect("installed");
        for line in LIVED_IN.lines() {
            assert!(after.contains(line), "{line} is gone: {after}");
        }
        assert!(after.contains(OURS), "{after}");
        assert_eq!(with(&after, &CODEX, &entry()).expect("installed"), after, "once is enough");
        assert_eq!(without(&after, &CODEX).expect("valid").as_deref(), Some(LIVED_IN));
        assert_eq!(without(LIVED_IN, &CODEX), Ok(None));
    }

    #[test]
    fn what_the_user_added_to_our_table_stays() {
        let text = "[mcp_servers.fastintercom]\ncommand = \"/old\" # mine\nstartup_timeout_sec = 20\n\n[mcp_servers.fastintercom.env]\nFASTINTERCOM_SYNC_DAYS = \"30\"\n";
        let after = with(text, &CODEX, &entry()).expect("installed");
        for line in [
            "command = \"/opt/fastintercom\" # mine",
            "startup_timeout_sec = 20",
            "FASTINTERCOM_SYNC_DAYS = \"30\"",
        ] {
            assert!(after.contains(line), "{after}");
        }
        let parsed: DocumentMut = after.parse().expect("valid");
        assert_eq!(parsed["mcp_servers"]["fastintercom"]["env"]["INTERCOM_REGION"].as_str(), Some("eu"));
    }

    #[test]
    fn tables_on_one_line_are_extended_where_they_are() {
        let text = "mcp_servers = { wiki = { command = \"wiki\" } }\n";
        let after = with(text, &CODEX, &entry()).expect("installed");
        let parsed: DocumentMut = after.parse().expect("valid");
        assert_eq!(parsed["mcp_servers"]["wiki"]["command"].as_str(), Some("wiki"));
        assert_eq!(target(&after, &CODEX), Ok(Some(Target::Program("/opt/fastintercom".to_owned()))));
        let removed: DocumentMut =
            without(&after, &CODEX).expect("valid").expect("it was there").parse().expect("valid");
        assert!(removed["mcp_servers"].get("fastintercom").is_none());
    }

    #[test]
    fn comments_before_our_header_outlive_it() {
        let text = format!("model = \"o9\"\n# about the model\n\n{OURS}");
        let after = without(&text, &CODEX).expect("valid").expect("it was there");
        assert!(after.contains("# about the model"), "{after}");
        assert!(!after.contains("fastintercom"), "{after}");
    }

    #[test]
    fn broken_files_are_refused_with_their_line() {
        for (text, words) in [
            ("model = \"o9\"\nbroken = \n", "line 2 is not valid TOML"),
            ("a = 1\n\n[x\n", "line 3 is not valid TOML"),
            ("mcp_servers = 7\n", "`mcp_servers` in it is not a table"),
            ("[mcp_servers]\nfastintercom = 7\n", "`mcp_servers.fastintercom` in it is not a table"),
        ] {
            let error = with(text, &CODEX, &entry()).expect_err(text);
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    /// Codex did not start with what an earlier `install` left of a remote entry.
    #[test]
    fn an_entry_of_the_other_kind_leaves_nothing_behind() {
        let text = "# mine\n[mcp_servers.fastintercom] # team\ntype = \"http\"\nurl = \"https://old.example/mcp\"\nbearer_token_env_var = \"T\"\nstartup_timeout_sec = 20\n\n[mcp_servers.fastintercom.http_headers]\nA = \"b\"\n\n[mcp_servers.wiki]\nurl = \"https://wiki.example\"\n";
        let after = with(text, &CODEX, &entry()).expect("installed");
        let parsed: DocumentMut = after.parse().expect("valid");
        let ours = &parsed["mcp_servers"]["fastintercom"];
        for key in ["url", "type", "bearer_token_env_var", "http_headers"] {
            assert!(ours.get(key).is_none(), "{key}: {after}");
        }
        assert_eq!(ours["startup_timeout_sec"].as_integer(), Some(20));
        assert_eq!(parsed["mcp_servers"]["wiki"]["url"].as_str(), Some("https://wiki.example"));
        assert!(after.contains("# mine") && after.contains("# team"), "{after}");
        let remote = Entry::Url { url: "https://team.example/mcp".to_owned(), token: Some("t".to_owned()) };
        let back = with(&after, &CODEX, &remote).expect("installed");
        let parsed: DocumentMut = back.parse().expect("valid");
        let ours = &parsed["mcp_servers"]["fastintercom"];
        assert!(ours.get("command").is_none() && ours.get("args").is_none() && ours.get("env").is_none());
        assert_eq!(ours["http_headers"]["Authorization"].as_str(), Some("Bearer t"));
        assert_eq!(target(&back, &CODEX), Ok(Some(Target::Url("https://team.example/mcp".to_owned()))));
    }
}
