use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

const TOKEN: &str = "fic_one";
const OTHER: &str = "fic_other";

/// A `callers.toml` of its own, removed with its folder.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("fastintercom-callers-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("callers.toml")
    }

    fn write(&self, text: &str) {
        file::write(&self.file(), text).expect("a file");
    }

    fn open(&self) -> Callers {
        Callers::open(&self.file()).expect("callers")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn entry(name: &str, token: &str, more: &str) -> String {
    format!(
        "[caller.{name}]\ntoken_sha256 = \"{}\"\n{more}\n",
        crate::audit::line::hex(&Sha256::digest(token))
    )
}

fn names(callers: &Callers, token: &str) -> Option<String> {
    callers.find(token.as_bytes()).expect("known").map(|caller| caller.name.to_string())
}

#[test]
fn a_change_of_the_file_counts_from_the_next_request_on() {
    let scratch = Scratch::new();
    let callers = scratch.open();
    assert_eq!((callers.guard(), names(&callers, TOKEN)), (false, None));
    scratch.write(&entry("ada", TOKEN, ""));
    assert_eq!((names(&callers, TOKEN).as_deref(), names(&callers, OTHER)), (Some("ada"), None));
    assert!(callers.guard());
    scratch.write(&entry("bob", OTHER, ""));
    assert_eq!((names(&callers, TOKEN), names(&callers, OTHER).as_deref()), (None, Some("bob")));
    // A file that is gone lets nobody in, and opens the door for nobody.
    fs::remove_file(scratch.file()).expect("a file");
    assert_eq!((names(&callers, OTHER), callers.guard()), (None, true));
}

/// Who was taken out of the file would come in, else, as long as another line has a mistake.
#[test]
fn a_file_that_cannot_be_relied_on_lets_nobody_in_until_it_is_mended() {
    let scratch = Scratch::new();
    scratch.write(&entry("ada", TOKEN, ""));
    let callers = scratch.open();
    for wrong in
        ["[caller.ada", "caller = 1", &entry("ada", TOKEN, "tools = 1"), &entry("ada", TOKEN, "admin = true")]
    {
        scratch.write(wrong);
        assert!(callers.find(TOKEN.as_bytes()).is_err(), "{wrong}");
        assert!(callers.guard());
        assert!(Callers::open(&scratch.file()).is_err(), "{wrong}");
    }
    scratch.write(&entry("ada", TOKEN, ""));
    assert_eq!(names(&callers, TOKEN).as_deref(), Some("ada"));
}

#[test]
#[cfg(unix)]
fn a_file_that_others_may_change_is_not_read_and_its_mode_is_looked_at_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new();
    scratch.write(&entry("ada", TOKEN, ""));
    let mode = || fs::metadata(scratch.file()).expect("a file").permissions().mode() & 0o777;
    let change =
        |mode| fs::set_permissions(scratch.file(), fs::Permissions::from_mode(mode)).expect("a file");
    assert_eq!(mode(), 0o600);
    let callers = scratch.open();
    for wrong in [0o644, 0o620, 0o602, 0o604] {
        change(wrong);
        let told = callers.find(TOKEN.as_bytes()).expect_err("others may change it").0;
        assert!(told.contains("chmod 600"), "{told}");
    }
    change(0o440);
    assert_eq!(names(&callers, TOKEN).as_deref(), Some("ada"));
}

#[test]
fn what_is_wrong_with_a_file_is_told_by_place_and_no_token_is_quoted() {
    let hash = "0".repeat(64);
    let of = |name: &str, more: &str| format!("[caller.\"{name}\"]\ntoken_sha256 = \"{hash}\"\n{more}");
    for (text, words) in [
        ("\n\nx = \"fic_secret\"".to_owned(), "line 3"),
        ("[caller.ada]\ntoken_sha256 = \"fic_secret\"".to_owned(), "64 hexadecimal digits"),
        ("[caller.ada]\ntoken = \"fic_secret\"".to_owned(), "line 2"),
        (of("ada", "redact = [\"names of dogs\"]"), "allowed are"),
        (of("ada", "calls_per_minute = 0"), "line 3"),
        (of("ada", "calls_per_minute = 100001"), "100000"),
        (of("", ""), "no name"),
        (of("a b", ""), "no name"),
        (of("Terminal", ""), "something else"),
        (format!("{}\n{}", of("ada", ""), of("bob", "")), "token of ada"),
        ("[caller.ada]\ntools = []".to_owned(), "never come in"),
        ("[caller.ada]\nsubject = []".to_owned(), "never come in"),
        ("[caller.ada]\nsubject = \"\"".to_owned(), "1 to 1000"),
        ("[caller.ada]\nsubject = 1".to_owned(), "text or a list"),
        (
            "[caller.ada]\nsubject = \"x\"\n[caller.bob]\nsubject = [\"y\", \"x\"]".to_owned(),
            "subject of ada",
        ),
    ] {
        let told = file::parse(&text).expect_err(&text);
        assert!(told.contains(words) && !told.contains("fic_secret"), "{text}: {told}");
    }
}

#[test]
fn who_has_a_list_of_tools_has_no_resources_and_exports_but_those_that_are_allowed() {
    let rights = |more: &str| {
        let text = entry("ada", TOKEN, more);
        file::parse(&text).expect("callers").into_values().next().expect("a caller").rights
    };
    assert_eq!(rights(""), Rights::all());
    let few = rights("tools = [\"search_conversations\"]");
    assert_eq!(few.check("tools/call", "search_conversations"), Ok(()));
    for (operation, name) in [
        ("tools/call", "query_database"),
        ("tools/call", "Search_Conversations"),
        ("resources/read", "intercom://conversation/1"),
        ("prompts/get", "weekly_summary"),
        ("completion/complete", "weekly_summary"),
        ("export", "export"),
    ] {
        let told = few.check(operation, name).expect_err(operation);
        assert!(told.contains("You may call search_conversations."), "{told}");
    }
    let more = rights("tools = []\nresources = true\nexport = true");
    assert!(more.check("tools/call", "search_conversations").is_err());
    assert_eq!((more.check("resources/read", "x"), more.check("export", "export")), (Ok(()), Ok(())));
    assert!(rights("export = false").check("export", "export").is_err());
}

/// Neither a change of the file nor a second look at it gives anybody another minute.
#[test]
fn calls_of_a_minute_are_counted_over_a_change_of_the_file() {
    let scratch = Scratch::new();
    scratch.write(&entry("ada", TOKEN, "calls_per_minute = 2"));
    let callers = scratch.open();
    let caller = || callers.find(TOKEN.as_bytes()).expect("known").expect("a caller");
    assert_eq!((callers.enter(&caller()), callers.enter(&caller())), (Ok(()), Ok(())));
    assert!(callers.enter(&caller()).is_err_and(|wait| wait <= Duration::from_secs(60)));
    scratch.write(&format!("{}{}", entry("ada", TOKEN, "calls_per_minute = 2"), entry("bob", OTHER, "")));
    assert!(callers.enter(&caller()).is_err());
    scratch.write(&entry("ada", TOKEN, "calls_per_minute = 3"));
    assert_eq!(callers.enter(&caller()), Ok(()));
}

/// With a token beside it or without, by any of the names that the identity provider has for them.
#[test]
fn a_subject_is_one_caller_and_a_claim_that_is_two_is_nobody() {
    let scratch = Scratch::new();
    scratch.write(&format!(
        "{}\n[caller.bob]\nsubject = [\"b|1\", \"staff\"]\n",
        entry("ada", TOKEN, "subject = \"a|1\"")
    ));
    let callers = scratch.open();
    let name = |subjects: &[&str]| match callers.vouched(subjects).expect("known") {
        Vouched::Caller(caller) => caller.name.to_string(),
        Vouched::Nobody => "nobody".to_owned(),
        Vouched::Several(names) => names.join("+"),
    };
    assert_eq!(names(&callers, TOKEN).as_deref(), Some("ada"));
    assert_eq!(
        (name(&["a|1"]), name(&["staff"]), name(&["x", "b|1"])),
        ("ada".into(), "bob".into(), "bob".into())
    );
    assert_eq!(
        (name(&["b|1", "staff"]), name(&["A|1"]), name(&[])),
        ("bob".into(), "nobody".into(), "nobody".into())
    );
    assert_eq!(name(&["staff", "a|1"]), "ada+bob");
    scratch.write("[caller");
    assert!(callers.vouched(&["a|1"]).is_err());
}
