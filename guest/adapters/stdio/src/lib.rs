//! MCP on standard input and output, a step at a time: between two syncs, and within one, since the
//! sync reports its progress here, and messages that came meanwhile are answered then.
//!
//! There is one thread and nobody to call back. So the protocol runs in a runtime of its own between
//! two pipes in memory; a step moves bytes from standard input to the one and from the other to
//! standard output, and lets the runtime work until nothing more comes.

#![cfg(target_family = "wasm")]

mod backend;
mod pipes;

#[allow(clippy::all, missing_docs, reason = "generated code")]
mod bindings {
    wit_bindgen::generate!({ path: ["../../../wit", "../wit"], world: "fastintercom:adapter/stdio", generate_all });
}

use std::cell::{Cell, RefCell};

use bindings::exports::fastintercom::adapter::pump;
use bindings::exports::fastintercom::component::progress;
use bindings::fastintercom::adapter::orders::{self, LogLevel};
use bindings::fastintercom::adapter::writer;
use bindings::wasi::clocks::monotonic_clock;

use pipes::Pipes;

/// Nanoseconds between two looks whether a sync has something to show.
const LOOK: u64 = 1_000_000_000;

struct Front;
bindings::export!(Front with_types_in bindings);

thread_local! {
    static PIPES: RefCell<Option<Pipes>> = const { RefCell::new(None) };
}

fn with_pipes<T>(work: impl FnOnce(&mut Pipes) -> T) -> T {
    PIPES.with_borrow_mut(|slot| work(slot.get_or_insert_with(Pipes::open)))
}

impl pump::Guest for Front {
    fn step(deadline: u64) -> bool {
        with_pipes(|pipes| pipes.step(deadline))
    }

    fn sync_ended() {
        with_pipes(|pipes| pipes.sync_ended());
    }
}

/// What the sync calls now and then, between two transactions.
impl progress::Guest for Front {
    fn report(_: progress::Update) {
        answer_meanwhile();
        publish_meanwhile();
    }

    fn should_stop() -> bool {
        let ended = answer_meanwhile();
        publish_meanwhile();
        ended || !writer::beat()
    }
}

/// Answers what came during a sync. True: the input has ended.
fn answer_meanwhile() -> bool {
    with_pipes(|pipes| !pipes.step(0))
}

/// A long sync shows what it has so far, and loses no more than that if it is killed.
fn publish_meanwhile() {
    thread_local! { static LOOKED: Cell<u64> = const { Cell::new(0) } }
    let now = monotonic_clock::now();
    if now.saturating_sub(LOOKED.get()) < LOOK {
        return;
    }
    LOOKED.set(now);
    if writer::due_in() != Some(0) {
        return;
    }
    loop {
        match writer::publish_step() {
            Ok(true) => return,
            // Nothing may be written meanwhile, so the sync waits; clients do not.
            Ok(false) => {
                if answer_meanwhile() {
                    return;
                }
            }
            Err(sentence) => return orders::log(LogLevel::Warn, &sentence),
        }
    }
}
