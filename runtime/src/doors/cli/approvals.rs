//! `approvals`: lists what waits for a person.
//!
//! What always holds: listing changes nothing, and makes no store.

use echo_storage::names::{ApprovalId, DecisionId, DecisionType, RoleId};
use echo_storage::quantities::Usd;
use echo_storage::query::MAX_ROWS;
use echo_storage::{Query, State, StoreError};
use serde::Serialize;

use super::reach::Reading;
use super::{End, Failed, Invocation};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org approvals
  echo-org approvals --json

Answer with `echo-org approve ID` or `echo-org reject ID --note TEXT`.";

/// What waits, oldest first.
#[derive(Serialize)]
struct List {
    approvals: Vec<Waiting>,
}

/// A question that waits for a person.
#[derive(Serialize)]
struct Waiting {
    approval: ApprovalId,
    decision: DecisionId,
    #[serde(rename = "type")]
    kind: DecisionType,
    subject: String,
    amount_usd: Usd,
    initiator: RoleId,
    recommended: Option<bool>,
    why: String,
    asked_at: String,
}

/// Lists.
pub(super) fn run(invocation: &mut Invocation<'_, '_>) -> Result<End, Failed> {
    let place = invocation.place()?;
    let snapshot = Reading::open(invocation, &place)?;
    let approvals = waiting(&snapshot).map_err(Failed::because)?;
    if invocation.json {
        invocation.output.json(&List { approvals });
        return Ok(End::Well);
    }
    let Some(oldest) = approvals.first() else {
        invocation.output.text("nothing waits for a person");
        return Ok(End::Well);
    };
    let id = oldest.approval;
    for one in &approvals {
        let votes = match one.recommended {
            Some(true) => "the votes recommend it",
            Some(false) => "the votes do not carry it",
            None => "nobody has voted on it",
        };
        invocation.output.text(&format!("{}  {}  {}", one.approval, one.decision, one.subject));
        let asked =
            format!("{}, {}, asked by {} at {}", one.kind, one.amount_usd, one.initiator, one.asked_at);
        invocation.output.text(&format!("  {asked}; {votes}"));
        invocation.output.text(&format!("  why a person: {}", one.why.replace('\n', " ")));
    }
    invocation.output.text("");
    invocation.output.text(&place.command(&format!("approve {id}")));
    invocation.output.text(&place.command(&format!("reject {id} --note \"why\"")));
    Ok(End::Well)
}

fn waiting(snapshot: &dyn State) -> Result<Vec<Waiting>, StoreError> {
    let mut approvals = snapshot.approvals(MAX_ROWS)?;
    approvals.reverse();
    let open = approvals.into_iter().filter(|approval| approval.verdict.is_none());
    let waiting = open.map(|approval| {
        let decision = snapshot.decision(approval.decision)?;
        let decision = decision
            .ok_or_else(|| StoreError::Inconsistent(format!("{} asks about no decision", approval.id)))?;
        Ok(Waiting {
            approval: approval.id,
            decision: decision.id,
            kind: decision.proposal.kind.clone(),
            amount_usd: decision.amount(),
            initiator: decision.proposal.initiator.clone(),
            recommended: decision.tally.as_ref().map(|tally| tally.recommended),
            why: approval.why,
            asked_at: approval.asked_at.to_string(),
            subject: decision.proposal.subject,
        })
    });
    waiting.collect()
}
