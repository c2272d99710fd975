//! The dispatcher: tells the world of committed batches, off the writer's thread.
//!
//! What always holds: mail and questions go out before answers, and all of it after the commit.

use std::sync::Arc;

use async_channel::Receiver;
use echo_storage::Effect;

use super::writer::Published;
use super::{Shared, StopOnPanic, actor};
use crate::engine::Committed;

/// Tells of one batch after the other until the writer ends.
pub(super) async fn run(shared: Arc<Shared>, published: Receiver<Published>) {
    let _stop = StopOnPanic(shared.clone());
    while let Ok(Published { committed, answered }) = published.recv().await {
        deliver(&shared, &committed);
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
}

/// Wakes those whose mail was left, asks what no cascade answers, and tells of changed timers.
fn deliver(shared: &Arc<Shared>, committed: &Committed) {
    let mut effects = committed.entries.iter().flat_map(|entry| &entry.effects);
    let timers_changed = effects.any(|effect| matches!(effect, Effect::SetTimer(_) | Effect::ClearTimer(_)));
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
