//! `approve_technical_proposal`: decides on a technical proposal, with what it brings back for its cost.
//!
//! The figures are those of [`Returns`].

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::quantities::Usd;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::tools::bounds;
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Verdict, kind};
use crate::tools::figured::{self, Figured};
use crate::tools::returns::Returns;

const NAME: &str = "approve_technical_proposal";
const DESCRIPTION: &str = "Decides on a technical proposal, with its return and its payback worked out. Architecture across \
teams is voted on; the structure of teams goes up; a major migration and compliance go to a person.";

const MAX_NAME_CHARS: usize = 200;
const MAX_MONTHS: u64 = 600;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, approve)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What is proposed, in one line.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    proposal: String,
    /// In which area it falls.
    area: Area,
    /// How far it reaches.
    reach: Reach,
    /// Whether it moves what the company runs on to another technology.
    major_migration: bool,
    /// Whether it touches what law or a standard demands.
    compliance: bool,
    /// What it costs, in US dollars with at most two decimals; leave it out where it costs nothing.
    #[serde(default)]
    cost_usd: Option<Usd>,
    /// What it is expected to save or bring each year, in US dollars.
    #[serde(default)]
    yearly_return_usd: Usd,
    /// Over how many months it is looked at.
    #[schemars(range(min = 1, max = MAX_MONTHS))]
    horizon_months: u64,
    /// What you decide.
    #[serde(default)]
    verdict: Verdict,
    /// Why.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// In which area a proposal falls.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Area {
    /// Which technology carries the company.
    Strategy,
    /// What everything runs on.
    Infrastructure,
    /// How things are built.
    Standards,
    /// Who builds with whom.
    TeamStructure,
}

impl Area {
    fn kind(self) -> &'static str {
        match self {
            Self::Strategy => "technology_strategy",
            Self::Infrastructure => "infrastructure_architecture",
            Self::Standards => "technical_standards",
            Self::TeamStructure => "team_structure",
        }
    }
}

/// How far a proposal reaches.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reach {
    /// One team.
    OneTeam,
    /// The architecture of several teams.
    AcrossTeams,
}

fn approve(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Figured<Returns>, Failure> {
    let Arguments {
        proposal,
        area,
        reach,
        major_migration,
        compliance,
        cost_usd,
        yearly_return_usd,
        horizon_months,
        verdict,
        rationale,
        mut context,
    } = arguments;
    bounds::text("proposal", &proposal, MAX_NAME_CHARS)?;
    bounds::number("horizon_months", horizon_months, 1, MAX_MONTHS)?;
    let returns = Returns::of(cost_usd.unwrap_or_default(), yearly_return_usd, horizon_months);
    returns.note(&mut context);
    let touched = [
        (reach == Reach::AcrossTeams, "cross_team_architecture"),
        (major_migration, "technology_migration"),
        (compliance, "compliance"),
    ];
    let asking = Asking {
        kind: kind(area.kind())?,
        subject: proposal.trim().to_owned(),
        budget: cost_usd,
        verdict,
        rationale,
        context,
        matters: touched.into_iter().filter(|(is, _)| *is).map(|(_, matter)| matter).collect(),
    };
    figured::decide(call, asking, returns)
}
