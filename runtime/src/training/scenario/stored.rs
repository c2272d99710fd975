//! The JSON text under which a session keeps its scenario, for its report and for later replays.
//!
//! What always holds: what is read back equals what was written, in the same order, and reading asks no organisation
//! whether it still has these roles. Lists of pairs stand where JSON objects would leave the order to the reader.

use echo_storage::names::{DecisionType, Matter, RoleId};
use echo_storage::quantities::Usd;
use echo_storage::records::{Context, Mode, Proposal, Risk};
use serde::{Deserialize, Serialize};

use super::{Scenario, ScenarioError};
use crate::training::expectations::Expectations;

/// What errors call the text.
const SOURCE_NAME: &str = "stored scenario";

pub(super) fn to_json(scenario: &Scenario) -> String {
    // Texts, whole numbers and lists: nothing here has a form that JSON lacks. Were that to change, the empty text
    // would be refused when it is read.
    serde_json::to_string(&StoredScenario::from(scenario.clone())).unwrap_or_default()
}

pub(super) fn from_json(json: &str) -> Result<Scenario, ScenarioError> {
    let number = |place: usize| u64::try_from(place).unwrap_or(u64::MAX);
    serde_json::from_str::<StoredScenario>(json).map(Scenario::from).map_err(|error| {
        let problem = format!("this is no stored scenario: {error}; play the scenario's file again");
        ScenarioError::new(SOURCE_NAME, number(error.line()), number(error.column()), problem)
    })
}

#[derive(Serialize, Deserialize)]
struct StoredScenario {
    name: String,
    title: String,
    initiator: RoleId,
    decision: StoredDecision,
    expect: Expectations,
}

#[derive(Serialize, Deserialize)]
struct StoredDecision {
    #[serde(rename = "type")]
    kind: DecisionType,
    mode: Mode,
    subject: String,
    description: String,
    impact: String,
    stakeholders: Vec<String>,
    budget_usd: Option<Usd>,
    timeline: String,
    risks: Vec<StoredRisk>,
    alternatives: Vec<String>,
    dependencies: Vec<String>,
    success_criteria: Vec<String>,
    data: Vec<(String, u64)>,
    constraints: Vec<String>,
    questions: Vec<(String, String)>,
    not_concerned: Vec<RoleId>,
    #[serde(default)]
    matters: Vec<Matter>,
}

#[derive(Serialize, Deserialize)]
struct StoredRisk {
    risk: String,
    mitigation: Option<String>,
}

// Both directions name every field, so a field that a record gains later cannot be forgotten here.

impl From<Scenario> for StoredScenario {
    fn from(scenario: Scenario) -> Self {
        let Scenario { name, title, proposal, expect } = scenario;
        let Proposal { initiator, kind, mode, subject, context, matters } = proposal;
        let Context {
            description,
            impact,
            stakeholders,
            budget,
            timeline,
            risks,
            alternatives,
            dependencies,
            success_criteria,
            data,
            constraints,
            questions,
            not_concerned,
        } = context;
        let decision = StoredDecision {
            kind,
            mode,
            subject,
            description,
            impact,
            stakeholders,
            budget_usd: budget,
            timeline,
            risks: risks.into_iter().map(StoredRisk::from).collect(),
            alternatives,
            dependencies,
            success_criteria,
            data,
            constraints,
            questions,
            not_concerned,
            matters,
        };
        Self { name, title, initiator, decision, expect }
    }
}

impl From<StoredScenario> for Scenario {
    fn from(stored: StoredScenario) -> Self {
        let StoredScenario { name, title, initiator, decision, expect } = stored;
        let context = Context {
            description: decision.description,
            impact: decision.impact,
            stakeholders: decision.stakeholders,
            budget: decision.budget_usd,
            timeline: decision.timeline,
            risks: decision.risks.into_iter().map(Risk::from).collect(),
            alternatives: decision.alternatives,
            dependencies: decision.dependencies,
            success_criteria: decision.success_criteria,
            data: decision.data,
            constraints: decision.constraints,
            questions: decision.questions,
            not_concerned: decision.not_concerned,
        };
        let StoredDecision { kind, mode, subject, matters, .. } = decision;
        Self { name, title, proposal: Proposal { initiator, kind, mode, subject, context, matters }, expect }
    }
}

impl From<Risk> for StoredRisk {
    fn from(Risk { risk, mitigation }: Risk) -> Self {
        Self { risk, mitigation }
    }
}

impl From<StoredRisk> for Risk {
    fn from(StoredRisk { risk, mitigation }: StoredRisk) -> Self {
        Self { risk, mitigation }
    }
}
