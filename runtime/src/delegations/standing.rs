//! How far a delegation is: its agents, and what became of each of its tasks.
//!
//! What always holds: it is read from the messages themselves; a task is answered when a message of its agent's answers it,
//! and read when its agent has taken it, which is no answer.

use std::fmt;

use echo_storage::names::{DecisionId, MessageId, RoleId};
use echo_storage::records::{Config, Delegation, Task};
use echo_storage::{Query, State, StoreError};
use schemars::JsonSchema;
use serde::Serialize;

use super::MAX_TASKS;
use crate::deliveries::{Delivery, DeliveryState};
use crate::wording;

/// How many of the newest decisions are looked through for those of a delegation's agents.
const MAX_DECISIONS: usize = 100;

/// How many tasks are told one by one in words.
const MAX_TOLD: usize = 100;

/// What became of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Its agent has not taken it yet.
    Waiting,
    /// Its agent has taken it, and has not answered.
    Read,
    /// Its agent has answered.
    Answered,
    /// Its agent failed to take it, and it is a dead letter; or the organisation has that agent no more.
    GivenUp,
}

/// A task, as far as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaskStanding {
    /// The request.
    pub message: MessageId,
    /// Whose it is.
    pub agent: RoleId,
    /// Its subject.
    pub subject: String,
    /// What became of it.
    pub state: TaskState,
    /// The message that answered it.
    pub answer: Option<MessageId>,
    /// Its subject.
    pub answer_subject: Option<String>,
}

/// An agent of a delegation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AgentStanding {
    /// Whose agent.
    pub agent: RoleId,
    /// Whether it belongs to it now.
    pub is_active: bool,
    /// Why it takes no mail now, if it takes none.
    pub takes_no_mail: Option<String>,
    /// How many of the tasks it has not answered.
    pub unanswered: usize,
}

/// A decision that one of its agents has opened since it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DecisionStanding {
    /// Which.
    pub decision: DecisionId,
    /// Who opened it.
    pub initiator: RoleId,
    /// Its subject.
    pub subject: String,
    /// Where it stands.
    pub status: String,
}

/// How many tasks are how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Counts {
    /// How many there are.
    pub given: usize,
    /// How many are answered.
    pub answered: usize,
    /// How many were taken and are not answered.
    pub read: usize,
    /// How many wait to be taken.
    pub waiting: usize,
    /// How many were given up.
    pub given_up: usize,
}

/// How far a delegation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Standing {
    /// Its agents.
    pub agents: Vec<AgentStanding>,
    /// Its tasks, the oldest first.
    pub tasks: Vec<TaskStanding>,
    /// What its agents have opened since it began, as far as it is among the hundred newest of all.
    pub decisions: Vec<DecisionStanding>,
}

impl Standing {
    /// That of a delegation.
    ///
    /// # Errors
    /// The store could not be read.
    pub fn of(
        state: &(impl State + ?Sized),
        config: &Config,
        delegation: &Delegation,
    ) -> Result<Self, StoreError> {
        let tasks = state.tasks(delegation.id, MAX_TASKS)?;
        let tasks: Vec<TaskStanding> =
            tasks.into_iter().map(|task| of_task(state, config, task)).collect::<Result<_, _>>()?;
        let mut agents = Vec::new();
        for member in &delegation.members {
            let down = match config.role(&member.role) {
                Some(_) => state.agent(&member.role)?.and_then(|agent| agent.down().map(str::to_owned)),
                None => Some("the organisation has no such role any more".to_owned()),
            };
            let own = tasks.iter().filter(|task| task.agent == member.role);
            agents.push(AgentStanding {
                agent: member.role.clone(),
                is_active: member.left_at.is_none(),
                takes_no_mail: down,
                unanswered: own.filter(|task| task.state != TaskState::Answered).count(),
            });
        }
        let until = delegation.end.as_ref().map(|end| end.at);
        let decisions = state.decisions(None, MAX_DECISIONS)?.into_iter().filter(|decision| {
            decision.opened_at >= delegation.started_at
                && until.is_none_or(|until| decision.opened_at <= until)
                && delegation.members.iter().any(|member| member.role == decision.proposal.initiator)
        });
        let decisions = decisions.map(|decision| DecisionStanding {
            decision: decision.id,
            initiator: decision.proposal.initiator.clone(),
            subject: decision.proposal.subject.clone(),
            status: wording::status_name(decision.status).to_owned(),
        });
        Ok(Self { agents, tasks, decisions: decisions.collect() })
    }

    /// How many tasks are how far.
    pub fn counts(&self) -> Counts {
        let count = |state| self.tasks.iter().filter(|task| task.state == state).count();
        Counts {
            given: self.tasks.len(),
            answered: count(TaskState::Answered),
            read: count(TaskState::Read),
            waiting: count(TaskState::Waiting),
            given_up: count(TaskState::GivenUp),
        }
    }
}

fn of_task(state: &(impl State + ?Sized), config: &Config, task: Task) -> Result<TaskStanding, StoreError> {
    let Task { message, role, subject, answer, .. } = task;
    let now = match config.role(&role) {
        _ if answer.is_some() => TaskState::Answered,
        None => TaskState::GivenUp,
        Some(role) => match Delivery::of(state, role, message)?.state {
            DeliveryState::Read => TaskState::Read,
            DeliveryState::Dead => TaskState::GivenUp,
            DeliveryState::Unread | DeliveryState::Failed => TaskState::Waiting,
        },
    };
    let answered = answer.map(|id| state.message(id)).transpose()?.flatten();
    let answer_subject = answered.map(|message| message.subject);
    Ok(TaskStanding { message, agent: role, subject, state: now, answer, answer_subject })
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { given, answered, read, waiting, given_up } = self.counts();
        write!(
            f,
            "{}: {answered} answered, {read} read, {waiting} waiting",
            wording::counted(given, "task")
        )?;
        if given_up > 0 {
            write!(f, ", {given_up} given up")?;
        }
        for task in self.tasks.iter().take(MAX_TOLD) {
            let what = match (task.state, task.answer) {
                (_, Some(answer)) => {
                    format!("answered by {answer}: {}", task.answer_subject.as_deref().unwrap_or_default())
                }
                (TaskState::Read, None) => "read, not answered".to_owned(),
                (TaskState::GivenUp, None) => "given up".to_owned(),
                (TaskState::Waiting | TaskState::Answered, None) => "waiting".to_owned(),
            };
            write!(f, "\n{} to {}: {} ({what})", task.message, task.agent, task.subject)?;
        }
        if let Some(more) = self.tasks.len().checked_sub(MAX_TOLD).filter(|more| *more > 0) {
            write!(f, "\nand {}", wording::counted(more, "more task"))?;
        }
        for one in &self.decisions {
            write!(f, "\n{} of {}: {} ({})", one.decision, one.initiator, one.subject, one.status)?;
        }
        Ok(())
    }
}
