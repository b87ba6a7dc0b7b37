//! What the program under test finds around it: the binary, a clean environment, a folder.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::scratch::Scratch;
use crate::simulator::Simulator;

/// The environment variables of one process, and its folder. Nothing of the developer's own
/// environment gets in.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    pub scratch: Scratch,
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Points at that simulator, with its token, and a first sync that reads everything.
    pub fn of(simulator: &Simulator) -> Self {
        let mut environment = Self { scratch: Scratch::new(), variables: BTreeMap::new() };
        environment.set("INTERCOM_BASE_URL", simulator.base_url());
        environment.set("INTERCOM_ACCESS_TOKEN", simulator.token());
        environment.set("FASTINTERCOM_INITIAL_SYNC_DAYS", "0");
        environment
    }

    pub fn set(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
        self.variables.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
    }

    pub fn remove(&mut self, name: &str) {
        self.variables.remove(OsStr::new(name));
    }

    /// The binary with these variables, all three streams piped.
    pub fn command(&self) -> Command {
        let mut command = Command::new(binary());
        let home = self.scratch.home();
        command
            .env_clear()
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("FASTINTERCOM_DB_PATH", self.scratch.database())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if cfg!(windows) {
            command
                .env("USERPROFILE", &home)
                .env("APPDATA", home.join("AppData/Roaming"))
                .env("LOCALAPPDATA", home.join("AppData/Local"));
            // Without these Windows itself finds no sockets, and no folder for temporary files.
            for name in ["SystemRoot", "TEMP", "TMP"] {
                command.envs(env::var_os(name).map(|value| (name, value)));
            }
        }
        // Compiling the component takes seconds, so all processes of a test run may share it.
        if let Some(cache) = env::var_os("FASTINTERCOM_TEST_CACHE") {
            command.env("FASTINTERCOM_CACHE_DIR", cache);
        }
        for (name, value) in &self.variables {
            // An empty value takes away what was set above.
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        command
    }
}

/// The program under test.
///
/// # Panics
/// When `FASTINTERCOM_BIN` does not name it.
#[must_use]
pub fn binary() -> PathBuf {
    let Some(path) = env::var_os("FASTINTERCOM_BIN").map(PathBuf::from) else {
        panic!(
            "FASTINTERCOM_BIN is not set. `just test` builds the program and sets it; by hand: \
             cargo build -p fastintercom && export FASTINTERCOM_BIN=$PWD/target/debug/fastintercom"
        );
    };
    assert!(path.is_file(), "FASTINTERCOM_BIN is {}, and there is no such file", path.display());
    path
}

/// That much time here: `FASTINTERCOM_TEST_SLOWNESS` says how many times slower the program runs
/// than on a machine of its own kind. `just portability` sets it where it is emulated.
///
/// # Panics
/// When it is no whole number.
#[must_use]
pub fn slowed(time: Duration) -> Duration {
    let Ok(slowness) = env::var("FASTINTERCOM_TEST_SLOWNESS") else { return time };
    time * slowness.parse().expect("FASTINTERCOM_TEST_SLOWNESS is a whole number")
}
