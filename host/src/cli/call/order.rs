//! Which words of the command line are the program's and which are the tool's.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::OnceLock;

use clap::CommandFactory;

use crate::cli::arguments::Arguments;

/// The command line with the settings of a `call` before it, and all that is the tool's closed off.
///
/// `--config` or `--component` may stand behind the tool's name and decide what its flags are, so they are
/// read first. Hence a setting's flag is never the tool's.
pub fn settings_first(typed: Vec<OsString>) -> Vec<OsString> {
    if !typed.iter().any(|word| word == "call") {
        return typed;
    }
    // Of a setting: whether its value is the next word.
    let setting = |word: &OsStr| {
        let flag = word.to_str()?.strip_prefix("--")?;
        match flag.split_once('=') {
            None => settings().get(flag).copied(),
            Some((name, _)) => settings().get(name).map(|_| false),
        }
    };
    let (mut first, mut others) = (Vec::new(), Vec::new());
    let mut words = typed.iter().cloned();
    let name = words.next();
    while let Some(word) = words.next() {
        if word == "--" {
            others.push(word);
            others.extend(words.by_ref());
            break;
        }
        match setting(&word) {
            None => others.push(word),
            Some(next_is_value) => {
                first.push(word);
                first.extend(next_is_value.then(|| words.next()).flatten());
            }
        }
    }
    match others.as_slice() {
        // `call --help`, and a call of nothing, are as they are.
        [call, tool, ..] if call == "call" && !tool.as_encoded_bytes().starts_with(b"-") => {
            let rest = others.split_off(2);
            name.into_iter().chain(first).chain(others).chain(["--".into()]).chain(rest).collect()
        }
        _ => typed,
    }
}

/// The flags of the settings, which no flag of a tool can be, and whether each takes a value.
pub fn settings() -> &'static BTreeMap<String, bool> {
    static SETTINGS: OnceLock<BTreeMap<String, bool>> = OnceLock::new();
    SETTINGS.get_or_init(|| {
        let program = <Arguments as CommandFactory>::command();
        let flags = program.get_arguments();
        flags
            .filter_map(|flag| Some((flag.get_long()?.to_owned(), flag.get_action().takes_values())))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(line: &str) -> String {
        let words = settings_first(line.split(' ').map(Into::into).collect());
        words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn settings_are_found_wherever_they_stand_and_the_rest_is_the_tools() {
        for line in [
            "fic --database F call T --limit 3",
            "fic call --database F T --limit 3",
            "fic call T --database F --limit 3",
            "fic call T --limit 3 --database F",
        ] {
            assert_eq!(ordered(line), "fic --database F call T -- --limit 3");
        }
        assert_eq!(
            ordered("fic call T --log=debug --read-only {}"),
            "fic --log=debug --read-only call T -- {}"
        );
        assert_eq!(ordered("fic call T --help"), "fic call T -- --help");
        // Behind `--` nothing is a setting.
        assert_eq!(ordered("fic call T -- --database F"), "fic call T -- -- --database F");
    }

    #[test]
    fn other_command_lines_stay_as_they_are() {
        for line in ["fic", "fic call", "fic call --help", "fic search call me", "fic --log call status"] {
            assert_eq!(ordered(line), line);
        }
    }
}
