//! `fastintercom erase` and `export --person`, on the real program, while a server uses the file.

use std::fs;
use std::path::Path;

use fastintercom_tests::command::Cli;
use fastintercom_tests::database::Database;
use fastintercom_tests::server::Server;
use fastintercom_tests::simulator::{Config, Simulator};
use serde_json::{Value, json};

use super::{simulate, small};

const ADDRESS: &str = "zoraida.quillfeather@example.net";
const PLANTED: &[&str] = &["zoraida", "quillfeather", "wombatsecret", "+44 20 7946 0771"];

/// A customer who wrote, and of whom another one and a teammate speak.
fn plant(simulator: &Simulator) -> String {
    let mut workspace = simulator.workspace();
    let (theirs, contact) = {
        let first = workspace.conversation_at(0).expect("exists");
        (first.id, first.contacts[0])
    };
    let person = &mut workspace.directory_mut().contacts[contact as usize];
    person.name = Some("Zoraida Quillfeather".to_owned());
    person.email = Some(ADDRESS.to_owned());
    person.phone = Some("+44 20 7946 0771".to_owned());
    let id = person.id.clone();
    let other = workspace.conversations().find(|one| !one.contacts.contains(&contact)).expect("others").id;
    workspace.contact_reply(theirs, "my wombatsecret");
    workspace.contact_reply(other, &format!("Zoraida Quillfeather told me, at {ADDRESS}"));
    workspace.admin_reply(other, 1, "Zoraida Quillfeather is a kangaroo");
    drop(workspace);
    simulator.advance(60);
    id
}

fn left(file: &Path) -> Vec<&'static str> {
    let bytes = String::from_utf8_lossy(&fs::read(file).expect("reads")).to_lowercase();
    PLANTED.iter().copied().filter(|text| bytes.contains(text)).collect()
}

#[test]
fn a_person_is_erased_while_a_server_runs_and_does_not_come_back() {
    let simulator = simulate(Config::new().conversations(30).days(5));
    plant(&simulator);
    let server = Server::new(&simulator);
    let session = server.start();
    session.wait_until_synced();
    let database = server.scratch().database();
    let copy = server.scratch().path().join("copy.db");
    let cli = Cli::new(&simulator).on(server.scratch());
    cli.clone().args(["backup", copy.to_str().expect("a path")]).run().assert_code(0);
    assert_eq!((left(&database).len(), left(&copy).len()), (PLANTED.len(), PLANTED.len()));
    let answer = session.call_tool("get_customer", json!({"customer": ADDRESS}));
    assert!(answer.structured.to_string().contains("Zoraida"), "{answer:?}");

    let dry = cli.clone().args(["erase", ADDRESS, "--dry-run", "--json"]).run().json();
    assert_eq!((&dry["success"], &dry["dry_run"]), (&json!(true), &json!(true)));
    let told = cli.clone().args(["erase", ADDRESS]).run().assert_code(2).stderr;
    assert!(told.contains("add --yes to erase"), "{told}");
    assert_eq!(left(&database).len(), PLANTED.len(), "nothing was changed");

    let receipt = cli
        .clone()
        .args(["erase", ADDRESS, "--yes", "--json", "--copy"])
        .args([&copy])
        .run()
        .assert_code(0)
        .json();
    assert_eq!(receipt["files"].as_array().map(Vec::len), Some(2), "{receipt:#}");
    for file in receipt["files"].as_array().expect("a list") {
        assert_eq!(
            file["removed"]["conversations"], dry["files"][0]["removed"]["conversations"],
            "{receipt:#}"
        );
        assert_eq!(
            file["looked_again"]["found"],
            json!({"contacts": 0, "texts": 0, "in_index": 0, "in_bytes": 0})
        );
    }
    assert!(!receipt.to_string().to_lowercase().contains("zoraida"), "{receipt:#}");
    assert_eq!((left(&database), left(&copy)), (vec![], vec![]));

    // The server's next call reads the new file, and its next sync leaves them out.
    let answer = session.call_tool("search_conversations", json!({"query": "kangaroo"}));
    let told = answer.structured.to_string();
    assert!(told.contains("kangaroo") && !told.contains("Zoraida"), "{told}");
    session.call_tool("sync_conversations", json!({}));
    cli.clone().args(["sync", "--full"]).run().assert_code(0);
    assert_eq!(left(&database), Vec::<&str>::new());
    assert_eq!(Database::open(&database).value("PRAGMA integrity_check"), "ok");
    for entry in fs::read_dir(server.scratch().database_folder()).expect("the folder").flatten() {
        let path = entry.path();
        assert!(!path.to_string_lossy().contains("erase-"), "{path:?} was left behind");
        if path.is_file() {
            assert_eq!(left(&path), Vec::<&str>::new(), "{path:?}");
        }
    }
    let told = cli.args(["doctor", "--json"]).run().stdout;
    assert!(!told.contains("damaged"), "{told}");
}

#[test]
fn all_that_is_stored_of_somebody_is_handed_out() {
    let simulator = small();
    let id = plant(&simulator);
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync"]).run().assert_code(0);
    let file = cli.scratch().path().join("zoraida.json");
    cli.clone().args(["export", "--person", ADDRESS, "-o"]).args([&file]).run().assert_code(0);
    let given: Value = serde_json::from_slice(&fs::read(&file).expect("written")).expect("JSON");
    assert_eq!(given["contacts"][0]["id"], id.as_str());
    assert_eq!(given["contacts"][0]["email"], ADDRESS);
    assert!(given["conversations"].to_string().contains("wombatsecret"), "{given:#}");
    assert!(!given.to_string().contains("kangaroo"), "it is a message of others: {given:#}");
    assert_eq!(given["named_in"].as_array().map(Vec::len), Some(2), "{given:#}");

    let page = cli.scratch().path().join("zoraida.html");
    cli.clone().args(["export", "--person", &id, "-o"]).args([&page]).run().assert_code(0);
    let html = fs::read_to_string(&page).expect("written");
    assert!(html.contains("wombatsecret") && html.contains(ADDRESS) && !html.contains("kangaroo"));
    let told =
        cli.args(["export", "--person", "nobody@example.net", "-o", "x.html"]).run().assert_code(1).stderr;
    assert!(told.contains("Nothing is stored of"), "{told}");
}

#[test]
fn what_cannot_be_erased_from_is_refused_before_anything_is_done() {
    let simulator = small();
    plant(&simulator);
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync"]).run().assert_code(0);
    let stranger = cli.scratch().write("stranger.db", "SQLite format 3 or not");
    let before = fs::read(cli.scratch().database()).expect("reads");
    for nobody in ["warehouse", "Zoraida Quillfeather", "", "user-99999", "nobody@example.net"] {
        for flag in ["--yes", "--dry-run"] {
            let refused = cli.clone().args(["erase", nobody, flag, "--json"]).run().assert_code(1);
            let told: Value = serde_json::from_str(&refused.stdout).expect("JSON");
            let error = told["error"].as_str().unwrap_or_default().to_owned();
            assert!(error.starts_with(&format!("Nothing is stored of \"{nobody}\"")), "{error}");
        }
    }
    for (copy, words) in [
        (stranger.as_path(), "is no database of FastIntercom's"),
        (Path::new("missing.db"), "There is no copy"),
    ] {
        let told =
            cli.clone().args(["erase", ADDRESS, "--yes", "--copy"]).args([copy]).run().assert_code(2).stderr;
        assert!(told.contains(words), "{told}");
    }
    let portable = cli.scratch().path().join("portable");
    fs::create_dir(&portable).expect("makes");
    let published = portable.join("published.1.2.db");
    fs::copy(cli.scratch().database(), &published).expect("copies");
    let told = cli.clone().args(["erase", ADDRESS, "--yes", "--copy"]).args([&published]);
    let told = told.run().assert_code(2).stderr;
    assert!(told.contains("a portable FastIntercom"), "{told}");
    assert!(fs::read(cli.scratch().database()).expect("reads") == before, "the database was changed");
    let told = cli.args(["--read-only", "erase", ADDRESS, "--yes"]).run().assert_code(2).stderr;
    assert!(told.contains("A replica only reads"), "{told}");
}
