//! Names of the contacts' companies.
//!
//! A contact names its companies by id alone, and conversations carry a company's name only since
//! API 2.15. Companies of which no conversation told the name are therefore fetched by id, once,
//! a bounded number a run; and a few of all are looked at again each hour, so that a new name is
//! known after a week.

use std::collections::{HashMap, VecDeque};

use super::SyncError;
use super::engine::{ATTENTION_MS, Engine};
use super::failure::Failure;
use super::labels::degrade;
use super::translate;
use super::waits::Cause;
use crate::ids::CompanyId;
use crate::intercom::company::Company;
use crate::intercom::error::ApiError;
use crate::store::companies::{next_to_refresh, set_refreshed_to, spread_names, unknown, write};
use crate::store::rows::CompanyRow;
use crate::store::sync_state::{Fact, clear_note, fact, set_fact};
use crate::time::HOUR;

/// Companies fetched in a run that fetched few conversations.
const QUIET_BUDGET: u64 = 100;
/// A run counts as quiet up to so many fetched conversations.
const QUIET: u64 = 500;
/// A run that fetched many spends at most this part of its calls on companies.
const SHARE: u64 = 400;
/// All companies are looked at again in so many hours.
const ROUND_HOURS: i64 = 7 * 24;
/// So many failures end the reading; the next run goes on.
const MOST_FAILURES: u32 = 10;

pub(super) fn refresh(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    let hydrated = engine.tally.hydrated;
    let budget = if hydrated <= QUIET { QUIET_BUDGET } else { hydrated / SHARE };
    let mut wanted: VecDeque<CompanyId> = unknown(engine.store.connection(), budget)?.into();
    let now = engine.server_now();
    let last = fact(engine.store.connection(), Fact::CompaniesRefreshedAt)?;
    if last.is_none_or(|last| now.since(last).abs() >= HOUR) {
        // What was never looked at needs no second look.
        let again = match last {
            Some(_) => next_to_refresh(engine.store.connection(), ROUND_HOURS)?,
            None => Vec::new(),
        };
        engine.write(|transaction| {
            if let Some(id) = again.last() {
                set_refreshed_to(transaction, id)?;
            }
            set_fact(transaction, Fact::CompaniesRefreshedAt, now)
        })?;
        wanted.extend(again);
    }
    let asked = !wanted.is_empty();
    if asked {
        "reading companies".clone_into(&mut engine.phase);
        fetch(engine, wanted)?;
    }
    if asked || hydrated > 0 {
        engine.write(|transaction| spread_names(transaction))?;
    }
    Ok(())
}

fn fetch(engine: &mut Engine<'_>, mut wanted: VecDeque<CompanyId>) -> Result<(), SyncError> {
    let mut in_flight = HashMap::new();
    let mut failures = 0;
    loop {
        engine.check_stop()?;
        engine.report(false)?;
        let (mut wait, mut cause) = (ATTENTION_MS, Cause::Network);
        while in_flight.len() < engine.most_in_flight() && !wanted.is_empty() {
            let pause = engine.limit_ms()?;
            if pause > 0 {
                (wait, cause) = (pause, Cause::Limit);
                break;
            }
            let Some(id) = wanted.pop_front() else { break };
            let request = engine.api.company(&id);
            in_flight.insert(engine.send(request), id);
        }
        if in_flight.is_empty() && wanted.is_empty() {
            return engine.write(|transaction| clear_note(transaction, "companies"));
        }
        let Some((ticket, answer)) = engine.next(wait, cause) else { continue };
        let Some(id) = in_flight.remove(&ticket) else { continue };
        let company = answer
            .and_then(|value| Company::read(value).ok_or(ApiError::Unexpected { missing: "id" }))
            .map(translate::company);
        match company {
            // Asked for by one id it may answer with another; it is known by the one asked for.
            Ok(company) => engine.write(|transaction| write(transaction, &CompanyRow { id, ..company }))?,
            Err(ApiError::NotFound { .. }) => {
                let gone = CompanyRow { id, name: None, profile: None };
                engine.write(|transaction| write(transaction, &gone))?;
            }
            Err(error) if error.is_temporary() || matches!(error, ApiError::Denied(_)) => {
                failures += 1;
                // What is left is still unknown, and asked for by the next run.
                if failures >= MOST_FAILURES {
                    wanted.clear();
                }
            }
            Err(error) => {
                engine.forget_all();
                return degrade(
                    engine,
                    "companies",
                    "Read and list users and companies",
                    Failure::Api(error),
                );
            }
        }
    }
}
