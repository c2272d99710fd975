//! The dispatcher: tells the world of committed batches, off the writer's thread.
//!
//! A small batch behind which nothing waits is told of by the writer itself, which saves whoever waits for it the time in
//! which another thread wakes.
//!
//! What always holds: batches are told of in the order of their commits; mail and questions go out before answers, and all of
//! it after the commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_channel::Receiver;
use echo_storage::Effect;

use super::writer::Published;
use super::{Shared, StopOnPanic, actor};
use crate::engine::Committed;

/// Tells of one batch after the other until the writer ends.
pub(super) async fn run(shared: Arc<Shared>, published: Receiver<Published>) {
    let _stop = StopOnPanic(shared.clone());
    while let Ok(batch) = published.recv().await {
        tell(&shared, batch);
        shared.untold.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Tells of a batch. To be called in the context of the tasks' runtime.
pub(super) fn tell(shared: &Arc<Shared>, Published { committed, answered }: Published) {
    deliver(shared, &committed);
    if let Some(observer) = shared.observer.get() {
        committed.entries.iter().for_each(observer);
    }
    if let Some(last) = committed.entries.last() {
        shared.head.send_replace(last.step);
    }
    for (told, outcomes) in answered {
        // Whoever does not wait any more need not be told.
        let _ = told.send(Ok(outcomes));
    }
}

/// Wakes those whose mail was left, asks what no cascade answers, and tells of changed timers.
fn deliver(shared: &Arc<Shared>, committed: &Committed) {
    let mut effects = committed.entries.iter().flat_map(|entry| &entry.effects);
    let timers_changed = effects
        .any(|effect| matches!(effect, Effect::SetTimer(_) | Effect::ClearTimer(_) | Effect::PutOff { .. }));
    for role in &committed.left {
        actor::wake(shared, role);
    }
    for thought in &committed.asked {
        shared.pool.push(*thought);
    }
    if timers_changed {
        shared.timers_changed.notify_one();
    }
}
