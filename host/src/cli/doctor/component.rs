//! The component that runs, and where its compiled code is kept.

use std::path::Path;

use super::{Finding, ill, well};
use crate::application::Application;
use crate::component::cache::check;

/// That it compiles and fits this host, the look into the database has shown.
pub fn code(application: &Application) -> Finding {
    let from = match &application.config.component {
        Some(file) => format!("from {}", file.display()),
        None => "the one inside this program".to_owned(),
    };
    let bytes = application.loader.bytes();
    let size = bytes.as_slice().len() as f64 / 1e6;
    well("component", format!("sha256 {}, {size:.1} MB, {from}", bytes.digest()))
}

/// `None`: compiled code is kept nowhere.
pub fn cache(folder: Option<&Path>) -> Finding {
    let Some(folder) = folder else {
        return ill(
            "cache",
            "compiled code is kept nowhere, so each start compiles for some seconds; name a folder outside the data folder in FASTINTERCOM_CACHE_DIR",
        );
    };
    match check(folder) {
        Ok(()) => well("cache", format!("{} is writable, and closed to other users", folder.display())),
        Err(reason) => ill(
            "cache",
            format!(
                "compiled code is not kept, so each start compiles for some seconds: {reason}; fix that, or name another folder in FASTINTERCOM_CACHE_DIR"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::State;

    #[test]
    fn a_cache_that_cannot_be_used_is_told_with_what_to_set() {
        let folder = std::env::temp_dir().join(format!("fastintercom-cache-{}", std::process::id()));
        assert!(cache(Some(&folder)).state == State::Well);
        let file = folder.join("file");
        std::fs::write(&file, "in the way").expect("written");
        for finding in [cache(None), cache(Some(&file))] {
            assert!(finding.state == State::Ill, "{}", finding.text);
            assert!(finding.text.contains("FASTINTERCOM_CACHE_DIR"), "{}", finding.text);
        }
        let _ = std::fs::remove_dir_all(folder);
    }
}
