//! Charts as inline SVG. The scales around them are HTML, so that their letters keep their size
//! on a phone. Each chart has a title and a description for those who hear the page, and the
//! table that follows it holds all its figures.

use super::figures::Stretch;
use super::format::{duration, round_count, round_duration};
use super::html::Html;

/// Width of one column in the drawing's own units; its height is 100.
const COLUMN: f64 = 10.0;

/// Columns with the number of conversations.
pub fn columns(html: &mut Html, id: &'static str, title: &str, series: &[Stretch]) {
    let count = |stretch: &Stretch| stretch.figures.conversations;
    let busiest = series.iter().max_by_key(|stretch| count(stretch));
    let largest = busiest.map_or(0, count);
    let busiest = busiest.map_or("", |stretch| stretch.name.as_str());
    let top = round_count(largest);
    let total: usize = series.iter().map(count).sum();
    let description =
        format!("{total} in all, at most {largest} at a time, on {busiest}.{}", uncovered_in_words(series));
    begin(html, [top.to_string(), (top / 2).to_string()], series.len(), id, title, &description);
    uncovered(html, series);
    html.markup("<g class=\"bars\">");
    for (index, stretch) in series.iter().enumerate() {
        let count = count(stretch);
        let height = count as f64 / top as f64 * 100.0;
        html.markup("<rect x=\"").number(index as f64 * COLUMN + 1.0);
        html.markup("\" y=\"").number(100.0 - height);
        html.markup("\" width=\"8\" height=\"").number(height);
        let count = count_in_words(stretch, count);
        html.markup("\"><title>").text(&format!("{}: {count}", stretch.name)).markup("</title></rect>");
    }
    html.markup("</g>");
    end(html, series.iter().map(|stretch| stretch.name.as_str()));
}

/// A count of that stretch: of what the cache has not read nobody can say that it is none, or all.
pub fn count_in_words(stretch: &Stretch, count: usize) -> String {
    match (stretch.covered, count) {
        (true, count) => count.to_string(),
        (false, 0) => "unknown".to_owned(),
        (false, count) => format!("at least {count}"),
    }
}

fn uncovered_in_words(series: &[Stretch]) -> String {
    match series.iter().filter(|stretch| !stretch.covered).count() {
        0 => String::new(),
        count => format!(" The cache does not hold {count} of these {} completely.", series.len()),
    }
}

/// A hatched ground behind what the cache does not hold completely.
fn uncovered(html: &mut Html, series: &[Stretch]) {
    let places = series.iter().enumerate().filter(|(_, stretch)| !stretch.covered);
    for (index, stretch) in places {
        let left = index as f64 * COLUMN;
        html.markup("<g class=\"uncovered\"><rect x=\"").number(left);
        html.markup("\" y=\"0\" width=\"10\" height=\"100\"><title>").text(&stretch.name);
        html.markup(": not in the cache, or not completely</title></rect><path d=\"");
        for height in [25.0, 50.0, 75.0, 100.0] {
            html.markup("M").number(left).markup(" ").number(height);
            html.markup("L").number(left + COLUMN).markup(" ").number(height - 25.0);
        }
        html.markup("\"/></g>");
    }
}

/// What is drawn as a line: median and 90th percentile, in seconds.
type Pair = Option<(i64, i64)>;

/// The two lines of first responses; where there is no value the line has a gap.
pub fn lines(html: &mut Html, id: &'static str, title: &str, series: &[Stretch]) {
    let values: Vec<Pair> = series
        .iter()
        .map(|stretch| stretch.figures.first_response.map(|spread| (spread.median, spread.p90)))
        .collect();
    let largest = values.iter().flatten().map(|(_, higher)| *higher).max().unwrap_or(0);
    let top = round_duration(largest);
    let known = values.iter().flatten().count();
    let description = format!(
        "{known} of {} points have a value; the highest is {}.{}",
        values.len(),
        duration(largest),
        uncovered_in_words(series)
    );
    begin(html, [duration(top), duration(top / 2)], values.len(), id, title, &description);
    uncovered(html, series);
    let place = |index: usize, seconds: i64| {
        (index as f64 * COLUMN + COLUMN / 2.0, 100.0 - seconds as f64 / top as f64 * 100.0)
    };
    let higher: Vec<_> = points(&values, |(_, higher)| higher, place);
    let lower: Vec<_> = points(&values, |(lower, _)| lower, place);
    line(html, "<path class=\"line p90\" d=\"", &higher);
    line(html, "<path class=\"line median\" d=\"", &lower);
    dots(html, "<path class=\"dots p90\" d=\"", &higher);
    dots(html, "<path class=\"dots median\" d=\"", &lower);
    end(html, series.iter().map(|stretch| stretch.name.as_str()));
}

type Point = Option<(f64, f64)>;

fn points(
    values: &[Pair],
    which: impl Fn((i64, i64)) -> i64,
    place: impl Fn(usize, i64) -> (f64, f64),
) -> Vec<Point> {
    values.iter().enumerate().map(|(index, pair)| pair.map(|pair| place(index, which(pair)))).collect()
}

fn line(html: &mut Html, open: &'static str, points: &[Point]) {
    html.markup(open);
    let mut drawing = false;
    for point in points {
        match point {
            Some((x, y)) => {
                html.markup(if drawing { "L" } else { "M" }).number(*x).markup(" ").number(*y);
                drawing = true;
            }
            None => drawing = false,
        }
    }
    html.markup("\"/>");
}

/// Points without length, which the round ends of a stroke make dots of whatever the scale.
fn dots(html: &mut Html, open: &'static str, points: &[Point]) {
    html.markup(open);
    for (x, y) in points.iter().flatten() {
        html.markup("M").number(*x).markup(" ").number(*y).markup("h0");
    }
    html.markup("\"/>");
}

fn begin(
    html: &mut Html,
    scale: [String; 2],
    columns: usize,
    id: &'static str,
    title: &str,
    description: &str,
) {
    html.markup("<div class=\"plot\"><div class=\"scale\" aria-hidden=\"true\">");
    for label in scale.iter().map(String::as_str).chain(["0"]) {
        html.element("<span>", label, "</span>");
    }
    html.markup("</div><svg viewBox=\"0 0 ").number(columns as f64 * COLUMN);
    html.markup(" 100\" preserveAspectRatio=\"none\" role=\"img\" aria-labelledby=\"");
    html.text(id).markup("-t ").text(id).markup("-d\"><title id=\"").text(id).markup("-t\">").text(title);
    html.markup("</title><desc id=\"").text(id).markup("-d\">").text(description).markup("</desc>");
    html.markup("<path class=\"grid\" d=\"M0 0H").number(columns as f64 * COLUMN);
    html.markup("M0 50H").number(columns as f64 * COLUMN);
    html.markup("M0 100H").number(columns as f64 * COLUMN).markup("\"/>");
}

/// The labels below: first, middle and last.
fn end<'a>(html: &mut Html, labels: impl ExactSizeIterator<Item = &'a str> + Clone) {
    let count = labels.len();
    html.markup("</svg><div class=\"times\" aria-hidden=\"true\">");
    let shown = match count {
        0 => vec![],
        1 => vec![0],
        2..5 => vec![0, count - 1],
        _ => vec![0, count / 2, count - 1],
    };
    for index in shown {
        html.element("<span>", labels.clone().nth(index).unwrap_or_default(), "</span>");
    }
    html.markup("</div></div>");
}

/// A bar in a cell of a table, as long as its part of the largest. The figure stands beside it.
pub fn bar(html: &mut Html, part: usize, largest: usize) {
    html.markup("<svg class=\"bar\" aria-hidden=\"true\">");
    length(html, part, largest);
    html.markup("</svg>");
}

/// The bar of those without a name, which is no competitor of the named: in another colour, and with
/// a break when it would be longer than the whole scale.
pub fn bar_of_nameless(html: &mut Html, part: usize, largest: usize) {
    html.markup("<svg class=\"bar nameless\" aria-hidden=\"true\">");
    if part > largest {
        html.markup("<rect width=\"90%\" height=\"100%\"/><rect x=\"93%\" width=\"7%\" height=\"100%\"/>");
    } else {
        length(html, part, largest);
    }
    html.markup("</svg>");
}

fn length(html: &mut Html, part: usize, largest: usize) {
    let share = if largest == 0 { 0.0 } else { part as f64 / largest as f64 * 100.0 };
    html.markup("<rect width=\"").number(share).markup("%\" height=\"100%\"/>");
}
