//! The case for a decision: what a tool that decides is told besides its own figures.
//!
//! What always holds: what the caller leaves out counts as not given and is never filled in, so an incomplete case is
//! rejected with what is missing.

use std::collections::BTreeMap;

use echo_storage::names::Matter;
use echo_storage::quantities::Usd;
use echo_storage::records::{self, Context};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a decision is decided on.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What is to be decided.
    pub(crate) description: String,
    /// What depends on it. Without it the decision is incomplete.
    #[serde(default)]
    pub(crate) impact: String,
    /// Whom it concerns. Without them the decision is incomplete.
    #[serde(default)]
    pub(crate) stakeholders: Vec<String>,
    /// How long it takes, such as `18 months`.
    #[serde(default)]
    pub(crate) timeline: String,
    /// What may go wrong, and what answers it.
    #[serde(default)]
    pub(crate) risks: Vec<Risk>,
    /// What else could be done.
    #[serde(default)]
    pub(crate) alternatives: Vec<String>,
    /// On what it depends.
    #[serde(default)]
    pub(crate) dependencies: Vec<String>,
    /// By what its success is told; best with figures.
    #[serde(default)]
    pub(crate) success_criteria: Vec<String>,
    /// Figures by name, in whole numbers, such as `load_expected`.
    #[serde(default)]
    pub(crate) data: BTreeMap<String, u64>,
    /// What must not be violated, such as `at most 200,000 USD`.
    #[serde(default)]
    pub(crate) constraints: Vec<String>,
    /// What it touches whatever its words say, such as `compliance`.
    #[serde(default)]
    pub(crate) matters: Vec<Matter>,
}

/// A risk.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Risk {
    /// What may go wrong.
    pub(crate) risk: String,
    /// What answers it.
    #[serde(default)]
    pub(crate) mitigation: Option<String>,
}

impl From<Risk> for records::Risk {
    fn from(Risk { risk, mitigation }: Risk) -> Self {
        Self { risk, mitigation }
    }
}

impl Case {
    /// The context of a decision that costs so much.
    pub(crate) fn into_context(self, budget: Option<Usd>) -> Context {
        Context {
            description: self.description,
            impact: self.impact,
            stakeholders: self.stakeholders,
            budget,
            timeline: self.timeline,
            risks: self.risks.into_iter().map(records::Risk::from).collect(),
            alternatives: self.alternatives,
            dependencies: self.dependencies,
            success_criteria: self.success_criteria,
            data: self.data.into_iter().collect(),
            constraints: self.constraints,
            questions: Vec::new(),
            not_concerned: Vec::new(),
        }
    }
}
