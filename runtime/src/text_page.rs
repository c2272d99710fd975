//! Pages of plain text for people: headings, and texts that are wrapped within their own column.
//!
//! What always holds: no line looks wider than [`PAGE_COLUMNS`], save where a single word of it must be copied whole.
//! Texts that others wrote bring no line breaks with them.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::printable::printable;

/// The width of a page, in columns.
const PAGE_COLUMNS: usize = 100;
/// The least width of a text, in columns, however wide what stands before it is.
const MIN_TEXT_COLUMNS: usize = 30;
/// What stands before the lines under a heading.
pub(crate) const INDENT: &str = "  ";

/// A page that is being written.
#[derive(Debug, Default)]
pub(crate) struct TextPage {
    text: String,
}

impl TextPage {
    /// The page as it is.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// A line as it is: a command, a path, a value that is copied.
    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(printable(line).trim_end());
        self.text.push('\n');
    }

    /// A heading, behind an empty line where something stands before it.
    pub(crate) fn heading(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.gap();
        }
        self.line(title);
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A text beside `head`, wrapped within its own column.
    pub(crate) fn hanging(&mut self, head: &str, text: &str) {
        let head = printable(head);
        let indent = head.width();
        let room = PAGE_COLUMNS.saturating_sub(indent).max(MIN_TEXT_COLUMNS);
        let mut lead = head;
        for line in wrapped(text, room) {
            self.line(&format!("{lead}{line}"));
            lead = " ".repeat(indent);
        }
    }

    /// A text under a heading.
    pub(crate) fn indented(&mut self, text: &str) {
        self.hanging(INDENT, text);
    }

    /// Texts under a heading, each beside its name.
    pub(crate) fn named(&mut self, rows: &[(&str, String)]) {
        let width = rows.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
        for (name, text) in rows {
            let padding = " ".repeat(width.saturating_sub(name.width()));
            self.hanging(&format!("{INDENT}{name}{padding}  "), text);
        }
    }

    /// A heading with commands that make sense next.
    pub(crate) fn next(&mut self, commands: &[String]) {
        if commands.is_empty() {
            return;
        }
        self.heading("NEXT");
        for command in commands {
            self.line(&format!("{INDENT}{command}"));
        }
    }
}

/// The words of a text on lines that look at most `room` columns wide; at least one line, if an empty one. A word that is
/// wider has a line of its own.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let word = printable(word);
        let width: usize = word.chars().filter_map(UnicodeWidthChar::width).sum();
        if used > 0 && used + 1 + width > room {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(&word);
        used += width;
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_wrap_between_words_by_how_wide_they_look() {
        let check = |text: &str, room: usize, expected: &[&str]| assert_eq!(wrapped(text, room), expected);
        check("", 5, &[""]);
        check("a b c", 5, &["a b c"]);
        check("a b cd", 5, &["a b", "cd"]);
        check("a\nb \t c", 5, &["a b c"]);
        check("東京 都", 6, &["東京", "都"]);
        check("東京 都", 7, &["東京 都"]);
        check("abcdefgh i", 3, &["abcdefgh", "i"]);
        check("a\u{1b}[2J b", 9, &["a\u{fffd}[2J b"]);
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing_and_fits(text in "[a-z\u{e9}\u{6771} \n]{0,80}", room in 1_usize..20) {
            let lines = wrapped(&text, room);
            prop_assert!(lines.iter().all(|line| line.width() <= room || !line.contains(' ')), "{lines:?}");
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&lines.join(" ")), words(&text));
        }
    }

    #[test]
    fn a_text_hangs_beside_what_names_it() {
        let mut page = TextPage::default();
        page.heading("FIRST");
        page.named(&[("a", "one".to_owned()), ("long name", "two\nlines".to_owned())]);
        page.next(&["do this".to_owned()]);
        page.next(&[]);
        assert_eq!(page.into_text(), "FIRST\n  a          one\n  long name  two lines\n\nNEXT\n  do this\n");
    }
}
