//! Decisions: what is asked, who takes part, how they vote, who has the authority, and what came of it.

use std::sync::Arc;

use crate::codec::{Decode, Encode, Record};
use crate::names::{ApprovalId, DecisionId, DecisionType, Matter, MemoryId, RoleId, SessionId, TimerId};
use crate::quantities::{Confidence, Timestamp, Usd};
use crate::records::Party;

/// A risk that the author of a decision names.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct Risk {
    /// What may go wrong.
    pub risk: String,
    /// What answers it.
    pub mitigation: Option<String>,
}

/// What a decision is decided on. The first ten are the fields whose presence counts; given means not empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode, serde::Serialize)]
pub struct Context {
    /// What is to be decided. Required.
    pub description: String,
    /// What depends on it. Required.
    pub impact: String,
    /// Whom it concerns. Required.
    pub stakeholders: Vec<String>,
    /// What it costs.
    pub budget: Option<Usd>,
    /// How long it takes.
    pub timeline: String,
    /// What may go wrong, and what answers it.
    pub risks: Vec<Risk>,
    /// What else could be done.
    pub alternatives: Vec<String>,
    /// On what it depends.
    pub dependencies: Vec<String>,
    /// By what its success is told.
    pub success_criteria: Vec<String>,
    /// Figures by name, such as `load_expected`; whole numbers.
    pub data: Vec<(String, u64)>,
    /// What must not be violated. Not one of the ten.
    pub constraints: Vec<String>,
    /// Questions by topic. Not one of the ten.
    pub questions: Vec<(String, String)>,
    /// Roles that the author says are not concerned. Not one of the ten.
    pub not_concerned: Vec<RoleId>,
}

impl Context {
    /// How many fields count.
    pub const FIELDS: usize = 10;

    /// The ten fields in their order, each with whether it is given.
    pub fn fields(&self) -> [(&'static str, bool); Self::FIELDS] {
        [
            ("description", !self.description.trim().is_empty()),
            ("impact", !self.impact.trim().is_empty()),
            ("stakeholders", !self.stakeholders.is_empty()),
            ("budget", self.budget.is_some()),
            ("timeline", !self.timeline.trim().is_empty()),
            ("risks", !self.risks.is_empty()),
            ("alternatives", !self.alternatives.is_empty()),
            ("dependencies", !self.dependencies.is_empty()),
            ("success_criteria", !self.success_criteria.is_empty()),
            ("data", !self.data.is_empty()),
        ]
    }

    /// How many of the ten fields are given.
    pub fn given(&self) -> usize {
        self.fields().iter().filter(|(_, given)| *given).count()
    }

    /// Which of the three required fields are not given.
    pub fn missing(&self) -> Vec<&'static str> {
        self.fields().iter().take(3).filter(|(_, given)| !given).map(|(name, _)| *name).collect()
    }
}

/// How a decision is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The initiator decides, within its authority.
    Autonomous,
    /// Those concerned vote, the initiator concludes.
    Collaborative,
    /// It climbs the escalation chain.
    Hierarchical,
    /// A person decides.
    Human,
}

/// What somebody wants decided.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Proposal {
    /// Who wants it.
    pub initiator: RoleId,
    /// In which authority it falls.
    pub kind: DecisionType,
    /// How it is to be decided.
    pub mode: Mode,
    /// One line.
    pub subject: String,
    /// On what it is decided.
    pub context: Context,
    /// What its author says that it touches, whatever its words are; what its words say comes on top.
    pub matters: Vec<Matter>,
    /// What its author thinks of it, where it has said so.
    pub opinion: Option<Opinion>,
}

/// What whoever puts a proposal forward thinks of it itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Opinion {
    /// For or against it.
    pub approve: bool,
    /// Why.
    pub rationale: String,
}

/// Where a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Open, also while it climbs.
    Pending,
    /// Approved by somebody who had the authority.
    Approved,
    /// Rejected.
    Rejected,
    /// Waits for a person.
    Escalated,
}

/// What a decision is waiting for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Phase {
    /// Each role says whether it takes part.
    Selecting,
    /// The ballots of a round, from 1.
    Voting {
        /// The round.
        round: u32,
    },
    /// What participants asked of each other with their ballots of a round.
    Clarifying {
        /// The round that has closed.
        round: u32,
    },
    /// The initiator's words on the tally.
    Synthesising,
    /// The ballot of the initiator who decides by itself, or of a role up the chain.
    Climbing {
        /// Whose turn it is.
        at: RoleId,
    },
    /// A person's verdict.
    Waiting {
        /// The question put to people.
        approval: ApprovalId,
    },
    /// Nothing: it is decided.
    Closed,
}

/// Why a decision ended as it did.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Reason {
    /// The votes recommended it and the decider had the authority.
    Recommended,
    /// The votes rejected it.
    VotedDown,
    /// Required fields were missing.
    Incomplete {
        /// Their names.
        missing: Vec<String>,
    },
    /// A role with the authority decided while it climbed.
    Authority,
    /// A person decided.
    Person,
    /// It was put to people and none of them answered in time.
    Unanswered,
    /// A role above the one that had decided it turned it round.
    Overridden,
    /// Whoever put it forward is against it itself.
    Initiator,
}

/// Heads counted when voting has ended.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Tally {
    /// In favour.
    pub approve: u32,
    /// Against.
    pub reject: u32,
    /// Neither.
    pub abstain: u32,
    /// Who could have voted.
    pub participants: u32,
    /// Whether enough ballots were cast.
    pub quorum: bool,
    /// Approvals among approvals and rejections, in thousandths; nothing where nobody took a side.
    pub consensus: Option<Confidence>,
    /// The same, each head weighted by the confidence of its ballot. Reported, never decisive.
    pub weighted: Option<Confidence>,
    /// Whether the votes recommend approval.
    pub recommended: bool,
    /// Whether the votes reject it. Neither this nor `recommended` means that it climbs.
    pub rejected: bool,
}

/// What somebody on a decision's path did with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
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

/// Who did what on the way to the outcome, and why.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PathStep {
    /// Who.
    pub who: Party,
    /// What.
    pub deed: Deed,
    /// Why, with the figures that counted.
    pub why: String,
    /// How sure, where a mind decided by itself.
    pub confidence: Option<Confidence>,
    /// When.
    pub at: Timestamp,
}

/// A participant whose agent could not be reached: its breaker was open, or it failed on the message that asked it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Absence {
    /// Who.
    pub role: RoleId,
    /// In which round of ballots, from 1.
    pub round: u32,
    /// Why.
    pub reason: String,
}

/// A decision, from its opening to its end.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// What is asked; fixed when it is opened.
    pub proposal: Arc<Proposal>,
    /// The training session it belongs to.
    pub session: Option<SessionId>,
    /// The matters that it touches, by its author's word or by its own words, sorted; fixed when it is opened.
    pub matters: Vec<Matter>,
    /// How it is made: as its author asked, or by the stricter mode that a matter asks for.
    pub mode: Mode,
    /// Earlier outcomes of other types with whose words it has some in common, the best first; fixed when it is opened.
    pub related: Vec<MemoryId>,
    /// Where it stands.
    pub status: Status,
    /// What it waits for.
    pub phase: Phase,
    /// When the phase ends of itself: the moment, and the timer that is due then.
    pub deadline: Option<(Timestamp, TimerId)>,
    /// Who votes, in the order of the roles; fixed when selection closes.
    pub participants: Vec<RoleId>,
    /// The participant with the most keyword hits.
    pub lead: Option<RoleId>,
    /// How many rounds have closed.
    pub rounds: u32,
    /// Participants who could not be reached while it was discussed, in the order in which that became known.
    pub absences: Vec<Absence>,
    /// The count, when voting has ended.
    pub tally: Option<Tally>,
    /// The initiator's words on the tally; nothing where its agent gave none.
    pub synthesis: Option<String>,
    /// Why it ended as it did.
    pub reason: Option<Reason>,
    /// Who decided.
    pub decided_by: Option<Party>,
    /// Who did what on the way.
    pub path: Vec<PathStep>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
}
impl Record for Decision {}

impl Decision {
    /// What it costs.
    pub fn amount(&self) -> Usd {
        self.proposal.context.budget.unwrap_or_default()
    }
}

/// In what way a role takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    /// Votes.
    Assist,
    /// Listens without a vote.
    Observe,
    /// Stays away.
    Decline,
}

/// A role's answer to the question whether it takes part.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Participation {
    /// In what.
    pub decision: DecisionId,
    /// Who.
    pub role: RoleId,
    /// In what way.
    pub stance: Stance,
    /// The role's keywords that were found.
    pub hits: Vec<String>,
    /// Why.
    pub reason: String,
    /// Whether it declined because the author named it in `not_concerned`; that counts in no score.
    pub told: bool,
    /// When it answered.
    pub at: Timestamp,
}
impl Record for Participation {}

/// A question put to people.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// The decision that waits for it.
    pub decision: DecisionId,
    /// Why nobody below could decide.
    pub why: String,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it is too late for an answer, and the timer that is due then.
    pub deadline: Option<(Timestamp, TimerId)>,
    /// When people are reminded next, and the timer that is due then.
    pub reminder: Option<(Timestamp, TimerId)>,
    /// How often they were.
    pub reminded: u32,
    /// The first answer, which is the one that counts.
    pub verdict: Option<Verdict>,
    /// When it was given up because nobody had answered.
    pub lapsed_at: Option<Timestamp>,
}

impl Approval {
    /// Whether it still waits for an answer.
    pub fn waits(&self) -> bool {
        self.verdict.is_none() && self.lapsed_at.is_none()
    }
}
impl Record for Approval {}

/// A person's answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Verdict {
    /// Yes or no.
    pub approve: bool,
    /// Who answered.
    pub person: String,
    /// Through which door.
    pub door: String,
    /// What they added.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// Money that a role approved; it counts against the role's limit for 24 hours.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Spend {
    /// Who approved it.
    pub role: RoleId,
    /// When.
    pub at: Timestamp,
    /// In which decision.
    pub decision: DecisionId,
    /// How much.
    pub amount: Usd,
}
impl Record for Spend {}

/// What the organisation knows of a role's work.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Agent {
    /// Whose.
    pub role: RoleId,
    /// The track record, by decision type, sorted.
    pub track: Vec<TypeTrack>,
    /// How many of its steps in a row have failed.
    pub failures: u32,
    /// Its breaker, where it is not closed.
    pub breaker: Option<Breaker>,
}
impl Record for Agent {}

impl Agent {
    /// An agent of which nothing is known yet.
    pub fn new(role: RoleId) -> Self {
        Self { role, track: Vec::new(), failures: 0, breaker: None }
    }

    /// Why it takes no mail now, if it takes none.
    pub fn down(&self) -> Option<&str> {
        let breaker = self.breaker.as_ref()?;
        (!matches!(breaker.state, BreakerState::HalfOpen)).then_some(breaker.reason.as_str())
    }
}

/// What keeps an agent that fails again and again from its mail.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Breaker {
    /// What it does.
    pub state: BreakerState,
    /// How often it has opened without a step that went well in between.
    pub trips: u32,
    /// The failure that opened it last.
    pub reason: String,
    /// When it opened last.
    pub opened_at: Timestamp,
}

/// Whether an agent gets mail.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum BreakerState {
    /// It gets none until the pause is over.
    Open {
        /// When the pause is over.
        until: Timestamp,
        /// The timer that is due then.
        timer: TimerId,
    },
    /// It gets mail again; the first step that goes well closes the breaker, a failure opens it for longer.
    HalfOpen,
    /// It has opened too often: an operator must say that it may try again.
    GivenUp,
}

/// How a role's approvals of one type fared.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TypeTrack {
    /// The type.
    pub kind: DecisionType,
    /// Approvals that stand.
    pub stood: u32,
    /// Approvals that were overridden or reversed.
    pub reversed: u32,
}
