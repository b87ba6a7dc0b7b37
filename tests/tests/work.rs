//! What an answer costs, counted instead of timed: statements and steps of SQLite must not grow
//! with the cache where an index should make them independent of it.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use fastintercom_guest::environment::Settings;
use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_tests::filled::{self, NOW, RARE};
use fastintercom_tests::still_host::StillHost;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use serde_json::{Value, json};

/// Enough that a common word is in more messages than are counted exactly.
const SMALL: usize = 300;
const LARGE: usize = 4 * SMALL;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Work {
    statements: u64,
    /// Instructions of SQLite's virtual machine.
    steps: u64,
}

static STATEMENTS: AtomicU64 = AtomicU64::new(0);

struct Cache {
    store: Store,
    _folder: tempfile::TempDir,
}

impl Cache {
    fn of(conversations: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.db");
        filled::fill(&path, conversations).expect("fills");
        Self { store: open(&path), _folder: folder }
    }

    fn answer(&mut self, tool: &str, arguments: &Value) -> Value {
        let settings = Settings { token_present: false, ..Settings::default() };
        let answer = StillHost::at(NOW).call(&mut self.store, &settings, tool, &arguments.to_string());
        serde_json::from_str(&answer.expect("an answer").structured).expect("JSON")
    }

    /// What the second of two equal calls costs: the first prepares statements.
    fn work(&mut self, tool: &str, arguments: &Value) -> Work {
        self.answer(tool, arguments);
        let connection = self.store.connection_mut();
        STATEMENTS.store(0, Ordering::Relaxed);
        connection
            .trace_v2(
                TraceEventCodes::SQLITE_TRACE_STMT,
                Some(|event: TraceEvent<'_>| {
                    // Those that begin with dashes are FTS5's own: one for each of the index's
                    // segments, whose number goes up and down with their merging.
                    if let TraceEvent::Stmt(_, sql) = event
                        && !sql.starts_with("--")
                    {
                        STATEMENTS.fetch_add(1, Ordering::Relaxed);
                    }
                }),
            )
            .expect("a trace");
        STEPS.store(0, Ordering::Relaxed);
        connection
            .progress_handler(
                1,
                Some(|| {
                    STEPS.fetch_add(1, Ordering::Relaxed);
                    false
                }),
            )
            .expect("a handler");
        self.answer(tool, arguments);
        Work { statements: STATEMENTS.load(Ordering::Relaxed), steps: STEPS.load(Ordering::Relaxed) }
    }
}

static STEPS: AtomicU64 = AtomicU64::new(0);

fn open(path: &Path) -> Store {
    Store::open(path, OpenMode::ReadWrite).expect("opens")
}

/// One test, so that nothing else counts at the same time.
#[test]
fn work_does_not_grow_with_the_cache() {
    let (mut small, mut large) = (Cache::of(SMALL), Cache::of(LARGE));
    let rare = json!({"query": RARE[0]});
    assert_eq!(
        small.answer("search_conversations", &rare)["total_matches"],
        large.answer("search_conversations", &rare)["total_matches"],
        "a rare word is as frequent in both"
    );
    let constant = [
        ("search_conversations", rare),
        ("search_conversations", json!({"query": "thanks", "sort": "newest"})),
        // Names that are kept with their counts, and not gathered from all conversations.
        ("list_filters", json!({})),
        ("get_sync_status", json!({})),
        ("check_coverage", json!({"start_date": "2026-01-01", "end_date": "2026-06-30"})),
    ];
    for (tool, arguments) in constant {
        let (few, many) = (small.work(tool, &arguments), large.work(tool, &arguments));
        println!("{tool} {arguments}: {few:?}, {many:?}");
        assert!(
            many.statements <= few.statements + few.statements / 4 + 8,
            "{tool} {arguments}: {few:?}, {many:?}"
        );
        assert!(many.steps <= few.steps * 2, "{tool} {arguments}: {few:?}, {many:?}");
    }
}
