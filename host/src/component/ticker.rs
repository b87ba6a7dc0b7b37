//! The heartbeat that lets a running guest be interrupted.
//!
//! Compiled code compares an epoch number at each loop and function entry. Every tick makes it
//! yield to its runtime for a moment, where a cancelled or overdue call is ended. The thread
//! sleeps while no instance is working.

use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use wasmtime::Engine;

/// How often a running guest yields: often enough that a cancelled call ends at once for a
/// person, rarely enough to cost nothing that can be measured.
const TICK: Duration = Duration::from_millis(10);

/// Ticks while at least one [`Ticking`] lives.
pub struct Ticker {
    shared: Arc<Shared>,
}

struct Shared {
    active: Mutex<usize>,
    changed: Condvar,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn new(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { active: Mutex::new(0), changed: Condvar::new() });
        let (engine, watched) = (engine.weak(), Arc::downgrade(&shared));
        thread::Builder::new().name("ticker".to_owned()).spawn(move || {
            while wait_until_active(&watched) {
                thread::sleep(TICK);
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
            }
        })?;
        Ok(Self { shared })
    }

    /// Ticks until the guard is dropped.
    pub fn start(&self) -> Ticking {
        *self.shared.active.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.shared.changed.notify_all();
        Ticking(Arc::clone(&self.shared))
    }
}

/// `false` when the ticker is gone.
fn wait_until_active(shared: &Weak<Shared>) -> bool {
    let Some(shared) = shared.upgrade() else { return false };
    let active = shared.active.lock().unwrap_or_else(PoisonError::into_inner);
    // Woken now and then to notice that the ticker is gone.
    let (active, _) = shared
        .changed
        .wait_timeout_while(active, Duration::from_secs(5), |active| *active == 0)
        .unwrap_or_else(PoisonError::into_inner);
    drop(active);
    true
}

/// While it lives, the engine's epoch advances.
pub struct Ticking(Arc<Shared>);

impl Drop for Ticking {
    fn drop(&mut self) {
        *self.0.active.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    }
}
