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
use echo_storage::{Input, Query, StoreError};
use tokio::task::JoinHandle;

use super::{Shared, StopOnPanic};
use crate::engine::{Outcome, next_mail};

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
    free: AtomicBool,
    /// Its last step failed, so it pauses before it tries again. The writer says so with the commit of that step.
    pub(super) failed: AtomicBool,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Actor {
    pub(super) fn new() -> Self {
        // Two wake-ups say no more than one.
        let (wake, woken) = async_channel::bounded(1);
        Self {
            wake,
            woken,
            free: AtomicBool::new(true),
            failed: AtomicBool::new(false),
            task: Mutex::new(None),
        }
    }

    /// Whether the writer may take its next message in the batch that is being made.
    pub(super) fn is_ready(&self) -> bool {
        self.free.load(Ordering::Acquire) && !self.failed.load(Ordering::Acquire)
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
            if actor.failed.load(Ordering::Acquire) {
                actor.free.store(false, Ordering::Release);
                actor.failed.store(false, Ordering::Release);
                failures += 1;
                back_off(failures).await;
                actor.free.store(true, Ordering::Release);
            }
            let group = match inbox(&shared, &role) {
                Ok(group) if group.is_empty() => break,
                Ok(group) => group,
                Err(error) => {
                    // Mail that nobody can look for would wait for ever.
                    shared.ends(&error);
                    return;
                }
            };
            actor.free.store(false, Ordering::Release);
            let takes = group.into_iter().map(|message| Input::Take { role: role.clone(), message });
            let Ok(outcomes) = shared.submit(takes.collect()).await else { return };
            if outcomes.iter().any(|outcome| matches!(outcome, Outcome::Failed(_))) {
                // The writer has noted it as well.
                actor.failed.store(false, Ordering::Release);
                failures += 1;
                back_off(failures).await;
            } else {
                failures = 0;
            }
            // From here on the writer may take what arrives; what arrived before is looked for once more.
            actor.free.store(true, Ordering::Release);
        }
    }
}

/// Pauses after so many failures in a row.
async fn back_off(failures: u32) {
    let pause = BACK_OFF_MS.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(MAX_BACK_OFF_MS);
    tokio::time::sleep(Duration::from_millis(pause)).await;
}

/// The role's oldest unread messages, if it has a free thought slot for the first of them.
fn inbox(shared: &Shared, role: &RoleId) -> Result<Vec<MessageId>, StoreError> {
    let config = shared.organisation.config();
    let snapshot = shared.store.snapshot()?;
    if next_mail(&snapshot, config, role)?.is_none() {
        return Ok(Vec::new());
    }
    config.role(role).map_or_else(|| Ok(Vec::new()), |role| snapshot.unread(role, GROUP_MESSAGES))
}
