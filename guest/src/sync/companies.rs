//! Names of the contacts' companies.
//!
//! A contact names its companies by id alone, and conversations carry a company's name only since
//! API 2.15. Companies of which no conversation told the name are therefore fetched by id, once,
//! a bounded number a run; and a few of all are looked at again each hour, so that a new name is
//! known after a week.

use std::collections::VecDeque;

use serde_json::Value;

use super::SyncError;
use super::engine::Engine;
use super::failure::Failure;
use super::fetch::{Fetcher, Next, Source, Turn};
use super::translate;
use super::writer::Writer;
use crate::ids::CompanyId;
use crate::intercom::company::Company;
use crate::intercom::error::ApiError;
use crate::store::conversations::rows::CompanyRow;
use crate::store::people::companies::{next_to_refresh, set_refreshed_to, spread_names, unknown, write};
use crate::store::runs::facts::{Fact, fact, set_fact};
use crate::store::runs::notes::clear_note;
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
    let hydrated = engine.writer.tally.hydrated;
    let budget = if hydrated <= QUIET { QUIET_BUDGET } else { hydrated / SHARE };
    let mut wanted: VecDeque<CompanyId> = unknown(engine.connection(), budget)?.into();
    let now = engine.server_now();
    let last = fact(engine.connection(), Fact::CompaniesRefreshedAt)?;
    if last.is_none_or(|last| now.since(last).abs() >= HOUR) {
        // What was never looked at needs no second look.
        let again = match last {
            Some(_) => next_to_refresh(engine.connection(), ROUND_HOURS)?,
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
        engine.begin("reading companies");
        let mut companies = Companies { writer: &mut engine.writer, wanted, failures: 0 };
        match engine.fetcher.fetch(&mut companies) {
            Ok(()) => engine.write(|transaction| clear_note(transaction, "companies"))?,
            Err(failure) => engine.degrade("companies", "Read and list users and companies", failure)?,
        }
    }
    if asked || hydrated > 0 {
        engine.write(|transaction| spread_names(transaction))?;
    }
    Ok(())
}

struct Companies<'e, 'a> {
    writer: &'e mut Writer<'a>,
    wanted: VecDeque<CompanyId>,
    failures: u32,
}

impl Source for Companies<'_, '_> {
    type Job = CompanyId;

    fn may_ask(&self) -> bool {
        !self.wanted.is_empty()
    }

    fn next(&mut self, fetcher: &mut Fetcher<'_>) -> Result<Next<CompanyId>, Failure> {
        Ok(match self.wanted.pop_front() {
            Some(id) => Next::Ask(fetcher.api.company(&id), id),
            None => Next::NOTHING,
        })
    }

    fn arrived(
        &mut self,
        _fetcher: &mut Fetcher<'_>,
        id: CompanyId,
        answer: Result<Value, ApiError>,
    ) -> Result<(), Failure> {
        let company = answer
            .and_then(|value| Company::read(value).ok_or(ApiError::Unexpected { missing: "id" }))
            .map(translate::company);
        match company {
            // Asked for by one id it may answer with another; it is known by the one asked for.
            Ok(company) => {
                self.writer.write(|transaction| write(transaction, &CompanyRow { id, ..company }))?;
            }
            Err(ApiError::NotFound { .. }) => {
                let gone = CompanyRow { id, name: None, profile: None };
                self.writer.write(|transaction| write(transaction, &gone))?;
            }
            Err(error) if error.is_temporary() || matches!(error, ApiError::Denied(_)) => {
                self.failures += 1;
                // What is left is still unknown, and asked for by the next run.
                if self.failures >= MOST_FAILURES {
                    self.wanted.clear();
                }
            }
            Err(error) => return Err(Failure::Api(error)),
        }
        Ok(())
    }

    fn turn(&mut self, fetcher: &mut Fetcher<'_>, idle: bool) -> Result<Turn, Failure> {
        self.writer.turn(fetcher)?;
        Ok(if idle && self.wanted.is_empty() { Turn::Done } else { Turn::Wait })
    }
}
