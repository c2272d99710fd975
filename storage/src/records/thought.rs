//! Questions to minds and their answers.
//!
//! What always holds: a question holds everything its answer may depend on, so that a crash can ask again and a mind
//! needs no access to the store. It never holds the name or title of a scenario.

use crate::codec::{Decode, Encode, Record};
use crate::names::{DecisionId, RoleId, ThoughtId, TimerId};
use crate::quantities::{Confidence, Timestamp, Usd};
use crate::records::{
    Ballot, Clarification, Concerns, Fact, Inquiry, OutcomeNote, Proposal, Stance, Tally, Vote,
};

/// A question to a mind, from the moment it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Thought {
    /// Its id.
    pub id: ThoughtId,
    /// Who asks.
    pub role: RoleId,
    /// What is asked.
    pub question: Question,
    /// When.
    pub asked_at: Timestamp,
    /// After which it is given up.
    pub deadline: Timestamp,
    /// The timer that is due then.
    pub timer: TimerId,
    /// What became of it.
    pub state: ThoughtState,
}
impl Record for Thought {}

/// What became of a question. The answer itself stands in the journal, as the input that it was.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ThoughtState {
    /// Nobody has answered yet.
    Out,
    /// Answered by this mind.
    Answered {
        /// The mind's name.
        mind: String,
    },
    /// Not answered, or too late, or illegibly.
    GivenUp {
        /// Why.
        reason: String,
    },
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Question {
    /// Does this concern you? Asked only where the keywords leave it open.
    Relevance {
        /// What is to be decided.
        brief: Brief,
        /// The asker's keywords.
        keywords: Vec<String>,
        /// Those of them that were found.
        hits: Vec<String>,
    },
    /// How do you vote?
    Ballot {
        /// What is to be decided.
        brief: Brief,
        /// The asker's position in it.
        standing: Standing,
        /// The round, from 1; 0 while the decision climbs.
        round: u32,
        /// The ballots that stood when the round before closed, sorted by role.
        proposals: Vec<Ballot>,
        /// What participants have asked of each other so far, in the order of rounds and roles.
        clarifications: Vec<Clarification>,
    },
    /// What do you answer to a participant who wants to know something?
    Clarification {
        /// What is to be decided.
        brief: Brief,
        /// Who asks what.
        asker: RoleId,
        /// The question.
        inquiry: Inquiry,
        /// What earlier decisions gave for the figure that is wanted, newest first.
        known: Vec<KnownFigure>,
    },
    /// What do the votes amount to?
    Synthesis {
        /// What is to be decided.
        brief: Brief,
        /// The count.
        tally: Tally,
        /// The ballots of the last round, sorted by role.
        ballots: Vec<Ballot>,
    },
}

impl Question {
    /// The decision that waits for the answer.
    pub fn decision(&self) -> DecisionId {
        match self {
            Self::Relevance { brief, .. }
            | Self::Ballot { brief, .. }
            | Self::Clarification { brief, .. }
            | Self::Synthesis { brief, .. } => brief.decision,
        }
    }
}

/// What a mind gets to see of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Brief {
    /// Which.
    pub decision: DecisionId,
    /// What is asked, and on what it is decided.
    pub proposal: Proposal,
}

/// A figure that an earlier decision was decided on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct KnownFigure {
    /// In which decision.
    pub decision: DecisionId,
    /// The figure.
    pub value: u64,
}

/// A role's position in a decision: the facts about itself that it votes by.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Standing {
    /// Which role.
    pub role: RoleId,
    /// Whether the type and the whole amount are within its authority.
    pub inside_authority: bool,
    /// Its own limit.
    pub budget_limit: Option<Usd>,
    /// The highest limit on its escalation chain, its own included.
    pub highest_limit: Option<Usd>,
    /// What the holder of that highest limit approved within the window in which spending counts.
    pub spent: Usd,
    /// Its track record for the type, in thousandths.
    pub track_record: Confidence,
    /// Its keywords.
    pub keywords: Vec<String>,
    /// How much it weighs each kind of fact.
    pub concerns: Concerns,
    /// How earlier decisions of the type ended, newest first, and then those of other types whose words fit best.
    pub remembered: Vec<OutcomeNote>,
}

/// A typed answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Answer {
    /// To [`Question::Relevance`].
    Relevance {
        /// In what way the role takes part.
        stance: Stance,
        /// Why.
        reason: String,
    },
    /// To [`Question::Ballot`].
    Ballot {
        /// The vote.
        vote: Vote,
        /// How sure.
        confidence: Confidence,
        /// Why, with the facts that counted.
        rationale: String,
        /// Those facts, where the mind can name them one by one.
        facts: Vec<Fact>,
        /// What it wants to know before it votes again.
        inquiry: Option<Inquiry>,
    },
    /// To [`Question::Clarification`].
    Clarification {
        /// The answer in words.
        text: String,
        /// The figure that was wanted, where it is known.
        figure: Option<u64>,
    },
    /// To [`Question::Synthesis`].
    Synthesis {
        /// What the votes amount to.
        text: String,
    },
}
