//! The page: what it says, in which order, and what it says when there is nothing.

use super::charts;
use super::figures::{Named, Report};
use super::format::{duration, percent};
use super::html::Html;
use crate::store::statistics::{Figures, Spread};
use crate::tools::figures::Definitions;
use crate::tools::found::FoundConversation;
use crate::tools::timeframe::Step;

/// Rows of a table of names.
const MOST_ROWS: usize = 12;

/// The whole document.
pub fn render(report: &Report) -> String {
    let mut html = Html::default();
    let title = match &report.workspace {
        Some(name) => format!("Customer conversations, {name}"),
        None => "Customer conversations".to_owned(),
    };
    html.head(&title);
    header(&mut html, report, &title);
    html.markup("<main>");
    tiles(&mut html, report);
    volume(&mut html, report);
    first_response(&mut html, report);
    waiting(&mut html, report);
    ratings(&mut html, &report.all);
    names(&mut html, "Tags", "A conversation with several tags counts for each.", &report.tags, "untagged");
    names(&mut html, "Teams", "By the team a conversation is assigned to now.", &report.teams, "unassigned");
    names(&mut html, "Teammates", "By the teammate in charge now.", &report.assignees, "unassigned");
    html.markup("</main>");
    footer(&mut html, report);
    html.markup("</body></html>\n");
    html.into_string()
}

fn header(html: &mut Html, report: &Report, title: &str) {
    html.markup("<header>").element("<h1>", title, "</h1><p>");
    html.text(&format!(
        "{} to {} ({}). Made on {}.",
        report.first_day(),
        report.last_day(),
        report.zone.name(),
        report.zone.minute(report.now)
    ));
    html.markup("</p>");
    let freshness = &report.freshness.message;
    if report.freshness.data_complete {
        html.element("<p class=\"fresh\">", &format!("Complete: {freshness}"), "</p>");
    } else {
        html.element("<p class=\"warning\" role=\"note\">", &format!("Not complete: {freshness}"), "</p>");
    }
    html.markup("</header>");
}

/// The figures that are asked for first.
fn tiles(html: &mut Html, report: &Report) {
    let (all, before) = (&report.all, report.previous.as_ref());
    let earlier = |value: &dyn Fn(&Figures) -> Option<String>| {
        before.map(|before| {
            value(before).map_or_else(|| "none before".to_owned(), |value| format!("{value} before"))
        })
    };
    let spread =
        |which: fn(&Spread) -> i64| move |spread: Option<Spread>| spread.map(|found| duration(which(&found)));
    let (median, p90) = (spread(|found| found.median), spread(|found| found.p90));
    html.markup(
        "<section aria-labelledby=\"overview\"><h2 id=\"overview\">Overview</h2><dl class=\"tiles\">",
    );
    let mut tile = |name: &str, value: Option<String>, earlier: Option<String>| {
        html.element("<div><dt>", name, "</dt><dd>");
        html.text(value.as_deref().unwrap_or("no data"));
        if let Some(earlier) = earlier {
            html.element("<small>", &earlier, "</small>");
        }
        html.markup("</dd></div>");
    };
    let count = |figures: &Figures| Some(figures.conversations.to_string());
    tile("Conversations", count(all), earlier(&count));
    let closed = |figures: &Figures| {
        (figures.conversations > 0).then(|| percent(figures.closed, figures.conversations))
    };
    tile("Closed by now", closed(all), earlier(&closed));
    tile("First response, median", median(all.first_response), earlier(&|f| median(f.first_response)));
    tile("First response, 90 % within", p90(all.first_response), earlier(&|f| p90(f.first_response)));
    tile("Resolution, median", median(all.resolution), earlier(&|f| median(f.resolution)));
    let rating = |figures: &Figures| figures.rating_average.map(|average| format!("{average:.2} of 5"));
    tile("Rating, average", rating(all), earlier(&rating));
    let ai = |figures: &Figures| {
        (figures.ai_involved > 0).then(|| percent(figures.ai_resolved, figures.ai_involved))
    };
    tile("Resolved by the AI agent", ai(all), earlier(&ai));
    tile("Waiting now", Some(report.waiting_now().to_string()), None);
    html.markup("</dl>");
    let sentence = match before {
        Some(_) => "Before: the period of equal length before this one.",
        None => "The period before is not wholly in the cache, so nothing is compared with it.",
    };
    html.element("<p class=\"hint\">", sentence, "</p></section>");
}

fn begin(html: &mut Html, id: &'static str, title: &str) {
    html.markup("<section aria-labelledby=\"").text(id).markup("\"><h2 id=\"").text(id).markup("\">");
    html.text(title).markup("</h2>");
}

fn nothing(html: &mut Html, sentence: &str) {
    html.element("<p class=\"none\">", sentence, "</p></section>");
}

fn step_name(step: Step) -> &'static str {
    match step {
        Step::Day => "day",
        Step::Week => "week (from its Monday)",
        Step::Month => "month",
    }
}

fn volume(html: &mut Html, report: &Report) {
    let title = format!("Conversations per {}", step_name(report.step));
    begin(html, "volume", &title);
    if report.all.conversations == 0 {
        return nothing(html, "No conversation was created in this period, as far as the cache knows.");
    }
    charts::columns(html, "volume-chart", &title, &report.series);
    legend_of_uncovered(html, report);
    if report.zone.date(report.end) == report.zone.date(report.now) {
        html.markup("<p class=\"hint\">The last one is not over yet.</p>");
    }
    html.markup("<details><summary>As a table</summary><table><thead><tr><th scope=\"col\">From</th><th scope=\"col\" class=\"n\">Created</th><th scope=\"col\" class=\"n\">Closed by now</th></tr></thead><tbody>");
    for stretch in &report.series {
        html.element("<tr><th scope=\"row\">", &stretch.name, "</th>");
        cell(html, &charts::count_in_words(stretch, stretch.figures.conversations));
        cell(html, &charts::count_in_words(stretch, stretch.figures.closed));
        html.markup("</tr>");
    }
    html.markup("</tbody></table></details></section>");
}

/// What the hatched ground in a chart means, where there is one.
fn legend_of_uncovered(html: &mut Html, report: &Report) {
    if report.series.iter().any(|stretch| !stretch.covered) {
        html.markup(
            "<p class=\"legend\"><span class=\"key uncovered\"></span>Not in the cache, or not completely: there may be more than is shown.</p>",
        );
    }
}

fn cell(html: &mut Html, text: &str) {
    html.element("<td class=\"n\">", text, "</td>");
}

fn first_response(html: &mut Html, report: &Report) {
    let title = format!("First response of a human per {}", step_name(report.step));
    begin(html, "response", &title);
    if report.all.first_response.is_none() {
        return nothing(html, "No conversation of this period has been answered by a human yet.");
    }
    html.markup("<p class=\"legend\"><span class=\"key median\"></span>Median <span class=\"key p90\"></span>90 % are answered within</p>");
    charts::lines(html, "response-chart", &title, &report.series);
    legend_of_uncovered(html, report);
    html.markup("<details><summary>As a table</summary><table><thead><tr><th scope=\"col\">Created from</th><th scope=\"col\" class=\"n\">Answered</th><th scope=\"col\" class=\"n\">Median</th><th scope=\"col\" class=\"n\">90 % within</th></tr></thead><tbody>");
    for stretch in &report.series {
        let spread = stretch.figures.first_response;
        html.element("<tr><th scope=\"row\">", &stretch.name, "</th>");
        cell(html, &charts::count_in_words(stretch, spread.map_or(0, |spread| spread.count)));
        for value in [spread.map(|spread| spread.median), spread.map(|spread| spread.p90)] {
            cell(html, &value.map_or_else(|| "–".to_owned(), duration));
        }
        html.markup("</tr>");
    }
    html.markup("</tbody></table></details></section>");
}

fn waiting(html: &mut Html, report: &Report) {
    begin(html, "waiting", "Waiting for a reply now");
    if report.waiting_now() == 0 {
        return nothing(html, "No customer waits for a reply, as far as the cache knows.");
    }
    html.markup("<p class=\"hint\">Of all conversations in the cache, whenever they were created.</p>");
    let largest = report.waiting.iter().map(|(_, count)| *count).max().unwrap_or(0);
    html.markup("<table class=\"bars\"><thead><tr><th scope=\"col\">Waiting</th><th scope=\"col\" class=\"n\">Count</th><td></td></tr></thead><tbody>");
    for (age, count) in &report.waiting {
        html.element("<tr><th scope=\"row\">", age, "</th>");
        cell(html, &count.to_string());
        html.markup("<td class=\"wide\">");
        charts::bar(html, *count, largest);
        html.markup("</td></tr>");
    }
    html.markup("</tbody></table>");
    if !report.longest.is_empty() {
        html.markup("<h3>Who waits longest</h3><ol class=\"longest\">");
        report.longest.iter().for_each(|row| waiting_one(html, &row.found));
        html.markup("</ol>");
    }
    html.markup("</section>");
}

fn waiting_one(html: &mut Html, row: &FoundConversation) {
    let about = &row.summary;
    let email = about.customer_email.as_ref().filter(|email| !email.is_empty());
    html.element("<li><strong>", about.customer_name.as_ref().or(email).unwrap_or(&about.id), "</strong>");
    if let Some(title) = &about.title {
        html.markup(": ").text(title);
    }
    let waiting = about.waiting.as_deref().unwrap_or_default();
    html.element(" <span>", &format!("waits {waiting}"), "</span>");
    for (before, name) in [(" · ", &about.assignee), (" · team ", &about.team)] {
        if let Some(name) = name {
            html.markup(before).text(name);
        }
    }
    // The tool builds the address from an id and a code that it has checked.
    let is_intercoms = |url: &&String| {
        ["", "eu.", "au."].iter().any(|region| url.starts_with(&format!("https://app.{region}intercom.com/")))
    };
    html.markup(" · ");
    if let Some(url) = row.url.as_ref().filter(is_intercoms) {
        html.markup("<a rel=\"noreferrer\" href=\"").text(url).markup("\">");
        html.text(&about.id).markup("</a>");
    } else {
        html.text(&about.id);
    }
    html.markup("</li>");
}

fn ratings(html: &mut Html, all: &Figures) {
    begin(html, "ratings", "Ratings");
    if all.ratings == 0 {
        return nothing(html, "No conversation of this period was rated.");
    }
    html.element(
        "<p class=\"hint\">",
        &format!(
            "{} of {} conversations were rated; {} of the ratings are 4 or 5.",
            all.ratings,
            all.conversations,
            percent(all.satisfied, all.ratings)
        ),
        "</p>",
    );
    html.markup("<table class=\"bars\"><thead><tr><th scope=\"col\">Rating</th><th scope=\"col\" class=\"n\">Count</th><td></td></tr></thead><tbody>");
    let largest = all.rating_counts.into_iter().max().unwrap_or(0);
    for (index, count) in all.rating_counts.iter().enumerate().rev() {
        html.element("<tr><th scope=\"row\">", &format!("{} of 5", index + 1), "</th>");
        cell(html, &count.to_string());
        html.markup("<td class=\"wide\">");
        charts::bar(html, *count, largest);
        html.markup("</td></tr>");
    }
    html.markup("</tbody></table></section>");
}

/// A table of names with their figures. `none` is the name of those without one.
fn names(html: &mut Html, title: &'static str, hint: &str, groups: &Named, none: &str) {
    begin(html, title, title);
    if groups.iter().all(|(name, _)| name == none) {
        let sentence = match groups.is_empty() {
            true => "No conversation was created in this period.".to_owned(),
            false => format!("All conversations of this period are {none}."),
        };
        return nothing(html, &sentence);
    }
    html.element("<p class=\"hint\">", hint, "</p>");
    html.markup("<table class=\"bars\"><thead><tr><th scope=\"col\">Name</th><th scope=\"col\" class=\"n\">Count</th><td></td><th scope=\"col\" class=\"n\">First response</th><th scope=\"col\" class=\"n\">Rating</th></tr></thead><tbody>");
    let (nameless, named): (Vec<_>, Vec<_>) = groups.iter().partition(|(name, _)| name == none);
    let largest = |groups: &[&(String, Figures)]| {
        groups.iter().map(|(_, figures)| figures.conversations).max().unwrap_or(0)
    };
    // Those without a name are often by far the most; a scale for their bar would make all others
    // look alike.
    let scale = largest(&nameless).clamp(largest(&named), largest(&named).saturating_mul(2));
    for (name, figures) in named.iter().take(MOST_ROWS) {
        row(html, name, figures, scale, charts::bar);
    }
    for (name, figures) in &nameless {
        row(html, name, figures, scale, charts::bar_of_nameless);
    }
    html.markup("</tbody></table>");
    if largest(&nameless) > scale {
        html.element("<p class=\"hint\">", &format!("The bar for “{none}” is cut short."), "</p>");
    }
    if named.len() > MOST_ROWS {
        let rest = named.len() - MOST_ROWS;
        html.element(
            "<p class=\"hint\">",
            &format!("{rest} more with fewer conversations are left out."),
            "</p>",
        );
    }
    html.markup("</section>");
}

/// A name with its figures, and a bar on a scale up to `largest`.
fn row(html: &mut Html, name: &str, figures: &Figures, largest: usize, bar: fn(&mut Html, usize, usize)) {
    html.element("<tr><th scope=\"row\">", name, "</th>");
    cell(html, &figures.conversations.to_string());
    html.markup("<td class=\"wide\">");
    bar(html, figures.conversations, largest);
    html.markup("</td>");
    cell(html, &figures.first_response.map_or_else(|| "–".to_owned(), |spread| duration(spread.median)));
    cell(html, &figures.rating_average.map_or_else(|| "–".to_owned(), |average| format!("{average:.1}")));
    html.markup("</tr>");
}

fn footer(html: &mut Html, report: &Report) {
    html.markup("<footer><h2>How it is counted</h2><dl>");
    for (name, words) in Definitions::of(&report.all).0 {
        html.element("<dt>", &name.replace('_', " "), "</dt>");
        html.element("<dd>", words, "</dd>");
    }
    html.markup("</dl><p>Made by FastIntercom from its cache of Intercom. This page loads nothing from anywhere.</p></footer>");
}
