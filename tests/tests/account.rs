//! Whose the token is, and what it may read.

use fastintercom_guest::sync::{AccountReport, SyncError};
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule, Simulator};

fn simulator() -> Simulator {
    Simulator::start(Config::new().conversations(3).days(3)).expect("starts")
}

fn check(cache: &Cache, simulator: &Simulator) -> Result<AccountReport, SyncError> {
    cache.check_account(simulator)
}

#[test]
fn a_token_that_may_read_everything_has_nothing_missing() {
    let simulator = simulator();
    let report = check(&Cache::of(&simulator), &simulator).expect("an account");
    assert_eq!(report.workspace, "Acme Support (sim00001), region us");
    assert_eq!((report.wrong_region, report.missing), (None, Vec::new()));
    let time = report.server_time.expect("a date");
    assert!((simulator.now() - time).abs() <= 2, "{time}");
    // One question for each thing, none of them large.
    let stats = simulator.stats();
    for endpoint in [Endpoint::Me, Endpoint::Search, Endpoint::Admins, Endpoint::Teams, Endpoint::Tags] {
        assert_eq!(stats.count(endpoint), 1, "{endpoint:?}");
    }
    assert_eq!(stats.count(Endpoint::Conversation), 1, "some tokens may list them and read none");
}

#[test]
fn each_permission_that_is_missing_is_named_with_what_is_lost() {
    for (endpoint, permission, loss) in [
        (Endpoint::Search, "Read conversations", "nothing can be synced"),
        (Endpoint::Conversation, "Read conversations", "no messages can be synced"),
        (Endpoint::Admins, "Read admins", "teammates who never wrote have no names"),
        (Endpoint::Teams, "Read admins", "teams have no names"),
        (Endpoint::Tags, "Read tags", "tags that no conversation has are not listed"),
        (Endpoint::ContactSearch, "Read and list users and companies", "customers have only the names"),
    ] {
        for status in [401, 403] {
            let simulator = simulator();
            simulator.add_fault(Rule::new(Fault::MissingScope { status }).on(endpoint));
            let report = check(&Cache::of(&simulator), &simulator).expect("an account");
            let [sentence] = report.missing.as_slice() else { panic!("{endpoint:?}: {:?}", report.missing) };
            assert!(sentence.contains(permission) && sentence.contains(loss), "{sentence}");
        }
    }
}

#[test]
fn a_wrong_token_a_broken_answer_and_no_server_are_told_apart() {
    let simulator = simulator();
    let wrong = check(&Cache::of(&simulator).token("another"), &simulator).expect_err("refused");
    assert!(matches!(&wrong, SyncError::Unauthorized(text) if text.contains("refuses")), "{wrong:?}");

    simulator.add_fault(Rule::new(Fault::HtmlError { status: 502 }).on(Endpoint::Me).times(1));
    check(&Cache::of(&simulator), &simulator).expect("a second try helps");
    simulator.add_fault(Rule::new(Fault::HtmlError { status: 502 }).on(Endpoint::Me));
    let broken = check(&Cache::of(&simulator), &simulator).expect_err("no answer");
    assert!(matches!(&broken, SyncError::Upstream(text) if text.contains("502")), "{broken:?}");
    simulator.clear_faults();

    let mut without = Cache::of(&simulator);
    without.settings.token_present = false;
    simulator.reset_log();
    let none = check(&without, &simulator).expect_err("no token");
    assert!(matches!(&none, SyncError::NoToken(text) if text.contains("fastintercom login")), "{none:?}");
    assert!(simulator.log().is_empty(), "nothing is asked without a token");
}

#[test]
fn what_could_not_be_tried_is_not_called_forbidden() {
    let simulator = simulator();
    simulator.add_fault(Rule::new(Fault::Unavailable).on(Endpoint::Tags));
    let report = check(&Cache::of(&simulator), &simulator).expect("an account");
    let [sentence] = report.missing.as_slice() else { panic!("{:?}", report.missing) };
    assert!(sentence.starts_with("Whether the token may read tags could not be tried"), "{sentence}");
}
