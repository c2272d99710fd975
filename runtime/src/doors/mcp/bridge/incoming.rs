//! What comes in, line by line; of a line that is too long to be kept, whose it is. It does no I/O.
//!
//! What always holds: of a line that is too long at most [`MAX_KEPT_BYTES`] are kept besides its beginning, which is let go
//! once it is found to be too long. Where in it the id stands, and in which pieces it comes, changes nothing.

use super::head::{Head, is_id};
use crate::doors::mcp::lines::{Found, Splitter};

/// The longest name of a field, id or method of a line that is too long, in bytes. Those of clients are far shorter.
const MAX_KEPT_BYTES: usize = 1_024;

/// What came in.
#[derive(Debug, PartialEq)]
pub(super) enum Came {
    /// A line, without its end.
    Line(Vec<u8>),
    /// A line that is longer than may be, to its end: what was found of its head.
    TooLong(Head),
}

/// Finds lines of a bounded length in pieces of any.
#[derive(Debug)]
pub(super) struct Incoming {
    splitter: Splitter,
    /// What is found of the line that is too long.
    skipped: Option<Scanner>,
}

impl Incoming {
    /// For lines of at most so many bytes.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { splitter: Splitter::new(max_bytes), skipped: None }
    }

    /// Takes bytes up to the next thing that came; says how many it took.
    pub(super) fn push(&mut self, bytes: &[u8]) -> (usize, Option<Came>) {
        let (taken, found) = self.splitter.push(bytes);
        match found {
            Some(Found::Line(line)) => return (taken, Some(Came::Line(line))),
            Some(Found::TooLong(beginning)) => self.skipped.insert(Scanner::default()).push(&beginning),
            None => {}
        }
        let Some(skipped) = &mut self.skipped else { return (taken, None) };
        let piece = bytes.get(..taken).unwrap_or_default();
        skipped.push(piece);
        let ends = piece.ends_with(b"\n");
        (taken, if ends { self.skipped.take().map(Scanner::came) } else { None })
    }

    /// What is left at the end of everything.
    pub(super) fn end(&mut self) -> Option<Came> {
        if let Some(skipped) = self.skipped.take() {
            return Some(skipped.came());
        }
        match self.splitter.end()? {
            Found::Line(line) => Some(Came::Line(line)),
            // It is told when it is found, never at the end.
            Found::TooLong(_) => None,
        }
    }
}

/// Finds the head of a message that goes by. Of what is no JSON it may find anything.
#[derive(Debug, Default)]
struct Scanner {
    /// How many objects and lists are open.
    depth: usize,
    is_in_text: bool,
    is_escaped: bool,
    /// The name of the field whose value goes by, of the outermost object.
    name: Option<String>,
    /// The name or value that goes by there, as far as it is kept.
    kept: Vec<u8>,
    head: Head,
}

impl Scanner {
    fn push(&mut self, piece: &[u8]) {
        for byte in piece {
            self.take(*byte);
        }
    }

    fn take(&mut self, byte: u8) {
        if self.is_in_text {
            self.is_in_text = byte != b'"' || self.is_escaped;
            self.is_escaped = byte == b'\\' && !self.is_escaped;
            return self.keep(byte);
        }
        match byte {
            b'"' => self.is_in_text = true,
            b':' if self.depth == 1 => {
                self.name = serde_json::from_slice(&std::mem::take(&mut self.kept)).ok();
                return;
            }
            b',' if self.depth == 1 => return self.end_field(),
            b'}' | b']' => {
                if self.depth == 1 {
                    self.end_field();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            _ => {}
        }
        self.keep(byte);
        if matches!(byte, b'{' | b'[') {
            self.depth += 1;
        }
    }

    /// Keeps what there is room for, of the outermost object. What is cut off is no JSON any more, so nobody takes it for whole.
    fn keep(&mut self, byte: u8) {
        if self.depth == 1 && self.kept.len() < MAX_KEPT_BYTES {
            self.kept.push(byte);
        }
    }

    fn end_field(&mut self) {
        let value = std::mem::take(&mut self.kept);
        match self.name.take().as_deref() {
            Some("id") => self.head.id = serde_json::from_slice(&value).ok().filter(is_id),
            Some("method") => self.head.method = serde_json::from_slice::<String>(&value).ok(),
            _ => {}
        }
    }

    fn came(self) -> Came {
        Came::TooLong(self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The longest line of these tests, in bytes.
    const MAX_BYTES: usize = 8;

    /// Everything that comes of a text in pieces of so many bytes.
    fn came(text: &str, bytes: usize) -> Vec<Came> {
        let mut incoming = Incoming::new(MAX_BYTES);
        let mut all = Vec::new();
        for mut piece in text.as_bytes().chunks(bytes) {
            while !piece.is_empty() {
                let (taken, came) = incoming.push(piece);
                assert!(taken > 0);
                assert!(incoming.skipped.as_ref().is_none_or(|one| one.kept.len() <= MAX_KEPT_BYTES));
                piece = &piece[taken..];
                all.extend(came);
            }
        }
        all.extend(incoming.end());
        all
    }

    fn check(line: &str, id: Option<Value>, method: Option<&str>) {
        let expected = Head { id, method: method.map(str::to_owned), refuses: false };
        for bytes in [1, 2, 3, 7, line.len() + 9] {
            let all = came(&format!("a\n{line}\nb\n"), bytes);
            let line_of = |text: &str| Came::Line(text.as_bytes().to_vec());
            let around = [line_of("a"), Came::TooLong(expected.clone()), line_of("b")];
            assert_eq!(all, around, "{line} by {bytes}");
            assert_eq!(came(line, bytes), [Came::TooLong(expected.clone())], "{line} by {bytes}");
        }
    }

    #[test]
    fn the_head_of_a_line_that_is_too_long_is_found_wherever_it_stands() {
        let long = format!(
            r#"{{"id":1,"method":"no","text":"\\\"}}{{,:","list":["{}"]}}"#,
            "x".repeat(3 * MAX_KEPT_BYTES)
        );
        check(&format!(r#"{{"id":7,"method":"ask","params":{long}}}"#), Some(json!(7)), Some("ask"));
        check(&format!(r#"{{"params":{long},"method":"ask","id":"a.b"}}"#), Some(json!("a.b")), Some("ask"));
        check(&format!(r#"{{"result" : [{long}, {long}] , "id" : -7 }} "#), Some(json!(-7)), None);
        check(&format!(r#"{{"result":{long},"\u0069d":"\"\\\u00e9"}}"#), Some(json!("\"\\é")), None);
        check(&format!(r#"{{"method":"note","params":{long}}}"#), None, Some("note"));
    }

    #[test]
    fn what_is_no_id_of_a_message_is_found_to_be_none() {
        let long = "x".repeat(MAX_KEPT_BYTES);
        check(&format!(r#"{{"id":"{long}","method":"ask"}}"#), None, Some("ask"));
        check(&format!(r#"{{"id":1{},"method":"ask"}}"#, "0".repeat(MAX_KEPT_BYTES)), None, Some("ask"));
        check(&format!(r#"{{"{long}":1,"method":"{long}","id":{{"id":3}}}}"#), None, None);
        check(r#"{"id":[7],"method":"ask"}"#, None, Some("ask"));
        check(r#"{"id":null,"id_":1,"result":7}"#, None, None);
        check(r#"[{"id":7,"method":"ask"}]"#, None, None);
        check(r#""id":7,"method":"ask""#, None, None);
        check(r#"}}}]]"id":7 no message"#, None, None);
        check(&long, None, None);
    }
}
