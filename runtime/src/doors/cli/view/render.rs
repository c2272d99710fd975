//! Laying out the picture of a session.
//!
//! ```text
//! ── ses-1  title ─────────────────────────────────────────────── 0:12 ──
//! the phases, the present one in brackets
//! what is waited for                                  time left and a bar
//! agent  votes  what it is doing                                    a bar
//! counts                                                 how it is stopped
//! ```
//!
//! What always holds: a row never reaches the last column, where some terminals break it. What does not fit is left out
//! from the least to the most important: bars, votes, ends of texts; where not even that fits, there is no picture.

use std::cmp::Ordering;

use echo_storage::clock::ClockKind;
use echo_storage::quantities::Timestamp;
use echo_storage::records::{Phase, Vote};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::model::{AgentRow, Mark, View};
use super::words::{self, Doing, Tone, WHOLE};
use crate::doors::cli::output::printable;

/// A terminal with fewer rows shows lines only.
const MIN_ROWS: u16 = 16;
/// A terminal with fewer columns shows lines only.
const MIN_COLUMNS: u16 = 40;
/// Rows of the picture besides those of the agents.
const OTHER_ROWS: u16 = 4;
/// Rows that are left to the lines above the picture.
const LINES_ROWS: u16 = 2;
/// From here on there is room for the votes of each round.
const VOTES_COLUMNS: u16 = 56;
/// From here on there is room for a bar behind each agent.
const BARS_COLUMNS: u16 = 72;
/// From here on there is room for longer bars, and for the phases with their numbers.
const WIDE_COLUMNS: u16 = 108;
/// The length of a bar, and of a longer one.
const BAR_COLUMNS: (u16, u16) = (8, 16);
/// How many rounds of votes are shown; the latest, where there were more.
const MAX_ROUNDS: u32 = 5;

/// The phases, each with its short name and its full one.
const PHASES: [(&str, &str); 7] = [
    ("start", "1 start"),
    ("broadcast", "2 broadcast"),
    ("selection", "3 self-selection"),
    ("discussion", "4 discussion"),
    ("consensus", "5 consensus"),
    ("synthesis", "6 synthesis"),
    ("outcome", "outcome"),
];
const SELECTION: usize = 2;
const DISCUSSION: usize = 3;
const SYNTHESIS: usize = 5;
const OUTCOME: usize = 6;

impl View {
    /// The picture for a terminal of this size, where it has room for one and there is something to show.
    pub(super) fn picture(&self, columns: u16, rows: u16, now: Timestamp) -> Option<Buffer> {
        let height = u16::try_from(self.agents.len()).unwrap_or(u16::MAX).saturating_add(OTHER_ROWS);
        if self.session.is_none()
            || columns < MIN_COLUMNS
            || rows < height.saturating_add(LINES_ROWS).max(MIN_ROWS)
        {
            return None;
        }
        let mut picture = Buffer::empty(Rect::new(0, 0, columns - 1, height));
        self.render(&mut picture, now);
        Some(picture)
    }

    /// Draws the picture into the whole of the buffer.
    pub(super) fn render(&self, picture: &mut Buffer, now: Timestamp) {
        let mut areas = picture.area.rows();
        let mut draw = |line: &dyn Fn(&mut Buffer, Rect)| {
            if let Some(area) = areas.next() {
                line(picture, area);
            }
        };
        draw(&|picture, area| self.head(picture, area, now));
        draw(&|picture, area| self.phases(picture, area));
        draw(&|picture, area| self.wait(picture, area, now));
        for row in &self.agents {
            draw(&|picture, area| self.agent(picture, area, row, now));
        }
        draw(&|picture, area| self.foot(picture, area));
    }

    fn head(&self, picture: &mut Buffer, area: Rect, now: Timestamp) {
        let rule = "─".repeat(area.width.into());
        put(picture, area, &rule, style(Tone::Quiet));
        let clock = match self.clock {
            ClockKind::Real => "",
            ClockKind::Virtual => "virtual time ",
        };
        let elapsed = format!(" {clock}{} ", words::duration(self.elapsed_ms(now)));
        let (area, right) = split(area, columns_of(&elapsed) + 2);
        put(picture, right, &elapsed, Style::new());
        let Some(session) = &self.session else { return };
        let area = inset(area, 2, 1);
        let id = format!(" {} ", session.id);
        let used = put(picture, area, &id, style(Tone::Plain).add_modifier(Modifier::BOLD));
        let title = cut(&printable(&session.title), area.width.saturating_sub(used + 1));
        put(picture, inset(area, used, 0), &format!("{title} "), Style::new());
    }

    fn phases(&self, picture: &mut Buffer, area: Rect) {
        let current = self.current();
        let round = self.round();
        let is_wide = area.width >= WIDE_COLUMNS;
        let name = |at: usize, (short, full): (&str, &str)| {
            let name = if is_wide { full } else { short };
            match at {
                DISCUSSION if round > 0 && is_wide => format!("{name}, round {round}"),
                DISCUSSION if round > 0 => format!("{name} {round}"),
                OUTCOME if self.is_climbing() => "climbing".to_owned(),
                _ => name.to_owned(),
            }
        };
        let is_narrow = area.width < BARS_COLUMNS;
        let mut area = inset(area, 1, 0);
        for (at, names) in PHASES.into_iter().enumerate().filter(|(at, _)| !is_narrow || *at == current) {
            let name = name(at, names);
            let (shown, style) = match at.cmp(&current) {
                Ordering::Less => (name, Style::new()),
                Ordering::Equal => (format!("[{name}]"), style(Tone::Busy).add_modifier(Modifier::BOLD)),
                Ordering::Greater => (name, style(Tone::Quiet)),
            };
            let used = put(picture, area, &shown, style);
            area = inset(area, used + 2, 0);
        }
        if is_narrow {
            put(picture, area, &format!("{} of {}", current + 1, PHASES.len()), style(Tone::Quiet));
        }
    }

    fn wait(&self, picture: &mut Buffer, area: Rect, now: Timestamp) {
        let waiting = words::waiting(self);
        let mut area = inset(area, 1, 0);
        if let Some((deadline, _)) = self.decision.as_ref().and_then(|decision| decision.deadline) {
            let left_ms = deadline.ms().saturating_sub(now.ms());
            let whole_ms = deadline.ms().saturating_sub(self.waits_since.ms());
            let left = format!("{} left", words::duration(left_ms));
            if let Some(bar) = bar_columns(area.width) {
                let right;
                (area, right) = split(area, bar);
                put_bar(picture, right, words::share(left_ms, whole_ms), style(Tone::Quiet));
            }
            let right;
            (area, right) = split(area, columns_of(&left) + 2);
            put(picture, inset(right, 1, 0), &left, style(Tone::Quiet));
        }
        put_cut(picture, area, &waiting.words, style(waiting.tone));
    }

    fn agent(&self, picture: &mut Buffer, area: Rect, row: &AgentRow, now: Timestamp) {
        let Doing { words, tone, bar } = words::doing(self, row, now);
        let mut area = inset(area, 1, 0);
        let names = self.agents.iter().map(|row| columns_of(row.role.as_str())).max().unwrap_or_default();
        let (name, rest) = split_left(area, (names + 2).min(area.width / 2));
        let weight = if words::is_lead(self, &row.role) { Modifier::BOLD } else { Modifier::empty() };
        put_cut(picture, inset(name, 0, 1), row.role.as_str(), Style::new().add_modifier(weight));
        area = rest;
        if picture.area.width >= VOTES_COLUMNS {
            area = self.votes(picture, area, row);
        }
        if let Some(length) = bar_columns(picture.area.width) {
            let right;
            (area, right) = split(area, length + 1);
            if let Some(bar) = bar {
                put_bar(picture, inset(right, 1, 0), bar, style(tone));
            }
        }
        put_cut(picture, area, &words, style(tone));
    }

    /// The letters of a role's votes; gives what is left of the row.
    fn votes(&self, picture: &mut Buffer, area: Rect, row: &AgentRow) -> Rect {
        let last = self.round().max(self.config.rules.rounds.min(MAX_ROUNDS));
        let first = last.saturating_sub(MAX_ROUNDS) + 1;
        let mut area = area;
        for round in first..=last {
            let (letter, style) = match self.mark(row, round) {
                Mark::Voted(Vote::Approve) => ("A", style(Tone::For).add_modifier(Modifier::BOLD)),
                Mark::Voted(Vote::Reject) => ("R", style(Tone::Against).add_modifier(Modifier::BOLD)),
                Mark::Voted(Vote::Abstain) => ("-", style(Tone::Trouble).add_modifier(Modifier::BOLD)),
                Mark::Waits => ("?", style(Tone::Quiet)),
                Mark::Absent => ("x", style(Tone::Trouble)),
                Mark::Nothing => (" ", Style::new()),
            };
            put(picture, area, letter, style);
            area = inset(area, 2, 0);
        }
        inset(area, 1, 0)
    }

    fn foot(&self, picture: &mut Buffer, area: Rect) {
        let count = |count: u64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let is_narrow = area.width < BARS_COLUMNS;
        let mut counts = vec![count(self.steps, "step"), count(self.messages, "message")];
        if !is_narrow {
            counts.push(count(self.thoughts.len() as u64, "thought") + " out");
        }
        if self.dead_letters > 0 {
            counts.insert(0, count(self.dead_letters, "dead letter"));
        }
        let stop = match (self.is_hosted, is_narrow) {
            (false, true) => "Ctrl-C stops",
            (false, false) => "Ctrl-C stops; train --resume continues",
            (true, true) => "Ctrl-C leaves",
            (true, false) => "Ctrl-C leaves; it goes on, watch comes back",
        };
        let (area, right) = split(inset(area, 1, 0), columns_of(stop));
        put(picture, right, stop, style(Tone::Quiet));
        put_cut(picture, inset(area, 0, 1), &counts.join(", "), style(Tone::Quiet));
    }

    /// The phase that the session is in.
    fn current(&self) -> usize {
        let Some(decision) = &self.decision else { return 0 };
        match decision.phase {
            Phase::Selecting => SELECTION,
            Phase::Voting { .. } | Phase::Clarifying { .. } => DISCUSSION,
            Phase::Synthesising => SYNTHESIS,
            Phase::Climbing { .. } | Phase::Waiting { .. } | Phase::Closed => OUTCOME,
        }
    }

    fn is_climbing(&self) -> bool {
        self.decision.as_ref().is_some_and(|decision| matches!(decision.phase, Phase::Climbing { .. }))
    }
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Busy => Style::new().fg(Color::Cyan),
        Tone::For => Style::new().fg(Color::Green),
        Tone::Against => Style::new().fg(Color::Red),
        Tone::Trouble => Style::new().fg(Color::Yellow),
        Tone::Plain => Style::new(),
        Tone::Quiet => Style::new().add_modifier(Modifier::DIM),
    }
}

fn columns_of(text: &str) -> u16 {
    u16::try_from(ratatui::text::Span::raw(text).width()).unwrap_or(u16::MAX)
}

/// The length of a bar in a picture of this width, where there is room for one.
fn bar_columns(columns: u16) -> Option<u16> {
    let (short, long) = BAR_COLUMNS;
    (columns >= BARS_COLUMNS).then_some(if columns >= WIDE_COLUMNS { long } else { short })
}

/// The row without so many columns at its left and right.
fn inset(area: Rect, left: u16, right: u16) -> Rect {
    let left = left.min(area.width);
    Rect { x: area.x + left, width: (area.width - left).saturating_sub(right), ..area }
}

/// The row in two parts, the right one so wide.
fn split(area: Rect, right: u16) -> (Rect, Rect) {
    let right = right.min(area.width);
    (inset(area, 0, right), inset(area, area.width - right, 0))
}

/// The row in two parts, the left one so wide.
fn split_left(area: Rect, left: u16) -> (Rect, Rect) {
    split(area, area.width.saturating_sub(left))
}

/// Writes what fits of a text; says how many columns it took.
fn put(picture: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    if area.is_empty() {
        return 0;
    }
    let (end, _) = picture.set_stringn(area.x, area.y, text, area.width.into(), style);
    end.saturating_sub(area.x)
}

/// Writes a text of others, whose end is left out, and is seen to be, where it does not fit.
fn put_cut(picture: &mut Buffer, area: Rect, text: &str, style: Style) {
    put(picture, area, &cut(&printable(text), area.width), style);
}

/// The text in one line and in so many columns at most.
fn cut(text: &str, columns: u16) -> String {
    let text = text.replace('\n', " ");
    if columns_of(&text) <= columns {
        return text;
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += columns_of(c.encode_utf8(&mut [0; 4]));
        if used > columns {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

fn put_bar(picture: &mut Buffer, area: Rect, thousandths: u64, style: Style) {
    let columns = u64::from(area.width);
    // Rounded, but never to nothing or to all of it where it is neither.
    let filled = (thousandths * columns + WHOLE / 2) / WHOLE;
    let filled = match thousandths {
        0 => 0,
        WHOLE.. => columns,
        _ => filled.clamp(1, columns.saturating_sub(1).max(1)),
    };
    let full = usize::try_from(filled).unwrap_or_default();
    let empty = usize::try_from(columns.saturating_sub(filled)).unwrap_or_default();
    put(picture, area, &format!("{}{}", "█".repeat(full), "░".repeat(empty)), style);
}
