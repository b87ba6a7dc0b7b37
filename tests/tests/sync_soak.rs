//! Long runs of the real program under real limits: `just soak`.
//!
//! The simulator runs in this process, so that its workspace can be compared with the database
//! that `fastintercom sync` leaves behind. Each test prints its figures.

use std::time::{Duration, Instant};

use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_tests::cache::Cache;
use fastintercom_tests::command::Cli;
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule, Simulator};
use fastintercom_tests::truth::assert_same;
use serde_json::Value;

/// All of the workspace, which is younger than this.
const SYNC: [&str; 4] = ["sync", "--days", "62", "--json"];
/// Pages hold 150 conversations.
const PAGES_OF_TEN_THOUSAND: u64 = 67;

fn simulator(config: Config) -> Simulator {
    Simulator::start(config.days(60)).expect("the simulator starts")
}

fn number(report: &Value, name: &str) -> u64 {
    report[name].as_u64().unwrap_or_else(|| panic!("{name} in {report}"))
}

fn assert_cached(simulator: &Simulator, program: &Cli) {
    let store = Store::open(&program.scratch().database(), OpenMode::ReadOnly).expect("it opens");
    assert_same(simulator, &store);
}

/// A large first sync takes hardly longer than the limit permits, less the tenth left to others.
#[test]
#[ignore = "takes two and a half minutes"]
fn ten_thousand_conversations_take_as_long_as_they_must() {
    let latency = Duration::from_millis(200);
    let simulator =
        simulator(Config::new().conversations(10_000).parts(8..=8).rate_limit(1667).latency(latency));
    let program = Cli::new(&simulator).args(SYNC);
    let report = program.run().json();
    let least_calls = 10_000 + PAGES_OF_TEN_THOUSAND;
    let least = Duration::from_secs_f64(least_calls as f64 / 150.0);
    let (calls, taken) =
        (number(&report, "api_calls"), Duration::from_millis(number(&report, "duration_ms")));
    let refused = simulator.stats().rate_limited;
    println!(
        "10,000 conversations: {calls} calls ({:.3} of {least_calls}) in {taken:.1?} ({:.3} of {least:.1?}), {refused} answers 429",
        calls as f64 / least_calls as f64,
        taken.as_secs_f64() / least.as_secs_f64()
    );
    assert_cached(&simulator, &program);
    simulator.reset_log();
    let _ = program.run().assert_code(0);
    let again = simulator.stats();
    println!(
        "second sync: {} calls, {} fetches of a conversation",
        again.requests,
        again.count(Endpoint::Conversation)
    );
    assert!(calls as f64 <= 1.02 * least_calls as f64);
    assert!(taken <= least.mul_f64(1.15), "{taken:?}, {least:?} permitted");
    assert_eq!(refused, 0);
    assert_eq!(again.count(Endpoint::Conversation), 0);
}

/// 323 s once.
#[test]
#[ignore = "a measurement"]
fn nine_hundred_threads_among_six_faults_in_a_hundred() {
    let simulator = simulator(Config::new().conversations(900).parts(3..=5).rate_limit(10_000));
    let program = Cli::new(&simulator).args(SYNC);
    // Compiling the component is not what is measured.
    let _ = Cli::new(&simulator).on(program.scratch()).args(["tools"]).run();
    for (fault, probability) in [
        (Fault::HtmlError { status: 502 }, 0.02),
        (Fault::HtmlError { status: 500 }, 0.01),
        (Fault::EmptyOk, 0.01),
        (Fault::RefusedBurst, 0.01),
        (Fault::Slow { seconds: 3600.0 }, 0.01),
    ] {
        simulator.add_fault(Rule::new(fault).with_probability(probability));
    }
    let report = program.run().json();
    let (calls, taken) = (number(&report, "api_calls"), number(&report, "duration_ms") as f64 / 1000.0);
    println!(
        "900 threads among faults: {taken:.1} s, {calls} calls, {} refused",
        number(&report, "rate_limited")
    );
    simulator.clear_faults();
    simulator.advance(2 * 3600);
    let _ = program.run().assert_code(0);
    assert_cached(&simulator, &program);
}

/// A small limit shared with another app of the company.
#[test]
#[ignore = "takes two minutes"]
fn a_shared_limit_is_shared() {
    let simulator = simulator(Config::new().conversations(1000).parts(3..=5).rate_limit(167).other_apps(60));
    let program = Cli::new(&simulator).args(SYNC);
    let report = program.run().json();
    let (calls, refused) = (number(&report, "api_calls"), number(&report, "rate_limited"));
    println!(
        "1,000 conversations at 167 calls per 10 s, 60 of them another app's: {calls} calls, {refused} refused ({:.2} %), {:.1} s",
        refused as f64 * 100.0 / calls as f64,
        number(&report, "duration_ms") as f64 / 1000.0
    );
    assert_cached(&simulator, &program);
    assert!(refused * 100 < calls);
}

/// Twenty times SIGKILL: each restart goes on, and little is fetched twice.
#[test]
#[ignore = "takes two minutes"]
fn twenty_kills_cost_little() {
    let simulator =
        simulator(Config::new().conversations(10_000).parts(2..=4).latency(Duration::from_millis(3)));
    let program = Cli::new(&simulator).args(SYNC);
    for kill in 0..20 {
        let before = simulator.stats().requests;
        let killed = program.run_until(|| simulator.stats().requests >= before + 450);
        assert!(killed, "it ended before kill {kill}");
    }
    let report = program.run().json();
    let calls = simulator.stats().requests;
    let undisturbed = 10_000 + PAGES_OF_TEN_THOUSAND;
    println!(
        "20 kills: {calls} calls ({:.3} of the {undisturbed} that one run needs at least), {} of them after the last kill",
        calls as f64 / undisturbed as f64,
        number(&report, "api_calls")
    );
    assert_cached(&simulator, &program);
    assert!(calls as f64 <= 1.2 * undisturbed as f64);
}

/// How fast the program alone is: no latency, no limit, the simulator on the same processors.
#[test]
#[ignore = "a measurement"]
fn threads_a_second() {
    let simulator = simulator(Config::new().conversations(5000).parts(8..=8));
    let program = Cli::new(&simulator).args(SYNC);
    // Compiling the component is not what is measured.
    let _ = Cli::new(&simulator).on(program.scratch()).args(["tools"]).run();
    let report = program.run().json();
    let taken = number(&report, "duration_ms") as f64 / 1000.0;
    println!(
        "{} threads, {} messages in {taken:.1} s: {:.0} threads a second",
        number(&report, "hydrated"),
        number(&report, "total_messages"),
        number(&report, "hydrated") as f64 / taken
    );
}

/// The same in the guest library alone, without WebAssembly.
#[test]
#[ignore = "a measurement"]
fn threads_a_second_of_the_library() {
    let simulator = simulator(Config::new().conversations(5000).parts(8..=8));
    let cache = Cache::of(&simulator);
    let begin = Instant::now();
    let report = cache.sync(&simulator).expect("syncs");
    let taken = begin.elapsed();
    println!(
        "{} threads in {taken:.1?}: {:.0} threads a second",
        report.hydrated,
        report.hydrated as f64 / taken.as_secs_f64()
    );
}
