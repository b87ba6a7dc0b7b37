use proptest::prelude::*;

use super::*;
use crate::time::Day;

/// A Sunday.
const NOW: &str = "2026-11-22T15:00:00+00:00";

fn frame(phrase: &str, zone: &str) -> Option<(String, String)> {
    let now = UnixSeconds::parse(NOW).expect("an instant");
    parse(phrase, now, &Zone::choose(Some(zone), None))
        .map(|frame| (frame.start.to_iso(), frame.end.to_iso()))
}

fn pair(start: &str, end: &str) -> Option<(String, String)> {
    Some((format!("{start}+00:00"), format!("{end}+00:00")))
}

#[test]
fn phrases_of_the_original_are_understood() {
    assert_eq!(frame("last 24 hours", "UTC"), pair("2026-11-21T15:00:00", "2026-11-22T15:00:00"));
    assert_eq!(frame("Last Week", "UTC"), pair("2026-11-09T00:00:00", "2026-11-15T23:59:59"));
    assert_eq!(frame("this week", "UTC"), pair("2026-11-16T00:00:00", "2026-11-22T15:00:00"));
    assert_eq!(frame("last month", "UTC"), pair("2026-10-01T00:00:00", "2026-10-31T23:59:59"));
    assert_eq!(frame("last 90 days", "UTC"), pair("2026-08-24T15:00:00", "2026-11-22T15:00:00"));
    assert_eq!(frame("in the past 7 days", "UTC"), pair("2026-11-15T15:00:00", "2026-11-22T15:00:00"));
    assert_eq!(frame("2026-06", "UTC"), pair("2026-06-01T00:00:00", "2026-06-30T23:59:59"));
    assert_eq!(frame("june 2026", "UTC"), frame("2026-06", "UTC"));
    assert_eq!(frame("2026-06-01 to 9999-12-31", "UTC"), pair("2026-06-01T00:00:00", "9999-12-31T23:59:59"));
    assert_eq!(
        frame("9999", "America/New_York").map(|(_, end)| end),
        Some("9999-12-31T23:59:59+00:00".to_owned())
    );
    assert_eq!(frame("2026-06-01 to 2026-06-30", "UTC"), frame("2026-06", "UTC"));
}

#[test]
fn days_follow_the_zone() {
    assert_eq!(frame("yesterday", "Asia/Tokyo"), pair("2026-11-21T15:00:00", "2026-11-22T14:59:59"));
    // Summer time ended on 2026-10-25 in Berlin.
    assert_eq!(frame("2026-10-25", "Europe/Berlin"), pair("2026-10-24T22:00:00", "2026-10-25T22:59:59"));
}

#[test]
fn the_rest_is_not_guessed() {
    for phrase in [
        "",
        "recently",
        "last",
        "last -3 days",
        "last 99999999999 months",
        "2026-13",
        "2026-02-30",
        "last 5 fortnights",
        "é-1",
        "1-15",
        "1 to 15",
        "11/29",
        "11/29/2026",
        "12-2026",
        "w47-2025",
        "this weekend to",
        "between Monday",
        "2026-10 to November",
        "Monday to 2026-11-30",
        "last 7 days to today",
        "15 November to 1 November",
        // Of the last winter or of the next one?
        "November to January",
        "2026-11-10 to 2026-11-05",
        "2026-11-20T10:00",
        "-",
        "to",
        "since",
        "from",
        "between and",
        "week 54",
        "w0",
        "H3",
        "0 days ago",
        "99999999999 weeks ago",
        "876000 years ago",
        "since 2026-11-22T15:00:01",
        "from 2026-11-23",
    ] {
        assert_eq!(frame(phrase, "UTC"), None, "{phrase}");
    }
}

#[test]
fn days_months_and_quarters_have_names() {
    let day = |day: &str| {
        let next = Day::parse(day).expect("a day").plus(1);
        pair(&format!("{day}T00:00:00"), next.start().plus(-1).to_iso().trim_end_matches("+00:00"))
    };
    for (phrase, expected) in [
        ("Monday", day("2026-11-16")),
        ("on sunday", day("2026-11-22")),
        ("last sunday", day("2026-11-15")),
        ("last weekend", pair("2026-11-14T00:00:00", "2026-11-15T23:59:59")),
        ("November", pair("2026-11-01T00:00:00", "2026-11-30T23:59:59")),
        ("in December", pair("2025-12-01T00:00:00", "2025-12-31T23:59:59")),
        ("29 November 2025", day("2025-11-29")),
        ("November 20th", day("2026-11-20")),
        ("on the 3rd of December", day("2025-12-03")),
        ("29 February", day("2024-02-29")),
        ("last quarter", pair("2026-07-01T00:00:00", "2026-09-30T23:59:59")),
        ("this quarter", pair("2026-10-01T00:00:00", "2026-11-22T15:00:00")),
        ("Q4", pair("2026-10-01T00:00:00", "2026-12-31T23:59:59")),
        ("Q1 2025", pair("2025-01-01T00:00:00", "2025-03-31T23:59:59")),
        ("2026-Q2", pair("2026-04-01T00:00:00", "2026-06-30T23:59:59")),
        ("2026-W47", pair("2026-11-16T00:00:00", "2026-11-22T23:59:59")),
        ("since Monday", pair("2026-11-16T00:00:00", "2026-11-22T15:00:00")),
        ("since yesterday", pair("2026-11-21T00:00:00", "2026-11-22T15:00:00")),
        ("since last week", pair("2026-11-09T00:00:00", "2026-11-22T15:00:00")),
        ("since October", pair("2026-10-01T00:00:00", "2026-11-22T15:00:00")),
    ] {
        assert_eq!(frame(phrase, "UTC"), expected, "{phrase}");
    }
    for phrase in [
        "since",
        "31 November",
        "Q5",
        "2026-W54",
        "the day",
        "since 2027",
        "ber 12",
        "last blue",
        "since since Monday",
    ] {
        assert_eq!(frame(phrase, "UTC"), None, "{phrase}");
    }
}

/// At an instant of a Sunday.
#[test]
fn a_stretch_goes_from_one_period_to_another() {
    let days = |first: &str, last: &str| {
        let end = Day::parse(last).expect("a day").end().to_iso();
        pair(&format!("{first}T00:00:00"), end.trim_end_matches("+00:00"))
    };
    let until_now = |start: &str| pair(start, "2026-11-22T15:00:00");
    for (phrase, expected) in [
        ("between 1 and 15 November", days("2026-11-01", "2026-11-15")),
        ("1-15 November", days("2026-11-01", "2026-11-15")),
        ("1–15 November", days("2026-11-01", "2026-11-15")),
        ("November 1-15", days("2026-11-01", "2026-11-15")),
        ("from November 1st to 15th", days("2026-11-01", "2026-11-15")),
        ("1 to 15 November 2025", days("2025-11-01", "2025-11-15")),
        ("November 1 to 15, 2025", days("2025-11-01", "2025-11-15")),
        ("November 1 to November 15", days("2026-11-01", "2026-11-15")),
        ("1 October to 15 November", days("2026-10-01", "2026-11-15")),
        // The one that is under way.
        ("1 to 25 November", days("2026-11-01", "2026-11-25")),
        ("1 to 25 December", days("2025-12-01", "2025-12-25")),
        ("March to May 2026", days("2026-03-01", "2026-05-31")),
        ("March-May", days("2026-03-01", "2026-05-31")),
        ("December to February 2025", days("2024-12-01", "2025-02-28")),
        ("December to February", days("2025-12-01", "2026-02-28")),
        ("Q1 to Q2 2025", days("2025-01-01", "2025-06-30")),
        ("W45 to W46", days("2026-11-02", "2026-11-15")),
        ("between 2026-11-01 and 2026-11-15", days("2026-11-01", "2026-11-15")),
        ("from 2026-11-01 until 2026-11-15", days("2026-11-01", "2026-11-15")),
        ("since 2026-11-01 until 2026-11-15", days("2026-11-01", "2026-11-15")),
        ("2026-11-01..2026-11-15", days("2026-11-01", "2026-11-15")),
        ("2026-11-01/2026-11-15", days("2026-11-01", "2026-11-15")),
        ("2025-12 to 2026", days("2025-12-01", "2026-12-31")),
        ("Monday to Wednesday", days("2026-11-16", "2026-11-18")),
        ("Mon-Wed", days("2026-11-16", "2026-11-18")),
        ("Friday to Monday", days("2026-11-13", "2026-11-16")),
        ("2026-11-20 to today", until_now("2026-11-20T00:00:00")),
        ("2026-11-20 to now", until_now("2026-11-20T00:00:00")),
        ("Monday to yesterday", days("2026-11-16", "2026-11-21")),
        ("from 3 days ago to yesterday", days("2026-11-19", "2026-11-21")),
        ("2026-11-20T10:00 to 2026-11-20T12:30", pair("2026-11-20T10:00:00", "2026-11-20T12:30:00")),
    ] {
        assert_eq!(frame(phrase, "UTC"), expected, "{phrase}");
    }
}

#[test]
fn a_date_after_from_is_a_beginning_and_other_words_are_what_they_are() {
    let until_now = |start: &str| pair(start, "2026-11-22T15:00:00");
    for (phrase, expected) in [
        ("from 2026-11-01", until_now("2026-11-01T00:00:00")),
        ("from 1 November", until_now("2026-11-01T00:00:00")),
        ("after 2026-11-01", until_now("2026-11-01T00:00:00")),
        ("since 2026-11-20T10:00", until_now("2026-11-20T10:00:00")),
        ("since 2026-11-20 10:00", until_now("2026-11-20T10:00:00")),
        ("since 2026-11-20T10:00:00-05:00", until_now("2026-11-20T15:00:00")),
        ("since 2026-11-20T10:00:00Z", until_now("2026-11-20T10:00:00")),
        ("since 3 days ago", until_now("2026-11-19T00:00:00")),
        ("since 2 weeks ago", until_now("2026-11-08T00:00:00")),
        ("since 3 hours ago", until_now("2026-11-22T12:00:00")),
        ("from March", frame("March", "UTC")),
        ("from last week", frame("last week", "UTC")),
        ("from yesterday", frame("yesterday", "UTC")),
        ("from Monday", frame("Monday", "UTC")),
    ] {
        assert!(expected.is_some(), "{phrase}");
        assert_eq!(frame(phrase, "UTC"), expected, "{phrase}");
    }
}

#[test]
fn weeks_halves_and_what_was_so_long_ago_have_names() {
    for (phrase, expected) in [
        ("3 days ago", frame("2026-11-19", "UTC")),
        ("one day ago", frame("yesterday", "UTC")),
        ("2 weeks ago", frame("2026-W45", "UTC")),
        ("a week ago", frame("last week", "UTC")),
        ("2 months ago", frame("2026-09", "UTC")),
        ("2 years ago", frame("2024", "UTC")),
        ("this weekend", pair("2026-11-21T00:00:00", "2026-11-22T15:00:00")),
        ("W47", frame("2026-W47", "UTC")),
        ("week 47", frame("2026-W47", "UTC")),
        ("week 48", frame("2025-W48", "UTC")),
        ("W53", frame("2020-W53", "UTC")),
        ("W47 2025", frame("2025-W47", "UTC")),
        ("week 47 of 2025", frame("2025-W47", "UTC")),
        ("H1 2026", pair("2026-01-01T00:00:00", "2026-06-30T23:59:59")),
        ("2026-H1", frame("H1 2026", "UTC")),
        ("H2", pair("2026-07-01T00:00:00", "2026-12-31T23:59:59")),
        ("last 7d", frame("last 7 days", "UTC")),
        ("last 24h", frame("last 24 hours", "UTC")),
        ("past 24h", frame("last 24 hours", "UTC")),
        ("last thirty days", frame("last 30 days", "UTC")),
        ("last ninety days", frame("last 90 days", "UTC")),
    ] {
        assert!(expected.is_some(), "{phrase}");
        assert_eq!(frame(phrase, "UTC"), expected, "{phrase}");
    }
    let monday = UnixSeconds::parse("2026-11-30T09:30:00Z").expect("an instant");
    assert_eq!(parse("this weekend", monday, &Zone::choose(None, None)), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// Whatever is typed, there is an answer, and a period ends no earlier than it begins.
    #[test]
    fn odd_words_are_understood_or_not(
        words in proptest::collection::vec(
            prop_oneof![
                proptest::sample::select(vec![
                    "since", "from", "between", "and", "to", "-", "..", "/", "last", "this", "ago", "week",
                    "weeks", "months", "years", "1", "15", "31st", "53", "99999999999", "-3", "november",
                    "may", "monday", "q4", "h2", "w53", "w0", "2026", "9999", "0000", "2026-02-30", "9999-12-31",
                    "9999-w52", "0001-01", "2026-11-20t10:00", "today", "now", "weekend", "é", "1-15", "7d", "0h",
                ]).prop_map(str::to_owned),
                "\\PC{0,6}",
            ],
            0..6,
        ),
        glue in proptest::sample::select(vec![" ", "", "-"]),
        zone in proptest::sample::select(vec!["UTC", "America/New_York", "Pacific/Kiritimati"]),
    ) {
        let (phrase, zone) = (words.join(glue), Zone::choose(Some(zone), None));
        let now = UnixSeconds::parse(NOW).expect("an instant");
        let _ = slip(&phrase, now, &zone);
        if let Some(frame) = parse(&phrase, now, &zone) {
            prop_assert!(frame.start <= frame.end, "{}: {:?}", phrase, frame);
            let (start, end) = zone.before(frame.start, frame.end, frame.unit.map(Unit::span));
            prop_assert!(start <= end && end < frame.start, "{}: {:?} {:?}", phrase, start, end);
        }
    }
}

#[test]
fn a_slip_is_named() {
    let now = UnixSeconds::parse(NOW).expect("an instant");
    let slip = |phrase: &str| slip(phrase, now, &Zone::choose(None, None));
    assert!(slip("2026-02-30").is_some_and(|slip| slip.contains("no 2026-02-30")));
    assert!(slip("2026-06-15 to 2026-06-01").is_some_and(|slip| slip.contains("swap")));
    assert!(slip("since 2027-01-01").is_some_and(|slip| slip.contains("future")));
    assert!(slip("from 2027-01-01").is_some_and(|slip| slip.contains("future")));
    assert!(slip("since 2026-02-30T10:00").is_some_and(|slip| slip.contains("no 2026-02-30")));
    assert_eq!(slip("some day"), None);
}

#[test]
fn the_period_before_is_the_same_part_of_the_unit_before() {
    let before = |phrase: &str, now: &str, zone: &str| {
        let (now, zone) = (UnixSeconds::parse(now).expect("an instant"), Zone::choose(Some(zone), None));
        let frame = parse(phrase, now, &zone).expect(phrase);
        let (from, to) = zone.before(frame.start, frame.end.min(now), frame.unit.map(Unit::span));
        Some((from.to_iso(), to.to_iso()))
    };
    let monday = "2026-11-30T09:30:00+00:00";
    for (phrase, now, expected) in [
        ("this week", monday, pair("2026-11-23T00:00:00", "2026-11-23T09:30:00")),
        ("today", monday, pair("2026-11-29T00:00:00", "2026-11-29T09:30:00")),
        ("this month", monday, pair("2026-10-01T00:00:00", "2026-10-30T09:30:00")),
        ("this month", "2026-03-31T10:00:00+00:00", pair("2026-02-01T00:00:00", "2026-02-28T10:00:00")),
        ("this year", monday, pair("2025-01-01T00:00:00", "2025-11-30T09:30:00")),
        ("last week", monday, pair("2026-11-16T00:00:00", "2026-11-22T23:59:59")),
        ("last month", monday, pair("2026-09-01T00:00:00", "2026-09-30T23:59:59")),
        ("last quarter", monday, pair("2026-04-01T00:00:00", "2026-06-30T23:59:59")),
        ("2026-11-10", monday, pair("2026-11-09T00:00:00", "2026-11-09T23:59:59")),
        ("2025", monday, pair("2024-01-01T00:00:00", "2024-12-31T23:59:59")),
        ("Monday", monday, pair("2026-11-23T00:00:00", "2026-11-23T09:30:00")),
        ("since Monday", monday, pair("2026-11-23T00:00:00", "2026-11-23T09:30:00")),
        ("last weekend", monday, pair("2026-11-21T00:00:00", "2026-11-22T23:59:59")),
        ("November", monday, pair("2026-10-01T00:00:00", "2026-10-30T09:30:00")),
        ("2026-11", monday, pair("2026-10-01T00:00:00", "2026-10-30T09:30:00")),
        ("October 2026", monday, pair("2026-09-01T00:00:00", "2026-09-30T23:59:59")),
        ("2026-W48", monday, pair("2026-11-16T00:00:00", "2026-11-22T23:59:59")),
        ("Q4", monday, pair("2026-07-01T00:00:00", "2026-08-30T09:30:00")),
        ("2026", monday, pair("2025-01-01T00:00:00", "2025-11-30T09:30:00")),
        ("last 24 hours", monday, pair("2026-11-28T09:29:59", "2026-11-29T09:29:59")),
        ("Wednesday to Friday", monday, pair("2026-11-18T00:00:00", "2026-11-20T23:59:59")),
        ("3 days ago", monday, pair("2026-11-26T00:00:00", "2026-11-26T23:59:59")),
        ("since yesterday", monday, pair("2026-11-27T14:29:59", "2026-11-28T23:59:59")),
        // They are longer than what they name.
        ("since 2026-10-15", monday, pair("2026-08-29T14:29:59", "2026-10-14T23:59:59")),
        ("since 2026-W40", monday, pair("2026-07-26T14:29:59", "2026-09-27T23:59:59")),
        ("since March", monday, pair("2025-05-30T14:29:59", "2026-02-28T23:59:59")),
        ("since last month", monday, pair("2026-08-01T14:29:59", "2026-09-30T23:59:59")),
        ("since Q3", monday, pair("2026-01-29T14:29:59", "2026-06-30T23:59:59")),
        ("since Q4", monday, pair("2026-07-01T00:00:00", "2026-08-30T09:30:00")),
        ("since November", monday, pair("2026-10-01T00:00:00", "2026-10-30T09:30:00")),
    ] {
        assert_eq!(before(phrase, now, "UTC"), expected, "{phrase} at {now}");
    }
    // The clocks went back on 25 October 2026, so that October has an hour more than September.
    assert_eq!(
        before("last month", monday, "Europe/Dublin"),
        pair("2026-08-31T23:00:00", "2026-09-30T22:59:59")
    );
}
