//! The writer: a thread that takes what is queued, commits it, and passes it on.
//!
//! What always holds: nobody lingers to fill a batch; nobody hears of a batch before its commit; however the writer ends,
//! whoever waits for it is told.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use async_channel::{Receiver, Sender};
use echo_storage::names::RoleId;

use super::{Job, Shared, Told};
use crate::engine::{Asked, Cascade, Committed, Engine, Outcome};

/// How many inputs are taken from the queue at a time.
const MAX_TAKEN_INPUTS: usize = 2_000;

/// What the writer hands to the dispatcher.
pub(super) struct Published {
    /// A committed batch.
    pub(super) committed: Committed,
    /// Whose inputs are all answered with it.
    pub(super) answered: Vec<(Told, Vec<Outcome>)>,
}

/// Somebody whose inputs are not all answered yet.
struct Pending {
    left: usize,
    outcomes: Vec<Outcome>,
    told: Told,
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
    let (mut inputs, mut pending) = (Vec::new(), VecDeque::new());
    loop {
        // What the last batch had no room for is run without waiting for more.
        if inputs.is_empty() {
            let Ok(job) = waiting.recv_blocking() else { return };
            take(job, &mut inputs, &mut pending);
        }
        while inputs.len() < MAX_TAKEN_INPUTS
            && let Ok(job) = waiting.try_recv()
        {
            take(job, &mut inputs, &mut pending);
        }
        match engine.run_asked(&inputs, Some(cascade)) {
            Ok(mut committed) => {
                let outcomes = std::mem::take(&mut committed.outcomes);
                inputs.drain(..outcomes.len());
                let answered = answer(&mut pending, outcomes);
                if publish.send_blocking(Published { committed, answered }).is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::error!(%error, "the store failed");
                for Pending { told, .. } in pending {
                    // Whoever does not wait any more need not be told.
                    let _ = told.send(Err(error.retold().into()));
                }
                return;
            }
        }
    }
}

fn take(job: Job, inputs: &mut Vec<Asked>, pending: &mut VecDeque<Pending>) {
    let Job { inputs: more, told } = job;
    pending.push_back(Pending { left: more.len(), outcomes: Vec::new(), told });
    inputs.extend(more);
}

/// Hands outcomes to those who wait for them, in their order, and gives those who wait for no more.
fn answer(pending: &mut VecDeque<Pending>, outcomes: Vec<Outcome>) -> Vec<(Told, Vec<Outcome>)> {
    let mut outcomes = outcomes.into_iter();
    let mut answered = Vec::new();
    while let Some(first) = pending.front_mut() {
        let before = first.outcomes.len();
        first.outcomes.extend(outcomes.by_ref().take(first.left));
        first.left -= first.outcomes.len() - before;
        if first.left > 0 {
            break;
        }
        answered.extend(pending.pop_front().map(|done| (done.told, done.outcomes)));
    }
    answered
}
