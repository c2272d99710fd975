//! `approve_release_quality`: may this be released?
//!
//! What always holds: the verdict follows from the gate of `gate.rs`, whatever its caller says beside; one that blocks the
//! release goes up.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gate::{Criterion, Figures, Required, check, gate};
use crate::tools::bounds::{self, MAX_LINE_CHARS};
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Decided, Verdict, decide, kind};

const NAME: &str = "approve_release_quality";
const DESCRIPTION: &str = "Decides on a release by a gate of figures: open bugs, tests run and passed, coverage. Those concerned \
vote on it; blocking a release goes up, and during an incident in production a person decides.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, approve)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Which release, in one line.
    #[schemars(length(min = 1, max = 200))]
    release: String,
    /// What was counted.
    figures: Figures,
    /// What is required.
    #[serde(default)]
    required: Required,
    /// Whether an incident in production is open.
    #[serde(default)]
    production_incident: bool,
    /// Why, beside the figures.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

#[derive(Serialize, JsonSchema)]
struct Gated {
    /// Whether every criterion holds.
    passes: bool,
    /// The criteria, with their figures.
    gate: Vec<Criterion>,
    /// What became of it.
    decided: Decided,
}

impl fmt::Display for Gated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decided.fmt(f)?;
        for Criterion { words, holds } in &self.gate {
            write!(f, "\n{} {words}", if *holds { "holds:" } else { "FAILS:" })?;
        }
        Ok(())
    }
}

fn approve(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Gated, Failure> {
    let Arguments { release, figures, required, production_incident, rationale, mut context } = arguments;
    bounds::text("release", &release, MAX_LINE_CHARS)?;
    check(&figures, &required)?;
    let gate = gate(&figures, &required);
    let passes = gate.iter().all(|criterion| criterion.holds);
    for (name, figure) in [
        ("tests", figures.tests),
        ("tests_ran", figures.ran),
        ("tests_passed", figures.passed),
        ("coverage_percent", figures.covered * 100 / figures.lines),
        ("coverage_required_percent", required.covered_percent),
        ("open_bugs", figures.open_p0 + figures.open_p1 + figures.open_p2),
        ("open_bugs_allowed", required.open_p2),
    ] {
        context.data.insert(name.to_owned(), figure);
    }
    let deciding: Vec<&str> =
        gate.iter().filter(|one| passes || !one.holds).map(|one| one.words.as_str()).collect();
    let mut matters = Vec::new();
    if !passes {
        matters.push("release_block");
    }
    if production_incident {
        matters.push("production_incident");
    }
    let asking = Asking {
        kind: kind("release_quality")?,
        subject: format!("Release {}", release.trim()),
        budget: None,
        verdict: if passes { Verdict::Approve } else { Verdict::Reject },
        rationale: bounds::with_figures(&deciding.join(", "), &rationale),
        context,
        matters,
    };
    Ok(Gated { passes, gate, decided: decide(call, asking)? })
}
