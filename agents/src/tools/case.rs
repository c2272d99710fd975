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

use super::bounds::{self, MAX_ENTRIES, MAX_LINE_CHARS, MAX_TEXT_CHARS};

/// What a decision is decided on.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What is to be decided.
    #[serde(deserialize_with = "bounds::free_text")]
    #[schemars(length(max = MAX_TEXT_CHARS))]
    pub(crate) description: String,
    /// What depends on it. Without it the decision is incomplete.
    #[serde(default, deserialize_with = "bounds::free_text")]
    #[schemars(length(max = MAX_TEXT_CHARS))]
    pub(crate) impact: String,
    /// Whom it concerns. Without them the decision is incomplete.
    #[serde(default, deserialize_with = "bounds::free_texts")]
    #[schemars(length(max = MAX_ENTRIES), inner(length(max = MAX_TEXT_CHARS)))]
    pub(crate) stakeholders: Vec<String>,
    /// How long it takes, such as `18 months`.
    #[serde(default, deserialize_with = "bounds::free_line")]
    #[schemars(length(max = MAX_LINE_CHARS))]
    pub(crate) timeline: String,
    /// What may go wrong, and what answers it.
    #[serde(default, deserialize_with = "bounds::free_list")]
    #[schemars(length(max = MAX_ENTRIES))]
    pub(crate) risks: Vec<Risk>,
    /// What else could be done.
    #[serde(default, deserialize_with = "bounds::free_texts")]
    #[schemars(length(max = MAX_ENTRIES), inner(length(max = MAX_TEXT_CHARS)))]
    pub(crate) alternatives: Vec<String>,
    /// On what it depends.
    #[serde(default, deserialize_with = "bounds::free_texts")]
    #[schemars(length(max = MAX_ENTRIES), inner(length(max = MAX_TEXT_CHARS)))]
    pub(crate) dependencies: Vec<String>,
    /// By what its success is told; best with figures.
    #[serde(default, deserialize_with = "bounds::free_texts")]
    #[schemars(length(max = MAX_ENTRIES), inner(length(max = MAX_TEXT_CHARS)))]
    pub(crate) success_criteria: Vec<String>,
    /// Figures by name, in whole numbers, such as `load_expected`.
    #[serde(default, deserialize_with = "bounds::free_figures")]
    #[schemars(extend("maxProperties" = MAX_ENTRIES))]
    pub(crate) data: BTreeMap<String, u64>,
    /// What must not be violated, such as `at most 200,000 USD`.
    #[serde(default, deserialize_with = "bounds::free_texts")]
    #[schemars(length(max = MAX_ENTRIES), inner(length(max = MAX_TEXT_CHARS)))]
    pub(crate) constraints: Vec<String>,
    /// What it touches whatever its words say, such as `compliance`.
    #[serde(default, deserialize_with = "bounds::free_list")]
    #[schemars(length(max = MAX_ENTRIES))]
    pub(crate) matters: Vec<Matter>,
}

/// A risk.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Risk {
    /// What may go wrong.
    #[serde(deserialize_with = "bounds::free_text")]
    #[schemars(length(max = MAX_TEXT_CHARS))]
    pub(crate) risk: String,
    /// What answers it.
    #[serde(default, deserialize_with = "bounds::free_option")]
    #[schemars(length(max = MAX_TEXT_CHARS))]
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
