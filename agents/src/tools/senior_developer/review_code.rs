//! `review_code`: the verdict on a change of code, from what a review found.
//!
//! Formula: a change is approved with no open blocker, no open major finding, no failing test, and as much of its changed
//! lines covered as is required. Defects per thousand lines are what was found / changed lines. Beyond 400 lines a review
//! finds less (Cohen's study at Cisco, 2006), which the answer says.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_LINE_CHARS, share};
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Decided, Verdict, decide, kind};

const NAME: &str = "review_code";
const DESCRIPTION: &str = "Decides on a change of code from what its review found: open findings, tests, coverage of the \
changed lines. One that changes the architecture is voted on.";

/// The largest count of anything.
const MAX_COUNT: u64 = 10_000_000;

/// Beyond so many lines a review finds less.
const REVIEWABLE_LINES: u64 = 400;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, review)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The change, in one line.
    #[schemars(length(min = 1, max = 200))]
    change: String,
    /// What was found and counted.
    figures: Figures,
    /// How much of the changed lines tests must run, in percent; 80 unless said.
    #[serde(default = "usual_percent")]
    #[schemars(range(max = 100))]
    required_percent: u64,
    /// Whether it changes how parts of the system fit together.
    #[serde(default)]
    changes_architecture: bool,
    /// Why, beside the figures.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// What was found and counted.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Figures {
    /// Lines added or changed.
    #[schemars(range(min = 1, max = 10_000_000))]
    changed_lines: u64,
    /// Of these, lines that tests run.
    #[schemars(range(max = 10_000_000))]
    covered_lines: u64,
    /// Tests that fail.
    #[schemars(range(max = 10_000_000))]
    failing_tests: u64,
    /// Open findings that make it wrong or unsafe.
    #[schemars(range(max = 10_000_000))]
    blockers: u64,
    /// Open findings that must be mended first.
    #[schemars(range(max = 10_000_000))]
    majors: u64,
    /// Open findings that may stay.
    #[serde(default)]
    #[schemars(range(max = 10_000_000))]
    minors: u64,
}

#[derive(Serialize, JsonSchema)]
struct Review {
    /// Changed lines that tests run, in thousandths.
    coverage: u64,
    /// Findings for each thousand changed lines, rounded down.
    findings_per_thousand_lines: u64,
    /// What speaks against it; with none it is approved.
    objections: Vec<String>,
    /// What is to be known beside.
    remarks: Vec<String>,
    /// What became of it.
    decided: Decided,
}

impl fmt::Display for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decided.fmt(f)?;
        for line in self.objections.iter().chain(&self.remarks) {
            write!(f, "\n- {line}")?;
        }
        Ok(())
    }
}

fn usual_percent() -> u64 {
    80
}

fn review(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Review, Failure> {
    let Arguments { change, figures, required_percent, changes_architecture, rationale, mut context } =
        arguments;
    bounds::text("change", &change, MAX_LINE_CHARS)?;
    bounds::number("required_percent", required_percent, 0, 100)?;
    let Figures { changed_lines, covered_lines, failing_tests, blockers, majors, minors } = figures;
    bounds::number("figures.changed_lines", changed_lines, 1, MAX_COUNT)?;
    if covered_lines > changed_lines {
        return refuse(format!(
            "figures.covered_lines: it is {covered_lines}, and only {changed_lines} changed"
        ));
    }
    let counts =
        [("failing_tests", failing_tests), ("blockers", blockers), ("majors", majors), ("minors", minors)];
    for (name, count) in counts {
        bounds::number(&format!("figures.{name}"), count, 0, MAX_COUNT)?;
    }
    let coverage = share(covered_lines, changed_lines);
    let objections = objections(figures, required_percent);
    for (name, figure) in counts.into_iter().chain([
        ("changed_lines", changed_lines),
        ("coverage_percent", coverage / 10),
        ("coverage_required_percent", required_percent),
    ]) {
        context.data.insert(name.to_owned(), figure);
    }
    let mut remarks = Vec::new();
    if changed_lines > REVIEWABLE_LINES {
        remarks.push(format!("{changed_lines} lines changed: beyond {REVIEWABLE_LINES} a review finds less"));
    }
    let reasons =
        if objections.is_empty() { "nothing speaks against it".to_owned() } else { objections.join(", ") };
    let asking = Asking {
        kind: kind("code_review")?,
        subject: format!("Merge {}", change.trim()),
        budget: None,
        verdict: if objections.is_empty() { Verdict::Approve } else { Verdict::Reject },
        rationale: bounds::with_figures(&reasons, &rationale),
        context,
        matters: if changes_architecture { vec!["feature_architecture"] } else { Vec::new() },
    };
    let findings_per_thousand_lines = share(blockers + majors + minors, changed_lines);
    Ok(Review { coverage, findings_per_thousand_lines, objections, remarks, decided: decide(call, asking)? })
}

/// What speaks against a change.
fn objections(figures: Figures, required_percent: u64) -> Vec<String> {
    let counts = [
        (figures.blockers, "open blockers"),
        (figures.majors, "open major findings"),
        (figures.failing_tests, "failing tests"),
    ];
    let mut objections: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    // Exact: a share that was rounded down could look like less than is required.
    if figures.covered_lines * 100 < required_percent * figures.changed_lines {
        let (covered, changed) = (figures.covered_lines, figures.changed_lines);
        objections
            .push(format!("{covered} of {changed} changed lines covered, {required_percent} % required"));
    }
    objections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_approved_when_nothing_speaks_against_it() {
        let check = |counts: [u64; 6], required: u64, expected: &[&str]| {
            let [changed_lines, covered_lines, failing_tests, blockers, majors, minors] = counts;
            let figures = Figures { changed_lines, covered_lines, failing_tests, blockers, majors, minors };
            assert_eq!(objections(figures, required), expected, "{counts:?}");
        };
        check([100, 80, 0, 0, 0, 9], 80, &[]);
        check([3, 2, 0, 0, 0, 0], 66, &[]);
        check([3, 2, 0, 0, 0, 0], 67, &["2 of 3 changed lines covered, 67 % required"]);
        check([1, 0, 0, 0, 0, 0], 0, &[]);
        check([1, 1, 2, 1, 3, 0], 100, &["1 open blockers", "3 open major findings", "2 failing tests"]);
    }
}
