//! Actors: a task with a mailbox for each agent, started by its first message.
//!
//! What always holds: an actor hands its mail to the writer in groups, oldest first, and has one group at a time on its
//! way. The mailbox is bounded; what does not fit stays in the durable inbox, where the actor looks after each
//! group. After a failure it backs off, longer each time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use echo_storage::names::{MessageId, RoleId};
use echo_storage::{Input, Query};
use tokio::task::JoinHandle;

use super::{Shared, StopOnPanic};
use crate::engine::Outcome;

/// How many messages wait in a mailbox; more stay in the inbox.
const MAILBOX_MESSAGES: usize = 256;
/// How many messages an actor hands to the writer at once.
const GROUP_MESSAGES: usize = 64;
/// The first pause after a failure, in milliseconds; it doubles with each failure in a row.
const BACK_OFF_MS: u64 = 10;
/// The longest pause after a failure, in milliseconds.
const MAX_BACK_OFF_MS: u64 = 5_000;

/// What wakes an actor.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mail {
    /// A message has arrived.
    Message(MessageId),
    /// Look into the inbox: a thought slot is free, a step failed, or work was left by an earlier run.
    Wake,
}

/// The handle of an agent's actor.
pub(super) struct Actor {
    mailbox: Sender<Mail>,
    arriving: Receiver<Mail>,
    /// It waits for mail: the writer may take a step for it within the sender's batch.
    pub(super) idle: AtomicBool,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Actor {
    pub(super) fn new() -> Self {
        let (mailbox, arriving) = async_channel::bounded(MAILBOX_MESSAGES);
        Self { mailbox, arriving, idle: AtomicBool::new(false), task: Mutex::new(None) }
    }

    /// Ends the task, where one was started.
    pub(super) async fn stop(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
            let _ = task.await;
        }
    }
}

/// Puts mail into a role's mailbox, and starts its actor if this is its first.
pub(super) fn deliver(shared: &Arc<Shared>, role: &RoleId, mail: Mail) {
    let Some(actor) = shared.actors.get(role) else { return };
    // A full mailbox already holds what wakes the actor, and whoever wakes looks into the inbox.
    let _ = actor.mailbox.try_send(mail);
    let mut task = actor.task.lock().unwrap_or_else(PoisonError::into_inner);
    if task.is_none() {
        *task = Some(tokio::spawn(run(shared.clone(), role.clone())));
    }
}

async fn run(shared: Arc<Shared>, role: RoleId) {
    let _stop = StopOnPanic(shared.clone());
    let Some(actor) = shared.actors.get(&role) else { return };
    let mut failures = 0;
    let mut look = false;
    shared.started.send_modify(|started| *started += 1);
    loop {
        let group = if look { inbox(&shared, &role) } else { Vec::new() };
        let group = if group.is_empty() {
            match next_group(&shared, &role, actor).await {
                Some(group) => group,
                None => return,
            }
        } else {
            group
        };
        if group.is_empty() {
            look = false;
            continue;
        }
        let takes = group.into_iter().map(|message| Input::Take { role: role.clone(), message });
        let Ok(outcomes) = shared.submit(takes.collect()).await else { return };
        let failed = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Failed(_)));
        failures = if failed { failures + 1 } else { 0 };
        if failed {
            let pause = BACK_OFF_MS.saturating_mul(1 << failures.min(16_u32)).min(MAX_BACK_OFF_MS);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        // Whatever was skipped, failed or did not fit into the mailbox is found in the inbox.
        look = true;
    }
}

/// Waits for mail and drains the mailbox; nothing when the runtime stops.
async fn next_group(shared: &Shared, role: &RoleId, actor: &Actor) -> Option<Vec<MessageId>> {
    actor.idle.store(true, Ordering::Release);
    let first = actor.arriving.recv().await;
    actor.idle.store(false, Ordering::Release);
    let mut group = Vec::new();
    let mut look = false;
    let mut next = first.ok();
    next?;
    while let Some(mail) = next {
        match mail {
            Mail::Message(id) => group.push(id),
            Mail::Wake => look = true,
        }
        next = if group.len() < GROUP_MESSAGES { actor.arriving.try_recv().ok() } else { None };
    }
    if look {
        return Some(inbox(shared, role));
    }
    group.sort_unstable();
    group.dedup();
    Some(group)
}

/// The role's oldest unread messages, if it has a free thought slot for the first of them.
fn inbox(shared: &Shared, role: &RoleId) -> Vec<MessageId> {
    let config = shared.organisation.config();
    let read = || -> Result<Vec<MessageId>, echo_storage::StoreError> {
        let snapshot = shared.store.snapshot()?;
        if crate::engine::next_mail(&snapshot, config, role)?.is_none() {
            return Ok(Vec::new());
        }
        config.role(role).map_or_else(|| Ok(Vec::new()), |role| snapshot.unread(role, GROUP_MESSAGES))
    };
    read().unwrap_or_else(|error| {
        tracing::error!(%role, %error, "the inbox could not be read");
        Vec::new()
    })
}
