//! Bounds of arguments: what a schema says, checked; and how figures are put into words.
//!
//! What always holds: a refusal names the path of the argument, what was wrong and what would be right. A schema tells
//! callers what is wanted and enforces nothing.

use std::collections::BTreeSet;

use echo_runtime::turn::{Failure, refuse};

/// The longest line, such as a name or a subject, in characters.
pub(crate) const MAX_LINE_CHARS: usize = 200;

/// The longest text, in characters.
pub(crate) const MAX_TEXT_CHARS: usize = 4_000;

/// A text that says something and is not too long.
pub(crate) fn text(path: &str, text: &str, max: usize) -> Result<(), Failure> {
    let chars = text.trim().chars().count();
    if (1..=max).contains(&chars) {
        return Ok(());
    }
    refuse(format!("{path}: it has {chars} characters, and needs 1 to {max}"))
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

/// A part of a whole in thousandths, rounded down; all of nothing is everything.
pub(crate) fn share(part: u64, whole: u64) -> u64 {
    if whole == 0 {
        return 1000;
    }
    let thousandths = u128::from(part) * 1000 / u128::from(whole);
    u64::try_from(thousandths).unwrap_or(u64::MAX)
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
        check(0, 0, 1000);
        check(0, 7, 0);
        check(1, 3, 333);
        check(2, 3, 666);
        check(7, 7, 1000);
        check(u64::MAX, u64::MAX, 1000);
        check(u64::MAX, 1, u64::MAX);
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_with_its_path() {
        let check = |result: Result<(), Failure>, expected: &str| {
            assert_eq!(result.unwrap_err().to_string(), expected);
        };
        check(text("name", "  ", 9), "name: it has 0 characters, and needs 1 to 9");
        check(number("percent", 101, 0, 100), "percent: it is 101, and must be 0 to 100");
        check(list("areas", &[0; 3], 1, 2), "areas: it has 3 entries, and needs 1 to 2");
        check(names("areas", ["a", " A"].into_iter()), "areas[1]: `A` stands there already; name each once");
    }
}
