//! Questions to minds and their answers.
//!
//! What always holds: a question holds or names everything its answer may depend on but what the asker is, which the
//! configuration says; and what it names is never changed any more, so that after a crash the same is asked again, by the role as
//! it is then. It never holds the name or title of a scenario.

use crate::codec::{Decode, Encode, Record};
use crate::names::{DecisionId, MemoryId, RoleId, ThoughtId, TimerId};
use crate::quantities::{Confidence, Timestamp, Usd};
use crate::records::{Fact, Inquiry, Stance, Vote};

/// A question to a mind, from the moment it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Thought {
    /// Its id.
    pub id: ThoughtId,
    /// Who asks.
    pub role: RoleId,
    /// The decision that waits for the answer.
    pub decision: DecisionId,
    /// What is asked about it.
    pub kind: ThoughtKind,
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

/// What a question is about. What it does not hold itself it names: records that are never changed once they can be named here.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ThoughtKind {
    /// Does this concern you? Asked only where the keywords leave it open.
    Relevance {
        /// Those of the asker's keywords that were found.
        hits: Vec<String>,
    },
    /// How do you vote?
    Ballot {
        /// The round, from 1; 0 while the decision climbs.
        round: u32,
        /// How many rounds had closed: their ballots and clarifications are to be seen.
        closed: u32,
        /// The asker's position in it.
        position: Position,
    },
    /// What do you answer to a participant who wants to know something?
    Clarification {
        /// The round with whose ballot it was asked, from 1.
        round: u32,
        /// Who wants to know.
        asker: RoleId,
    },
    /// What do the votes amount to?
    Synthesis,
}

/// A role's position in a decision when it was asked: the facts about itself that it votes by.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Position {
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
    /// How earlier decisions of the type ended, newest first, and then those of other types whose words fit best.
    pub remembered: Vec<MemoryId>,
}

/// A typed answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Answer {
    /// To [`ThoughtKind::Relevance`].
    Relevance {
        /// In what way the role takes part.
        stance: Stance,
        /// Why.
        reason: String,
    },
    /// To [`ThoughtKind::Ballot`].
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
    /// To [`ThoughtKind::Clarification`].
    Clarification {
        /// The answer in words.
        text: String,
        /// The figure that was wanted, where it is known.
        figure: Option<u64>,
    },
    /// To [`ThoughtKind::Synthesis`].
    Synthesis {
        /// What the votes amount to.
        text: String,
    },
}
