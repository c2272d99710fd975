//! `evaluate_accessibility`: the level of WCAG 2.2 that is reached, with contrast worked out from colours.
//!
//! Source: Web Content Accessibility Guidelines 2.2, W3C Recommendation: contrast of at least 4.5 for text and 3 for
//! large text (1.4.3), 7 and 4.5 (1.4.6), 3 for parts of the interface (1.4.11); conformance by 5.2.1.

use std::collections::BTreeMap;
use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contrast::{Colour, ratio};
use super::criteria::{self, Finding, Level};
use crate::tools::bounds::{self, MAX_LINE_CHARS, decimal};
use crate::tools::register;

const NAME: &str = "evaluate_accessibility";
const DESCRIPTION: &str = "Works out which level of WCAG 2.2 an interface reaches, from what checking its success criteria \
found and from the contrast of its colours. What was not checked is not passed. Legal duties are for a person: put them up \
with the matter accessibility_law.";

/// How many pairs of colours are looked at.
const MAX_PAIRS: usize = 100;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, evaluate)
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Which interface, in one line.
    #[schemars(length(min = 1, max = 200))]
    subject: String,
    /// Which level it shall reach.
    target: Level,
    /// What checking found, by the number of the success criterion, such as `2.4.7`.
    #[serde(default)]
    criteria: BTreeMap<String, Finding>,
    /// Colours that meet on it, at most 100 pairs; they decide 1.4.3, 1.4.6 and 1.4.11 where they fail, and where nothing
    /// else is said of these.
    #[serde(default)]
    #[schemars(length(max = 100))]
    colours: Vec<Pair>,
}

/// Two colours that meet.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Pair {
    /// The colour in front, as #rrggbb.
    foreground: Colour,
    /// The colour behind it, as #rrggbb.
    background: Colour,
    /// What is seen in them.
    #[serde(default)]
    of: Seen,
}

/// What is seen in two colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Seen {
    /// Text below 18 point, or below 14 point bold.
    #[default]
    Text,
    /// Larger text.
    LargeText,
    /// A part of the interface or of a graphic.
    Component,
}

impl Seen {
    /// The criteria that speak of it, each with the least ratio in thousandths.
    fn thresholds(self) -> &'static [(&'static str, u64)] {
        match self {
            Self::Text => &[("1.4.3", 4_500), ("1.4.6", 7_000)],
            Self::LargeText => &[("1.4.3", 3_000), ("1.4.6", 4_500)],
            Self::Component => &[("1.4.11", 3_000)],
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct Evaluation {
    /// The item of work that was recorded.
    work: WorkId,
    /// The level reached; null where not even A is.
    level: Option<Level>,
    /// Whether that is the level that was wanted, or above.
    reaches_target: bool,
    /// The contrast of each pair, in the order given.
    contrasts: Vec<Contrast>,
    /// The criteria that fail, of whichever level.
    failed: Vec<String>,
    /// The criteria up to the wanted level that nobody has checked.
    unchecked: Vec<String>,
}

/// The contrast of two colours.
#[derive(Serialize, JsonSchema)]
struct Contrast {
    /// The colour in front.
    foreground: Colour,
    /// The colour behind it.
    background: Colour,
    /// The ratio in thousandths, 1000 to 21000, rounded down.
    ratio: u64,
    /// The criteria that it does not meet.
    fails: Vec<String>,
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Some(level) => write!(f, "{} reaches level {}", self.work, level.name())?,
            None => write!(f, "{} reaches no level", self.work)?,
        }
        f.write_str(if self.reaches_target { ", as wanted" } else { ", less than wanted" })?;
        for Contrast { foreground, background, ratio, fails } in &self.contrasts {
            write!(f, "\n{foreground} on {background}: {}:1", decimal(*ratio))?;
            if !fails.is_empty() {
                write!(f, ", fails {}", fails.join(", "))?;
            }
        }
        for (what, which) in [("failed", &self.failed), ("not checked", &self.unchecked)] {
            if !which.is_empty() {
                write!(f, "\n{what}: {}", which.join(", "))?;
            }
        }
        Ok(())
    }
}

fn evaluate(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Evaluation, Failure> {
    bounds::text("subject", &arguments.subject, MAX_LINE_CHARS)?;
    bounds::list("colours", &arguments.colours, 0, MAX_PAIRS)?;
    if let Some(unknown) = arguments.criteria.keys().find(|number| !criteria::is_known(number)) {
        return refuse(format!(
            "criteria.{unknown}: WCAG 2.2 has no such criterion; give a number such as 2.4.7"
        ));
    }
    if arguments.criteria.is_empty() && arguments.colours.is_empty() {
        return refuse("criteria: give what checking found, or colours");
    }
    let contrasts: Vec<Contrast> = arguments.colours.iter().copied().map(contrast).collect();
    let findings = findings(&arguments.criteria, &arguments.colours);
    let level = criteria::reached(&findings);
    let all = || Level::ALL.into_iter().flat_map(|level| level.criteria().map(move |one| (level, one)));
    let failed = all().filter(|(_, one)| findings.get(*one) == Some(&Finding::Fail));
    let unchecked = all().filter(|(of, one)| *of <= arguments.target && !findings.contains_key(*one));
    Ok(Evaluation {
        work: register::record(call, NAME, &arguments.subject, &arguments)?,
        level,
        reaches_target: level >= Some(arguments.target),
        contrasts,
        failed: failed.map(|(_, one)| one.to_owned()).collect(),
        unchecked: unchecked.map(|(_, one)| one.to_owned()).collect(),
    })
}

fn contrast(pair: Pair) -> Contrast {
    let Pair { foreground, background, of } = pair;
    let ratio = ratio(foreground, background);
    let fails = of.thresholds().iter().filter(|(_, least)| ratio < *least);
    Contrast { foreground, background, ratio, fails: fails.map(|(one, _)| (*one).to_owned()).collect() }
}

/// What was found, with what the colours show: a pair that fails weighs more than what was said.
fn findings(said: &BTreeMap<String, Finding>, colours: &[Pair]) -> BTreeMap<String, Finding> {
    let mut findings = said.clone();
    for pair in colours {
        let ratio = ratio(pair.foreground, pair.background);
        for (criterion, least) in pair.of.thresholds() {
            if ratio < *least {
                findings.insert((*criterion).to_owned(), Finding::Fail);
            } else {
                findings.entry((*criterion).to_owned()).or_insert(Finding::Pass);
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_decide_the_criteria_that_speak_of_them() {
        let check = |foreground: &str, of: Seen, expected: &[(&str, Finding)]| {
            let colour = |text: &str| Colour::try_from(text.to_owned()).unwrap();
            let pair = Pair { foreground: colour(foreground), background: colour("#ffffff"), of };
            let said = BTreeMap::from([("1.4.3".to_owned(), Finding::Pass)]);
            let found = findings(&said, &[pair]);
            let expected: BTreeMap<String, Finding> =
                expected.iter().map(|(one, finding)| ((*one).to_owned(), *finding)).collect();
            assert_eq!(found, expected, "{foreground} {of:?}");
        };
        check("#767676", Seen::Text, &[("1.4.3", Finding::Pass), ("1.4.6", Finding::Fail)]);
        check("#777777", Seen::Text, &[("1.4.3", Finding::Fail), ("1.4.6", Finding::Fail)]);
        check("#949494", Seen::LargeText, &[("1.4.3", Finding::Pass), ("1.4.6", Finding::Fail)]);
        check("#595959", Seen::Text, &[("1.4.3", Finding::Pass), ("1.4.6", Finding::Pass)]);
        check("#959595", Seen::Component, &[("1.4.3", Finding::Pass), ("1.4.11", Finding::Fail)]);
    }
}
