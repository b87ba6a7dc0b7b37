//! `search` and `fetch`: the two names by which ChatGPT's connectors and deep research know every
//! source, and Intercom's own MCP server its first two tools.
//!
//! They are listed always. A client that looks for them cannot be told from one that does not, a
//! setting would have to be found by whoever wonders why ChatGPT takes no notice of the server,
//! and they cost a kilobyte of `tools/list`.
//!
//! Shapes: one string in; `{"results": [{"id", "title", "url"}]}` and `{"id", "title", "text",
//! "url", "metadata"}` out, as JSON in the one text of the answer and as its structure
//! (platform.openai.com/docs/mcp). Of Intercom's query language (developers.intercom.com, guide to
//! its MCP server) `search` understands what the cache can answer, and takes everything else for words.

use serde_json::{Map, Value, json};

use super::answer::{Answer, ToolOutput};
use super::arguments::ArgumentError;
use super::{
    Arguments, Context, Failure, Outcome, Reader, Tool, get_conversation, get_customer, schema,
    search_articles, search_conversations, search_tickets,
};
use crate::ids;

/// Results of one search: deep research asks several times with other words.
const RESULTS: usize = 20;
const MOST: usize = 100;
/// Characters of a document. Nothing else comes with it.
const TEXT: usize = 60_000;

pub const SEARCH: Tool = Tool {
    name: "search",
    title: "Search (connectors)",
    description: "For ChatGPT connectors, deep research and skills written for Intercom's own server; elsewhere prefer search_conversations. Words, or object_type:conversations (contacts, articles) q:\"…\" state:open source_type:email. Ids are for fetch.",
    input: search_input,
    output: search_output,
    boolean: None,
    syncs: false,
    limits: None,
    drawn: false,
    call: search,
};

pub const FETCH: Tool = Tool {
    name: "fetch",
    title: "Fetch (connectors)",
    description: "The whole text of a result of search, by its id; elsewhere prefer get_conversation.",
    input: fetch_input,
    output: fetch_output,
    boolean: None,
    syncs: false,
    limits: None,
    drawn: false,
    call: fetch,
};

fn search_input() -> Value {
    schema::arguments(json!({"query": schema::text("")}), &["query"])
}

fn search_output() -> Value {
    schema::answer(
        json!({
            "results": {"type": "array", "items": {"type": "object", "properties": {
                "id": {"type": "string"}, "title": {"type": "string"}, "url": {"type": "string"}, "text": {"type": "string"}
            }, "required": ["id", "title", "url"]}},
            "total_in_page": {"type": "integer"}
        }),
        &["results"],
    )
}

fn fetch_input() -> Value {
    schema::arguments(json!({"id": schema::text("")}), &["id"])
}

fn fetch_output() -> Value {
    schema::answer(
        json!({
            "id": {"type": "string"}, "title": {"type": "string"},
            "text": {"type": "string", "description": schema::UNTRUSTED},
            "url": {"type": "string"}, "metadata": {"type": "object"}
        }),
        &["id", "title", "text", "url"],
    )
}

/// The answer as these clients read it: one text, which is the JSON.
fn alone(answer: Answer) -> ToolOutput {
    answer.with_text("")
}

fn search(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let typed = arguments.required("query", "refund")?;
    let asked = Asked::read(&typed);
    if asked.contacts {
        return contacts(context, &asked);
    }
    if asked.articles {
        return articles(context, &asked);
    }
    let mut given = asked.filters.clone();
    if !asked.words.is_empty() {
        given.insert("query".to_owned(), asked.words.clone().into());
    }
    given.insert("limit".to_owned(), asked.limit.into());
    given.insert("verbosity".to_owned(), "detailed".into());
    let found = ask(context, &search_conversations::TOOL, given)?;
    let rows = found["conversations"].as_array().cloned().unwrap_or_default();
    let results: Vec<Value> = rows.iter().map(result).collect();
    let mut answer = Answer::new();
    answer.set("total_in_page", results.len()).set("results", results);
    let next = found["next_cursor"].as_str().map(|cursor| {
        format!("More results available. To get the next page, add to your query: starting_after:{cursor}")
    });
    let notes = [found["sync_info"]["message"].as_str().map(str::to_owned), next];
    answer.set_some("notice", Some(notes.into_iter().flatten().collect::<Vec<_>>().join(" ")));
    Ok(alone(answer))
}

fn result(row: &Value) -> Value {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let id = text("id");
    let who = [text("customer_name"), text("customer_email")].into_iter().find(|name| !name.is_empty());
    let title = match (text("title"), who) {
        ("", Some(who)) => format!("Conversation with {who}"),
        ("", None) => format!("Conversation {id}"),
        (title, _) => title.to_owned(),
    };
    json!({"id": format!("conversation_{id}"), "title": title, "url": address(row), "text": text("snippet")})
}

/// What a citation leads to; without a known workspace, the conversation's own address here.
fn address(row: &Value) -> String {
    let id = row["id"].as_str().unwrap_or_default();
    row["url"].as_str().map_or_else(|| format!("intercom://conversation/{id}"), str::to_owned)
}

fn contacts(context: &mut Context<'_>, asked: &Asked) -> Outcome {
    let whom =
        ["customer_email", "customer", "company"].iter().find_map(|name| asked.filters.get(*name)?.as_str());
    let whom = whom.unwrap_or(&asked.words).to_owned();
    let found =
        match ask(context, &get_customer::TOOL, Map::from_iter([("customer".to_owned(), whom.into())])) {
            Err(Failure::Refused(sentence)) => json!({ "notice": sentence }),
            other => other?,
        };
    let one = found["customer"].is_object().then(|| vec![found["customer"].clone()]);
    let several = found["candidates"].as_array().cloned();
    let results: Vec<Value> = one
        .or(several)
        .unwrap_or_default()
        .iter()
        .filter_map(|customer| {
            let text = |name: &str| customer[name].as_str().filter(|text| !text.is_empty());
            let id = text("email").or(text("name")).or(text("company"))?;
            let title = text("name").or(text("company")).unwrap_or(id);
            Some(json!({"id": id, "title": title, "url": format!("intercom://customer/{id}")}))
        })
        .collect();
    let mut answer = Answer::new();
    answer.set("total_in_page", results.len()).set("results", results);
    answer.set_some("notice", found["notice"].as_str());
    Ok(alone(answer))
}

fn articles(context: &mut Context<'_>, asked: &Asked) -> Outcome {
    let given = json!({"query": asked.words, "limit": asked.limit.min(search_articles::MOST)});
    let found = ask(context, &search_articles::TOOL, given.as_object().cloned().unwrap_or_default())?;
    let rows = found["articles"].as_array().cloned().unwrap_or_default();
    let results: Vec<Value> = rows.iter().map(article).collect();
    let mut answer = Answer::new();
    answer.set("total_in_page", results.len()).set("results", results);
    answer.set_some("notice", found["notice"].as_str());
    Ok(alone(answer))
}

/// An article as a result, whose text is its snippet or, of one alone, its body.
fn article(row: &Value) -> Value {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let id = text("id");
    let url = row["url"].as_str().map_or_else(|| format!("intercom://article/{id}"), str::to_owned);
    let shown = if row["body"].is_string() { text("body") } else { text("snippet") };
    json!({"id": format!("article_{id}"), "title": text("title"), "url": url, "text": shown})
}

fn fetch(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let asked = arguments.required("id", "conversation_215474207312016")?;
    let id = ids::bare(&asked).to_owned();
    if asked.starts_with("article_") {
        let found = ask(context, &search_articles::TOOL, Map::from_iter([("id".to_owned(), id.into())]))?;
        let mut answer = Answer::new();
        for (name, value) in article(&found["article"]).as_object().cloned().unwrap_or_default() {
            answer.set(&name, value);
        }
        let mut metadata = found["article"].clone();
        if let Some(fields) = metadata.as_object_mut() {
            fields.retain(|name, _| !matches!(name.as_str(), "id" | "title" | "url" | "body"));
        }
        answer.set("metadata", metadata);
        return Ok(alone(answer));
    }
    if asked.starts_with("ticket_") {
        let found = ask(context, &search_tickets::TOOL, Map::from_iter([("id".to_owned(), id.into())]))?;
        let ticket = &found["ticket"];
        let mut answer = Answer::new();
        answer.set("id", asked).set("title", ticket["title"].as_str().unwrap_or("Ticket"));
        answer.set(
            "text",
            super::content::cut(&serde_json::to_string_pretty(ticket).unwrap_or_default(), TEXT),
        );
        answer.set("url", format!("intercom://ticket/{}", ticket["id"].as_str().unwrap_or_default()));
        return Ok(alone(answer));
    }
    let is_customer =
        asked.starts_with("contact_") || asked.starts_with("company_") || id.contains(['@', ' ']);
    if is_customer {
        let found =
            ask(context, &get_customer::TOOL, Map::from_iter([("customer".to_owned(), id.clone().into())]))?;
        let name = |field: &str| found["customer"][field].as_str().map(str::to_owned);
        let mut answer = Answer::new();
        answer.set("id", asked).set("title", name("name").or(name("company")).unwrap_or(id.clone()));
        answer.set(
            "text",
            super::content::cut(&serde_json::to_string_pretty(&found).unwrap_or_default(), TEXT),
        );
        answer.set("url", format!("intercom://customer/{id}"));
        return Ok(alone(answer));
    }
    let found = ask(context, &get_conversation::TOOL, Map::from_iter([("id".to_owned(), id.into())]))?;
    let about = result(&found);
    let mut answer = Answer::new();
    answer.set("id", about["id"].clone()).set("title", about["title"].clone());
    answer.set("text", super::content::cut(&thread(&found), TEXT));
    answer.set("url", about["url"].clone());
    let mut metadata = found;
    if let Some(fields) = metadata.as_object_mut() {
        fields.retain(|name, value| {
            !matches!(name.as_str(), "messages" | "events" | "url" | "title") && !value.is_null()
        });
    }
    answer.set("metadata", metadata);
    Ok(alone(answer))
}

/// The messages as one text.
fn thread(conversation: &Value) -> String {
    let mut text = String::new();
    for message in conversation["messages"].as_array().into_iter().flatten() {
        let of = |name: &str| message[name].as_str().unwrap_or_default();
        let note = if of("kind") == "note" { ", internal note" } else { "" };
        let name = of("author_name");
        let (name, blank) = if name.is_empty() { ("", "") } else { (name, " ") };
        text.push_str(&format!(
            "{name}{blank}({}{note}), {}:\n{}\n\n",
            of("author_type"),
            of("created_at"),
            of("body")
        ));
    }
    text.truncate(text.trim_end().len());
    text
}

/// Calls another tool, for as much as a document has.
fn ask(context: &mut Context<'_>, tool: &Tool, given: Map<String, Value>) -> Result<Value, Failure> {
    let schema = (tool.input)();
    let known: Vec<&str> =
        schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let arguments = Arguments::parse(&Value::Object(given).to_string(), &known)?.read_by(Reader::Person);
    let output = (tool.call)(context, &arguments)?;
    serde_json::from_str(&output.structured)
        .map_err(|_| Failure::from(ArgumentError("The answer cannot be read.".to_owned())))
}

/// What a query asks for.
struct Asked {
    contacts: bool,
    articles: bool,
    words: String,
    filters: Map<String, Value>,
    limit: usize,
}

impl Asked {
    fn read(typed: &str) -> Self {
        let mut asked = Self {
            contacts: false,
            articles: false,
            words: String::new(),
            filters: Map::new(),
            limit: RESULTS,
        };
        if !typed.contains("object_type:") {
            typed.clone_into(&mut asked.words);
            return asked;
        }
        let mut words: Vec<String> = Vec::new();
        for piece in pieces(typed) {
            let Some((name, value)) = piece.split_once(':') else {
                words.push(piece);
                continue;
            };
            let (operator, value) = match value.split_once(':') {
                Some((operator @ ("eq" | "contains" | "gt" | "gte" | "lt" | "lte" | "in"), value)) => {
                    (operator, value)
                }
                _ => ("eq", value),
            };
            let value = value.trim_matches('"').to_owned();
            let after = operator.starts_with('g');
            let mut set =
                |name: &str, value: String| drop(asked.filters.insert(name.to_owned(), value.into()));
            match name {
                "object_type" => {
                    asked.contacts = value.starts_with("contact");
                    asked.articles = value.starts_with("article");
                }
                "limit" | "per_page" => asked.limit = value.parse().unwrap_or(RESULTS).clamp(1, MOST),
                "starting_after" => set("cursor", value),
                "state" => set("state", value),
                "open" => set("state", if value == "false" { "closed" } else { "open" }.to_owned()),
                "source_type" | "channel" => set("channel", value),
                "source_author_email" | "email" | "contact_email" => set("customer_email", value),
                "email_domain" => set("customer_email", format!("@{}", value.trim_start_matches('@'))),
                "source_author_name" | "name" => set("customer", value),
                "team_assignee_id" => set("team", value),
                "admin_assignee_id" => set("assignee", value),
                "tag" | "tag_id" | "tag_ids" => set("tags", value),
                "created_at" if after => set("created_after", time(value)),
                "created_at" => set("created_before", time(value)),
                "updated_at" if after => set("updated_after", time(value)),
                "updated_at" => set("updated_before", time(value)),
                "q" | "source_body" | "source_subject" => words.push(value),
                // A field of Intercom's that the cache has under no name: its value is a word.
                _ => words.push(value),
            }
        }
        asked.words = words.join(" ");
        asked
    }
}

/// Intercom counts in seconds; other times are as somebody writes them.
fn time(value: String) -> String {
    let seconds = value.parse().ok().map(crate::time::UnixSeconds);
    seconds.map_or(value, crate::time::UnixSeconds::to_iso)
}

/// Split at blanks outside quotation marks.
fn pieces(typed: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut quoted = false;
    for letter in typed.chars() {
        quoted ^= letter == '"';
        match pieces.last_mut() {
            Some(piece) if quoted || !letter.is_whitespace() => piece.push(letter),
            _ => pieces.push(String::new()),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intercoms_query_language_is_understood_as_far_as_the_cache_goes() {
        let asked =
            Asked::read("object_type:conversations state:open source_type:email q:\"card declined\" limit:7");
        assert_eq!((asked.contacts, asked.limit, asked.words.as_str()), (false, 7, "card declined"));
        assert_eq!(Value::Object(asked.filters), json!({"state": "open", "channel": "email"}));
        let asked = Asked::read(
            "object_type:conversations source_body:contains:\"refund\" created_at:gt:1780000000 limit:900",
        );
        assert_eq!((asked.words.as_str(), asked.limit), ("refund", 100));
        assert_eq!(Value::Object(asked.filters), json!({"created_after": "2026-05-28T20:26:40+00:00"}));
        let asked = Asked::read("object_type:contacts email_domain:\"example.com\"");
        assert!(asked.contacts && asked.filters["customer_email"] == "@example.com");
        let words = Asked::read("why: does \"it fail\" at 10:30");
        assert_eq!((words.words.as_str(), words.filters.len()), ("why: does \"it fail\" at 10:30", 0));
    }
}
