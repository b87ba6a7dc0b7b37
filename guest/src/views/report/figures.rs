//! What a report is made of.

use std::collections::HashMap;

use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value, json};
use serde_with::skip_serializing_none;

use super::super::options::{End, Options};
use super::super::{ViewError, ask};
use crate::sorting;
use crate::store::runs::coverage::Coverage;
use crate::store::search::{Between, Filters};
use crate::store::statistics::{self, Figures, Group};
use crate::store::workspace::workspace;
use crate::time::{DAY, HOUR, UnixSeconds};
use crate::tools::answer::{Range, filled};
use crate::tools::content::Content;
use crate::tools::figures::MainFigures;
use crate::tools::found::Row;
use crate::tools::freshness::{self, Freshness, Reach, SyncInfo};
use crate::tools::timeframe;
use crate::tools::zone::{Step, Zone};
use crate::tools::{self, Context, Failure, Reader, search_conversations};

/// Ages of waiting conversations: from so many seconds on, and what to call them.
const AGES: &[(i64, &str)] = &[
    (0, "under 1 hour"),
    (HOUR, "1 to 4 hours"),
    (4 * HOUR, "4 to 24 hours"),
    (DAY, "1 to 3 days"),
    (3 * DAY, "3 to 7 days"),
    (7 * DAY, "over 7 days"),
];
/// Waiting conversations that are named.
const LONGEST: usize = 10;
/// Columns of a chart at the most; longer periods are cut into weeks, then months.
const COLUMNS: i64 = 92;
/// A hundred years of months.
const MOST_STEPS: usize = 1_200;

pub type Named = Vec<(String, Figures)>;

/// A day, week or month.
pub struct Stretch {
    pub name: String,
    pub figures: Figures,
    /// The cache has read all of that time. Otherwise there may be more, and none is no zero. What was
    /// created then and changed last in a gap that came later is missing all the same; how much that
    /// is nobody knows, and the freshness above the figures speaks of it.
    pub covered: bool,
}

/// The figures of a period, and how far they can be trusted.
pub struct Report {
    pub workspace: Option<String>,
    pub zone: Zone,
    pub now: UnixSeconds,
    pub start: UnixSeconds,
    pub end: UnixSeconds,
    pub all: Figures,
    /// The period of equal length before; none when the cache does not hold all of it.
    pub previous: Option<Figures>,
    pub step: Step,
    /// One entry for every step, quiet ones included.
    pub series: Vec<Stretch>,
    pub tags: Named,
    pub teams: Named,
    pub assignees: Named,
    /// Waiting now, whenever they were created, by age.
    pub waiting: Vec<(&'static str, usize)>,
    /// Those who wait longest, as `search_conversations` answers.
    pub longest: Vec<Row>,
    pub freshness: Freshness,
}

impl Report {
    pub fn first_day(&self) -> String {
        self.zone.calendar(self.start).0
    }

    pub fn last_day(&self) -> String {
        self.zone.calendar(self.end).0
    }

    pub fn waiting_now(&self) -> usize {
        self.waiting.iter().map(|(_, count)| count).sum()
    }

    /// The figures for programs, under the names of `get_conversation_stats`.
    pub fn to_answer(&self) -> ReportAnswer<'_> {
        let by_age = self.waiting.iter().map(|(age, count)| Aged { age, conversations: *count });
        ReportAnswer {
            workspace: self.workspace.clone().and_then(filled),
            period: Range::new(self.start, self.end),
            timezone: self.zone.name(),
            figures: MainFigures::from(&self.all),
            previous: self.previous.as_ref().map(MainFigures::from),
            series: self.series.iter().map(GroupRow::from).collect(),
            waiting: Waiting { conversations: self.waiting_now(), by_age: by_age.collect() },
            rating_counts: self.all.rating_counts,
            tags: rows(&self.tags),
            teams: rows(&self.teams),
            assignees: rows(&self.assignees),
            sync_info: self.freshness.to_info(),
        }
    }
}

/// The report for programs.
#[skip_serializing_none]
#[derive(Serialize)]
pub struct ReportAnswer<'a> {
    workspace: Option<String>,
    period: Range,
    timezone: &'a str,
    figures: MainFigures,
    previous: Option<MainFigures>,
    series: Vec<GroupRow<'a>>,
    waiting: Waiting,
    /// How many ratings of 1, 2, 3, 4 and 5.
    rating_counts: [usize; 5],
    tags: Vec<GroupRow<'a>>,
    teams: Vec<GroupRow<'a>>,
    assignees: Vec<GroupRow<'a>>,
    sync_info: SyncInfo,
}

#[skip_serializing_none]
#[derive(Serialize)]
struct GroupRow<'a> {
    group: &'a str,
    #[serde(flatten)]
    figures: MainFigures,
    /// Of a piece of time: see [`Stretch`].
    covered: Option<bool>,
}

#[derive(Serialize)]
struct Waiting {
    conversations: usize,
    by_age: Vec<Aged>,
}

/// Those who wait for so long.
#[derive(Serialize)]
struct Aged {
    age: &'static str,
    conversations: usize,
}

impl<'a> From<&'a Stretch> for GroupRow<'a> {
    fn from(stretch: &'a Stretch) -> Self {
        let figures = MainFigures::from(&stretch.figures);
        Self { group: &stretch.name, figures, covered: Some(stretch.covered) }
    }
}

fn rows(groups: &Named) -> Vec<GroupRow<'_>> {
    let row = |(group, figures)| GroupRow { group, figures: MainFigures::from(figures), covered: None };
    groups.iter().map(|(group, figures)| (group.as_str(), figures)).map(row).collect()
}

/// Asks the store for everything, in one read transaction but for the list of who waits longest.
pub fn gather(context: &mut Context<'_>, options: &Options) -> Result<Report, ViewError> {
    context.reader = Reader::Person;
    let around = context.surroundings();
    let now = around.now;
    let zone = context.reading(|connection| Ok(tools::zone(around.settings, connection)?))?;
    let usual = timeframe::parse("30d", now, &zone).map_or(now, |frame| frame.start);
    let since = options.instant(End::Since, now, &zone)?.unwrap_or(usual);
    // Whole days: half of one would look quiet beside the others.
    let start = zone.start_of(zone.date(since));
    let end = options.instant(End::Until, now, &zone)?.unwrap_or(now).min(now);
    if start >= end {
        return Err(ViewError::InvalidOptions(
            "`--since` must be before `--until`, and not in the future.".to_owned(),
        ));
    }
    let longest = longest_waiting(context)?;
    let content = Content::new(&around.settings.redactions);
    let report = context.reading(|connection| {
        let ask = Questions { connection, zone: &zone, now, content };
        let step = match end.since(start) / DAY {
            ..COLUMNS => Step::Day,
            days if days < 7 * COLUMNS => Step::Week,
            _ => Step::Month,
        };
        let (all, series) = ask.in_time(start, end, step)?;
        let freshness = freshness::of(around, connection, Reach { start: Some(start), end: None })?;
        let length = end.since(start) + 1;
        let before = Between { from: Some(start.plus(-length)), to: Some(start.plus(-1)) };
        let previous = match is_known(connection, start.plus(-length), now)? {
            true => Some(ask.figures(before, None)?.0),
            false => None,
        };
        let within = Between { from: Some(start), to: Some(end) };
        Ok(Report {
            workspace: workspace(connection)?.and_then(|one| one.name).map(|name| content.line(&name)),
            all,
            previous,
            step,
            series,
            tags: ask.by(within, Group::Tag)?,
            teams: ask.by(within, Group::Team)?,
            assignees: ask.by(within, Group::Assignee)?,
            waiting: ask.waiting()?,
            freshness,
            longest,
            zone: zone.clone(),
            now,
            start,
            end,
        })
    })?;
    Ok(report)
}

/// Whether everything was read from then to the newest that was read.
fn is_known(connection: &Connection, from: UnixSeconds, now: UnixSeconds) -> Result<bool, Failure> {
    Ok(Coverage::load(connection, now)?.is_whole_from(from, now))
}

fn longest_waiting(context: &mut Context<'_>) -> Result<Vec<Row>, ViewError> {
    let Value::Object(arguments) = json!({
        "unanswered": true,
        "sort": "longest_waiting",
        "limit": LONGEST,
        "fields": ["title", "customer_name", "customer_email", "assignee", "team", "waiting", "url"],
    }) else {
        return Ok(Vec::new());
    };
    let (found, _) = ask(context, &search_conversations::TOOL, arguments, search_conversations::find)?;
    Ok(found.conversations.unwrap_or_default())
}

struct Questions<'a> {
    connection: &'a Connection,
    zone: &'a Zone,
    now: UnixSeconds,
    content: Content<'a>,
}

impl Questions<'_> {
    fn figures(&self, created: Between, group: Option<Group>) -> Result<(Figures, Named), Failure> {
        let filters = Filters { created, ..Filters::default() };
        let local = |at: UnixSeconds| self.zone.calendar(at);
        Ok(statistics::figures(self.connection, &filters, group, self.now, &local)?)
    }

    /// Figures of the whole period and of each step of it.
    fn in_time(
        &self,
        start: UnixSeconds,
        end: UnixSeconds,
        step: Step,
    ) -> Result<(Figures, Vec<Stretch>), Failure> {
        let group = match step {
            Step::Day => Group::Day,
            Step::Week => Group::Week,
            Step::Month => Group::Month,
        };
        let (all, found) = self.figures(Between { from: Some(start), to: Some(end) }, Some(group))?;
        let mut found: HashMap<String, Figures> = found.into_iter().collect();
        let coverage = Coverage::load(self.connection, self.now)?;
        let steps = self.zone.steps(start, end, step, MOST_STEPS);
        let ends = steps.iter().skip(1).map(|(_, next)| next.plus(-1)).chain([end]).collect::<Vec<_>>();
        let series = steps.into_iter().zip(ends).map(|((name, first), last)| Stretch {
            figures: found.remove(&name).unwrap_or_default(),
            covered: coverage.check_instants(first.max(start), last, self.now).gaps.is_empty(),
            name,
        });
        Ok((all, series.collect()))
    }

    /// Groups by name, those with most conversations first.
    fn by(&self, created: Between, group: Group) -> Result<Named, Failure> {
        let (_, mut groups) = self.figures(created, Some(group))?;
        sorting::by(&mut groups, |a, b| {
            b.1.conversations.cmp(&a.1.conversations).then_with(|| a.0.cmp(&b.0))
        });
        Ok(groups.into_iter().map(|(name, figures)| (self.content.line(&name), figures)).collect())
    }

    /// How many wait now, by how long.
    fn waiting(&self) -> Result<Vec<(&'static str, usize)>, Failure> {
        let at_least = |age: i64| -> Result<usize, Failure> {
            let filters = Filters {
                unanswered: Some(true),
                waiting_since_before: (age > 0).then(|| self.now.plus(-age)),
                ..Filters::default()
            };
            let local = |at: UnixSeconds| self.zone.calendar(at);
            Ok(statistics::figures(self.connection, &filters, None, self.now, &local)?.0.conversations)
        };
        let counts = AGES.iter().map(|(age, _)| at_least(*age)).collect::<Result<Vec<_>, _>>()?;
        let older = counts.iter().skip(1).copied().chain([0]);
        let ages = AGES.iter().zip(counts.iter().zip(older));
        Ok(ages.map(|((_, name), (count, older))| (*name, count.saturating_sub(older))).collect())
    }
}
