//! A workspace of a few conversations, and a host that does as it is told.

use std::cell::{Cell, RefCell};

use serde_json::Value;

use crate::environment::{Clock, Progress, ProgressUpdate, Settings, SyncControl, SyncOutcome};
use crate::store::conversations::rows::LinkRow;
use crate::store::filtered::{self, Filtered, Scope};
use crate::store::help_center::articles::{self, ArticleRow, ArticleTextRow};
use crate::store::tickets::{self, TicketPartRow, TicketRow};
use crate::store::{IndexEntry, OpenMode, OpenOptions, Store, index_message, message_number};
use crate::sync::SyncRequest;
use crate::time::UnixSeconds;
use crate::tools::{self, Context, ToolError};

/// A Sunday.
pub const NOW: &str = "2026-11-22T15:00:00+00:00";

pub fn at(text: &str) -> UnixSeconds {
    UnixSeconds::parse(text).expect("an instant")
}

/// A workspace with a host around it.
pub struct Workspace {
    _folder: tempfile::TempDir,
    pub store: Store,
    pub settings: Settings,
    pub now: Cell<UnixSeconds>,
    pub syncing: Cell<bool>,
    pub outcome: RefCell<Option<SyncOutcome>>,
    pub requests: RefCell<Vec<SyncRequest>>,
}

struct Host<'a> {
    now: UnixSeconds,
    syncing: bool,
    outcome: &'a RefCell<Option<SyncOutcome>>,
    requests: &'a RefCell<Vec<SyncRequest>>,
}

impl Clock for Host<'_> {
    fn now(&self) -> UnixSeconds {
        self.now
    }

    fn monotonic_ms(&self) -> u64 {
        0
    }
}

impl Progress for Host<'_> {
    fn report(&self, _: &ProgressUpdate) {}

    fn should_stop(&self) -> bool {
        false
    }
}

impl SyncControl for Host<'_> {
    fn request_sync(&self, request: SyncRequest, _: u32) -> SyncOutcome {
        self.requests.borrow_mut().push(request);
        self.outcome.borrow_mut().take().unwrap_or(SyncOutcome::StillRunning)
    }

    fn is_syncing(&self) -> bool {
        self.syncing
    }
}

/// A message of the fixture.
pub struct Said<'a> {
    pub conversation: &'a str,
    pub id: &'a str,
    pub at: &'a str,
    pub author_type: &'a str,
    pub author: &'a str,
    pub body: &'a str,
    pub note: bool,
}

impl Workspace {
    /// Nothing but the tables.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("data.db"), OpenMode::ReadWrite).expect("opens");
        // Thousands of small commits that nobody needs to survive a power cut.
        store.connection().execute_batch("PRAGMA synchronous = OFF").expect("sets");
        Self {
            _folder: folder,
            store,
            settings: Settings::default(),
            now: Cell::new(at(NOW)),
            syncing: Cell::new(false),
            outcome: RefCell::new(None),
            requests: RefCell::new(Vec::new()),
        }
    }

    /// A copy of it with the conversations of that scope, continued from the one before.
    pub fn filtered(&mut self, scope: &Scope, before: Option<Self>) -> (Self, Filtered) {
        const NAME: &str = "filtered.tmp";
        let beside = self.store.path().with_file_name(NAME);
        if let Some(before) = before {
            std::fs::copy(before.store.path(), &beside).expect("copies");
        }
        let options = OpenOptions::new(OpenMode::ReadWrite);
        let report = filtered::refresh(&mut self.store, NAME, scope, &options, &|| false).expect("copies");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.db");
        std::fs::rename(beside, &path).expect("moves");
        let store = Store::open(&path, OpenMode::ReadOnly).expect("opens");
        (Self { _folder: folder, store, ..Self::empty() }, report)
    }

    /// Four conversations, a team, two tags, a week of coverage.
    pub fn filled() -> Self {
        let mut workspace = Self::empty();
        workspace.sql(include_str!("fixture.sql"));
        for said in SAID {
            workspace.say(said);
        }
        workspace
    }

    pub fn sql(&mut self, sql: &str) {
        self.store.connection().execute_batch(sql).expect("runs");
    }

    pub fn article(&mut self, id: &str, title: &str, body: &str) {
        let text = ArticleTextRow {
            locale: None,
            title: title.to_owned(),
            description: None,
            body: body.to_owned(),
            state: "published".to_owned(),
            url: Some(format!("https://help.example/en/articles/{id}")),
        };
        let row = ArticleRow {
            id: id.into(),
            texts: vec![text],
            author: None,
            collections: Vec::new(),
            tags: Vec::new(),
            created_at: None,
            updated_at: Some(at("2026-11-01T00:00:00+00:00")),
        };
        articles::write(self.store.connection(), &row).expect("writes");
    }

    /// A ticket of that type and state, linked to a conversation, of which somebody and a teammate wrote.
    pub fn ticket(&mut self, id: &str, kind: &str, state: &str, title: &str, body: &str, conversation: &str) {
        let part =
            |number: &str, part_type: &str, author: (&'static str, &str), body: Option<&str>| TicketPartRow {
                id: format!("{id}{number}"),
                part_type: part_type.to_owned(),
                created_at: at("2026-11-18T10:00:00+00:00"),
                author_type: author.0,
                author_id: Some(author.1.to_owned()),
                author_name: None,
                body: body.map(str::to_owned),
                is_note: part_type == "note",
                redacted: false,
                attachments: None,
                assigned_to_type: None,
                assigned_to_id: None,
                details: body
                    .is_none()
                    .then(|| format!(r#"{{"state": "{state}", "previous_state": "submitted"}}"#)),
            };
        let row = TicketRow {
            id: id.into(),
            ticket_id: Some(format!("9{id}")),
            category: Some("Customer".to_owned()),
            kind: Some(kind.to_owned()),
            state: Some(state.to_owned()),
            state_label: Some(format!("Label {state}")),
            title: Some(title.to_owned()),
            description: Some(body.to_owned()),
            attributes: Some(r#"{"Severity": "High"}"#.to_owned()),
            open: state != "resolved",
            is_shared: true,
            admin_assignee_id: Some("7".to_owned()),
            team_assignee_id: None,
            created_at: at("2026-11-18T09:00:00+00:00"),
            updated_at: at("2026-11-18T10:00:00+00:00").plus(id.parse().unwrap_or(0)),
            snoozed_until: None,
            resolved_at: None,
            parts_truncated: false,
            contacts: vec!["t1".into()],
            links: vec![LinkRow {
                kind: "conversation".to_owned(),
                id: conversation.to_owned(),
                category: None,
            }],
            parts: vec![
                part("1", "comment", ("user", "t1"), Some(body)),
                part("2", "note", ("admin", "8"), Some("<p>Reproduced internally.</p>")),
                part("3", "ticket_state_updated_by_admin", ("admin", "8"), None),
            ],
        };
        tickets::write(self.store.connection(), &row).expect("writes");
        self.sql("INSERT OR IGNORE INTO contacts (id, role, name, email) VALUES ('t1', 'user', 'Tess Ray', 'tess@example.com')");
        self.sql(&format!(
            "INSERT OR IGNORE INTO conversation_links (conversation, kind, id, category)
             SELECT number, 'ticket', '{id}', 'Customer' FROM conversations WHERE id = '{conversation}'"
        ));
    }

    pub fn say(&mut self, said: &Said<'_>) {
        let connection = self.store.connection();
        let taken = |number: i64| {
            connection
                .query_row("SELECT count(*) FROM messages WHERE number = ?1", [number], |row| {
                    row.get::<_, i64>(0)
                })
                .expect("counts")
                > 0
        };
        let mut number = message_number(at(said.at));
        while taken(number) {
            number += 1;
        }
        let position: i64 = connection
            .query_row(
                "SELECT count(*) FROM messages WHERE conversation_id = ?1",
                [said.conversation],
                |row| row.get(0),
            )
            .expect("counts");
        connection
            .execute(
                "INSERT INTO messages (number, id, conversation_id, author_type, body, created_at, part_type, sequence_number, author_name, is_note) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                rusqlite::params![
                    number,
                    said.id,
                    said.conversation,
                    said.author_type,
                    said.body,
                    said.at,
                    if position == 0 { "initial" } else if said.note { "note" } else { "comment" },
                    position,
                    said.author,
                    said.note
                ],
            )
            .expect("inserts");
        let (title, conversation): (Option<String>, i64) = connection
            .query_row("SELECT title, number FROM conversations WHERE id = ?1", [said.conversation], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .expect("a conversation");
        let title = title.filter(|_| position == 0);
        let plain = crate::text::plain_text(said.body);
        let entry = IndexEntry {
            message: number,
            conversation,
            subject: title.as_deref(),
            plain_body: &plain,
            is_note: said.note,
        };
        index_message(connection, &entry).expect("indexes");
        connection
            .execute(
                "UPDATE conversations SET message_count = message_count + 1 WHERE id = ?1",
                [said.conversation],
            )
            .expect("counts");
    }

    /// Runs the work with this workspace as a tool's context.
    pub fn with<T>(&mut self, work: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let host = Host {
            now: self.now.get(),
            syncing: self.syncing.get(),
            outcome: &self.outcome,
            requests: &self.requests,
        };
        work(&mut Context {
            store: &mut self.store,
            settings: &self.settings,
            clock: &host,
            sync: &host,
            progress: &host,
            reader: tools::Reader::Agent,
        })
    }

    pub fn call(&mut self, tool: &str, arguments: &str) -> Result<Value, ToolError> {
        self.with(|context| tools::call(context, tool, arguments))
            .map(|output| serde_json::from_str(&output.structured).expect("JSON"))
    }

    /// The answer, which must hold to the tool's output schema.
    pub fn ask(&mut self, tool: &str, arguments: &str) -> Value {
        let answer =
            self.call(tool, arguments).unwrap_or_else(|error| panic!("{tool} {arguments}: {error:?}"));
        holds(tool, &answer);
        answer
    }

    /// The sentence of the error, and whether an argument is to blame.
    pub fn refused(&mut self, tool: &str, arguments: &str) -> (String, bool) {
        let (output, argument) = match self.call(tool, arguments) {
            Err(ToolError::InvalidArguments(output)) => (output, true),
            Err(ToolError::Failed(output)) => (output, false),
            other => panic!("{tool} {arguments}: {other:?}"),
        };
        let answer: Value = serde_json::from_str(&output.structured).expect("JSON");
        (answer["error"].as_str().expect("an error").to_owned(), argument)
    }
}

/// Checks an answer against its tool's output schema.
pub fn holds(tool: &str, answer: &Value) {
    let definition = tools::list().into_iter().find(|definition| definition.name == tool).expect("a tool");
    let schema: Value = serde_json::from_str(&definition.output_schema).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(answer).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{tool}: {errors:?} in {answer}");
}

const SAID: &[Said<'static>] = &[
    Said {
        conversation: "101",
        id: "101_initial",
        at: "2026-11-16T09:00:00+00:00",
        author_type: "user",
        author: "Ann Lee",
        body: "<p>Hello, my card was declined.</p>",
        note: false,
    },
    Said {
        conversation: "101",
        id: "a1",
        at: "2026-11-16T10:00:00+00:00",
        author_type: "admin",
        author: "Bob",
        body: "<p>Sorry &amp; thanks. Which card is it?</p>",
        note: false,
    },
    Said {
        conversation: "101",
        id: "a2",
        at: "2026-11-16T10:30:00+00:00",
        author_type: "admin",
        author: "Bob",
        body: "<p>Looks like the zebra gateway again.</p>",
        note: true,
    },
    Said {
        conversation: "101",
        id: "a3",
        at: "2026-11-16T11:00:00+00:00",
        author_type: "user",
        author: "Ann Lee",
        body: "<p>A Visa. I want a <b>refund</b> of the second charge.</p>",
        note: false,
    },
    Said {
        conversation: "102",
        id: "102_initial",
        at: "2026-11-18T09:00:00+00:00",
        author_type: "user",
        author: "Jörg Müller",
        body: "<p>Where is my Réfund? Mail me at joerg@example.de. C++ crashes 🎉</p>",
        note: false,
    },
    Said {
        conversation: "102",
        id: "b1",
        at: "2026-11-18T09:05:00+00:00",
        author_type: "bot",
        author: "Fin",
        body: "<p>Let me look into the invoice.</p>",
        note: false,
    },
    Said {
        conversation: "103",
        id: "103_initial",
        at: "2026-11-20T08:00:00+00:00",
        author_type: "lead",
        author: "花子",
        body: "<p>返金してほしいです</p>",
        note: false,
    },
    Said {
        conversation: "104",
        id: "104_initial",
        at: "2026-11-01T08:00:00+00:00",
        author_type: "user",
        author: "Ann Lee",
        body: "<p>An old question about the c language</p>",
        note: false,
    },
];
