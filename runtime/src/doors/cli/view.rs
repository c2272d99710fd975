//! Watching a session: nothing, plain lines, or a picture that is kept up to date below the lines.
//!
//! In reading order: [`Watching`] is told of each step; [`model`] is what the picture shows, [`words`] says what each
//! agent is doing, [`render`] lays both out, [`screen`] brings it onto the terminal.
//!
//! What always holds: the lines are the same in a picture and without one, and stay on the terminal when the picture is
//! gone. The picture leaves the terminal as it was, whatever ends the session: it changes no mode of it, hides no cursor
//! and asks it nothing. Control characters in texts of others do not reach it.

mod model;
mod render;
mod screen;
#[cfg(test)]
pub(super) mod tests;
mod words;

use echo_storage::clock::{Clock, ClockKind};
use echo_storage::journal::Entry;
use echo_storage::records::Config;

use self::model::View;
use self::screen::Screen;
use super::interrupt;
use super::output::{Output, printable};
use super::place::Terminal;
use crate::training::{Progress, Watcher};

/// In virtual time, where nothing is waited for: how many pauses pass without a new picture.
const SKIPPED_RESTS: u32 = 8;

/// Somebody at the command line who watches a session.
pub(super) struct Watching<'o, 'w> {
    output: &'o mut Output<'w>,
    progress: Progress,
    shown: Shown,
}

/// What is shown.
enum Shown {
    Nothing,
    Lines,
    Picture(Box<Picture>),
}

/// A picture below the lines.
struct Picture {
    terminal: Terminal,
    view: View,
    screen: Screen,
    clock: ClockKind,
    /// Lines that are to stand above the next picture.
    lines: String,
    skipped: u32,
}

impl<'o, 'w> Watching<'o, 'w> {
    /// Shows nothing.
    pub(super) fn nothing(output: &'o mut Output<'w>) -> Self {
        Self { output, progress: Progress::default(), shown: Shown::Nothing }
    }

    /// Shows plain lines.
    pub(super) fn lines(output: &'o mut Output<'w>) -> Self {
        Self { output, progress: Progress::default(), shown: Shown::Lines }
    }

    /// Shows the lines, and a picture of the organisation below them.
    pub(super) fn picture(
        output: &'o mut Output<'w>,
        terminal: Terminal,
        config: &Config,
        clock: ClockKind,
        is_hosted: bool,
    ) -> Self {
        let picture = Picture {
            terminal,
            view: View::new(config, clock, is_hosted),
            screen: Screen::new(terminal.has_colours),
            clock,
            lines: String::new(),
            skipped: 0,
        };
        interrupt::set_picture(true);
        Self { output, progress: Progress::default(), shown: Shown::Picture(Box::new(picture)) }
    }

    /// Takes in a step from before the watch.
    pub(super) fn recall(&mut self, entry: &Entry) {
        let _ = self.progress.lines(entry);
        if let Shown::Picture(picture) = &mut self.shown {
            picture.view.recall(entry);
        }
    }
}

impl Watcher for Watching<'_, '_> {
    fn see(&mut self, entry: &Entry) {
        let lines = self.progress.lines(entry);
        match &mut self.shown {
            Shown::Nothing => {}
            Shown::Lines => lines.iter().for_each(|line| self.output.text(line)),
            Shown::Picture(picture) => {
                picture.view.apply(entry);
                for line in &lines {
                    picture.lines.push_str(printable(line).trim_end());
                    picture.lines.push('\n');
                }
            }
        }
    }

    fn rest(&mut self) {
        if let Shown::Picture(picture) = &mut self.shown
            && let Some(painted) = picture.paint()
        {
            self.output.picture(&painted);
        }
    }
}

impl Drop for Watching<'_, '_> {
    fn drop(&mut self) {
        if let Shown::Picture(picture) = &mut self.shown {
            // What a panic has written is below the picture by now and must not be wiped away with it.
            let last =
                if std::thread::panicking() { "\n".to_owned() } else { picture.screen.clear(&picture.lines) };
            self.output.picture(&last);
            interrupt::set_picture(false);
        }
    }
}

impl Picture {
    /// What brings the terminal up to date, if it is worth it.
    fn paint(&mut self) -> Option<String> {
        let now = match self.clock {
            ClockKind::Real => Clock::Real.now(),
            ClockKind::Virtual => self.view.latest(),
        };
        if self.clock == ClockKind::Virtual && self.lines.is_empty() && self.skipped < SKIPPED_RESTS {
            self.skipped += 1;
            return None;
        }
        self.skipped = 0;
        let lines = std::mem::take(&mut self.lines);
        // One that does not say how large it is gets the lines alone.
        let (columns, rows) = (self.terminal.size)().unwrap_or_default();
        let painted = self.screen.paint(&lines, columns, self.view.picture(columns, rows, now).as_ref());
        (!painted.is_empty()).then_some(painted)
    }
}
