//! The help centre's articles, their texts in each language, and the collections they lie in.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::StoreResult;
use crate::ids::{AdminId, ArticleId, CollectionId};
use crate::store::lossy::text;
use crate::text::{index_text, plain_text};
use crate::time::UnixSeconds;

/// What is written of an article.
#[derive(Clone, Debug)]
pub struct ArticleRow {
    pub id: ArticleId,
    /// The default language's first.
    pub texts: Vec<ArticleTextRow>,
    pub author: Option<AdminId>,
    pub collections: Vec<CollectionId>,
    pub tags: Vec<String>,
    pub created_at: Option<UnixSeconds>,
    pub updated_at: Option<UnixSeconds>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleTextRow {
    pub locale: Option<String>,
    pub title: String,
    pub description: Option<String>,
    /// HTML
    pub body: String,
    pub state: String,
    pub url: Option<String>,
}

/// How an article is used, since it exists.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StatisticsRow {
    pub views: Option<i64>,
    pub conversions: Option<i64>,
    pub reactions: Option<i64>,
    pub happy_percent: Option<f64>,
    pub sad_percent: Option<f64>,
    pub fin_involvements: Option<i64>,
    pub fin_resolutions: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct CollectionRow {
    pub id: CollectionId,
    pub name: String,
    pub description: Option<String>,
    pub url: Option<String>,
    pub parent: Option<CollectionId>,
}

/// Writes an article, and indexes its words. Returns whether anything of it was not known.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written; so for all below that write.
pub fn write(connection: &Connection, article: &ArticleRow) -> StoreResult<bool> {
    let id = article.id.as_str();
    let collections =
        serde_json::Value::from(article.collections.iter().map(CollectionId::as_str).collect::<Vec<_>>())
            .to_string();
    let tags = (!article.tags.is_empty()).then(|| serde_json::Value::from(article.tags.clone()).to_string());
    let changed = connection
        .prepare_cached(
            "INSERT INTO articles (id, author_id, collections, tags, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET author_id = excluded.author_id, collections = excluded.collections,
                tags = excluded.tags, created_at = excluded.created_at, updated_at = excluded.updated_at
             WHERE (author_id, collections, tags, created_at, updated_at) IS NOT
                (excluded.author_id, excluded.collections, excluded.tags, excluded.created_at, excluded.updated_at)",
        )?
        .execute(params![
            id,
            article.author.as_ref().map(AdminId::as_str),
            collections,
            tags,
            article.created_at,
            article.updated_at
        ])?;
    if texts(connection, id)? == article.texts {
        return Ok(changed > 0);
    }
    remove_texts(connection, id)?;
    for (position, one) in (0_i64..).zip(&article.texts) {
        let number: i64 = connection
            .prepare_cached(
                "INSERT INTO article_texts (article_id, position, locale, title, description, body, state, url)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING number",
            )?
            .query_row(
                params![id, position, one.locale, one.title, one.description, one.body, one.state, one.url],
                |row| row.get(0),
            )?;
        index(connection, number, one)?;
    }
    Ok(true)
}

fn texts(connection: &Connection, id: &str) -> StoreResult<Vec<ArticleTextRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT locale, title, description, body, state, url FROM article_texts WHERE article_id = ?1 ORDER BY position",
    )?;
    let texts = statement.query_map([id], |row| article_text(row, 0))?.collect::<Result<_, _>>()?;
    Ok(texts)
}

fn article_text(row: &Row<'_>, first: usize) -> rusqlite::Result<ArticleTextRow> {
    Ok(ArticleTextRow {
        locale: text(row, first)?,
        title: text(row, first + 1)?,
        description: text(row, first + 2)?,
        body: text(row, first + 3)?,
        state: text(row, first + 4)?,
        url: text(row, first + 5)?,
    })
}

fn index(connection: &Connection, number: i64, one: &ArticleTextRow) -> StoreResult<()> {
    let subject = format!("{}\n{}", one.title, one.description.as_deref().unwrap_or_default());
    connection
        .prepare_cached("INSERT OR REPLACE INTO articles_fts (rowid, body, subject) VALUES (?1, ?2, ?3)")?
        .execute(params![number, index_text(&plain_text(&one.body)), index_text(&subject)])?;
    Ok(())
}

fn remove_texts(connection: &Connection, id: &str) -> StoreResult<()> {
    connection
        .prepare_cached(
            "DELETE FROM articles_fts WHERE rowid IN (SELECT number FROM article_texts WHERE article_id = ?1)",
        )?
        .execute([id])?;
    connection.prepare_cached("DELETE FROM article_texts WHERE article_id = ?1")?.execute([id])?;
    Ok(())
}

/// Indexes all articles anew: the index keeps no text from which it could be renewed itself.
pub fn index_all(connection: &Connection) -> StoreResult<()> {
    connection.execute("DELETE FROM articles_fts", [])?;
    let mut statement = connection.prepare(
        "SELECT number, locale, title, description, body, state, url FROM article_texts ORDER BY number",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        index(connection, row.get(0)?, &article_text(row, 1)?)?;
    }
    Ok(())
}

/// Removes an article.
pub fn remove(connection: &Connection, id: &ArticleId) -> StoreResult<()> {
    remove_texts(connection, id.as_str())?;
    connection.prepare_cached("DELETE FROM articles WHERE id = ?1")?.execute([id.as_str()])?;
    Ok(())
}

/// Removes all articles but these. Returns how many there were.
pub fn keep_only(connection: &Connection, listed: &HashSet<ArticleId>) -> StoreResult<usize> {
    let mut gone = known(connection)?;
    gone.retain(|id, _| !listed.contains(id));
    for id in gone.keys() {
        remove(connection, id)?;
    }
    Ok(gone.len())
}

/// Replaces the collections.
pub fn replace_collections(connection: &Connection, collections: &[CollectionRow]) -> StoreResult<()> {
    connection.execute("DELETE FROM collections", [])?;
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO collections (id, name, description, url, parent_id) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for one in collections {
        let parent = one.parent.as_ref().map(CollectionId::as_str);
        insert.execute(params![one.id.as_str(), one.name, one.description, one.url, parent])?;
    }
    Ok(())
}

/// Writes how an article is used, and when that was read; none: it has no such figures.
pub fn set_statistics(
    connection: &Connection,
    id: &ArticleId,
    figures: Option<StatisticsRow>,
    now: UnixSeconds,
) -> StoreResult<()> {
    let figures = figures.unwrap_or_default();
    connection
        .prepare_cached(
            "UPDATE articles SET statistics_at = ?2, views = ?3, conversions = ?4, reactions = ?5,
                happy_percent = ?6, sad_percent = ?7, fin_involvements = ?8, fin_resolutions = ?9 WHERE id = ?1",
        )?
        .execute(params![
            id.as_str(),
            now,
            figures.views,
            figures.conversions,
            figures.reactions,
            figures.happy_percent,
            figures.sad_percent,
            figures.fin_involvements,
            figures.fin_resolutions
        ])?;
    Ok(())
}

/// Ids of all articles, with the time of their last change.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read; so for the others below.
pub fn known(connection: &Connection) -> StoreResult<HashMap<ArticleId, Option<UnixSeconds>>> {
    let mut statement = connection.prepare_cached("SELECT id, updated_at FROM articles")?;
    let known = statement
        .query_map([], |row| {
            let at: Option<String> = text(row, 1)?;
            Ok((ArticleId(text(row, 0)?), at.as_deref().and_then(UnixSeconds::parse)))
        })?
        .collect::<Result<_, _>>()?;
    Ok(known)
}

/// Published articles whose statistics were read before that or never, the longest ago first.
pub fn without_statistics(
    connection: &Connection,
    before: UnixSeconds,
    most: u32,
) -> StoreResult<Vec<ArticleId>> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM articles a WHERE (statistics_at IS NULL OR statistics_at < ?1)
            AND EXISTS (SELECT 1 FROM article_texts t WHERE t.article_id = a.id AND t.state = 'published')
         ORDER BY statistics_at, id LIMIT ?2",
    )?;
    let ids = statement.query_map(params![before, most], |row| text(row, 0).map(ArticleId))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// An article in one language, as it is shown.
#[derive(Clone, Debug)]
pub struct Article {
    pub id: String,
    pub text: ArticleTextRow,
    /// Names of the collections that it lies in, each after those around it: `Account > Billing`.
    pub collections: Vec<String>,
    /// JSON array of names
    pub tags: Option<String>,
    pub author: Option<String>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    pub statistics_at: Option<String>,
    pub statistics: StatisticsRow,
}

const ARTICLE: &str = "SELECT a.id, t.locale, t.title, t.description, t.body, t.state, t.url,
        a.collections, a.tags, coalesce(w.name, w.email), a.created_at, a.updated_at, a.statistics_at,
        a.views, a.conversions, a.reactions, a.happy_percent, a.sad_percent, a.fin_involvements, a.fin_resolutions
    FROM article_texts t JOIN articles a ON a.id = t.article_id LEFT JOIN admins w ON w.id = a.author_id";

/// The article's text of that number.
pub fn by_number(connection: &Connection, number: i64) -> StoreResult<Option<Article>> {
    one(connection, "WHERE t.number = ?1", params![number])
}

/// The article of that id, in that language or else in the default one.
pub fn by_id(connection: &Connection, id: &str, locale: Option<&str>) -> StoreResult<Option<Article>> {
    one(
        connection,
        "WHERE t.article_id = ?1 ORDER BY t.locale = ?2 COLLATE NOCASE DESC, t.position LIMIT 1",
        params![id, locale],
    )
}

fn one(
    connection: &Connection,
    which: &str,
    parameters: impl rusqlite::Params,
) -> StoreResult<Option<Article>> {
    let found = connection
        .prepare_cached(&format!("{ARTICLE} {which}"))?
        .query_row(parameters, |row| {
            let collections: String = text(row, 7)?;
            let article = Article {
                id: text(row, 0)?,
                text: article_text(row, 1)?,
                collections: Vec::new(),
                tags: text(row, 8)?,
                author: text(row, 9)?,
                created_at: text(row, 10)?,
                updated_at: text(row, 11)?,
                statistics_at: text(row, 12)?,
                statistics: StatisticsRow {
                    views: row.get(13)?,
                    conversions: row.get(14)?,
                    reactions: row.get(15)?,
                    happy_percent: row.get(16)?,
                    sad_percent: row.get(17)?,
                    fin_involvements: row.get(18)?,
                    fin_resolutions: row.get(19)?,
                },
            };
            Ok((article, collections))
        })
        .optional()?;
    let Some((mut article, collections)) = found else { return Ok(None) };
    let ids: Vec<String> = serde_json::from_str(&collections).unwrap_or_default();
    for id in ids {
        article.collections.extend(collection_path(connection, &id)?);
    }
    Ok(Some(article))
}

/// The collection's name after the names of those that it lies in.
fn collection_path(connection: &Connection, id: &str) -> StoreResult<Option<String>> {
    // A help centre has three levels; parents that go in a circle must not be followed for ever.
    let mut statement = connection.prepare_cached(
        "WITH RECURSIVE up (name, parent_id, depth) AS (
             SELECT name, parent_id, 0 FROM collections WHERE id = ?1
             UNION ALL SELECT c.name, c.parent_id, depth + 1 FROM collections c JOIN up ON c.id = up.parent_id WHERE depth < 5)
         SELECT group_concat(name, ' > ') FROM (SELECT name FROM up ORDER BY depth DESC)",
    )?;
    Ok(statement.query_row([id], |row| text(row, 0))?)
}

/// Languages and titles of an article's texts.
pub fn languages(connection: &Connection, id: &str) -> StoreResult<Vec<(String, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT locale, title FROM article_texts WHERE article_id = ?1 AND locale IS NOT NULL ORDER BY position",
    )?;
    let languages = statement.query_map([id], |row| Ok((text(row, 0)?, text(row, 1)?)))?;
    Ok(languages.collect::<Result<_, _>>()?)
}

/// Numbers of the articles' texts of the default language, the latest change first.
pub fn newest(connection: &Connection, most: usize) -> StoreResult<Vec<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT t.number FROM articles a JOIN article_texts t ON t.article_id = a.id AND t.position = 0
         ORDER BY a.updated_at DESC, a.id LIMIT ?1",
    )?;
    let numbers = statement.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |row| row.get(0))?;
    Ok(numbers.collect::<Result<_, _>>()?)
}

/// The id of the article that an AI agent answered from: by the number in its address, or else by its
/// title, if no other has it.
pub fn of_source(connection: &Connection, url: &str, title: &str) -> StoreResult<Option<String>> {
    let number = url.split_once("/articles/").map(|(_, rest)| {
        rest.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default().to_owned()
    });
    if let Some(id) = number.filter(|id| !id.is_empty())
        && connection.prepare_cached("SELECT 1 FROM articles WHERE id = ?1")?.exists([&id])?
    {
        return Ok(Some(id));
    }
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT article_id FROM article_texts WHERE title = ?1 COLLATE NOCASE AND title <> '' LIMIT 2",
    )?;
    let mut ids: Vec<String> = statement.query_map([title], |row| text(row, 0))?.collect::<Result<_, _>>()?;
    Ok(if ids.len() == 1 { ids.pop() } else { None })
}

/// How many articles there are.
pub fn count(connection: &Connection) -> StoreResult<u64> {
    let count: i64 =
        connection.prepare_cached("SELECT count(*) FROM articles")?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

#[cfg(test)]
#[path = "articles_tests.rs"]
mod tests;
