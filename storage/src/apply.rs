//! Applying an effect: the one place that turns effects into writes.
//!
//! What always holds: what is written depends on the effect and the state alone, so a journal's stored effects
//! rebuild the state without deciding anything.

use crate::StoreError;
use crate::effect::Effect;
use crate::layer::Changes;
use crate::names::{Id, MessageId, RoleId, TimerId, Topic};
use crate::quantities::Timestamp;
use crate::query::{CONFIG_KEY, Query, topic_counter, topic_end};
use crate::records::{Address, Config, Cursor, Message, MessageRef, Party, ThoughtState, Timer};
use crate::state::State;
use crate::table::{
    AGENTS, APPROVALS, APPROVALS_OUT, CLARIFICATIONS, CONFIG, COUNTERS, CURSORS, DECISIONS, INBOX, MEMORIES,
    MEMORY_NAMES, MEMORY_TAGS, MESSAGES, PARTICIPATIONS, PEOPLE_TIMERS, RECEIPTS, REQUESTS, SESSIONS,
    SPENDING, THOUGHTS, THOUGHTS_OUT, TIMERS, TOPICS, Table, VOTES, WORK,
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
        Effect::PutReceipt(receipt) => {
            writes.put(&RECEIPTS, &(receipt.message, receipt.role.clone()), receipt.clone());
        }
        Effect::Think(thought) => {
            count(state, &mut writes, thought.id)?;
            writes.put(&THOUGHTS, &thought.id, thought.clone());
            writes.insert(&THOUGHTS_OUT, &(thought.role.clone(), thought.id), ());
        }
        Effect::EndThought { thought, state: end } => {
            let Some(mut record) = THOUGHTS.get(state, thought)? else {
                return Err(StoreError::Inconsistent(format!("{thought} ended and was never asked")));
            };
            if *end == ThoughtState::Out {
                return Err(StoreError::Inconsistent(format!("{thought} was ended as if it were still out")));
            }
            record.state = end.clone();
            writes.remove(&THOUGHTS_OUT, &(record.role.clone(), *thought));
            writes.put(&THOUGHTS, thought, record);
        }
        Effect::SetTimer(timer) => {
            count(state, &mut writes, timer.id)?;
            writes.insert(timers_of(timer), &(timer.due, timer.id), timer.clone());
        }
        Effect::ClearTimer(timer) => writes.remove(timers_of(timer), &(timer.due, timer.id)),
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
            writes.put(&WORK, &(work.tool.clone(), work.id), work.clone());
        }
        Effect::Reply(_) => {}
    }
    Ok(writes)
}

/// Where a timer is kept.
fn timers_of(timer: &Timer) -> &'static Table<(Timestamp, TimerId), Timer> {
    if timer.purpose.is_of_people() { &PEOPLE_TIMERS } else { &TIMERS }
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
