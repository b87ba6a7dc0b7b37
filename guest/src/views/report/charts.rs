//! Charts as inline SVG. The scales around them are HTML, so that their letters keep their size
//! on a phone. Each chart has a title and a description for those who hear the page, and the
//! table that follows it holds all its figures.

use maud::{Markup, html};

use super::figures::Stretch;
use super::format::{duration, round_count, round_duration};
use crate::store::statistics::Spread;

/// Width of one column in the drawing's own units; its height is 100.
const COLUMN: f64 = 10.0;

/// Columns with the number of conversations.
pub fn columns(id: &str, title: &str, series: &[Stretch]) -> Markup {
    let count = |stretch: &Stretch| stretch.figures.conversations;
    let busiest = series.iter().max_by_key(|stretch| count(stretch));
    let largest = busiest.map_or(0, count);
    let busiest = busiest.map_or("", |stretch| stretch.name.as_str());
    let top = round_count(largest);
    let total: usize = series.iter().map(count).sum();
    let description = format!("{total} in all, at most {largest} at a time, on {busiest}.");
    let drawing = html! {
        g.bars {
            @for (index, stretch) in series.iter().enumerate() { (column(index, stretch, top)) }
        }
    };
    plot(id, title, &description, [top.to_string(), (top / 2).to_string()], series, &drawing)
}

fn column(index: usize, stretch: &Stretch, top: usize) -> Markup {
    let count = stretch.figures.conversations;
    let (left, height) = (index as f64 * COLUMN + 1.0, count as f64 / top as f64 * 100.0);
    html! {
        rect x=(left) y=(rounded(100.0 - height)) width="8" height=(rounded(height)) {
            title { (stretch.name) ": " (count_in_words(stretch, count)) }
        }
    }
}

/// A coordinate or a size: more than two places nobody sees.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
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
fn uncovered(index: usize, stretch: &Stretch) -> Markup {
    let left = index as f64 * COLUMN;
    let right = left + COLUMN;
    let hatching = [25, 50, 75, 100].map(|height| format!("M{left} {height}L{right} {}", height - 25));
    html! {
        g.uncovered {
            rect x=(left) y="0" width="10" height="100" {
                title { (stretch.name) ": not in the cache, or not completely" }
            }
            path d=(hatching.concat()) {}
        }
    }
}

/// The two lines of first responses, median and 90th percentile; where there is no value the line
/// has a gap.
pub fn lines(id: &str, title: &str, series: &[Stretch]) -> Markup {
    let spreads: Vec<_> = series.iter().map(|stretch| stretch.figures.first_response).collect();
    let largest = spreads.iter().flatten().map(|spread| spread.p90).max().unwrap_or(0);
    let top = round_duration(largest);
    let known = spreads.iter().flatten().count();
    let description =
        format!("{known} of {} points have a value; the highest is {}.", spreads.len(), duration(largest));
    let points = |which: fn(&Spread) -> i64| -> Vec<Point> {
        let place = |(index, spread): (usize, &Option<Spread>)| {
            let height = which(spread.as_ref()?) as f64 / top as f64 * 100.0;
            Some((index as f64 * COLUMN + COLUMN / 2.0, rounded(100.0 - height)))
        };
        spreads.iter().enumerate().map(place).collect()
    };
    let (higher, lower) = (points(|spread| spread.p90), points(|spread| spread.median));
    let drawing = html! {
        path.line.p90 d=(line(&higher)) {}
        path.line.median d=(line(&lower)) {}
        path.dots.p90 d=(dots(&higher)) {}
        path.dots.median d=(dots(&lower)) {}
    };
    plot(id, title, &description, [duration(top), duration(top / 2)], series, &drawing)
}

type Point = Option<(f64, f64)>;

fn line(points: &[Point]) -> String {
    let parts = points.split(Option::is_none).flat_map(|part| part.iter().flatten().enumerate());
    parts.map(|(index, (x, y))| format!("{}{x} {y}", if index == 0 { "M" } else { "L" })).collect()
}

/// Points without length, which the round ends of a stroke make dots of whatever the scale.
fn dots(points: &[Point]) -> String {
    points.iter().flatten().map(|(x, y)| format!("M{x} {y}h0")).collect()
}

/// A drawing with what stands around it: the upper two labels of its scale, words for those who hear
/// the page, a grid, the times below, and what a hatched ground means, where there is one.
fn plot(
    id: &str,
    title: &str,
    description: &str,
    scale: [String; 2],
    series: &[Stretch],
    drawing: &Markup,
) -> Markup {
    let width = series.len() as f64 * COLUMN;
    html! {
        div.plot {
            div.scale aria-hidden="true" {
                @for label in &scale { span { (label) } }
                span { "0" }
            }
            svg viewBox={ "0 0 " (width) " 100" } preserveAspectRatio="none" role="img"
                aria-labelledby={ (id) "-t " (id) "-d" } {
                title id={ (id) "-t" } { (title) }
                desc id={ (id) "-d" } { (description) (uncovered_in_words(series)) }
                path.grid d={ "M0 0H" (width) "M0 50H" (width) "M0 100H" (width) } {}
                @for (index, stretch) in series.iter().enumerate() {
                    @if !stretch.covered { (uncovered(index, stretch)) }
                }
                (drawing)
            }
            div.times aria-hidden="true" {
                @for stretch in first_middle_last(series) { span { (stretch.name) } }
            }
        }
        @if series.iter().any(|stretch| !stretch.covered) {
            p.legend {
                span.key.uncovered {}
                "Not in the cache, or not completely: there may be more than is shown."
            }
        }
    }
}

fn first_middle_last(series: &[Stretch]) -> Vec<&Stretch> {
    match series {
        [first, _, _, _, .., last] => vec![first, &series[series.len() / 2], last],
        [first, .., last] => vec![first, last],
        few => few.iter().collect(),
    }
}

/// A bar in a cell of a table, as long as its part of the largest. The figure stands beside it.
pub fn bar(part: usize, largest: usize) -> Markup {
    html! { svg.bar aria-hidden="true" { (length(part, largest)) } }
}

/// The bar of those without a name, which is no competitor of the named: in another colour, and with
/// a break when it would be longer than the whole scale.
pub fn bar_of_nameless(part: usize, largest: usize) -> Markup {
    html! {
        svg.bar.nameless aria-hidden="true" {
            @if part > largest {
                rect width="90%" height="100%" {}
                rect x="93%" width="7%" height="100%" {}
            } @else {
                (length(part, largest))
            }
        }
    }
}

fn length(part: usize, largest: usize) -> Markup {
    let share = if largest == 0 { 0.0 } else { part as f64 / largest as f64 * 100.0 };
    html! { rect width={ (rounded(share)) "%" } height="100%" {} }
}
