//! `decision_status`: where a decision stands, how it got there and what it waits for.
//!
//! What always holds: the ballots of a round that is still open are not shown, only who has not voted yet, so nobody
//! votes by what others said in the same round.

use std::fmt;

use echo_runtime::tool::{Look, Tool};
use echo_runtime::turn::Failure;
use echo_storage::names::{DecisionId, DecisionType, RoleId};
use echo_storage::quantities::{Confidence, Usd};
use echo_storage::records::{self, Decision, Phase, Reason};
use echo_storage::{Query, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::forms::{self, Status, Vote};

const NAME: &str = "decision_status";
const DESCRIPTION: &str = "Tells where a decision stands: its status, what it waits for, who takes part, the ballots of \
the rounds that have closed, the tally, who decided, and who did what on the way.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::reads(NAME, DESCRIPTION, status)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Which decision, such as `dec-7`.
    decision: DecisionId,
}

#[derive(Serialize, JsonSchema)]
struct Standing {
    /// Its id.
    decision: DecisionId,
    /// In whose authority it falls.
    #[serde(rename = "type")]
    kind: DecisionType,
    /// What is asked.
    subject: String,
    /// Who opened it.
    initiator: RoleId,
    /// What it costs; null where no amount was given.
    budget_usd: Option<Usd>,
    /// Where it stands.
    status: Status,
    /// What it waits for, in words.
    phase: String,
    /// Who votes, in the order of the roles; empty until selection has closed.
    participants: Vec<RoleId>,
    /// The participants whose ballot the open round still lacks.
    yet_to_vote: Vec<RoleId>,
    /// The ballots of the rounds that have closed.
    ballots: Vec<Ballot>,
    /// The count; null until voting has ended.
    tally: Option<Tally>,
    /// The initiator's words on the tally, where it gave any.
    synthesis: Option<String>,
    /// Why it ended as it did; null while it is open.
    reason: Option<String>,
    /// Who decided: a role, `person` and a name, or `system`; null while it is open.
    decided_by: Option<String>,
    /// Who did what on the way, oldest first.
    path: Vec<Step>,
}

/// A ballot.
#[derive(Serialize, JsonSchema)]
pub(super) struct Ballot {
    /// In which round, from 1.
    round: u32,
    /// Whose.
    role: RoleId,
    /// What it says.
    vote: Vote,
    /// How sure, in thousandths.
    confidence: u16,
    /// Why.
    rationale: String,
    /// Which mind cast it; `caller` for one that was cast through the role's door.
    mind: String,
}

/// Heads counted.
#[derive(Serialize, JsonSchema)]
struct Tally {
    /// In favour.
    approve: u32,
    /// Against.
    reject: u32,
    /// Neither.
    abstain: u32,
    /// Who could have voted.
    participants: u32,
    /// Whether enough ballots were cast.
    quorum: bool,
    /// Approvals among approvals and rejections, in thousandths; null where nobody took a side.
    consensus: Option<u16>,
    /// The same with each head weighted by its confidence; it decides nothing.
    weighted: Option<u16>,
    /// Whether the votes recommend approval.
    recommended: bool,
}

/// What somebody on the way did.
#[derive(Serialize, JsonSchema)]
struct Step {
    /// Who.
    who: String,
    /// What.
    deed: Deed,
    /// Why, with the figures that counted.
    why: String,
    /// How sure, in thousandths, where a mind or a person decided by itself.
    confidence: Option<u16>,
    /// When, in UTC.
    at: String,
}

/// What can be done to a decision.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Deed {
    /// Opened it.
    Opened,
    /// Counted the votes and drew the conclusion.
    Concluded,
    /// Passed it up with an opinion.
    PassedUp,
    /// Put it to a person.
    AskedPerson,
    /// Approved it.
    Approved,
    /// Rejected it.
    Rejected,
    /// Turned round what a role below had decided.
    Overrode,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}) is {}; next: {}", self.decision, self.subject, self.status, self.phase)?;
        if let Some(tally) = &self.tally {
            let Tally { approve, reject, abstain, participants, .. } = tally;
            write!(
                f,
                "\n{approve} approve, {reject} reject, {abstain} abstain of {participants} participants"
            )?;
        }
        for ballot in &self.ballots {
            write!(f, "\nround {}: {} {}", ballot.round, ballot.role, ballot.vote)?;
        }
        for Step { who, deed, why, .. } in &self.path {
            write!(f, "\n{who} {}: {why}", deed.words())?;
        }
        Ok(())
    }
}

impl Deed {
    fn words(&self) -> &'static str {
        match self {
            Self::Opened => "opened it",
            Self::Concluded => "concluded",
            Self::PassedUp => "passed it up",
            Self::AskedPerson => "asked a person",
            Self::Approved => "approved it",
            Self::Rejected => "rejected it",
            Self::Overrode => "overrode it",
        }
    }
}

impl From<records::Deed> for Deed {
    fn from(deed: records::Deed) -> Self {
        match deed {
            records::Deed::Opened => Self::Opened,
            records::Deed::Concluded => Self::Concluded,
            records::Deed::PassedUp => Self::PassedUp,
            records::Deed::AskedPerson => Self::AskedPerson,
            records::Deed::Approved => Self::Approved,
            records::Deed::Rejected => Self::Rejected,
            records::Deed::Overrode => Self::Overrode,
        }
    }
}

fn status(look: &Look<'_>, Arguments { decision }: Arguments) -> Result<Standing, Failure> {
    let decision = forms::decision(look.state, decision)?;
    let ballots = closed(look, &decision)?;
    let yet_to_vote = yet_to_vote(look, &decision)?;
    Ok(Standing {
        decision: decision.id,
        kind: decision.proposal.kind.clone(),
        subject: decision.proposal.subject.clone(),
        initiator: decision.proposal.initiator.clone(),
        budget_usd: decision.proposal.context.budget,
        status: decision.status.into(),
        phase: forms::phase(&decision.phase),
        participants: decision.participants,
        yet_to_vote,
        ballots,
        tally: decision.tally.as_ref().map(tally),
        synthesis: decision.synthesis,
        reason: decision.reason.map(reason),
        decided_by: decision.decided_by.map(|party| party.to_string()),
        path: decision.path.into_iter().map(step).collect(),
    })
}

/// The ballots of every closed round, sorted by round and role.
pub(super) fn closed(look: &Look<'_>, decision: &Decision) -> Result<Vec<Ballot>, StoreError> {
    let open = if let Phase::Voting { round } = decision.phase { round } else { u32::MAX };
    let mut closed = Vec::new();
    for round in 1..open {
        let ballots = look.state.ballots(decision.id, round)?;
        // A round in which nobody votes is the last one.
        if ballots.is_empty() {
            break;
        }
        closed.extend(ballots.into_iter().map(ballot));
    }
    Ok(closed)
}

fn yet_to_vote(look: &Look<'_>, decision: &Decision) -> Result<Vec<RoleId>, StoreError> {
    let Phase::Voting { round } = decision.phase else { return Ok(Vec::new()) };
    let cast = look.state.ballots(decision.id, round)?;
    let lacks = |role: &&RoleId| !cast.iter().any(|ballot| ballot.role == **role);
    Ok(decision.participants.iter().filter(lacks).cloned().collect())
}

fn ballot(ballot: records::Ballot) -> Ballot {
    Ballot {
        round: ballot.round,
        role: ballot.role,
        vote: ballot.vote.into(),
        confidence: ballot.confidence.thousandths(),
        rationale: ballot.rationale,
        mind: ballot.mind,
    }
}

fn tally(tally: &records::Tally) -> Tally {
    Tally {
        approve: tally.approve,
        reject: tally.reject,
        abstain: tally.abstain,
        participants: tally.participants,
        quorum: tally.quorum,
        consensus: tally.consensus.map(Confidence::thousandths),
        weighted: tally.weighted.map(Confidence::thousandths),
        recommended: tally.recommended,
    }
}

fn step(step: records::PathStep) -> Step {
    Step {
        who: step.who.to_string(),
        deed: step.deed.into(),
        why: step.why,
        confidence: step.confidence.map(Confidence::thousandths),
        at: step.at.to_string(),
    }
}

fn reason(reason: Reason) -> String {
    match reason {
        Reason::Recommended => "recommended by the votes, and within the initiator's authority".to_owned(),
        Reason::VotedDown => "voted down".to_owned(),
        Reason::Incomplete { missing } => format!("incomplete: {} not given", missing.join(", ")),
        Reason::Authority => "decided by a role with the authority".to_owned(),
        Reason::Person => "decided by a person".to_owned(),
        Reason::Unanswered => "put to people, and nobody answered in time".to_owned(),
        Reason::Initiator => "whoever put it forward is against it".to_owned(),
        Reason::Overridden => "turned round by a role above the one that had decided".to_owned(),
    }
}
