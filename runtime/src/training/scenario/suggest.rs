//! Help with words that must be one of a known list: the list itself, and the nearest of it.
//!
//! What always holds: whatever somebody wrote is shown shortened to one short line, so an error stays readable.

use std::fmt::Display;

/// How many insertions, deletions and replacements of a character a misspelling may have.
const MAX_EDITS: usize = 2;
/// How much of a text is shown in an error, in characters.
const MAX_SHOWN_CHARS: usize = 40;

/// A text for an error: in backticks, on one line, shortened.
pub(super) fn shown(text: &str) -> String {
    format!("`{}`", shortened(text))
}

/// A text for an error: on one line, shortened.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(MAX_SHOWN_CHARS)
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if text.chars().nth(MAX_SHOWN_CHARS).is_some() {
        short.push('…');
    }
    short
}

/// `unknown KIND WORD in PATH (did you mean ...?); LISTED a, b, c`.
pub(super) fn unknown<K: Display>(
    kind: &str,
    word: &str,
    place: &str,
    listed: &str,
    known: impl Iterator<Item = K>,
) -> String {
    let known: Vec<String> = known.map(|one| one.to_string()).collect();
    let hint = nearest(word, &known).map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
    format!("unknown {kind} {} in {place}{hint}; {listed} {}", shown(word), known.join(", "))
}

/// The known word that was probably meant; of equally near ones the first.
fn nearest<'a>(word: &str, known: &'a [String]) -> Option<&'a str> {
    // In a very short word two edits reach anything, so at least half of it must be as written.
    let word_chars = word.chars().count();
    let near = |one: &str| {
        let one_chars = one.chars().count();
        // Each edit changes the length by one at most; so a word of any length costs little.
        if one_chars.abs_diff(word_chars) > MAX_EDITS {
            return None;
        }
        let edits = edit_distance(word, one);
        (edits <= MAX_EDITS && edits * 2 < one_chars.max(word_chars)).then_some(edits)
    };
    known
        .iter()
        .filter_map(|one| near(one).map(|edits| (edits, one)))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, one)| one.as_str())
}

/// The Levenshtein distance: insertions, deletions and replacements of a character from one word to the other.
fn edit_distance(from: &str, to: &str) -> usize {
    // `row` holds the distances from the part of `from` read so far to each beginning of `to`.
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (read, from_char) in from.chars().enumerate() {
        let mut diagonal = read;
        let mut left = read + 1;
        let mut next = vec![left];
        for (to_char, above) in to.chars().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(from_char != to_char);
            left = replaced.min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_both_ways() {
        let check = |a: &str, b: &str, expected: usize| {
            assert_eq!(edit_distance(a, b), expected, "{a} -> {b}");
            assert_eq!(edit_distance(b, a), expected, "{b} -> {a}");
        };
        check("", "", 0);
        check("", "abc", 3);
        check("abc", "abc", 0);
        check("abc", "abcd", 1);
        check("abc", "axc", 1);
        check("kitten", "sitting", 3);
        check("ab", "ba", 2);
        check("é", "e", 1);
    }

    #[test]
    fn the_nearest_word_is_suggested_only_when_it_is_near() {
        let known = ["baker", "cashier", "hr"].map(str::to_owned);
        let check =
            |word: &str, expected: Option<&str>| assert_eq!(nearest(word, &known), expected, "{word}");
        check("bakr", Some("baker"));
        check("bakers", Some("baker"));
        check("chashir", Some("cashier"));
        check("butcher", None);
        check("ab", None);
        check("xr", None);
        check("", None);
        check("hrr", Some("hr"));
    }

    #[test]
    fn what_is_shown_stays_short_and_on_one_line() {
        assert_eq!(shown("a\nb"), "`a\u{fffd}b`");
        assert_eq!(shown(&"é".repeat(40)), format!("`{}`", "é".repeat(40)));
        assert_eq!(shown(&"é".repeat(41)), format!("`{}…`", "é".repeat(40)));
    }
}
