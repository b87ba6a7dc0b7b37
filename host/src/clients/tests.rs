use std::fs;
use std::path::Path;

use super::places::System;
use super::*;

fn files(system: System, variables: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let places = Places::new(system, PathBuf::from("/home/ann"), |name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| PathBuf::from(value))
    });
    let file = |client: Client| client.file(&places).to_string_lossy().replace('\\', "/");
    Client::all().map(|client| (client.name(), file(client))).collect()
}

fn of(files: &[(&str, String)], name: &str) -> String {
    files.iter().find(|(known, _)| *known == name).expect("a client").1.clone()
}

#[test]
fn each_client_is_called_by_its_name_and_has_a_file_of_its_own() {
    let files = files(System::Linux, &[]);
    let mut places: Vec<&String> = files.iter().map(|(_, file)| file).collect();
    places.sort();
    places.dedup();
    assert_eq!((files.len(), places.len()), (TABLE.len(), TABLE.len()), "no two clients share a file");
    for client in Client::all() {
        assert_eq!(Client::from_str(client.name(), false), Ok(client));
    }
    let document = include_str!("../../../docs/CLIENTS.md");
    for client in Client::all() {
        assert!(document.contains(&format!("| `{}` |", client.name())), "{}", client.name());
    }
}

#[test]
fn each_system_has_its_places() {
    let linux = files(System::Linux, &[]);
    assert_eq!(of(&linux, "claude-desktop"), "/home/ann/.config/Claude/claude_desktop_config.json");
    assert_eq!(of(&linux, "claude-code"), "/home/ann/.claude.json");
    assert_eq!(of(&linux, "vscode"), "/home/ann/.config/Code/User/mcp.json");
    assert_eq!(of(&linux, "windsurf"), "/home/ann/.codeium/windsurf/mcp_config.json");
    assert_eq!(of(&linux, "goose"), "/home/ann/.config/goose/config.yaml");
    let macos = files(System::MacOs, &[("XDG_CONFIG_HOME", "/elsewhere")]);
    assert_eq!(
        of(&macos, "claude-desktop"),
        "/home/ann/Library/Application Support/Claude/claude_desktop_config.json"
    );
    assert_eq!(of(&macos, "zed"), "/home/ann/.config/zed/settings.json");
    let roaming = if cfg!(windows) { "C:/Users/ann/AppData/Roaming" } else { "/users/ann/roaming" };
    let windows = files(System::Windows, &[("APPDATA", roaming)]);
    assert_eq!(of(&windows, "claude-desktop"), format!("{roaming}/Claude/claude_desktop_config.json"));
    assert_eq!(of(&windows, "goose"), format!("{roaming}/Block/goose/config/config.yaml"));
    assert_eq!(of(&windows, "opencode"), "/home/ann/.config/opencode/opencode.jsonc");
}

#[test]
fn variables_move_folders_unless_they_are_relative() {
    let moved =
        files(System::Linux, &[("CLAUDE_CONFIG_DIR", "/c"), ("CODEX_HOME", "/x"), ("XDG_CONFIG_HOME", "/k")]);
    assert_eq!(
        (of(&moved, "claude-code"), of(&moved, "codex")),
        ("/c/.claude.json".into(), "/x/config.toml".into())
    );
    assert_eq!(of(&moved, "opencode"), "/k/opencode/opencode.jsonc");
    let relative = files(System::Linux, &[("XDG_CONFIG_HOME", "here")]);
    assert_eq!(of(&relative, "vscode"), "/home/ann/.config/Code/User/mcp.json");
}

/// A folder that goes away.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[&str]) -> Self {
        let path = std::env::temp_dir().join(format!("fastintercom-clients-{}-{name}", std::process::id()));
        for file in files {
            let file = path.join(file);
            fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).expect("a folder");
            fs::write(file, "{}").expect("written");
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The Windows package sees its own folder in place of the usual one (anthropics/claude-code#26073).
#[test]
fn claude_desktop_as_a_windows_package_is_found_and_of_two_files_the_one_that_is_there() {
    let own =
        "AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json";
    let home = Folder::new("msix", &[own, ".config/opencode/opencode.json", ".config/devin/mcp_config.json"]);
    let places = Places::new(System::Windows, home.0.clone(), |_| None);
    let client = |name: &str| Client::from_str(name, false).expect("a client");
    assert_eq!(client("claude-desktop").file(&places), home.0.join(own));
    assert_eq!(client("opencode").file(&places), home.0.join(".config/opencode/opencode.json"));
    assert_eq!(client("windsurf").file(&places), home.0.join(".config/devin/mcp_config.json"));
    let there: Vec<&str> =
        Client::all().filter(|client| client.is_there(&places)).map(Client::name).collect();
    assert_eq!(there, ["claude-desktop", "windsurf", "opencode"]);
}

/// What is entered is found again, for every row; an entry elsewhere where the client takes one.
#[test]
fn every_form_takes_both_kinds_and_gives_them_back() {
    let program = Entry::Program(entry::Program {
        command: "/opt/fastintercom".to_owned(),
        arguments: vec!["--config".to_owned(), "/a \"b\".toml".to_owned()],
        environment: vec![("INTERCOM_REGION".to_owned(), "eu".to_owned())],
        token: entry::EntryToken::Stored,
    });
    let url = Entry::Url { url: "https://team.example/mcp".to_owned(), token: Some("t".to_owned()) };
    for client in Client::all() {
        let name = client.name();
        let text = client.with("", &program).expect(name);
        assert_eq!(client.target(&text), Ok(Some(Target::Program("/opt/fastintercom".to_owned()))), "{name}");
        match client.with(&text, &url) {
            Err(reason) => {
                assert!(name == "claude-desktop" && reason.contains("connector"), "{name}: {reason}")
            }
            Ok(text) => {
                let found = client.target(&text);
                assert_eq!(found, Ok(Some(Target::Url("https://team.example/mcp".to_owned()))), "{name}");
                assert!(!text.contains("/opt/fastintercom") && text.contains("Bearer t"), "{name}: {text}");
                let back = client.with(&text, &program).expect(name);
                assert!(!back.contains("team.example") && !back.contains("Bearer"), "{name}: {back}");
            }
        }
        assert!(client.without(&text).expect(name).is_some(), "{name}");
    }
}
