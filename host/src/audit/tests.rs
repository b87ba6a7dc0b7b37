use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use super::journal::{self, Journal};
use super::line::Line;
use super::reading::{Wanted, pieces};
use super::verify::{Report, verify};
use super::{Audit, Client, Disclosed, Outcome, Record, Settings};

struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("fastintercom-audit-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn first(&self) -> PathBuf {
        journal::path(&self.0, 1)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const MEGABYTE: u64 = 1024 * 1024;

fn record(caller: &str, conversation: &str) -> Record {
    let mut disclosed = Disclosed::default();
    disclosed.add(vec![conversation.to_owned()], vec!["c7".to_owned()], 3);
    Record {
        at: SystemTime::now(),
        caller: caller.to_owned(),
        client: Some(Client::new("claude", "1.0")),
        operation: "tools/call",
        name: "get_conversation".to_owned(),
        arguments: "{\"conversation_id\": \"4711\"}".to_owned(),
        disclosed,
        bytes: 100,
        redaction: vec!["emails"],
        outcome: Outcome::Ok,
        took: Duration::from_millis(2),
    }
}

fn append(journal: &Journal, count: usize) {
    for number in 0..count {
        journal.append(&record("ada", &number.to_string()), false, 0).expect("appends");
    }
}

/// A log of so many lines in one file.
fn log(scratch: &Scratch, lines: usize) -> Vec<String> {
    append(&Journal::open(&scratch.0, MEGABYTE, false).expect("opens"), lines);
    let text = fs::read_to_string(scratch.first()).expect("a file");
    text.lines().map(str::to_owned).collect()
}

fn verified(folder: &Path) -> Report {
    verify(folder, None).expect("can be read")
}

fn after(change: impl FnOnce(&mut Vec<String>)) -> Report {
    let scratch = Scratch::new();
    let mut lines = log(&scratch, 6);
    change(&mut lines);
    fs::write(scratch.first(), lines.join("\n") + "\n").expect("a file");
    verified(&scratch.0)
}

#[test]
fn a_log_that_nobody_touched_is_whole_over_many_files_and_starts() {
    let scratch = Scratch::new();
    for _ in 0..3 {
        append(&Journal::open(&scratch.0, 2_000, false).expect("opens"), 20);
    }
    let report = verified(&scratch.0);
    assert_eq!(
        (report.lines, report.first, report.problems.len(), report.notes.len()),
        (60, Some(1), 0, 0),
        "{report:?}"
    );
    assert!(report.files > 3, "{} files", report.files);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(scratch.first()).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn two_servers_take_turns_in_one_log() {
    let scratch = Scratch::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| append(&Journal::open(&scratch.0, 20_000, false).expect("opens"), 100));
        }
    });
    let report = verified(&scratch.0);
    assert_eq!((report.lines, report.problems.len()), (400, 0), "{report:?}");
}

#[test]
fn a_line_that_was_changed_taken_out_put_in_or_moved_is_found() {
    let changed = after(|lines| lines[2] = lines[2].replace("ada", "eve"));
    assert!(changed.problems[0].contains("Line 3") && changed.problems[0].contains("changed"), "{changed:?}");
    let missing = after(|lines| drop(lines.remove(2)));
    assert!(missing.problems[0].contains("1 lines are missing"), "{missing:?}");
    let swapped = after(|lines| lines.swap(2, 3));
    assert!(swapped.problems.iter().any(|problem| problem.contains("moved")), "{swapped:?}");
    let copied = after(|lines| lines.insert(3, lines[2].clone()));
    assert!(copied.problems[0].contains("moved or copied"), "{copied:?}");
    let foreign = after(|lines| lines.insert(3, "{}".to_owned()));
    assert!(foreign.problems[0].contains("Line 4"), "{foreign:?}");
    let blank = after(|lines| lines[1].clear());
    assert!(!blank.problems.is_empty(), "{blank:?}");
    // A line with a hash of its own that is right, in the place of another one.
    let other = Scratch::new();
    let journal = Journal::open(&other.0, MEGABYTE, false).expect("opens");
    for conversation in ["7", "8", "9"] {
        journal.append(&record("eve", conversation), false, 0).expect("appends");
    }
    let others = fs::read_to_string(other.first()).expect("a file");
    let others: Vec<&str> = others.lines().collect();
    let replaced = after(|lines| others[2].clone_into(&mut lines[2]));
    assert!(replaced.problems[0].contains("written anew"), "{replaced:?}");
    // The end cut off is no break of the chain; a hash that was noted before tells.
    let scratch = Scratch::new();
    let lines = log(&scratch, 6);
    let noted = verified(&scratch.0).head.expect("lines").hash;
    fs::write(scratch.first(), lines[..4].join("\n") + "\n").expect("a file");
    assert!(verified(&scratch.0).problems.is_empty());
    assert!(verify(&scratch.0, Some(&noted)).expect("can be read").problems[0].contains(&noted));
}

#[test]
fn a_file_that_is_missing_between_others_is_found_and_older_ones_may_go() {
    let scratch = Scratch::new();
    append(&Journal::open(&scratch.0, 2_000, false).expect("opens"), 40);
    fs::remove_file(journal::path(&scratch.0, 1)).expect("a file");
    let report = verified(&scratch.0);
    assert!(report.problems.is_empty() && report.notes[0].contains("was removed"), "{report:?}");
    fs::remove_file(journal::path(&scratch.0, 3)).expect("a file");
    let report = verified(&scratch.0);
    assert!(
        report.problems.iter().any(|problem| problem.contains("audit-00000003.jsonl is missing")),
        "{report:?}"
    );
}

/// A program may be killed after any byte of a line.
#[test]
fn a_line_cut_anywhere_is_the_only_one_lost_and_the_log_goes_on() {
    let scratch = Scratch::new();
    let lines = log(&scratch, 3);
    let whole = format!("{}\n{}\n", lines[0], lines[1]);
    for cut in 0..lines[2].len() {
        fs::write(scratch.first(), format!("{whole}{}", &lines[2][..cut])).expect("a file");
        let before = verified(&scratch.0);
        assert_eq!((before.lines, before.problems.len()), (2, 0), "{before:?}");
        assert_eq!(before.notes.len(), usize::from(cut > 0), "{before:?}");
        append(&Journal::open(&scratch.0, MEGABYTE, false).expect("opens"), 2);
        let after = verified(&scratch.0);
        assert_eq!((after.lines, after.problems.len()), (4, 0), "cut at {cut}: {after:?}");
        assert_eq!(after.notes.len(), usize::from(cut > 0), "{after:?}");
    }
    // A fragment that nobody's program left there is not excused by the line after it.
    let text = fs::read_to_string(scratch.first()).expect("a file");
    let mut lines: Vec<&str> = text.lines().collect();
    lines[2] = "something else";
    fs::write(scratch.first(), lines.join("\n") + "\n").expect("a file");
    assert_eq!(verified(&scratch.0).problems.len(), 1);
}

/// `/dev/full` takes nothing, as a full disk does.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_refuses_calls_or_is_told_in_the_next_line() {
    let scratch = Scratch::new();
    let settings = |answer_unlogged| Settings {
        enabled: Some(true),
        folder: Some(scratch.0.clone()),
        hash_arguments: false,
        synchronous: false,
        file_bytes: MEGABYTE,
        answer_unlogged,
    };
    std::os::unix::fs::symlink("/dev/full", scratch.first()).expect("a link");
    let refusing = Audit::open(&settings(false)).expect("opens");
    assert!(refusing.append(&record("ada", "1")).is_err_and(|error| error.contains("space")));
    let answering = Audit::open(&settings(true)).expect("opens");
    for _ in 0..2 {
        answering.append(&record("ada", "1")).expect("goes on");
    }
    fs::remove_file(scratch.first()).expect("a link");
    answering.append(&record("ada", "1")).expect("appends");
    answering.append(&record("ada", "1")).expect("appends");
    let report = verified(&scratch.0);
    assert_eq!((report.lines, report.unlogged, report.problems.len()), (2, 2, 0), "{report:?}");
}

#[test]
fn lines_are_found_by_who_read_what_and_when() {
    let scratch = Scratch::new();
    let journal = Journal::open(&scratch.0, MEGABYTE, false).expect("opens");
    for (caller, conversation) in [("ada", "1"), ("bob", "2"), ("ada", "2")] {
        journal.append(&record(caller, conversation), true, 0).expect("appends");
    }
    let found = |wanted: &Wanted| {
        let mut numbers = Vec::new();
        pieces(&scratch.0, |piece| {
            numbers.extend(Line::read(piece.bytes).filter(|line| wanted.is(line)).map(|line| line.number));
        })
        .expect("can be read");
        numbers
    };
    let id = |id: &str| Wanted { disclosed: Some(id.to_owned()), ..Wanted::default() };
    assert_eq!(found(&id("2")), [2, 3]);
    assert_eq!(found(&id("c7")), [1, 2, 3]);
    assert!(found(&id("9")).is_empty());
    assert_eq!(found(&Wanted { caller: Some("ada".to_owned()), ..id("2") }), [3]);
    assert!(found(&Wanted { since: Some("2999-01-01".to_owned()), ..Wanted::default() }).is_empty());
    let text = fs::read_to_string(scratch.first()).expect("a file");
    assert!(text.contains("arguments_sha256") && !text.contains("4711"), "{text}");
}
