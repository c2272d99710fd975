//! Actors: a task for each agent that was left mail, started by the first of it.
//!
//! What always holds: an actor hands its mail to the writer in groups, oldest first, and has one group at a time on its
//! way. The mail itself is in the durable inbox, where the actor looks until it finds no more; what wakes it is a hint.
//! After a failure it backs off, longer each time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use echo_storage::names::{MessageId, RoleId};
use echo_storage::{Input, Query};
use tokio::task::JoinHandle;

use super::{Shared, StopOnPanic};
use crate::engine::Outcome;

/// How many messages an actor hands to the writer at once.
const GROUP_MESSAGES: usize = 64;
/// The first pause after a failure, in milliseconds; it doubles with each failure in a row.
const BACK_OFF_MS: u64 = 10;
/// The longest pause after a failure, in milliseconds.
const MAX_BACK_OFF_MS: u64 = 5_000;

/// The handle of an agent's actor.
pub(super) struct Actor {
    wake: Sender<()>,
    woken: Receiver<()>,
    /// It has nothing on its way and does not pause, so the writer may take its next message within the sender's batch.
    pub(super) free: AtomicBool,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Actor {
    pub(super) fn new() -> Self {
        // Two wake-ups say no more than one.
        let (wake, woken) = async_channel::bounded(1);
        Self { wake, woken, free: AtomicBool::new(true), task: Mutex::new(None) }
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

/// Has a role's actor look into its inbox, and starts it if this is the first time.
pub(super) fn wake(shared: &Arc<Shared>, role: &RoleId) {
    let Some(actor) = shared.actors.get(role) else { return };
    // Where it does not fit, one is waiting already.
    let _ = actor.wake.try_send(());
    let mut task = actor.task.lock().unwrap_or_else(PoisonError::into_inner);
    if task.is_none() {
        *task = Some(tokio::spawn(run(shared.clone(), role.clone())));
    }
}

async fn run(shared: Arc<Shared>, role: RoleId) {
    let _stop = StopOnPanic(shared.clone());
    let Some(actor) = shared.actors.get(&role) else { return };
    let mut failures = 0;
    shared.started.send_modify(|started| *started += 1);
    while actor.woken.recv().await.is_ok() {
        loop {
            let group = inbox(&shared, &role);
            if group.is_empty() {
                break;
            }
            actor.free.store(false, Ordering::Release);
            let takes = group.into_iter().map(|message| Input::Take { role: role.clone(), message });
            let Ok(outcomes) = shared.submit(takes.collect()).await else { return };
            let failed = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Failed(_)));
            failures = if failed { failures + 1 } else { 0 };
            if failed {
                let pause = BACK_OFF_MS.saturating_mul(1 << failures.min(16_u32)).min(MAX_BACK_OFF_MS);
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            // From here on the writer may take what arrives; what arrived before is looked for once more.
            actor.free.store(true, Ordering::Release);
        }
    }
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
