//! The page: what it says, in which order, and what it says when there is nothing.

use maud::{Markup, Render, html};

use super::charts::{self, count_in_words};
use super::figures::{Named, Report, Stretch};
use super::format::{duration, percent};
use crate::store::statistics::Figures;
use crate::tools::figures::Definitions;
use crate::tools::found::FoundConversation;
use crate::tools::zone::Step;

/// Rows of a table of names.
const MOST_ROWS: usize = 12;

/// One figure in words, unless there is none.
type InWords = fn(&Figures) -> Option<String>;

/// The figures that are asked for first.
const TILES: &[(&str, InWords)] = &[
    ("Conversations", |of| Some(of.conversations.to_string())),
    ("Closed by now", |of| (of.conversations > 0).then(|| percent(of.closed, of.conversations))),
    ("First response, median", |of| of.first_response.map(|spread| duration(spread.median))),
    ("First response, 90 % within", |of| of.first_response.map(|spread| duration(spread.p90))),
    ("Resolution, median", |of| of.resolution.map(|spread| duration(spread.median))),
    ("Rating, average", |of| of.rating_average.map(|average| format!("{average:.2} of 5"))),
    ("Resolved by the AI agent", |of| (of.ai_involved > 0).then(|| percent(of.ai_resolved, of.ai_involved))),
];

/// The whole document.
pub fn render(report: &Report) -> String {
    let title = match &report.workspace {
        Some(name) => format!("Customer conversations, {name}"),
        None => "Customer conversations".to_owned(),
    };
    let body = html! {
        (header(report, &title))
        main {
            (tiles(report))
            (volume(report))
            (first_response(report))
            (waiting(report))
            (ratings(&report.all))
            (names("Tags", "A conversation with several tags counts for each.", &report.tags, "untagged"))
            (names("Teams", "By the team a conversation is assigned to now.", &report.teams, "unassigned"))
            (names("Teammates", "By the teammate in charge now.", &report.assignees, "unassigned"))
        }
        (footer(report))
    };
    super::standalone(&title, &body)
}

fn header(report: &Report, title: &str) -> Markup {
    let (zone, freshness) = (&report.zone, &report.freshness.message);
    html! {
        header {
            h1 { (title) }
            p {
                (report.first_day()) " to " (report.last_day()) " (" (zone.name()) "). "
                "Made on " (zone.minute(report.now)) "."
            }
            @if report.freshness.data_complete {
                p.fresh { "Complete: " (freshness) }
            } @else {
                p.warning role="note" { "Not complete: " (freshness) }
            }
        }
    }
}

/// A part of the page, which those who hear it can jump to by its title.
fn section(id: &str, title: &str, content: &Markup) -> Markup {
    html! { section aria-labelledby=(id) { h2 id=(id) { (title) } (content) } }
}

fn tiles(report: &Report) -> Markup {
    let content = html! {
        dl.tiles {
            @for (name, figure) in TILES {
                div {
                    dt { (name) }
                    dd {
                        (figure(&report.all).as_deref().unwrap_or("no data"))
                        @if let Some(before) = &report.previous {
                            small { (figure(before).as_deref().unwrap_or("none")) " before" }
                        }
                    }
                }
            }
            div { dt { "Waiting now" } dd { (report.waiting_now()) } }
        }
        p.hint {
            @if report.previous.is_some() {
                "Before: the period of equal length before this one."
            } @else {
                "The period before is not wholly in the cache, so nothing is compared with it."
            }
        }
    };
    section("overview", "Overview", &content)
}

fn step_name(step: Step) -> &'static str {
    match step {
        Step::Day => "day",
        Step::Week => "week (from its Monday)",
        Step::Month => "month",
    }
}

fn volume(report: &Report) -> Markup {
    let title = format!("Conversations per {}", step_name(report.step));
    let content = html! {
        @if report.all.conversations == 0 {
            p.none { "No conversation was created in this period, as far as the cache knows." }
        } @else {
            (charts::columns("volume-chart", &title, &report.series))
            @if report.zone.date(report.end) == report.zone.date(report.now) {
                p.hint { "The last one is not over yet." }
            }
            (as_table("From", ["Created", "Closed by now"], &report.series, |of| {
                [of.figures.conversations, of.figures.closed].map(|count| count_in_words(of, count))
            }))
        }
    };
    section("volume", &title, &content)
}

/// The figures of a chart, for those who cannot see it or want to know exactly.
fn as_table<const N: usize>(
    first: &str,
    others: [&str; N],
    series: &[Stretch],
    figures: impl Fn(&Stretch) -> [String; N],
) -> Markup {
    html! {
        details {
            summary { "As a table" }
            table {
                (headings(first, &others))
                tbody { @for stretch in series { tr {
                    th scope="row" { (stretch.name) }
                    @for figure in figures(stretch) { td.n { (figure) } }
                } } }
            }
        }
    }
}

/// The head of a table: words in the first column, figures in the others. That of the bars has no name.
fn headings(first: &str, others: &[&str]) -> Markup {
    html! {
        thead { tr {
            th scope="col" { (first) }
            @for name in others { @if name.is_empty() { td {} } @else { th.n scope="col" { (name) } } }
        } }
    }
}

fn first_response(report: &Report) -> Markup {
    let title = format!("First response of a human per {}", step_name(report.step));
    let content = html! {
        @if report.all.first_response.is_none() {
            p.none { "No conversation of this period has been answered by a human yet." }
        } @else {
            p.legend {
                span.key.median {} "Median "
                span.key.p90 {} "90 % are answered within"
            }
            (charts::lines("response-chart", &title, &report.series))
            (as_table("Created from", ["Answered", "Median", "90 % within"], &report.series, |of| {
                let spread = of.figures.first_response;
                [
                    count_in_words(of, spread.map_or(0, |spread| spread.count)),
                    or_dash(spread.map(|spread| duration(spread.median))),
                    or_dash(spread.map(|spread| duration(spread.p90))),
                ]
            }))
        }
    };
    section("response", &title, &content)
}

fn or_dash(figure: Option<String>) -> String {
    figure.unwrap_or_else(|| "–".to_owned())
}

fn waiting(report: &Report) -> Markup {
    let content = html! {
        @if report.waiting_now() == 0 {
            p.none { "No customer waits for a reply, as far as the cache knows." }
        } @else {
            p.hint { "Of all conversations in the cache, whenever they were created." }
            (counts("Waiting", &report.waiting))
            @if !report.longest.is_empty() {
                h3 { "Who waits longest" }
                ol.longest { @for row in &report.longest { (waiting_one(&row.found)) } }
            }
        }
    };
    section("waiting", "Waiting for a reply now", &content)
}

/// A table of counts, each with its bar.
fn counts(title: &str, rows: &[(impl Render, usize)]) -> Markup {
    let largest = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
    html! {
        table.bars {
            (headings(title, &["Count", ""]))
            tbody { @for (name, count) in rows { tr {
                th scope="row" { (name) }
                td.n { (count) }
                td.wide { (charts::bar(*count, largest)) }
            } } }
        }
    }
}

fn waiting_one(row: &FoundConversation) -> Markup {
    let about = &row.summary;
    let email = about.customer_email.as_ref().filter(|email| !email.is_empty());
    // The tool builds the address from an id and a code that it has checked.
    let is_intercoms = |url: &&String| {
        ["", "eu.", "au."].iter().any(|region| url.starts_with(&format!("https://app.{region}intercom.com/")))
    };
    html! {
        li {
            strong { (about.customer_name.as_ref().or(email).unwrap_or(&about.id)) }
            @if let Some(title) = &about.title { ": " (title) }
            " " span { "waits " (about.waiting.as_deref().unwrap_or_default()) }
            @if let Some(name) = &about.assignee { " · " (name) }
            @if let Some(name) = &about.team { " · team " (name) }
            " · "
            @if let Some(url) = row.url.as_ref().filter(is_intercoms) {
                a rel="noreferrer" href=(url) { (about.id) }
            } @else {
                (about.id)
            }
        }
    }
}

fn ratings(all: &Figures) -> Markup {
    let counted = all.rating_counts.iter().enumerate().rev();
    let rows: Vec<_> = counted.map(|(index, count)| (format!("{} of 5", index + 1), *count)).collect();
    let content = html! {
        @if all.ratings == 0 {
            p.none { "No conversation of this period was rated." }
        } @else {
            p.hint {
                (all.ratings) " of " (all.conversations) " conversations were rated; "
                (percent(all.satisfied, all.ratings)) " of the ratings are 4 or 5."
            }
            (counts("Rating", &rows))
        }
    };
    section("ratings", "Ratings", &content)
}

/// A table of names with their figures. `none` is the name of those without one.
fn names(title: &str, hint: &str, groups: &Named, none: &str) -> Markup {
    let (nameless, named): (Vec<_>, Vec<_>) = groups.iter().partition(|(name, _)| name == none);
    let content = html! {
        @if groups.is_empty() {
            p.none { "No conversation was created in this period." }
        } @else if named.is_empty() {
            p.none { "All conversations of this period are " (none) "." }
        } @else {
            p.hint { (hint) }
            (names_as_table(&named, &nameless, none))
        }
    };
    section(title, title, &content)
}

fn names_as_table(named: &[&(String, Figures)], nameless: &[&(String, Figures)], none: &str) -> Markup {
    let largest = |groups: &[&(String, Figures)]| {
        groups.iter().map(|(_, figures)| figures.conversations).max().unwrap_or(0)
    };
    // Those without a name are often by far the most; a scale for their bar would make all others
    // look alike.
    let scale = largest(nameless).clamp(largest(named), largest(named).saturating_mul(2));
    html! {
        table.bars {
            (headings("Name", &["Count", "", "First response", "Rating"]))
            tbody {
                @for (name, figures) in named.iter().take(MOST_ROWS) {
                    (row(name, figures, &charts::bar(figures.conversations, scale)))
                }
                @for (name, figures) in nameless {
                    (row(name, figures, &charts::bar_of_nameless(figures.conversations, scale)))
                }
            }
        }
        @if largest(nameless) > scale {
            p.hint { "The bar for “" (none) "” is cut short." }
        }
        @if named.len() > MOST_ROWS {
            p.hint { (named.len() - MOST_ROWS) " more with fewer conversations are left out." }
        }
    }
}

/// A name with its figures.
fn row(name: &str, figures: &Figures, bar: &Markup) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            td.n { (figures.conversations) }
            td.wide { (bar) }
            td.n { (or_dash(figures.first_response.map(|spread| duration(spread.median)))) }
            td.n { (or_dash(figures.rating_average.map(|average| format!("{average:.1}")))) }
        }
    }
}

fn footer(report: &Report) -> Markup {
    html! {
        footer {
            h2 { "How it is counted" }
            dl {
                @for (name, words) in Definitions::of(&report.all).0 {
                    dt { (name.replace('_', " ")) }
                    dd { (words) }
                }
            }
            p { "Made by FastIntercom from its cache of Intercom. This page loads nothing from anywhere." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::options::Options;
    use super::super::figures::gather;
    use super::*;
    use crate::tools::tests::fixture::Workspace;

    #[test]
    fn text_cannot_become_markup() {
        let hostile = "https://app.intercom.com/\" onload='x' & <script>";
        let mut report = Workspace::filled()
            .with(|context| gather(context, &Options::parse("{}", &[])?))
            .expect("a report");
        let row = &mut report.longest[0].found;
        row.url = Some(hostile.to_owned());
        row.summary.title = Some(hostile.to_owned());
        let page = render(&report);
        for (before, after) in [("href=\"", "\">"), ("</strong>: ", " <span>")] {
            let inside = page.split_once(before).and_then(|(_, rest)| rest.split_once(after));
            let inside = inside.expect("an address and a title").0;
            assert!(!inside.contains(['<', '>', '"']), "{inside}");
            assert_eq!(html_escape::decode_html_entities(inside), hostile);
        }
    }
}
