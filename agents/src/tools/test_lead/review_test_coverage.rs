//! `review_test_coverage`: which parts are tested too little, and by how much.
//!
//! Formula: a part lacks `ceil(lines x required / 100) - covered` lines, never less than none; gaps are ranked by lacking
//! lines x risk, with 3 for high, 2 for medium and 1 for low, equals by name.

use std::cmp::Reverse;
use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_LINE_CHARS, decimal, share};
use crate::tools::register;

const NAME: &str = "review_test_coverage";
const DESCRIPTION: &str = "Works out the coverage of a code base and the gaps: which parts lack how many covered lines, the most \
pressing first.";

/// How many parts there may be.
const MAX_PARTS: usize = 500;

/// The most lines of a part.
const MAX_LINES: u64 = 100_000_000;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, review)
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Which code base, in one line.
    #[schemars(length(min = 1, max = 200))]
    subject: String,
    /// Its parts, at most 500.
    #[schemars(length(min = 1, max = 500))]
    parts: Vec<Part>,
    /// How much of each part must be covered, in percent, where the part does not say; 80 unless said.
    #[serde(default = "usual_percent")]
    #[schemars(range(max = 100))]
    required_percent: u64,
}

/// A part of a code base.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    /// What it is called.
    #[schemars(length(min = 1, max = 200))]
    name: String,
    /// How many lines it has that can be run.
    #[schemars(range(max = 100_000_000))]
    lines: u64,
    /// How many of these tests run.
    #[schemars(range(max = 100_000_000))]
    covered: u64,
    /// How much of it must be covered, in percent.
    #[serde(default)]
    #[schemars(range(max = 100))]
    required_percent: Option<u64>,
    /// What depends on it.
    #[serde(default)]
    risk: Risk,
}

/// What depends on a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Risk {
    /// Much.
    High,
    /// Something.
    #[default]
    Medium,
    /// Little.
    Low,
}

impl Risk {
    fn weight(self) -> u64 {
        match self {
            Self::High => 3,
            Self::Medium => 2,
            Self::Low => 1,
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct Reviewed {
    /// The item of work that was recorded.
    work: WorkId,
    /// Covered lines among all, in thousandths, rounded down.
    coverage: u64,
    /// How many lines are lacking in all parts together.
    lacking_lines: u64,
    /// The parts that lack something, the most pressing first.
    gaps: Vec<Gap>,
}

/// What a part lacks.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Gap {
    /// The part.
    name: String,
    /// Its coverage, in thousandths, rounded down.
    coverage: u64,
    /// How much is required, in percent.
    required_percent: u64,
    /// How many more lines must be covered.
    lacking_lines: u64,
    /// Lacking lines, weighted by risk: what the rank follows.
    weight: u64,
}

impl fmt::Display for Reviewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (coverage, gaps) = (decimal(self.coverage), self.gaps.len());
        write!(f, "{}: coverage {coverage}, {gaps} gaps, {} lines lacking", self.work, self.lacking_lines)?;
        for gap in &self.gaps {
            let (coverage, required) = (decimal(gap.coverage), gap.required_percent);
            write!(f, "\n{}: {coverage} of {required} %, {} lines lacking", gap.name, gap.lacking_lines)?;
        }
        Ok(())
    }
}

fn usual_percent() -> u64 {
    80
}

fn review(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Reviewed, Failure> {
    bounds::text("subject", &arguments.subject, MAX_LINE_CHARS)?;
    bounds::list("parts", &arguments.parts, 1, MAX_PARTS)?;
    bounds::names("parts", arguments.parts.iter().map(|part| part.name.as_str()))?;
    bounds::number("required_percent", arguments.required_percent, 0, 100)?;
    for (place, part) in arguments.parts.iter().enumerate() {
        bounds::number(&format!("parts[{place}].lines"), part.lines, 0, MAX_LINES)?;
        if let Some(percent) = part.required_percent {
            bounds::number(&format!("parts[{place}].required_percent"), percent, 0, 100)?;
        }
        let Part { lines, covered, .. } = part;
        if covered > lines {
            return refuse(format!(
                "parts[{place}].covered: it is {covered}, and the part has only {lines} lines"
            ));
        }
    }
    let sum = |of: fn(&Part) -> u64| arguments.parts.iter().map(of).sum::<u64>();
    let coverage = share(sum(|part| part.covered), sum(|part| part.lines));
    let gaps = gaps(&arguments.parts, arguments.required_percent);
    let lacking_lines = gaps.iter().map(|gap| gap.lacking_lines).sum();
    let work = register::record(call, NAME, &arguments.subject, &arguments)?;
    Ok(Reviewed { work, coverage, lacking_lines, gaps })
}

/// What is lacking, the most pressing first.
fn gaps(parts: &[Part], required_percent: u64) -> Vec<Gap> {
    let gap = |part: &Part| {
        let required_percent = part.required_percent.unwrap_or(required_percent);
        let lacking_lines = (part.lines * required_percent).div_ceil(100).saturating_sub(part.covered);
        Gap {
            name: part.name.trim().to_owned(),
            coverage: share(part.covered, part.lines),
            required_percent,
            lacking_lines,
            weight: lacking_lines * part.risk.weight(),
        }
    };
    let mut gaps: Vec<Gap> = parts.iter().map(gap).filter(|gap| gap.lacking_lines > 0).collect();
    gaps.sort_by(|one, other| (Reverse(one.weight), &one.name).cmp(&(Reverse(other.weight), &other.name)));
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_exact_and_ranked_by_risk() {
        let part = |name: &str, lines, covered, required_percent, risk| Part {
            name: name.to_owned(),
            lines,
            covered,
            required_percent,
            risk,
        };
        let check = |parts: &[Part], expected: &[(&str, u64, u64)]| {
            let gaps = gaps(parts, 80);
            let found: Vec<_> =
                gaps.iter().map(|gap| (gap.name.as_str(), gap.lacking_lines, gap.weight)).collect();
            assert_eq!(found, expected);
        };
        check(&[part("a", 0, 0, None, Risk::High)], &[]);
        check(&[part("a", 10, 8, None, Risk::High)], &[]);
        check(&[part("a", 11, 8, None, Risk::High)], &[("a", 1, 3)]);
        check(&[part("a", 10, 0, Some(0), Risk::High)], &[]);
        check(&[part("a", MAX_LINES, 0, Some(100), Risk::High)], &[("a", MAX_LINES, 3 * MAX_LINES)]);
        let tied = [part("b", 10, 5, None, Risk::Medium), part("a", 10, 5, None, Risk::Medium)];
        check(&tied, &[("a", 3, 6), ("b", 3, 6)]);
        let risky = [part("a", 10, 4, None, Risk::Low), part("b", 10, 6, None, Risk::High)];
        check(&risky, &[("b", 2, 6), ("a", 4, 4)]);
    }
}
