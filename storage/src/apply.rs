//! Applying an effect: the one place that turns effects into writes.
//!
//! What always holds: what is written depends on the effect and the state alone, so a journal's stored effects
//! rebuild the state without deciding anything.

use crate::StoreError;
use crate::effect::Effect;
use crate::layer::Changes;
use crate::names::{DecisionId, Id, MessageId, RoleId, ThoughtId, TimerId, Topic};
use crate::quantities::Timestamp;
use crate::query::{CONFIG_KEY, Query, topic_counter, topic_end};
use crate::records::{
    Address, Config, Cursor, Decision, Message, MessageRef, Party, Receipt, Thought, ThoughtState, Timer,
    TimerPurpose, folded,
};
use crate::state::State;
use crate::table::{
    AGENTS, APPROVALS, APPROVALS_OUT, CLARIFICATIONS, CONFIG, COUNTERS, CURSORS, DEAD_LETTERS, DECISIONS,
    DELEGATIONS, INBOX, MEMORIES, MEMORY_NAMES, MEMORY_TAGS, MESSAGES, PARTICIPATIONS, PEOPLE_TIMERS,
    QUESTIONS_OUT, RECEIPTS, REQUESTS, SESSIONS, SPENDING, TASK_OF, TASKS, THOUGHTS, THOUGHTS_OUT, TIMERS,
    TOPICS, Table, VOTES, WORK,
};

/// Where an effect stands: what a message's content is found by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) step: u64,
    pub(crate) effect: u32,
}

/// What an effect writes, given the state before it.
pub(crate) fn apply(state: &dyn State, effect: &Effect, place: Place) -> Result<Changes, StoreError> {
    let mut writes = Changes::default();
    match effect {
        Effect::Configure(config) => configure(state, &mut writes, config)?,
        Effect::Send(message) => send(state, &mut writes, message, place)?,
        Effect::Acknowledge { role, message } => acknowledge(state, &mut writes, role, *message)?,
        Effect::PutReceipt(receipt) => put_receipt(state, &mut writes, receipt)?,
        Effect::Think(thought) => think(state, &mut writes, thought)?,
        Effect::EndThought { thought, state: end } => {
            let Some(mut record) = THOUGHTS.get(state, thought)? else {
                return Err(StoreError::Inconsistent(format!("{thought} ended and was never asked")));
            };
            if *end == ThoughtState::Out {
                return Err(StoreError::Inconsistent(format!("{thought} was ended as if it were still out")));
            }
            record.state = end.clone();
            let (by_role, by_decision) = out(&record);
            writes.remove(&THOUGHTS_OUT, &by_role);
            writes.remove(&QUESTIONS_OUT, &by_decision);
            writes.put(&THOUGHTS, thought, record);
        }
        Effect::SetTimer(timer) => {
            count(state, &mut writes, timer.id)?;
            writes.insert(timers_of(timer), &(timer.due, timer.id), timer.clone());
        }
        Effect::ClearTimer(timer) => writes.remove(timers_of(timer), &(timer.due, timer.id)),
        Effect::PutOff { timer, due } => put_off(state, &mut writes, timer, *due)?,
        Effect::PutDecision(decision) => {
            count(state, &mut writes, decision.id)?;
            writes.put(&DECISIONS, &decision.id, decision.clone());
        }
        Effect::PutParticipation(row) => {
            writes.put(&PARTICIPATIONS, &(row.decision, row.role.clone()), row.clone());
        }
        Effect::PutBallot(ballot) => {
            let key = (ballot.decision, u64::from(ballot.round), ballot.role.clone());
            writes.put(&VOTES, &key, ballot.clone());
        }
        Effect::PutClarification(clarification) => {
            let key = (clarification.decision, u64::from(clarification.round), clarification.asker.clone());
            writes.put(&CLARIFICATIONS, &key, clarification.clone());
        }
        Effect::Redeliver { role, message } => {
            if MESSAGES.get(state, message)?.is_none() {
                return Err(StoreError::Inconsistent(format!("{message} was redelivered and never sent")));
            }
            writes.put(&INBOX, &(role.clone(), *message), ());
        }
        Effect::PutApproval(approval) => {
            count(state, &mut writes, approval.id)?;
            writes.put(&APPROVALS, &approval.id, approval.clone());
            if approval.waits() {
                writes.put(&APPROVALS_OUT, &approval.id, ());
            } else if APPROVALS_OUT.get(state, &approval.id)?.is_some() {
                writes.remove(&APPROVALS_OUT, &approval.id);
            }
        }
        Effect::PutSpend(spend) => {
            writes.put(&SPENDING, &(spend.role.clone(), spend.at, spend.decision), spend.clone());
        }
        Effect::PutMemory(memory) => {
            count(state, &mut writes, memory.id)?;
            writes.put(&MEMORIES, &memory.id, memory.clone());
            if let Some(name) = &memory.name {
                writes.put(&MEMORY_NAMES, &(name.clone(), memory.id), ());
            }
            for tag in &memory.tags {
                writes.put(&MEMORY_TAGS, &(tag.clone(), memory.id), ());
            }
        }
        Effect::PutAgent(agent) => writes.put(&AGENTS, &agent.role, agent.clone()),
        Effect::PutSession(session) => {
            count(state, &mut writes, session.id)?;
            writes.put(&SESSIONS, &session.id, session.clone());
        }
        Effect::PutRequest(request) => {
            writes.put(&REQUESTS, &(request.caller.to_string(), request.key.clone()), request.clone());
        }
        Effect::PutWork(work) => {
            count(state, &mut writes, work.id)?;
            writes.put(&WORK, &(work.tool.clone(), folded(&work.title)), work.clone());
        }
        Effect::PutDelegation(delegation) => {
            count(state, &mut writes, delegation.id)?;
            writes.put(&DELEGATIONS, &delegation.id, delegation.clone());
        }
        Effect::PutTask(task) => {
            writes.put(&TASKS, &(task.delegation, task.message), task.clone());
            writes.put(&TASK_OF, &task.message, task.delegation.number());
        }
        Effect::Reply(_) => {}
    }
    Ok(writes)
}

/// Where a timer is kept.
fn timers_of(timer: &Timer) -> &'static Table<(Timestamp, TimerId), Timer> {
    if timer.purpose.is_of_people() { &PEOPLE_TIMERS } else { &TIMERS }
}

/// A dead letter stands among its role's for as long as it is one.
fn put_receipt(state: &dyn State, writes: &mut Changes, receipt: &Receipt) -> Result<(), StoreError> {
    let dead = (receipt.role.clone(), receipt.message);
    if receipt.dead {
        writes.put(&DEAD_LETTERS, &dead, ());
    } else if DEAD_LETTERS.get(state, &dead)?.is_some() {
        writes.remove(&DEAD_LETTERS, &dead);
    }
    writes.put(&RECEIPTS, &(receipt.message, receipt.role.clone()), receipt.clone());
    Ok(())
}

fn think(state: &dyn State, writes: &mut Changes, thought: &Thought) -> Result<(), StoreError> {
    count(state, writes, thought.id)?;
    let (by_role, by_decision) = out(thought);
    if THOUGHTS.get(state, &thought.id)?.is_some() {
        // Asked again: its rows may be in the file already.
        writes.put(&THOUGHTS_OUT, &by_role, ());
        writes.put(&QUESTIONS_OUT, &by_decision, ());
    } else {
        writes.insert(&THOUGHTS_OUT, &by_role, ());
        writes.insert(&QUESTIONS_OUT, &by_decision, ());
    }
    writes.put(&THOUGHTS, &thought.id, thought.clone());
    Ok(())
}

/// Sets a timer to a later moment, and with it the deadline of whatever waits for it.
fn put_off(state: &dyn State, writes: &mut Changes, timer: &Timer, due: Timestamp) -> Result<(), StoreError> {
    if due <= timer.due {
        return Err(StoreError::Inconsistent(format!(
            "{} was put off to {due}, which is no later",
            timer.id
        )));
    }
    writes.remove(timers_of(timer), &(timer.due, timer.id));
    writes.insert(timers_of(timer), &(due, timer.id), Timer { due, ..timer.clone() });
    if let TimerPurpose::Thought { thought } = &timer.purpose
        && let Some(record) = THOUGHTS.get(state, thought)?
    {
        writes.put(&THOUGHTS, thought, Thought { deadline: due, ..record });
    }
    if let TimerPurpose::Approval { approval } | TimerPurpose::Reminder { approval } = &timer.purpose
        && let Some(mut record) = APPROVALS.get(state, approval)?
    {
        let (before, later) = (Some((timer.due, timer.id)), Some((due, timer.id)));
        if record.deadline == before {
            record.deadline = later;
        } else if record.reminder == before {
            record.reminder = later;
        }
        writes.put(&APPROVALS, approval, record);
    }
    if let Some(id) = timer.purpose.decision()
        && let Some(record) = DECISIONS.get(state, &id)?
        && record.deadline == Some((timer.due, timer.id))
    {
        writes.put(&DECISIONS, &id, Decision { deadline: Some((due, timer.id)), ..record });
    }
    Ok(())
}

/// Where a question stands while nobody has answered it.
fn out(thought: &Thought) -> ((RoleId, ThoughtId), (DecisionId, ThoughtId)) {
    ((thought.role.clone(), thought.id), (thought.decision, thought.id))
}

/// The number that the next id of a kind gets.
pub(crate) fn next_number<I: Id>(state: &dyn State) -> Result<u64, StoreError> {
    Ok(COUNTERS.get(state, &I::PREFIX.to_owned())?.unwrap_or(1))
}

/// Keeps the counter of an id's kind above the id.
fn count<I: Id>(state: &dyn State, writes: &mut Changes, id: I) -> Result<(), StoreError> {
    if id.number() >= next_number::<I>(state)? {
        writes.put(&COUNTERS, &I::PREFIX.to_owned(), id.number() + 1);
    }
    Ok(())
}

/// A new listener of a topic hears what comes, not what was.
fn configure(state: &dyn State, writes: &mut Changes, config: &Config) -> Result<(), StoreError> {
    writes.put(&CONFIG, &CONFIG_KEY, config.clone());
    for role in &config.roles {
        for subscription in &role.hears {
            let key = (role.id.clone(), subscription.topic.clone());
            if CURSORS.get(state, &key)?.is_none() {
                let next = topic_end(state, &subscription.topic)?;
                writes.put(&CURSORS, &key, Cursor { next, read_beyond: Vec::new() });
            }
        }
    }
    Ok(())
}

fn send(state: &dyn State, writes: &mut Changes, message: &Message, place: Place) -> Result<(), StoreError> {
    count(state, writes, message.id)?;
    let topic = match &message.to {
        Address::Role(role) => {
            writes.insert(&INBOX, &(role.clone(), message.id), ());
            None
        }
        Address::Person(_) => None,
        Address::Topic(topic) => {
            let entry = topic_end(state, topic)?;
            writes.put(&COUNTERS, &topic_counter(topic), entry + 1);
            writes.put(&TOPICS, &(topic.clone(), entry), message.id.number());
            // Nobody is told what they said themselves, nor what they do not listen for.
            let config = state.config()?;
            for role in config.iter().flat_map(|config| &config.roles) {
                let deaf =
                    role.hears.iter().any(|one| one.topic == *topic && !one.wants(message.about.as_ref()));
                if deaf || message.from == Party::Role(role.id.clone()) {
                    mark(state, writes, &role.id, topic, entry)?;
                }
            }
            Some((topic.clone(), entry))
        }
    };
    writes.put(&MESSAGES, &message.id, MessageRef { step: place.step, effect: place.effect, topic });
    Ok(())
}

fn acknowledge(
    state: &dyn State,
    writes: &mut Changes,
    role: &RoleId,
    message: MessageId,
) -> Result<(), StoreError> {
    let Some(place) = MESSAGES.get(state, &message)? else {
        return Err(StoreError::Inconsistent(format!("{role} acknowledged {message}, which was never sent")));
    };
    let key = (role.clone(), message);
    // A broadcast stands in an inbox only when it was delivered again.
    if place.topic.is_none() || INBOX.get(state, &key)?.is_some() {
        writes.remove(&INBOX, &key);
    }
    match place.topic {
        Some((topic, entry)) => mark(state, writes, role, &topic, entry),
        None => Ok(()),
    }
}

/// Marks an entry as read by a role that hears the topic.
fn mark(
    state: &dyn State,
    writes: &mut Changes,
    role: &RoleId,
    topic: &Topic,
    entry: u64,
) -> Result<(), StoreError> {
    let hears = state.config()?.is_some_and(|config| {
        config.role(role).is_some_and(|role| role.hears.iter().any(|one| one.topic == *topic))
    });
    if hears {
        let key = (role.clone(), topic.clone());
        let mut cursor = CURSORS.get(state, &key)?.unwrap_or_default();
        cursor.mark(entry);
        for skipped in cursor.skip() {
            let Some(message) = TOPICS.get(state, &(topic.clone(), skipped))? else {
                let what =
                    format!("entry {skipped} of the topic {topic}, which {role} has not read, is gone");
                return Err(StoreError::Inconsistent(what));
            };
            writes.put(&INBOX, &(role.clone(), MessageId::from_number(message)), ());
        }
        writes.put(&CURSORS, &key, cursor);
    }
    Ok(())
}
