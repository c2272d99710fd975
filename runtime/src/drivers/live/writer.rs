//! The writer: a thread that takes what is queued, commits it, and passes it on.
//!
//! What always holds: nobody lingers to fill a batch; nobody hears of a batch before its commit; however the writer ends,
//! whoever waits for it is told.

use std::sync::atomic::Ordering;

use async_channel::{Receiver, Sender};
use echo_storage::names::RoleId;

use super::{Job, Shared, Told};
use crate::engine::{Cascade, Committed, Engine, Outcome};

/// How many inputs one commit carries at most, cascades not counted.
const MAX_BATCH_INPUTS: usize = 2_000;

/// What the writer hands to the dispatcher.
pub(super) struct Published {
    /// A committed batch.
    pub(super) committed: Committed,
    /// What to tell whom.
    pub(super) answered: Vec<(Told, Vec<Outcome>)>,
}

/// Closes the queue when the writer ends and drops the jobs in it, which tells their submitters.
struct Closing<'a>(&'a Receiver<Job>);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
        while self.0.try_recv().is_ok() {}
    }
}

/// Writes until the queue is closed or the store fails.
pub(super) fn run(shared: &Shared, waiting: &Receiver<Job>, publish: &Sender<Published>) {
    let engine = Engine::new(shared.organisation.clone(), shared.store.clone(), shared.clock.clone());
    let ready =
        |role: &RoleId| shared.actors.get(role).is_some_and(|actor| actor.free.load(Ordering::Acquire));
    let cascade = Cascade { ready: &ready, mind: &*shared.mind };
    let _closing = Closing(waiting);
    while let Ok(first) = waiting.recv_blocking() {
        let mut inputs = first.inputs;
        let mut asked = vec![(inputs.len(), first.told)];
        while inputs.len() < MAX_BATCH_INPUTS
            && let Ok(next) = waiting.try_recv()
        {
            asked.push((next.inputs.len(), next.told));
            inputs.extend(next.inputs);
        }
        match engine.run_asked(&inputs, Some(cascade)) {
            Ok(mut committed) => {
                let mut outcomes = std::mem::take(&mut committed.outcomes).into_iter();
                let theirs = |(count, told)| (told, outcomes.by_ref().take(count).collect());
                let answered = asked.into_iter().map(theirs).collect();
                if publish.send_blocking(Published { committed, answered }).is_err() {
                    return;
                }
            }
            Err(error) => {
                shared.ends(&error);
                for (_, told) in asked {
                    // Whoever does not wait any more need not be told.
                    let _ = told.send(Err(error.retold().into()));
                }
                return;
            }
        }
    }
}
