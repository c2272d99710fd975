//! Tables for people: a line of headings, and columns that are aligned by how wide they look.
//!
//! What always holds: a row is one line, whatever its texts hold. Nothing is cut where no terminal reads; on a terminal
//! only the last column is, to the terminal's width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::output::printable;

/// What stands between two columns.
const GAP: &str = "  ";
/// How much of the last column is left on a narrow terminal, in columns.
const MIN_LAST_COLUMNS: usize = 12;
/// What stands for what was cut.
const CUT: &str = "…";
/// What stands for nothing.
const NOTHING: &str = "-";

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table that is being filled.
#[derive(Debug)]
pub(super) struct Table<const N: usize> {
    sides: [Side; N],
    /// The headings and then the rows.
    lines: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with these headings.
    pub(super) fn new(columns: [(&str, Side); N]) -> Self {
        let sides = columns.map(|(_, side)| side);
        Self { sides, lines: vec![columns.map(|(heading, _)| heading.to_owned())] }
    }

    /// Adds a row. An empty text is shown as a dash.
    pub(super) fn row(&mut self, texts: [String; N]) {
        self.lines.push(texts.map(|text| {
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if line.is_empty() { NOTHING.to_owned() } else { printable(&line) }
        }));
    }

    /// The lines, for a terminal of this width or for none.
    pub(super) fn to_text(&self, terminal: Option<usize>) -> String {
        let mut widths = [0; N];
        for line in &self.lines {
            for (width, text) in widths.iter_mut().zip(line) {
                *width = text.width().max(*width);
            }
        }
        let before: usize = widths.iter().rev().skip(1).map(|width| width + GAP.len()).sum();
        let room = terminal.map(|columns| columns.saturating_sub(before).max(MIN_LAST_COLUMNS));
        let mut whole = String::new();
        for line in &self.lines {
            let mut shown = String::new();
            for (place, ((text, width), side)) in line.iter().zip(widths).zip(self.sides).enumerate() {
                let is_last = place + 1 == N;
                let text = if is_last { cut(text, room) } else { text.clone() };
                let padding = " ".repeat(width.saturating_sub(text.width()));
                match side {
                    Side::Left if is_last => shown.push_str(&text),
                    Side::Left => shown.push_str(&(text + &padding)),
                    Side::Right => shown.push_str(&(padding + &text)),
                }
                if !is_last {
                    shown.push_str(GAP);
                }
            }
            whole.push_str(shown.trim_end());
            whole.push('\n');
        }
        whole
    }
}

/// The text, or as much of it as fits with a sign that something is missing.
fn cut(text: &str, room: Option<usize>) -> String {
    let Some(room) = room.filter(|room| text.width() > *room) else { return text.to_owned() };
    let mut used = CUT.width();
    let fits = |c: &char| {
        used += c.width().unwrap_or_default();
        used <= room
    };
    let kept: String = text.chars().take_while(fits).collect();
    kept.trim_end().to_owned() + CUT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table<3> {
        let mut table = Table::new([("ID", Side::Left), ("AMOUNT", Side::Right), ("SUBJECT", Side::Left)]);
        table.row(["a-1".into(), "5".into(), "Short".into()]);
        table.row(["東京-2".into(), "1,200,000".into(), "Two\n\u{1b}[2J  lines that are long".into()]);
        table.row([String::new(), String::new(), String::new()]);
        table
    }

    #[test]
    fn columns_are_aligned_by_how_wide_they_look() {
        insta::assert_snapshot!(table().to_text(None), @"
        ID         AMOUNT  SUBJECT
        a-1             5  Short
        東京-2  1,200,000  Two \u{fffd}[2J lines that are long
        -               -  -
        ");
    }

    #[test]
    fn only_the_last_column_is_cut_and_only_for_a_terminal() {
        let check = |columns: usize, expected: &str| {
            let text = table().to_text(Some(columns));
            assert_eq!(text.lines().nth(2), Some(expected), "{columns}");
            assert!(columns < 40 || text.lines().all(|line| line.width() <= columns), "{text}");
        };
        check(80, "東京-2  1,200,000  Two \u{fffd}[2J lines that are long");
        check(40, "東京-2  1,200,000  Two \u{fffd}[2J lines that…");
        check(10, "東京-2  1,200,000  Two \u{fffd}[2J li…");
    }

    #[test]
    fn a_wide_character_is_cut_whole() {
        let check =
            |text: &str, room: usize, expected: &str| assert_eq!(cut(text, Some(room)), expected, "{room}");
        check("東京都", 6, "東京都");
        check("東京都", 5, "東京…");
        check("東京都", 4, "東…");
        check("ab cd", 4, "ab…");
    }
}
