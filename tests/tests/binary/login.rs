//! `login` and `logout`.

use std::fs;

use fastintercom_tests::command::Cli;
use fastintercom_tests::simulator::{Endpoint, Fault, Rule, Simulator};

use super::small;

fn cli(simulator: &Simulator) -> Cli {
    Cli::new(simulator).without_token()
}

fn stored(cli: &Cli) -> std::path::PathBuf {
    cli.scratch().configuration_folder().join("token")
}

#[test]
fn a_token_is_checked_stored_for_its_user_alone_used_and_removed() {
    let simulator = small();
    let cli = cli(&simulator);
    let output =
        cli.clone().args(["login"]).input(&format!("  {}\n", simulator.token())).run().assert_code(0);
    assert!(output.stdout.contains("The token belongs to Acme Support (sim00001), region us."), "{output:?}");
    assert!(!format!("{output:?}").contains(simulator.token()), "{output:?}");
    let file = stored(&cli);
    assert!(output.stdout.contains(&file.display().to_string()), "{output:?}");
    assert_eq!(fs::read_to_string(&file).expect("stored").trim(), simulator.token());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().expect("a folder"))), (0o600, 0o700));
    }
    // Nothing of it reached the data folder, which the component sees.
    for (path, content) in cli.scratch().files() {
        let holds = memchr::memmem::find(&content, simulator.token().as_bytes()).is_some();
        assert_eq!(holds, path == file, "{}", path.display());
    }
    assert_eq!(cli.clone().args(["sync", "--days", "9", "--json"]).run().json()["total_conversations"], 30);

    let output = cli.clone().args(["logout"]).run().assert_code(0);
    assert!(output.stdout.contains("Removed"), "{output:?}");
    assert!(!file.exists());
    let output = cli.clone().args(["sync"]).run().assert_code(2);
    assert!(output.stderr.contains("fastintercom login"), "{output:?}");
    let output = cli.args(["logout"]).run().assert_code(0);
    assert!(output.stdout.contains("No token is stored"), "{output:?}");
}

#[test]
fn programs_are_told_the_same_in_json_and_never_the_token() {
    let simulator = small();
    let cli = cli(&simulator);
    let file = stored(&cli).display().to_string();
    let output = cli.clone().args(["login", "--json"]).input(simulator.token()).run().assert_code(0);
    assert!(!format!("{output:?}").contains(simulator.token()), "{output:?}");
    let told = output.json();
    assert_eq!((&told["success"], &told["file"]), (&true.into(), &file.as_str().into()));
    assert_eq!(told["workspace"], "Acme Support (sim00001), region us");
    assert!(told["notes"][0].as_str().is_some_and(|note| note.contains("base url")), "{told}");
    let told = cli.clone().args(["logout", "--json"]).run().json();
    assert_eq!((&told["removed"], &told["file"]), (&true.into(), &file.as_str().into()));
    let told = cli.clone().args(["logout", "--json"]).run().json();
    assert_eq!((&told["success"], &told["removed"]), (&true.into(), &false.into()));
    let refused = cli.args(["login", "--json"]).input("another-token").run().assert_code(1);
    assert!(refused.stdout.starts_with(r#"{"success":false,"error":"#), "{refused:?}");
    assert!(refused.stderr.contains("refuses"), "{refused:?}");
    assert!(!format!("{refused:?}").contains("another-token"), "{refused:?}");
}

#[test]
fn a_token_that_is_refused_or_cannot_be_checked_is_not_stored() {
    let simulator = small();
    let cli = cli(&simulator);
    let refused = cli.clone().args(["login"]).input("another-token").run().assert_code(1);
    assert!(refused.stderr.contains("refuses the access token"), "{refused:?}");
    assert!(refused.stderr.contains("region (us, eu or au)"), "it may be another region's: {refused:?}");
    simulator.add_fault(Rule::new(Fault::Reset).on(Endpoint::Me));
    let unreachable = cli.clone().args(["login"]).input(simulator.token()).run().assert_code(1);
    assert!(unreachable.stderr.contains("Nothing was stored"), "{unreachable:?}");
    simulator.clear_faults();
    for (input, words) in
        [("", "No token was given"), ("\n", "No token was given"), ("two words", "has blanks")]
    {
        let output = cli.clone().args(["login"]).input(input).run().assert_code(2);
        assert!(output.stderr.contains(words), "{input:?}: {output:?}");
    }
    for output in [refused, unreachable] {
        assert!(!format!("{output:?}").contains("another-token"), "{output:?}");
    }
    assert!(!stored(&cli).exists());
}

#[test]
fn an_older_token_is_replaced_only_by_one_that_works() {
    let simulator = small();
    let cli = cli(&simulator);
    // A file that cannot be used must not keep anybody from mending it.
    cli.scratch().write("home/.config/fastintercom/token", "");
    cli.clone().args(["login"]).input("another-token").run().assert_code(1);
    assert_eq!(fs::read_to_string(stored(&cli)).expect("there"), "");
    cli.clone().args(["login"]).input(simulator.token()).run().assert_code(0);
    assert_eq!(fs::read_to_string(stored(&cli)).expect("there").trim(), simulator.token());
}

#[test]
fn missing_permissions_and_other_tokens_are_told_at_once() {
    let simulator = small();
    simulator.add_fault(Rule::new(Fault::MissingScope { status: 403 }).on(Endpoint::Tags));
    let cli = cli(&simulator).env("INTERCOM_ACCESS_TOKEN", "of-the-environment");
    let output = cli.clone().args(["login"]).input(simulator.token()).run().assert_code(0);
    assert!(output.stdout.contains("Note: The token may not read tags"), "{output:?}");
    assert!(output.stdout.contains("\"Read tags\""), "{output:?}");
    assert!(output.stdout.contains("INTERCOM_ACCESS_TOKEN is set here and beats"), "{output:?}");
    assert!(output.stdout.contains("Servers need the base url as well"), "{output:?}");
    assert!(!format!("{output:?}").contains("of-the-environment"), "{output:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_typed_at_the_terminal_is_not_shown() {
    let simulator = small();
    let cli = cli(&simulator);
    let Some(shown) = cli.clone().args(["login"]).run_at_terminal("Access token: ", simulator.token()) else {
        return;
    };
    assert!(shown.contains("The token belongs to Acme Support"), "{shown}");
    assert!(!shown.contains(simulator.token()), "{shown}");
    assert_eq!(fs::read_to_string(stored(&cli)).expect("stored").trim(), simulator.token());
}
