//! `retry`: has agents try again what they had given up.
//!
//! What always holds: what is not given up is refused before anything happens; what is tried again carries the name of
//! whoever is logged in; the answer tells what came of each.

use echo_storage::names::{MessageId, RoleId};
use echo_storage::records::Receipt;
use echo_storage::{Input, Query, State};
use serde::Serialize;

use super::dead_letters;
use super::look;
use super::names::word;
use super::reach::Acting;
use super::{End, Failed, Invocation};
use crate::deliveries::Delivery;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org retry msg-12
  echo-org retry --all

With a message: for every role for which it was given up, or for that of --agent ROLE alone. With
--agent ROLE alone: all that was given up for it, and its breaker closes. `echo-org dead-letters`
lists messages that were given up, `echo-org agents` tells which agents are paused.";

/// What `retry` takes.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["message", "agent", "all"]))]
pub(super) struct Arguments {
    /// The message that was given up, such as msg-1
    #[arg(value_name = "MESSAGE")]
    message: Option<MessageId>,
    /// The role that tries again
    #[arg(long, value_name = "ROLE")]
    agent: Option<String>,
    /// Retry everything that was given up, and close every breaker
    #[arg(long, conflicts_with_all = ["message", "agent"])]
    all: bool,
}

/// What came of it.
#[derive(Serialize)]
struct Retried {
    person: String,
    retried: Vec<Outcome>,
}

/// What came of one retry.
#[derive(Serialize)]
struct Outcome {
    role: RoleId,
    /// The message; null where the agent as a whole tries again.
    message: Option<MessageId>,
    /// What became of that message, or of each that was given up for the agent.
    deliveries: Vec<Letter>,
    /// Why the agent takes no mail, if it takes none.
    paused: Option<String>,
}

/// A message that was tried again.
#[derive(Serialize)]
struct Letter {
    message: MessageId,
    #[serde(flatten)]
    delivery: Delivery,
}

/// One order.
struct Order {
    role: RoleId,
    message: Option<MessageId>,
    letters: Vec<MessageId>,
}

/// Retries.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let organisation = invocation.organisation.clone();
    let agent = arguments.agent.as_deref();
    let agent = agent.map(|name| look::role(&organisation, "--agent", name)).transpose()?;
    let place = invocation.place()?;
    let mut acting = Acting::open(invocation, &place)?;
    let orders = {
        let snapshot = acting.state()?;
        orders(&*snapshot, &organisation.role_ids(), arguments.message, agent.as_ref())?
    };
    let person = invocation.surroundings.person();
    for Order { role, message, .. } in &orders {
        let input = Input::Retry { role: role.clone(), message: *message, person: person.clone() };
        acting.submit(invocation, input.into())?;
    }
    let snapshot = acting.state()?;
    let outcomes = orders.into_iter().map(|order| outcome(invocation, &*snapshot, order));
    let retried = Retried { retried: outcomes.collect::<Result<_, _>>()?, person };
    drop(snapshot);
    acting.close()?;
    if invocation.json {
        invocation.output.json(&retried);
        return Ok(End::Well);
    }
    if retried.retried.is_empty() {
        invocation.output.text("nothing was given up, and no agent is paused");
    }
    for one in &retried.retried {
        for Letter { message, delivery } in &one.deliveries {
            let reason = delivery.reason.as_ref().filter(|_| delivery.attempts > 0);
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            let text = format!("{message} for {}: {}{reason}", one.role, word(&delivery.state));
            invocation.output.text(&text);
        }
        match &one.paused {
            Some(reason) => invocation.output.text(&format!("{} takes no mail: {reason}", one.role)),
            None if one.message.is_none() => invocation.output.text(&format!("{} takes mail", one.role)),
            None => {}
        }
    }
    Ok(End::Well)
}

/// What is to be ordered.
fn orders(
    state: &dyn State,
    roles: &[RoleId],
    message: Option<MessageId>,
    agent: Option<&RoleId>,
) -> Result<Vec<Order>, Failed> {
    if let Some(id) = message {
        return of_message(state, roles, id, agent);
    }
    let dead = dead_letters::all(state)?;
    let mut orders = Vec::new();
    for role in roles.iter().filter(|role| agent.is_none_or(|agent| agent == *role)) {
        let of_role = |receipt: &&Receipt| receipt.role == *role;
        let letters: Vec<MessageId> = dead.iter().filter(of_role).map(|receipt| receipt.message).collect();
        let known = state.agent(role).map_err(Failed::because)?;
        if !letters.is_empty() || known.is_some_and(|known| known.breaker.is_some()) {
            orders.push(Order { role: role.clone(), message: None, letters });
        }
    }
    match agent {
        Some(agent) if orders.is_empty() => Err(Failed::Failure(format!(
            "nothing was given up for {agent}, and it is not paused: there is nothing to retry"
        ))),
        _ => Ok(orders),
    }
}

/// The orders for a message: one for each role for which it was given up, in the order of the roles.
fn of_message(
    state: &dyn State,
    roles: &[RoleId],
    id: MessageId,
    agent: Option<&RoleId>,
) -> Result<Vec<Order>, Failed> {
    if state.message(id).map_err(Failed::because)?.is_none() {
        let latest = state.messages(None, 1).map_err(Failed::because)?;
        return Err(super::listing::unknown(id, latest.first().map(|message| message.id), "messages"));
    }
    let mut dead = Vec::new();
    for role in roles {
        let receipt = state.receipt(id, role).map_err(Failed::because)?;
        if receipt.is_some_and(|receipt| receipt.dead) {
            dead.push(role.clone());
        }
    }
    if let Some(agent) = agent.filter(|agent| !dead.contains(agent)) {
        let names: Vec<&str> = dead.iter().map(RoleId::as_str).collect();
        let others =
            if dead.is_empty() { "for nobody".to_owned() } else { format!("for {}", names.join(", ")) };
        return Err(Failed::Failure(format!("{id} was not given up for {agent}, it was {others}")));
    }
    if dead.is_empty() {
        return Err(Failed::Failure(format!("{id} was given up for nobody; `dead-letters` lists what was")));
    }
    let wanted = dead.into_iter().filter(|role| agent.is_none_or(|agent| agent == role));
    Ok(wanted.map(|role| Order { role, message: Some(id), letters: vec![id] }).collect())
}

fn outcome(invocation: &Invocation<'_, '_>, state: &dyn State, order: Order) -> Result<Outcome, Failed> {
    let config = invocation.organisation.config().role(&order.role);
    let letters = config.into_iter().flat_map(|role| order.letters.iter().map(move |id| (role, *id)));
    let letters = letters.map(|(role, message)| {
        Ok::<_, Failed>(Letter {
            message,
            delivery: Delivery::of(state, role, message).map_err(Failed::because)?,
        })
    });
    let agent = state.agent(&order.role).map_err(Failed::because)?;
    Ok(Outcome {
        deliveries: letters.collect::<Result<_, _>>()?,
        paused: agent.as_ref().and_then(|agent| agent.down()).map(str::to_owned),
        role: order.role,
        message: order.message,
    })
}
