//! Why a call into the component gave no answer. Each is a different sentence for the user.

use std::fmt;
use std::time::Duration;

/// A call that ended without the component's own answer. The instance is gone; the next call
/// gets a new one.
#[derive(Clone, Debug)]
pub enum CallError {
    /// The caller gave up.
    Cancelled,
    /// The call took longer than it may.
    Deadline(Duration),
    /// The instance needed more memory than it may have.
    Memory(usize),
    /// The guest's code trapped.
    Trap(String),
    /// The component could not be loaded, or an instance could not be made.
    Unavailable(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => formatter.write_str("The call was cancelled."),
            Self::Deadline(limit) => write!(
                formatter,
                "The call took longer than {} s and was ended. Ask for less at a time (a narrower timeframe or a smaller limit), or raise FASTINTERCOM_CALL_TIMEOUT_SECONDS.",
                limit.as_secs()
            ),
            Self::Memory(limit) => write!(
                formatter,
                "The call needed more than {} MB of memory and was ended. Ask for less at a time, or raise FASTINTERCOM_MEMORY_MB.",
                limit / (1024 * 1024)
            ),
            Self::Trap(reason) => write!(
                formatter,
                "The component stopped on a fault of its own ({reason}); nothing stored is lost, and the next call uses a fresh instance. If it happens again, please report it with the log."
            ),
            Self::Unavailable(reason) => write!(formatter, "The component cannot run: {reason}"),
        }
    }
}

impl std::error::Error for CallError {}
