//! The tools' sentences, with the command line's names in them.

/// What a tool says to an agent, and what to say to a person instead. Longer ones come first.
const NAMES: &[(&str, &str)] = &[
    ("check_coverage names the gaps, ", "there are gaps; "),
    ("Call force_sync, or wait", "Run `fastintercom sync`, or wait"),
    ("force_sync fetches them", "`fastintercom sync` fetches them"),
    ("force_sync", "`fastintercom sync`"),
    ("search_conversations", "`fastintercom search`"),
    ("get_conversation", "`fastintercom show`"),
    ("get_data_info", "`fastintercom status`"),
    ("get_sync_status", "`fastintercom status`"),
    ("list_filters", "`fastintercom call list_filters`"),
    ("`created_after`", "`--since`"),
    ("`created_before`", "`--until`"),
    ("`state`", "`--state`"),
    ("`limit`", "`-n`"),
    (", or use sort: \"newest\" without a query", ""),
];

/// The sentence for somebody at a terminal.
#[must_use]
pub fn of_commands(sentence: &str) -> String {
    NAMES.iter().fold(sentence.to_owned(), |text, (tool, command)| text.replace(tool, command))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of the tools' sources, as a reader sees them.
    fn sources() -> String {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tools");
        let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
        let rust = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
        let texts: Vec<String> = rust.map(|path| std::fs::read_to_string(path).expect("a text")).collect();
        texts.concat().replace("\\\"", "\"")
    }

    #[test]
    fn every_replaced_sentence_is_still_said() {
        let sources = sources();
        // A parameter's name gets its quotes where the sentence is made.
        let is_said = |said: &str| sources.contains(said.trim_matches('`'));
        let unsaid: Vec<_> = NAMES.iter().filter(|(said, _)| !is_said(said)).collect();
        assert!(unsaid.is_empty(), "no tool says this any more: {unsaid:?}");
    }

    #[test]
    fn sentences_name_commands() {
        assert_eq!(
            of_commands("Newer messages may be missing; force_sync fetches them."),
            "Newer messages may be missing; `fastintercom sync` fetches them."
        );
        assert_eq!(
            of_commands("Take ids from search_conversations; get_data_info says which days are covered."),
            "Take ids from `fastintercom search`; `fastintercom status` says which days are covered."
        );
        assert_eq!(
            of_commands("`created_after` is later than `created_before`; swap them."),
            "`--since` is later than `--until`; swap them."
        );
    }
}
