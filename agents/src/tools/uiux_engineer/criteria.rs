//! The success criteria of WCAG 2.2 and the level that follows from them.
//!
//! What always holds: a level is reached when every criterion of it and of those below passes or does not apply; a
//! criterion that was not checked is not passed (WCAG 2.2, 5.2.1).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A level of conformance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub(super) enum Level {
    /// The least.
    A,
    /// What most laws ask for.
    #[serde(rename = "AA")]
    Aa,
    /// The most.
    #[serde(rename = "AAA")]
    Aaa,
}

impl Level {
    /// All of them, from the least.
    pub(super) const ALL: [Self; 3] = [Self::A, Self::Aa, Self::Aaa];

    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aa => "AA",
            Self::Aaa => "AAA",
        }
    }

    /// The numbers of its criteria; 4.1.1 is obsolete in WCAG 2.2.
    pub(super) fn criteria(self) -> impl Iterator<Item = &'static str> {
        let numbers = match self {
            Self::A => {
                "1.1.1 1.2.1 1.2.2 1.2.3 1.3.1 1.3.2 1.3.3 1.4.1 1.4.2 2.1.1 2.1.2 2.1.4 2.2.1 2.2.2 2.3.1 2.4.1 \
                 2.4.2 2.4.3 2.4.4 2.5.1 2.5.2 2.5.3 2.5.4 3.1.1 3.2.1 3.2.2 3.2.6 3.3.1 3.3.2 3.3.7 4.1.2"
            }
            Self::Aa => {
                "1.2.4 1.2.5 1.3.4 1.3.5 1.4.3 1.4.4 1.4.5 1.4.10 1.4.11 1.4.12 1.4.13 2.4.5 2.4.6 2.4.7 2.4.11 \
                 2.5.7 2.5.8 3.1.2 3.2.3 3.2.4 3.3.3 3.3.4 3.3.8 4.1.3"
            }
            Self::Aaa => {
                "1.2.6 1.2.7 1.2.8 1.2.9 1.3.6 1.4.6 1.4.7 1.4.8 1.4.9 2.1.3 2.2.3 2.2.4 2.2.5 2.2.6 2.3.2 2.3.3 \
                 2.4.8 2.4.9 2.4.10 2.4.12 2.4.13 2.5.5 2.5.6 3.1.3 3.1.4 3.1.5 3.1.6 3.2.5 3.3.5 3.3.6 3.3.9"
            }
        };
        numbers.split_whitespace()
    }
}

/// What checking a criterion found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Finding {
    /// It is met.
    Pass,
    /// It is not met.
    Fail,
    /// Nothing is there that it speaks of.
    NotApplicable,
}

/// Whether WCAG 2.2 has a criterion of this number.
pub(super) fn is_known(number: &str) -> bool {
    Level::ALL.into_iter().any(|level| level.criteria().any(|one| one == number))
}

/// The highest level reached.
pub(super) fn reached(findings: &BTreeMap<String, Finding>) -> Option<Level> {
    let met = |level: &Level| {
        level.criteria().all(|one| matches!(findings.get(one), Some(Finding::Pass | Finding::NotApplicable)))
    };
    Level::ALL.into_iter().take_while(met).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_86_criteria_each_of_one_level() {
        let counts = Level::ALL.map(|level| level.criteria().count());
        assert_eq!(counts, [31, 24, 31]);
        let mut all: Vec<&str> = Level::ALL.into_iter().flat_map(Level::criteria).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 86);
        assert!(is_known("1.4.13") && !is_known("4.1.1") && !is_known("1.4"));
    }

    #[test]
    fn a_level_needs_all_of_its_criteria_and_those_below() {
        let passing = |levels: &[Level]| -> BTreeMap<String, Finding> {
            let numbers = levels.iter().flat_map(|level| level.criteria());
            numbers.map(|number| (number.to_owned(), Finding::Pass)).collect()
        };
        assert_eq!(reached(&BTreeMap::new()), None);
        assert_eq!(reached(&passing(&[Level::A])), Some(Level::A));
        assert_eq!(reached(&passing(&[Level::Aa, Level::Aaa])), None);
        assert_eq!(reached(&passing(&Level::ALL)), Some(Level::Aaa));
        let mut findings = passing(&Level::ALL);
        findings.insert("1.4.3".to_owned(), Finding::Fail);
        assert_eq!(reached(&findings), Some(Level::A));
        findings.insert("1.4.3".to_owned(), Finding::NotApplicable);
        assert_eq!(reached(&findings), Some(Level::Aaa));
        findings.remove("3.3.9");
        assert_eq!(reached(&findings), Some(Level::Aa));
    }
}
