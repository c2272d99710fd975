//! `resolve_hr_issue`: decides how an issue between people, or with a policy, is resolved.

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::quantities::Usd;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::tools::bounds;
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Decided, Verdict, decide, kind};

const NAME: &str = "resolve_hr_issue";
const DESCRIPTION: &str = "Decides how an issue between people, or with a policy, is resolved. A conflict between teams is \
voted on by the managers; a major policy goes up; a legal matter, a termination and a claim of discrimination go to a person.";

const MAX_LINE_CHARS: usize = 200;
const MAX_RESOLUTION_CHARS: usize = 4_000;
const MAX_PARTIES: usize = 50;
const MAX_NAME_CHARS: usize = 100;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, resolve)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What the issue is, in one line.
    #[schemars(length(min = 1, max = MAX_LINE_CHARS))]
    issue: String,
    /// Of which kind it is.
    kind: Kind,
    /// Between whom it is.
    #[schemars(length(min = 1, max = MAX_PARTIES))]
    parties: Vec<String>,
    /// How it is to be resolved.
    #[schemars(length(min = 1, max = MAX_RESOLUTION_CHARS))]
    resolution: String,
    /// Whether anybody's employment ends by it.
    ends_employment: bool,
    /// What it costs, in US dollars with at most two decimals; leave it out where it costs nothing.
    #[serde(default)]
    cost_usd: Option<Usd>,
    /// What you decide of the resolution.
    #[serde(default)]
    verdict: Verdict,
    /// Why.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// The kinds of issue.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Within a team.
    Conflict,
    /// Between teams.
    CrossTeamConflict,
    /// How a policy is meant, or a small change of one.
    Policy,
    /// A policy for the whole company.
    MajorPolicy,
    /// A claim of discrimination or harassment.
    DiscriminationClaim,
    /// A claim in law is made or threatened.
    LegalMatter,
}

impl Kind {
    /// The type, and what it touches.
    fn parts(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Conflict => ("conflict_resolution", None),
            Self::CrossTeamConflict => ("conflict_resolution", Some("cross_team_conflict")),
            Self::Policy => ("hr_policy", None),
            Self::MajorPolicy => ("hr_policy", Some("major_policy")),
            Self::DiscriminationClaim => ("conflict_resolution", Some("discrimination_claim")),
            Self::LegalMatter => ("conflict_resolution", Some("legal_matter")),
        }
    }
}

fn resolve(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Decided, Failure> {
    let Arguments {
        issue,
        kind: issue_kind,
        parties,
        resolution,
        ends_employment,
        cost_usd,
        verdict,
        rationale,
        mut context,
    } = arguments;
    bounds::text("issue", &issue, MAX_LINE_CHARS)?;
    bounds::text("resolution", &resolution, MAX_RESOLUTION_CHARS)?;
    bounds::list("parties", &parties, 1, MAX_PARTIES)?;
    for (place, party) in parties.iter().enumerate() {
        bounds::text(&format!("parties[{place}]"), party, MAX_NAME_CHARS)?;
    }
    let (type_name, touched) = issue_kind.parts();
    let termination = ends_employment.then_some("termination");
    // Whoever is asked next, and the words by which matters are known, need the resolution itself.
    if !context.description.trim().is_empty() {
        let between = parties.join(", ");
        context.description =
            format!("{}\nBetween: {between}\nResolution: {}", context.description, resolution.trim());
    }
    context.data.insert("parties".to_owned(), parties.len() as u64);
    let asking = Asking {
        kind: kind(type_name)?,
        subject: issue.trim().to_owned(),
        budget: cost_usd,
        verdict,
        rationale,
        context,
        matters: touched.into_iter().chain(termination).collect(),
    };
    decide(call, asking)
}
