//! What was typed on the command line, and what times it means.

use serde_json::{Map, Value};

use super::ViewError;
use crate::time::UnixSeconds;
use crate::tools::content::{clean, cut};
use crate::tools::timeframe;
use crate::tools::zone::Zone;

/// The options of one command, by the names of its flags.
#[derive(Clone, Debug)]
pub struct Options(Map<String, Value>);

impl Options {
    /// # Errors
    /// When the text is no JSON object, or has an option that is not known.
    pub fn parse(json: &str, known: &[&str]) -> Result<Self, ViewError> {
        let given: Map<String, Value> = serde_json::from_str(json)
            .map_err(|_| ViewError::InvalidOptions("The options are no JSON object.".to_owned()))?;
        match given.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(Self(given)),
            Some(name) => Err(ViewError::InvalidOptions(format!(
                "There is no option {}. There are: {}.",
                cut(&clean(name), 60),
                known.join(", ")
            ))),
        }
    }

    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The option as it was given, for a tool that judges it itself.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Value> {
        self.0.get(name).filter(|value| !value.is_null()).cloned()
    }

    /// When `--since` or `--until` lies.
    ///
    /// # Errors
    /// When what was typed is no time.
    pub fn instant(&self, end: End, now: UnixSeconds, zone: &Zone) -> Result<Option<UnixSeconds>, ViewError> {
        let Some(typed) = self.text(end.name()) else { return Ok(None) };
        instant(typed, end, now, zone).map(Some).ok_or_else(|| {
            ViewError::InvalidOptions(format!(
                "`--{}` \"{}\" is not understood. Understood are 7d, 24h, 2w, 2026-06-01, 2026-06, 2026-06-01T09:30:00Z, yesterday, \"last week\" and \"last 30 days\".",
                end.name(),
                cut(&clean(typed), 60)
            ))
        })
    }
}

/// Which end of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Since,
    Until,
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Since => "since",
            Self::Until => "until",
        }
    }
}

/// `7d` is so long ago, whichever end it is. Of a named period `since` is the beginning and
/// `until` the end: `--until yesterday` has all of yesterday in it.
fn instant(typed: &str, end: End, now: UnixSeconds, zone: &Zone) -> Option<UnixSeconds> {
    let typed = typed.trim();
    if typed.contains(['T', ':'])
        && let Some(instant) = UnixSeconds::parse(typed)
    {
        return Some(instant);
    }
    let frame = timeframe::parse(typed, now, zone)?;
    let is_age =
        typed.starts_with(|letter: char| letter.is_ascii_digit()) && typed.ends_with(['h', 'd', 'w']);
    Some(if end == End::Since || is_age { frame.start } else { frame.end })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(typed: &str, end: End) -> Option<String> {
        let now = UnixSeconds::parse("2026-11-22T15:00:00Z").expect("an instant");
        instant(typed, end, now, &Zone::choose(Some("Europe/Berlin"), None)).map(UnixSeconds::to_iso)
    }

    #[test]
    fn ages_days_and_periods_are_understood() {
        let iso = |text: &str| Some(format!("{text}+00:00"));
        assert_eq!(at("7d", End::Since), iso("2026-11-15T15:00:00"));
        assert_eq!(at("7d", End::Until), iso("2026-11-15T15:00:00"));
        assert_eq!(at("2026-11-20", End::Since), iso("2026-11-19T23:00:00"));
        assert_eq!(at("2026-11-20", End::Until), iso("2026-11-20T22:59:59"));
        assert_eq!(at("yesterday", End::Until), iso("2026-11-21T22:59:59"));
        assert_eq!(at("last week", End::Since), iso("2026-11-08T23:00:00"));
        assert_eq!(at("2026-11-20T09:30:00Z", End::Until), iso("2026-11-20T09:30:00"));
        for typed in ["", "soon", "7", "-3d", "99999999999d", "2026-13"] {
            assert_eq!(at(typed, End::Since), None, "{typed}");
        }
    }

    #[test]
    fn an_unknown_option_is_named() {
        let error = Options::parse(r#"{"sinse": "7d"}"#, &["since"]).expect_err("refused");
        assert!(matches!(&error, ViewError::InvalidOptions(text) if text.contains("sinse")), "{error:?}");
    }
}
