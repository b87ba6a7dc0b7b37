//! MCP clients: where each keeps its configuration, and how this program is entered there.
//!
//! - [`table`] lists the clients, their files and the form of an entry; [`places`] knows the
//!   folders on each operating system.
//! - [`entry`] is what a client shall start; [`json`], [`toml`] and [`yaml`] write it into a file's
//!   text and take it out again, and leave everything else as it was, comments included.
//! - [`file`](mod@file) reads and replaces files that belong to other programs.

pub mod entry;
pub mod file;
pub mod json;
pub mod places;
pub mod table;
pub mod toml;
pub mod yaml;

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use entry::{Entry, Target};
use places::{Places, System};
use table::{Form, Row, TABLE};

/// The name under which clients know this server.
pub const NAME: &str = "fastintercom";

/// A client that can be set up.
#[derive(Clone, Copy, Debug)]
pub struct Client(&'static Row);

impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl ValueEnum for Client {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: std::sync::LazyLock<Vec<Client>> =
            std::sync::LazyLock::new(|| TABLE.iter().map(Client).collect());
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name))
    }
}

impl Client {
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(Self)
    }

    /// As on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// As people know it.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.0.title
    }

    /// Whether it asks for a secret, and keeps it.
    #[must_use]
    pub fn asks(self) -> bool {
        matches!(self.0.form, Form::Json(json) if json.asks)
    }

    /// Its configuration for this user.
    #[must_use]
    pub fn file(self, places: &Places) -> PathBuf {
        let files = self.files(places);
        let there = files.iter().find(|file| file.exists());
        let near = || files.iter().find(|file| file.parent().is_some_and(std::path::Path::exists));
        there.or_else(near).or(files.first()).cloned().unwrap_or_default()
    }

    fn files(self, places: &Places) -> Vec<PathBuf> {
        let own = if places.system == System::Windows && !self.0.windows.is_empty() {
            self.0.windows
        } else {
            self.0.places
        };
        own.iter().map(|(base, path)| places.base(*base).join(path)).collect()
    }

    /// Whether this user has it: its file is there, or the folder that only it makes.
    #[must_use]
    pub fn is_there(self, places: &Places) -> bool {
        self.files(places).iter().any(|file| {
            let folder = file.parent().filter(|folder| *folder != places.home);
            file.exists() || folder.is_some_and(std::path::Path::is_dir)
        })
    }

    /// The text with our entry in it, new or brought up to date.
    ///
    /// # Errors
    /// What is wrong with the text, with its line; a part of a sentence.
    pub fn with(self, text: &str, entry: &Entry) -> Result<String, String> {
        match self.0.form {
            Form::Json(form) => json::with(text, form, entry),
            Form::Toml(form) => toml::with(text, form, entry),
            Form::Yaml => yaml::with(text, entry),
        }
    }

    /// The text without our entry; `None` when it has none.
    ///
    /// # Errors
    /// As [`Client::with`].
    pub fn without(self, text: &str) -> Result<Option<String>, String> {
        match self.0.form {
            Form::Json(form) => json::without(text, form),
            Form::Toml(form) => toml::without(text, form),
            Form::Yaml => yaml::without(text),
        }
    }

    /// What our entry leads to; `None` when there is none.
    ///
    /// # Errors
    /// As [`Client::with`].
    pub fn target(self, text: &str) -> Result<Option<Target>, String> {
        match self.0.form {
            Form::Json(form) => json::target(text, form),
            Form::Toml(form) => toml::target(text, form),
            Form::Yaml => yaml::target(text),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
