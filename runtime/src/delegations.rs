//! Delegations: a piece of work, the agents that are picked for it, and the tasks that they are given.
//!
//! Who is picked is chosen before the step, by [`pick`], and recorded in the step's input with the reason; so it does not
//! matter to a replay who or what has chosen.
//!
//! What always holds: a task is a request that was sent, and goes to an agent that belongs to its delegation. A delegation
//! that has ended takes no task and no agent. Joining and leaving change the delegation alone: an agent goes on with its mail
//! and with other delegations, since it is activated by its first message and never by a delegation.

mod pick;
mod standing;
#[cfg(test)]
mod tests;

use echo_storage::names::{DelegationId, MessageId, RoleId};
use echo_storage::records::{Address, Delegation, DelegationEnd, DelegationOrder, Kind, Member, Party, Task};
use echo_storage::{Effect, Query, StoreError};
use serde_json::json;

use crate::mail;
use crate::turn::{Failure, Turn, refuse};
use crate::wording::counted;

pub use pick::{Category, Picked, pick};
pub use standing::{Standing, TaskState};

/// How many tasks a delegation may give.
pub const MAX_TASKS: usize = 1_000;
/// The longest description of a piece of work, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 4_000;
/// The longest note with which one is ended, in characters.
pub const MAX_NOTE_CHARS: usize = 2_000;

/// The longest task, in characters.
pub const MAX_TASK_CHARS: usize = 16_000;
/// The longest name of a category, in characters.
pub const MAX_CATEGORY_CHARS: usize = 64;
/// The longest reason for a category, in characters.
pub const MAX_REASON_CHARS: usize = 2_000;

/// How many unread messages are counted to tell how busy an agent is.
const MAX_COUNTED: usize = 1_000;

/// Does what is asked of a delegation.
///
/// # Errors
/// A delegation or a role that there is not, a task for an agent that does not belong to it, anything after its end.
pub fn order(turn: &mut Turn<'_, '_>, by: &Party, order: &DelegationOrder) -> Result<(), Failure> {
    if *by == Party::System {
        return refuse("by: nobody delegates in the runtime's own name");
    }
    match order {
        DelegationOrder::Start { description, category, because, roles } => {
            start(turn, by, description, (category, because), roles)
        }
        DelegationOrder::Task { delegation, role, subject, task } => {
            give(turn, by, *delegation, role.as_ref(), subject, task)
        }
        DelegationOrder::Join { delegation, role } => join(turn, *delegation, role),
        DelegationOrder::Leave { delegation, role } => leave(turn, *delegation, role),
        DelegationOrder::End { delegation, note } => end(turn, *delegation, note),
    }
}

fn start(
    turn: &mut Turn<'_, '_>,
    by: &Party,
    description: &str,
    (category, because): (&str, &str),
    roles: &[RoleId],
) -> Result<(), Failure> {
    let chars = description.chars().count();
    if description.trim().is_empty() || chars > MAX_DESCRIPTION_CHARS {
        return refuse(format!(
            "description: it has {chars} characters; say in 1 to {MAX_DESCRIPTION_CHARS} what is to be done"
        ));
    }
    for (name, text, most) in
        [("category", category, MAX_CATEGORY_CHARS), ("because", because, MAX_REASON_CHARS)]
    {
        let chars = text.chars().count();
        if chars == 0 || chars > most {
            return refuse(format!("{name}: it has {chars} characters, and needs 1 to {most}"));
        }
    }
    if roles.is_empty() {
        return refuse("nobody is picked: a piece of work needs an agent");
    }
    let mut members: Vec<Member> = Vec::new();
    for role in roles {
        let role = turn.role(role)?.id.clone();
        if members.iter().any(|member| member.role == role) {
            return refuse(format!("{role} is picked twice"));
        }
        members.push(Member { role, since: turn.now(), left_at: None });
    }
    let id: DelegationId = turn.new_id()?;
    turn.emit(Effect::PutDelegation(Delegation {
        id,
        description: description.to_owned(),
        category: category.to_owned(),
        because: because.to_owned(),
        by: by.clone(),
        started_at: turn.now(),
        members,
        end: None,
    }))?;
    turn.reply(&json!({ "session": id, "task_category": category, "because": because, "agents": roles }))
}

fn give(
    turn: &mut Turn<'_, '_>,
    by: &Party,
    id: DelegationId,
    role: Option<&RoleId>,
    subject: &str,
    task: &str,
) -> Result<(), Failure> {
    let delegation = open(turn, id)?;
    if turn.state().tasks(id, MAX_TASKS)?.len() >= MAX_TASKS {
        return refuse(format!(
            "{id} has given {MAX_TASKS} tasks, which is as many as one may: end it and start another"
        ));
    }
    let (role, because) = match role {
        Some(role) if is_active(&delegation, role) => (role.clone(), "it was named".to_owned()),
        Some(role) => return refuse(not_of(&delegation, turn.role(role)?.id.as_str())),
        None => least_busy(turn, &delegation)?,
    };
    let chars = task.chars().count();
    if task.trim().is_empty() || chars > MAX_TASK_CHARS {
        return refuse(format!(
            "task: it has {chars} characters; say in 1 to {MAX_TASK_CHARS} what is to be done"
        ));
    }
    let content = json!({ "session": id, "task": task }).to_string();
    if content.len() > mail::MAX_CONTENT_BYTES {
        let most = mail::MAX_CONTENT_BYTES;
        return refuse(format!(
            "task: with its signs written as JSON it has {} bytes, and may have {most}",
            content.len()
        ));
    }
    let to = Address::Role(role.clone());
    let message = mail::compose(turn, by, &to, Kind::Request, subject, &content, None)?;
    let at = turn.now();
    let subject = subject.to_owned();
    turn.emit(Effect::PutTask(Task {
        message,
        delegation: id,
        role: role.clone(),
        subject,
        at,
        answer: None,
    }))?;
    turn.reply(&json!({ "session": id, "message": message, "agent": role, "because": because }))
}

/// How much an agent has to do.
struct Load<'d> {
    role: &'d RoleId,
    is_down: bool,
    /// Messages and thoughts that wait for it.
    waiting: usize,
    /// Tasks of the delegation that it has not answered.
    open: usize,
}

/// The agent with the least to do, and why it is; one whose breaker is open comes last, and the order of joining breaks ties.
fn least_busy(turn: &Turn<'_, '_>, delegation: &Delegation) -> Result<(RoleId, String), Failure> {
    let tasks = turn.state().tasks(delegation.id, MAX_TASKS)?;
    let mut all = Vec::new();
    for role in delegation.active() {
        let Some(waiting) = waiting(turn, role)? else { continue };
        let open = tasks.iter().filter(|task| task.role == *role && task.answer.is_none()).count();
        all.push(Load { role, is_down: is_down(turn, role)?, waiting, open });
    }
    let least = all.into_iter().min_by_key(|load| (load.is_down, load.waiting + load.open));
    let Some(Load { role, is_down, waiting, open }) = least else {
        return refuse(format!(
            "{} has no agent any more that the organisation has: spawn one",
            delegation.id
        ));
    };
    let down = if is_down { ", though it takes no mail now, like all the others" } else { "" };
    let open = counted(open, "task");
    let why = format!(
        "it has the least to do: {waiting} messages and thoughts wait for it, and {open} of this session{down}"
    );
    Ok((role.clone(), why))
}

fn is_down(turn: &Turn<'_, '_>, role: &RoleId) -> Result<bool, StoreError> {
    Ok(turn.state().agent(role)?.is_some_and(|agent| agent.down().is_some()))
}

/// How many messages and questions to its mind wait for an agent; nothing where the organisation has it no more.
fn waiting(turn: &Turn<'_, '_>, role: &RoleId) -> Result<Option<usize>, StoreError> {
    let Some(config) = turn.config().role(role) else { return Ok(None) };
    let thoughts = turn.state().thoughts_out(Some(role), MAX_COUNTED)?.len();
    Ok(Some(turn.state().unread(config, MAX_COUNTED)?.len() + thoughts))
}

fn join(turn: &mut Turn<'_, '_>, id: DelegationId, role: &RoleId) -> Result<(), Failure> {
    let mut delegation = open(turn, id)?;
    let role = turn.role(role)?.id.clone();
    if is_active(&delegation, &role) {
        return refuse(format!("{role} belongs to {id} already; a role has one agent"));
    }
    let member = Member { role: role.clone(), since: turn.now(), left_at: None };
    match delegation.members.iter_mut().find(|member| member.role == role) {
        Some(there) => *there = member,
        None => delegation.members.push(member),
    }
    changed(turn, delegation, &role)
}

fn leave(turn: &mut Turn<'_, '_>, id: DelegationId, role: &RoleId) -> Result<(), Failure> {
    let mut delegation = open(turn, id)?;
    let now = turn.now();
    let there = delegation.members.iter_mut().find(|member| member.role == *role && member.left_at.is_none());
    match there {
        Some(there) => there.left_at = Some(now),
        None => return refuse(not_of(&delegation, role.as_str())),
    }
    changed(turn, delegation, role)
}

/// Records who belongs to a delegation now, and tells.
fn changed(turn: &mut Turn<'_, '_>, delegation: Delegation, role: &RoleId) -> Result<(), Failure> {
    let tasks = turn.state().tasks(delegation.id, MAX_TASKS)?;
    let open = tasks.iter().filter(|task| task.role == *role && task.answer.is_none());
    let open: Vec<MessageId> = open.map(|task| task.message).collect();
    let agents: Vec<RoleId> = delegation.active().cloned().collect();
    let told = json!({ "session": delegation.id, "agent": role, "agents": agents, "unanswered": open });
    turn.emit(Effect::PutDelegation(delegation))?;
    turn.reply(&told)
}

fn end(turn: &mut Turn<'_, '_>, id: DelegationId, note: &str) -> Result<(), Failure> {
    let chars = note.chars().count();
    if chars > MAX_NOTE_CHARS {
        return refuse(format!("note: it has {chars} characters, and may have {MAX_NOTE_CHARS}"));
    }
    let mut delegation = open(turn, id)?;
    let standing = Standing::of(turn.state(), turn.config(), &delegation)?;
    let counted = standing.counts();
    let mut summary = standing.to_string();
    if !note.trim().is_empty() {
        summary = format!("{summary}\n{}", note.trim());
    }
    delegation.end = Some(DelegationEnd { at: turn.now(), summary: summary.clone() });
    turn.emit(Effect::PutDelegation(delegation))?;
    turn.reply(&json!({ "session": id, "tasks": counted, "summary": summary }))
}

/// A message answers another: where that is a task and this its agent's answer, the task is answered. Whoever answers twice has
/// answered once.
pub(crate) fn answered(
    turn: &mut Turn<'_, '_>,
    from: &Party,
    task: MessageId,
    answer: MessageId,
) -> Result<(), Failure> {
    let Some(task) = turn.state().task(task)? else { return Ok(()) };
    if task.answer.is_some() || *from != Party::Role(task.role.clone()) {
        return Ok(());
    }
    turn.emit(Effect::PutTask(Task { answer: Some(answer), ..task }))
}

/// The delegation, which must be open.
fn open(turn: &Turn<'_, '_>, id: DelegationId) -> Result<Delegation, Failure> {
    match turn.state().delegation(id)? {
        None => refuse(format!("there is no session {id}; one is started first, which says its id")),
        Some(Delegation { end: Some(end), .. }) => {
            refuse(format!("{id} ended at {}: start another for what is left", end.at))
        }
        Some(delegation) => Ok(delegation),
    }
}

fn is_active(delegation: &Delegation, role: &RoleId) -> bool {
    delegation.active().any(|active| active == role)
}

/// What is said of a role that does not belong to a delegation.
fn not_of(delegation: &Delegation, role: &str) -> String {
    let active: Vec<&str> = delegation.active().map(RoleId::as_str).collect();
    let id = delegation.id;
    if active.is_empty() {
        return format!("{role} does not belong to {id}, and nobody does: spawn it there first");
    }
    format!("{role} does not belong to {id}: spawn it there first, or name one of {}", active.join(", "))
}
