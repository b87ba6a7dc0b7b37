//! Ceilings for memory, tables and instances.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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

    /// The most that all may hold.
    #[must_use]
    pub fn ceiling(&self) -> usize {
        self.ceiling
    }

    /// Takes so many bytes until the result is dropped; `None`: there is no room.
    #[must_use]
    pub fn reserve(self: &Arc<Self>, bytes: usize) -> Option<Reservation> {
        self.take(bytes).then(|| Reservation { budget: Arc::clone(self), bytes })
    }

    fn take(&self, bytes: usize) -> bool {
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= self.ceiling)
            })
            .is_ok()
    }
}

/// A part of the budget, given back when it is dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Arc<MemoryBudget>,
    bytes: usize,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Which ceiling refused a growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Instance,
    All,
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
    /// The growth at hand, in case the system has no memory for it.
    growth: usize,
    refused: Option<Refusal>,
}

/// Elements of a table: the component has some thousands of functions; ten times that is ample.
const TABLE_ELEMENTS: usize = 100_000;
/// Core instances, memories and tables of one component: it has one of each plus adapters.
const CORE_ITEMS: usize = 64;

impl InstanceLimits {
    #[must_use]
    pub fn new(budget: Arc<MemoryBudget>, memory: usize) -> Self {
        Self { budget, memory, held: 0, growth: 0, refused: None }
    }

    /// Whether, and by which ceiling, a growth was refused since [`InstanceLimits::begin_call`].
    #[must_use]
    pub fn refused(&self) -> Option<Refusal> {
        self.refused
    }

    /// Forgets what an earlier call was refused: SQLite lives through it.
    pub fn begin_call(&mut self) {
        self.refused = None;
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
        self.refused = if self.held.saturating_add(more) > self.memory {
            Some(Refusal::Instance)
        } else if !self.budget.take(more) {
            Some(Refusal::All)
        } else {
            self.held += more;
            self.growth = more;
            return Ok(true);
        };
        self.growth = 0;
        Ok(false)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        let back = std::mem::take(&mut self.growth);
        self.held -= back;
        self.budget.used.fetch_sub(back, Ordering::Relaxed);
        Ok(())
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
        assert_eq!((one.refused(), two.refused()), (Some(Refusal::Instance), Some(Refusal::All)));
        drop(one);
        assert!(two.memory_growing(0, 60, None).expect("an answer"));
        drop(two);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn what_the_system_refuses_is_not_counted() {
        let budget = MemoryBudget::new(100);
        let mut one = InstanceLimits::new(Arc::clone(&budget), 100);
        assert!(one.memory_growing(0, 60, None).expect("an answer"));
        one.memory_grow_failed(wasmtime::Error::msg("no memory")).expect("an answer");
        assert_eq!((one.held(), budget.used()), (0, 0));
    }

    /// `(module (table 1 funcref) (func (export "f") (result i32)
    ///   ref.null func  i32.const 1000000  table.grow 0))`: no Rust code can say that.
    const GROWS_A_TABLE: &[u8] = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x04\x04\x01\x70\0\x01\x07\x05\x01\x01f\0\0\x0a\x0d\x01\x0b\0\xd0\x70\x41\xc0\x84\x3d\xfc\x0f\0\x0b";

    #[test]
    fn a_table_does_not_grow_without_bound() {
        let engine = wasmtime::Engine::default();
        let module = wasmtime::Module::new(&engine, GROWS_A_TABLE).expect("a module");
        let mut store = wasmtime::Store::new(&engine, InstanceLimits::new(MemoryBudget::new(100), 100));
        store.limiter(|limits| limits);
        let instance = wasmtime::Instance::new(&mut store, &module, &[]).expect("an instance");
        let grow = instance.get_typed_func::<(), i32>(&mut store, "f").expect("the function");
        assert_eq!(grow.call(&mut store, ()).expect("an answer"), -1);
    }
}
