//! A terminal in a few lines: it knows the codes that the picture is painted with and stops at any other.
//!
//! What always holds: a line that is longer than the terminal is wide is broken into rows, anew after each change of its
//! width, and what was written scrolls up without a limit.

/// Characters in lines, and where the next one goes.
pub(in crate::doors::cli) struct Terminal {
    columns: usize,
    lines: Vec<Vec<char>>,
    line: usize,
    column: usize,
}

impl Terminal {
    pub(in crate::doors::cli) fn new(columns: usize) -> Self {
        Self { columns, lines: vec![Vec::new()], line: 0, column: 0 }
    }

    pub(in crate::doors::cli) fn resize(&mut self, columns: usize) {
        self.columns = columns;
    }

    /// The row of the cursor, from 0, and its column.
    pub(in crate::doors::cli) fn cursor(&self) -> (usize, usize) {
        let above: usize = self.lines[..self.line].iter().map(|line| self.height(line)).sum();
        (above + self.column / self.columns, self.column % self.columns)
    }

    /// All rows without the blank ones at the end.
    pub(in crate::doors::cli) fn rows(&self) -> Vec<String> {
        let mut rows: Vec<String> = Vec::new();
        for line in &self.lines {
            let text = |part: &[char]| part.iter().collect::<String>().trim_end().to_owned();
            if line.is_empty() {
                rows.push(String::new());
            }
            rows.extend(line.chunks(self.columns).map(text));
        }
        while rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }

    pub(in crate::doors::cli) fn write(&mut self, bytes: &str) {
        let mut rest = bytes.chars();
        while let Some(c) = rest.next() {
            match c {
                '\r' => self.column -= self.column % self.columns,
                '\n' => self.down(),
                '\u{1b}' => {
                    assert_eq!(rest.next(), Some('['), "{bytes:?}");
                    let code: String = rest.by_ref().take_while_inclusive(|c| !c.is_ascii_alphabetic());
                    self.code(&code);
                }
                c => self.put(c),
            }
        }
    }

    fn height(&self, line: &[char]) -> usize {
        line.len().div_ceil(self.columns).max(1)
    }

    fn down(&mut self) {
        assert!(self.column / self.columns + 1 >= self.height(&self.lines[self.line]), "into a broken line");
        (self.line, self.column) = (self.line + 1, 0);
        if self.line == self.lines.len() {
            self.lines.push(Vec::new());
        }
    }

    fn put(&mut self, c: char) {
        let line = &mut self.lines[self.line];
        if line.len() <= self.column {
            line.resize(self.column + 1, ' ');
        }
        line[self.column] = c;
        self.column += 1;
    }

    fn code(&mut self, code: &str) {
        match code.split_at(code.len() - 1) {
            (_, "m") => {}
            ("", "K") => self.lines[self.line].truncate(self.column),
            ("", "J") => {
                self.lines[self.line].truncate(self.column);
                self.lines.truncate(self.line + 1);
            }
            (count, "A") => {
                for _ in 0..count.parse::<usize>().unwrap() {
                    if self.column >= self.columns {
                        self.column -= self.columns;
                    } else {
                        self.line -= 1;
                        self.column = (self.height(&self.lines[self.line]) - 1) * self.columns;
                    }
                }
            }
            _ => panic!("an unknown code: {code:?}"),
        }
    }
}

/// As `take_while`, with the first one that is not wanted.
trait TakeWhileInclusive: Iterator<Item = char> {
    fn take_while_inclusive(self, wanted: fn(&char) -> bool) -> String;
}

impl<I: Iterator<Item = char>> TakeWhileInclusive for I {
    fn take_while_inclusive(self, wanted: fn(&char) -> bool) -> String {
        let mut taken = String::new();
        for c in self {
            taken.push(c);
            if !wanted(&c) {
                break;
            }
        }
        taken
    }
}
