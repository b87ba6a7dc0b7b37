//! Commands that run to their end: `sync`, `call`, `tools`, …

use std::ffi::{OsStr, OsString};
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::environment::Environment;
use crate::running::Running;
use crate::scratch::Scratch;
use crate::simulator::Simulator;

/// A command that is not run yet.
#[derive(Clone, Debug)]
#[must_use = "nothing runs before run()"]
pub struct Cli {
    environment: Environment,
    arguments: Vec<OsString>,
    input: String,
}

/// What a command left behind.
#[derive(Clone, Debug)]
pub struct Output {
    /// None when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Cli {
    /// Against that simulator, with its token, on a new database.
    pub fn new(simulator: &Simulator) -> Self {
        Self { environment: Environment::of(simulator), arguments: Vec::new(), input: String::new() }
    }

    /// In that folder, and so on the database in it.
    pub fn on(mut self, scratch: &Scratch) -> Self {
        self.environment.scratch = scratch.clone();
        self
    }

    pub fn args<I: IntoIterator<Item = T>, T: Into<OsString>>(mut self, arguments: I) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable; an empty value takes it away.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.set(name, value);
        self
    }

    /// What it finds on standard input, which is empty otherwise.
    pub fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    pub fn without_token(mut self) -> Self {
        self.environment.remove("INTERCOM_ACCESS_TOKEN");
        self
    }

    #[must_use]
    pub fn scratch(&self) -> &Scratch {
        &self.environment.scratch
    }

    /// The command as it is, all three streams piped.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = self.environment.command();
        command.args(&self.arguments);
        command
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn run(&self) -> Output {
        self.run_to_the_end(self.command())
    }

    /// Runs a line of bash instead, in the scratch folder; `fastintercom` in it is the program.
    ///
    /// # Panics
    /// When there is no bash.
    #[cfg(unix)]
    #[must_use]
    pub fn run_in_bash(&self, line: &str) -> Output {
        let program = self.environment.command();
        let folder = self.environment.scratch.path().join("bin");
        std::fs::create_dir_all(&folder).expect("a folder");
        // A second line finds the link that the first one made.
        let _ = std::os::unix::fs::symlink(crate::environment::binary(), folder.join("fastintercom"));
        let mut command = Command::new("bash");
        command.args(["-euc", line]).current_dir(self.environment.scratch.path()).env_clear();
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let usual = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{usual}", folder.display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.run_to_the_end(command)
    }

    fn run_to_the_end(&self, mut command: Command) -> Output {
        let mut child = command.spawn().expect("the program starts");
        let mut input = child.stdin.take().expect("a pipe");
        // A command that reads nothing may have ended already.
        let _ = input.write_all(self.input.as_bytes());
        drop(input);
        let (mut out, mut err) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
        let errors = thread::spawn(move || {
            let mut text = String::new();
            err.read_to_string(&mut text).map(|_| text)
        });
        let mut stdout = String::new();
        out.read_to_string(&mut stdout).expect("standard output is text");
        let stderr = errors.join().expect("the reader ends").expect("standard error is text");
        Output { code: child.wait().expect("an exit status").code(), stdout, stderr }
    }

    /// Starts it, and does not wait for its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(&self) -> Running {
        let mut command = self.environment.command();
        command.args(&self.arguments);
        Running::start(command, self.environment.scratch.clone())
    }

    /// Runs it at a terminal, and types a line once it has asked. Returns everything that the
    /// terminal showed, its echo included. `None`: this system has no `script` to make one.
    ///
    /// # Panics
    /// When it ends without asking.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn run_at_terminal(&self, question: &str, line: &str) -> Option<String> {
        let mut script = self.in_script("");
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let (mut input, mut output) = (child.stdin.take()?, child.stdout.take()?);
        let mut shown = Vec::new();
        let mut piece = [0; 1024];
        let asked = |shown: &[u8]| String::from_utf8_lossy(shown).contains(question);
        while !asked(&shown) {
            let count = output.read(&mut piece).expect("the terminal is readable");
            assert!(count > 0, "it ended without asking: {}", String::from_utf8_lossy(&shown));
            shown.extend_from_slice(&piece[..count]);
        }
        // Nobody types before the question is read; the terminal hides what comes a moment after it.
        std::thread::sleep(std::time::Duration::from_millis(300));
        writeln!(input, "{line}").expect("the terminal takes a line");
        output.read_to_end(&mut shown).expect("the terminal is readable");
        child.wait().expect("an exit status");
        Some(String::from_utf8_lossy(&shown).into_owned())
    }

    /// Runs it at a terminal of that many columns. Returns the lines that the terminal showed. `None`: this
    /// system has no `script` to make one.
    ///
    /// # Panics
    /// When it shows what is no text.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn shown_at_terminal(&self, columns: u32) -> Option<Vec<String>> {
        let mut script = self.in_script(&format!("stty rows 40 cols {columns} && "));
        let output = script.stdin(Stdio::null()).output().ok()?;
        let shown = String::from_utf8(output.stdout).expect("text");
        Some(shown.lines().map(|line| line.trim_end_matches('\r').to_owned()).collect())
    }

    /// The command at a terminal of `script`'s, behind something that the shell does there.
    #[cfg(target_os = "linux")]
    fn in_script(&self, before: &str) -> Command {
        let quoted = |word: &str| format!("'{}'", word.replace('\'', "'\\''"));
        let program = self.environment.command();
        let words: Vec<_> = std::iter::once(program.get_program().to_string_lossy().into_owned())
            .chain(self.arguments.iter().map(|argument| argument.to_string_lossy().into_owned()))
            .map(|word| quoted(&word))
            .collect();
        let mut script = Command::new("script");
        script.args(["-qec", &format!("{before}{}", words.join(" ")), "/dev/null"]).env_clear();
        script.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(path) = std::env::var_os("PATH") {
            script.env("PATH", path);
        }
        script
    }

    /// Runs it until `enough` says so, and then kills it without a warning (SIGKILL). False when
    /// it ended by itself before.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run_until(&self, mut enough: impl FnMut() -> bool) -> bool {
        let mut command = self.environment.command();
        let command = command.args(&self.arguments).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        let killed = loop {
            if child.try_wait().expect("an exit status").is_some() {
                break false;
            }
            if enough() {
                child.kill().expect("it can be killed");
                break true;
            }
            thread::sleep(Duration::from_millis(2));
        };
        child.wait().expect("an exit status");
        killed
    }
}

impl Output {
    /// # Panics
    /// When the exit code is another one.
    pub fn assert_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "the exit code of {self:#?}");
        self
    }

    /// Standard output as JSON, of a command that succeeded.
    ///
    /// # Panics
    /// When it failed or printed something else.
    #[must_use]
    pub fn json(self) -> Value {
        let output = self.assert_code(0);
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {output:#?}"))
    }
}
