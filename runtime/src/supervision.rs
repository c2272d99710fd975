//! Supervision: what becomes of agents whose steps fail, and how an operator has them try again.
//!
//! | what fails | what follows |
//! |---|---|
//! | a message, less than [`Rules::attempts`] times | the agent tries it again |
//! | a message, as often | it is a dead letter; the agent goes on with the next, and whoever waited for an answer is told |
//! | [`Rules::breaker_failures`] steps of an agent in a row | its breaker opens: it gets no mail for [`Rules::breaker_ms`], and whoever waits for it is told |
//! | the first step after the pause | it opens again, for twice as long |
//! | that, [`Rules::breaker_trips`] times in a row | the agent is given up until an operator retries it |
//!
//! What always holds: a step that goes well closes the breaker and forgets the failures before it. All of this is part
//! of the state, so a replay opens and closes the same breakers at the same steps.
//!
//! [`Rules::attempts`]: echo_storage::records::Rules::attempts
//! [`Rules::breaker_failures`]: echo_storage::records::Rules::breaker_failures
//! [`Rules::breaker_ms`]: echo_storage::records::Rules::breaker_ms
//! [`Rules::breaker_trips`]: echo_storage::records::Rules::breaker_trips

#[cfg(test)]
mod tests;

use echo_storage::names::{MessageId, RoleId, Topic};
use echo_storage::records::{Address, Agent, Breaker, BreakerState, Kind, Party, Receipt, TimerPurpose};
use echo_storage::{Effect, Query};

use crate::decisions;
use crate::mail::{Ask, topics};
use crate::turn::{Failure, Outgoing, Turn, refuse};

/// The longest pause of a breaker: an hour, in milliseconds.
pub const MAX_BREAKER_MS: u64 = 60 * 60 * 1000;

/// How many unread messages are looked through for what an agent was asked when its breaker opens. What lies beyond
/// them runs into its deadline.
const MAX_WAITING: usize = 1_000;

/// How many dead letters are tried again at once, the oldest first; whoever asks is told that there are more.
pub const MAX_RETRIED: usize = 1_000;

/// Why an agent takes no mail now, in words; nothing where it does.
pub fn down(turn: &Turn<'_, '_>, role: &RoleId) -> Result<Option<String>, Failure> {
    let agent = turn.state().agent(role)?;
    Ok(agent.as_ref().and_then(Agent::down).map(|reason| format!("its agent is down: {reason}")))
}

/// An agent's step failed on a message: the failure is counted, and what follows from the count follows.
pub fn failed(
    turn: &mut Turn<'_, '_>,
    role: &RoleId,
    message: MessageId,
    reason: &str,
) -> Result<(), Failure> {
    let dead = count(turn, role, message, reason)?;
    if dead && let Some(ask) = turn.state().message(message)?.as_ref().and_then(Ask::of) {
        let attempts = turn.config().rules.attempts;
        let why = format!("its agent failed {attempts} times on {message}: {reason}");
        decisions::unreachable(turn, role, &ask, &why)?;
    }
    let agent = turn.state().agent(role)?;
    let mut agent = agent.unwrap_or_else(|| Agent::new(role.clone()));
    agent.failures = agent.failures.saturating_add(1);
    let trips = agent.breaker.as_ref().map_or(0, |breaker| breaker.trips);
    let opens = match &agent.breaker {
        Some(breaker) => breaker.state == BreakerState::HalfOpen,
        None => agent.failures >= turn.config().rules.breaker_failures,
    };
    if !opens {
        return turn.emit(Effect::PutAgent(agent));
    }
    let trips = trips.saturating_add(1);
    let state = if trips >= turn.config().rules.breaker_trips {
        BreakerState::GivenUp
    } else {
        let doubled = turn.config().rules.breaker_ms.saturating_mul(1 << (trips - 1).min(32));
        let until = turn.now().after_ms(doubled.min(MAX_BREAKER_MS));
        let timer = turn.set_timer(until, TimerPurpose::Breaker { role: role.clone() })?;
        BreakerState::Open { until, timer }
    };
    let word = if state == BreakerState::GivenUp { "given_up" } else { "paused" };
    agent.breaker = Some(Breaker { state, trips, reason: reason.to_owned(), opened_at: turn.now() });
    turn.emit(Effect::PutAgent(agent))?;
    tell(turn, role, word, reason)?;
    tell_waiting(turn, role)
}

/// The least that is recorded of a step that failed on a message, where more cannot be: the failure, and after the
/// last attempt the end of the message, so that the agent goes on with its next one.
///
/// Says whether that was the last attempt.
pub fn count(
    turn: &mut Turn<'_, '_>,
    role: &RoleId,
    message: MessageId,
    reason: &str,
) -> Result<bool, Failure> {
    let earlier = turn.state().receipt(message, role)?.map_or(0, |receipt| receipt.attempts);
    let attempts = earlier.saturating_add(1);
    let dead = attempts >= turn.config().rules.attempts;
    let at = turn.now();
    let receipt = Receipt { message, role: role.clone(), attempts, reason: reason.to_owned(), dead, at };
    turn.emit(Effect::PutReceipt(receipt))?;
    if dead {
        turn.emit(Effect::Acknowledge { role: role.clone(), message })?;
    }
    Ok(dead)
}

/// An agent's step went well: what it failed on before is forgotten, and its breaker closes.
pub fn went_well(turn: &mut Turn<'_, '_>, role: &RoleId) -> Result<(), Failure> {
    let Some(mut agent) = turn.state().agent(role)? else { return Ok(()) };
    if agent.failures == 0 && agent.breaker.is_none() {
        return Ok(());
    }
    agent.failures = 0;
    let was_open = agent.breaker.take().is_some();
    turn.emit(Effect::PutAgent(agent))?;
    if was_open { tell(turn, role, "ready", "a step went well") } else { Ok(()) }
}

/// The pause of an agent whose breaker is open is over: it gets its mail again, on probation.
pub fn pause_ended(turn: &mut Turn<'_, '_>, role: &RoleId) -> Result<(), Failure> {
    let Some(mut agent) = turn.state().agent(role)? else { return Ok(()) };
    let Some(breaker) = &mut agent.breaker else { return Ok(()) };
    breaker.state = BreakerState::HalfOpen;
    turn.emit(Effect::PutAgent(agent))
}

/// An operator has an agent try again: one dead letter, or all of them, at most [`MAX_RETRIED`] at once, and its breaker
/// as well.
///
/// # Errors
/// A role that there is not, a message that is no dead letter of it, nothing to retry.
pub fn retry(turn: &mut Turn<'_, '_>, role: &RoleId, message: Option<MessageId>) -> Result<(), Failure> {
    turn.role(role)?;
    let receipts: Vec<Receipt> = match message {
        Some(id) => turn.state().receipt(id, role)?.into_iter().collect(),
        None => {
            let letters = turn.state().dead_letters(role, MAX_RETRIED)?;
            let receipts = letters.into_iter().map(|id| turn.state().receipt(id, role));
            receipts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        }
    };
    let dead: Vec<Receipt> =
        receipts.into_iter().filter(|receipt| receipt.dead && receipt.role == *role).collect();
    let reopened = message.is_none() && close_breaker(turn, role)?;
    forget_failures(turn, role)?;
    if dead.is_empty() && !reopened {
        return match message {
            Some(id) => {
                refuse(format!("{id} is no dead letter of {role}; `dead-letters` lists those there are"))
            }
            None => {
                refuse(format!("{role} has no dead letters and takes its mail: there is nothing to retry"))
            }
        };
    }
    let messages: Vec<MessageId> = dead.iter().map(|receipt| receipt.message).collect();
    for receipt in dead {
        turn.emit(Effect::Redeliver { role: role.clone(), message: receipt.message })?;
        turn.emit(Effect::PutReceipt(Receipt { attempts: 0, dead: false, ..receipt }))?;
    }
    let more = message.is_none() && !turn.state().dead_letters(role, 1)?.is_empty();
    turn.reply(&serde_json::json!({
        "role": role,
        "messages": messages,
        "more": more,
        "breaker_closed": reopened,
    }))
}

/// Whoever has it try again trusts it again: failures before that do not open the breaker.
fn forget_failures(turn: &mut Turn<'_, '_>, role: &RoleId) -> Result<(), Failure> {
    match turn.state().agent(role)? {
        Some(agent) if agent.failures > 0 => turn.emit(Effect::PutAgent(Agent { failures: 0, ..agent })),
        _ => Ok(()),
    }
}

/// Closes a breaker, if there is one to close.
fn close_breaker(turn: &mut Turn<'_, '_>, role: &RoleId) -> Result<bool, Failure> {
    let Some(mut agent) = turn.state().agent(role)? else { return Ok(false) };
    let Some(breaker) = agent.breaker.take() else { return Ok(false) };
    agent.failures = 0;
    if let BreakerState::Open { until, timer } = breaker.state {
        turn.clear_timer(until, timer)?;
    }
    turn.emit(Effect::PutAgent(agent))?;
    tell(turn, role, "ready", "an operator had it try again")?;
    Ok(true)
}

/// Whoever waits for an answer of this agent hears that none will come.
fn tell_waiting(turn: &mut Turn<'_, '_>, role: &RoleId) -> Result<(), Failure> {
    let Some(why) = down(turn, role)? else { return Ok(()) };
    let config = turn.role(role)?.clone();
    for id in turn.state().unread(&config, MAX_WAITING)? {
        if let Some(ask) = turn.state().message(id)?.as_ref().and_then(Ask::of) {
            decisions::unreachable(turn, role, &ask, &why)?;
        }
    }
    Ok(())
}

/// Whoever watches the agents hears of a change.
fn tell(turn: &mut Turn<'_, '_>, role: &RoleId, state: &str, why: &str) -> Result<(), Failure> {
    let topic = Topic::new(topics::AGENTS_STATUS).map_err(|error| Failure::Refused(error.to_string()))?;
    turn.send(Outgoing {
        from: Party::System,
        to: Address::Topic(topic),
        kind: Kind::Notification,
        subject: format!("{role} is {}", state.replace('_', " ")),
        content: serde_json::json!({ "role": role, "state": state, "why": why }),
        about: None,
        deadline: None,
        in_reply_to: None,
    })?;
    Ok(())
}
