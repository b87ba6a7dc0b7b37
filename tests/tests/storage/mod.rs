//! One database file, safely shared: the real program, instances that write, native SQLite and the
//! `sqlite3` shell on the same file. `FASTINTERCOM_BIN` names the program.
//!
//! `FASTINTERCOM_SOAK`, which `just soak` sets, makes them go on for minutes.

mod care;
mod commands;
mod erasing;
mod kills;
mod latency;
mod servers;
mod sharing;
mod traps;
mod trouble;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fastintercom_tests::simulator::{Config, Simulator};

/// Whether minutes may pass.
fn soak() -> bool {
    std::env::var_os("FASTINTERCOM_SOAK").is_some()
}

/// So many, or so many in a soak.
fn many<T>(usual: T, in_a_soak: T) -> T {
    if soak() { in_a_soak } else { usual }
}

fn simulate(config: Config) -> Simulator {
    Simulator::start(config).expect("a simulator on loopback")
}

/// Some conversations, quick to read.
fn small() -> Simulator {
    simulate(Config::new().conversations(30).days(5))
}

/// Waits for a change that another process makes.
fn wait_until(mut happened: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it did not happen within a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Random enough to hit different moments; the seed is printed, so that a failure can be had again.
struct Dice(AtomicU64);

impl Dice {
    fn new(test: &str) -> Self {
        let seed =
            std::env::var("FASTINTERCOM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
                std::time::UNIX_EPOCH.elapsed().map_or(1, |since| since.subsec_nanos().into())
            });
        report(&format!("{test}: FASTINTERCOM_SEED={seed}"));
        Self(AtomicU64::new(seed))
    }

    /// Below the limit (the finisher of SplitMix64).
    fn roll(&self, limit: u64) -> u64 {
        let mut value = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (value ^ (value >> 31)) % limit
    }
}

/// Prints figures for people.
#[expect(clippy::print_stderr, reason = "the figures are what these tests show")]
fn report(line: &str) {
    eprintln!("{line}");
}
