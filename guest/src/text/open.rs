//! The elements that are open at a place, as far as they decide whether text there is seen.

use super::html::is_block;
use super::markup::Tag;
use super::style::{Look, Sheet, Visibility};

/// More elements are not kept in mind. Once one that lies deeper is hidden, all at that depth is:
/// letters are not nested so deeply, but attacks are.
const DEEPEST: usize = 256;

struct Element {
    name: String,
    look: Look,
    /// Its own look within those around it.
    visibility: Visibility,
}

#[derive(Default)]
pub(super) struct OpenElements {
    stack: Vec<Element>,
    /// How many open elements are not on the full stack.
    deeper: usize,
}

impl OpenElements {
    /// Whether text here is not seen.
    pub(super) fn is_hidden(&self) -> bool {
        self.visibility().is_hidden()
    }

    fn visibility(&self) -> Visibility {
        self.stack.last().map_or_else(Visibility::default, |element| element.visibility)
    }

    /// A start tag. Those that HTML closes by themselves are closed, since a hidden paragraph
    /// without an end tag ends at the next one. Returns how the element itself is seen.
    pub(super) fn open(&mut self, tag: &Tag<'_>, sheet: &Sheet) -> Visibility {
        match tag.name.as_str() {
            "li" => self.close_within(&["li"], &["ul", "ol", "menu"]),
            "dd" | "dt" => self.close_within(&["dd", "dt"], &["dl"]),
            "td" | "th" => self.close_within(&["td", "th"], &["tr", "table"]),
            "tr" => self.close_within(&["tr"], &["table"]),
            "tbody" | "thead" | "tfoot" => self.close_within(&["tbody", "thead", "tfoot"], &["table"]),
            "option" => self.close_within(&["option"], &["select"]),
            _ => {}
        }
        if is_block(&tag.name) || matches!(tag.name.as_str(), "ul" | "ol" | "pre") {
            self.close_within(&["p"], &["td", "th", "table", "button", "caption"]);
        }
        let look = sheet.look(tag);
        let visibility = self.visibility().within(&look);
        if is_void(&tag.name) {
            return visibility;
        }
        if self.stack.len() < DEEPEST {
            self.stack.push(Element { name: tag.name.clone(), look, visibility });
        } else {
            self.deeper += 1;
            if let Some(deepest) = self.stack.last_mut().filter(|_| visibility.is_hidden()) {
                deepest.visibility = visibility;
            }
        }
        visibility
    }

    /// An end tag. One of a formatting element closes nothing but that; one of another closes
    /// what was left open in it, but formatting goes on behind it, as in a browser.
    pub(super) fn close(&mut self, name: &str) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let Some(at) = self.stack.iter().rposition(|element| element.name == name) else { return };
        if is_formatting(name) {
            self.stack.remove(at);
        } else {
            let mut index = 0;
            self.stack.retain(|element| {
                index += 1;
                index <= at || element.name != name && is_formatting(&element.name)
            });
        }
        let mut around =
            at.checked_sub(1).map_or_else(Visibility::default, |outer| self.stack[outer].visibility);
        // What stays looks like before within an element that ended out of order.
        if !is_formatting(name) {
            for element in &mut self.stack[at..] {
                element.visibility = around.within(&element.look);
                around = element.visibility;
            }
        }
    }

    /// Closes the innermost of these, unless a border stands between.
    fn close_within(&mut self, names: &[&str], borders: &[&str]) {
        if self.deeper > 0 {
            return;
        }
        let is = |element: &&Element, names: &[&str]| names.contains(&element.name.as_str());
        let mut innermost = self.stack.iter().rev().take_while(|element| !is(element, borders));
        let found = innermost.find(|element| is(element, names)).map(|element| element.name.clone());
        if let Some(name) = found {
            self.close(&name);
        }
    }
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "a" | "b"
            | "big"
            | "code"
            | "em"
            | "font"
            | "i"
            | "nobr"
            | "s"
            | "small"
            | "strike"
            | "strong"
            | "tt"
            | "u"
    )
}
