//! What is said while a decision is discussed: ballots, the facts they rest on, questions between participants.

use crate::codec::{Decode, Encode, Record};
use crate::names::{DecisionId, MessageId, RoleId};
use crate::quantities::{Confidence, Timestamp};

/// What a ballot says.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Vote {
    /// In favour.
    Approve,
    /// Against.
    Reject,
    /// Neither.
    Abstain,
}

/// What a fact is about; a role weighs each kind as its concerns say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// What it costs.
    Money,
    /// What may go wrong.
    Risk,
    /// Whether what is needed is there.
    Feasibility,
    /// Whether success can be measured.
    Outcome,
    /// How much there is to decide on.
    Completeness,
    /// How earlier decisions ended.
    Precedent,
}

/// Something that speaks for or against a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct Fact {
    /// What it is about, in a word or two: the same matter has the same name, whoever brings it up.
    pub name: String,
    /// Which kind it is.
    pub kind: FactKind,
    /// What it says, with its figures.
    pub words: String,
    /// What it adds to the score of whoever cites it, or takes off, in thousandths.
    pub effect: i64,
    /// The same before that role's concerns weighed it.
    pub unweighed: i64,
    /// Whose fact it is, where it was taken from somebody else's ballot or answer.
    pub from: Option<RoleId>,
}

/// A ballot of one role in one round.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Ballot {
    /// On what.
    pub decision: DecisionId,
    /// In which round, from 1.
    pub round: u32,
    /// Whose.
    pub role: RoleId,
    /// What it says.
    pub vote: Vote,
    /// How sure.
    pub confidence: Confidence,
    /// Why.
    pub rationale: String,
    /// The facts it rests on, the largest effect first; empty where its mind gave words only.
    pub facts: Vec<Fact>,
    /// Which mind gave it.
    pub mind: String,
    /// When it was cast.
    pub at: Timestamp,
}
impl Record for Ballot {}

/// What a participant wants to know of another role before it votes again. A ballot asks one thing at most.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Inquiry {
    /// Who is asked.
    pub to: RoleId,
    /// The name of the figure that is wanted; empty where the question is about something else.
    pub figure: String,
    /// The question.
    pub question: String,
}

/// A question between two roles about a decision, with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Clarification {
    /// About which decision.
    pub decision: DecisionId,
    /// The round with whose ballot it was asked, from 1.
    pub round: u32,
    /// Who asks.
    pub asker: RoleId,
    /// What, and of whom.
    pub inquiry: Inquiry,
    /// What came of it; nothing while it waits.
    pub reply: Option<Reply>,
    /// The message that asked it; nothing before its round has closed.
    pub message: Option<MessageId>,
    /// When it was asked.
    pub asked_at: Timestamp,
}
impl Record for Clarification {}

/// What came of a question between two roles.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Reply {
    /// The answer, or why there is none.
    pub text: String,
    /// The figure that was wanted, where it is known.
    pub figure: Option<u64>,
    /// Which mind gave it.
    pub mind: String,
    /// When.
    pub at: Timestamp,
}
