//! Sorting of lists that are short, or sorted once: one copy of the algorithm for all of them. The
//! standard library's is seven kilobytes of code for each type and order, of which there are forty.
//!
//! All are stable. Where a list of plain numbers is sorted all day, its own `sort` is quicker.

use std::cmp::Ordering;

/// As [`slice::sort_by`].
pub fn by<T>(list: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let from = places(list.len(), &mut |one, other| compare(&list[one], &list[other]));
    arrange(list, from);
}

/// As [`slice::sort_by_key`].
pub fn by_key<T, K: Ord>(list: &mut [T], mut key: impl FnMut(&T) -> K) {
    by(list, |one, other| key(one).cmp(&key(other)));
}

/// As [`slice::sort_by_cached_key`].
pub fn by_cached_key<T, K: Ord>(list: &mut [T], key: impl FnMut(&T) -> K) {
    let keys: Vec<K> = list.iter().map(key).collect();
    arrange(list, places(keys.len(), &mut |one, other| keys[one].cmp(&keys[other])));
}

/// As [`slice::sort`].
pub fn up<T: Ord>(list: &mut [T]) {
    by(list, T::cmp);
}

/// The places of a list in the order of what stands there.
#[inline(never)]
fn places(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|one, other| compare(*one, *other));
    places
}

/// Brings to each place what stands at the one that is named there.
fn arrange<T>(list: &mut [T], from: Vec<usize>) {
    let mut to = vec![0; from.len()];
    for (place, from) in from.into_iter().enumerate() {
        to[from] = place;
    }
    for place in 0..list.len() {
        while to[place] != place {
            let other = to[place];
            list.swap(place, other);
            to.swap(place, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lists_are_sorted_as_the_standard_library_sorts_them(list: Vec<(u8, u16)>) {
            type List = Vec<(u8, u16)>;
            let sorted = |sort: fn(&mut List)| {
                let mut list = list.clone();
                sort(&mut list);
                list
            };
            // By the first number alone, which shows whether equal ones keep their order.
            let expected = sorted(|list| list.sort_by_key(|(first, _)| *first));
            prop_assert_eq!(&sorted(|list| by(list, |one, other| one.0.cmp(&other.0))), &expected);
            prop_assert_eq!(&sorted(|list| by_key(list, |(first, _)| *first)), &expected);
            prop_assert_eq!(&sorted(|list| by_cached_key(list, |(first, _)| *first)), &expected);
            prop_assert_eq!(sorted(|list| up(list)), sorted(|list| list.sort()));
        }
    }
}
