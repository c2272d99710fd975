//! Lines in bytes that come in pieces. It does no I/O, so whoever reads, and how, is not its affair.

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A line, without its end.
    Line(Vec<u8>),
    /// What was kept of a line that is longer than may be; the rest of it, from the bytes taken just now, is skipped.
    TooLong(Vec<u8>),
}

impl Found {
    /// How many bytes of it there are to be read.
    pub(in crate::doors::mcp) fn bytes(&self) -> usize {
        let (Self::Line(bytes) | Self::TooLong(bytes)) = self;
        bytes.len()
    }
}

/// Finds lines of a bounded length.
#[derive(Debug)]
pub struct Splitter {
    line: Vec<u8>,
    is_skipping: bool,
    max_bytes: usize,
}

impl Splitter {
    /// For lines of at most so many bytes.
    pub fn new(max_bytes: usize) -> Self {
        Self { line: Vec::new(), is_skipping: false, max_bytes }
    }

    /// Takes bytes up to the next thing found; says how many it took.
    pub fn push(&mut self, bytes: &[u8]) -> (usize, Option<Found>) {
        let (piece, ends) = match bytes.iter().position(|byte| *byte == b'\n') {
            Some(at) => (bytes.get(..at).unwrap_or_default(), true),
            None => (bytes, false),
        };
        let taken = piece.len() + usize::from(ends);
        if self.is_skipping {
            self.is_skipping = !ends;
            return (taken, None);
        }
        if self.line.len() + piece.len() > self.max_bytes {
            self.is_skipping = !ends;
            return (taken, Some(Found::TooLong(std::mem::take(&mut self.line))));
        }
        self.line.extend_from_slice(piece);
        (taken, ends.then(|| Found::Line(std::mem::take(&mut self.line))))
    }

    /// What is left at the end of everything.
    pub fn end(&mut self) -> Option<Found> {
        (!self.line.is_empty()).then(|| Found::Line(std::mem::take(&mut self.line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Everything found in these pieces, at most four bytes a line; `None` is one that was too long.
    fn found(pieces: &[&[u8]]) -> Vec<Option<String>> {
        let mut splitter = Splitter::new(4);
        let mut all = Vec::new();
        for mut piece in pieces.iter().copied() {
            while !piece.is_empty() {
                let (taken, found) = splitter.push(piece);
                assert!(taken > 0);
                piece = &piece[taken..];
                all.extend(found);
            }
        }
        all.extend(splitter.end());
        let told = |found| match found {
            Found::Line(line) => Some(String::from_utf8(line).unwrap()),
            Found::TooLong(_) => None,
        };
        all.into_iter().map(told).collect()
    }

    #[test]
    fn lines_are_found_and_long_ones_skipped() {
        let check = |text: &str, expected: &[Option<&str>]| {
            let expected: Vec<_> = expected.iter().map(|one| one.map(str::to_owned)).collect();
            assert_eq!(found(&[text.as_bytes()]), expected, "{text:?}");
        };
        check("", &[]);
        check("a\nb\n", &[Some("a"), Some("b")]);
        check("\n", &[Some("")]);
        check("abcd\nabcde\nf", &[Some("abcd"), None, Some("f")]);
        check("abcdefghij", &[None]);
    }

    proptest! {
        #[test]
        fn pieces_change_nothing(text in "[a\n]{0,40}", at in 0_usize..40) {
            let at = at.min(text.len());
            let (one, two) = text.as_bytes().split_at(at);
            prop_assert_eq!(found(&[text.as_bytes()]), found(&[one, two]));
        }
    }
}
