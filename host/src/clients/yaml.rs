//! Goose's `config.yaml`, edited line by line.
//!
//! No library edits YAML and keeps every comment and space, so this understands just what Goose and
//! people write there, a block of `extensions:` with one indented block each, and refuses the rest
//! in words: a file that it does not understand is left as it is.

use super::NAME;
use super::entry::{Entry, OF_PROGRAMS, OF_URLS, Program, Target, authorization};

const KEY: &str = "extensions";

/// See [`super::Client::with`].
pub fn with(text: &str, entry: &Entry) -> Result<String, String> {
    let mut file = File::parse(text)?;
    let (at, step) = match &file.extensions {
        Some(block) => (block.end, block.step.clone()),
        None => {
            // A file may lack its last line end.
            if file.lines.last().is_some_and(|line| !line.ends_with('\n')) {
                file.lines.push(file.line_end.to_owned());
            }
            file.lines.push(format!("{KEY}:{}", file.line_end));
            (file.lines.len(), "  ".to_owned())
        }
    };
    let old: Vec<String> = match &file.ours {
        Some(ours) => file.lines[ours.clone()].to_vec(),
        None => Vec::new(),
    };
    let new = block(&old, entry, &step, file.line_end)?;
    let place = file.ours.clone().unwrap_or(at..at);
    if file.lines[place.clone()].concat() != new.concat() {
        file.lines.splice(place, new);
    }
    Ok(file.lines.concat())
}

/// See [`super::Client::without`].
pub fn without(text: &str) -> Result<Option<String>, String> {
    let mut file = File::parse(text)?;
    let Some(ours) = file.ours.clone() else { return Ok(None) };
    file.lines.drain(ours);
    // A block without anything in it was ours.
    if let Some(block) = &file.extensions
        && !file.lines[block.begin + 1..]
            .iter()
            .take_while(|line| !is_top(line))
            .any(|line| !line.trim().is_empty())
    {
        file.lines.remove(block.begin);
    }
    Ok(Some(file.lines.concat()))
}

/// See [`super::Client::target`].
pub fn target(text: &str) -> Result<Option<Target>, String> {
    let file = File::parse(text)?;
    let Some(ours) = file.ours.clone() else { return Ok(None) };
    let value = |key: &str| {
        groups(&file.lines[ours.clone()][1..]).into_iter().find(|group| group.key == key).map(|group| {
            let value = group.lines[0].split_once(':').map_or("", |(_, value)| value.trim());
            serde_json::from_str(value).unwrap_or_else(|_| value.trim_matches(['"', '\'']).to_owned())
        })
    };
    Ok(value("cmd").map(Target::Program).or_else(|| value("uri").map(Target::Url)))
}

struct Block {
    /// The line of `extensions:`.
    begin: usize,
    /// One past its last line with something in it.
    end: usize,
    /// The indentation of what is in it.
    step: String,
}

struct File {
    lines: Vec<String>,
    line_end: &'static str,
    extensions: Option<Block>,
    ours: Option<std::ops::Range<usize>>,
}

impl File {
    fn parse(text: &str) -> Result<Self, String> {
        let lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let mut file = Self { lines, line_end, extensions: None, ours: None };
        for (number, line) in file.lines.iter().enumerate() {
            let at = number + 1;
            let bare = line.trim_start_matches('\u{feff}');
            if !bare.trim().is_empty() && indentation(bare).contains('\t') {
                return Err(format!("line {at} is indented by a tab, which YAML does not allow"));
            }
            if bare.starts_with("---") && file.lines[..number].iter().any(|line| !is_empty(line)) {
                return Err(format!("line {at} begins a second document"));
            }
            if is_top(bare)
                && !bare.starts_with(['#', '%'])
                && !bare.starts_with("---")
                && key(bare).is_none()
            {
                return Err(format!("line {at} is no \"key: value\" in a form that is understood here"));
            }
            if key(bare) == Some(KEY) && is_top(bare) {
                if file.extensions.is_some() {
                    return Err(format!("`{KEY}` stands in it more than once"));
                }
                let value = uncommented(bare.split_once(':').map_or("", |(_, value)| value));
                if !["", "{}", "null", "~"].contains(&value) {
                    return Err(format!("`{KEY}` in line {at} is written on one line"));
                }
                file.extensions = Some(Block { begin: number, end: number + 1, step: "  ".to_owned() });
            }
        }
        let Some(block) = &mut file.extensions else { return Ok(file) };
        for (number, line) in file.lines.iter().enumerate().skip(block.begin + 1) {
            if !is_empty(line) && is_top(line) {
                break;
            }
            if !line.trim().is_empty() && !is_top(line) {
                if block.end == block.begin + 1 && !is_empty(line) {
                    indentation(line).clone_into(&mut block.step);
                }
                block.end = number + 1;
            }
        }
        // An empty value written out would stand beside what is put below it.
        let first = &mut file.lines[block.begin];
        let value = first.split_once(':').map_or("", |(_, value)| value).trim_end().to_owned();
        for empty in ["{}", "null", "~"] {
            if uncommented(&value) == empty {
                *first = first.replacen(&format!(" {empty}"), "", 1);
            }
        }
        let inside = block.begin + 1..block.end;
        let mut begin = None;
        for number in inside.clone() {
            let line = &file.lines[number];
            if is_empty(line) || indentation(line).len() > block.step.len() {
                continue;
            }
            if let Some(begin) = begin.take() {
                file.ours = Some(begin..number);
            }
            if key(line.trim_start()).is_some_and(|key| key == NAME) {
                if file.ours.is_some() {
                    return Err(format!("`{NAME}` stands in it more than once"));
                }
                let value = line.split_once(':').map_or("", |(_, value)| value);
                if !uncommented(value).is_empty() {
                    return Err(format!("`{NAME}` in line {} is written on one line", number + 1));
                }
                begin = Some(number);
            }
        }
        if let Some(begin) = begin {
            file.ours = Some(begin..inside.end);
        }
        // Comments and blank lines at the end are about what follows.
        if let Some(ours) = &mut file.ours {
            while ours.end > ours.start + 1 && is_empty(&file.lines[ours.end - 1]) {
                ours.end -= 1;
            }
        }
        Ok(file)
    }
}

/// A key of our block, with the lines of its value.
struct Group {
    key: String,
    lines: Vec<String>,
}

fn groups(lines: &[String]) -> Vec<Group> {
    let step = lines.iter().find(|line| !is_empty(line)).map_or(0, |line| indentation(line).len());
    let mut groups: Vec<Group> = Vec::new();
    for line in lines {
        let is_item = line.trim_start().starts_with("- ");
        match key(line.trim_start()) {
            Some(key) if indentation(line).len() == step && !is_item => {
                groups.push(Group { key: key.to_owned(), lines: vec![line.clone()] });
            }
            _ => match groups.last_mut() {
                Some(group) => group.lines.push(line.clone()),
                None => groups.push(Group { key: String::new(), lines: vec![line.clone()] }),
            },
        }
    }
    groups
}

/// Our block, new or brought up to date: what the user added stays.
fn block(old: &[String], entry: &Entry, step: &str, line_end: &str) -> Result<Vec<String>, String> {
    let kept = groups(old.get(1..).unwrap_or_default());
    let inner = kept
        .iter()
        .find(|group| !group.key.is_empty())
        .map_or_else(|| step.repeat(2), |group| indentation(&group.lines[0]).to_owned());
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let (foreign, kind, fields, map, values) = match entry {
        Entry::Program(program @ Program { command, arguments, .. }) => {
            let list = serde_json::Value::from(arguments.clone()).to_string();
            (
                OF_URLS,
                "stdio",
                vec![("cmd", quoted(command)), ("args", list)],
                "envs",
                program.variables(false),
            )
        }
        Entry::Url { url, token } => {
            let header = token.as_ref().map(|token| ("Authorization".to_owned(), authorization(token)));
            (
                OF_PROGRAMS,
                "streamable_http",
                vec![("uri", quoted(url))],
                "headers",
                header.into_iter().collect(),
            )
        }
    };
    let mut fields: Vec<(&str, String)> =
        [("name", NAME.to_owned()), ("type", kind.to_owned())].into_iter().chain(fields).collect();
    let mut values: Vec<(String, String)> = values;
    let mut lines = vec![old.first().cloned().unwrap_or_else(|| format!("{step}{NAME}:{line_end}"))];
    let is_new = old.is_empty();
    for group in kept {
        if foreign.contains(&group.key.as_str()) {
            continue;
        }
        if let Some(place) = fields.iter().position(|(key, _)| *key == group.key) {
            let (key, value) = fields.remove(place);
            lines.push(format!("{inner}{key}: {value}{line_end}"));
        } else if group.key == map {
            let value = uncommented(group.lines[0].split_once(':').map_or("", |(_, value)| value)).to_owned();
            if !["", "{}"].contains(&value.as_str()) {
                return Err(format!("`{map}` of `{NAME}` is written on one line"));
            }
            lines.push(format!("{inner}{map}:{line_end}"));
            let more = group.lines[1..].iter().filter(|line| {
                let name = key(line.trim_start()).unwrap_or_default();
                !values.iter().any(|(known, _)| known == name)
            });
            let more: Vec<String> = more.cloned().collect();
            if values.is_empty() && more.is_empty() {
                lines.pop();
            }
            let deep =
                group.lines.get(1).map_or_else(|| inner.clone() + "  ", |line| indentation(line).to_owned());
            lines.extend(more);
            lines.extend(
                values.drain(..).map(|(name, value)| format!("{deep}{name}: {}{line_end}", quoted(&value))),
            );
        } else {
            lines.extend(group.lines);
        }
    }
    lines.extend(fields.into_iter().map(|(key, value)| format!("{inner}{key}: {value}{line_end}")));
    if !values.is_empty() {
        lines.push(format!("{inner}{map}:{line_end}"));
        lines.extend(
            values.iter().map(|(name, value)| format!("{inner}  {name}: {}{line_end}", quoted(value))),
        );
    }
    if is_new {
        for (key, value) in [("description", "\"\""), ("enabled", "true"), ("timeout", "300")] {
            lines.push(format!("{inner}{key}: {value}{line_end}"));
        }
    }
    Ok(lines)
}

fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Begins at the edge: a key of the file itself.
fn is_top(line: &str) -> bool {
    !line.starts_with([' ', '\t', '\r', '\n']) && !line.is_empty()
}

/// Nothing but a comment, if that.
fn is_empty(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

/// The key of `key: value`, quoted or not.
fn key(line: &str) -> Option<&str> {
    let (key, value) = line.split_once(':')?;
    let plain = !value.starts_with(|letter: char| !letter.is_whitespace());
    let key = key.trim_end();
    let name = key.trim_matches(['"', '\'']);
    (plain && !name.is_empty() && !key.starts_with(['#', '-', '{', '[', '?', '&', '*', '!', '|', '>']))
        .then_some(name)
}

/// A value without the comment behind it.
fn uncommented(value: &str) -> &str {
    let value = value.trim();
    if value.starts_with('#') { "" } else { value.split(" #").next().unwrap_or_default().trim() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::entry::EntryToken;

    fn entry() -> Entry {
        Entry::Program(Program {
            command: "/opt/fastintercom".to_owned(),
            arguments: Vec::new(),
            environment: vec![("INTERCOM_REGION".to_owned(), "eu".to_owned())],
            token: EntryToken::Stored,
        })
    }

    const OURS: &str = "  fastintercom:\n    name: fastintercom\n    type: stdio\n    cmd: \"/opt/fastintercom\"\n    args: []\n    envs:\n      INTERCOM_REGION: \"eu\"\n    description: \"\"\n    enabled: true\n    timeout: 300\n";

    /// As Goose and its users write it.
    const LIVED_IN: &str = "GOOSE_PROVIDER: openai # mine\nextensions: # all of them\n  # the shell\n  developer:\n    bundled: true\n    type: builtin\n\n  wiki:\n    type: stdio\n    cmd: wiki\n    args:\n    - -v\n# the model\nGOOSE_MODEL: o9\n";

    #[test]
    fn an_empty_file_gets_nothing_but_our_block() {
        for empty in ["", "extensions: {}\n", "extensions:\n"] {
            assert_eq!(
                with(empty, &entry()).expect("installed"),
                format!("extensions:\n{OURS}"),
                "{empty:?}"
            );
        }
        let after = with("A: b", &entry()).expect("installed");
        assert_eq!(after, format!("A: b\nextensions:\n{OURS}"), "a last line without its end");
    }

    #[test]
    fn everything_else_stays_and_removal_brings_the_old_text_back() {
        let after = with(LIVED_IN, &entry()).expect("installed");
        assert_eq!(after, LIVED_IN.replace("    - -v\n", &format!("    - -v\n{OURS}")));
        assert_eq!(with(&after, &entry()).expect("installed"), after, "once is enough");
        assert_eq!(target(&after), Ok(Some(Target::Program("/opt/fastintercom".to_owned()))));
        assert_eq!(without(&after).expect("valid").as_deref(), Some(LIVED_IN));
        assert_eq!(without(LIVED_IN), Ok(None));
        let alone = with("", &entry()).expect("installed");
        assert_eq!(without(&alone).expect("valid").as_deref(), Some(""));
        let windows = LIVED_IN.replace('\n', "\r\n");
        let after = with(&windows, &entry()).expect("installed");
        assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
        assert_eq!(without(&after).expect("valid"), Some(windows));
    }

    #[test]
    fn what_the_user_added_to_our_block_stays_and_what_is_of_the_other_kind_goes() {
        let text = "extensions:\n  fastintercom:\n    enabled: false # not now\n    type: streamable_http\n    uri: https://old.example/mcp\n    headers:\n      Authorization: Bearer old\n    envs:\n      FASTINTERCOM_SYNC_DAYS: \"30\"\n    available_tools:\n    - search_conversations\n  wiki:\n    type: builtin\n";
        let after = with(text, &entry()).expect("installed");
        for line in [
            "enabled: false # not now",
            "FASTINTERCOM_SYNC_DAYS: \"30\"",
            "    - search_conversations",
            "  wiki:\n",
        ] {
            assert!(after.contains(line), "{line}: {after}");
        }
        for gone in ["uri:", "headers:", "old", "streamable"] {
            assert!(!after.contains(gone), "{gone}: {after}");
        }
        let remote = Entry::Url { url: "https://team.example/mcp".to_owned(), token: Some("t".to_owned()) };
        let back = with(&after, &remote).expect("installed");
        assert!(
            back.contains("type: streamable_http") && back.contains("Authorization: \"Bearer t\""),
            "{back}"
        );
        assert!(!back.contains("cmd:") && !back.contains("envs:"), "{back}");
        assert_eq!(target(&back), Ok(Some(Target::Url("https://team.example/mcp".to_owned()))));
        assert_eq!(with(&back, &remote).expect("installed"), back);
    }

    #[test]
    fn what_is_not_understood_is_refused_in_words() {
        for (text, words) in [
            ("extensions: {wiki: {type: builtin}}\n", "written on one line"),
            ("extensions:\n  fastintercom: {type: stdio}\n", "written on one line"),
            ("extensions:\n  a: 1\nextensions:\n  b: 2\n", "more than once"),
            ("extensions:\n  fastintercom:\n    a: 1\n  fastintercom:\n    b: 1\n", "more than once"),
            ("A: b\n\textensions:\n", "line 2 is indented by a tab"),
            ("A: b\n---\nC: d\n", "line 2 begins a second document"),
            ("[1, 2]\n", "line 1 is no"),
            ("- a\n", "line 1 is no"),
        ] {
            let error = with(text, &entry()).expect_err(text);
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
