//! The gate of a release: figures that must each hold.
//!
//! Formula: exit criteria (ISTQB): no open P0 and no P1, no more P2 than are allowed, as many tests run and passing as are
//! required, as much covered. Shares are compared exactly, by cross multiplication.

use echo_runtime::turn::{Failure, refuse};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds;

/// The largest count of anything.
const MAX_COUNT: u64 = 1_000_000_000;

/// What was counted.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Figures {
    /// Tests that there are.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub(super) tests: u64,
    /// Of these, tests that ran.
    #[schemars(range(max = 1_000_000_000))]
    pub(super) ran: u64,
    /// Of these, tests that passed.
    #[schemars(range(max = 1_000_000_000))]
    pub(super) passed: u64,
    /// Lines that can be run.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub(super) lines: u64,
    /// Of these, lines that tests run.
    #[schemars(range(max = 1_000_000_000))]
    pub(super) covered: u64,
    /// Open bugs of severity P0.
    #[schemars(range(max = 1_000_000_000))]
    pub(super) open_p0: u64,
    /// Open bugs of severity P1.
    #[schemars(range(max = 1_000_000_000))]
    pub(super) open_p1: u64,
    /// Open bugs of severity P2.
    #[schemars(range(max = 1_000_000_000))]
    pub(super) open_p2: u64,
}

/// What is required of a release.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Required {
    /// Tests that must have run, in percent; 100 unless said.
    #[schemars(range(max = 100))]
    pub(super) ran_percent: u64,
    /// Of these, tests that must have passed, in percent; 98 unless said.
    #[schemars(range(max = 100))]
    pub(super) passed_percent: u64,
    /// Lines that must be covered, in percent; 80 unless said.
    #[schemars(range(max = 100))]
    pub(super) covered_percent: u64,
    /// Open bugs of severity P2 that are allowed; 5 unless said.
    #[schemars(range(max = 1_000_000_000))]
    pub(super) open_p2: u64,
}

impl Default for Required {
    fn default() -> Self {
        Self { ran_percent: 100, passed_percent: 98, covered_percent: 80, open_p2: 5 }
    }
}

/// A criterion of the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Criterion {
    /// What it asks and what is there.
    pub(super) words: String,
    /// Whether it holds.
    pub(super) holds: bool,
}

/// Whether the figures can be.
pub(super) fn check(figures: &Figures, required: &Required) -> Result<(), Failure> {
    let Figures { tests, ran, passed, lines, covered, open_p0, open_p1, open_p2 } = *figures;
    bounds::number("figures.tests", tests, 1, MAX_COUNT)?;
    bounds::number("figures.lines", lines, 1, MAX_COUNT)?;
    for (path, part, of, whole) in [
        ("figures.ran", ran, "tests", tests),
        ("figures.passed", passed, "ran", ran),
        ("figures.covered", covered, "lines", lines),
    ] {
        if part > whole {
            return refuse(format!("{path}: it is {part}, and cannot exceed figures.{of}, {whole}"));
        }
    }
    for (path, count, max) in [
        ("figures.open_p0", open_p0, MAX_COUNT),
        ("figures.open_p1", open_p1, MAX_COUNT),
        ("figures.open_p2", open_p2, MAX_COUNT),
        ("required.open_p2", required.open_p2, MAX_COUNT),
        ("required.ran_percent", required.ran_percent, 100),
        ("required.passed_percent", required.passed_percent, 100),
        ("required.covered_percent", required.covered_percent, 100),
    ] {
        bounds::number(path, count, 0, max)?;
    }
    Ok(())
}

/// The criteria, in the order in which they are shown.
pub(super) fn gate(figures: &Figures, required: &Required) -> Vec<Criterion> {
    let at_most = |name: &str, there: u64, allowed: u64| Criterion {
        words: format!("{there} open {name} of {allowed} allowed"),
        holds: there <= allowed,
    };
    let share = |name: &str, part: u64, whole: u64, percent: u64| Criterion {
        words: format!("{part} of {whole} {name}, {percent} % required"),
        // Nothing of nothing is no evidence: where no test ran, none passed.
        holds: part * 100 >= percent * whole && (whole > 0 || percent == 0),
    };
    vec![
        at_most("P0", figures.open_p0, 0),
        at_most("P1", figures.open_p1, 0),
        at_most("P2", figures.open_p2, required.open_p2),
        share("tests ran", figures.ran, figures.tests, required.ran_percent),
        share("tests passed", figures.passed, figures.ran, required.passed_percent),
        share("lines covered", figures.covered, figures.lines, required.covered_percent),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_is_exact() {
        let good = Figures {
            tests: 100,
            ran: 100,
            passed: 98,
            lines: 5,
            covered: 4,
            open_p0: 0,
            open_p1: 0,
            open_p2: 5,
        };
        let check = |figures: Figures, expected: &str| {
            let fails: String = gate(&figures, &Required::default())
                .iter()
                .map(|one| if one.holds { '.' } else { 'x' })
                .collect();
            assert_eq!(fails, expected, "{figures:?}");
        };
        check(good, "......");
        check(Figures { open_p0: 1, ..good }, "x.....");
        check(Figures { open_p1: 1, ..good }, ".x....");
        check(Figures { open_p2: 6, ..good }, "..x...");
        check(Figures { tests: 101, ..good }, "...x..");
        check(Figures { passed: 97, ..good }, "....x.");
        check(Figures { ran: 0, passed: 0, ..good }, "...xx.");
        check(Figures { lines: 1_000_000_000, covered: 799_999_999, ..good }, ".....x");
        check(Figures { lines: 1_000_000_000, covered: 800_000_000, ..good }, "......");
    }
}
