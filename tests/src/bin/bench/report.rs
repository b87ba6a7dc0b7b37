//! The tables, on the terminal and in the document.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::Result;

const BEGIN: &str = "<!-- written by `just bench` -->";
const END: &str = "<!-- end of what `just bench` writes -->";

/// Says how far it is.
pub fn line(text: &str) {
    // Without a standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[derive(Debug)]
pub struct Report {
    text: String,
}

impl Report {
    pub fn new(binary: &Path) -> Result<Self> {
        let mut text = String::new();
        let output = |command: &mut Command| -> String {
            command
                .output()
                .map_or_else(|_| String::new(), |out| String::from_utf8_lossy(&out.stdout).trim().to_owned())
        };
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
        let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let memory =
            memory.lines().next().and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        writeln!(
            text,
            "- Machine: {} cores ({}), {:.0} GB of memory, Linux {}; load average at the start {}.",
            std::thread::available_parallelism()?,
            cpu.trim_start_matches([' ', '\t', ':']),
            memory.unwrap_or_default() / 1e6,
            output(Command::new("uname").arg("-r")),
            load.split_whitespace().next().unwrap_or("unknown"),
        )?;
        writeln!(
            text,
            "- Program: {}, commit {}; {}.",
            output(Command::new(binary).arg("--version")),
            output(Command::new("git").args(["rev-parse", "--short", "HEAD"])),
            output(Command::new("rustc").arg("--version")),
        )?;
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        writeln!(
            text,
            "- Command: `bench {}`, {}.\n",
            arguments.join(" "),
            output(Command::new("date").args(["-u", "+%Y-%m-%d"]))
        )?;
        Ok(Self { text })
    }

    pub fn table(&mut self, title: &str, words: &str, head: &[&str], rows: Vec<Vec<String>>) {
        line(title);
        let mut table = format!("### {title}\n\n");
        if !words.is_empty() {
            let _ = writeln!(table, "{words}\n");
        }
        let _ = writeln!(table, "| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()));
        for row in rows {
            let _ = writeln!(table, "| {} |", row.join(" | "));
        }
        line(&table);
        self.text.push_str(&table);
        self.text.push('\n');
    }

    pub fn note(&mut self, text: &str) {
        line(text);
        let _ = writeln!(self.text, "{text}\n");
    }

    pub fn print(&self) {
        let _ = write!(std::io::stdout(), "{}", self.text);
    }

    /// Replaces what stands between the marks; adds them when there are none.
    pub fn write_into(&self, document: &Path) -> Result<()> {
        let old = std::fs::read_to_string(document).unwrap_or_else(|_| "# Benchmarks\n".to_owned());
        let (before, after) = match (old.find(BEGIN), old.find(END)) {
            (Some(begin), Some(end)) if begin < end => (&old[..begin], &old[end + END.len()..]),
            _ => (old.as_str(), "\n"),
        };
        std::fs::write(document, format!("{before}{BEGIN}\n\n{}{END}{after}", self.text))?;
        Ok(())
    }
}
