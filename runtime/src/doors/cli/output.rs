//! Writing for people and programs.
//!
//! What always holds: a reader that has gone away is no failure and no panic; any other failure to write is told once, at
//! the end. Control characters in a text, which may have been written by anybody, do not reach the terminal, nor do
//! invisible ones that change the direction of writing: what is read is what is there, in its order.

use std::fmt;
use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use super::FAILURE;
use crate::printable::is_unseen;
pub(super) use crate::printable::printable;

/// The standard output and the standard error.
pub(super) struct Output<'w> {
    stdout: &'w mut dyn Write,
    stderr: &'w mut dyn Write,
    /// Why the standard output takes no more.
    broken: Option<io::Error>,
    /// How wide the terminal is that reads the standard output, in columns; nothing where no terminal reads it.
    columns: Option<usize>,
}

impl<'w> Output<'w> {
    pub(super) fn new(stdout: &'w mut dyn Write, stderr: &'w mut dyn Write) -> Self {
        Self { stdout, stderr, broken: None, columns: None }
    }

    /// The same, read by a terminal of this width.
    pub(super) fn on_terminal(self, columns: Option<usize>) -> Self {
        Self { columns, ..self }
    }

    /// How wide the terminal is, in columns; nothing where no terminal reads.
    pub(super) fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Writes lines that were asked for.
    pub(super) fn text(&mut self, text: &str) {
        self.write(&printable(text));
    }

    /// Writes a text of the program's own as it is: a script, a manual page, a file that it ships.
    pub(super) fn verbatim(&mut self, text: &str) {
        self.write(text);
    }

    /// Writes a picture for the terminal; whoever made it has made the texts in it [`printable`].
    pub(super) fn picture(&mut self, bytes: &str) {
        if self.broken.is_none() {
            let written = self.stdout.write_all(bytes.as_bytes()).and_then(|()| self.stdout.flush());
            self.broken = written.err();
        }
    }

    /// Writes the one JSON object that was asked for.
    pub(super) fn json(&mut self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.write(&escaped(&text)),
            // Told at the end, like any other failure to write.
            Err(error) => self.broken = Some(error.into()),
        }
    }

    /// Writes lines about what is going on.
    pub(super) fn note(&mut self, text: &str) {
        // Where even this stream is closed, there is nobody left to tell.
        let _ = writeln!(self.stderr, "{}", printable(text));
    }

    /// Writes a failure for programs: one JSON object on one line of the standard error.
    pub(super) fn failure(&mut self, kind: &str, message: &str) {
        let _ = writeln!(self.stderr, "{}", failure(kind, message));
    }

    /// The exit code, which is that of a failure where the output did not arrive.
    pub(super) fn finish(mut self, code: u8) -> u8 {
        if self.broken.is_none() {
            self.broken = self.stdout.flush().err();
        }
        match self.broken.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                self.note(&format!("error: cannot write the output: {error}"));
                code.max(FAILURE)
            }
            _ => code,
        }
    }

    fn write(&mut self, text: &str) {
        if self.broken.is_none() {
            // Flushed at once: whoever watches a session wants to see it.
            let written = writeln!(self.stdout, "{}", text.trim_end()).and_then(|()| self.stdout.flush());
            self.broken = written.err();
        }
    }
}

/// A failure for programs: one JSON object on one line.
pub(super) fn failure(kind: &str, message: &str) -> String {
    escaped(&serde_json::json!({ "error": { "kind": kind, "message": message } }).to_string())
}

/// JSON in which such characters, which can only stand in its texts, are written by their numbers.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_unseen(c) {
            // Writing to a text cannot fail.
            let _ = fmt::Write::write_fmt(&mut text, format_args!("\\u{:04x}", u32::from(c)));
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_failure_and_a_full_disk_is() {
        let check = |kind: ErrorKind, code: u8, expected: u8, told: bool| {
            let (mut stdout, mut stderr) = (Failing(kind), Vec::new());
            let mut output = Output::new(&mut stdout, &mut stderr);
            output.text("something");
            output.text("more");
            assert_eq!(output.finish(code), expected, "{kind}");
            assert_eq!(!stderr.is_empty(), told, "{kind}");
        };
        check(ErrorKind::BrokenPipe, 0, 0, false);
        check(ErrorKind::BrokenPipe, 1, 1, false);
        check(ErrorKind::StorageFull, 0, 1, true);
        check(ErrorKind::StorageFull, 2, 2, true);
    }

    #[test]
    fn directions_of_writing_stay_as_they_are() {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut output = Output::new(&mut stdout, &mut stderr);
        output.text("a\u{202a}b\u{202e}c\u{2066}d\u{2069}e\u{200f}");
        output.json(&["\u{202e}\u{9b}\n"]);
        output.failure("failure", "no \u{2067}\"x\"");
        assert_eq!(output.finish(0), 0);
        let told = "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e\u{200f}\n[\n  \"\\u202e\\u009b\\n\"\n]\n";
        assert_eq!(String::from_utf8(stdout).unwrap(), told);
        let failure = "{\"error\":{\"kind\":\"failure\",\"message\":\"no \\u2067\\\"x\\\"\"}}\n";
        assert_eq!(String::from_utf8(stderr).unwrap(), failure);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut output = Output::new(&mut stdout, &mut stderr);
        output.text("a\u{1b}[2Jb\nc\td\u{9b}");
        output.note("\u{7}");
        assert_eq!(output.finish(0), 0);
        assert_eq!(String::from_utf8(stdout).unwrap(), "a\u{fffd}[2Jb\nc\u{fffd}d\u{fffd}\n");
        assert_eq!(String::from_utf8(stderr).unwrap(), "\u{fffd}\n");
    }
}
