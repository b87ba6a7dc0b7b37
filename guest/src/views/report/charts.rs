//! Charts as inline SVG. The scales around them are HTML, so that their letters keep their size
//! on a phone. Each chart has a title and a description for those who hear the page, and the
//! table that follows it holds all its figures.

use super::format::{duration, round_count, round_duration};
use super::html::Html;

/// Width of one column in the drawing's own units; its height is 100.
const COLUMN: f64 = 10.0;

/// Columns of counts, one for each label.
pub fn columns(html: &mut Html, id: &'static str, title: &str, values: &[(String, usize)]) {
    let largest = values.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let top = round_count(largest);
    let total: usize = values.iter().map(|(_, count)| count).sum();
    let busiest = values.iter().max_by_key(|(_, count)| *count).map_or("", |(label, _)| label.as_str());
    let description = format!("{total} in all, at most {largest} at a time, on {busiest}.");
    begin(html, [top.to_string(), (top / 2).to_string()], values.len(), id, title, &description);
    html.markup("<g class=\"bars\">");
    for (index, (label, count)) in values.iter().enumerate() {
        let height = *count as f64 / top as f64 * 100.0;
        html.markup("<rect x=\"").number(index as f64 * COLUMN + 1.0);
        html.markup("\" y=\"").number(100.0 - height);
        html.markup("\" width=\"8\" height=\"").number(height);
        html.markup("\"><title>").text(&format!("{label}: {count}")).markup("</title></rect>");
    }
    html.markup("</g>");
    end(html, values.iter().map(|(label, _)| label.as_str()));
}

/// Two lines of durations, in seconds; where there is no value the line has a gap.
pub fn lines(html: &mut Html, id: &'static str, title: &str, values: &[(String, Option<(i64, i64)>)]) {
    let largest = values.iter().filter_map(|(_, pair)| pair.map(|(_, higher)| higher)).max().unwrap_or(0);
    let top = round_duration(largest);
    let known = values.iter().filter(|(_, pair)| pair.is_some()).count();
    let description =
        format!("{known} of {} points have a value; the highest is {}.", values.len(), duration(largest));
    begin(html, [duration(top), duration(top / 2)], values.len(), id, title, &description);
    let place = |index: usize, seconds: i64| {
        (index as f64 * COLUMN + COLUMN / 2.0, 100.0 - seconds as f64 / top as f64 * 100.0)
    };
    let higher: Vec<_> = points(values, |(_, higher)| higher, place);
    let lower: Vec<_> = points(values, |(lower, _)| lower, place);
    line(html, "<path class=\"line p90\" d=\"", &higher);
    line(html, "<path class=\"line median\" d=\"", &lower);
    dots(html, "<path class=\"dots p90\" d=\"", &higher);
    dots(html, "<path class=\"dots median\" d=\"", &lower);
    end(html, values.iter().map(|(label, _)| label.as_str()));
}

type Point = Option<(f64, f64)>;

fn points(
    values: &[(String, Option<(i64, i64)>)],
    which: impl Fn((i64, i64)) -> i64,
    place: impl Fn(usize, i64) -> (f64, f64),
) -> Vec<Point> {
    values.iter().enumerate().map(|(index, (_, pair))| pair.map(|pair| place(index, which(pair)))).collect()
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
    let share = if largest == 0 { 0.0 } else { part as f64 / largest as f64 * 100.0 };
    html.markup("<svg class=\"bar\" aria-hidden=\"true\"><rect width=\"").number(share);
    html.markup("%\" height=\"100%\"/></svg>");
}
