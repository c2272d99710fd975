//! `initiate_decision`: opens a decision, in any mode.
//!
//! What always holds: the initiator is whoever calls. What the caller leaves out counts as not given, so an incomplete
//! decision is opened and rejected with what is missing, never filled in.

use std::collections::BTreeMap;
use std::fmt;

use echo_runtime::decisions;
use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::{DecisionId, DecisionType, Matter, RoleId};
use echo_storage::quantities::Usd;
use echo_storage::records::{self, Context, Proposal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_ENTRIES, MAX_LINE_CHARS, MAX_TEXT_CHARS};
use crate::tools::case::Risk;
use crate::tools::deciding::missing;
use crate::tools::forms::{self, Status};

const NAME: &str = "initiate_decision";
const DESCRIPTION: &str = "Opens a decision. Collaborative, unless another mode is asked for: every other role \
says whether it takes part, the participants vote, and whoever has the authority decides. Autonomous: your own mind decides \
within your authority, or passes it up. Hierarchical: those above you decide. Human: a person does. Answers with the decision's id at once; decision_status tells \
how it goes on. Without impact and stakeholders the decision is rejected as incomplete.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, initiate)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// In whose authority it falls: a decision type, such as `company_direction`.
    #[serde(rename = "type")]
    kind: DecisionType,
    /// How it is decided; what it touches may ask for a stricter mode.
    #[serde(default)]
    mode: forms::Mode,
    /// What is asked, in one line of at most 255 characters.
    #[schemars(length(min = 1, max = 255))]
    subject: String,
    /// What is to be decided.
    #[serde(deserialize_with = "bounds::free_text")]
    #[schemars(length(max = MAX_TEXT_CHARS))]
    description: String,
    /// What depends on it. Without it the decision is incomplete.
    #[serde(default, deserialize_with = "bounds::free_text")]
    #[schemars(length(max = MAX_TEXT_CHARS))]
    impact: String,
    /// Whom it concerns. Without them the decision is incomplete.
    #[serde(default, deserialize_with = "bounds::free_texts")]
    #[schemars(length(max = MAX_ENTRIES), inner(length(max = MAX_TEXT_CHARS)))]
    stakeholders: Vec<String>,
    /// What it costs, in US dollars with at most two decimals; leave it out where it costs nothing.
    #[serde(default)]
    budget_usd: Option<Usd>,
    /// How long it takes, such as `18 months`.
    #[serde(default, deserialize_with = "bounds::free_line")]
    #[schemars(length(max = MAX_LINE_CHARS))]
    timeline: String,
    /// What may go wrong, and what answers it.
    #[serde(default, deserialize_with = "bounds::free_list")]
    #[schemars(length(max = MAX_ENTRIES))]
    risks: Vec<Risk>,
    /// What else could be done.
    #[serde(default, deserialize_with = "bounds::free_texts")]
    #[schemars(length(max = MAX_ENTRIES), inner(length(max = MAX_TEXT_CHARS)))]
    alternatives: Vec<String>,
    /// On what it depends.
    #[serde(default, deserialize_with = "bounds::free_texts")]
    #[schemars(length(max = MAX_ENTRIES), inner(length(max = MAX_TEXT_CHARS)))]
    dependencies: Vec<String>,
    /// By what its success is told; best with figures.
    #[serde(default, deserialize_with = "bounds::free_texts")]
    #[schemars(length(max = MAX_ENTRIES), inner(length(max = MAX_TEXT_CHARS)))]
    success_criteria: Vec<String>,
    /// Figures by name, in whole numbers, such as `load_expected`.
    #[serde(default, deserialize_with = "bounds::free_figures")]
    #[schemars(extend("maxProperties" = MAX_ENTRIES))]
    data: BTreeMap<String, u64>,
    /// What must not be violated, such as `at most 200,000 USD`.
    #[serde(default, deserialize_with = "bounds::free_texts")]
    #[schemars(length(max = MAX_ENTRIES), inner(length(max = MAX_TEXT_CHARS)))]
    constraints: Vec<String>,
    /// Questions to the organisation, by topic.
    #[serde(default, deserialize_with = "bounds::named_texts")]
    #[schemars(extend("maxProperties" = MAX_ENTRIES))]
    questions: BTreeMap<String, String>,
    /// Roles that need not take part; they decline.
    #[serde(default, deserialize_with = "bounds::free_list")]
    #[schemars(length(max = MAX_ENTRIES))]
    not_concerned: Vec<RoleId>,
    /// What it touches whatever its words say, such as `compliance`.
    #[serde(default, deserialize_with = "bounds::free_list")]
    #[schemars(length(max = MAX_ENTRIES))]
    matters: Vec<Matter>,
}

#[derive(Serialize, JsonSchema)]
struct Opened {
    /// The decision's id.
    decision: DecisionId,
    /// Where it stands now.
    status: Status,
    /// The required fields that were not given; with any of them missing the decision is rejected.
    missing: Vec<String>,
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.decision, self.status)?;
        if self.missing.is_empty() { Ok(()) } else { write!(f, ": {} not given", self.missing.join(", ")) }
    }
}

fn initiate(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Opened, Failure> {
    for (place, role) in arguments.not_concerned.iter().enumerate() {
        if let Err(error) = call.turn.role(role) {
            return refuse(format!("not_concerned[{place}]: {error}"));
        }
    }
    let id = decisions::open(call.turn, proposal(call.caller.clone(), arguments), None)?;
    let decision = forms::decision(call.turn.state(), id)?;
    Ok(Opened { decision: id, status: decision.status.into(), missing: missing(&decision) })
}

fn proposal(initiator: RoleId, arguments: Arguments) -> Proposal {
    Proposal {
        initiator,
        kind: arguments.kind,
        mode: arguments.mode.into(),
        matters: arguments.matters,
        opinion: None,
        subject: arguments.subject,
        context: Context {
            description: arguments.description,
            impact: arguments.impact,
            stakeholders: arguments.stakeholders,
            budget: arguments.budget_usd,
            timeline: arguments.timeline,
            risks: arguments.risks.into_iter().map(records::Risk::from).collect(),
            alternatives: arguments.alternatives,
            dependencies: arguments.dependencies,
            success_criteria: arguments.success_criteria,
            data: arguments.data.into_iter().collect(),
            constraints: arguments.constraints,
            questions: arguments.questions.into_iter().collect(),
            not_concerned: arguments.not_concerned,
        },
    }
}
