//! What CSS and attributes do to the visibility of text, as far as mail uses them to hide it.
//!
//! Text that a person would not see must not reach a model as if somebody had said it. This
//! knows the usual ways of hiding, not CSS: what it does not understand is shown.

use std::collections::HashMap;

use super::entities;
use super::markup::Tag;

/// Rules of a style sheet that are kept at most, and the elements that may be open at once:
/// bounds that no letter reaches and that keep hostile ones cheap.
const RULES: usize = 1_000;

/// Colors closer than this in every channel cannot be told apart by a reader.
const INDISTINCT: u8 = 24;

/// Letters smaller than this, in pixels, are not read.
const SMALLEST: f32 = 2.5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Color {
    Rgb(u8, u8, u8),
    /// Not seen at all.
    Transparent,
    /// An image, a gradient, a variable: anything.
    Unknown,
}

/// What an element says of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// Neither it nor anything in it is seen, whatever that says.
    gone: bool,
    /// `display: none`, which a later rule for the same element may take back.
    undisplayed: Option<bool>,
    /// These three are inherited until an element in it says otherwise.
    invisible: Option<bool>,
    tiny: Option<bool>,
    color: Option<Color>,
    background: Option<Color>,
    /// Parts of ways to hide that take two declarations.
    clipped: bool,
    flat: bool,
    positioned: bool,
    far: bool,
}

/// How text looks at one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visibility {
    gone: bool,
    invisible: bool,
    tiny: bool,
    color: Color,
    background: Color,
}

impl Default for Visibility {
    /// Black on white.
    fn default() -> Self {
        Self {
            gone: false,
            invisible: false,
            tiny: false,
            color: Color::Rgb(0, 0, 0),
            background: Color::Rgb(255, 255, 255),
        }
    }
}

impl Visibility {
    /// Within an element that says this.
    pub(super) fn within(self, look: &Look) -> Self {
        Self {
            gone: self.gone || look.is_gone(),
            invisible: look.invisible.unwrap_or(self.invisible),
            tiny: look.tiny.unwrap_or(self.tiny),
            color: look.color.unwrap_or(self.color),
            background: match look.background {
                None | Some(Color::Transparent) => self.background,
                Some(color) => color,
            },
        }
    }

    /// Whether not even an image is seen.
    pub(super) fn is_gone(&self) -> bool {
        self.gone || self.invisible
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.gone || self.invisible || self.tiny || indistinct(self.color, self.background)
    }
}

fn indistinct(color: Color, background: Color) -> bool {
    match (color, background) {
        (Color::Transparent, _) => true,
        (Color::Rgb(r, g, b), Color::Rgb(x, y, z)) => {
            r.abs_diff(x) < INDISTINCT && g.abs_diff(y) < INDISTINCT && b.abs_diff(z) < INDISTINCT
        }
        _ => false,
    }
}

/// The rules of the style sheets met so far that name a class, an id or an element.
#[derive(Default)]
pub(super) struct Sheet {
    rules: HashMap<String, Look>,
}

impl Sheet {
    /// Reads the content of a `<style>`. Rules for some media only (`@media`) are left out: a
    /// reader may or may not see what they hide.
    pub(super) fn read(&mut self, css: &str) {
        let css = without_comments(css);
        let mut rest = css.as_str();
        while let Some(open) = rest.find('{') {
            let selectors = rest[..open].rsplit(['}', ';']).next().unwrap_or_default().trim();
            let body = &rest[open + 1..];
            if selectors.starts_with('@') {
                rest = behind_block(body);
                continue;
            }
            let close = body.find('}').unwrap_or(body.len());
            let mut look = Look::default();
            look.declare(&body[..close]);
            for selector in selectors.split(',') {
                let selector = selector.trim().to_ascii_lowercase();
                // Of `div p.x` the last part says what is meant; the rest is taken as met.
                let last = selector.rsplit([' ', '>', '+', '~']).next().unwrap_or_default();
                if last.is_empty() || last.contains([':', '[', '*']) || self.rules.len() >= RULES {
                    continue;
                }
                self.rules.entry(last.to_owned()).or_default().overlay(&look);
            }
            rest = body.get(close + 1..).unwrap_or_default();
        }
    }

    /// What sheets, attributes and the element itself say.
    pub(super) fn look(&self, tag: &Tag<'_>) -> Look {
        let mut look = Look::default();
        if tag.name == "a" {
            // The browser's own blue.
            look.color = Some(Color::Unknown);
        }
        let (mut style, mut classes, mut id) = (None, "", "");
        let mut of_attributes = Look::default();
        for (name, value) in tag.attributes() {
            match name.to_ascii_lowercase().as_str() {
                "style" if style.is_none() => style = Some(value),
                "class" => classes = value,
                "id" => id = value,
                "hidden" => of_attributes.gone = true,
                "aria-hidden" => {
                    of_attributes.gone |=
                        value.trim().is_empty() || value.trim().eq_ignore_ascii_case("true");
                }
                "color" => of_attributes.color = Some(color(value)),
                "bgcolor" => of_attributes.background = Some(color(value)),
                "background" => of_attributes.background = Some(Color::Unknown),
                _ => {}
            }
        }
        look.overlay(&of_attributes);
        if !self.rules.is_empty() {
            let mut apply = |selector: &str| {
                if let Some(rule) = self.rules.get(selector) {
                    look.overlay(rule);
                }
            };
            apply(&tag.name);
            // No more than a writer would give; otherwise `class` makes a long tag expensive.
            for class in classes.split_ascii_whitespace().take(20) {
                let class = class.to_ascii_lowercase();
                apply(&format!(".{class}"));
                apply(&format!("{}.{class}", tag.name));
            }
            if !id.is_empty() {
                let id = id.to_ascii_lowercase();
                apply(&format!("#{id}"));
                apply(&format!("{}#{id}", tag.name));
            }
        }
        if let Some(style) = style {
            let style = entities::decode_all(style);
            look.declare(&if style.contains("/*") { without_comments(&style) } else { style });
        }
        look
    }
}

impl Look {
    fn is_gone(&self) -> bool {
        self.gone
            || self.undisplayed == Some(true)
            || self.clipped && self.flat
            || self.positioned && self.far
    }

    fn overlay(&mut self, other: &Self) {
        self.gone |= other.gone;
        self.undisplayed = other.undisplayed.or(self.undisplayed);
        self.invisible = other.invisible.or(self.invisible);
        self.tiny = other.tiny.or(self.tiny);
        self.color = other.color.or(self.color);
        self.background = other.background.or(self.background);
        self.clipped |= other.clipped;
        self.flat |= other.flat;
        self.positioned |= other.positioned;
        self.far |= other.far;
    }

    /// Takes in `name: value; …`.
    fn declare(&mut self, declarations: &str) {
        for declaration in declarations.split(';') {
            let Some((name, value)) = declaration.split_once(':') else { continue };
            let value = unescaped(value).to_ascii_lowercase();
            let value = value.trim().trim_end_matches("!important").trim();
            let first = value.split_ascii_whitespace().next().unwrap_or_default();
            match unescaped(name).trim().to_ascii_lowercase().as_str() {
                "display" => self.undisplayed = Some(value == "none"),
                "mso-hide" => self.gone |= value == "all",
                "content-visibility" => self.gone |= value == "hidden",
                "visibility" => self.invisible = Some(matches!(value, "hidden" | "collapse")),
                "opacity" => {
                    let least = if value.ends_with('%') { 5.0 } else { 0.05 };
                    self.gone |= number(value).is_some_and(|amount| amount < least);
                }
                "filter" => self.gone |= value.replace(' ', "").contains("opacity(0"),
                "font-size" if value != "inherit" => {
                    self.tiny = Some(pixels(value).is_some_and(|size| size < SMALLEST));
                }
                "font" => {
                    // Weights are numbers, too, but large ones.
                    let sizes = value.split([' ', ',']).filter_map(|word| pixels(word.split('/').next()?));
                    self.tiny = Some(sizes.fold(f32::MAX, f32::min) < SMALLEST);
                }
                "color" | "-webkit-text-fill-color"
                    if !matches!(value, "inherit" | "currentcolor" | "unset") =>
                {
                    self.color = Some(color(value))
                }
                "background" | "background-color" => {
                    self.background = Some(if value.contains("url(") || value.contains("gradient(") {
                        Color::Unknown
                    } else if first == "none" {
                        Color::Transparent
                    } else if value.contains('(') {
                        color(value)
                    } else {
                        color(first)
                    });
                }
                "background-image" if value != "none" => self.background = Some(Color::Unknown),
                "overflow" | "overflow-y" | "overflow-x" => {
                    self.clipped |= matches!(first, "hidden" | "clip")
                }
                // Without `overflow: hidden` text would be seen beyond its box, but a letter that
                // says `max-height: 0` means to hide.
                "max-height" => self.gone |= pixels(value).is_some_and(|size| size < 2.0),
                "height" | "width" => self.flat |= pixels(value).is_some_and(|size| size < 2.0),
                "position" => self.positioned |= matches!(value, "absolute" | "fixed" | "relative"),
                "left" | "top" | "right" | "bottom" | "inset" => {
                    self.far |= pixels(first).is_some_and(|by| by.abs() >= 500.0)
                }
                "text-indent" | "margin-left" | "margin-top" => {
                    self.gone |= pixels(first).is_some_and(|by| by <= -500.0);
                }
                "clip" => self.gone |= is_empty_clip(value),
                "clip-path" => {
                    let inside = value.strip_prefix("inset(").or_else(|| value.strip_prefix("circle("));
                    self.gone |= inside.is_some_and(|inside| {
                        let amount = number(inside.split([' ', ')']).next().unwrap_or_default());
                        if value.starts_with('c') {
                            amount.is_some_and(|radius| radius < 1.0)
                        } else {
                            amount.is_some_and(|inset| inset >= 50.0)
                        }
                    });
                }
                "transform" => {
                    let value = value.replace(' ', "");
                    let far = ["translate(", "translatex(", "translatey("].iter().any(|name| {
                        value.split(name).skip(1).any(|inside| {
                            inside
                                .split(')')
                                .next()
                                .unwrap_or_default()
                                .split(',')
                                .any(|by| pixels(by).is_some_and(|by| by.abs() >= 500.0))
                        })
                    });
                    self.gone |= far
                        || ["scale(0)", "scale(0,", "scalex(0)", "scaley(0)"]
                            .iter()
                            .any(|flat| value.contains(flat));
                }
                _ => {}
            }
        }
    }
}

/// `rect(0 0 0 0)`, `rect(1px, 1px, 1px, 1px)`.
fn is_empty_clip(value: &str) -> bool {
    value.strip_prefix("rect(").is_some_and(|inside| {
        let sides: Vec<_> = inside
            .trim_end_matches(')')
            .split([' ', ','])
            .filter(|side| !side.is_empty())
            .map(number)
            .collect();
        sides.len() == 4 && sides.iter().all(|side| side.is_some_and(|side| side.abs() < 2.0))
    })
}

/// The number at the beginning, whatever its unit.
fn number(value: &str) -> Option<f32> {
    value[..number_length(value)].parse().ok()
}

fn number_length(value: &str) -> usize {
    value
        .find(|letter: char| !(letter.is_ascii_digit() || matches!(letter, '.' | '-' | '+')))
        .unwrap_or(value.len())
}

/// A length in pixels, for letters of a usual size. `None`: it depends on the window.
fn pixels(value: &str) -> Option<f32> {
    let value = value.trim();
    let amount = number(value)?;
    match &value[number_length(value)..] {
        _ if amount == 0.0 => Some(0.0),
        "" | "px" => Some(amount),
        "pt" => Some(amount * 4.0 / 3.0),
        "em" | "rem" => Some(amount * 16.0),
        // Of the size of letters; of a box nobody knows.
        "%" if amount > 0.0 => Some(amount * 0.16),
        "cm" => Some(amount * 38.0),
        "in" => Some(amount * 96.0),
        // `left: -100vw`, `top: -200%`: beyond the window.
        "vw" | "vh" | "%" => Some(amount * 10.0),
        _ => None,
    }
}

fn color(value: &str) -> Color {
    let value = value.trim().to_ascii_lowercase();
    if let Some(digits) = value.strip_prefix('#') {
        return hexadecimal(digits);
    }
    if let Some((function, inside)) = value.split_once('(') {
        let parts: Vec<_> = inside
            .split(')')
            .next()
            .unwrap_or_default()
            .split([',', ' ', '/'])
            .filter(|part| !part.is_empty())
            .map(|part| number(part).map(|number| if part.ends_with('%') { number * 2.55 } else { number }))
            .collect();
        let alpha_is_zero =
            |at: usize| parts.get(at).is_some_and(|alpha| alpha.is_some_and(|alpha| alpha <= 0.05));
        return match (function.trim(), parts.as_slice()) {
            ("rgb" | "rgba", _) if alpha_is_zero(3) => Color::Transparent,
            ("hsl" | "hsla", _) if alpha_is_zero(3) => Color::Transparent,
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
            ("rgb" | "rgba", [Some(r), Some(g), Some(b), ..]) => {
                let channel = |number: f32| number.clamp(0.0, 255.0) as u8;
                Color::Rgb(channel(*r), channel(*g), channel(*b))
            }
            // Of the third, lightness, only the ends are colors of their own.
            ("hsl" | "hsla", [_, _, Some(lightness), ..]) if *lightness >= 250.0 => Color::Rgb(255, 255, 255),
            ("hsl" | "hsla", [_, _, Some(lightness), ..]) if *lightness <= 5.0 => Color::Rgb(0, 0, 0),
            _ => Color::Unknown,
        };
    }
    match value.as_str() {
        "white" | "window" | "canvas" => Color::Rgb(255, 255, 255),
        "snow" => Color::Rgb(255, 250, 250),
        "ivory" => Color::Rgb(255, 255, 240),
        "ghostwhite" => Color::Rgb(248, 248, 255),
        "floralwhite" => Color::Rgb(255, 250, 240),
        "mintcream" => Color::Rgb(245, 255, 250),
        "azure" => Color::Rgb(240, 255, 255),
        "aliceblue" => Color::Rgb(240, 248, 255),
        "whitesmoke" => Color::Rgb(245, 245, 245),
        "black" => Color::Rgb(0, 0, 0),
        "red" => Color::Rgb(255, 0, 0),
        "lime" => Color::Rgb(0, 255, 0),
        "green" => Color::Rgb(0, 128, 0),
        "blue" => Color::Rgb(0, 0, 255),
        "navy" => Color::Rgb(0, 0, 128),
        "yellow" => Color::Rgb(255, 255, 0),
        "gray" | "grey" => Color::Rgb(128, 128, 128),
        "silver" => Color::Rgb(192, 192, 192),
        "lightgray" | "lightgrey" => Color::Rgb(211, 211, 211),
        "transparent" => Color::Transparent,
        // `<font color=ffffff>` is what browsers take it for.
        digits if matches!(digits.len(), 3 | 6) && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            hexadecimal(digits)
        }
        _ => Color::Unknown,
    }
}

fn hexadecimal(digits: &str) -> Color {
    let digit = |at: usize| {
        let value = digits.as_bytes().get(at).and_then(|byte| char::from(*byte).to_digit(16));
        value.and_then(|value| u8::try_from(value).ok())
    };
    let channels = |one: usize, two: usize| Some(digit(one)? * 16 + digit(two)?);
    let read = |step: usize| {
        let at = |index: usize| channels(index * step, index * step + step - 1);
        let alpha = if digits.len() == 4 * step { at(3)? } else { 255 };
        Some(if alpha < 13 { Color::Transparent } else { Color::Rgb(at(0)?, at(1)?, at(2)?) })
    };
    match digits.len() {
        3 | 4 => read(1),
        6 | 8 => read(2),
        _ => None,
    }
    .unwrap_or(Color::Unknown)
}

/// CSS escapes (`\64 isplay`) decoded, so that nothing is written past these rules.
fn unescaped(text: &str) -> String {
    let mut rest = text.chars().peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        let mut code = 0;
        let mut digits = 0;
        while let Some(digit) = rest.peek().and_then(|next| next.to_digit(16)).filter(|_| digits < 6) {
            code = code * 16 + digit;
            digits += 1;
            rest.next();
        }
        if digits == 0 {
            out.extend(rest.next());
        } else {
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            rest.next_if(char::is_ascii_whitespace);
        }
    }
    out
}

fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(open) = rest.find("/*") {
        out.push_str(&rest[..open]);
        rest = rest[open + 2..].find("*/").map_or("", |close| &rest[open + close + 4..]);
    }
    out.push_str(rest);
    out.replace("<!--", "").replace("-->", "")
}

/// What follows the block whose `{` was just read.
fn behind_block(body: &str) -> &str {
    let mut depth = 1_usize;
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &body[at + 1..];
        }
    }
    ""
}
