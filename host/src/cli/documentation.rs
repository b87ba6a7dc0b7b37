//! `docs/CONFIGURATION.md` says what the code says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use clap::CommandFactory;

use super::arguments::Arguments;
use crate::config::{Config, SETTINGS, Setting, Sources};

const DOCUMENT: &str = include_str!("../../../docs/CONFIGURATION.md");
const README: &str = include_str!("../../../README.md");

/// Flags that are no settings: they concern one command line only.
const OTHER_FLAGS: [&str; 3] = ["config", "help", "version"];

/// Every flag that is understood with each command, with its help.
fn flags() -> BTreeMap<String, String> {
    let command = <Arguments as CommandFactory>::command();
    command
        .get_arguments()
        .filter_map(|argument| {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            Some((argument.get_long()?.to_owned(), help))
        })
        .filter(|(name, _)| !OTHER_FLAGS.contains(&name.as_str()))
        .collect()
}

fn flag_of(setting: &Setting) -> Option<String> {
    Some(setting.key.replace('_', "-")).filter(|flag| flags().contains_key(flag))
}

/// The table of some settings, as it must stand in the document.
fn table(settings: impl Iterator<Item = &'static Setting>) -> String {
    let mut table = "| variable | flag | key | default | meaning |\n|---|---|---|---|---|\n".to_owned();
    for setting in settings {
        let variables: Vec<_> = setting.variables.iter().map(|name| format!("`{name}`")).collect();
        let flag = flag_of(setting).map(|flag| format!("`--{flag}`")).unwrap_or_default();
        let Setting { key, default, meaning, .. } = setting;
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| {} | {flag} | `{key}` | {default} | {meaning} |", variables.join(", or "));
    }
    table
}

#[test]
fn the_document_holds_every_setting_as_the_code_has_it() {
    for (what, rare) in [("everyday settings", false), ("limits", true)] {
        let table = table(SETTINGS.iter().filter(|setting| setting.is_rare == rare));
        assert!(
            DOCUMENT.contains(&table),
            "docs/CONFIGURATION.md must hold this table of {what}:\n\n{table}"
        );
    }
}

#[test]
fn every_flag_is_a_setting_and_names_its_variable() {
    let keys: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.key.replace('_', "-")).collect();
    for (flag, help) in flags() {
        assert!(keys.contains(&flag), "--{flag} is no setting");
        let setting = SETTINGS.iter().find(|setting| setting.key.replace('_', "-") == flag);
        let variable = setting.and_then(|setting| setting.variables.first()).expect("a variable");
        // Those that tests and trials use are not worth a line of help.
        if flag != "component" {
            assert!(help.contains(variable), "the help of --{flag} does not name {variable}: {help}");
        }
    }
}

/// Every variable that a document names is one that is read.
#[test]
fn documents_name_no_variable_that_is_not_read() {
    let known: BTreeSet<&str> = SETTINGS.iter().flat_map(|setting| setting.variables).copied().collect();
    for (name, document) in [("docs/CONFIGURATION.md", DOCUMENT), ("README.md", README)] {
        let words = document.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
        for word in words.filter(|word| word.starts_with("FASTINTERCOM_") || word.starts_with("INTERCOM_")) {
            let is_known =
                known.contains(word) || ["INTERCOM_ACCESS_TOKEN", "FASTINTERCOM_HTTP_TOKEN"].contains(&word);
            assert!(is_known, "{name} names {word}, which nothing reads");
        }
    }
}

/// A default that is a number is the one that holds.
#[test]
fn numeric_defaults_are_those_that_hold() {
    let folder = std::env::temp_dir().join(format!("fastintercom-defaults-{}", std::process::id()));
    let database = folder.join("data.db").display().to_string();
    let resolved = |more: &[(&str, &str)]| {
        let pairs: Vec<_> =
            [("FASTINTERCOM_DB_PATH", database.as_str())].iter().chain(more).copied().collect();
        let config = Config::resolve(&Sources::of_environment(&pairs)).expect("valid");
        format!(
            "{:?} {:?} {:?} {}",
            config.for_component(),
            config.call_limits,
            config.outgoing_limits,
            config.memory_total
        )
    };
    let numbers: Vec<_> = SETTINGS
        .iter()
        .filter(|setting| setting.default.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|setting| (setting.variables[0], setting.default))
        .collect();
    assert!(numbers.len() > 10, "{numbers:?}");
    assert_eq!(resolved(&numbers), resolved(&[]));
    let _ = std::fs::remove_dir_all(folder);
}
