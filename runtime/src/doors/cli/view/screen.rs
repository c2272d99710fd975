//! Bringing a picture onto the terminal, below everything that was written before.
//!
//! The picture is painted where the cursor is and found again by moving up as many rows as it has, so what was there
//! before scrolls away as usual and stays in the terminal's memory. The terminal is asked for nothing but its size: no
//! answer is waited for, no mode is changed, and Ctrl-C remains a signal at any time. `ratatui`'s own inline viewport
//! asks for the cursor's place, for which it takes over the keyboard for a moment.
//!
//! What always holds: after each piece the colours are those of the terminal, and the cursor, which is never hidden,
//! stands at the start of the picture's last row, or of an empty row where there is no picture. What is typed meanwhile
//! is echoed there and painted over.

use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use ratatui::text::Span;

/// Where the picture is, and what of it was painted.
pub(super) struct Screen {
    has_colours: bool,
    columns: u16,
    painted: Vec<Row>,
}

/// A row as it was painted.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    text: String,
    columns: u16,
}

impl Screen {
    pub(super) fn new(has_colours: bool) -> Self {
        Self { has_colours, columns: 0, painted: Vec::new() }
    }

    /// What writes `lines` above the picture and brings it up to date; without a picture there are only the lines.
    pub(super) fn paint(&mut self, lines: &str, columns: u16, picture: Option<&Buffer>) -> String {
        let rows = picture.map(|picture| rows(picture, self.has_colours)).unwrap_or_default();
        if lines.is_empty() && columns == self.columns && rows.len() == self.painted.len() {
            return self.repaint(rows);
        }
        let mut bytes = self.erase(columns);
        bytes.push_str(lines);
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        bytes.push_str(&texts.join("\n"));
        if !rows.is_empty() {
            bytes.push('\r');
        }
        (self.columns, self.painted) = (columns, rows);
        bytes
    }

    /// What takes the picture away and writes `lines` in its place.
    pub(super) fn clear(&mut self, lines: &str) -> String {
        let mut bytes = self.erase(self.columns);
        bytes.push_str(lines);
        self.painted.clear();
        bytes
    }

    /// Paints the rows over those they replace. All of them, so that what was typed in between is gone again.
    fn repaint(&mut self, rows: Vec<Row>) -> String {
        if rows == self.painted {
            return String::new();
        }
        let mut bytes = up(rows.len().saturating_sub(1));
        // Written first and cut off then: a row that is wiped before it is written flickers.
        let texts: Vec<String> = rows.iter().map(|row| format!("{}\u{1b}[K", row.text)).collect();
        bytes.push_str(&texts.join("\n"));
        bytes.push('\r');
        self.painted = rows;
        bytes
    }

    /// Moves to the picture's first row and wipes everything from there on. A terminal that has become narrower has
    /// broken the rows that were longer than it is now.
    fn erase(&self, columns: u16) -> String {
        let Some((_, above)) = self.painted.split_last() else { return String::new() };
        let columns = columns.max(1);
        let heights = above.iter().map(|row| usize::from(row.columns.div_ceil(columns).max(1)));
        up(heights.sum()) + "\u{1b}[J"
    }
}

/// Moves to the start of the row that is so many rows up.
fn up(rows: usize) -> String {
    if rows == 0 { "\r".to_owned() } else { format!("\r\u{1b}[{rows}A") }
}

/// The rows of a picture, each with the codes of its colours, without what is blank at its end.
fn rows(picture: &Buffer, has_colours: bool) -> Vec<Row> {
    let area = picture.area;
    (area.top()..area.bottom()).map(|y| row(picture, y, has_colours)).collect()
}

fn row(picture: &Buffer, y: u16, has_colours: bool) -> Row {
    let (mut text, mut columns) = (String::new(), 0);
    let (mut kept, mut kept_columns) = (0, 0);
    let mut before = String::new();
    let mut x = picture.area.left();
    while let Some(cell) = picture.cell((x, y)) {
        let codes = codes(cell.fg, cell.modifier, has_colours);
        if codes != before {
            text.push_str("\u{1b}[0m");
            text.push_str(&codes);
            before = codes;
        }
        text.push_str(cell.symbol());
        // What is wider than one column hides the cells behind it.
        let width = u16::try_from(Span::raw(cell.symbol()).width()).unwrap_or(1).max(1);
        columns += width;
        x = x.saturating_add(width);
        if cell.symbol() != " " {
            (kept, kept_columns) = (text.len(), columns);
        }
    }
    text.truncate(kept);
    if text.contains('\u{1b}') {
        text.push_str("\u{1b}[0m");
    }
    Row { text, columns: kept_columns }
}

/// The codes of a colour and its weight.
fn codes(colour: Color, modifier: Modifier, has_colours: bool) -> String {
    let mut codes = String::new();
    let mut add = |code: &str| {
        let _ = write!(codes, "\u{1b}[{code}m");
    };
    if modifier.contains(Modifier::BOLD) {
        add("1");
    }
    if modifier.contains(Modifier::DIM) {
        add("2");
    }
    if has_colours {
        match colour {
            Color::Red => add("31"),
            Color::Green => add("32"),
            Color::Yellow => add("33"),
            Color::Cyan => add("36"),
            _ => {}
        }
    }
    codes
}
