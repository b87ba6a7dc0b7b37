//! The search index: copies of the conversations, or of the tickets, that may lag behind the truth.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::directory::Directory;
use super::fields::{FieldValue, Kind, Searchable};
use super::filter::Comparison;
use super::model::{Id, Seconds};
use super::query::{Cursor, SearchRequest};
use super::version::ApiVersion;

/// What searches see. A change arrives here when its lag is over.
#[derive(Debug)]
pub struct SearchIndex<T> {
    /// By [`Searchable::place`].
    slots: Vec<Slot<T>>,
    /// `(updated_at, id)` of all copies, ascending; the order nearly every sync pages through.
    by_updated_at: Vec<(Seconds, Id, usize)>,
    /// Changes on their way, by the millisecond of their arrival and the order of their making.
    pending: BTreeMap<(i64, u64), Arrival<T>>,
    arrivals: u64,
    lag_seconds: RangeInclusive<u32>,
    rng: ChaCha8Rng,
}

#[derive(Debug)]
struct Slot<T> {
    revision: u64,
    copy: Option<Arc<T>>,
}

#[derive(Debug)]
struct Arrival<T> {
    place: usize,
    revision: u64,
    /// `None` for a deletion.
    copy: Option<Arc<T>>,
}

/// One page of a search.
#[derive(Debug)]
pub struct Page<T> {
    pub records: Vec<Arc<T>>,
    pub total_count: usize,
    /// Leads to the next page; `None` on the last one.
    pub next: Option<Cursor>,
    pub page: u64,
}

impl<T: Searchable> SearchIndex<T> {
    /// An index that holds `records` already.
    pub fn new(records: &[Option<Arc<T>>], lag_seconds: RangeInclusive<u32>, seed: u64) -> Self {
        let slots = records
            .iter()
            .map(|copy| Slot { revision: copy.as_ref().map_or(0, |c| c.revision()), copy: copy.clone() })
            .collect();
        let mut by_updated_at: Vec<_> = records.iter().flatten().map(|record| key(record.as_ref())).collect();
        by_updated_at.sort_unstable();
        let rng = ChaCha8Rng::seed_from_u64(seed ^ 0x1a6);
        Self { slots, by_updated_at, pending: BTreeMap::new(), arrivals: 0, lag_seconds, rng }
    }

    /// A record was written at `now_ms`; its copy arrives after the lag.
    pub fn written(&mut self, record: &Arc<T>, now_ms: i64) {
        let arrival =
            Arrival { place: record.place(), revision: record.revision(), copy: Some(Arc::clone(record)) };
        self.send(arrival, now_ms);
    }

    /// A record was deleted at `now_ms`; searches list it until the lag is over.
    pub fn deleted(&mut self, place: usize, now_ms: i64) {
        self.send(Arrival { place, revision: u64::MAX, copy: None }, now_ms);
    }

    fn send(&mut self, arrival: Arrival<T>, now_ms: i64) {
        let lag = i64::from(self.rng.random_range(self.lag_seconds.clone())) * 1_000;
        if lag == 0 {
            self.receive(arrival);
        } else {
            self.arrivals += 1;
            self.pending.insert((now_ms + lag, self.arrivals), arrival);
        }
    }

    /// Lets the changes in whose lag is over at `now_ms`.
    pub fn settle(&mut self, now_ms: i64) {
        while let Some(first) = self.pending.first_entry().filter(|entry| entry.key().0 <= now_ms) {
            let arrival = first.remove();
            self.receive(arrival);
        }
    }

    fn receive(&mut self, arrival: Arrival<T>) {
        if self.slots.len() <= arrival.place {
            self.slots.resize_with(arrival.place + 1, || Slot { revision: 0, copy: None });
        }
        let slot = &mut self.slots[arrival.place];
        // Lags differ, so an older copy may arrive after a newer one.
        if slot.revision >= arrival.revision && slot.copy.is_some() || slot.revision == u64::MAX {
            return;
        }
        if let Some(old) = &slot.copy
            && let Ok(place) = self.by_updated_at.binary_search(&key(old.as_ref()))
        {
            self.by_updated_at.remove(place);
        }
        if let Some(new) = &arrival.copy {
            let key = key(new.as_ref());
            if let Err(place) = self.by_updated_at.binary_search(&key) {
                self.by_updated_at.insert(place, key);
            }
        }
        *slot = Slot { revision: arrival.revision, copy: arrival.copy };
    }

    /// One page, evaluated over what the index holds now.
    pub fn search(
        &self,
        request: &SearchRequest,
        people: &Directory,
        version: ApiVersion,
        comparison: Comparison,
    ) -> Page<T> {
        let (low, high, exact) = request.filter.updated_at_range(comparison);
        let start = self.by_updated_at.partition_point(|entry| entry.0 < low);
        let end = self.by_updated_at.partition_point(|entry| entry.0 <= high).max(start);
        let range = &self.by_updated_at[start..end];
        let matching = |&(_, _, place): &(Seconds, Id, usize)| {
            let copy = self.slots[place].copy.as_ref()?;
            (exact || request.filter.matches(copy.as_ref(), people, version, comparison)).then_some(copy)
        };
        let ascending = request.sort.ascending;
        let (total_count, mut found) = if request.sort.field == "updated_at" {
            let total = if exact { range.len() } else { range.iter().filter_map(matching).count() };
            (total, page_by_updated_at(range, request, matching))
        } else {
            let key = |c: &T| sort_key(request.sort.field, c, people, version, ascending);
            let mut all: Vec<_> = range.iter().filter_map(matching).map(|c| (key(c), c.id(), c)).collect();
            all.sort_unstable_by_key(|entry| (entry.0, entry.1));
            if !ascending {
                all.reverse();
            }
            let total = all.len();
            let after = request.cursor.map(|cursor| {
                let value = cursor.sort_value.unwrap_or(missing(ascending));
                (value, cursor.id)
            });
            let behind = |entry: &(i64, Id, &Arc<T>)| match after {
                None => true,
                Some(after) if ascending => (entry.0, entry.1) > after,
                Some(after) => (entry.0, entry.1) < after,
            };
            let page = all.into_iter().filter(behind).take(request.per_page + 1);
            (total, page.map(|(_, _, c)| Arc::clone(c)).collect())
        };
        let page = request.cursor.map_or(1, |cursor| cursor.page.max(1));
        let more = found.len() > request.per_page;
        found.truncate(request.per_page);
        let next = found.last().filter(|_| more).map(|last| {
            let key = sort_key(request.sort.field, last.as_ref(), people, version, ascending);
            Cursor { sort_value: (key != missing(ascending)).then_some(key), id: last.id(), page: page + 1 }
        });
        Page { records: found, total_count, next, page }
    }
}

/// Up to `per_page + 1` matches behind the cursor; the one too many tells that there is a next page.
fn page_by_updated_at<'a, T: 'a>(
    range: &'a [(Seconds, Id, usize)],
    request: &SearchRequest,
    matching: impl Fn(&'a (Seconds, Id, usize)) -> Option<&'a Arc<T>>,
) -> Vec<Arc<T>> {
    let wanted = request.per_page + 1;
    let after = request.cursor.map(|cursor| {
        let value = cursor.sort_value.unwrap_or(missing(request.sort.ascending));
        (value.div_euclid(1_000), cursor.id)
    });
    let found = |entries: &mut dyn Iterator<Item = &'a (Seconds, Id, usize)>| {
        entries.filter_map(&matching).take(wanted).cloned().collect()
    };
    if request.sort.ascending {
        let from = after.map_or(0, |after| range.partition_point(|entry| (entry.0, entry.1) <= after));
        found(&mut range[from..].iter())
    } else {
        let to = after.map_or(range.len(), |after| range.partition_point(|entry| (entry.0, entry.1) < after));
        found(&mut range[..to].iter().rev())
    }
}

/// The entry of a record in the order of last changes.
fn key<T: Searchable>(record: &T) -> (Seconds, Id, usize) {
    (record.updated_at(), record.id(), record.place())
}

/// Records without a value come last in either direction.
fn missing(ascending: bool) -> i64 {
    if ascending { i64::MAX } else { i64::MIN }
}

/// The value to sort by; times in milliseconds, as in cursors.
fn sort_key<T: Searchable>(
    field: &str,
    record: &T,
    people: &Directory,
    version: ApiVersion,
    ascending: bool,
) -> i64 {
    let is_date = T::find(field).is_some_and(|(_, kind)| kind == Kind::Date);
    match record.value(field, people, version) {
        FieldValue::Number(Some(value)) if is_date => value * 1_000,
        FieldValue::Number(Some(value)) => value,
        _ => missing(ascending),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::generate::blank;
    use super::super::generate::{Length, Shape};
    use super::super::model::Conversation;
    use super::*;

    const NOW_MS: i64 = 1_795_000_000_000;

    /// Conversations 0, 1, … with these `updated_at`.
    fn conversations(updated_at: &[Seconds]) -> Vec<Option<Arc<Conversation>>> {
        let make = |(index, &at)| Some(Arc::new(blank(index, at)));
        updated_at.iter().enumerate().map(make).collect()
    }

    fn directory() -> Directory {
        let length = Length::Messages(1);
        let now = NOW_MS / 1_000;
        Shape { seed: 1, conversations: 0, now, days: 1, length, plants: Vec::new() }.directory()
    }

    fn request(body: Value) -> SearchRequest {
        SearchRequest::parse::<Conversation>(&body).expect("a valid search")
    }

    fn page(
        index: &SearchIndex<Conversation>,
        request: &SearchRequest,
        comparison: Comparison,
    ) -> (Vec<usize>, Page<Conversation>) {
        let page = index.search(request, &directory(), ApiVersion::V2_14, comparison);
        (page.records.iter().map(|c| c.index).collect(), page)
    }

    fn since(bound: i64, operator: &str, order: &str, cursor: Option<&Page<Conversation>>) -> SearchRequest {
        request(json!({
            "query": {"field": "updated_at", "operator": operator, "value": bound},
            "sort": {"field": "updated_at", "order": order},
            "pagination": {
                "per_page": "2",
                "starting_after": cursor.and_then(|page| page.next).map(Cursor::encode),
            },
        }))
    }

    #[test]
    fn pages_follow_each_other_also_within_one_second_and_the_last_has_no_next() {
        let all = conversations(&[50, 20, 20, 20, 10]);
        let index = SearchIndex::new(&all, 0..=0, 1);
        for (order, expected) in [("ascending", [[1, 2], [3, 0]]), ("descending", [[0, 3], [2, 1]])] {
            let (first, one) = page(&index, &since(20, ">", order, None), Comparison::Inclusive);
            let (second, two) = page(&index, &since(20, ">", order, Some(&one)), Comparison::Inclusive);
            assert_eq!([first, second], expected, "{order}");
            assert_eq!((one.total_count, one.page, two.page, two.next), (4, 1, 2, None));
        }
    }

    #[test]
    fn comparison_is_a_switch_and_milliseconds_find_nothing() {
        let index = SearchIndex::new(&conversations(&[10, 20, 30]), 0..=0, 1);
        let found = |bound, operator, comparison| {
            page(&index, &since(bound, operator, "ascending", None), comparison).0
        };
        assert_eq!(found(20, ">", Comparison::Inclusive), [1, 2]);
        assert_eq!(found(20, ">", Comparison::Exclusive), [2]);
        assert_eq!(found(20, "<", Comparison::Exclusive), [0]);
        assert_eq!(found(20_000_000_000_000, "<", Comparison::Inclusive), [] as [usize; 0]);
    }

    #[test]
    fn a_cursor_is_a_position_in_live_data() {
        let mut all = conversations(&[10, 20, 30]);
        let mut index = SearchIndex::new(&all, 0..=0, 1);
        let (_, first) = page(&index, &since(0, ">", "ascending", None), Comparison::Inclusive);
        assert_eq!(
            first.next.map(Cursor::encode),
            Some(Cursor { sort_value: Some(20_000), id: Conversation::id_of(1), page: 2 }.encode())
        );
        // Conversation 0 moves behind the cursor and appears a second time.
        let moved = all[0].as_mut().map(Arc::make_mut).expect("conversation 0");
        moved.updated_at = 40;
        moved.revision += 1;
        index.written(&Arc::new(moved.clone()), NOW_MS);
        let (second, _) = page(&index, &since(0, ">", "ascending", Some(&first)), Comparison::Inclusive);
        assert_eq!(second, [2, 0]);
    }

    #[test]
    fn changes_and_deletions_become_searchable_after_the_lag() {
        let all = conversations(&[10, 20]);
        let mut index = SearchIndex::new(&all, 5..=5, 1);
        let mut changed = blank(0, 30);
        changed.revision = 1;
        index.written(&Arc::new(changed), NOW_MS);
        index.deleted(1, NOW_MS + 1_000);
        let mut found = |ms| {
            index.settle(ms);
            page(&index, &since(0, ">", "ascending", None), Comparison::Inclusive).0
        };
        assert_eq!(found(NOW_MS + 4_999), [0, 1]);
        assert_eq!(found(NOW_MS + 5_000), [1, 0]);
        assert_eq!(found(NOW_MS + 6_000), [0]);
    }
}
