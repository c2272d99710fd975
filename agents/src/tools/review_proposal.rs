//! `review_proposal`: what there is to decide on, and what stands between the caller and approving it.
//!
//! What always holds: it only reads, and shows no ballot of a round that is open. Money counts as spent up to the moment of
//! the newest message, the last that the store knows of; the clock may have freed some since.

use std::fmt;
use std::sync::Arc;

use echo_runtime::authority;
use echo_runtime::tool::{Look, Tool};
use echo_runtime::turn::Failure;
use echo_storage::Query;
use echo_storage::names::{DecisionId, DecisionType, Matter, RoleId};
use echo_storage::quantities::Usd;
use echo_storage::records::{Context, Decision};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decision_status::{self, Ballot};
use super::forms::{self, Status};

const NAME: &str = "review_proposal";
const DESCRIPTION: &str = "Shows the proposal of a decision: which of the ten fields of its context are given, which risks \
nothing answers, what keeps you from approving it, and the ballots of the rounds that have closed.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::reads(NAME, DESCRIPTION, review)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Which decision, such as `dec-7`.
    decision: DecisionId,
}

#[derive(Serialize, JsonSchema)]
struct Review {
    /// Its id.
    decision: DecisionId,
    /// In whose authority it falls.
    #[serde(rename = "type")]
    kind: DecisionType,
    /// What is asked.
    subject: String,
    /// Who asks.
    initiator: RoleId,
    /// Where it stands.
    status: Status,
    /// What it waits for, in words.
    phase: String,
    /// What is to be decided.
    description: String,
    /// What depends on it.
    impact: String,
    /// What it costs; null where no amount was given.
    budget_usd: Option<Usd>,
    /// The matters that it touches.
    matters: Vec<Matter>,
    /// The fields of its context that are given, of ten.
    given: Vec<String>,
    /// The fields that are not.
    not_given: Vec<String>,
    /// Risks that nothing is said to answer.
    open_risks: Vec<String>,
    /// Whether the caller takes part.
    takes_part: bool,
    /// What keeps the caller from approving it by itself; null if nothing does.
    obstacle: Option<String>,
    /// The ballots of the rounds that have closed.
    ballots: Vec<Ballot>,
}

impl fmt::Display for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, subject, given) = (self.decision, &self.subject, self.given.len());
        write!(f, "{id} ({subject}) is {}; {given} of {} fields given", self.status, Context::FIELDS)?;
        for (name, list) in [("not given", &self.not_given), ("open risks", &self.open_risks)] {
            if !list.is_empty() {
                write!(f, "\n{name}: {}", list.join(", "))?;
            }
        }
        let obstacle = self.obstacle.as_deref().unwrap_or("nothing");
        write!(f, "\nwhat keeps you from approving it: {obstacle}")
    }
}

fn review(look: &Look<'_>, Arguments { decision }: Arguments) -> Result<Review, Failure> {
    let decision = forms::decision(look.state, decision)?;
    let obstacle = obstacle(look, &decision)?;
    let ballots = decision_status::closed(look, &decision)?;
    let Decision { id, proposal, matters, status, phase, participants, .. } = decision;
    let proposal = Arc::unwrap_or_clone(proposal);
    let fields = proposal.context.fields();
    let named = |wanted: bool| {
        let some = fields.iter().filter(move |(_, given)| *given == wanted);
        some.map(|(name, _)| (*name).to_owned()).collect()
    };
    let answered =
        |mitigation: &Option<String>| mitigation.as_ref().is_some_and(|text| !text.trim().is_empty());
    let (given, not_given) = (named(true), named(false));
    let open_risks = proposal.context.risks.into_iter().filter(|risk| !answered(&risk.mitigation));
    Ok(Review {
        decision: id,
        kind: proposal.kind,
        subject: proposal.subject,
        initiator: proposal.initiator,
        status: status.into(),
        phase: forms::phase(&phase),
        description: proposal.context.description,
        impact: proposal.context.impact,
        budget_usd: proposal.context.budget,
        matters,
        given,
        not_given,
        open_risks: open_risks.map(|risk| risk.risk).collect(),
        takes_part: participants.contains(&look.caller),
        obstacle,
        ballots,
    })
}

/// What keeps the caller from approving, at the last moment that the store knows of.
fn obstacle(look: &Look<'_>, decision: &Decision) -> Result<Option<String>, Failure> {
    let newest = look.state.messages(None, 1)?;
    let now = newest.first().map_or(decision.opened_at, |message| message.at.max(decision.opened_at));
    authority::obstacle(look.state, &look.config, &look.caller, decision, decision.amount(), now)
}
