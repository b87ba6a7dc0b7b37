//! `fastintercom report`: the figures of a period as one page that loads nothing and runs nothing.
//!
//! - [`figures`] asks the store, with the functions behind `get_conversation_stats`.
//! - [`page`] puts the sections together, [`charts`] draws them as inline SVG, [`format`] writes
//!   numbers and durations. Markup stands in `html!` alone, which escapes whatever is put into it.

mod charts;
mod figures;
mod format;
mod page;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::options::Options;
use super::{Page, ViewError};
use crate::tools::Context;
use crate::tools::answer::{counted, value};

/// The report of a period; without `since` of the last 30 days.
///
/// # Errors
/// [`ViewError`].
pub fn report(context: &mut Context<'_>, options: &str) -> Result<Page, ViewError> {
    let options = Options::parse(options, &["since", "until"])?;
    let report = figures::gather(context, &options)?;
    let text = format!(
        "{} created {} to {}. {}",
        counted(report.all.conversations as i64, "conversation"),
        report.first_day(),
        report.last_day(),
        report.freshness.message
    );
    Ok(Page { html: page::render(&report), structured: value(&report.to_answer()).to_string(), text })
}

/// A document of that title, for a file of its own. Its policy allows nothing but the one style sheet
/// inside.
pub(super) fn standalone(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) }
                // The style sheet stands in this program; nothing else may pass unescaped.
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body { (body) }
        }
        "\n"
    };
    page.into_string()
}

#[cfg(test)]
mod tests {
    /// The value of that variable in each of the themes: light, dark, print.
    fn colours(name: &str) -> Vec<[f64; 3]> {
        let variable = format!("--{name}:#");
        let found = include_str!("style.css").split(&variable).skip(1).map(|rest| {
            let hex: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
            let long =
                if hex.len() == 3 { hex.chars().flat_map(|digit| [digit, digit]).collect() } else { hex };
            [0, 2, 4].map(|at| {
                let channel = f64::from(u8::from_str_radix(&long[at..at + 2], 16).expect("a colour")) / 255.0;
                if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
            })
        });
        found.collect()
    }

    /// WCAG 2.2, contrast ratio of relative luminances.
    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let light = |[r, g, b]: [f64; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
        let (one, other) = (light(one), light(other));
        one.max(other) / one.min(other)
    }

    #[test]
    fn every_theme_has_contrast() {
        for (front, back, least) in [
            ("text", "page", 7.0),
            ("text", "tile", 7.0),
            ("text", "warn", 7.0),
            ("quiet", "page", 4.5),
            ("quiet", "tile", 4.5),
            // Links and small words as well as bars and lines.
            ("bar", "page", 4.5),
            ("late", "page", 4.5),
        ] {
            let (fronts, backs) = (colours(front), colours(back));
            assert_eq!((fronts.len(), backs.len()), (3, 3), "{front} on {back}");
            for (front_colour, back_colour) in fronts.into_iter().zip(backs) {
                let ratio = contrast(front_colour, back_colour);
                assert!(ratio >= least, "{front} on {back}: {ratio:.2}");
            }
        }
    }
}
