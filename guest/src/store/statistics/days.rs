//! Figures of whole days, by team, kept instead of gathered: a year's are made of some thousand rows
//! instead of as many as it has conversations.
//!
//! A kept row holds counts and every single duration, so that medians of many days are exact.
//! Triggers of the schema name the days that changed (`stale_days`); these are gathered from their
//! conversations until a sync has made their rows anew. So the answer is the same whether a row is
//! kept or not.

use std::collections::BTreeMap;

use rusqlite::{Connection, ToSql, params, params_from_iter};

use super::gathered::{Gathered, add_rows};
use super::groups::{Gather, Group, Keyed};
use crate::error::StoreResult;
use crate::store::lossy::text;
use crate::store::search::{Assigned, Between, Filters};
use crate::time::{DAY, UnixSeconds};

/// Days beyond these are not kept, and gathered as before: from 1970 to 9999.
const DAYS: std::ops::RangeInclusive<i64> = 0..=2_932_896;

/// Figures of all conversations created within a range, or of some teams', and of each team; none
/// where anything else is asked.
pub(super) fn gathered(
    connection: &Connection,
    filters: &Filters,
    group: Option<Group>,
) -> StoreResult<Option<(Gathered, BTreeMap<String, Gathered>)>> {
    let created = filters.created;
    let teams: &[String] = match &filters.team {
        Some(Assigned::To(teams)) => teams,
        Some(Assigned::Nobody) => return Ok(None),
        None => &[],
    };
    let known = Filters { created, team: filters.team.clone(), ..Filters::default() };
    if *filters != known || !matches!(group, None | Some(Group::Team)) {
        return Ok(None);
    }
    let (Some(from), Some(to)) = (created.from, created.to) else { return Ok(None) };
    // Whole days, both included.
    let (first, last) = ((from.0 + DAY - 1).div_euclid(DAY), (to.0 + 1).div_euclid(DAY) - 1);
    if first > last || !DAYS.contains(&first) || !DAYS.contains(&last) {
        return Ok(None);
    }
    let mut all = Keyed::default();
    let of_teams = if teams.is_empty() {
        String::new()
    } else {
        format!("AND team IN ({})", vec!["?"; teams.len()].join(", "))
    };
    let mut kept = connection.prepare_cached(&format!(
        "SELECT team, packed FROM day_figures WHERE day BETWEEN ? AND ? \
         AND day NOT IN (SELECT day FROM stale_days) {of_teams}"
    ))?;
    let days: [&dyn ToSql; 2] = [&first, &last];
    let mut rows =
        kept.query(params_from_iter(days.into_iter().chain(teams.iter().map(|team| team as &dyn ToSql))))?;
    while let Some(row) = rows.next()? {
        let team = row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?;
        let team = String::from_utf8_lossy(team);
        let packed = row.get_ref(1)?.as_blob_or_null().map_err(rusqlite::Error::from)?.unwrap_or_default();
        let key = group.is_some().then_some(team.as_ref()).filter(|team| !team.is_empty());
        if !all.add(key, |gathered| unpack(packed, gathered)) {
            // Nobody of ours wrote it.
            return Ok(None);
        }
    }
    let mut stale =
        connection.prepare_cached("SELECT day FROM stale_days WHERE day BETWEEN ?1 AND ?2 ORDER BY day")?;
    let stale: Vec<i64> = stale.query_map([first, last], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut stretches = vec![(from.0, first * DAY - 1)];
    for day in stale {
        match stretches.last_mut() {
            Some((_, end)) if *end == day * DAY - 1 => *end += DAY,
            _ => stretches.push((day * DAY, (day + 1) * DAY - 1)),
        }
    }
    stretches.push(((last + 1) * DAY, to.0));
    for (low, high) in stretches {
        if low <= high {
            let filters =
                Filters { created: between(low, high), team: filters.team.clone(), ..Filters::default() };
            add(connection, &filters, group, &mut all)?;
        }
    }
    Ok(Some(all.named(connection, group)?))
}

/// Makes the rows of some stale days anew, the newest first. Returns whether more are left.
///
/// # Errors
/// When the database cannot be written.
pub fn keep(connection: &Connection, most: u32) -> StoreResult<bool> {
    let mut stale = connection.prepare_cached(
        "SELECT day FROM stale_days WHERE day BETWEEN ?1 AND ?2 ORDER BY day DESC LIMIT ?3",
    )?;
    let (first, last) = (*DAYS.start(), *DAYS.end());
    let days: Vec<i64> =
        stale.query_map(params![first, last, most], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for day in &days {
        connection.prepare_cached("DELETE FROM day_figures WHERE day = ?1")?.execute([day])?;
        let mut by_team = Keyed::default();
        let filters = Filters { created: between(day * DAY, (day + 1) * DAY - 1), ..Filters::default() };
        add(connection, &filters, Some(Group::Team), &mut by_team)?;
        for (team, gathered) in by_team.iter() {
            connection
                .prepare_cached("INSERT INTO day_figures (day, team, packed) VALUES (?1, ?2, ?3)")?
                .execute(params![day, team.unwrap_or_default(), pack(gathered)])?;
        }
        connection.prepare_cached("DELETE FROM stale_days WHERE day = ?1")?.execute([day])?;
    }
    Ok(days.len() >= usize::try_from(most).unwrap_or(usize::MAX))
}

/// Forgets the rows of stale days, in which something of a conversation may stand that is gone.
///
/// # Errors
/// When the database cannot be written.
pub fn forget_stale(connection: &Connection) -> StoreResult<()> {
    connection.execute("DELETE FROM day_figures WHERE day IN (SELECT day FROM stale_days)", [])?;
    Ok(())
}

/// How many days are kept as something else than what their conversations tell.
///
/// # Errors
/// When the database cannot be read.
pub fn wrong(connection: &Connection) -> StoreResult<usize> {
    let mut days = connection.prepare(
        "SELECT day FROM (SELECT day FROM day_figures
             UNION SELECT unixepoch(created_at) / 86400 FROM conversations WHERE unixepoch(created_at) IS NOT NULL
             EXCEPT SELECT day FROM stale_days) WHERE day BETWEEN ?1 AND ?2",
    )?;
    let days: Vec<i64> =
        days.query_map([DAYS.start(), DAYS.end()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut kept = connection.prepare("SELECT team, packed FROM day_figures WHERE day = ?1")?;
    let mut wrong = 0;
    for day in days {
        let mut told = Keyed::default();
        let filters = Filters { created: between(day * DAY, (day + 1) * DAY - 1), ..Filters::default() };
        add(connection, &filters, Some(Group::Team), &mut told)?;
        let mut told: BTreeMap<String, Gathered> = told
            .iter()
            .map(|(team, gathered)| (team.unwrap_or_default().to_owned(), gathered.clone()))
            .collect();
        let mut rows = kept.query([day])?;
        let mut is_right = true;
        while let Some(row) = rows.next()? {
            let team: String = text(row, 0)?;
            let mut read = Gathered::default();
            let packed = row.get_ref(1)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
            let is_packed = unpack(packed.unwrap_or_default(), &mut read);
            let told = told.remove(&team);
            is_right &= is_packed && told.is_some_and(|told| in_order(told) == in_order(read));
        }
        wrong += usize::from(!is_right || !told.is_empty());
    }
    Ok(wrong)
}

/// The packed figures with lists in order: rows come in any.
fn in_order(mut gathered: Gathered) -> Vec<u8> {
    for list in [&mut gathered.waiting, &mut gathered.first_response, &mut gathered.resolution] {
        list.sort_unstable();
    }
    pack(&gathered)
}

fn between(low: i64, high: i64) -> Between {
    Between { from: Some(UnixSeconds(low)), to: Some(UnixSeconds(high)) }
}

fn add(
    connection: &Connection,
    filters: &Filters,
    group: Option<Group>,
    into: &mut Keyed<Gathered>,
) -> StoreResult<()> {
    // Teams have no time.
    let nothing = |_| (String::new(), String::new(), 0);
    add_rows(connection, filters, group, &nothing, into)
}

/// The counts, how long each of the three lists is, and the lists: numbers of eight bytes would be
/// twice as many bytes, so each is zigzag and LEB128, as in Protocol Buffers.
fn pack(day: &Gathered) -> Vec<u8> {
    let mut packed = Vec::new();
    for count in counts(day) {
        write(&mut packed, count as i64);
    }
    write(&mut packed, day.rating_sum);
    for list in [&day.waiting, &day.first_response, &day.resolution] {
        write(&mut packed, list.len() as i64);
        list.iter().for_each(|value| write(&mut packed, *value));
    }
    packed
}

fn counts(day: &Gathered) -> [usize; 13] {
    let [one, two, three, four, five] = day.rating_counts;
    let Gathered { conversations, closed, reopened, ai_involved, ai_resolved, never_answered, .. } = *day;
    let (ratings, satisfied) = (day.ratings, day.satisfied);
    [
        conversations,
        closed,
        reopened,
        ai_involved,
        ai_resolved,
        never_answered,
        ratings,
        satisfied,
        one,
        two,
        three,
        four,
        five,
    ]
}

/// Adds a packed day; false where it is none.
fn unpack(mut packed: &[u8], all: &mut Gathered) -> bool {
    let mut counts = [0_usize; 13];
    for count in &mut counts {
        let Some(read) = read(&mut packed).and_then(|read| usize::try_from(read).ok()) else { return false };
        *count = read;
    }
    let [
        conversations,
        closed,
        reopened,
        ai_involved,
        ai_resolved,
        never_answered,
        ratings,
        satisfied,
        rating_counts @ ..,
    ] = counts;
    all.add_all(&Gathered {
        conversations,
        closed,
        reopened,
        ai_involved,
        ai_resolved,
        never_answered,
        ratings,
        satisfied,
        rating_counts,
        ..Gathered::default()
    });
    let Some(rating_sum) = read(&mut packed) else { return false };
    all.rating_sum += rating_sum;
    for list in [&mut all.waiting, &mut all.first_response, &mut all.resolution] {
        let Some(length) = read(&mut packed).and_then(|length| usize::try_from(length).ok()) else {
            return false;
        };
        // Each value has a byte at least.
        if length > packed.len() {
            return false;
        }
        list.reserve(length);
        for _ in 0..length {
            let Some(value) = read(&mut packed) else { return false };
            list.push(value);
        }
    }
    packed.is_empty()
}

fn write(packed: &mut Vec<u8>, value: i64) {
    let mut rest = (value << 1 ^ value >> 63).cast_unsigned();
    while rest >= 0x80 {
        packed.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    packed.push(rest as u8);
}

fn read(packed: &mut &[u8]) -> Option<i64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = packed.split_first()?;
        *packed = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were_packed() {
        for value in [0, 1, -1, 63, 64, -64, -65, 1_795_350_000, i64::MAX, i64::MIN] {
            let mut packed = Vec::new();
            write(&mut packed, value);
            let mut rest = packed.as_slice();
            assert_eq!((read(&mut rest), rest), (Some(value), &[][..]), "{value}");
        }
    }

    #[test]
    fn what_is_no_packed_day_is_not_read() {
        let day = Gathered { conversations: 2, first_response: vec![70, 3], ..Gathered::default() };
        let packed = pack(&day);
        for end in 0..packed.len() {
            assert!(!unpack(&packed[..end], &mut Gathered::default()), "{end}");
        }
        let mut all = Gathered::default();
        assert!(unpack(&packed, &mut all));
        assert_eq!((all.conversations, all.first_response), (2, vec![70, 3]));
        assert!(!unpack(&[packed, vec![0]].concat(), &mut Gathered::default()));
        assert!(!unpack(&[0x80; 40], &mut Gathered::default()));
    }
}
