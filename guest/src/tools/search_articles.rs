//! `search_articles`: help-centre articles by their words, and one of them in full.

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use serde_with::skip_serializing_none;

use super::answer::{bytes, counted, document, filled, finished, listed};
use super::arguments::ArgumentError;
use super::content::Content;
use super::{Answered, Arguments, Context, Failure, Outcome, Tool, disclosure, schema};
use crate::error::StoreResult;
use crate::ids;
use crate::store::help_center::articles::{self, Article};
use crate::store::runs::facts::{Fact, fact};
use crate::store::runs::notes::note;
use crate::store::search::{Query, snippet};
use crate::store::text_search::{Corpus, Found, search, unwanted};
use crate::time::UnixSeconds;

const DEFAULT_LIMIT: usize = 10;
pub const MOST: usize = 50;
/// Characters of a snippet.
const SNIPPET: usize = 300;
/// Bytes of JSON of a list, and of one article.
const LIST: usize = 8_000;
const WHOLE: usize = 16_000;
/// Room for everything of an article but its text.
const FRAME: usize = 2_500;
/// Entries of lists in an article.
const ENTRIES: usize = 25;

/// Of which topic of the notes it is why there are no articles.
const TOPIC: &str = "help-centre articles";

pub const TOOL: Tool = Tool {
    name: "search_articles",
    title: "Help-centre articles",
    description: "Articles of the company's help centre by words in title and text, best first, or with id one article in full. Drafts are among them (state). Shows how often the AI agent used an article, and how many of these conversations it resolved. Without query: the latest changes.",
    input,
    output: schema::of::<ArticlesAnswer>(),
    boolean: None,
    syncs: false,
    limits: None,
    drawn: false,
    call,
};

fn input() -> Value {
    schema::arguments(
        json!({
            "query": schema::text("Words or \"phrases\", as in search_conversations."),
            "id": schema::text("An article's id: shows the whole of it. Instead of query."),
            "locale": schema::text("With id: its text in this language, such as de."),
            "offset": schema::integer("With id: the text from this character on."),
            "limit": schema::integer(&format!("1 to {MOST}, default {DEFAULT_LIMIT}.")),
        }),
        &[],
    )
}

#[skip_serializing_none]
#[derive(Default, Serialize, JsonSchema)]
pub struct ArticlesAnswer {
    /// When the list of articles was last read.
    as_of: Option<String>,
    /// id, title, locale, state, url, collections, updated_at, ai_used and ai_resolved
    /// (conversations, since it exists), snippet.
    #[schemars(with = "Option<Vec<schema::Object>>")]
    pub articles: Option<Vec<Row>>,
    /// The same with body; body_continues_at when it is cut; languages, author, views.
    #[schemars(with = "Option<schema::Object>")]
    pub article: Option<WholeArticle>,
    total_matches: Option<usize>,
    #[schemars(skip)]
    pub notice: Option<String>,
}

/// What every answer says of an article.
#[skip_serializing_none]
#[derive(Serialize)]
pub struct Summary {
    pub id: String,
    pub title: String,
    locale: Option<String>,
    state: String,
    pub url: Option<String>,
    collections: Option<Vec<String>>,
    updated_at: Option<String>,
    ai_used: Option<i64>,
    ai_resolved: Option<i64>,
}

#[skip_serializing_none]
#[derive(Serialize)]
pub struct Row {
    #[serde(flatten)]
    pub summary: Summary,
    pub snippet: Option<String>,
}

#[skip_serializing_none]
#[derive(Serialize)]
pub struct WholeArticle {
    #[serde(flatten)]
    pub details: Details,
    pub body: String,
    body_continues_at: Option<usize>,
}

/// Everything of an article but its text.
#[skip_serializing_none]
#[derive(Serialize)]
pub struct Details {
    #[serde(flatten)]
    pub summary: Summary,
    description: Option<String>,
    author: Option<String>,
    created_at: Option<String>,
    /// JSON of strangers
    tags: Option<Value>,
    views: Option<i64>,
    conversations_begun: Option<i64>,
    reactions: Option<i64>,
    happy_percent: Option<f64>,
    sad_percent: Option<f64>,
    statistics_at: Option<String>,
    languages: Option<Vec<Language>>,
}

#[derive(Serialize)]
pub struct Language {
    locale: String,
    title: String,
}

fn call(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let (answer, text) = find(context, arguments)?;
    Ok(finished(&answer, text))
}

/// What is asked for, and a sentence about it.
///
/// # Errors
/// When there is nothing of the kind, or an argument is wrong.
pub fn find(context: &mut Context<'_>, arguments: &Arguments) -> Answered<ArticlesAnswer> {
    let id = arguments.string("id")?;
    let typed = arguments.string("query")?.unwrap_or_default();
    let of_one = ["locale", "offset"].into_iter().find(|name| arguments.has(name));
    if let (None, Some(name)) = (&id, of_one) {
        return Err(ArgumentError(format!("`{name}` needs `id`: the article to read.")).into());
    }
    if id.is_some() && !typed.is_empty() {
        return Err(ArgumentError("`id` takes the place of `query`; give one of them.".to_owned()).into());
    }
    let locale = arguments.string("locale")?;
    let offset = arguments.integer("offset", 0, i64::from(u32::MAX))?.unwrap_or(0);
    let limit = arguments.integer("limit", 1, MOST as i64)?.map_or(DEFAULT_LIMIT, |limit| limit as usize);
    let around = context.surroundings();
    context.reading(|connection| {
        let content = Content::new(&around.settings.redactions);
        let as_of = fact(connection, Fact::ArticlesReadAt)?.map(UnixSeconds::to_iso);
        let (answer, text) = if let Some(id) = &id {
            let asked = One { id: ids::bare(id), locale: locale.as_deref(), offset: offset as usize };
            one(connection, &asked, content, arguments.reader.budget(WHOLE))?
        } else {
            list(connection, &typed, limit, content, arguments.reader.budget(LIST))?
        };
        Ok((ArticlesAnswer { as_of, ..answer }, text))
    })
}

/// What is asked of one article.
struct One<'a> {
    id: &'a str,
    locale: Option<&'a str>,
    offset: usize,
}

/// One article in full, and its title.
fn one(
    connection: &Connection,
    asked: &One<'_>,
    content: Content<'_>,
    budget: usize,
) -> Answered<ArticlesAnswer> {
    let Some(article) = articles::by_id(connection, asked.id, asked.locale)? else {
        let shown: String = super::content::clean(asked.id).chars().take(60).collect();
        let why = why_none(connection)?;
        return Err(Failure::Refused(
            format!(
                "Article {shown} is not in the cache. Take ids from search_articles. {}",
                why.unwrap_or_default()
            )
            .trim_end()
            .to_owned(),
        ));
    };
    disclosure::rows(1);
    let details = details(connection, &article, content)?;
    let body: Vec<char> = content.body(&article.text.body).chars().skip(asked.offset).collect();
    let room = budget.saturating_sub(FRAME.max(bytes(&details)));
    let mut length = body.len().min(room);
    let mut shown: String = body[..length].iter().collect();
    while bytes(&shown) > room {
        // Letters of several bytes, or many that JSON escapes.
        length = length * 2 / 3;
        shown = body[..length].iter().collect();
    }
    let is_cut = length < body.len();
    let answer = ArticlesAnswer {
        article: Some(WholeArticle {
            details,
            body: shown,
            body_continues_at: is_cut.then_some(asked.offset + length),
        }),
        notice: is_cut.then(|| "The text is cut: offset with body_continues_at reads on.".to_owned()),
        ..ArticlesAnswer::default()
    };
    Ok((answer, content.line(&article.text.title)))
}

fn details(connection: &Connection, article: &Article, content: Content<'_>) -> StoreResult<Details> {
    let tags = article.tags.as_deref().and_then(|tags| serde_json::from_str(tags).ok());
    let figures = article.statistics;
    let languages = articles::languages(connection, &article.id)?;
    let languages = languages
        .iter()
        .take(2 * ENTRIES)
        .map(|(locale, title)| Language { locale: content.line(locale), title: content.line(title) });
    Ok(Details {
        summary: summary(article, content),
        description: article.text.description.as_deref().and_then(|text| filled(content.line(text))),
        author: article.author.as_deref().and_then(|name| filled(content.person(name))),
        created_at: article.created_at.clone(),
        tags: tags.and_then(|tags| document(content.document(tags, ENTRIES))),
        views: figures.views,
        conversations_begun: figures.conversions,
        reactions: figures.reactions,
        happy_percent: figures.happy_percent.map(f64::round),
        sad_percent: figures.sad_percent.map(f64::round),
        statistics_at: article.statistics_at.clone(),
        languages: listed(languages.collect()),
    })
}

/// Articles with these words, and how many there are.
fn list(
    connection: &Connection,
    typed: &str,
    limit: usize,
    content: Content<'_>,
    budget: usize,
) -> Answered<ArticlesAnswer> {
    let query = Query::parse(typed);
    let (numbers, marks, total) = if query.is_exclusion() {
        let without = unwanted(connection, Corpus::Articles, &query)?;
        let mut others = articles::newest(connection, articles::count(connection)? as usize)?;
        others.retain(|number| !without.contains(number));
        let total = others.len();
        others.truncate(limit);
        (others, Vec::new(), total)
    } else if query.leaves().is_empty() && typed.trim().is_empty() {
        (articles::newest(connection, limit)?, Vec::new(), articles::count(connection)? as usize)
    } else {
        let results = search(connection, Corpus::Articles, &query)?;
        let numbers = results.found.iter().take(limit).map(|Found { number, .. }| *number).collect();
        (numbers, results.query.marks, results.found.len())
    };
    let mut rows = Vec::new();
    let mut used = 0;
    for number in &numbers {
        let Some(article) = articles::by_number(connection, *number)? else { continue };
        let row = Row {
            summary: summary(&article, content),
            snippet: filled(snippet(&content.body(&article.text.body), &marks, SNIPPET)),
        };
        used += bytes(&row) + 1;
        if used > budget && !rows.is_empty() {
            break;
        }
        rows.push(row);
    }
    disclosure::rows(rows.len());
    let mut notices = Vec::new();
    if rows.len() < total {
        notices
            .push(format!("{} of {total} articles are shown; limit or other words show others.", rows.len()));
    }
    if total == 0 {
        notices.extend(why_none(connection)?);
    }
    let answer = ArticlesAnswer {
        articles: Some(rows),
        total_matches: Some(total),
        notice: filled(notices.join(" ")),
        ..ArticlesAnswer::default()
    };
    Ok((answer, format!("{}.", counted(total as i64, "article"))))
}

fn summary(article: &Article, content: Content<'_>) -> Summary {
    let line = |text: &Option<String>| text.as_deref().and_then(|text| filled(content.line(text)));
    let collections = article.collections.iter().take(ENTRIES).map(|name| content.line(name));
    Summary {
        id: content.id(&article.id),
        title: content.line(&article.text.title),
        locale: line(&article.text.locale),
        state: content.line(&article.text.state),
        url: line(&article.text.url),
        collections: listed(collections.collect()),
        updated_at: article.updated_at.clone(),
        ai_used: article.statistics.fin_involvements,
        ai_resolved: article.statistics.fin_resolutions,
    }
}

/// Why the cache has no article at all, if it has none.
pub(super) fn why_none(connection: &Connection) -> Result<Option<String>, Failure> {
    if articles::count(connection)? > 0 {
        return Ok(None);
    }
    if let Some(note) = note(connection, TOPIC)? {
        return Ok(Some(note));
    }
    Ok(Some(match fact(connection, Fact::ArticlesReadAt)? {
        Some(_) => "The help centre has no articles.".to_owned(),
        None => "Articles were not read yet; the next sync reads them.".to_owned(),
    }))
}
