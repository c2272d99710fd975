//! The argument for an outcome, as data.
//!
//! What always holds: it exists for a decision of every status; what there is nothing of is empty or null.

use echo_storage::Query;
use echo_storage::names::{DecisionId, DecisionType, RoleId};
use echo_storage::quantities::{Timestamp, Usd};
use echo_storage::records::{Decision, Deed, Party, Phase, Reason, RoleConfig, Status, Vote};
use serde::Serialize;

use crate::authority;
use crate::doors::cli::Failed;
use crate::doors::cli::look::Look;
use crate::doors::cli::names::decimal;
use crate::doors::cli::parts::{
    self, AbsencePart, BallotPart, CountPart, FactPart, QuestionPart, StepPart, WaitingPart,
};
use crate::wording::status_name;

/// Why a decision stands where it does.
#[derive(Serialize)]
pub(super) struct Argument {
    pub(super) decision: DecisionId,
    pub(super) status: Status,
    #[serde(rename = "type")]
    pub(super) kind: DecisionType,
    pub(super) amount_usd: Usd,
    pub(super) initiator: RoleId,
    pub(super) subject: String,
    /// The outcome in one sentence.
    pub(super) outcome: String,
    /// Who decided: a role, `person` and a name, or `system`; null while it is open.
    pub(super) decided_by: Option<String>,
    /// How sure whoever decided was, 0 to 1, where it decided by itself.
    pub(super) confidence: Option<f64>,
    /// The initiator and those above it, from below: what each may approve of this.
    pub(super) authority: Vec<Holder>,
    pub(super) count: Option<CountPart>,
    /// What share of heads recommends or rejects, 0 to 1.
    pub(super) consensus_wanted: f64,
    pub(super) synthesis: Option<String>,
    /// The last round of which there are ballots.
    pub(super) last_round: Option<u32>,
    /// The ballots of that round, sorted by role.
    pub(super) ballots: Vec<BallotPart>,
    /// Who voted otherwise than in the round before.
    pub(super) changes: Vec<Change>,
    pub(super) clarifications: Vec<QuestionPart>,
    pub(super) path: Vec<StepPart>,
    pub(super) missing: Missing,
    pub(super) waits_for: Option<WaitingPart>,
    /// The commands that make sense next.
    pub(super) next: Vec<String>,
}

/// What a role may approve of a decision.
#[derive(Serialize)]
pub(super) struct Holder {
    pub(super) role: RoleId,
    /// Whether the decision's type is its own or that of a role below it.
    pub(super) has_type: bool,
    /// Null means that it may approve no money.
    pub(super) limit_usd: Option<Usd>,
    /// What of its limit was used when the decision ended, or is used now.
    pub(super) spent_usd: Usd,
    /// Whether type and amount are within its authority.
    pub(super) is_enough: bool,
    /// Below which confidence it does not decide by itself, 0 to 1.
    pub(super) threshold: f64,
    pub(super) decided: bool,
}

/// A vote that changed from one round to the next.
#[derive(Serialize)]
pub(super) struct Change {
    pub(super) role: RoleId,
    /// The round in which it voted otherwise than before.
    pub(super) round: u32,
    pub(super) from: Vote,
    pub(super) to: Vote,
    /// The facts of others that its ballot rests on.
    pub(super) because: Vec<FactPart>,
}

/// What was missing.
#[derive(Serialize)]
pub(super) struct Missing {
    /// Required fields that were not given.
    pub(super) required: Vec<&'static str>,
    /// Other fields that count and were not given.
    pub(super) optional: Vec<&'static str>,
    /// Participants that could not be reached.
    pub(super) absent: Vec<AbsencePart>,
    /// Participants without a ballot in the last round.
    pub(super) silent: Vec<RoleId>,
    /// Whether the votes were counted and the initiator had no words on them.
    pub(super) synthesis: bool,
}

impl Argument {
    /// The argument for where the decision stands.
    pub(super) fn of(look: &Look, decision: &Decision) -> Result<Self, Failed> {
        let state = &look.snapshot;
        let asked: Vec<RoleId> = look.config.roles.iter().map(|role| role.id.clone()).collect();
        let all = parts::ballots(state, decision).map_err(Failed::because)?;
        let last_round = all.last().map(|ballot| ballot.round);
        // A ballot stands until its role casts another.
        let is_last = |ballot: &&BallotPart| {
            !all.iter().any(|later| later.role == ballot.role && later.round > ballot.round)
        };
        let ballots: Vec<BallotPart> = all.iter().filter(is_last).cloned().collect();
        let waits_for = parts::waiting(state, &asked, decision).map_err(Failed::because)?;
        let decisive = decision.path.last().filter(|step| Some(&step.who) == decision.decided_by.as_ref());
        let commands = waits_for.iter().flat_map(|waits| waits.commands(decision.id));
        Ok(Self {
            decision: decision.id,
            status: decision.status,
            kind: decision.proposal.kind.clone(),
            amount_usd: decision.amount(),
            initiator: decision.proposal.initiator.clone(),
            subject: decision.proposal.subject.clone(),
            outcome: outcome(decision),
            decided_by: decision.decided_by.as_ref().map(ToString::to_string),
            confidence: decisive.and_then(|step| step.confidence).map(decimal),
            authority: holders(look, decision)?,
            count: decision.tally.as_ref().map(CountPart::from),
            consensus_wanted: decimal(look.config.rules.consensus),
            synthesis: decision.synthesis.clone(),
            changes: changes(&all),
            clarifications: parts::questions(state, decision).map_err(Failed::because)?,
            path: decision.path.iter().map(StepPart::from).collect(),
            missing: missing(decision, last_round, &ballots),
            next: commands.map(|command| look.place.command(&command)).collect(),
            last_round,
            ballots,
            waits_for,
        })
    }
}

/// The outcome in one sentence.
fn outcome(decision: &Decision) -> String {
    let id = decision.id;
    let by = decision.decided_by.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
    let asks = format!("{} for {}", decision.proposal.kind, decision.amount());
    match (&decision.reason, decision.status) {
        (_, Status::Pending) => format!("{id} is open: nobody has decided {asks} yet."),
        (_, Status::Escalated) => {
            let last = decision.path.iter().rev().find(|step| step.deed == Deed::PassedUp);
            let why = last.map_or_else(
                || format!("no role that it came to could decide {asks}"),
                |step| format!("{} had to pass it up, because {}", step.who, step.why),
            );
            format!("{id} waits for a person: {why}.")
        }
        (Some(Reason::Recommended), _) => {
            format!("{id} was approved: the votes recommend it, and {by} has the authority over {asks}.")
        }
        (Some(Reason::VotedDown), _) => {
            format!("{id} was rejected: the votes are against it, and a rejection takes no authority.")
        }
        (Some(Reason::Incomplete { missing }), _) => format!(
            "{id} was rejected as incomplete before anybody was asked: {} not given.",
            missing.join(", ")
        ),
        (Some(Reason::Authority), _) => {
            let did = status_name(decision.status);
            format!("{id} was {did} by {by}, which has the authority over {asks}.")
        }
        (Some(Reason::Person), _) => {
            let did = status_name(decision.status);
            format!("{id} was {did} by {by}: persons have every authority and no limit.")
        }
        (Some(Reason::Unanswered), _) => {
            format!("{id} was rejected: it waited for a person, and nobody answered in time.")
        }
        (Some(Reason::Initiator), _) => {
            format!("{id} was rejected: {by} put it forward, and is against it itself.")
        }
        (Some(Reason::Overridden), _) => {
            let did = status_name(decision.status);
            format!("{id} was {did} by {by}, which overrode what had been decided below it.")
        }
        (None, _) => format!("{id} was decided by {by}."),
    }
}

/// The initiator and those above it, with what each may approve of the decision.
fn holders(look: &Look, decision: &Decision) -> Result<Vec<Holder>, Failed> {
    let chain = authority::chain(&look.config, &decision.proposal.initiator);
    chain.filter_map(|id| look.config.role(id)).map(|role| holder(look, decision, role)).collect()
}

fn holder(look: &Look, decision: &Decision, role: &RoleConfig) -> Result<Holder, Failed> {
    let end = decision.closed_at.unwrap_or(look.now);
    let spent = spent_before(look, decision, &role.id, end)?;
    let has_type = authority::has_type(&look.config, &role.id, &decision.proposal.kind);
    let amount = decision.amount();
    let fits = amount == Usd::ZERO || role.budget_limit.is_some_and(|limit| spent.plus(amount) <= limit);
    Ok(Holder {
        role: role.id.clone(),
        has_type,
        limit_usd: role.budget_limit,
        spent_usd: spent,
        is_enough: has_type && fits,
        threshold: decimal(role.threshold),
        decided: decision.decided_by == Some(Party::Role(role.id.clone())),
    })
}

/// What a role had approved within the window before the decision ended. Of approvals of the same moment those count that
/// were opened earlier.
fn spent_before(look: &Look, decision: &Decision, role: &RoleId, end: Timestamp) -> Result<Usd, Failed> {
    let since = authority::window_start(&look.config, end);
    let spending = look.snapshot.spending_since(role, since).map_err(Failed::because)?;
    let earlier = spending.iter().filter(|spend| (spend.at, spend.decision) < (end, decision.id));
    Ok(earlier.fold(Usd::ZERO, |sum, spend| sum.plus(spend.amount)))
}

/// Who voted otherwise than in the round before in which it voted.
fn changes(all: &[BallotPart]) -> Vec<Change> {
    let change = |ballot: &BallotPart| {
        let earlier = all.iter().filter(|other| other.role == ballot.role && other.round < ballot.round);
        let before = earlier.max_by_key(|other| other.round)?;
        (before.vote != ballot.vote).then(|| Change {
            role: ballot.role.clone(),
            round: ballot.round,
            from: before.vote,
            to: ballot.vote,
            because: ballot.facts.iter().filter(|fact| fact.from.is_some()).cloned().collect(),
        })
    };
    all.iter().filter_map(change).collect()
}

fn missing(decision: &Decision, last_round: Option<u32>, ballots: &[BallotPart]) -> Missing {
    let context = &decision.proposal.context;
    let required = context.missing();
    let optional = context.fields().into_iter().filter(|(name, given)| !given && !required.contains(name));
    let optional: Vec<&str> = optional.map(|(name, _)| name).collect();
    // Whoever is still waited for is not silent.
    let is_open = matches!(decision.phase, Phase::Selecting | Phase::Voting { .. });
    let has_voted = |role: &RoleId| ballots.iter().any(|ballot| ballot.role == *role);
    let silent = decision.participants.iter().filter(|role| !is_open && !has_voted(role));
    let silent = silent.filter(|_| last_round.is_some() || decision.tally.is_some()).cloned();
    let counted = decision.tally.is_some()
        && !matches!(decision.phase, Phase::Voting { .. } | Phase::Clarifying { .. } | Phase::Synthesising);
    Missing {
        required,
        optional,
        absent: decision.absences.iter().map(AbsencePart::from).collect(),
        silent: silent.collect(),
        synthesis: counted && decision.synthesis.is_none(),
    }
}
