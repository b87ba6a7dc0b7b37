//! The commands that README and `docs/` show are run here as they stand, or the document says
//! `untested` behind the three backticks. `just` and `cargo` commands are CI's.

use std::fs;
use std::path::{Path, PathBuf};

use fastintercom_tests::command::Cli;
use fastintercom_tests::server::{Server, Stop};
use fastintercom_tests::session::Session;
use fastintercom_tests::simulator::Simulator;
use fastintercom_tests::web::Web;

/// A block of a document that a reader would copy.
struct Fence {
    /// `README.md:61`, of the first line inside.
    place: String,
    language: String,
    untested: bool,
    text: String,
}

impl Fence {
    /// The commands, each on one line and without its comment.
    fn commands(&self) -> Vec<String> {
        let joined = self.text.replace("\\\n", " ");
        let lines = joined.lines().map(|line| line.split_once(" #").map_or(line, |(command, _)| command));
        lines
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(Into::into)
            .collect()
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn documents() -> Vec<String> {
    let entries = fs::read_dir(repository().join("docs")).expect("the folder");
    let names = entries.flatten().map(|entry| format!("docs/{}", entry.file_name().to_string_lossy()));
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".md")).collect();
    names.push("README.md".to_owned());
    names.sort();
    names
}

fn fences(document: &str) -> Vec<Fence> {
    let mut found = Vec::new();
    let mut open: Option<Fence> = None;
    for (number, line) in read(document).lines().enumerate() {
        // In a list they are indented.
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(info), None) => {
                let mut words = info.split_whitespace();
                open = Some(Fence {
                    place: format!("{document}:{}", number + 2),
                    language: words.next().unwrap_or_default().to_owned(),
                    untested: words.any(|word| word == "untested"),
                    text: String::new(),
                });
            }
            (None, Some(fence)) => {
                fence.text.push_str(line);
                fence.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{document}: a block is not closed");
    found
}

/// Somebody who follows the documents, with a simulated workspace.
struct Reader {
    simulator: Simulator,
    cli: Cli,
    session: Session,
    /// Of the server that the documents have at port 8137.
    address: String,
}

impl Reader {
    /// With a cache at the usual place, as the commands have it, and a server on it.
    fn new() -> Self {
        let simulator = super::small();
        let cli = Cli::new(&simulator).env("FASTINTERCOM_DB_PATH", "");
        cli.clone().args(["sync"]).run().assert_code(0);
        let server = Server::new(&simulator).on(cli.scratch()).env("FASTINTERCOM_DB_PATH", "").http();
        let session = server.start_silent();
        let web = Web::of(&session);
        web.wait_until_ready();
        let address = web.base().trim_start_matches("http://").to_owned();
        Self { simulator, cli, session, address }
    }

    /// The command with this reader's conversation, folders and files in the places of the
    /// document's.
    fn fill_in(&self, command: &str) -> String {
        let scratch = self.cli.scratch();
        let id = self.simulator.workspace().conversation_at(3).expect("it exists").id.to_string();
        let customer = {
            let workspace = self.simulator.workspace();
            let mut contacts =
                (0..).map_while(|at| workspace.conversation_at(at)).flat_map(|found| &found.contacts);
            contacts.find_map(|at| workspace.directory.contacts[*at as usize].email.clone())
        };
        let token = scratch.write("access-token", self.simulator.token());
        let inside = |name: &str| scratch.path().join(name).display().to_string();
        command
            .replace("localhost:8137", &self.address)
            .replace("127.0.0.1:8137", &self.address)
            .replace("/path/to/access-token", &token.display().to_string())
            .replace("/shared/copies", &inside("copies"))
            .replace("show ID", &format!("show {id}"))
            .replace("jane@example.com", &customer.expect("some customer has an address"))
            .replace("jane.html", &inside("jane.html"))
            .replace("backup FILE", &format!("backup {}", inside("copy.db")))
            .replace("manual FOLDER", &format!("manual {}", inside("manual")))
    }

    /// Runs a command of `fastintercom`'s the way that fits it.
    fn run(&self, command: &str) {
        let filled = self.fill_in(command);
        let words: Vec<_> = filled.split_whitespace().skip(1).collect();
        match words.as_slice() {
            [] => {
                let server = Server::new(&self.simulator).on(self.cli.scratch()).start();
                server.stop_by(Stop::CloseStdin).assert_clean();
            }
            ["serve", options @ ..] => self.serve(options),
            ["backup", .., file] if words.contains(&"--every") => {
                let copy = Path::new(file);
                fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
                let copied = self.cli.clone().args(words.clone()).run_until(|| copy.exists());
                assert!(copied, "{command}: it ended by itself");
            }
            ["login"] => {
                let login = self.cli.clone().args(["login"]).input(self.simulator.token());
                login.run().assert_code(0);
            }
            ["reset"] => {
                let asked = self.cli.clone().args(["reset"]);
                if let Some(shown) = asked.run_at_terminal("Remove them for good? [y/N]", "no") {
                    assert!(shown.contains("Nothing was removed."), "{shown}");
                }
            }
            ["erase", _] => {
                let asked = self.cli.clone().args(words.clone());
                if let Some(shown) = asked.run_at_terminal("Erase them for good? [y/N]", "no") {
                    assert!(shown.contains("Nobody was erased."), "{shown}");
                }
            }
            // It wants the database for itself, which it has not beside a server, and says so.
            ["repair"] => {
                let refused = self.cli.clone().args(["repair"]).run().assert_code(1);
                assert!(refused.stderr.contains("Close the clients"), "{refused:?}");
            }
            _ => {
                self.cli.run_in_bash(&filled).assert_code(0);
            }
        }
    }

    /// On a port that is free, until it is ready.
    fn serve(&self, options: &[&str]) {
        let mut server = Server::new(&self.simulator).on(self.cli.scratch()).env("FASTINTERCOM_DB_PATH", "");
        for option in options {
            server = server.argument(if option.starts_with("127.0.0.1:") { "127.0.0.1:0" } else { option });
        }
        let session = server.start_silent();
        Web::of(&session).wait_until_ready();
        session.stop_by(Stop::Terminate).assert_clean();
    }

    fn run_python(&self, program: &str) {
        let program = format!("TOKEN = 'none is asked for'\n{}", self.fill_in(program));
        let file = self.cli.scratch().write("example.py", program);
        let line = format!("command -v python3 >/dev/null || exit 0; python3 {}", file.display());
        self.cli.run_in_bash(&line).assert_code(0);
    }

    /// An example of `config.toml`, or of `callers.toml`.
    fn configure(&self, toml: &str) {
        let (name, reader) = if toml.contains("[caller.") {
            ("callers.toml", ["caller", "list"].as_slice())
        } else {
            ("config.toml", ["status"].as_slice())
        };
        let file = self.cli.scratch().configuration_folder().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(&file, toml).expect("the file is written");
        #[cfg(unix)]
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("its owner's");
        self.cli.clone().args(reader.iter().copied()).run().assert_code(0);
        fs::remove_file(&file).expect("it is there");
    }
}

/// What CI runs, as text.
struct Ci {
    recipes: String,
    workflow: String,
}

impl Ci {
    fn read() -> Self {
        Self { recipes: read("justfile"), workflow: read(".ci/run") + &read(".github/workflows/ci.yml") }
    }

    /// # Panics
    /// When CI does not run this command.
    fn assert_runs(&self, place: &str, command: &str) {
        let words: Vec<_> = command.split_whitespace().take(2).collect();
        if let ["just", recipe] = words[..] {
            let names = |line: &str| line.split([':', ' ']).next() == Some(recipe) && line.contains(':');
            assert!(self.recipes.lines().any(names), "{place}: there is no recipe {recipe}");
            // `build` is a part of most, `ci` is what .ci/run does step by step.
            if ["build", "ci"].contains(&recipe) {
                return;
            }
        }
        assert!(self.workflow.contains(&words.join(" ")), "{place}: CI does not run `{command}`");
    }
}

#[test]
fn the_documents_commands_work() {
    let (reader, ci) = (Reader::new(), Ci::read());
    let mut ran = 0;
    for fence in documents().iter().flat_map(|document| fences(document)).filter(|fence| !fence.untested) {
        match fence.language.as_str() {
            "python" => reader.run_python(&fence.text),
            "toml" => reader.configure(&fence.text),
            "sh" => {
                for command in fence.commands() {
                    run(&reader, &ci, &fence.place, &command);
                    ran += 1;
                }
            }
            // Drawings, and examples in Rust, which were tried by hand.
            _ => {}
        }
    }
    assert!(ran > 30, "only {ran} commands were found in the documents");
    reader.session.stop_by(Stop::Terminate).assert_clean();
}

fn run(reader: &Reader, ci: &Ci, place: &str, command: &str) {
    match command.split_whitespace().next().unwrap_or_default() {
        "fastintercom" => reader.run(command),
        program @ ("curl" | "sqlite3") => {
            let line = format!("command -v {program} >/dev/null || exit 0; {}", reader.fill_in(command));
            reader.cli.run_in_bash(&line).assert_code(0);
        }
        // For the command in the next line, which has the token from the simulator.
        "export" => {
            assert!(command.starts_with("export INTERCOM_ACCESS_TOKEN_FILE="), "{place}: {command}");
        }
        "./setup.sh" | "just" => {
            for command in command.split(" && ") {
                ci.assert_runs(place, command);
            }
        }
        _ => panic!("{place}: who runs `{command}`? Else say `untested` behind the backticks."),
    }
}
