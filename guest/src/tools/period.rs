//! The arguments about time that several tools share, and the period that they mean together.

use super::arguments::{ArgumentError, ArgumentResult, Arguments, When};
use super::timeframe;
use super::zone::Zone;
use crate::store::runs::coverage::BEFORE_INTERCOM;
use crate::store::search::{Between, Filters};
use crate::time::UnixSeconds;

pub const TIMEFRAME_OF: &[&str] = &["created", "updated", "customer_reply", "message"];

/// Narrows what it is of to the timeframe: together with dates of the same kind both hold.
///
/// # Errors
/// When it is not understood, or nothing lies in both.
pub fn add_timeframe(
    arguments: &Arguments,
    filters: &mut Filters,
    now: UnixSeconds,
    zone: &Zone,
) -> ArgumentResult<()> {
    let of = arguments.choice("timeframe_of", TIMEFRAME_OF)?;
    let Some(phrase) = arguments.string("timeframe")? else { return Ok(()) };
    let frame = read_timeframe(&phrase, now, zone)?;
    let (target, kind) = match of {
        Some("updated") => (&mut filters.updated, "updated"),
        Some("customer_reply") => (&mut filters.customer_replied, "customer_replied"),
        Some("message") => (&mut filters.message, "message"),
        _ => (&mut filters.created, "created"),
    };
    let dates = *target;
    target.from = dates.from.max(frame.from);
    target.to = [dates.to, frame.to].into_iter().flatten().min();
    if let (Between { from: Some(from), to: Some(to) }, Some(start), Some(end)) =
        (*target, frame.from, frame.to)
        && from > to
    {
        let end_of_dates = if dates.to.is_some_and(|to| to < start) { "before" } else { "after" };
        let name = format!("{kind}_{end_of_dates}");
        return Err(ArgumentError(format!(
            "`timeframe` \"{}\" ({} to {}) and `{}` have nothing in common; leave one out.",
            shown(&phrase),
            zone.date(start),
            zone.date(end),
            arguments.reader.argument(&name)
        )));
    }
    Ok(())
}

#[must_use]
pub fn is_all_time(phrase: &str) -> bool {
    matches!(phrase.trim().to_lowercase().as_str(), "all" | "all time" | "any" | "any time" | "ever")
}

/// What an agent wrote of a time; all times are open at both ends.
///
/// # Errors
/// When it is not understood.
pub fn read_timeframe(phrase: &str, now: UnixSeconds, zone: &Zone) -> ArgumentResult<Between> {
    if is_all_time(phrase) {
        return Ok(Between::default());
    }
    let frame = timeframe::parse(phrase, now, zone).ok_or_else(|| {
        slip("timeframe", phrase, now, zone).unwrap_or_else(|| {
            ArgumentError(format!(
                "`timeframe` \"{}\" is not understood. Understood are {}. Today is {}.",
                shown(phrase),
                timeframe::UNDERSTOOD,
                zone.date(now)
            ))
        })
    })?;
    Ok(Between { from: Some(frame.start), to: Some(frame.end) })
}

/// What is wrong with words for a time, if that can be told.
fn slip(argument: &str, phrase: &str, now: UnixSeconds, zone: &Zone) -> Option<ArgumentError> {
    let slip = timeframe::slip(phrase, now, zone)?;
    Some(ArgumentError(format!("`{argument}` \"{}\": {slip} Today is {}.", shown(phrase), zone.date(now))))
}

fn shown(phrase: &str) -> String {
    super::content::clean(phrase).chars().take(60).collect()
}

/// From `created_after` to `created_before`, for that kind of dates.
///
/// # Errors
/// When one is not understood, or they are the wrong way round.
pub fn between(arguments: &Arguments, kind: &str, now: UnixSeconds, zone: &Zone) -> ArgumentResult<Between> {
    let [after, before] = ["after", "before"].map(|end| format!("{kind}_{end}"));
    let from = ends(arguments, &after, now, zone)?.map(|(start, _)| start);
    let to = ends(arguments, &before, now, zone)?.map(|(_, end)| end);
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        let [after, before] = [&after, &before].map(|name| arguments.reader.argument(name));
        return Err(ArgumentError(format!("`{after}` is later than `{before}`; swap them.")));
    }
    Ok(Between { from, to })
}

/// The first and the last instant of what that argument says.
fn ends(
    arguments: &Arguments,
    name: &str,
    now: UnixSeconds,
    zone: &Zone,
) -> ArgumentResult<Option<(UnixSeconds, UnixSeconds)>> {
    let error = match arguments.when(name) {
        Ok(when) => {
            return Ok(when.map(|when| match when {
                When::Day(day) => (zone.start_of(day.0), zone.end_of(day.0)),
                When::Instant(instant) => (instant, instant),
            }));
        }
        Err(error) => error,
    };
    // A word for a day, as a timeframe has.
    let Some(phrase) = arguments.string(name).ok().flatten() else { return Err(error) };
    if let Some(frame) = timeframe::parse(&phrase, now, zone) {
        return Ok(Some((frame.start, frame.end)));
    }
    let words_work = || ArgumentError(format!("{} Words such as \"last week\" work, too.", error.0));
    Err(slip(arguments.reader.argument(name), &phrase, now, zone).unwrap_or_else(words_work))
}

/// From when to when conversations were created that are asked about, up to now; `usual` says it
/// where nothing else does. What is wholly to come stays as it is.
///
/// # Errors
/// When there is an end and no beginning.
pub fn period(
    arguments: &Arguments,
    created: Between,
    usual: &str,
    now: UnixSeconds,
    zone: &Zone,
) -> ArgumentResult<(UnixSeconds, UnixSeconds)> {
    if created.is_open() && arguments.string("timeframe")?.is_some_and(|phrase| is_all_time(&phrase)) {
        return Ok((BEFORE_INTERCOM, now));
    }
    let frame = if created.is_open() { timeframe::parse(usual, now, zone) } else { None };
    let created = frame.map_or(created, |frame| Between { from: Some(frame.start), to: Some(frame.end) });
    let start = created.from.ok_or_else(|| {
        ArgumentError(
            "`created_after` is missing: a period needs a beginning; give it, or a timeframe.".to_owned(),
        )
    })?;
    Ok((start, until_now(created.to, start, now)))
}

/// The end of a period that begins then: what is still to come would make it look quiet beside the
/// one before. Of one that is wholly to come, its own.
#[must_use]
pub fn until_now(end: Option<UnixSeconds>, start: UnixSeconds, now: UnixSeconds) -> UnixSeconds {
    if start > now { end.unwrap_or(start) } else { end.unwrap_or(now).min(now) }.max(start)
}

/// A sentence about a period that has not begun.
#[must_use]
pub fn to_come(start: UnixSeconds, now: UnixSeconds, zone: &Zone) -> Option<String> {
    (start > now).then(|| {
        format!("This period is still to come, so there is nothing in it: today is {}.", zone.date(now))
    })
}
