//! Which days a sync is about.

use super::{SyncError, SyncKind, SyncRequest};
use crate::environment::Settings;
use crate::time::Day;

/// How far back a full sync goes when nobody says.
const FULL_DAYS: u32 = 90;
/// More days than Intercom exists.
const MOST_DAYS: u32 = 36_500;

/// Days, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub first: Day,
    pub last: Day,
    /// The last day is today, so the range grows while the sync runs.
    pub up_to_now: bool,
}

/// Reads what was asked for, `today` being the day in UTC.
pub(super) fn read(request: &SyncRequest, settings: &Settings, today: Day) -> Result<Range, SyncError> {
    let invalid = |sentence: String| Err(SyncError::InvalidRequest(sentence));
    let first = request.start_date.as_deref().map(|text| day("start date", text)).transpose()?;
    let last = request.end_date.as_deref().map(|text| day("end date", text)).transpose()?;
    if let Some(days) = request.days {
        if first.is_some() {
            return invalid("Give either a number of days or a start date, not both.".to_owned());
        }
        if days == 0 || days > MOST_DAYS {
            return invalid(format!("The number of days is {days}; it must lie between 1 and {MOST_DAYS}."));
        }
    }
    let last_day = last.unwrap_or(today).min(today);
    let days = request.days.unwrap_or(match request.kind {
        SyncKind::Full => FULL_DAYS,
        SyncKind::Background | SyncKind::Incremental => settings.sync_days.clamp(1, MOST_DAYS),
    });
    let first_day = first.unwrap_or_else(|| last_day.plus(-i64::from(days)));
    if first_day > today {
        return invalid(format!("The start date {first_day} lies in the future; today is {today} (UTC)."));
    }
    if let Some(last) = last
        && first_day > last
    {
        return invalid(format!("The start date {first_day} is after the end date {last}; swap them."));
    }
    if let Some(kept) = settings.retention_days
        && last_day < today.plus(-i64::from(kept))
    {
        return invalid(format!(
            "The range ends on {last_day}, but FASTINTERCOM_RETENTION_DAYS={kept} keeps nothing that was last updated so long ago; take that setting away to read it."
        ));
    }
    Ok(Range { first: first_day, last: last_day, up_to_now: last_day == today })
}

fn day(name: &str, text: &str) -> Result<Day, SyncError> {
    Day::parse(text).ok_or_else(|| {
        SyncError::InvalidRequest(format!(
            "The {name} `{text}` is no date; write it as YYYY-MM-DD, such as 2026-01-31."
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(kind: SyncKind) -> SyncRequest {
        SyncRequest {
            kind,
            start_date: None,
            end_date: None,
            days: None,
            unless_newer_than: None,
            refetch: false,
        }
    }

    fn today() -> Day {
        Day::parse("2026-11-22").expect("a day")
    }

    fn sentence(request: &SyncRequest) -> String {
        match read(request, &Settings::default(), today()) {
            Err(SyncError::InvalidRequest(sentence)) => sentence,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_kind_has_its_days() {
        let days =
            |kind| read(&request(kind), &Settings::default(), today()).map(|range| range.first.to_string());
        assert_eq!(days(SyncKind::Background).as_deref(), Ok("2026-11-15"));
        assert_eq!(days(SyncKind::Full).as_deref(), Ok("2026-08-24"));
    }

    #[test]
    fn a_range_of_which_nothing_is_kept_is_refused() {
        let settings = Settings { retention_days: Some(30), ..Settings::default() };
        let mut old = request(SyncKind::Incremental);
        old.start_date = Some("2026-09-01".to_owned());
        old.end_date = Some("2026-10-22".to_owned());
        let Err(SyncError::InvalidRequest(sentence)) = read(&old, &settings, today()) else {
            panic!("nothing of it is kept")
        };
        assert!(sentence.contains("ends on 2026-10-22, but FASTINTERCOM_RETENTION_DAYS=30"), "{sentence}");
        old.end_date = Some("2026-10-23".to_owned());
        assert!(read(&old, &settings, today()).is_ok(), "its last day is kept");
    }

    #[test]
    fn wrong_dates_are_named_with_what_is_right() {
        let mut wrong = request(SyncKind::Incremental);
        wrong.start_date = Some("2026-6-1".to_owned());
        assert!(sentence(&wrong).contains("`2026-6-1`"), "{}", sentence(&wrong));
        wrong.start_date = Some("2026-11-20".to_owned());
        wrong.end_date = Some("2026-11-01".to_owned());
        assert!(sentence(&wrong).contains("after the end date 2026-11-01"));
        wrong.start_date = Some("2027-01-01".to_owned());
        wrong.end_date = None;
        assert!(sentence(&wrong).contains("future"));
        wrong.days = Some(3);
        assert!(sentence(&wrong).contains("not both"));
        wrong.start_date = None;
        wrong.days = Some(0);
        assert!(sentence(&wrong).contains("between 1 and"));
    }
}
