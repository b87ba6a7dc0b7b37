//! The help centre: articles with their texts and figures, and what answers were taken from them.

pub mod articles;
pub mod knowledge;
