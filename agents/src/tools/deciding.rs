//! What the tools that decide have in common: the caller's own verdict goes through the one decision path.
//!
//! What always holds: a call is its caller's verdict and no more. Where the caller has the authority it is decided at once;
//! where it has not, or where a matter is for others, the decision climbs or waits, and the answer says so.

use std::fmt;

use echo_runtime::decisions::{self, OwnVerdict};
use echo_runtime::tool::Call;
use echo_runtime::turn::Failure;
use echo_storage::names::{ApprovalId, DecisionId, DecisionType, Matter};
use echo_storage::quantities::Usd;
use echo_storage::records::{self, Phase, Proposal, Reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::forms::{self, Mode, Status};

/// What the caller says of what it puts forward.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// It is to be done.
    #[default]
    Approve,
    /// It is not to be done.
    Reject,
}

/// What a tool puts forward in its caller's name.
pub(crate) struct Asking {
    /// In whose authority it falls.
    pub(crate) kind: DecisionType,
    /// What is asked, in one line.
    pub(crate) subject: String,
    /// What it costs.
    pub(crate) budget: Option<Usd>,
    /// What the caller says of it.
    pub(crate) verdict: Verdict,
    /// Why.
    pub(crate) rationale: String,
    /// On what it is decided.
    pub(crate) context: Case,
    /// What the tool's own arguments say that it touches.
    pub(crate) matters: Vec<&'static str>,
}

/// What became of it.
#[expect(clippy::struct_field_names, reason = "who decided is called so wherever decisions are shown")]
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Decided {
    /// The decision's id; `decision_status` tells how it goes on.
    pub(crate) decision: DecisionId,
    /// Where it stands now.
    pub(crate) status: Status,
    /// How it is made; a matter may have asked for a stricter mode than the caller's own verdict.
    pub(crate) mode: Mode,
    /// The matters that it touches.
    pub(crate) matters: Vec<Matter>,
    /// Who decided it, if anybody has.
    pub(crate) decided_by: Option<String>,
    /// What it waits for, in words.
    pub(crate) next: String,
    /// The question that waits for a person, if one does.
    pub(crate) approval: Option<ApprovalId>,
    /// Why it stands where it stands: the last word on its path.
    pub(crate) why: String,
    /// The required fields that were not given; with any of them missing it is rejected.
    pub(crate) missing: Vec<String>,
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.decision, self.status)?;
        if let Some(by) = &self.decided_by {
            write!(f, " by {by}")?;
        }
        write!(f, ": {}", self.why)?;
        if !matches!(self.status, Status::Approved | Status::Rejected) {
            write!(f, "; next: {}", self.next)?;
        }
        Ok(())
    }
}

/// Decides in the caller's name, as far as its authority goes.
pub(crate) fn decide(call: &mut Call<'_, '_, '_>, asking: Asking) -> Result<Decided, Failure> {
    let own = OwnVerdict { approve: asking.verdict == Verdict::Approve, rationale: asking.rationale.clone() };
    let proposal = proposal(call, asking, records::Mode::Autonomous)?;
    let id = decisions::decide(call.turn, proposal, own)?;
    decided(call, id)
}

/// Puts it to those above the caller, or to a person, with the caller's opinion.
pub(crate) fn pass_up(
    call: &mut Call<'_, '_, '_>,
    asking: Asking,
    mode: records::Mode,
) -> Result<Decided, Failure> {
    let own = OwnVerdict { approve: asking.verdict == Verdict::Approve, rationale: asking.rationale.clone() };
    let proposal = proposal(call, asking, mode)?;
    let id = decisions::decide(call.turn, proposal, own)?;
    decided(call, id)
}

/// How a decision stands after a call.
pub(crate) fn decided(call: &Call<'_, '_, '_>, id: DecisionId) -> Result<Decided, Failure> {
    let decision = forms::decision(call.turn.state(), id)?;
    let approval = if let Phase::Waiting { approval } = decision.phase { Some(approval) } else { None };
    let missing = match decision.reason {
        Some(Reason::Incomplete { missing }) => missing,
        _ => Vec::new(),
    };
    let why = decision.path.last().map(|step| step.why.clone()).unwrap_or_default();
    Ok(Decided {
        decision: id,
        status: decision.status.into(),
        mode: decision.mode.into(),
        matters: decision.matters,
        decided_by: decision.decided_by.map(|party| party.to_string()),
        next: forms::phase(&decision.phase),
        approval,
        why,
        missing,
    })
}

/// The decision type of this name.
pub(crate) fn kind(name: &str) -> Result<DecisionType, Failure> {
    DecisionType::new(name).map_err(|error| Failure::Refused(error.to_string()))
}

fn proposal(call: &Call<'_, '_, '_>, asking: Asking, mode: records::Mode) -> Result<Proposal, Failure> {
    let Asking { kind, subject, budget, context, matters, .. } = asking;
    let name = |error: echo_storage::names::NameError| Failure::Refused(error.to_string());
    let mut all = context.matters.clone();
    for matter in matters {
        all.push(Matter::new(matter).map_err(name)?);
    }
    Ok(Proposal {
        initiator: call.caller.clone(),
        kind,
        mode,
        subject,
        context: context.into_context(budget),
        matters: all,
    })
}
