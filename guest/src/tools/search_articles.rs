//! `search_articles`: help-centre articles by their words, and one of them in full.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::answer::{Answer, bytes, counted};
use super::arguments::ArgumentError;
use super::content::Content;
use super::{Arguments, Context, Failure, Outcome, Tool, disclosure, schema};
use crate::ids;
use crate::store::help_center::articles::{self, Article};
use crate::store::runs::facts::{Fact, fact};
use crate::store::runs::notes::note;
use crate::store::search::{Query, snippet};
use crate::store::text_search::{Corpus, Found, search};

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
    output,
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

fn output() -> Value {
    schema::answer(
        json!({
            "articles": schema::objects("id, title, locale, state, url, collections, updated_at, ai_used and ai_resolved (conversations, since it exists), snippet."),
            "article": {"type": "object", "description": "The same with body; body_continues_at when it is cut; languages, author, views."},
            "total_matches": schema::integer(""),
            "as_of": schema::text("When the list of articles was last read."),
        }),
        &[],
    )
}

fn call(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
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
        let mut answer = Answer::new();
        answer.set_some("as_of", fact(connection, Fact::ArticlesReadAt)?.map(|at| at.to_iso()));
        if let Some(id) = &id {
            let asked = One { id: ids::bare(id), locale: locale.as_deref(), offset: offset as usize };
            let title = one(&mut answer, connection, &asked, content, arguments.reader.budget(WHOLE))?;
            return Ok(answer.with_text(title));
        }
        let text = list(&mut answer, connection, &typed, limit, content, arguments.reader.budget(LIST))?;
        Ok(answer.with_text(text))
    })
}

/// What is asked of one article.
struct One<'a> {
    id: &'a str,
    locale: Option<&'a str>,
    offset: usize,
}

fn one(
    answer: &mut Answer,
    connection: &Connection,
    asked: &One<'_>,
    content: Content<'_>,
    budget: usize,
) -> Result<String, Failure> {
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
    let mut row = summary(&article, content);
    row.set_some("description", article.text.description.as_deref().map(|text| content.line(text)));
    row.set_some("author", article.author.as_deref().map(|name| content.person(name)));
    row.set_some("created_at", article.created_at.clone());
    let tags = article.tags.as_deref().and_then(|tags| serde_json::from_str(tags).ok());
    row.set_some("tags", tags.map(|tags| content.document(tags, ENTRIES)));
    let figures = article.statistics;
    row.set_some("views", figures.views);
    row.set_some("conversations_begun", figures.conversions);
    row.set_some("reactions", figures.reactions);
    row.set_some("happy_percent", figures.happy_percent.map(|share| share.round()));
    row.set_some("sad_percent", figures.sad_percent.map(|share| share.round()));
    row.set_some("statistics_at", article.statistics_at.clone());
    let languages = articles::languages(connection, &article.id)?;
    let languages = languages.iter().take(2 * ENTRIES);
    row.set_some(
        "languages",
        Some(
            languages
                .map(|(locale, title)| json!({"locale": content.line(locale), "title": content.line(title)}))
                .collect::<Vec<_>>(),
        ),
    );
    let body: Vec<char> = content.body(&article.text.body).chars().skip(asked.offset).collect();
    let room = budget.saturating_sub(FRAME.max(bytes(&row.clone().into_value())));
    let mut shown = body.len().min(room);
    while bytes(&json!(body[..shown].iter().collect::<String>())) > room {
        // Letters of several bytes, or many that JSON escapes.
        shown = shown * 2 / 3;
    }
    row.set("body", body[..shown].iter().collect::<String>());
    row.set_some("body_continues_at", (shown < body.len()).then_some(asked.offset + shown));
    answer.set("article", row.into_value());
    if shown < body.len() {
        answer.set("notice", "The text is cut: offset with body_continues_at reads on.");
    }
    Ok(content.line(&article.text.title))
}

fn list(
    answer: &mut Answer,
    connection: &Connection,
    typed: &str,
    limit: usize,
    content: Content<'_>,
    budget: usize,
) -> Result<String, Failure> {
    let query = Query::parse(typed);
    let (numbers, marks, total) = if query.leaves().is_empty() && typed.trim().is_empty() {
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
        let mut row = summary(&article, content);
        row.set_some("snippet", Some(snippet(&content.body(&article.text.body), &marks, SNIPPET)));
        let row = row.into_value();
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
    answer.set("articles", rows).set("total_matches", total);
    answer.set_some("notice", Some(notices.join(" ")));
    Ok(format!("{}.", counted(total as i64, "article")))
}

/// What every answer says of an article.
fn summary(article: &Article, content: Content<'_>) -> Answer {
    let mut row = Answer::new();
    row.set("id", content.id(&article.id)).set("title", content.line(&article.text.title));
    row.set_some("locale", article.text.locale.as_deref().map(|locale| content.line(locale)));
    row.set("state", content.line(&article.text.state));
    row.set_some("url", article.text.url.as_deref().map(|url| content.line(url)));
    let collections = article.collections.iter().take(ENTRIES).map(|name| content.line(name));
    row.set_some("collections", Some(collections.collect::<Vec<_>>()));
    row.set_some("updated_at", article.updated_at.clone());
    row.set_some("ai_used", article.statistics.fin_involvements);
    row.set_some("ai_resolved", article.statistics.fin_resolutions);
    row
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
