//! Bounds of arguments: what a schema says, checked; and how figures are put into words.
//!
//! What always holds: a refusal names the path of the argument, what was wrong and what would be right. A schema tells
//! callers what is wanted and enforces nothing. What is counted is what is kept, with the blanks around it.
//!
//! Texts that may be left out are bounded as they are read: `free_…` is named by `deserialize_with`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use echo_runtime::turn::{Failure, refuse};
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::{Map, Value};

/// The longest line, such as a name or a subject, in characters.
pub(crate) const MAX_LINE_CHARS: usize = 200;

/// The longest text, in characters.
pub(crate) const MAX_TEXT_CHARS: usize = 4_000;

/// The most entries of a list, or of a set of figures, that goes with something else.
pub(crate) const MAX_ENTRIES: usize = 50;

/// A text that says something and is not too long.
pub(crate) fn text(path: &str, text: &str, max: usize) -> Result<(), Failure> {
    let chars = if text.trim().is_empty() { 0 } else { text.chars().count() };
    if (1..=max).contains(&chars) {
        return Ok(());
    }
    refuse(format!("{path}: it has {chars} characters, and needs 1 to {max}"))
}

/// A text of any kind, which may be empty.
pub(crate) fn free_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    at_most("it", &text, MAX_TEXT_CHARS)?;
    Ok(text)
}

/// A text of any kind, which may be null.
pub(crate) fn free_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    at_most("it", text.as_deref().unwrap_or_default(), MAX_TEXT_CHARS)?;
    Ok(text)
}

/// A line of any kind, which may be empty.
pub(crate) fn free_line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let line = String::deserialize(deserializer)?;
    at_most("it", &line, MAX_LINE_CHARS)?;
    Ok(line)
}

/// A list of texts.
pub(crate) fn free_texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    at_most_entries(texts.len())?;
    for (place, text) in texts.iter().enumerate() {
        at_most(format_args!("entry {place}"), text, MAX_TEXT_CHARS)?;
    }
    Ok(texts)
}

/// A list of lines.
pub(crate) fn free_lines<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let lines = free_texts(deserializer)?;
    for (place, line) in lines.iter().enumerate() {
        at_most(format_args!("entry {place}"), line, MAX_LINE_CHARS)?;
    }
    Ok(lines)
}

/// A list of anything that bounds itself.
pub(crate) fn free_list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let list = Vec::<T>::deserialize(deserializer)?;
    at_most_entries(list.len())?;
    Ok(list)
}

/// Figures by name.
pub(crate) fn free_figures<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, u64>, D::Error> {
    let figures = BTreeMap::<String, u64>::deserialize(deserializer)?;
    at_most_entries(figures.len())?;
    for name in figures.keys() {
        at_most("a name", name, MAX_LINE_CHARS)?;
    }
    Ok(figures)
}

/// Texts by name.
pub(crate) fn named_texts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
    at_most_entries(texts.len())?;
    for (name, text) in &texts {
        at_most("a name", name, MAX_LINE_CHARS)?;
        at_most(format_args!("`{name}`"), text, MAX_TEXT_CHARS)?;
    }
    Ok(texts)
}

/// Anything by name; what counts is its JSON text.
pub(crate) fn named_values<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    let values = Map::<String, Value>::deserialize(deserializer)?;
    at_most_entries(values.len())?;
    for (name, value) in &values {
        at_most("a name", name, MAX_LINE_CHARS)?;
        at_most(format_args!("`{name}`"), &value.to_string(), MAX_TEXT_CHARS)?;
    }
    Ok(values)
}

fn at_most<E: Error>(what: impl fmt::Display, text: &str, max: usize) -> Result<(), E> {
    let chars = text.chars().count();
    if chars <= max {
        return Ok(());
    }
    Err(E::custom(format_args!("{what} has {chars} characters, and may have {max}")))
}

fn at_most_entries<E: Error>(entries: usize) -> Result<(), E> {
    if entries <= MAX_ENTRIES {
        return Ok(());
    }
    Err(E::custom(format_args!("it has {entries} entries, and may have {MAX_ENTRIES}")))
}

/// A number in its range.
pub(crate) fn number(path: &str, number: u64, min: u64, max: u64) -> Result<(), Failure> {
    if (min..=max).contains(&number) {
        return Ok(());
    }
    refuse(format!("{path}: it is {number}, and must be {min} to {max}"))
}

/// A list of the right length.
pub(crate) fn list<T>(path: &str, list: &[T], min: usize, max: usize) -> Result<(), Failure> {
    if (min..=max).contains(&list.len()) {
        return Ok(());
    }
    refuse(format!("{path}: it has {} entries, and needs {min} to {max}", list.len()))
}

/// Names that are each there and each different.
pub(crate) fn names<'a>(path: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for (place, name) in names.enumerate() {
        text(&format!("{path}[{place}]"), name, MAX_LINE_CHARS)?;
        if !seen.insert(name.trim().to_lowercase()) {
            return refuse(format!(
                "{path}[{place}]: `{}` stands there already; name each once",
                name.trim()
            ));
        }
    }
    Ok(())
}

/// Thousandths as a decimal number.
pub(crate) fn decimal(thousandths: u64) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// All of a whole, in thousandths.
pub(crate) const ALL: u64 = 1_000;

/// A part of a whole in thousandths, rounded down, and to the largest number that there is; nothing of a whole of nothing,
/// for which each caller says what it means.
pub(crate) fn share(part: u64, whole: u64) -> Option<u64> {
    let thousandths = (u128::from(part) * 1_000).checked_div(u128::from(whole))?;
    Some(u64::try_from(thousandths).unwrap_or(u64::MAX))
}

/// The square root, rounded up; a square that was rounded up before still has the root that its exact value has.
pub(crate) fn root_up(square: u128) -> u64 {
    let root = square.isqrt();
    let root = if root * root < square { root + 1 } else { root };
    u64::try_from(root).unwrap_or(u64::MAX)
}

/// Says of a bar that is lower than the usual one that it is; in percent.
pub(crate) fn lowered(percent: u64, usual: u64) -> String {
    if percent < usual { format!(", below the usual {usual} %") } else { String::new() }
}

/// The figures that a verdict follows from, and what its caller says beside them.
pub(crate) fn with_figures(figures: &str, rationale: &str) -> String {
    let rationale = rationale.trim();
    if rationale.is_empty() { figures.to_owned() } else { format!("{figures}; {rationale}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_and_rounded_down() {
        let check = |part, whole, expected| assert_eq!(share(part, whole), expected, "{part}/{whole}");
        check(0, 0, None);
        check(3, 0, None);
        check(0, 7, Some(0));
        check(1, 3, Some(333));
        check(2, 3, Some(666));
        check(7, 7, Some(1000));
        check(u64::MAX, u64::MAX, Some(1000));
        check(u64::MAX, 1, Some(u64::MAX));
    }

    #[test]
    fn roots_are_rounded_up() {
        let check = |square, expected| assert_eq!(root_up(square), expected, "{square}");
        check(0, 0);
        check(1, 1);
        check(2, 2);
        check(4, 2);
        check(5, 3);
        check(u128::MAX, u64::MAX);
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_with_its_path() {
        let check = |result: Result<(), Failure>, expected: &str| {
            assert_eq!(result.unwrap_err().to_string(), expected);
        };
        check(text("name", "  ", 9), "name: it has 0 characters, and needs 1 to 9");
        check(number("percent", 101, 0, 100), "percent: it is 101, and must be 0 to 100");
        check(list("areas", &[0; 3], 1, 2), "areas: it has 3 entries, and needs 1 to 2");
        check(text("name", "  a  ", 4), "name: it has 5 characters, and needs 1 to 4");
        check(names("areas", ["a", " A"].into_iter()), "areas[1]: `A` stands there already; name each once");
    }
}
