//! Views of the tools' fixture.

use serde_json::{Value, json};

use super::*;
use crate::tools::tests::fixture::Workspace;

fn plain(lines: &[Line]) -> String {
    let lines: Vec<String> =
        lines.iter().map(|line| line.iter().map(|part| part.text.as_str()).collect()).collect();
    lines.join("\n")
}

fn searched(workspace: &mut Workspace, options: Value, width: Option<u32>) -> View {
    workspace.with(|context| search::search(context, &options.to_string(), width)).expect("a view")
}

#[test]
fn a_search_shows_who_what_and_how_it_stands() {
    let mut workspace = Workspace::filled();
    let view = searched(&mut workspace, json!({"query": "refund", "since": "30d"}), Some(80));
    insta::assert_snapshot!(plain(&view.lines));
    let hits: Vec<&Span> = view.lines.iter().flatten().filter(|part| part.style == Style::Hit).collect();
    assert!(hits.iter().all(|hit| hit.text.to_lowercase().contains("fund")) && hits.len() == 2, "{hits:?}");
    let tool = workspace
        .ask("search_conversations", r#"{"query": "refund", "created_after": "2026-10-23T15:00:00+00:00"}"#);
    let answer: Value = serde_json::from_str(&view.structured).expect("JSON");
    assert_eq!(answer["conversations"], tool["conversations"], "the same as the tool answers");
}

#[test]
fn nothing_found_is_said_with_the_freshness() {
    let mut workspace = Workspace::filled();
    let view = searched(&mut workspace, json!({"query": "nowhere", "since": "3d"}), Some(80));
    let text = plain(&view.lines).replace('\n', " ");
    assert!(text.contains("No conversation matches. Last sync 9 minutes ago"), "{text}");
    // A day later the sentence names what a person can do.
    workspace.now.set(workspace.now.get().plus(crate::time::DAY));
    let view = searched(&mut workspace, json!({"query": "nowhere", "since": "30d"}), None);
    let text = plain(&view.lines);
    assert!(text.contains("--end-date …` fills the gaps."), "{text}");
    assert!(text.contains("Newer messages may be missing; `fastintercom sync` fetches them."), "{text}");
    assert!(!text.contains("force_sync") && !text.contains("check_coverage"), "{text}");
}

#[test]
fn a_person_gets_every_row_and_the_whole_thread() {
    let mut workspace = Workspace::filled();
    let body = "long words ".repeat(2_000);
    for number in 0..60 {
        workspace.say(&crate::tools::tests::fixture::Said {
            conversation: "101",
            id: &format!("m{number}"),
            at: "2026-11-16T12:00:00+00:00",
            author_type: "user",
            author: "Ann Lee",
            body: if number == 0 { &body } else { "<p>again</p>" },
            note: false,
        });
    }
    let view = workspace.with(|context| show::show(context, r#"{"id": "101"}"#, Some(60))).expect("a view");
    let text = plain(&view.lines);
    assert_eq!(text.matches("── ").count(), 64, "all messages");
    assert_eq!(text.matches("long").count(), 2_000, "the long one whole");
    let is_link = |line: &&Line| line.iter().any(|part| part.text.starts_with("https://"));
    assert!(view.lines.iter().filter(|line| !is_link(line)).all(|line| {
        line.iter().map(|part| unicode_width::UnicodeWidthStr::width(part.text.as_str())).sum::<usize>() <= 60
    }));
}

#[test]
fn a_thread_is_laid_out_for_reading() {
    let mut workspace = Workspace::filled();
    let view = workspace.with(|context| show::show(context, r#"{"id": "101"}"#, Some(72))).expect("a view");
    insta::assert_snapshot!(plain(&view.lines));
}

#[test]
fn what_is_wrong_is_said_in_the_command_lines_words() {
    let mut workspace = Workspace::filled();
    let mut refused = |options: Value| {
        workspace.with(|context| search::search(context, &options.to_string(), None)).expect_err("refused")
    };
    assert!(
        matches!(refused(json!({"since": "whenever"})), ViewError::InvalidOptions(text) if text.contains("--since") && text.contains("whenever"))
    );
    assert!(
        matches!(refused(json!({"state": ["asleep"]})), ViewError::InvalidOptions(text) if text.contains("`--state` must be one of"))
    );
    assert!(
        matches!(refused(json!({"since": "1d", "until": "3d"})), ViewError::InvalidOptions(text) if text.contains("`--since` is later than `--until`"))
    );
    let missing =
        workspace.with(|context| show::show(context, r#"{"id": "999"}"#, None)).expect_err("missing");
    assert!(matches!(missing, ViewError::Failed(text) if text.contains("`fastintercom search`")));
}

/// Whatever strangers wrote: no line holds a control character or a hidden one.
#[test]
fn hostile_text_stays_text() {
    let mut workspace = crate::tools::tests::hostile_workspace();
    let mut lines = searched(&mut workspace, json!({"query": "hostile"}), Some(80)).lines;
    lines.extend(
        workspace.with(|context| show::show(context, r#"{"id": "101"}"#, None)).expect("a view").lines,
    );
    assert!(lines.len() > 20);
    for text in lines.iter().flatten().map(|part| &part.text) {
        assert!(
            !text.chars().any(|letter| letter.is_control() || crate::tools::tests::is_hidden(letter)),
            "{text:?}"
        );
    }
}

fn report(workspace: &mut Workspace, options: Value) -> super::Page {
    workspace.with(|context| report::report(context, &options.to_string())).expect("a report")
}

#[test]
fn the_reports_figures_are_the_tools() {
    let mut workspace = Workspace::filled();
    let page = report(&mut workspace, json!({"since": "2026-11-01"}));
    let figures: Value = serde_json::from_str(&page.structured).expect("JSON");
    let start = figures["period"]["start"].as_str().expect("a start");
    for (group, field) in [("day", "series"), ("tag", "tags"), ("team", "teams"), ("assignee", "assignees")] {
        let question = json!({"created_after": start, "group_by": group, "compare": false}).to_string();
        let tool = workspace.ask("get_conversation_stats", &question);
        assert_eq!(figures["figures"], tool["figures"], "{group}");
        let mut groups = figures[field].as_array().expect("groups").clone();
        groups.retain(|row| row["conversations"] != 0);
        // Only the report says this of a day.
        groups.iter_mut().filter_map(Value::as_object_mut).for_each(|row| drop(row.remove("covered")));
        assert_eq!(Some(&groups), tool["groups"].as_array(), "{group}");
    }
    assert_eq!(figures["series"].as_array().map(Vec::len), Some(22), "every day has a column");
    assert_eq!(figures["waiting"]["conversations"], 2);
    assert_eq!(figures["rating_counts"], json!([0, 1, 0, 0, 1]));
    assert!(page.text.contains("4 conversations created 2026-11-01 to 2026-11-22"), "{}", page.text);
}

/// Coverage begins with 15 November in UTC, which is an hour too late for that day in Berlin.
#[test]
fn a_day_that_was_never_read_is_unknown_and_no_zero() {
    let mut workspace = Workspace::filled();
    workspace.sql("UPDATE conversations SET created_at = '2026-11-10T09:00:00+00:00' WHERE id = '101'");
    let page = report(&mut workspace, json!({"since": "2026-11-08"}));
    let figures: Value = serde_json::from_str(&page.structured).expect("JSON");
    let days = figures["series"].as_array().expect("days");
    let uncovered: Vec<&str> =
        days.iter().filter(|day| day["covered"] == false).filter_map(|day| day["group"].as_str()).collect();
    let expected: Vec<String> = (8..16).map(|day| format!("2026-11-{day:02}")).collect();
    assert_eq!(uncovered, expected);
    let ground = "2026-11-09: not in the cache, or not completely";
    assert_eq!(page.html.matches(ground).count(), 2, "behind columns and lines");
    assert!(page.html.contains("<title>2026-11-09: unknown</title>"), "{}", page.html);
    assert!(page.html.contains("<title>2026-11-10: at least 1</title>"), "{}", page.html);
    assert!(page.html.contains("<title>2026-11-17: 0</title>"), "{}", page.html);
    assert!(page.html.contains("The cache does not hold 8 of these 15 completely."));
    assert_eq!(page.html.matches("there may be more than is shown").count(), 2);

    let page = report(&mut workspace, json!({"since": "2026-11-16"})).html;
    for words in ["not completely", "unknown", "at least", "there may be more"] {
        assert!(!page.contains(words), "{words}");
    }
}

/// However many are untagged, the tags can still be told apart.
#[test]
fn those_without_a_tag_have_a_bar_that_leaves_the_others_theirs() {
    let mut workspace = Workspace::filled();
    let bars = |page: &str| -> Vec<String> {
        let section = page.split("<h2 id=\"Tags\">").nth(1).and_then(|rest| rest.split("</section>").next());
        section
            .expect("a section")
            .split("class=\"bar")
            .skip(2)
            .map(|bar| bar.chars().take(60).collect())
            .collect()
    };
    let untag =
        "UPDATE conversations SET tags = '[]'; UPDATE conversations SET tags = '[\"refund\"]' WHERE id";
    for (tagged, nameless, named) in [
        // One of four: three times as many are cut off at twice as many.
        ("= '101'", "<rect width=\"90%\"", "<rect width=\"50%\""),
        ("IN ('101', '102')", "<rect width=\"100%\"", "<rect width=\"100%\""),
    ] {
        workspace.sql(&format!("{untag} {tagged}"));
        let page = report(&mut workspace, json!({"since": "2026-11-01"})).html;
        let bars = bars(&page);
        assert_eq!(bars.len(), 2, "{bars:?}");
        assert!(bars[0].contains(named) && !bars[0].contains("nameless"), "{bars:?}");
        assert!(bars[1].contains(nameless) && bars[1].starts_with(" nameless"), "{bars:?}");
        assert_eq!(page.contains("The bar for “untagged” is cut short."), nameless.contains("90"));
    }
}

#[test]
fn the_page_says_what_is_missing() {
    let mut workspace = Workspace::filled();
    let page = report(&mut workspace, json!({"since": "2026-11-01"})).html;
    assert!(page.contains("Not complete: ") && page.contains("role=\"note\""), "days before the coverage");
    let page = report(&mut workspace, json!({"since": "2d"})).html;
    assert!(page.contains("Complete: Last sync"), "{page}");
    assert!(page.contains("No conversation of this period was rated."));
    let mut empty = Workspace::empty();
    let page = report(&mut empty, json!({})).html;
    for sentence in [
        "Nothing has been synced from Intercom yet",
        "No conversation was created in this period",
        "No customer waits for a reply",
        "no data",
    ] {
        assert!(page.contains(sentence), "{sentence}");
    }
}

#[test]
fn the_page_loads_and_runs_nothing_whoever_wrote_in_it() {
    let mut workspace = crate::tools::tests::hostile_workspace();
    let markup = "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)>\" style=\"x";
    workspace.sql(&format!(
        "UPDATE tags SET name = '{markup}'; UPDATE conversations SET customer_name = '{markup}', title = '{markup}',
         tags = json_array('{markup}'); UPDATE admins SET name = '{markup}'; UPDATE teams SET name = '{markup}';
         UPDATE workspace SET name = '{markup}'"
    ));
    let page = report(&mut workspace, json!({"since": "30d"})).html;
    assert!(page.contains("&lt;script&gt;alert(1)"), "it is shown as text");
    assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"));
    let lower = page.to_lowercase();
    for tag in [
        "<script", "<img", "<link", "<iframe", "<object", "@import", "url(", "<base", "<form", "srcset",
        "<use",
    ] {
        assert!(!lower.contains(tag), "{tag}");
    }
    // Tags are only those of this program: every `<` begins a known name.
    let known = [
        "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section",
        "h1", "h2", "h3", "p", "dl", "div", "dt", "dd", "small", "span", "svg", "path", "g", "rect", "desc",
        "details", "summary", "table", "thead", "tbody", "tr", "th", "td", "ol", "li", "strong", "a",
    ];
    for tag in page.split('<').skip(1) {
        let name: String =
            tag.trim_start_matches('/').chars().take_while(|c| !c.is_whitespace() && *c != '>').collect();
        assert!(known.contains(&name.trim_end_matches('/')), "<{name}");
    }
    assert!(
        !page
            .chars()
            .any(|letter| letter != '\n' && letter.is_control() || crate::tools::tests::is_hidden(letter))
    );
}
