//! Which requests a sync sends, and what it makes of each kind of answer: request by request,
//! against a script instead of a server, in time that does not pass.

mod fetching;
mod help_center;
mod odd_threads;
mod outsiders;
mod pages;
mod refusals;
mod script;
mod shapes;
mod speed;
mod threads;
mod tickets;
