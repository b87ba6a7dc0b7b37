//! Sentences at a terminal are broken between words; in a pipe they never are.

use fastintercom_tests::command::Cli;

use super::small;

/// Words of a text, however its lines are broken.
fn words(lines: &[String]) -> Vec<&str> {
    lines.iter().flat_map(|line| line.split_whitespace()).collect()
}

/// A line without its figures: ages differ from run to run.
fn ageless(line: &str) -> String {
    let words: String = line.chars().filter(|letter| !letter.is_ascii_digit()).collect();
    words.replace("seconds", "second")
}

#[test]
fn a_narrow_terminal_tears_no_word_and_a_pipe_breaks_no_line() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(0);
    let page = cli.scratch().path().join("r.html").display().to_string();
    // How far further lines are indented: below what the labels leave.
    let names = cli.clone().args(["tools"]).run().assert_code(0).stdout;
    let longest = names.lines().filter_map(|line| line.find(' ')).max().expect("tools") + 2;
    for (command, indent) in [
        (&["status"][..], 0),
        (&["doctor"], 20),
        (&["tools"], longest),
        (&["capabilities"], 11),
        (&["report", "-o", &page], 0),
    ] {
        let cli = cli.clone().args(command.iter().copied());
        let piped = cli.run();
        let piped: Vec<String> = piped.stdout.lines().map(str::to_owned).collect();
        assert!(piped.iter().any(|line| line.chars().count() > 60), "{command:?}: {piped:?}");
        for columns in [60, 100] {
            let Some(shown) = cli.shown_at_terminal(columns) else { return };
            assert!(shown.len() >= piped.len(), "{command:?}: {shown:?}");
            for line in &shown {
                // What has no room in any line is not torn: a path must stay fit to be copied.
                let last = line.split_whitespace().last().map_or(0, |word| word.chars().count());
                let has_no_room = indent + last > columns as usize;
                assert!(has_no_room || line.chars().count() <= columns as usize, "{command:?}: {line:?}");
            }
            let further = shown.iter().filter(|line| {
                !piped.iter().any(|whole| ageless(whole).starts_with(&ageless(line.trim_end())))
            });
            for line in further {
                let blanks = line.len() - line.trim_start().len();
                assert_eq!(blanks, indent, "{command:?}: {line:?}");
            }
            // Ages and free space differ from run to run, so words are counted.
            let (all, whole) = (words(&shown).len(), words(&piped).len());
            assert!(all.abs_diff(whole) <= 4, "{command:?}: {all} words, and {whole} in a pipe: {shown:?}");
        }
        let wide = cli.shown_at_terminal(1_000).expect("a terminal");
        assert_eq!(wide.len(), piped.len(), "{command:?}: {wide:?}");
    }
}
