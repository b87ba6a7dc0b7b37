//! Inside the database: is it sound, and how fresh.

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{Finding, ill, well};
use crate::application::Application;
use crate::component::worker::Live;
use crate::sandbox::lock::UseLock;

/// So many intervals without a sync are more than a slow one.
const MISSED_INTERVALS: u64 = 4;

pub async fn content(application: &Application, cancelled: &CancellationToken) -> Finding {
    let checked = application
        .take_care(cancelled.clone(), async move |live: &mut Live| {
            live.exports.fastintercom_component_maintenance().call_check(&mut live.store).await
        })
        .await;
    let report = match checked {
        Ok(Ok(report)) => serde_json::from_str::<Value>(&report).unwrap_or_default(),
        Ok(Err(sentence)) => return ill("content", sentence),
        Err(error) => return ill("content", error.to_string()),
    };
    judge(&report)
}

/// What the component's check means, and what helps.
fn judge(report: &Value) -> Finding {
    let problems: Vec<_> =
        report["problems"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut told = Vec::new();
    if report["ok"] != true {
        told.push(format!(
            "{}. End all servers and run `fastintercom repair`; the damaged file is kept.",
            problems.join("; ")
        ));
    }
    if report["unfinished_erasure"] == true {
        told.push(
            "An erasure was interrupted: the rows of the person are gone, but the file may still have their bytes. Run `fastintercom erase` again for the same person.".to_owned(),
        );
    }
    if told.is_empty() {
        return well("content", "its tables, indexes and counts agree");
    }
    ill("content", told.join(" "))
}

pub async fn freshness(application: &Application) -> Finding {
    let (json, _) = match application.status().await {
        Ok(Ok(status)) => status,
        Ok(Err(sentence)) => return ill("freshness", sentence),
        Err(error) => return ill("freshness", error.to_string()),
    };
    let status: Value = serde_json::from_str(&json).unwrap_or_default();
    let text = status["sync_info"]["message"].as_str().unwrap_or("no sync has completed yet").to_owned();
    if let Some(error) = status["last_error"].as_str() {
        return ill("freshness", format!("{text} The newest sync failed: {error}"));
    }
    let config = &application.config;
    let served = UseLock::is_used_by_other(&config.database).unwrap_or(false);
    let age = status["data_age_minutes"].as_u64().unwrap_or(0);
    if served && config.token.is_some() && age > MISSED_INTERVALS * config.interval.as_secs().div_ceil(60) {
        return ill(
            "freshness",
            format!("{text} A server uses the database and should have synced; its log says why it did not."),
        );
    }
    well("freshness", text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::doctor::State;

    #[test]
    fn damage_and_an_interrupted_erasure_have_remedies_of_their_own() {
        let text = |report: Value| {
            let found = judge(&report);
            (found.state == State::Well, found.text)
        };
        assert!(text(json!({"ok": true, "problems": [], "unfinished_erasure": false})).0);
        let (is_well, told) = text(json!({"ok": true, "problems": [], "unfinished_erasure": true}));
        assert!(!is_well && told.contains("erase` again for the same person"), "{told}");
        assert!(!told.contains("fastintercom repair"), "it keeps the old file: {told}");
        let (is_well, told) =
            text(json!({"ok": false, "problems": ["one", "two"], "unfinished_erasure": true}));
        assert!(!is_well && told.starts_with("one; two. End all servers"), "{told}");
        assert!(told.contains("An erasure was interrupted"), "{told}");
    }
}
