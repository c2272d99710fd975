//! Texts that others wrote, as they may be shown on a terminal.
//!
//! What always holds: what is read is what is there, in its order; nothing in it makes a terminal act.

/// The text without what a terminal would act on instead of showing it.
pub(crate) fn printable(text: &str) -> String {
    let shown = |c: char| if c != '\n' && is_unseen(c) { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(shown).collect()
}

/// Whether a character is a control character, or an invisible one that changes the direction of writing.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_replaced() {
        let check = |text: &str, expected: &str| assert_eq!(printable(text), expected);
        check("a plain text\nin two lines", "a plain text\nin two lines");
        check("a\u{1b}[2Jb\tc\u{9b}", "a\u{fffd}[2Jb\u{fffd}c\u{fffd}");
        check("a\u{202e}b\u{2066}c\u{200f}", "a\u{fffd}b\u{fffd}c\u{200f}");
    }
}
