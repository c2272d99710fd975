//! `review_technical_design`: decides on a design by what its review found.
//!
//! A design is not approved while a finding that keeps it from working is open: the exit criterion of an inspection (Fagan,
//! "Design and code inspections to reduce errors in program development", IBM Systems Journal, 1976) is that all known
//! major defects are resolved.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds;
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Verdict, kind};
use crate::tools::figured::{self, Figured};

const NAME: &str = "review_technical_design";
const DESCRIPTION: &str = "Decides on a design by what its review found; with a major finding open it cannot be approved. \
The architecture of a system is voted on; a major architectural change goes up.";

const MAX_NAME_CHARS: usize = 200;
const MAX_FINDINGS: usize = 200;
const MAX_FINDING_CHARS: usize = 1_000;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, review)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Which design, in one line.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    design: String,
    /// How much it changes.
    scope: Scope,
    /// What the review found; empty where it found nothing.
    #[schemars(length(max = MAX_FINDINGS))]
    findings: Vec<Finding>,
    /// What you decide.
    verdict: Verdict,
    /// Why.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// How much a design changes.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Scope {
    /// A component, behind its interface.
    Component,
    /// How the components of a system fit together.
    SystemArchitecture,
    /// The architecture from the ground up.
    MajorArchitecturalChange,
}

/// Something that a review found.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Finding {
    /// What.
    #[schemars(length(min = 1, max = MAX_FINDING_CHARS))]
    what: String,
    /// How bad it is.
    severity: Severity,
    /// Whether the design answers it by now.
    #[serde(default)]
    resolved: bool,
}

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Severity {
    /// The design does not work, or does not do what is required.
    Major,
    /// It works, and would be better otherwise.
    Minor,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Found {
    /// Major findings that are open; with any of them the design cannot be approved.
    open_major: u64,
    /// Minor findings that are open.
    open_minor: u64,
    /// Findings that are resolved.
    resolved: u64,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { open_major, open_minor, resolved } = self;
        write!(f, "{open_major} major and {open_minor} minor findings open, {resolved} resolved")
    }
}

fn review(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Figured<Found>, Failure> {
    let Arguments { design, scope, findings, verdict, rationale, mut context } = arguments;
    bounds::text("design", &design, MAX_NAME_CHARS)?;
    bounds::list("findings", &findings, 0, MAX_FINDINGS)?;
    for (place, finding) in findings.iter().enumerate() {
        bounds::text(&format!("findings[{place}].what"), &finding.what, MAX_FINDING_CHARS)?;
    }
    let found = count(&findings);
    if verdict == Verdict::Approve && found.open_major > 0 {
        return refuse(format!(
            "verdict: {} major findings are open; resolve them, or reject the design",
            found.open_major
        ));
    }
    let figures = [
        ("open_major_findings", found.open_major),
        ("open_minor_findings", found.open_minor),
        ("resolved_findings", found.resolved),
    ];
    context.data.extend(figures.map(|(name, figure)| (name.to_owned(), figure)));
    let matters = match scope {
        Scope::Component => Vec::new(),
        Scope::SystemArchitecture => vec!["system_architecture"],
        Scope::MajorArchitecturalChange => vec!["major_architectural_change"],
    };
    let asking = Asking {
        kind: kind("design_review")?,
        subject: format!("Design: {}", design.trim()),
        budget: None,
        verdict,
        rationale,
        context,
        matters,
    };
    figured::decide(call, asking, found)
}

fn count(findings: &[Finding]) -> Found {
    let open =
        |severity| findings.iter().filter(|one| !one.resolved && one.severity == severity).count() as u64;
    Found {
        open_major: open(Severity::Major),
        open_minor: open(Severity::Minor),
        resolved: findings.iter().filter(|one| one.resolved).count() as u64,
    }
}
