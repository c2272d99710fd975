//! `review_design_implementation`: is what was built what was designed?
//!
//! Formula: conformance is the weight of the checks that match / the weight of all, a weighted sum with 5 for what is
//! critical, 3 for major and 1 for minor. The verdict follows: approved with no critical deviation and a conformance of
//! at least what is required, rejected otherwise.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_LINE_CHARS, decimal, share};
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Decided, Verdict, decide, kind};

const NAME: &str = "review_design_implementation";
const DESCRIPTION: &str = "Compares what was built with its design and decides whether it is accepted: no critical deviation, \
and as much conformance as is required. A major flow is voted on, an overhaul of the design system goes up, a legal duty of \
accessibility waits for a person.";

/// How many checks there may be.
const MAX_CHECKS: usize = 200;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, review)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What was built, in one line.
    #[schemars(length(min = 1, max = 200))]
    subject: String,
    /// What was compared, at most 200 checks.
    #[schemars(length(min = 1, max = 200))]
    checks: Vec<Check>,
    /// The conformance that is required, in percent; 90 unless said.
    #[serde(default = "usual_percent")]
    #[schemars(range(max = 100))]
    required_percent: u64,
    /// How far it reaches.
    #[serde(default)]
    reach: Reach,
    /// Whether a law asks for its accessibility.
    #[serde(default)]
    duty: Duty,
    /// Why, beside the figures.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// A check of something designed against something built.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Check {
    /// What is compared, such as `padding of the card`.
    #[schemars(length(min = 1, max = 200))]
    name: String,
    /// As it was designed.
    designed: String,
    /// As it was built; it matches if it is the same text.
    built: String,
    /// What a deviation would mean.
    #[serde(default)]
    weight: Weight,
}

/// What a deviation means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Weight {
    /// People cannot do what they came for.
    Critical,
    /// It is in their way.
    #[default]
    Major,
    /// It looks wrong.
    Minor,
}

impl Weight {
    fn points(self) -> u64 {
        match self {
            Self::Critical => 5,
            Self::Major => 3,
            Self::Minor => 1,
        }
    }
}

/// How far a change reaches.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reach {
    /// A component or a screen.
    #[default]
    Screen,
    /// A flow that many people take.
    MajorFlow,
    /// The design system as a whole.
    DesignSystem,
}

/// Whether a law asks for accessibility.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Duty {
    /// No law does.
    #[default]
    None,
    /// A law does, and it is in question whether it is kept.
    Legal,
}

#[derive(Serialize, JsonSchema)]
struct Review {
    /// The weight of what matches among all, in thousandths.
    conformance: u64,
    /// How many critical checks deviate.
    critical: u64,
    /// What deviates, as designed and as built, in the order given.
    deviations: Vec<String>,
    /// What follows from the figures.
    verdict: Verdict,
    /// What became of it.
    decided: Decided,
}

impl fmt::Display for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (conformance, critical) = (decimal(self.conformance), self.critical);
        write!(f, "conformance {conformance}, {critical} critical deviations\n{}", self.decided)?;
        self.deviations.iter().try_for_each(|deviation| write!(f, "\n{deviation}"))
    }
}

fn usual_percent() -> u64 {
    90
}

fn review(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Review, Failure> {
    let Arguments { subject, checks, required_percent, reach, duty, rationale, mut context } = arguments;
    bounds::text("subject", &subject, MAX_LINE_CHARS)?;
    bounds::list("checks", &checks, 1, MAX_CHECKS)?;
    bounds::names("checks", checks.iter().map(|check| check.name.as_str()))?;
    bounds::number("required_percent", required_percent, 0, 100)?;
    let (conformance, critical) = conformance(&checks);
    let passes = critical == 0 && conformance >= required_percent * 10;
    let verdict = if passes { Verdict::Approve } else { Verdict::Reject };
    for (name, figure) in [
        ("conformance_thousandths", conformance),
        ("conformance_required_thousandths", required_percent * 10),
        ("critical_deviations", critical),
    ] {
        context.data.insert(name.to_owned(), figure);
    }
    let mut matters = Vec::new();
    match reach {
        Reach::Screen => {}
        Reach::MajorFlow => matters.push("major_flow"),
        Reach::DesignSystem => matters.push("design_system_overhaul"),
    }
    if matches!(duty, Duty::Legal) {
        matters.push("accessibility_law");
    }
    let figures = format!(
        "conformance {} of {} required, {critical} critical deviations",
        decimal(conformance),
        decimal(required_percent * 10)
    );
    let asking = Asking {
        kind: kind("interface_design")?,
        subject: format!("Accept as built: {}", subject.trim()),
        budget: None,
        verdict,
        rationale: bounds::with_figures(&figures, &rationale),
        context,
        matters,
    };
    let decided = decide(call, asking)?;
    let deviates = checks.iter().filter(|check| !matches(check));
    let words = |check: &Check| {
        format!("{}: designed {}, built {}", check.name.trim(), check.designed.trim(), check.built.trim())
    };
    Ok(Review { conformance, critical, deviations: deviates.map(words).collect(), verdict, decided })
}

fn matches(check: &Check) -> bool {
    check.designed.trim() == check.built.trim()
}

/// The conformance in thousandths, and how many critical checks deviate.
fn conformance(checks: &[Check]) -> (u64, u64) {
    let points = |check: &Check| check.weight.points();
    let all: u64 = checks.iter().map(points).sum();
    let matching: u64 = checks.iter().filter(|check| matches(check)).map(points).sum();
    let critical = checks.iter().filter(|check| !matches(check) && check.weight == Weight::Critical).count();
    (share(matching, all), u64::try_from(critical).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conformance_is_weighted() {
        let check = |checks: &[(&str, Weight)], expected: (u64, u64)| {
            let made = checks.iter().map(|(built, weight)| Check {
                name: "n".to_owned(),
                designed: "8 px".to_owned(),
                built: (*built).to_owned(),
                weight: *weight,
            });
            assert_eq!(conformance(&made.collect::<Vec<_>>()), expected, "{checks:?}");
        };
        check(&[(" 8 px", Weight::Major)], (1000, 0));
        check(&[("9 px", Weight::Minor)], (0, 0));
        check(&[("8 px", Weight::Critical), ("9 px", Weight::Minor)], (833, 0));
        check(&[("9 px", Weight::Critical), ("8 px", Weight::Major)], (375, 1));
    }
}
