//! Ceilings for memory, tables and instances.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use wasmtime::ResourceLimiter;

/// Memory that all instances hold together, and may hold at most.
#[derive(Debug)]
pub struct MemoryBudget {
    used: AtomicUsize,
    ceiling: usize,
}

impl MemoryBudget {
    #[must_use]
    pub fn new(ceiling: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), ceiling })
    }

    /// Bytes of linear memory that all instances hold now.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) -> bool {
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= self.ceiling)
            })
            .is_ok()
    }
}

/// The limits of one instance.
///
/// A refused growth is an allocation failure inside the guest: SQLite answers "out of memory"
/// and rolls back; Rust code aborts, which is a trap. [`InstanceLimits::refused`] tells that this
/// was the reason.
#[derive(Debug)]
pub struct InstanceLimits {
    budget: Arc<MemoryBudget>,
    memory: usize,
    held: usize,
    refused: Arc<AtomicBool>,
}

/// Elements of a table: the component has some thousands of functions; ten times that is ample.
const TABLE_ELEMENTS: usize = 100_000;
/// Core instances, memories and tables of one component: it has one of each plus adapters.
const CORE_ITEMS: usize = 64;

impl InstanceLimits {
    #[must_use]
    pub fn new(budget: Arc<MemoryBudget>, memory: usize) -> Self {
        Self { budget, memory, held: 0, refused: Arc::new(AtomicBool::new(false)) }
    }

    /// Set once a growth was refused.
    #[must_use]
    pub fn refused(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.refused)
    }

    /// Bytes of linear memory that this instance holds.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }
}

impl Drop for InstanceLimits {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.held, Ordering::Relaxed);
    }
}

impl ResourceLimiter for InstanceLimits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let granted = self.held.saturating_add(more) <= self.memory && self.budget.take(more);
        if granted {
            self.held += more;
        } else {
            self.refused.store(true, Ordering::Relaxed);
        }
        Ok(granted)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        CORE_ITEMS
    }

    fn tables(&self) -> usize {
        CORE_ITEMS
    }

    fn memories(&self) -> usize {
        CORE_ITEMS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_share_one_budget_and_give_it_back() {
        let budget = MemoryBudget::new(100);
        let mut one = InstanceLimits::new(Arc::clone(&budget), 80);
        let mut two = InstanceLimits::new(Arc::clone(&budget), 80);
        assert!(one.memory_growing(0, 60, None).expect("an answer"));
        assert!(!two.memory_growing(0, 60, None).expect("an answer"), "together they hold too much");
        assert!(!one.memory_growing(60, 90, None).expect("an answer"), "one alone holds too much");
        assert!(one.refused().load(Ordering::Relaxed));
        drop(one);
        assert!(two.memory_growing(0, 60, None).expect("an answer"));
        drop(two);
        assert_eq!(budget.used(), 0);
    }
}
