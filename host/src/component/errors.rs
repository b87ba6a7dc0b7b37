//! Why a call into the component gave no answer. Each is a different sentence for the user.

use std::fmt;

use super::deadline::Limit;

/// A call that ended without the component's own answer. The instance is gone; the next call
/// gets a new one.
#[derive(Clone, Debug)]
pub enum CallError {
    /// The caller gave up.
    Cancelled,
    /// The call took longer than it may.
    Deadline(Limit),
    /// The instance needed more memory than it may have.
    Memory(usize),
    /// All instances together needed more memory than they may have.
    MemoryOfAll(usize),
    /// One answer was larger than it may be, bytes.
    Answer(usize),
    /// The component asked the host for more than it gives: what of, in a few words.
    Excess(String),
    /// The guest's code trapped.
    Trap(String),
    /// The caller may not do that: what they may do.
    NotPermitted(String),
    /// The audit log cannot be written, so nothing is answered.
    Audit(String),
    /// What the caller may see is not there yet, or cannot be: a sentence.
    NotReady(String),
    /// The component could not be loaded, or an instance could not be made.
    Unavailable(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => formatter.write_str("The call was cancelled."),
            Self::Deadline(limit) => limit.fmt(formatter),
            Self::Memory(limit) => write!(
                formatter,
                "The call needed more than {} MB of memory and was ended. Ask for less at a time, or raise FASTINTERCOM_MEMORY_MB.",
                limit / (1024 * 1024)
            ),
            Self::MemoryOfAll(limit) => write!(
                formatter,
                "All calls together needed more than {} MB of memory, and this one was ended. Ask again when others have ended, or raise FASTINTERCOM_MEMORY_TOTAL_MB.",
                limit / (1024 * 1024)
            ),
            Self::Answer(limit) => write!(
                formatter,
                "The answer was larger than {} MB and was dropped. Ask for less at a time, or raise FASTINTERCOM_ANSWER_MB.",
                limit / (1024 * 1024)
            ),
            Self::Excess(what) => write!(
                formatter,
                "The component asked for more {what} than the host gives, and the call was ended; nothing stored is lost, and the next call uses a fresh instance. If it happens again, please report it with the log."
            ),
            Self::Trap(reason) => write!(
                formatter,
                "The component stopped on a fault of its own ({reason}); nothing stored is lost, and the next call uses a fresh instance. If it happens again, please report it with the log."
            ),
            Self::NotPermitted(sentence) | Self::NotReady(sentence) => formatter.write_str(sentence),
            Self::Audit(reason) => write!(
                formatter,
                "The audit log cannot be written ({reason}), so nothing is answered. Its operator can make room, or set FASTINTERCOM_AUDIT_FULL=unlogged."
            ),
            Self::Unavailable(reason) => write!(formatter, "The component cannot run: {reason}"),
        }
    }
}

impl std::error::Error for CallError {}
