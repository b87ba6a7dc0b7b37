//! Databases of any size, made without a sync: the simulator's conversations, written by the
//! guest's own store. For benchmarks, and for tests that count work.

use std::path::Path;

use fastintercom_guest::error::StoreResult;
use fastintercom_guest::ids::{AdminId, CompanyId, TagId, TeamId, WorkspaceId};
use fastintercom_guest::store::conversations::rows::ThreadRows;
use fastintercom_guest::store::conversations::totals::totals_within;
use fastintercom_guest::store::conversations::write_thread;
use fastintercom_guest::store::people::{self, AdminRow, ContactRow, TeamRow, labels};
use fastintercom_guest::store::runs;
use fastintercom_guest::store::runs::coverage::cover;
use fastintercom_guest::store::runs::facts::{self, Fact};
use fastintercom_guest::store::statistics::keep_days;
use fastintercom_guest::store::workspace::{Workspace, set_workspace};
use fastintercom_guest::store::{OpenMode, OpenOptions, Store};
use fastintercom_guest::sync::{contact_row, thread_rows};

use fastintercom_guest::time::{Interval, UnixSeconds};

use serde_json::Value;

use crate::simulator::directory::Directory;
use crate::simulator::render::Renderer;
use crate::simulator::render_people;
use crate::simulator::workspace::Identity;
use crate::simulator::{ApiVersion, Config, generate};

/// The moment at which all these workspaces stand, 2026-11-20: the same data in every run.
pub const NOW: i64 = 1_795_132_800;
/// The oldest conversation is this old: a year of statistics finds most of them.
const DAYS: u32 = 400;
/// Parts in the middle of the spread; makes ten messages a conversation on average.
const PARTS: f64 = 13.0;
/// Words that stand in twenty messages each, whatever the size.
pub const RARE: [&str; 4] = ["zanzibar", "quokka", "marzipan", "theremin"];
/// Threads in one transaction.
const BATCH: usize = 500;
/// Page cache while writing: the index's pages should stay in memory.
const CACHE_KIB: u32 = 512 * 1024;
const ID_CODE: &str = "bench001";

/// The simulator's settings for a workspace of that size.
#[must_use]
pub fn config(conversations: usize) -> Config {
    let mut config =
        Config::new().conversations(conversations).days(DAYS).around(PARTS).starting_at(NOW).id_code(ID_CODE);
    for (place, word) in RARE.iter().enumerate() {
        for number in 0..20 {
            let conversation = (number * 4 + place) * conversations / 80;
            config = config.plant(conversation, number % 3, format!("{word} delivery number {number}"));
        }
    }
    config
}

fn identity() -> Identity {
    Identity {
        id_code: ID_CODE.to_owned(),
        name: "Acme Support".to_owned(),
        region: "US".to_owned(),
        timezone: "Europe/Dublin".to_owned(),
    }
}

/// What Intercom answers when it is asked for each of these conversations, parts included.
#[must_use]
pub fn answers(conversations: usize) -> Vec<Value> {
    let shape = config(conversations).shape(NOW);
    let (directory, identity) = (shape.directory(), identity());
    let renderer =
        Renderer { identity: &identity, people: &directory, version: ApiVersion::V2_16, plaintext: false };
    generate::conversations(&shape, &directory)
        .map(|conversation| renderer.conversation(&conversation))
        .collect()
}

/// Writes a workspace into a new database, which then looks as after a sync of everything.
///
/// # Errors
/// What the store reports.
pub fn fill(path: &Path, conversations: usize) -> StoreResult<()> {
    fill_longer(path, conversations, 1)
}

/// The same with messages so many times as long: each says what those after it say, too.
///
/// # Errors
/// What the store reports.
pub fn fill_longer(path: &Path, conversations: usize, times: usize) -> StoreResult<()> {
    let shape = config(conversations).shape(NOW);
    let directory = shape.directory();
    let identity = identity();
    let mut options = OpenOptions::new(OpenMode::ReadWrite);
    options.cache_kib = CACHE_KIB;
    let mut store = Store::open_with(path, &options)?;
    store.connection().execute_batch("PRAGMA synchronous = OFF")?;
    let now = UnixSeconds(NOW);
    store.write(|connection| {
        write_directory(connection, &directory, now)?;
        set_workspace(
            connection,
            &Workspace {
                id: WorkspaceId(identity.id_code.clone()),
                name: Some(identity.name.clone()),
                region: Some(identity.region.clone()),
                timezone: Some(identity.timezone.clone()),
            },
            now,
        )
    })?;
    let renderer =
        Renderer { identity: &identity, people: &directory, version: ApiVersion::V2_16, plaintext: false };
    let mut threads = generate::conversations(&shape, &directory);
    loop {
        let mut batch: Vec<_> = threads
            .by_ref()
            .take(BATCH)
            .filter_map(|conversation| thread_rows(renderer.conversation(&conversation)))
            .collect();
        if batch.is_empty() {
            break;
        }
        lengthen(&mut batch, times);
        store.write(|connection| {
            batch.iter().try_for_each(|rows| write_thread::store_thread(connection, rows, now).map(|_| ()))
        })?;
    }
    store.write(|connection| {
        let first = now.plus(-i64::from(DAYS) * 86_400);
        cover(connection, Interval { low: UnixSeconds(0), high: now })?;
        for fact in [
            Fact::HighWater,
            Fact::ProvisionalFrom,
            Fact::InitialDone,
            Fact::LabelsRefreshedAt,
            Fact::DeletedUpTo,
            Fact::SweptAt,
            Fact::CountedAt,
        ] {
            facts::set_fact(connection, fact, now)?;
        }
        facts::set_fact(connection, Fact::InitialLow, UnixSeconds(0))?;
        let run = runs::begin(connection, "full", first.day(), now.day(), now)?;
        let totals = totals_within(connection, Interval { low: UnixSeconds(0), high: now })?;
        runs::complete(connection, run, totals, now)
    })?;
    // As a sync of as many does at its end.
    while store.write(|connection| keep_days(connection, u32::MAX))? {}
    store.write(|connection| labels::keep(connection))?;
    store.optimize(&|| false)
}

fn lengthen(threads: &mut [ThreadRows], times: usize) {
    let bodies: Vec<String> = threads
        .iter()
        .flat_map(|thread| thread.first.iter().chain(&thread.messages))
        .map(|message| message.body.clone())
        .collect();
    let messages = threads.iter_mut().flat_map(|thread| thread.first.iter_mut().chain(&mut thread.messages));
    for (place, message) in messages.enumerate().filter(|(_, message)| !message.body.is_empty()) {
        for more in bodies.iter().cycle().skip(place + 1).take(times - 1) {
            message.body.push_str(more);
        }
    }
}

fn write_directory(
    connection: &rusqlite::Connection,
    directory: &Directory,
    now: UnixSeconds,
) -> StoreResult<()> {
    let admins: Vec<AdminRow> = directory
        .admins
        .iter()
        .map(|admin| AdminRow {
            id: AdminId(admin.id.to_string()),
            name: Some(admin.name.clone()),
            email: Some(admin.email.clone()),
            job_title: Some(admin.job_title.to_owned()),
            is_bot: admin.is_bot,
        })
        .collect();
    people::replace_admins(connection, &admins)?;
    let teams: Vec<TeamRow> = directory
        .teams
        .iter()
        .map(|team| TeamRow {
            id: TeamId(team.id.to_string()),
            name: Some(team.name.clone()),
            admin_ids: "[]".to_owned(),
        })
        .collect();
    people::replace_teams(connection, &teams)?;
    let tags: Vec<(TagId, String)> =
        directory.tags.iter().map(|tag| (TagId(tag.id.to_string()), tag.name.clone())).collect();
    people::replace_tags(connection, &tags)?;
    for contact in &directory.contacts {
        let company = contact.company.map(|place| &directory.companies[place as usize]);
        let answer = render_people::contact(contact, directory, &identity(), ApiVersion::V2_16);
        let Some(row) = contact_row(answer) else { continue };
        // Intercom refers to the company by id alone; a sync has its name from elsewhere.
        let company = company.map(|company| (CompanyId(company.id.clone()), Some(company.name.clone())));
        let row = ContactRow { company, ..row };
        people::write_contact(connection, &row, now)?;
    }
    Ok(())
}
