//! Places for connections, so that nobody takes them all.
//!
//! A connection costs its client nothing, and no token is needed to open one. So one that asks
//! for nothing gives way to the next: of all that are idle, the one that is so for longest. Only
//! requests in progress hold their place, and even when every place is held by one, questions of
//! health are answered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// Connections at once. Each may hold a body and an answer.
const MOST: usize = 256;
/// Beside them, for questions of health, when all others are busy.
const RESERVED: usize = 16;

/// All connections.
#[derive(Default)]
pub struct Connections(Mutex<Table>);

#[derive(Default)]
struct Table {
    open: HashMap<u64, Entry>,
    next: u64,
    /// Counts changes, as a clock that orders them.
    now: u64,
}

struct Entry {
    closed: CancellationToken,
    /// Requests in progress.
    busy: usize,
    idle_since: u64,
}

/// A connection's place. Dropping it gives it back.
pub struct Slot {
    connections: Arc<Connections>,
    id: u64,
    /// Cancelled when the connection has to give way.
    pub closed: CancellationToken,
    /// It is one of those that are kept for questions of health.
    pub only_health: bool,
}

impl Connections {
    fn locked(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a new connection, or `None` when there is no more.
    pub fn take_slot(self: &Arc<Self>) -> Option<Slot> {
        let mut table = self.locked();
        let mut only_health = false;
        if table.open.len() >= MOST {
            let idle = table.open.iter().filter(|(_, entry)| entry.busy == 0);
            match idle.min_by_key(|(_, entry)| entry.idle_since).map(|(id, _)| *id) {
                Some(oldest) => {
                    if let Some(entry) = table.open.remove(&oldest) {
                        entry.closed.cancel();
                    }
                }
                None if table.open.len() < MOST + RESERVED => only_health = true,
                None => return None,
            }
        }
        let (id, now) = (table.next, table.now);
        table.next += 1;
        table.now += 1;
        let closed = CancellationToken::new();
        table.open.insert(id, Entry { closed: closed.clone(), busy: 0, idle_since: now });
        Some(Slot { connections: Arc::clone(self), id, closed, only_health })
    }
}

impl Slot {
    /// A request is in progress until the guard is dropped.
    pub fn request(self: &Arc<Self>) -> Busy {
        if let Some(entry) = self.connections.locked().open.get_mut(&self.id) {
            entry.busy += 1;
        }
        Busy(Arc::clone(self))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.locked().open.remove(&self.id);
    }
}

/// While it lives, its connection does not give way.
pub struct Busy(Arc<Slot>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut table = self.0.connections.locked();
        table.now += 1;
        let now = table.now;
        if let Some(entry) = table.open.get_mut(&self.0.id) {
            entry.busy = entry.busy.saturating_sub(1);
            entry.idle_since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_idle_connection_gives_way_and_busy_ones_do_not() {
        let connections = Arc::new(Connections::default());
        let places: Vec<Arc<Slot>> =
            (0..MOST).map(|_| Arc::new(connections.take_slot().expect("a place"))).collect();
        let _busy = places[0].request();
        drop(places[1].request());
        let _next = connections.take_slot().expect("a place");
        let closed: Vec<usize> = (0..MOST).filter(|index| places[*index].closed.is_cancelled()).collect();
        assert_eq!(closed, [2], "0 is busy, 1 was lately");
    }

    #[test]
    fn when_all_are_busy_some_places_are_left_for_health() {
        let connections = Arc::new(Connections::default());
        let places: Vec<Arc<Slot>> =
            (0..MOST).map(|_| Arc::new(connections.take_slot().expect("a place"))).collect();
        let mut busy: Vec<Busy> = places.iter().map(Slot::request).collect();
        let reserved: Vec<Slot> = std::iter::from_fn(|| {
            // They are idle only until their request comes, so they are busy here, too.
            let place = connections.take_slot()?;
            connections.locked().open.get_mut(&place.id).expect("open").busy += 1;
            Some(place)
        })
        .collect();
        assert_eq!(reserved.len(), RESERVED);
        assert!(reserved.iter().all(|place| place.only_health));
        busy.clear();
        assert!(!connections.take_slot().expect("a place").only_health);
    }
}
