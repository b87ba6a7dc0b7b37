//! `query_database`: one SELECT over documented views, for what no other tool covers.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Number, Value, json};
use serde_with::skip_serializing_none;

use super::answer::{bytes, counted, finished};
use super::content::{Content, cut};
use super::{Arguments, Context, Failure, Outcome, Reader, Tool, ToolLimits, disclosure, freshness, schema};
use crate::store::free_sql::{self, Cell, FreeSqlError};

const DEFAULT_LIMIT: i64 = 50;
const MOST: i64 = 500;
/// The same for a program, with all its rows at once.
const MOST_FOR_PROGRAMS: i64 = 100_000;
/// Bytes of JSON of the rows: some 6,000 tokens.
const BUDGET: usize = 24_000;
/// Characters of one text in a row.
const TEXT: usize = 2_000;

/// One step of SQLite, such as `instr` of two long texts, cannot be ended from within and may take
/// half a minute. So the host ends the call a second after SQLite's own end should have come, and
/// two such calls leave the other readers to the other tools.
const LIMITS: ToolLimits = ToolLimits { milliseconds: 4_000, at_once: 2 };

pub const TOOL: Tool = Tool {
    name: "query_database",
    title: "Query with SQL",
    description: "One read-only SQLite SELECT over the cache, for questions no other tool answers. Views: v_conversations(conversation_id, created_at, updated_at, title, state, priority, channel, customer_email, customer_name, company_name, assignee, team, message_count, waiting_since, first_response_seconds, resolution_seconds, reopen_count, rating, rating_remark, ai_involved, ai_outcome, custom_attributes, …), v_messages(message_id, conversation_id, created_at, author_type, author_name, is_note, is_ai, body, …), v_tags(conversation_id, tag), v_events(conversation_id, kind, created_at, assigned_to, …), v_ai_sources(conversation_id, title, url), v_links(conversation_id, kind, linked_id, category), v_articles(article_id, title, body, fin_involvements, …), v_tickets(ticket_id, title, type, state, open, customers, conversations, …), v_ticket_parts(ticket_id, body, …), v_contacts, v_companies, v_teammates, v_teams, v_syncs. SELECT * … LIMIT 1 shows all columns. Times are UTC ISO text.",
    input,
    output: schema::of::<QueryAnswer>(),
    boolean: None,
    syncs: false,
    limits: Some(LIMITS),
    drawn: false,
    call,
};

fn input() -> Value {
    schema::arguments(
        json!({
            "sql": schema::text("A SELECT, ended after 3 seconds, such as SELECT tag, count(*) AS n FROM v_tags GROUP BY tag ORDER BY n DESC."),
            "limit": schema::integer(&format!("Rows at most: 1 to {MOST}, default {DEFAULT_LIMIT}."))
        }),
        &["sql"],
    )
}

#[skip_serializing_none]
#[derive(Serialize, JsonSchema)]
struct QueryAnswer {
    columns: Vec<String>,
    rows: Vec<Vec<Shown>>,
    #[schemars(skip)]
    as_of: Option<String>,
    #[schemars(skip)]
    notice: Option<String>,
}

/// A cell as it is shown.
#[derive(Serialize, JsonSchema)]
#[schemars(description = "")]
#[serde(untagged)]
enum Shown {
    Text(String),
    Number(Number),
    Null,
}

fn call(context: &mut Context<'_>, arguments: &Arguments) -> Outcome {
    let sql = arguments.required("sql", "SELECT state, count(*) FROM v_conversations GROUP BY state")?;
    let for_program = arguments.reader == Reader::Program;
    let most = if for_program { MOST_FOR_PROGRAMS } else { MOST };
    let limit = arguments.integer("limit", 1, most)?.unwrap_or(DEFAULT_LIMIT);
    let limit = usize::try_from(limit).unwrap_or(1);
    let budget = arguments.reader.budget(BUDGET);
    let text = if for_program { budget } else { TEXT };
    let content = Content::new(&context.settings.redactions);
    let redactions = context.settings.redactions.clone();
    // Notices a file that was replaced; the SELECT is a transaction of its own.
    let as_of = context.reading(|connection| Ok(freshness::as_of(connection)?))?;
    let mut rows: Vec<Vec<Shown>> = Vec::new();
    let mut used = 0;
    let mut too_large = false;
    let table = free_sql::select(context.store.connection_mut(), &sql, &redactions, |cells| {
        if rows.len() >= limit {
            return false;
        }
        let row: Vec<Shown> = cells.iter().map(|cell| shown(cell, content, text)).collect();
        used += bytes(&row) + 1;
        too_large = used > budget;
        if !too_large {
            rows.push(row);
        }
        !too_large
    });
    let table = table.map_err(|error| match error {
        FreeSqlError::Refused(sentence) => Failure::Refused(content.line_of_error(&sentence)),
        FreeSqlError::Store(error) => Failure::Store(error),
    })?;
    disclose(&table);
    let shown = counted(rows.len() as i64, "row");
    let notice = table.more.then(|| {
        let reason = if too_large {
            "a row more would be too much for one answer: select fewer columns, or substr(body, 1, 300)"
        } else {
            "raise limit, or page with LIMIT and OFFSET"
        };
        let which = if rows.len() == 1 { "row is".to_owned() } else { format!("{shown} are") };
        format!("Only the first {which} shown; {reason}.")
    });
    let columns = table.columns.iter().take(200).map(|name| cut(&content.line(name), 60)).collect();
    Ok(finished(&QueryAnswer { columns, rows, as_of, notice }, format!("{shown}.")))
}

/// The ids in the columns that are called as in the views. What else a statement shows of a
/// conversation, its text in the log tells.
fn disclose(table: &free_sql::Table) {
    disclosure::rows(table.rows.len());
    let ids = |name: &str| {
        let place = table.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
        table.rows.iter().filter_map(move |row| match row.get(place?) {
            Some(Cell::Text(id)) => Some(id.as_str()),
            _ => None,
        })
    };
    for id in ids("conversation_id") {
        disclosure::conversation(id, None);
    }
    for id in ids("contact_id") {
        disclosure::contact(id);
    }
}

fn shown(cell: &Cell, content: Content<'_>, most: usize) -> Shown {
    match cell {
        Cell::Null => Shown::Null,
        Cell::Integer(value) => Shown::Number((*value).into()),
        Cell::Real(value) => Number::from_f64(*value).map_or(Shown::Null, Shown::Number),
        Cell::Text(text) => Shown::Text(cut(&content.text(text), most)),
        Cell::Blob(length) => Shown::Text(format!("[{length} bytes]")),
    }
}
