//! One run, from the opening of its row to the closing.

use std::rc::Rc;

use super::engine::{Engine, SyncEnvironment};
use super::failure::{Failure, fatal, no_token, wrong_workspace};
use super::plan::{Known, plan};
use super::range::{self, Range};
use super::reading;
use super::windows::EMPTY_PAGES;
use super::writer::Standing;
use super::{
    SyncError, SyncReport, SyncRequest, companies, contacts, deletions, help_center, labels, reconcile,
    refill, retention, tickets,
};
use crate::environment::LogLevel;
use crate::error::StoreResult;
use crate::intercom::directory;
use crate::intercom::error::ApiError;
use crate::intercom::page::SearchPage;
use crate::intercom::request::Search;
use crate::store::Store;
use crate::store::conversations::hydration_queue;
use crate::store::conversations::totals::{Totals, totals_within};
use crate::store::erasure::BlockList;
use crate::store::people::forget_strangers;
use crate::store::people::labels::keep as keep_labels;
use crate::store::runs::facts::{self, Fact, fact, set_fact};
use crate::store::runs::{self, Run, coverage, future, notes, windows};
use crate::store::statistics::keep_days;
use crate::store::workspace::{self, set_workspace, workspace};
use crate::time::{DAY, Day, Interval, MINUTE, UnixSeconds};

/// Statements of a sync that are kept prepared.
const PREPARED_STATEMENTS: usize = 96;

/// Figures of so many days are kept in one transaction.
const DAYS_AT_ONCE: u32 = 20;

/// Reads what changed in Intercom into the database.
///
/// One run at a time: the caller holds the lock that says so. Each run is one row of
/// `sync_metadata`; a request that is wrong, a missing token and a cache that is new enough leave
/// none.
///
/// # Errors
/// [`SyncError`], whose sentence is also in the run's row. What was read before stays.
pub fn run<'a>(
    store: &'a mut Store,
    environment: SyncEnvironment<'a>,
    request: &SyncRequest,
) -> Result<SyncReport, SyncError> {
    let started_ms = environment.clock.monotonic_ms();
    let now = environment.clock.now();
    store.connection().set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    let days = range::read(request, environment.settings, now.day())?;
    let kept_from = retention::horizon(environment.settings, now);
    let first = days.first.start().max(kept_from.unwrap_or(UnixSeconds(0)));
    if let Some(report) = new_enough(store, request, Interval { low: first, high: days.last.end() }, now)? {
        return Ok(report);
    }
    if !environment.settings.token_present {
        return Err(no_token());
    }
    runs::fail_abandoned(
        store.connection(),
        "The program ended before this sync did. What it had read is kept, and the next sync goes on from there.",
        now,
    )?;
    let erased = Rc::new(BlockList::read(store.connection())?);
    let kind = request.kind.as_str();
    let sync_id = runs::begin(store.connection(), kind, days.first, days.last, now)?;
    environment.log.write(
        LogLevel::Info,
        &format!("{} sync starting: {} to {}", capitalized(kind), days.first, days.last),
    );
    let mut engine = Engine::new(store, environment, sync_id, erased);
    let result = Steps { engine: &mut engine, days, kind, refetch: request.refetch }.go();
    finish(&mut engine, kind, started_ms, result)
}

/// Closes rows that a crashed or stopped run left `in_progress`. Returns how many there were.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn close_abandoned(store: &mut Store, reason: &str, now: UnixSeconds) -> StoreResult<u32> {
    runs::fail_abandoned(store.connection(), reason, now)
}

/// The report of the latest run, when that completed lately and what is wanted is still covered.
fn new_enough(
    store: &Store,
    request: &SyncRequest,
    wanted: Interval,
    now: UnixSeconds,
) -> Result<Option<SyncReport>, SyncError> {
    let Some(most) = request.unless_newer_than else { return Ok(None) };
    let connection = store.connection();
    let Some(latest) = runs::latest_read(connection)? else { return Ok(None) };
    let Some(completed_at) = latest.completed_at else { return Ok(None) };
    let age = now.since(completed_at);
    let Some(high_water) = fact(connection, Fact::HighWater)? else { return Ok(None) };
    let wanted = Interval { high: high_water.min(wanted.high), ..wanted };
    let intact = coverage::gaps(wanted, &coverage::covered(connection)?).is_empty();
    if age < 0 || age >= i64::from(most) || !intact {
        return Ok(None);
    }
    Ok(Some(SyncReport {
        sync_id: latest.id,
        kind: latest.kind.clone().unwrap_or_default(),
        start_date: told(latest.first_day),
        end_date: told(latest.last_day),
        total_conversations: latest.totals.conversations,
        total_messages: latest.totals.messages,
        waiting: hydration_queue::waiting(connection)?,
        skipped: true,
        notes: notes::notes(connection)?,
        ..SyncReport::default()
    }))
}

/// Closes the row and says what was done.
fn finish(
    engine: &mut Engine<'_>,
    kind: &str,
    started_ms: u64,
    result: Result<(), SyncError>,
) -> Result<SyncReport, SyncError> {
    let now = engine.now();
    let connection = engine.connection();
    let traffic = facts::Traffic { requests: engine.fetcher.calls, rate_limited: engine.fetcher.refusals };
    // Only counts: if they cannot be written, the row below says why.
    let _ = facts::add_traffic(connection, traffic);
    let _ = engine
        .writer
        .standing(&engine.fetcher)
        .map(|standing| Standing { expected_end: None, ..standing }.write(connection));
    let closing = result.and_then(|()| {
        let run = runs::by_id(connection, engine.writer.sync_id)?;
        let totals = totals_of(connection, &run)?;
        runs::complete(connection, engine.writer.sync_id, totals, now)?;
        Ok((run, totals))
    });
    match closing {
        Ok((run, totals)) => {
            let tally = engine.writer.tally;
            engine.log(
                LogLevel::Info,
                &format!(
                    "{} sync completed: {} conversations, {} messages ({} threads read, {} calls)",
                    capitalized(kind),
                    totals.conversations,
                    totals.messages,
                    tally.hydrated,
                    engine.fetcher.calls
                ),
            );
            engine.report(true)?;
            let connection = engine.connection();
            Ok(SyncReport {
                sync_id: engine.writer.sync_id,
                kind: kind.to_owned(),
                start_date: told(run.first_day),
                end_date: told(run.last_day),
                total_conversations: totals.conversations,
                total_messages: totals.messages,
                hydrated: tally.hydrated,
                unchanged: tally.unchanged,
                deleted: tally.deleted,
                waiting: hydration_queue::waiting(connection)?,
                api_calls: engine.fetcher.calls,
                rate_limited: engine.fetcher.refusals,
                duration_ms: engine.fetcher.monotonic_ms().saturating_sub(started_ms),
                skipped: false,
                notes: notes::notes(connection)?,
            })
        }
        Err(error) => {
            engine.log(LogLevel::Error, &format!("{} sync failed: {error}", capitalized(kind)));
            // The database itself may be what failed: then the next start closes the row.
            let totals = runs::by_id(connection, engine.writer.sync_id)
                .and_then(|run| totals_of(connection, &run))
                .unwrap_or_default();
            let _ = runs::fail(connection, engine.writer.sync_id, &error.to_string(), totals, now);
            Err(error)
        }
    }
}

fn clocks_differ(ahead: i64) -> String {
    let (which, what_follows) = if ahead > 0 {
        ("behind", "Until one of them is set right, syncs read no further than this computer's time.")
    } else {
        ("ahead of", "Ages in answers may be wrong.")
    };
    format!(
        "This computer's clock is {} minutes {which} Intercom's. {what_follows} Check the computer's date and time.",
        ahead.abs() / MINUTE
    )
}

/// What the cache holds of the days that a run was to read.
fn totals_of(connection: &rusqlite::Connection, run: &Run) -> StoreResult<Totals> {
    run.interval().map_or(Ok(Totals::default()), |days| totals_within(connection, days))
}

fn told(day: Option<Day>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

struct Steps<'e, 'a> {
    engine: &'e mut Engine<'a>,
    days: Range,
    kind: &'static str,
    refetch: bool,
}

impl Steps<'_, '_> {
    fn go(mut self) -> Result<(), SyncError> {
        self.check_workspace()?;
        // The upper bound of everything this run claims.
        let bound = self.engine.server_now();
        self.compare_clocks(bound)?;
        let wanted = self.wanted(bound)?;
        retention::apply(self.engine, bound)?;
        deletions::apply(self.engine)?;
        labels::refresh(self.engine)?;
        self.engine.write(|transaction| hydration_queue::enqueue_incomplete(transaction))?;
        reconcile::second_look(self.engine)?;
        if self.refetch {
            refill::mark_all(self.engine)?;
        }
        refill::queue(self.engine, self.refetch)?;
        self.read(wanted, bound)?;
        tickets::refresh(self.engine, self.kind != "background")?;
        if self.engine.writer.tally.deleted > 0 {
            self.engine.write(|transaction| forget_strangers(transaction))?;
        }
        contacts::refresh(self.engine)?;
        companies::refresh(self.engine)?;
        help_center::refresh(self.engine)?;
        refill::note(self.engine)?;
        self.derive()
    }

    /// Makes anew what is made of the stored data: the index of words and lengths that an earlier
    /// version wrote, figures of days that changed, and names with their counts; in transactions that nobody waits for.
    fn derive(&mut self) -> Result<(), SyncError> {
        let Engine { fetcher, writer, .. } = &mut *self.engine;
        writer.store.refresh_index(&|| fetcher.should_stop())?;
        self.engine.fetcher.check_stop()?;
        while self.engine.write(|transaction| keep_days(transaction, DAYS_AT_ONCE))? {
            self.engine.fetcher.check_stop()?;
        }
        self.engine.write(|transaction| keep_labels(transaction))?;
        self.engine.writer.store.keep_statistics().map_err(SyncError::from)
    }

    /// Asks whose token this is. It also brings the server's time.
    fn check_workspace(&mut self) -> Result<(), SyncError> {
        let request = self.engine.fetcher.api.me();
        let found = self.engine.demand(&request, |me| {
            if me.is_object() {
                Ok(directory::Workspace::read(me))
            } else {
                Err(ApiError::Unexpected { missing: "app" })
            }
        })?;
        // Some tokens may read conversations and not who they are; then nothing can be compared.
        let Some(found) = found else { return Ok(()) };
        if let Some(stored) = workspace(self.engine.connection())?
            && stored.id != found.id
        {
            return Err(wrong_workspace(
                &stored.id,
                stored.name.as_deref(),
                &found.id,
                found.name.as_deref(),
            ));
        }
        let now = self.engine.now();
        let row = workspace::Workspace {
            id: found.id,
            name: found.name,
            region: found.region,
            timezone: found.timezone,
        };
        self.engine.write(|transaction| set_workspace(transaction, &row, now))
    }

    /// Says when one of the two clocks is wrong, and takes back what one that was ahead left behind.
    fn compare_clocks(&mut self, bound: UnixSeconds) -> Result<(), SyncError> {
        let ahead = self.engine.fetcher.clocks_differ_by();
        let now = self.engine.now();
        // What lies before either clock was read when the other one was right: a clock of ours that is
        // behind once must not forget it.
        let latest = self.engine.fetcher.told_time().map_or(bound, |theirs| theirs.max(bound));
        let untrusted = self.engine.write(|transaction| {
            match ahead.abs() > future::SLACK {
                true => notes::set_note(transaction, "clock", &clocks_differ(ahead), now)?,
                false => notes::clear_note(transaction, "clock")?,
            }
            future::take_back(transaction, latest)
        })?;
        if let Some(from) = untrusted {
            self.engine.log(
                LogLevel::Warn,
                &format!("a clock was ahead at an earlier sync; what changed since {from} is read again"),
            );
        }
        Ok(())
    }

    /// The stretch of `updated_at` that this run shall have read at its end.
    fn wanted(&mut self, bound: UnixSeconds) -> Result<Interval, SyncError> {
        let mut low = self.days.first.start();
        // Days were counted with our own clock.
        let high = if self.days.up_to_now { bound } else { self.days.last.end().min(bound) };
        if self.kind == "background"
            && let Some(initial) = self.initial_low(bound)?
        {
            low = low.min(initial);
        }
        if let Some(horizon) = retention::horizon(self.engine.settings, bound) {
            low = low.max(horizon);
        }
        let low = low.min(high);
        let (sync_id, last) =
            (self.engine.writer.sync_id, if self.days.up_to_now { bound.day() } else { self.days.last });
        self.engine.write(|transaction| runs::set_days(transaction, sync_id, low.day(), last))?;
        Ok(Interval { low, high })
    }

    /// How far back the first sync goes; none once it got there. Everything means to the oldest
    /// conversation, which one question finds, since pages come oldest first.
    fn initial_low(&mut self, bound: UnixSeconds) -> Result<Option<UnixSeconds>, SyncError> {
        let connection = self.engine.connection();
        if fact(connection, Fact::InitialDone)?.is_some() {
            return Ok(None);
        }
        if let Some(low) = fact(connection, Fact::InitialLow)? {
            return Ok(Some(low));
        }
        let days = self.engine.settings.initial_sync_days;
        let mut nothing_before = None;
        let low = if days > 0 {
            bound.day().plus(-i64::from(days)).start()
        } else {
            let overlap = i64::from(self.engine.settings.overlap_seconds);
            let oldest = self.oldest(bound)?.map(|oldest| oldest.min(bound.plus(-overlap)));
            let low = oldest.unwrap_or_default().max(coverage::BEFORE_INTERCOM);
            nothing_before = oldest.map(|_| Interval { low: UnixSeconds(0), high: low.plus(-1) });
            low
        };
        self.engine.write(|transaction| {
            if let Some(stretch) = nothing_before {
                coverage::cover(transaction, stretch)?;
            }
            set_fact(transaction, Fact::InitialLow, low)
        })?;
        Ok(Some(low))
    }

    /// Since when there are conversations: pages come oldest first. None when Intercom cannot list
    /// the oldest one, or does not say which it is: then nobody knows, and nothing may be left out.
    fn oldest(&mut self, bound: UnixSeconds) -> Result<Option<UnixSeconds>, SyncError> {
        let mut cursor = None;
        for _ in 0..=EMPTY_PAGES {
            let (low, per_page) = (UnixSeconds(1), 1);
            let request = self.engine.fetcher.api.search(&Search {
                low,
                high: bound,
                per_page,
                cursor: cursor.as_ref(),
            });
            let page = match self.engine.ask(&request, SearchPage::read) {
                Ok(page) => page,
                Err(Failure::Fatal(error)) => return Err(error),
                // Were it the network, the first window would say so next.
                Err(Failure::Api(error))
                    if error.may_be_size() || matches!(error, ApiError::Connection(_)) =>
                {
                    self.engine.log(
                        LogLevel::Warn,
                        &format!("the oldest conversation cannot be listed ({error}); all years are read"),
                    );
                    return Ok(None);
                }
                Err(Failure::Api(error)) => return Err(fatal(&self.engine.fetcher.api, &error)),
            };
            if let Some(oldest) = page.conversations.first() {
                // The creation is earlier than any change, and no zone that was added by mistake is as
                // long as a day.
                let dated = oldest.dated && oldest.updated_at <= bound;
                let oldest = if dated { oldest.updated_at } else { oldest.created_at };
                return Ok(Some(oldest.min(bound).plus(-DAY).max(UnixSeconds(0))));
            }
            let nothing = page.unreadable == 0 && page.total_count.unwrap_or(0) <= 0;
            match page.next {
                Some(next) if page.unreadable == 0 => cursor = Some(next),
                // Without any conversation the last day will do; one may appear meanwhile.
                _ => return Ok(nothing.then(|| bound.plus(-DAY))),
            }
        }
        Ok(None)
    }

    fn read(&mut self, wanted: Interval, bound: UnixSeconds) -> Result<(), SyncError> {
        let overlap = i64::from(self.engine.settings.overlap_seconds);
        let connection = self.engine.connection();
        let provisional = fact(connection, Fact::ProvisionalFrom)?;
        let covered = coverage::covered(connection)?;
        let left = windows::windows(connection)?;
        let mut plan = plan(
            wanted,
            Known {
                covered: &covered,
                provisional_from: provisional,
                left,
                all_left: self.kind == "background",
                overlap,
            },
            self.engine.fetcher.pace.largest_page,
        );
        for window in reconcile::windows(self.engine, bound)? {
            if wanted.low > window.stretch.high
                || plan.windows.iter().all(|planned| !planned.stretch.includes(window.stretch))
            {
                plan.windows.push_back(window);
            }
        }
        if let Some(horizon) = retention::horizon(self.engine.settings, bound) {
            // The overlap before what is wanted would reach into what is not kept.
            for window in &mut plan.windows {
                window.stretch.low = window.stretch.low.max(horizon);
            }
        }
        // Whatever is read from now on about the last minutes is provisional, also if this run
        // does not get to its end.
        let fresh_from = bound.plus(1 - overlap);
        let reaches_now = wanted.high >= fresh_from;
        let replaced = std::mem::take(&mut plan.replaced);
        self.engine.write(|transaction| {
            for stretch in replaced {
                windows::remove_window(transaction, stretch)?;
            }
            if reaches_now && provisional.is_none_or(|known| known > fresh_from) {
                set_fact(transaction, Fact::ProvisionalFrom, fresh_from)?;
            }
            Ok(())
        })?;
        reading::read_all(self.engine, plan.windows)?;
        self.engine.writer.expected = None;
        let background = self.kind == "background";
        self.engine.write(|transaction| {
            if reaches_now {
                set_fact(transaction, Fact::HighWater, bound)?;
                // All of the old provisional stretch was read again, later than its overlap.
                if provisional.is_none_or(|known| known >= wanted.low) {
                    set_fact(transaction, Fact::ProvisionalFrom, fresh_from)?;
                }
            }
            // A background run goes as far back as the first sync shall, or as far as is kept.
            if background || fact(transaction, Fact::InitialLow)?.is_some_and(|low| low >= wanted.low) {
                set_fact(transaction, Fact::InitialDone, bound)?;
            }
            Ok(())
        })
    }
}

fn capitalized(kind: &str) -> String {
    let mut letters = kind.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
