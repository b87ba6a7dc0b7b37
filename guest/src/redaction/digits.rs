//! Groups of decimal digits, of all scripts.

pub(super) use crate::text::digit::value;

/// Hyphens and dashes, as people and word processors write them.
pub(super) fn is_dash(letter: char) -> bool {
    matches!(
        letter,
        '-' | '\u{ad}' | '\u{2010}'
            ..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | 'ー'
    )
}

/// Blanks within a line.
pub(super) fn is_blank(letter: char) -> bool {
    matches!(
        letter,
        ' ' | '\t' | '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{2060}' | '\u{3000}'
    )
}

/// Digits that stand together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// In bytes of the text.
    pub start: usize,
    pub end: usize,
    /// The first of its digits in [`Groups::digits`].
    first: usize,
    pub count: usize,
    /// What stands between it and the group before.
    pub gap: Gap,
}

/// What stands between two groups.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gap {
    /// Both may belong to one card.
    pub card: bool,
    /// Both may belong to one telephone number.
    pub phone: bool,
    /// It has a blank, a slash or a parenthesis, where another number may begin.
    pub loose: bool,
    /// It has a plus sign, where another number begins.
    pub plus: bool,
    /// It is one character.
    pub tight: bool,
    /// It is a full stop.
    pub stop: bool,
}

impl Gap {
    fn of(gap: &str) -> Self {
        if gap == "%20" || gap == "%2D" || gap == "%2d" {
            return Self { card: true, phone: true, loose: true, tight: true, ..Self::default() };
        }
        if gap.len() > 16 || gap.chars().count() > 4 {
            return Self::default();
        }
        let all = |signs: &str| {
            gap.chars().all(|letter| is_blank(letter) || is_dash(letter) || signs.contains(letter))
        };
        Self {
            card: gap == "+" || all("._/·•*\n"),
            phone: all("./()（）·+＋"),
            loose: gap.contains(|letter| is_blank(letter) || "/(（".contains(letter)),
            plus: gap.contains(['+', '＋']),
            tight: gap.chars().count() == 1,
            stop: gap == ".",
        }
    }
}

/// All digits of a text.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub all: Vec<Group>,
    digits: Vec<u8>,
}

impl Groups {
    /// The digits of the groups from one to another, as 0 to 9.
    pub fn digits(&self, from: usize, to: usize) -> &[u8] {
        let last = self.all[to];
        &self.digits[self.all[from].first..last.first + last.count]
    }
}

pub(super) fn groups(text: &str) -> Groups {
    let mut groups = Groups::default();
    let mut open = false;
    let mut skip = 0;
    for (at, letter) in text.char_indices() {
        if at < skip {
            continue;
        }
        // The digits of `%20` and `%2D` are none.
        if letter == '%' && escape(&text[at..]) {
            skip = at + 3;
            open = false;
            continue;
        }
        let Some(digit) = value(letter) else {
            open = false;
            continue;
        };
        if !open {
            let gap = groups.all.last().map_or_else(Gap::default, |last| Gap::of(&text[last.end..at]));
            groups.all.push(Group { start: at, end: at, first: groups.digits.len(), count: 0, gap });
            open = true;
        }
        groups.digits.push(digit);
        if let Some(group) = groups.all.last_mut() {
            group.end = at + letter.len_utf8();
            group.count += 1;
        }
    }
    groups
}

/// Whether a blank, a plus sign or a hyphen stands there as in an address of the web.
fn escape(text: &str) -> bool {
    text.get(..3).is_some_and(|first| ["%20", "%2B", "%2b", "%2D", "%2d"].contains(&first))
}
