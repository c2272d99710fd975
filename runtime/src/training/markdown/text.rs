//! Writing Markdown: headings, paragraphs, lists and tables of texts that others wrote.
//!
//! What always holds: every text that comes in is escaped on its way into the page, and keeps to its block: it can begin
//! no heading, no list, no table cell and no markup of its own.

/// A page that is being written.
#[derive(Default)]
pub(super) struct Page {
    text: String,
}

/// A table's cells, row by row.
pub(super) struct Cells {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Cells {
    /// A table with these headings.
    pub(super) fn new(head: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { head: head.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl Page {
    /// A heading, from 1.
    pub(super) fn heading(&mut self, level: usize, text: &str) {
        self.block(&format!("{} {}", "#".repeat(level), escaped(text)));
    }

    /// A paragraph.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.block(&escaped(text));
    }

    /// A paragraph that stands out.
    pub(super) fn strong(&mut self, text: &str) {
        self.block(&format!("**{}**", escaped(text)));
    }

    /// What somebody said.
    pub(super) fn quote(&mut self, text: &str) {
        self.block(&format!("> {}", escaped(text)));
    }

    /// A line to copy: a hash or a command.
    pub(super) fn code(&mut self, line: &str) {
        self.block(&format!("    {}", line.replace(['\n', '\r'], " ")));
    }

    /// An entry of a list.
    pub(super) fn item(&mut self, text: &str) {
        self.line(&format!("- {}", escaped(text)));
    }

    /// An entry below an entry of a list.
    pub(super) fn subitem(&mut self, text: &str) {
        self.line(&format!("  - {}", escaped(text)));
    }

    /// What follows is no entry of the list any more.
    pub(super) fn end_list(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A table.
    pub(super) fn table(&mut self, table: &Cells) {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
            format!("| {} |", cells.join(" | "))
        };
        self.line(&line(&table.head));
        self.line(&format!("|{}", " --- |".repeat(table.head.len())));
        for row in &table.rows {
            self.line(&line(row));
        }
        self.text.push('\n');
    }

    /// The page, which ends with one line break.
    pub(super) fn into_text(self) -> String {
        format!("{}\n", self.text.trim_end())
    }

    fn block(&mut self, text: &str) {
        self.line(text);
        self.text.push('\n');
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// A text as words on one line: what could be markup is escaped, what is no visible character is a space.
fn escaped(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control() || turns(c)).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    let mut out = String::with_capacity(line.len());
    let mut before = None;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let within_word = before.is_some_and(char::is_alphanumeric)
            && letters.peek().is_some_and(|next| next.is_alphanumeric());
        // An underscore within a word, as in the names of roles, is no markup.
        let is_markup = match letter {
            '_' => !within_word,
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '&' | '~' | '$' => true,
            // These begin a block only at its start.
            '#' | '+' | '-' | '=' => before.is_none(),
            '.' | ')' => out.chars().all(|c| c.is_ascii_digit()) && before.is_some(),
            _ => false,
        };
        if is_markup {
            out.push('\\');
        }
        out.push(letter);
        before = Some(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_of_others_are_words() {
        let check = |text: &str, expected: &str| assert_eq!(escaped(text), expected);
        check("a plain text, 100 %", "a plain text, 100 %");
        check("desk_clerk _and_ *all*", r"desk_clerk \_and\_ \*all\*");
        check("a | b\n\n# c", r"a \| b # c");
        check("# a", r"\# a");
        check("- a", r"\- a");
        check("1. a 1. b", r"1\. a 1. b");
        check("<script>&amp;", r"\<script\>\&amp;");
        check("[a](b) `c` \\", r"\[a\](b) \`c\` \\");
        check("a\u{0}b\u{1b}[2J", r"a b \[2J");
        check("", "");
    }

    proptest! {
        /// Whatever a text holds, it stays on one line and leaves no bare markup.
        #[test]
        fn no_markup_gets_through(text in any::<String>()) {
            let escaped = escaped(&text);
            prop_assert!(!escaped.contains(['\n', '\r']));
            let mut letters = escaped.chars();
            while let Some(letter) = letters.next() {
                if letter == '\\' {
                    prop_assert!(letters.next().is_some_and(|next| next.is_ascii_punctuation()));
                } else {
                    prop_assert!(!"`*[]<>|&~$".contains(letter), "{escaped}");
                }
            }
        }
    }
}
