//! Arguments about time: which fit together, and what is said of those to come.

use serde_json::json;

use super::fixture::Workspace;

const TOOLS: [&str; 3] = ["get_conversation_stats", "get_trends", "find_knowledge_gaps"];

#[test]
fn a_timeframe_and_a_date_that_have_nothing_in_common_are_refused() {
    let mut workspace = Workspace::filled();
    workspace.settings.timezone = Some("UTC".to_owned());
    // Today is Sunday, 2026-11-22.
    let before = r#"{"timeframe": "last week", "created_before": "2026-11-01"}"#;
    let after = r#"{"timeframe": "last week", "created_after": "2026-11-20"}"#;
    for tool in TOOLS.into_iter().chain(["search_conversations"]) {
        for (arguments, name) in [(before, "created_before"), (after, "created_after")] {
            let (error, argument) = workspace.refused(tool, arguments);
            assert!(argument, "{tool}: {error}");
            let expected = format!(
                "`timeframe` \"last week\" (2026-11-09 to 2026-11-15) and `{name}` have nothing in common; leave one out."
            );
            assert_eq!(error, expected, "{tool}");
        }
    }
    let replied = r#"{"timeframe": "last week", "timeframe_of": "customer_reply", "customer_replied_before": "2026-11-01"}"#;
    assert!(workspace.refused("search_conversations", replied).0.contains("`customer_replied_before`"));
    // Of other kinds they are no contradiction, and what they share is asked for.
    for fitting in [
        r#"{"timeframe": "last week", "updated_before": "2026-11-01"}"#,
        r#"{"timeframe": "last week", "created_before": "2026-11-10"}"#,
        r#"{"timeframe": "all time", "created_before": "2026-11-10"}"#,
    ] {
        workspace.ask("search_conversations", fitting);
    }
}

#[test]
fn a_period_to_come_is_shown_as_it_was_asked_for_and_told() {
    let mut workspace = Workspace::filled();
    workspace.settings.timezone = Some("UTC".to_owned());
    for tool in TOOLS {
        for arguments in [
            r#"{"timeframe": "2027-01"}"#,
            r#"{"created_after": "2027-01-01", "created_before": "2027-01-31"}"#,
        ] {
            let answer = workspace.ask(tool, arguments);
            let period = json!({"start": "2027-01-01T00:00:00+00:00", "end": "2027-01-31T23:59:59+00:00"});
            assert_eq!(answer["period"], period, "{tool}");
            let notice = answer["notice"].as_str().expect("a notice");
            assert!(notice.contains("still to come") && notice.contains("2026-11-22"), "{tool}: {notice}");
            assert_eq!(answer["previous"], json!(null), "{tool}");
        }
        let answer = workspace.ask(tool, r#"{"created_after": "2027-01-01"}"#);
        assert_eq!(answer["period"]["start"], "2027-01-01T00:00:00+00:00", "{tool}");
        let answer = workspace.ask(tool, r#"{"timeframe": "November"}"#);
        assert_eq!(answer["period"]["end"], "2026-11-22T15:00:00+00:00", "{tool}");
        assert!(!answer["notice"].as_str().unwrap_or_default().contains("still to come"), "{tool}");
    }
}

#[test]
fn a_long_stretch_until_now_is_compared_with_one_as_long() {
    let mut workspace = Workspace::filled();
    workspace.settings.timezone = Some("UTC".to_owned());
    let answer = workspace.ask("get_conversation_stats", r#"{"timeframe": "since 2026-10-15"}"#);
    let before = &answer["previous"]["period"];
    assert_eq!(before["start"], "2026-09-06T08:59:59+00:00");
    assert_eq!(before["end"], "2026-10-14T23:59:59+00:00");
    let answer = workspace.ask("get_conversation_stats", r#"{"timeframe": "this week"}"#);
    assert_eq!(answer["previous"]["period"]["end"], "2026-11-15T15:00:00+00:00");
}

#[test]
fn a_date_that_is_none_and_words_that_say_nothing_are_told_alike_everywhere() {
    let mut workspace = Workspace::filled();
    workspace.settings.timezone = Some("UTC".to_owned());
    for argument in ["timeframe", "created_after", "updated_before"] {
        let given = format!(r#"{{"{argument}": "2026-02-30"}}"#);
        let (error, _) = workspace.refused("search_conversations", &given);
        let expected = format!(
            "`{argument}` \"2026-02-30\": There is no 2026-02-30 in the calendar. Today is 2026-11-22."
        );
        assert_eq!(error, expected);
        let (error, _) =
            workspace.refused("search_conversations", &format!(r#"{{"{argument}": "some day"}}"#));
        assert!(error.contains("\"some day\"") && error.contains("\"last week\""), "{error}");
    }
}
