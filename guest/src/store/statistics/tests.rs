//! Figures beside the same figures made of whole rows, in the plainest way.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rusqlite::params;

use super::*;
use crate::store::search::{Assigned, Between};
use crate::store::{OpenMode, Store};

/// Others may write into the file, and a row must not cost every figure.
#[test]
fn what_is_no_whole_number_costs_no_figure() {
    let mut store = Store::open(":memory:".as_ref(), OpenMode::ReadWrite).expect("opens");
    let rows = "INSERT INTO conversations (id, created_at, updated_at, first_response_seconds, resolution_seconds)
        VALUES ('1', '2026-01-01T00:00:00+00:00', '', 100.5, 'soon'), ('2', '2026-01-01T00:00:00+00:00', '', 7, x'00')";
    store.write(|tx| Ok(tx.execute_batch(rows)?)).expect("fills");
    while keep_days(store.connection(), 9).expect("keeps") {}
    let local = |_| (String::new(), String::new(), 0);
    let told = figures(store.connection(), &Filters::default(), None, NOW, &local).expect("figures").0;
    assert_eq!(told.first_response, Some(Spread { count: 2, median: 53, p90: 100 }));
    assert_eq!(told.resolution, None);
    assert!(details(store.connection(), &Filters::default(), None, &local).is_ok());
}

#[test]
fn medians_and_percentiles() {
    assert_eq!(spread(&mut []), None);
    assert_eq!(spread(&mut [5]), Some(Spread { count: 1, median: 5, p90: 5 }));
    assert_eq!(spread(&mut [4, 1, 3, 2]), Some(Spread { count: 4, median: 2, p90: 4 }));
    let mut tens: Vec<i64> = (1..=10).collect();
    assert_eq!(spread(&mut tens), Some(Spread { count: 10, median: 5, p90: 9 }));
}

const NOW: UnixSeconds = UnixSeconds(1_760_000_000);

#[derive(Clone, Debug)]
struct Made {
    created: UnixSeconds,
    state: &'static str,
    waiting: Option<UnixSeconds>,
    first_response: Option<i64>,
    resolution: Option<i64>,
    rating: Option<i64>,
    reopens: i64,
    customer_wrote: bool,
    ai_involved: bool,
    ai_outcome: Option<&'static str>,
    team: Option<&'static str>,
    tags: Vec<&'static str>,
}

prop_compose! {
    fn made()(
        days in 0_i64..90,
        state in prop::sample::select(vec!["open", "closed", "snoozed"]),
        waiting in prop::option::of(-50_i64..100_000),
        first_response in prop::option::of(0_i64..90_000),
        resolution in prop::option::of(0_i64..900_000),
        rating in prop::option::of(1_i64..=5),
        reopens in 0_i64..3,
        (customer_wrote, ai_involved) in any::<(bool, bool)>(),
        ai_outcome in prop::option::of(prop::sample::select(vec!["resolved", "escalated"])),
        team in prop::option::of(prop::sample::select(vec!["1", "2", "3", "9"])),
        tags in prop::collection::vec(prop::sample::select(vec!["vip", "billing", "bug"]), 0..3),
    ) -> Made {
        Made {
            created: NOW.plus(-days * 86_400 - 3_600),
            state,
            waiting: waiting.map(|ago| NOW.plus(-ago)),
            first_response, resolution, rating, reopens, customer_wrote, ai_involved, ai_outcome, team, tags,
        }
    }
}

fn store(rows: &[Made]) -> Store {
    let mut store = Store::open(":memory:".as_ref(), OpenMode::ReadWrite).expect("opens");
    store
        .write(|tx| {
            // Two teams of one name are one group; 9 is a team that nobody listed.
            tx.execute_batch("INSERT INTO teams (id, name) VALUES ('1', 'Sales'), ('2', 'Sales'), ('3', NULL)")?;
            for (id, row) in rows.iter().enumerate() {
                tx.execute(
                    "INSERT INTO conversations (id, created_at, updated_at, state, waiting_since, first_response_seconds,
                         resolution_seconds, rating, reopen_count, last_customer_message_at, ai_involved, ai_outcome,
                         team_assignee_id, tags)
                     VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, CASE WHEN ?9 THEN ?2 END, ?10, ?11, ?12, ?13)",
                    params![
                        id.to_string(),
                        row.created,
                        row.state,
                        row.waiting,
                        row.first_response,
                        row.resolution,
                        row.rating,
                        row.reopens,
                        row.customer_wrote,
                        row.ai_involved,
                        row.ai_outcome,
                        row.team,
                        serde_json::Value::from(row.tags.clone()).to_string(),
                    ],
                )?;
            }
            Ok(())
        })
        .expect("fills");
    store
}

fn plain_spread(mut values: Vec<i64>) -> Option<Spread> {
    values.sort_unstable();
    let count = values.len();
    let middle = *values.get(count / 2)?;
    let median = if count % 2 == 1 { middle } else { (values[count / 2 - 1] + middle) / 2 };
    Some(Spread { count, median, p90: values[(count * 9).div_ceil(10) - 1] })
}

fn plain<'a>(rows: impl Iterator<Item = &'a Made>) -> Figures {
    let rows: Vec<&Made> = rows.collect();
    let count = |meets: &dyn Fn(&Made) -> bool| rows.iter().filter(|row| meets(row)).count();
    let ratings: Vec<i64> = rows.iter().filter_map(|row| row.rating).collect();
    let waiting: Vec<i64> = rows
        .iter()
        .filter(|row| row.state != "closed")
        .filter_map(|row| row.waiting)
        .map(|since| NOW.since(since).max(0))
        .collect();
    let average = ratings.iter().sum::<i64>() as f64 / ratings.len() as f64;
    Figures {
        conversations: rows.len(),
        closed: count(&|row| row.state == "closed"),
        unanswered: waiting.len(),
        waiting: plain_spread(waiting),
        never_answered: count(&|row| row.customer_wrote && row.first_response.is_none()),
        first_response: plain_spread(rows.iter().filter_map(|row| row.first_response).collect()),
        resolution: plain_spread(rows.iter().filter_map(|row| row.resolution).collect()),
        reopened: count(&|row| row.reopens > 0),
        ratings: ratings.len(),
        rating_counts: std::array::from_fn(|place| {
            ratings.iter().filter(|rating| **rating == place as i64 + 1).count()
        }),
        rating_average: (!ratings.is_empty()).then(|| (average * 100.0).round() / 100.0),
        satisfied: ratings.iter().filter(|rating| **rating >= 4).count(),
        ai_involved: count(&|row| row.ai_involved),
        ai_resolved: count(&|row| row.ai_outcome == Some("resolved")),
    }
}

/// The groups of a row, in the plainest way.
fn plain_groups(group: Group, row: &Made) -> Vec<String> {
    match group {
        Group::Team => vec![
            match row.team {
                None => "unassigned",
                Some("1" | "2") => "Sales",
                Some(id) => id,
            }
            .to_owned(),
        ],
        Group::State => vec![row.state.to_owned()],
        Group::Day => vec![row.created.day().to_string()],
        Group::Tag if row.tags.is_empty() => vec!["untagged".to_owned()],
        _ => row.tags.iter().map(|tag| (*tag).to_owned()).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn figures_are_those_of_whole_rows(rows in prop::collection::vec(made(), 0..60)) {
        let store = store(&rows);
        let local = |at: UnixSeconds| (at.day().to_string(), at.day().to_string(), 0);
        let filters = Filters::default();
        let of = |group| figures(store.connection(), &filters, group, NOW, &local).expect("figures");
        prop_assert_eq!(&of(None), &(plain(rows.iter()), Vec::new()));
        for group in [Group::Team, Group::State, Group::Day, Group::Tag] {
            let mut expected: BTreeMap<String, Vec<&Made>> = BTreeMap::new();
            for row in &rows {
                // A conversation with the same tag twice counts twice in its group.
                for name in plain_groups(group, row) {
                    expected.entry(name).or_default().push(row);
                }
            }
            let expected: Vec<(String, Figures)> =
                expected.into_iter().map(|(name, rows)| (name, plain(rows.into_iter()))).collect();
            prop_assert_eq!(&of(Some(group)), &(plain(rows.iter()), expected));
        }
    }
}

/// What happens to a conversation of that id after the days were kept.
const CHANGES: &[&str] = &[
    "UPDATE conversations SET state = 'closed', resolution_seconds = 77 WHERE id = ?1",
    "UPDATE conversations SET waiting_since = '2025-10-01T00:00:00+00:00', state = 'open' WHERE id = ?1",
    "UPDATE conversations SET created_at = '2025-09-09T10:00:00+00:00' WHERE id = ?1",
    "UPDATE conversations SET rating = 1, reopen_count = 4, first_response_seconds = NULL WHERE id = ?1",
    "UPDATE conversations SET ai_involved = 1, ai_outcome = 'resolved' WHERE id = ?1",
    "UPDATE conversations SET last_customer_message_at = NULL WHERE id = ?1",
    "UPDATE conversations SET team_assignee_id = '3' WHERE id = ?1",
    "UPDATE conversations SET team_assignee_id = NULL WHERE id = ?1",
    "DELETE FROM conversations WHERE id = ?1",
    "INSERT OR IGNORE INTO conversations (id, created_at, updated_at, first_response_seconds)
         VALUES (?1, '2025-10-02T00:00:00+00:00', '2025-10-02T00:00:00+00:00', -3)",
    // None of these is in a figure.
    "UPDATE conversations SET title = 'another', updated_at = '2025-10-05T00:00:00+00:00' WHERE id = ?1",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn kept_days_change_no_figure(
        rows in prop::collection::vec(made(), 0..60),
        changes in prop::collection::vec((0..CHANGES.len(), 0..60_u32), 0..8),
        ranges in prop::collection::vec((0_i64..100 * 86_400, 0_i64..100 * 86_400), 1..6),
        most in 1_u32..40,
    ) {
        let store = store(&rows);
        let connection = store.connection();
        let local = |at: UnixSeconds| (at.day().to_string(), at.day().to_string(), 0);
        let compare = || {
            for (ago, length) in &ranges {
                let from = NOW.plus(-ago);
                let created = Between { from: Some(from), to: Some(from.plus(*length)) };
                let of = |ids: &[&str]| Some(Assigned::To(ids.iter().map(|id| (*id).to_owned()).collect()));
                for team in [None, of(&["1"]), of(&["9", "2"]), Some(Assigned::Nobody)] {
                    let filters = Filters { created, team, ..Filters::default() };
                    for group in [None, Some(Group::Team)] {
                        let (all, groups) = of_rows(connection, &filters, group, &local).expect("gathers");
                        let groups =
                            groups.into_iter().map(|(name, gathered)| (name, told(gathered, NOW))).collect();
                        let asked = figures(connection, &filters, group, NOW, &local).expect("figures");
                        prop_assert_eq!(asked, (told(all, NOW), groups));
                    }
                }
            }
            Ok(())
        };
        compare()?;
        // Some days are left stale.
        keep_days(connection, most).expect("keeps");
        compare()?;
        while keep_days(connection, most).expect("keeps") {}
        compare()?;
        prop_assert_eq!(wrong_days(connection).expect("checks"), 0);
        let kept = "SELECT count(*) FROM stale_days";
        prop_assert_eq!(connection.query_row(kept, [], |row| row.get::<_, i64>(0)).expect("counts"), 0);
        for (change, id) in changes {
            connection.execute(CHANGES[change], [id.to_string()]).expect(CHANGES[change]);
            compare()?;
            prop_assert_eq!(wrong_days(connection).expect("checks"), 0);
        }
        forget_stale_days(connection).expect("forgets");
        compare()?;
        let unnamed = "DELETE FROM stale_days WHERE day IN (SELECT unixepoch(created_at) / 86400 FROM conversations)";
        if connection.execute(unnamed, []).expect("deletes") > 0 {
            prop_assert!(wrong_days(connection).expect("checks") > 0);
        }
    }
}
