//! The bounds of arguments, checked: a schema tells them and does not enforce them.
//!
//! What always holds: a refusal names the path, what was wrong and what would be right.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use echo_runtime::turn::{Failure, refuse};

/// A whole number within its range.
pub(crate) fn number(path: &str, value: u64, range: &RangeInclusive<u64>) -> Result<(), Failure> {
    if range.contains(&value) {
        return Ok(());
    }
    refuse(format!("{path}: it is {value}; it is {} to {}", range.start(), range.end()))
}

/// A text that says something, of at most so many characters.
pub(crate) fn text(path: &str, value: &str, max_chars: usize) -> Result<(), Failure> {
    let chars = value.chars().count();
    if chars <= max_chars && !value.trim().is_empty() {
        return Ok(());
    }
    let blank = if chars > 0 && value.trim().is_empty() { ", all blank" } else { "" };
    refuse(format!("{path}: it has {chars} characters{blank}, and needs 1 to {max_chars}"))
}

/// A list with so many entries.
pub(crate) fn count(path: &str, entries: usize, range: &RangeInclusive<usize>) -> Result<(), Failure> {
    if range.contains(&entries) {
        return Ok(());
    }
    refuse(format!("{path}: it has {entries} entries; it has {} to {}", range.start(), range.end()))
}

/// Names that are told apart without their case; `field` is where an entry of the list has its name.
pub(crate) fn distinct<'a>(
    path: &str,
    field: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for (place, name) in names.into_iter().enumerate() {
        if !seen.insert(key(name)) {
            return refuse(format!("{path}[{place}]{field}: `{name}` is there already; name each once"));
        }
    }
    Ok(())
}

/// A name as it is compared: without its case and the blanks around it.
pub(crate) fn key(name: &str) -> String {
    name.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_path_and_the_bound() {
        let check = |found: Result<(), Failure>, expected: Option<&str>| {
            assert_eq!(found.err().map(|failure| failure.to_string()).as_deref(), expected);
        };
        check(number("n", 1, &(1..=3)), None);
        check(number("n", 3, &(1..=3)), None);
        check(number("n", 0, &(1..=3)), Some("n: it is 0; it is 1 to 3"));
        check(text("t", "äö", 2), None);
        check(text("t", "äöü", 2), Some("t: it has 3 characters, and needs 1 to 2"));
        check(text("t", " ", 2), Some("t: it has 1 characters, all blank, and needs 1 to 2"));
        check(count("l", 2, &(1..=2)), None);
        check(count("l", 3, &(1..=2)), Some("l: it has 3 entries; it has 1 to 2"));
        check(distinct("l", ".name", ["a", "b"]), None);
        check(distinct("l", ".name", ["a", " A"]), Some("l[1].name: ` A` is there already; name each once"));
    }
}
