use super::*;
use crate::clients::table::{MCP_SERVERS, OPENCODE, SERVERS, TYPED};

fn entry(token: EntryToken) -> Entry {
    Entry::Program(Program {
        command: "/opt/fastintercom".to_owned(),
        arguments: Vec::new(),
        environment: vec![("INTERCOM_REGION".to_owned(), "eu".to_owned())],
        token,
    })
}

fn installed(text: &str, shape: &Json) -> String {
    with(text, shape, &entry(EntryToken::Stored)).expect("it is installed")
}

fn value(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn an_empty_file_gets_nothing_but_our_entry() {
    let expected = r#"{
  "mcpServers": {
    "fastintercom": {
      "command": "/opt/fastintercom",
      "args": [],
      "env": {
        "INTERCOM_REGION": "eu"
      }
    }
  }
}
"#;
    for empty in ["", "\n", "{}\n"] {
        assert_eq!(installed(empty, &MCP_SERVERS), expected, "{empty:?}");
    }
    let typed = value(&installed("", &TYPED));
    assert_eq!(typed["mcpServers"]["fastintercom"]["type"], "stdio");
}

/// A file as people keep it: comments, trailing commas, tabs, keys in no order.
const LIVED_IN: &str = "{\n\t// mine\n\t\"theme\": \"dark\",\n\t\"mcpServers\": {\n\t\t/* the wiki */\n\t\t\"wiki\": { \"command\": \"wiki\", \"args\": [ \"-v\", ], }, // keep\n\t},\n\t\"last\": 1,\n}\n";

#[test]
fn everything_else_stays_as_it_is_comments_included() {
    let after = installed(LIVED_IN, &MCP_SERVERS);
    for line in LIVED_IN.lines() {
        assert!(after.contains(line.trim_end_matches(',')), "{line} is gone: {after}");
    }
    assert!(
        after.contains("\t\t\"fastintercom\": {\n\t\t\t\"command\""),
        "the indentation is the file's: {after}"
    );
    assert_eq!(without(&after, &MCP_SERVERS).expect("valid"), Some(LIVED_IN.to_owned()));
}

#[test]
fn a_second_installation_changes_nothing() {
    for text in ["", LIVED_IN, "{\"mcpServers\":{\"fastintercom\":{}}}"] {
        for shape in [&MCP_SERVERS, &TYPED, &SERVERS, &OPENCODE] {
            for token in [EntryToken::Stored, EntryToken::Asked, EntryToken::Written("t".to_owned())] {
                let once = with(text, shape, &entry(token.clone())).expect("installed");
                assert_eq!(with(&once, shape, &entry(token)).expect("installed"), once);
            }
        }
    }
}

#[test]
fn what_the_user_added_to_our_entry_stays() {
    let text = r#"{"mcpServers": {"fastintercom": {"command": "/old", "timeout": 9,
        "env": {"FASTINTERCOM_SYNC_DAYS": "30", "INTERCOM_REGION": "us"}}}}"#;
    let after = value(&installed(text, &MCP_SERVERS));
    let ours = &after["mcpServers"]["fastintercom"];
    assert_eq!((&ours["command"], &ours["timeout"]), (&"/opt/fastintercom".into(), &9.into()));
    assert_eq!(ours["env"]["FASTINTERCOM_SYNC_DAYS"], "30");
    assert_eq!(ours["env"]["INTERCOM_REGION"], "eu");
}

#[test]
fn the_token_is_written_asked_for_or_left_out() {
    let variable =
        |text: &str, key: &str| value(text)[key]["fastintercom"]["env"]["INTERCOM_ACCESS_TOKEN"].clone();
    let stored = installed("", &SERVERS);
    assert!(variable(&stored, "servers").is_null() && value(&stored)["inputs"].is_null(), "{stored}");
    let written = with("", &MCP_SERVERS, &entry(EntryToken::Written("secret".to_owned()))).expect("ok");
    assert_eq!(variable(&written, "mcpServers"), "secret");
    // Only VS Code can ask.
    let cannot = with("", &MCP_SERVERS, &entry(EntryToken::Asked)).expect("ok");
    assert!(variable(&cannot, "mcpServers").is_null(), "{cannot}");
    let asked = with("", &SERVERS, &entry(EntryToken::Asked)).expect("ok");
    assert_eq!(variable(&asked, "servers"), "${input:fastintercom-token}");
    let input = &value(&asked)["inputs"][0];
    assert_eq!((&input["type"], &input["password"]), (&"promptString".into(), &true.into()));
    // After `login` nothing needs to be asked any more.
    assert_eq!(with(&asked, &SERVERS, &entry(EntryToken::Stored)).expect("ok"), stored);
    // A token that somebody wrote there by hand is theirs.
    let theirs = written.replace("mcpServers", "servers");
    let kept = with(&theirs, &SERVERS, &entry(EntryToken::Stored)).expect("ok");
    assert_eq!(variable(&kept, "servers"), "secret");
}

#[test]
fn removal_takes_our_entry_and_our_input_and_no_more() {
    let before = "{\n  \"inputs\": [\n    {\"id\": \"other\", \"type\": \"promptString\"}\n  ],\n  \"servers\": {\n    \"wiki\": {\"command\": \"wiki\"}\n  }\n}\n";
    let after = with(before, &SERVERS, &entry(EntryToken::Asked)).expect("installed");
    assert_eq!(value(&after)["inputs"].as_array().map(Vec::len), Some(2));
    let removed = without(&after, &SERVERS).expect("valid").expect("it was there");
    assert_eq!(value(&removed), value(before));
    assert_eq!(without(&removed, &SERVERS), Ok(None));
    let alone = with("", &SERVERS, &entry(EntryToken::Asked)).expect("installed");
    let nothing = without(&alone, &SERVERS).expect("valid").expect("it was there");
    assert_eq!(value(&nothing), serde_json::json!({}));
}

#[test]
fn broken_files_are_refused_with_their_line() {
    for (text, words) in [
        ("{\n  \"mcpServers\": {\n", "line"),
        ("{\n  \"a\": 1\n  \"b\": 2\n}", "line 2 is not valid JSON: expected comma"),
        ("{\n\n'a': 1}", "line 3"),
        ("[]", "no JSON object"),
        ("\"text\"", "no JSON object"),
        ("{\"mcpServers\": []}", "\"mcpServers\" in it is not an object"),
        ("{\"mcpServers\": {\"fastintercom\": 7}}", "\"fastintercom\" in it is not an object"),
    ] {
        let error = with(text, &MCP_SERVERS, &entry(EntryToken::Stored)).expect_err(text);
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_stay() {
    let text = "\u{feff}{\r\n  \"a\": 1\r\n}\r\n";
    let after = installed(text, &MCP_SERVERS);
    assert!(after.starts_with("\u{feff}{\r\n  \"a\": 1,\r\n  \"mcpServers\": {\r\n"), "{after:?}");
    assert_eq!(without(&after, &MCP_SERVERS).expect("valid").as_deref(), Some(text));
}

#[test]
fn the_command_of_an_entry_is_found() {
    let text = installed(LIVED_IN, &MCP_SERVERS);
    assert_eq!(target(&text, &MCP_SERVERS), Ok(Some(Target::Program("/opt/fastintercom".to_owned()))));
    assert_eq!(target(LIVED_IN, &MCP_SERVERS), Ok(None));
    assert_eq!(target("", &SERVERS), Ok(None));
}

fn remote(token: Option<&str>) -> Entry {
    Entry::Url { url: "https://team.example/mcp".to_owned(), token: token.map(str::to_owned) }
}

/// Gemini went on with the remote one, and others refuse the mixture.
#[test]
fn an_entry_of_the_other_kind_leaves_nothing_behind() {
    let text = r#"{"mcpServers": {"fastintercom": {"type": "http", "url": "https://old.example/mcp",
        "httpUrl": "x", "serverUrl": "y", "headers": {"Authorization": "Bearer old"}, "timeout": 9, "trust": true}}}"#;
    for form in [&MCP_SERVERS, &TYPED] {
        let after = installed(text, form);
        let ours = value(&after)["mcpServers"]["fastintercom"].clone();
        for key in ["url", "httpUrl", "serverUrl", "headers"] {
            assert!(ours[key].is_null(), "{key}: {after}");
        }
        assert_eq!((&ours["timeout"], &ours["trust"]), (&9.into(), &true.into()));
        assert!(ours["type"].is_null() || ours["type"] == "stdio", "{after}");
        let back = with(&after, form, &remote(Some("team"))).expect("installed");
        let ours = value(&back)["mcpServers"]["fastintercom"].clone();
        for key in ["command", "args", "env"] {
            assert!(ours[key].is_null(), "{key}: {back}");
        }
        assert_eq!((&ours["url"], &ours["timeout"]), (&"https://team.example/mcp".into(), &9.into()));
        assert_eq!(ours["headers"]["Authorization"], "Bearer team");
        assert_eq!(with(&back, form, &remote(Some("team"))).expect("installed"), back, "once is enough");
        assert_eq!(target(&back, form), Ok(Some(Target::Url("https://team.example/mcp".to_owned()))));
    }
}

#[test]
fn opencode_gets_its_command_as_a_list_and_its_own_words() {
    let ours = value(&installed("", &OPENCODE))["mcp"]["fastintercom"].clone();
    let expected = serde_json::json!({"type": "local", "command": ["/opt/fastintercom"],
        "environment": {"INTERCOM_REGION": "eu"}, "enabled": true});
    assert_eq!(ours, expected);
    // Who switched it off keeps it off.
    let off = r#"{"mcp": {"fastintercom": {"enabled": false}}}"#;
    assert_eq!(value(&installed(off, &OPENCODE))["mcp"]["fastintercom"]["enabled"], false);
    let ours = value(&with("", &OPENCODE, &remote(None)).expect("ok"))["mcp"]["fastintercom"].clone();
    assert_eq!(
        ours,
        serde_json::json!({"type": "remote", "url": "https://team.example/mcp", "enabled": true})
    );
}

/// Readers take the first or the last of them; nobody knows which.
#[test]
fn a_key_that_stands_twice_is_refused_and_within_our_entry_made_one() {
    for text in [
        r#"{"mcpServers": {}, "mcpServers": {"wiki": {}}}"#,
        r#"{"mcpServers": {"fastintercom": {}, "fastintercom": {"command": "x"}}}"#,
    ] {
        let error = with(text, &MCP_SERVERS, &entry(EntryToken::Stored)).expect_err(text);
        assert!(error.contains("more than once"), "{error}");
        assert!(without(text, &MCP_SERVERS).is_err(), "{text}");
    }
    let text =
        r#"{"mcpServers": {"fastintercom": {"command": "a", "command": "b", "url": "c", "url": "d"}}}"#;
    let after = installed(text, &MCP_SERVERS);
    assert_eq!((after.matches("\"command\"").count(), after.matches("\"url\"").count()), (1, 0), "{after}");
}

/// Numbers that look random and are the same in every run with the seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    /// What may stand between two tokens.
    fn gap(&mut self) -> &'static str {
        self.one(&["", " ", "\n", "\r\n\t", " // a note\n", "/* two\nlines */", "\n\n    "])
    }

    fn json(&mut self, depth: usize, keys: &[&str]) -> String {
        let kind = if depth == 0 { 3 + self.roll(3) } else { self.roll(6) };
        match kind {
            0..=2 => {
                let mut text = String::from("{");
                let mut left: Vec<&str> = keys.to_vec();
                for _ in 0..self.roll(4) {
                    let key = left.remove(self.roll(left.len()));
                    let gap = [self.gap(), self.gap(), self.gap()];
                    let inner = self.json(depth.saturating_sub(1), KEYS);
                    text.push_str(&format!("{}\"{key}\"{}:{}{inner},", gap[0], gap[1], gap[2]));
                }
                if self.roll(2) == 0 && text.ends_with(',') {
                    text.pop();
                }
                text.push_str(self.gap());
                text + "}"
            }
            3 => self.one(&["1", "-2.5e3", "true", "null"]).to_owned(),
            4 => format!("[{}1,{}\"x\"{}]", self.gap(), self.gap(), self.gap()),
            _ => self.one(&["\"\"", "\"\\u00e9 // no comment\"", "\"{\\\"a\\\": 1}\""]).to_owned(),
        }
    }
}

const KEYS: &[&str] = &["a", "b c", "type", "env", "wiki", "\\u006d", "\u{e9}"];

/// The value of a text with comments and trailing commas.
fn lenient(text: &str) -> serde_json::Value {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let value =
        jsonc_parser::parse_to_value(text, &OPTIONS).unwrap_or_else(|error| panic!("{error}: {text}"));
    value.map_or(serde_json::Value::Null, plainly)
}

fn plainly(value: jsonc_parser::JsonValue<'_>) -> serde_json::Value {
    use jsonc_parser::JsonValue;
    match value {
        JsonValue::String(text) => text.into_owned().into(),
        JsonValue::Number(number) => serde_json::from_str(number).expect("a number"),
        JsonValue::Boolean(flag) => flag.into(),
        JsonValue::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name.into_owned(), plainly(value))).collect()
        }
        JsonValue::Array(items) => items.into_iter().map(plainly).collect(),
        JsonValue::Null => serde_json::Value::Null,
    }
}

#[test]
fn whatever_stands_in_a_file_our_entry_is_all_that_changes() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(18);
    let mut dice = Dice(seed);
    let mut installed_into = 0;
    for round in 0..3_000 {
        let servers = dice.json(2, KEYS);
        let mark = dice.one(&["", "", "\u{feff}"]);
        let text = match dice.roll(3) {
            0 => format!("{mark}{}{}", dice.json(3, KEYS), dice.gap()),
            _ => format!("{mark}{{{}\"mcpServers\":{servers}{}}}{}", dice.gap(), dice.gap(), dice.gap()),
        };
        let before = lenient(&text);
        let Ok(after) = with(&text, &MCP_SERVERS, &entry(EntryToken::Stored)) else {
            assert!(
                !before.is_object() || !before["mcpServers"].is_object(),
                "seed {seed}, round {round}: {text:?}"
            );
            continue;
        };
        installed_into += 1;
        let mut rest = lenient(&after);
        let servers = rest["mcpServers"].as_object_mut().expect("servers");
        let ours = servers.remove(NAME).expect("our entry");
        assert_eq!(ours["command"], "/opt/fastintercom", "seed {seed}, round {round}");
        if servers.is_empty() && before["mcpServers"].is_null() {
            rest.as_object_mut().expect("an object").remove("mcpServers");
        }
        assert_eq!(rest, before, "seed {seed}, round {round}: {text:?} became {after:?}");
        assert_eq!(installed(&after, &MCP_SERVERS), after, "seed {seed}, round {round}");
        for comment in ["// a note", "/* two"] {
            assert_eq!(
                after.matches(comment).count(),
                text.matches(comment).count(),
                "seed {seed}, round {round}: {text:?} became {after:?}"
            );
        }
        let removed = without(&after, &MCP_SERVERS).expect("valid").expect("it was there");
        let mut gone = lenient(&removed);
        let empty = serde_json::json!({});
        if gone["mcpServers"].is_null() && before["mcpServers"] == empty {
            gone["mcpServers"] = empty;
        }
        assert_eq!(gone, before, "seed {seed}, round {round}: {removed:?}");
    }
    assert!(installed_into > 500, "{installed_into}");
}
