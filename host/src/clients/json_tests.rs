use super::*;

fn entry(token: EntryToken) -> Entry {
    Entry {
        command: "/opt/fastintercom".to_owned(),
        arguments: Vec::new(),
        environment: vec![("INTERCOM_REGION".to_owned(), "eu".to_owned())],
        token,
    }
}

fn installed(text: &str, shape: Shape) -> String {
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
        assert_eq!(installed(empty, Shape::McpServers), expected, "{empty:?}");
    }
    let typed = value(&installed("", Shape::TypedMcpServers));
    assert_eq!(typed["mcpServers"]["fastintercom"]["type"], "stdio");
}

/// A file as people keep it: comments, trailing commas, tabs, keys in no order.
const LIVED_IN: &str = "{\n\t// mine\n\t\"theme\": \"dark\",\n\t\"mcpServers\": {\n\t\t/* the wiki */\n\t\t\"wiki\": { \"command\": \"wiki\", \"args\": [ \"-v\", ], }, // keep\n\t},\n\t\"last\": 1,\n}\n";

#[test]
fn everything_else_stays_as_it_is_comments_included() {
    let after = installed(LIVED_IN, Shape::McpServers);
    for line in LIVED_IN.lines() {
        assert!(after.contains(line.trim_end_matches(',')), "{line} is gone: {after}");
    }
    assert!(
        after.contains("\t\t\"fastintercom\": {\n\t\t\t\"command\""),
        "the indentation is the file's: {after}"
    );
    assert_eq!(without(&after, Shape::McpServers).expect("valid"), Some(LIVED_IN.to_owned()));
}

#[test]
fn a_second_installation_changes_nothing() {
    for text in ["", LIVED_IN, "{\"mcpServers\":{\"fastintercom\":{}}}"] {
        for shape in [Shape::McpServers, Shape::TypedMcpServers, Shape::Servers] {
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
    let after = value(&installed(text, Shape::McpServers));
    let ours = &after["mcpServers"]["fastintercom"];
    assert_eq!((&ours["command"], &ours["timeout"]), (&"/opt/fastintercom".into(), &9.into()));
    assert_eq!(ours["env"]["FASTINTERCOM_SYNC_DAYS"], "30");
    assert_eq!(ours["env"]["INTERCOM_REGION"], "eu");
}

#[test]
fn the_token_is_written_asked_for_or_left_out() {
    let variable =
        |text: &str, key: &str| value(text)[key]["fastintercom"]["env"]["INTERCOM_ACCESS_TOKEN"].clone();
    let stored = installed("", Shape::Servers);
    assert!(variable(&stored, "servers").is_null() && value(&stored)["inputs"].is_null(), "{stored}");
    let written = with("", Shape::McpServers, &entry(EntryToken::Written("secret".to_owned()))).expect("ok");
    assert_eq!(variable(&written, "mcpServers"), "secret");
    // Only VS Code can ask.
    let cannot = with("", Shape::McpServers, &entry(EntryToken::Asked)).expect("ok");
    assert!(variable(&cannot, "mcpServers").is_null(), "{cannot}");
    let asked = with("", Shape::Servers, &entry(EntryToken::Asked)).expect("ok");
    assert_eq!(variable(&asked, "servers"), "${input:fastintercom-token}");
    let input = &value(&asked)["inputs"][0];
    assert_eq!((&input["type"], &input["password"]), (&"promptString".into(), &true.into()));
    // After `login` nothing needs to be asked any more.
    assert_eq!(with(&asked, Shape::Servers, &entry(EntryToken::Stored)).expect("ok"), stored);
    // A token that somebody wrote there by hand is theirs.
    let theirs = written.replace("mcpServers", "servers");
    let kept = with(&theirs, Shape::Servers, &entry(EntryToken::Stored)).expect("ok");
    assert_eq!(variable(&kept, "servers"), "secret");
}

#[test]
fn removal_takes_our_entry_and_our_input_and_no_more() {
    let before = "{\n  \"inputs\": [\n    {\"id\": \"other\", \"type\": \"promptString\"}\n  ],\n  \"servers\": {\n    \"wiki\": {\"command\": \"wiki\"}\n  }\n}\n";
    let after = with(before, Shape::Servers, &entry(EntryToken::Asked)).expect("installed");
    assert_eq!(value(&after)["inputs"].as_array().map(Vec::len), Some(2));
    let removed = without(&after, Shape::Servers).expect("valid").expect("it was there");
    assert_eq!(value(&removed), value(before));
    assert_eq!(without(&removed, Shape::Servers), Ok(None));
    let alone = with("", Shape::Servers, &entry(EntryToken::Asked)).expect("installed");
    let nothing = without(&alone, Shape::Servers).expect("valid").expect("it was there");
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
        let error = with(text, Shape::McpServers, &entry(EntryToken::Stored)).expect_err(text);
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_stay() {
    let text = "\u{feff}{\r\n  \"a\": 1\r\n}\r\n";
    let after = installed(text, Shape::McpServers);
    assert!(after.starts_with("\u{feff}{\r\n  \"a\": 1,\r\n  \"mcpServers\": {\r\n"), "{after:?}");
    assert_eq!(without(&after, Shape::McpServers).expect("valid").as_deref(), Some(text));
}

#[test]
fn the_command_of_an_entry_is_found() {
    let text = installed(LIVED_IN, Shape::McpServers);
    assert_eq!(command(&text, Shape::McpServers), Ok(Some("/opt/fastintercom".to_owned())));
    assert_eq!(command(LIVED_IN, Shape::McpServers), Ok(None));
    assert_eq!(command("", Shape::Servers), Ok(None));
}
