//! What Intercom says of the access token.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio_util::sync::CancellationToken;

use super::{Finding, ill, skipped, well};
use crate::application::Application;
use crate::component::bindings::account::AccountReport;
use crate::component::bindings::sync_types::{SyncError, SyncErrorKind};
use crate::config::TokenSource;

/// Seconds by which this computer's clock may differ from Intercom's. Answers speak of ages in
/// minutes, and certificates bear far more.
const CLOCK_DIFFERENCE: i64 = 60;

pub async fn look(application: &Application, cancelled: &CancellationToken) -> Vec<Finding> {
    let config = &application.config;
    if config.replica {
        return ["network", "token", "permissions", "clock"]
            .map(|name| skipped(name, "a replica asks Intercom for nothing"))
            .into();
    }
    if config.token.is_none() {
        let mut findings = vec![ill(
            "token",
            "there is no access token, so nothing is synced: run `fastintercom login`, or set INTERCOM_ACCESS_TOKEN or INTERCOM_ACCESS_TOKEN_FILE",
        )];
        findings.extend(
            ["network", "permissions", "clock"].map(|name| skipped(name, "nothing is asked without a token")),
        );
        return findings;
    }
    if let Some(finding) = open_file(&config.token_source) {
        let mut findings = unasked("Intercom is asked once the token is closed to others");
        findings.retain(|finding| finding.name != "token");
        findings.push(finding);
        return findings;
    }
    let origin = config.policy.origin();
    match application.account(cancelled.clone()).await {
        Ok(Ok(report)) => {
            let mut findings = vec![well("network", format!("{origin} answers"))];
            findings.push(token(&config.token_source, &report));
            findings.push(permissions(&report));
            findings.push(clock(&report, now()));
            findings
        }
        Ok(Err(SyncError { kind: SyncErrorKind::Unauthorized, sentence: reason })) => vec![
            well("network", format!("{origin} answers")),
            ill("token", format!("{} ({})", reason, config.token_source)),
            skipped("permissions", "the token is refused"),
            skipped("clock", "the token is refused"),
        ],
        Ok(Err(error)) => unreachable(&error.sentence),
        Err(error) => unreachable(&error.to_string()),
    }
}

/// Nothing could be asked; why, another finding says.
fn unasked(reason: &str) -> Vec<Finding> {
    ["network", "token", "permissions", "clock"].map(|name| skipped(name, reason)).into()
}

fn unreachable(reason: &str) -> Vec<Finding> {
    let mut findings = unasked("Intercom could not be asked");
    findings.retain(|finding| finding.name != "network");
    findings.insert(0, ill("network", reason));
    findings
}

/// A token that other users of this computer can read is theirs as well.
fn open_file(source: &TokenSource) -> Option<Finding> {
    let TokenSource::File(file) = source else { return None };
    let shown = file.display();
    super::files::others_may_enter(file)
        .then(|| ill("token", format!("{shown} can be read by other users; run: chmod 600 '{shown}'")))
}

fn token(source: &TokenSource, report: &AccountReport) -> Finding {
    match &report.wrong_region {
        Some(wrong) => ill("token", wrong),
        None => well("token", format!("{source}; it belongs to {}", report.workspace)),
    }
}

fn permissions(report: &AccountReport) -> Finding {
    if report.missing.is_empty() {
        return well("permissions", "the token may read everything that a sync reads");
    }
    ill("permissions", report.missing.join(" "))
}

fn clock(report: &AccountReport, now: i64) -> Finding {
    let Some(server) = report.server_time else {
        return skipped("clock", "Intercom's answers tell no time");
    };
    let ahead = now - server;
    if ahead.abs() <= CLOCK_DIFFERENCE {
        return well("clock", "agrees with Intercom's");
    }
    let (minutes, way) = (ahead.unsigned_abs().div_ceil(60), if ahead > 0 { "ahead of" } else { "behind" });
    ill(
        "clock",
        format!(
            "this computer's clock is {minutes} minutes {way} Intercom's, so ages and days in answers are wrong; let the system set it (timedatectl set-ntp true)"
        ),
    )
}

/// Seconds since 1970-01-01T00:00:00Z.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::State;

    fn report(server_time: Option<i64>) -> AccountReport {
        AccountReport { workspace: "Acme".to_owned(), wrong_region: None, server_time, missing: Vec::new() }
    }

    #[test]
    fn a_clock_that_is_off_is_told_with_its_direction() {
        assert!(clock(&report(Some(1_000)), 1_060).state == State::Well);
        let fast = clock(&report(Some(1_000)), 1_000 + 7_200);
        assert!(fast.state == State::Ill && fast.text.contains("120 minutes ahead of"), "{}", fast.text);
        let slow = clock(&report(Some(10_000)), 9_939);
        assert!(slow.state == State::Ill && slow.text.contains("2 minutes behind"), "{}", slow.text);
        assert!(clock(&report(None), 0).state == State::Skipped);
    }

    #[test]
    fn a_wrong_region_is_the_tokens_finding() {
        let report =
            AccountReport { wrong_region: Some("set INTERCOM_REGION=eu".to_owned()), ..report(None) };
        let finding = token(&TokenSource::Environment, &report);
        assert!(finding.state == State::Ill && finding.text.contains("INTERCOM_REGION=eu"));
    }
}
