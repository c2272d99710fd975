//! Questions as minds get them: with everything that their answers may depend on.
//!
//! What always holds: a question is made of what the stored one holds and of records that are not changed any more, so that it
//! is the same whenever it is made, but for a role's keywords and concerns, which are those of the configuration in force.

use std::sync::Arc;

use echo_storage::names::{DecisionId, RoleId};
use echo_storage::quantities::{Confidence, Usd};
use echo_storage::records::{
    Ballot, Clarification, Concerns, Inquiry, OutcomeNote, Position, Proposal, Tally, Thought, ThoughtKind,
};
use echo_storage::{Query, State, StoreError};

use crate::decisions::{clarified_by, known_figures, standing_ballots};

/// What a mind is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// What a mind gets to see of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// Which.
    pub decision: DecisionId,
    /// What is asked, and on what it is decided.
    pub proposal: Arc<Proposal>,
}

/// A figure that an earlier decision was decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFigure {
    /// In which decision.
    pub decision: DecisionId,
    /// The figure.
    pub value: u64,
}

/// A role's position in a decision, with what the role is and remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Question {
    /// The question that a thought asks, with what it names; nothing where that is not there, such as a role that the
    /// configuration has no more.
    ///
    /// # Errors
    /// The store failed.
    pub fn of(state: &dyn State, thought: &Thought) -> Result<Option<Self>, StoreError> {
        let Some(decision) = state.decision(thought.decision)? else { return Ok(None) };
        let brief = Brief { decision: decision.id, proposal: decision.proposal.clone() };
        Ok(Some(match &thought.kind {
            ThoughtKind::Relevance { hits } => {
                let config = state.config()?;
                let Some(own) = config.as_deref().and_then(|config| config.role(&thought.role)) else {
                    return Ok(None);
                };
                Self::Relevance { brief, keywords: own.keywords.clone(), hits: hits.clone() }
            }
            ThoughtKind::Ballot { round, closed, position } => {
                let Some(standing) = standing(state, &thought.role, position)? else { return Ok(None) };
                Self::Ballot {
                    brief,
                    standing,
                    round: *round,
                    proposals: standing_ballots(state, decision.id, *closed)?,
                    clarifications: clarified_by(state, decision.id, *closed)?,
                }
            }
            ThoughtKind::Clarification { round, asker } => {
                let asked = state.clarifications(decision.id, *round)?;
                let Some(asked) = asked.into_iter().find(|asked| asked.asker == *asker) else {
                    return Ok(None);
                };
                let known = known_figures(state, decision.id, &asked.inquiry.figure)?;
                Self::Clarification { brief, asker: asker.clone(), inquiry: asked.inquiry, known }
            }
            ThoughtKind::Synthesis => {
                let Some(tally) = decision.tally else { return Ok(None) };
                let ballots = standing_ballots(state, decision.id, decision.rounds)?;
                Self::Synthesis { brief, tally, ballots }
            }
        }))
    }
}

fn standing(state: &dyn State, role: &RoleId, position: &Position) -> Result<Option<Standing>, StoreError> {
    let config = state.config()?;
    let Some(own) = config.as_deref().and_then(|config| config.role(role)) else { return Ok(None) };
    let mut remembered = Vec::with_capacity(position.remembered.len());
    for id in &position.remembered {
        remembered.extend(state.memory(*id)?.and_then(|memory| memory.outcome));
    }
    Ok(Some(Standing {
        role: role.clone(),
        inside_authority: position.inside_authority,
        budget_limit: position.budget_limit,
        highest_limit: position.highest_limit,
        spent: position.spent,
        track_record: position.track_record,
        keywords: own.keywords.clone(),
        concerns: own.concerns.clone(),
        remembered,
    }))
}
