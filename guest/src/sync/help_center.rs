//! The help centre: articles, collections, and how articles are used.
//!
//! Articles are listed by their last change, the latest first, with their whole texts. So once an
//! hour the list is read as far as something is new: one page in most hours. If Intercom then
//! counts as many articles as there are here, nothing was deleted either. Otherwise, and once a
//! day in any case (a translation that changes does not change the article's time), the list is
//! read to its end, and what is not on it goes. The statistics of an article cost a request each, and
//! are read a few a run, each once a week.

use std::collections::HashSet;

use super::SyncError;
use super::engine::Engine;
use super::failure::Failure;
use crate::ids::ArticleId;
use crate::intercom::error::ApiError;
use crate::intercom::help_center::{Article, ArticleStatistics, ArticleText, Collection, HelpCenterPage};
use crate::intercom::request::ARTICLES_PAGE;
use crate::store::help_center::articles::{self, ArticleRow, ArticleTextRow, CollectionRow, StatisticsRow};
use crate::store::runs::facts::{Fact, fact, set_fact};
use crate::store::runs::notes::clear_note;
use crate::time::{DAY, HOUR};

/// How long what was read counts as current, and how long a list that was read to its end.
const REFRESH_SECONDS: i64 = HOUR;
const LISTED_SECONDS: i64 = DAY;
/// A page for lists that are too large for one answer.
const SMALL_PAGE: u32 = 5;
/// A bound for lists that never end: 50,000 articles.
const MOST_PAGES: u32 = 1_000;
/// Articles whose statistics are read in one run, and how long these count as current.
const STATISTICS: u32 = 20;
const STATISTICS_SECONDS: i64 = 7 * DAY;
const ARTICLES: &str = "help-centre articles";
const COLLECTIONS: &str = "help-centre collections";
const PERMISSION: &str = "Read and list articles";

/// Reads what changed, unless that was done within the hour. What the token may not read leaves a
/// note and does no other harm.
pub(super) fn refresh(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    let now = engine.server_now();
    let is_recent = |engine: &Engine<'_>, which: Fact, seconds: i64| {
        let last = fact(engine.connection(), which)?;
        Ok::<_, SyncError>(last.is_some_and(|last| now.since(last).abs() < seconds))
    };
    if is_recent(engine, Fact::HelpCenterAskedAt, REFRESH_SECONDS)? {
        return Ok(());
    }
    engine.begin("reading help-centre articles");
    engine.report(true)?;
    engine.write(|transaction| set_fact(transaction, Fact::HelpCenterAskedAt, now))?;
    let to_the_end = !is_recent(engine, Fact::ArticlesListedAt, LISTED_SECONDS)?;
    let listed = match list_articles(engine, ARTICLES_PAGE, to_the_end) {
        Err(Failure::Api(error)) if error.may_be_size() => list_articles(engine, SMALL_PAGE, to_the_end),
        other => other,
    };
    match listed {
        Ok(reached_end) => engine.write(|transaction| {
            set_fact(transaction, Fact::ArticlesReadAt, now)?;
            if reached_end {
                set_fact(transaction, Fact::ArticlesListedAt, now)?;
            }
            clear_note(transaction, ARTICLES)
        })?,
        // Who may not read articles may not read collections: both have the same permission.
        Err(failure) => return engine.degrade(ARTICLES, PERMISSION, failure),
    }
    match list_collections(engine) {
        Ok(()) => {}
        Err(failure) => return engine.degrade(COLLECTIONS, PERMISSION, failure),
    }
    read_statistics(engine)
}

/// Reads pages until nothing more can be new. Returns whether the list was read to its end.
fn list_articles(engine: &mut Engine<'_>, per_page: u32, to_the_end: bool) -> Result<bool, Failure> {
    let mut listed: HashSet<ArticleId> = HashSet::new();
    let mut unreadable = 0;
    for page in 1..=MOST_PAGES {
        let request = engine.fetcher.api.articles(page, per_page);
        let list = engine.ask(&request, |value| HelpCenterPage::read(value, Article::read))?;
        unreadable += list.unreadable;
        let before = listed.len();
        listed.extend(list.entries.iter().map(|article| article.id.clone()));
        let is_repeated = !list.entries.is_empty() && listed.len() == before;
        let changed = engine.write(|transaction| {
            let mut changed = 0;
            for article in list.entries {
                changed += usize::from(articles::write(transaction, &article_row(article))?);
            }
            Ok(changed)
        })?;
        if !list.has_more {
            let complete = list.total_count.is_none_or(|total| listed.len() as u64 >= total);
            // While pages are read, a deletion moves an article to a page that was read before:
            // what was not seen then is not gone.
            if complete && unreadable == 0 {
                engine.write(|transaction| articles::keep_only(transaction, &listed))?;
            }
            return Ok(complete);
        }
        let counted = articles::count(engine.connection()).map_err(SyncError::from)?;
        if !to_the_end && changed == 0 && list.total_count == Some(counted) {
            return Ok(false);
        }
        if is_repeated {
            return Err(Failure::Api(ApiError::Unexpected { missing: "another page of articles" }));
        }
    }
    Ok(false)
}

fn list_collections(engine: &mut Engine<'_>) -> Result<(), Failure> {
    let mut collections = Vec::new();
    let mut seen = HashSet::new();
    for page in 1..=MOST_PAGES {
        let request = engine.fetcher.api.collections(page);
        let list = engine.ask(&request, |value| HelpCenterPage::read(value, Collection::read))?;
        let before = seen.len();
        for collection in list.entries {
            if seen.insert(collection.id.clone()) {
                collections.push(collection_row(collection));
            }
        }
        if !list.has_more || seen.len() == before {
            break;
        }
    }
    engine.write(|transaction| {
        articles::replace_collections(transaction, &collections)?;
        clear_note(transaction, COLLECTIONS)
    })?;
    Ok(())
}

/// Reads how the articles are used that were looked at longest ago.
fn read_statistics(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    let now = engine.server_now();
    let due = articles::without_statistics(engine.connection(), now.plus(-STATISTICS_SECONDS), STATISTICS)?;
    for id in due {
        let request = engine.fetcher.api.article(&id);
        let answer =
            engine.ask(&request, |value| Article::read(value).ok_or(ApiError::Unexpected { missing: "id" }));
        match answer {
            Ok(article) => engine.write(|transaction| {
                let figures = article.statistics.map(statistics_row);
                articles::set_statistics(transaction, &id, figures, now)
            })?,
            Err(Failure::Api(ApiError::NotFound { .. })) => {
                engine.write(|transaction| articles::remove(transaction, &id))?;
            }
            // The list was read; what is missing is a figure, and the next run tries again.
            Err(Failure::Api(_)) => return Ok(()),
            Err(Failure::Fatal(error)) => return Err(error),
        }
    }
    Ok(())
}

fn article_row(from: Article) -> ArticleRow {
    ArticleRow {
        id: from.id,
        texts: from.texts.into_iter().map(text_row).collect(),
        author: from.author,
        collections: from.collections,
        tags: from.tags,
        created_at: from.created_at,
        updated_at: from.updated_at,
    }
}

fn text_row(from: ArticleText) -> ArticleTextRow {
    let ArticleText { locale, title, description, body, state, url } = from;
    ArticleTextRow { locale, title, description, body, state, url }
}

fn collection_row(from: Collection) -> CollectionRow {
    let Collection { id, name, description, url, parent } = from;
    CollectionRow { id, name, description, url, parent }
}

fn statistics_row(from: ArticleStatistics) -> StatisticsRow {
    StatisticsRow {
        views: from.views,
        conversions: from.conversions,
        reactions: from.reactions,
        happy_percent: from.happy_percent,
        sad_percent: from.sad_percent,
        fin_involvements: from.fin_involvements,
        fin_resolutions: from.fin_resolutions,
    }
}
