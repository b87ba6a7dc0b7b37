//! Intercom's REST API: requests, lenient answers, limits and errors. Knows no table.
//!
//! - [`request`] builds every request this program sends; nothing else knows a path.
//! - [`answer`] looks at what came back and sorts failures into [`error::ApiError`].
//! - [`conversation`] with its [`ai_agent`] and [`company`], [`part`], [`page`], [`directory`] and [`help_center`] read answers of versions 2.11 to 2.16
//!   into one shape. Unknown fields and odd values never fail; [`json`] holds the rules.
//! - [`limits`] keeps the account of the rate limit and of the server's clock.

pub mod ai_agent;
pub mod answer;
pub mod company;
pub mod conversation;
pub mod directory;
pub mod error;
pub mod help_center;
pub mod json;
mod lenient;
pub mod limits;
pub mod page;
pub mod part;
pub mod request;
pub mod texts;
pub mod ticket;
