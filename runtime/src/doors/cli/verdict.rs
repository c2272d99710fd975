//! `approve` and `reject`: a person answers what waits for one.
//!
//! What always holds: an answer carries the code of its question, which `approvals` alone shows, and without it no store is
//! looked for; it carries the name of whoever is logged in and the door it came through; when the command
//! ends, everybody who hears of the decision and takes mail has read of it.

use std::str::FromStr;

use echo_storage::codes::Code;
use echo_storage::journal::Entry;
use echo_storage::names::{ApprovalId, DecisionId, RoleId};
use echo_storage::records::{Config, Phase, Status};
use echo_storage::{Effect, Input, Query};
use serde::Serialize;

use super::reach::Acting;
use super::{End, Failed, Invocation};
use crate::engine::Asked;
use crate::wording::{status_name, verdict_name};

pub(super) const APPROVE_EXAMPLES: &str = "\
Examples:
  echo-org approve apr-1 4F7K-Q2ZM
  echo-org approve dec-3 4F7K-Q2ZM --note \"in two instalments\"

`echo-org approvals` lists what waits, each with its CODE. The first answer counts.";

pub(super) const REJECT_EXAMPLES: &str = "\
Examples:
  echo-org reject apr-1 4F7K-Q2ZM --note \"not this year\"

`echo-org approvals` lists what waits, each with its CODE. The first answer counts.";

/// The name of this door, as the store records it.
const DOOR: &str = "command line";

/// What `approve` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ApproveArguments {
    /// The approval that waits (apr-1), or its decision (dec-1)
    #[arg(value_name = "ID")]
    id: Target,
    /// The code of the question, which `approvals` shows beside it
    #[arg(value_name = "CODE")]
    code: Option<Code>,
    /// What you want to add
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
}

/// What `reject` takes.
#[derive(Debug, clap::Args)]
pub(super) struct RejectArguments {
    /// The approval that waits (apr-1), or its decision (dec-1)
    #[arg(value_name = "ID")]
    id: Target,
    /// The code of the question, which `approvals` shows beside it
    #[arg(value_name = "CODE")]
    code: Option<Code>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    note: String,
}

/// What is answered.
#[derive(Debug, Clone, Copy)]
enum Target {
    Approval(ApprovalId),
    Decision(DecisionId),
}

impl FromStr for Target {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let approval = text.parse().map(Self::Approval);
        let either = approval.or_else(|_| text.parse().map(Self::Decision));
        either.map_err(|_| "wanted is an approval such as apr-1, or a decision such as dec-1".to_owned())
    }
}

/// An answer.
pub(super) struct Answer {
    target: Target,
    code: Option<Code>,
    approve: bool,
    note: String,
}

impl From<ApproveArguments> for Answer {
    fn from(ApproveArguments { id, code, note }: ApproveArguments) -> Self {
        Self { target: id, code, approve: true, note }
    }
}

impl From<RejectArguments> for Answer {
    fn from(RejectArguments { id, code, note }: RejectArguments) -> Self {
        Self { target: id, code, approve: false, note }
    }
}

/// What came of it.
#[derive(Serialize)]
struct Given {
    approval: ApprovalId,
    decision: DecisionId,
    status: Status,
    subject: String,
    person: String,
    note: String,
    /// The roles that hear of it, in their order.
    told: Vec<RoleId>,
}

/// Answers.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, answer: Answer) -> Result<End, Failed> {
    let Answer { target, code, approve, note } = answer;
    if !approve && note.trim().is_empty() {
        return Err(Failed::Usage("a rejection needs a reason: --note \"why\"".to_owned()));
    }
    let place = invocation.place()?;
    let Some(code) = code else {
        return Err(Failed::Usage(format!(
            "CODE is missing: it stands beside the question, on a line to copy, in what `{}` prints",
            place.command("approvals")
        )));
    };
    let mut acting = Acting::open(invocation, &place)?;
    let approval = approval(&acting, target)?;
    let person = invocation.surroundings.person();
    let (door, given_by) = (DOOR.to_owned(), person.clone());
    let input = Input::Verdict { approval, approve, person, door, note: note.clone() };
    let entry = acting.submit(invocation, Asked::from(input).with_code(Some(code)))?;
    acting.close()?;
    let decided = entry.effects.iter().rev().find_map(|effect| match effect {
        Effect::PutDecision(decision) => Some(decision),
        _ => None,
    });
    let Some(decision) = decided else {
        return Err(Failed::Failure(format!("{approval} was answered, and no decision came of it")));
    };
    let given = Given {
        approval,
        decision: decision.id,
        status: decision.status,
        subject: decision.proposal.subject.clone(),
        person: given_by,
        note,
        told: told(&entry, invocation.organisation.config()),
    };
    if invocation.json {
        invocation.output.json(&given);
        return Ok(End::Well);
    }
    let Given { person, note, told, .. } = &given;
    let word = verdict_name(approve);
    let why = if note.is_empty() { String::new() } else { format!(": {note}") };
    let amount = decision.amount();
    let subject = &decision.proposal.subject;
    invocation.output.text(&format!("{} {word} by {person}{why}", decision.id));
    invocation.output.text(&format!("  {subject} ({}, {amount})", decision.proposal.kind));
    let told: Vec<&str> = told.iter().map(RoleId::as_str).collect();
    invocation.output.text(&format!("  told: {}", told.join(", ")));
    Ok(End::Well)
}

/// The question that is meant.
fn approval(acting: &Acting, target: Target) -> Result<ApprovalId, Failed> {
    let id = match target {
        Target::Approval(id) => {
            let snapshot = acting.state()?;
            let there = snapshot.approval(id).map_err(Failed::because)?.is_some();
            let none =
                || Failed::Failure(format!("there is no approval {id}; `approvals` lists those that wait"));
            return there.then_some(id).ok_or_else(none);
        }
        Target::Decision(id) => id,
    };
    let snapshot = acting.state()?;
    let Some(decision) = snapshot.decision(id).map_err(Failed::because)? else {
        return Err(Failed::Failure(format!("there is no decision {id}; `approvals` lists what waits")));
    };
    match (&decision.phase, &decision.decided_by) {
        (Phase::Waiting { approval }, _) => Ok(*approval),
        (_, Some(by)) => {
            let what = status_name(decision.status);
            Err(Failed::Failure(format!("{id} does not wait for a person: {by} has {what} it")))
        }
        _ => Err(Failed::Failure(format!("{id} does not wait for a person: it is still open"))),
    }
}

/// The roles that a step's messages reach, in the order of the roles.
fn told(entry: &Entry, config: &Config) -> Vec<RoleId> {
    let sent = entry.effects.iter().filter_map(|effect| match effect {
        Effect::Send(message) => Some(config.readers(message)),
        _ => None,
    });
    let reached: Vec<RoleId> = sent.flatten().collect();
    let roles = config.roles.iter().map(|role| role.id.clone());
    roles.filter(|role| reached.contains(role)).collect()
}
