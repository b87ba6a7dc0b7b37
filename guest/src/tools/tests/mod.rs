//! The tools over a small workspace whose answers a reader can check by eye.

mod answers;
mod completeness;
mod definitions;
mod fixture;
mod hostile;
mod more_answers;
mod properties;
