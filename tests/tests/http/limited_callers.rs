//! Callers who see some of the conversations: nothing that they ask tells of the others.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::Era;
use fastintercom_tests::simulator::{Change, Config, Index, Simulator};
use fastintercom_tests::web::Web;
use serde_json::{Value, json};

use super::callers::{add, command, of, serve};
use super::{TOKEN, simulate};

fn workspace() -> Simulator {
    simulate(Config::new().conversations(120).days(6))
}

fn rows(web: &Web, sql: &str) -> Vec<Value> {
    let answer = web.tool("query_database", json!({"sql": sql, "limit": 1000})).succeeded();
    answer["rows"].as_array().expect("rows").clone()
}

fn ids(web: &Web, condition: &str) -> BTreeSet<String> {
    let sql = format!("SELECT conversation_id FROM v_conversations WHERE {condition}");
    let id = |row: &Value| row[0].as_str().or(row["conversation_id"].as_str()).expect("an id").to_owned();
    rows(web, &sql).iter().map(id).collect()
}

fn count(web: &Web, sql: &str) -> i64 {
    let row = rows(web, sql).remove(0);
    let number = |value: &Value| value.as_i64();
    number(&row[0]).or_else(|| row.as_object()?.values().next()?.as_i64()).expect("a number")
}

/// The team of most conversations.
fn team(web: &Web) -> String {
    let found = rows(
        web,
        "SELECT team FROM v_conversations WHERE team IS NOT NULL GROUP BY team ORDER BY count(*) DESC LIMIT 1",
    );
    found[0][0].as_str().or(found[0]["team"].as_str()).expect("a team").to_owned()
}

#[test]
fn a_caller_of_a_team_sees_its_conversations_and_nothing_of_the_others() {
    let simulator = workspace();
    let scratch = Scratch::new();
    let (_session, web) = serve(&simulator, &scratch);
    let all = of(&web, TOKEN);
    let team = team(&all);
    let theirs = ids(&all, &format!("team = '{team}'"));
    let everything = ids(&all, "TRUE");
    let hidden: Vec<&String> = everything.difference(&theirs).collect();
    assert!(theirs.len() > 3 && hidden.len() > 20, "{} of {}", theirs.len(), everything.len());
    let lim = of(&web, &add(&simulator, &scratch, "lim", &["--teams", &team, "--no-notes"]));

    assert_eq!(ids(&lim, "TRUE"), theirs);
    let found = lim.tool("search_conversations", json!({"limit": 100})).succeeded();
    let shown = found["conversations"].as_array().expect("conversations").iter();
    let shown: BTreeSet<String> = shown.map(|one| one["id"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(shown, theirs);
    // Notes are what they do not see of their own ones.
    let notes = "SELECT count(*) FROM v_messages WHERE is_note";
    assert_eq!(count(&lim, notes), 0);
    assert!(count(&all, notes) > 0);
    assert_eq!(
        count(&lim, "SELECT total(message_count) = (SELECT count(*) FROM v_messages) FROM v_conversations"),
        1
    );

    for id in hidden.iter().take(5) {
        let refused = lim.tool("get_conversation", json!({"conversation_id": id})).refused(422);
        let never = lim.tool("get_conversation", json!({"conversation_id": "999999999999"})).refused(422);
        assert_eq!(refused.replace(id.as_str(), "ID"), never.replace("999999999999", "ID"));
        let read =
            lim.mcp(Era::Modern, "resources/read", json!({"uri": format!("intercom://conversation/{id}")}));
        assert!(read.json()["error"].is_object());
    }
    let export = lim.get("/export").text();
    assert_eq!(export.lines().count(), theirs.len());
    assert!(hidden.iter().all(|id| !export.contains(id.as_str())));
    let completed = lim
        .mcp(
            Era::Modern,
            "completion/complete",
            json!({
                "ref": {"type": "ref/resource", "uri": "intercom://conversation/{id}"},
                "argument": {"name": "id", "value": ""},
            }),
        )
        .result();
    let completed = completed["completion"].clone();
    assert_eq!(completed["total"], json!(theirs.len()), "{completed}");
    // Nor what this process did for others, nor how many there are.
    let status =
        lim.mcp(Era::Modern, "resources/read", json!({"uri": "intercom://status"})).result().to_string();
    assert!(!status.contains("\\\"process\\\""), "{status}");
    let data = lim.tool("get_data_info", json!({})).succeeded();
    assert_eq!(data["total_conversations"], json!(theirs.len()));
    let refused = lim.tool("force_sync", json!({})).refused(422);
    assert!(refused.contains("Nothing was synced"), "{refused}");
    // The log says what they were shown.
    let id = theirs.first().expect("one");
    let _ = lim.tool("get_conversation", json!({"conversation_id": id})).succeeded();
    let log = command(&simulator, &scratch, &["audit", "--who-read", id, "--caller", "lim", "--json"]);
    assert!(log.run().assert_code(0).stdout.contains("\"get_conversation\""));
    let list = command(&simulator, &scratch, &["caller", "list"]).run().assert_code(0).stdout;
    assert!(list.contains(&format!("only conversations of the team {team}; without notes")), "{list}");
}

#[test]
fn what_changes_hands_is_seen_by_whom_it_belongs_to_and_readers_are_not_mixed_up() {
    let simulator = workspace();
    let scratch = Scratch::new();
    let (_session, web) = serve(&simulator, &scratch);
    let all = of(&web, TOKEN);
    let tags = rows(&all, "SELECT tag FROM v_tags GROUP BY tag ORDER BY count(*) DESC LIMIT 1");
    let tag = tags[0][0].as_str().or(tags[0]["tag"].as_str()).expect("a tag").to_owned();
    let tagged = format!("conversation_id IN (SELECT conversation_id FROM v_tags WHERE tag = '{tag}')");
    let lim = of(&web, &add(&simulator, &scratch, "lim", &["--tags", &tag]));
    let chat = of(&web, &add(&simulator, &scratch, "chat", &["--channels", "chat"]));
    let before = ids(&all, &tagged);
    assert_eq!(ids(&lim, "TRUE"), before);
    assert_eq!(ids(&chat, "TRUE"), ids(&all, "channel = 'conversation'"));

    // Four that have the tag lose it, four others get it, all get a message.
    let others = ids(&all, &format!("NOT {tagged}"));
    {
        let mut workspace = simulator.workspace();
        let place = workspace.directory().tags.iter().position(|known| known.name == tag).expect("the tag");
        for id in before.iter().take(4) {
            workspace.change(id.parse().expect("a number"), Change::Untag { admin: 0, tag: place as Index });
        }
        for id in others.iter().take(4) {
            workspace.change(id.parse().expect("a number"), Change::Tag { admin: 0, tag: place as Index });
        }
    }
    let _ = all.tool("force_sync", json!({})).succeeded();
    let after: BTreeSet<String> = before.iter().skip(4).chain(others.iter().take(4)).cloned().collect();
    assert_eq!(ids(&all, &tagged), after);
    let begun = Instant::now();
    while ids(&lim, "TRUE") != after {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", ids(&lim, "TRUE"));
        std::thread::sleep(Duration::from_millis(200));
    }
    // Callers at once, on the readers of each.
    let count_all = count(&all, "SELECT count(*) FROM v_conversations");
    let count_chat = count(&chat, "SELECT count(*) FROM v_conversations");
    std::thread::scope(|scope| {
        for _ in 0..3 {
            for (web, expected) in [(&all, count_all), (&lim, after.len() as i64), (&chat, count_chat)] {
                scope.spawn(move || {
                    for _ in 0..15 {
                        assert_eq!(count(web, "SELECT count(*) FROM v_conversations"), expected);
                    }
                });
            }
        }
    });
}

#[test]
fn names_that_mean_nothing_show_nothing_and_who_is_erased_is_in_no_copy() {
    let simulator = workspace();
    let scratch = Scratch::new();
    let (session, web) = serve(&simulator, &scratch);
    let all = of(&web, TOKEN);
    let nothing = of(&web, &add(&simulator, &scratch, "nothing", &["--teams", "Nowhere"]));
    assert_eq!(ids(&nothing, "TRUE"), BTreeSet::new());
    session.wait_for_log("team \"Nowhere\"");

    let lim = of(&web, &add(&simulator, &scratch, "lim", &["--channels", "chat,email"]));
    let addresses = rows(
        &lim,
        "SELECT customer_email FROM v_conversations WHERE customer_email IS NOT NULL ORDER BY created_at LIMIT 1",
    );
    let address =
        addresses[0][0].as_str().or(addresses[0]["customer_email"].as_str()).expect("one").to_owned();
    let has = || {
        let files =
            scratch.files().into_iter().filter(|(path, _)| path.starts_with(scratch.database_folder()));
        let find = |bytes: &[u8]| bytes.windows(address.len()).any(|part| part == address.as_bytes());
        files.filter(|(_, bytes)| find(bytes)).map(|(path, _)| path).collect::<Vec<_>>()
    };
    assert!(has().len() >= 2, "the database and the copy: {:?}", has());
    command(&simulator, &scratch, &["erase", &address, "--yes"]).run().assert_code(0);
    assert_eq!(has(), Vec::<std::path::PathBuf>::new());
    let sql = format!("SELECT count(*) FROM v_conversations WHERE customer_email = '{address}'");
    let begun = Instant::now();
    // The file that it read is gone, and another one is made.
    loop {
        let reply = lim.tool("query_database", json!({"sql": sql}));
        if reply.status == 200 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", reply.text());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(count(&lim, &sql), 0);
    assert!(!ids(&lim, "TRUE").is_empty());
    assert_eq!(has(), Vec::<std::path::PathBuf>::new());
    drop(all);
    drop(session);
    // Nothing of it outlives a reset.
    command(&simulator, &scratch, &["reset", "--yes"]).run().assert_code(0);
    let left = scratch.files().into_iter().map(|(path, _)| path);
    let left: Vec<_> = left.filter(|path| path.starts_with(scratch.database_folder())).collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new());
}

/// A copy in the making, held on to while somebody is erased, does not bring them back.
#[cfg(unix)]
#[test]
fn a_copy_that_was_begun_before_an_erasure_is_never_put_in_place() {
    use rustix::process::{Pid, Signal, kill_process};

    let simulator = simulate(Config::new().conversations(1_500).days(6));
    let scratch = Scratch::new();
    let (session, web) = serve(&simulator, &scratch);
    let all = of(&web, TOKEN);
    let addresses = rows(
        &all,
        "SELECT customer_email FROM v_conversations WHERE channel = 'email' AND customer_email IS NOT NULL
         GROUP BY 1 ORDER BY 1",
    );
    let mut addresses = addresses.iter().filter_map(|row| row[0].as_str().or(row["customer_email"].as_str()));
    let has = |address: &str| {
        let find = |bytes: &[u8]| bytes.windows(address.len()).any(|part| part == address.as_bytes());
        let files = scratch.files().into_iter();
        let files = files.filter(|(path, bytes)| path.starts_with(scratch.database_folder()) && find(bytes));
        files.map(|(path, _)| path).collect::<Vec<_>>()
    };
    let in_the_making = || {
        let names = std::fs::read_dir(scratch.database_folder()).expect("the data folder");
        let mut names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.any(|name| name.starts_with("filtered-") && name.ends_with(".tmp"))
    };
    let server = Pid::from_raw(i32::try_from(session.process()).expect("a number")).expect("a process id");
    // Held on to in the middle of a read, the database cannot be written, and nobody is erased yet.
    let erased = (0..20).find_map(|attempt| {
        let address = addresses.next().expect("enough customers");
        // A copy of its own for each attempt.
        let (name, channels) = (format!("lim{attempt}"), format!("email,none-{attempt}"));
        let lim = of(&web, &add(&simulator, &scratch, &name, &["--channels", &channels]));
        let asking = std::thread::spawn(move || lim.tool("get_data_info", json!({})).status);
        let begun = Instant::now();
        while !in_the_making() && begun.elapsed() < Duration::from_secs(10) && !asking.is_finished() {}
        let held = in_the_making();
        kill_process(server, Signal::STOP).expect("the server stands still");
        let begun = Instant::now();
        let erasure = command(&simulator, &scratch, &["erase", address, "--yes"]);
        let waited = erasure.run_until(|| begun.elapsed() > Duration::from_secs(10));
        let done = !waited && !has(address).contains(&scratch.database());
        kill_process(server, Signal::CONT).expect("the server goes on");
        assert!([200, 503].contains(&asking.join().expect("an answer")));
        (held && done).then(|| address.to_owned())
    });
    let erased = erased.expect("somebody was erased while a copy was made");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(8) {
        assert_eq!(has(&erased), Vec::<std::path::PathBuf>::new());
        std::thread::sleep(Duration::from_millis(100));
    }
}
