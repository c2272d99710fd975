//! The writer: a thread that takes what is queued, commits it, and passes it on.
//!
//! What always holds: nobody lingers to fill a batch; nobody hears of a batch before its commit; inputs that wait come
//! before what is left of a cascade; however the writer ends, whoever waits for it is told.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_channel::{Receiver, Sender, TryRecvError};
use echo_storage::clock::Stopwatch;
use echo_storage::names::RoleId;

use tokio::runtime::Handle;

use super::actor::Actor;
use super::{Job, Shared, Told, dispatcher};
use crate::engine::{Asked, Cascade, Committed, Engine, Following, Outcome};

/// How many inputs one commit carries at most, cascades not counted.
const MAX_BATCH_INPUTS: usize = 2_000;

/// For how long a batch goes on with what follows while its own inputs wait for its commit, and others for the next one.
const CASCADE_OF_INPUTS: Duration = Duration::from_micros(500);
/// For how long any other batch goes on at least: one of nothing but what follows, or one for which nobody else waits. It
/// goes on for as long as the last commit took, so that a slow disk does not get a commit for a few steps each.
const MIN_CASCADE: Duration = Duration::from_millis(2);
/// And at most.
const MAX_CASCADE: Duration = Duration::from_millis(20);

const _: () = assert!(CASCADE_OF_INPUTS.as_micros() <= MIN_CASCADE.as_micros());

/// How many steps a batch has at most of which the writer tells itself: telling of them takes less time than waking a thread.
const MAX_TOLD_STEPS: usize = 4;

/// Inputs of one batch, and whom to tell what became of how many of them.
type Group = (Vec<Asked>, Vec<(usize, Told)>);

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

/// Writes until the queue is closed or the store fails. What it tells of itself wakes tasks of this `runtime`.
pub(super) fn run(
    shared: &Arc<Shared>,
    waiting: &Receiver<Job>,
    publish: &Sender<Published>,
    runtime: &Handle,
) {
    let _context = runtime.enter();
    let engine = Engine::new(shared.organisation.clone(), shared.store.clone(), shared.clock.clone());
    let ready = |role: &RoleId| shared.actors.get(role).is_some_and(Actor::is_ready);
    let mut following = Following::default();
    let (mut patience, mut was_one) = (MIN_CASCADE, true);
    let _closing = Closing(waiting);
    while let Some((inputs, asked)) = next(waiting, !following.is_empty()) {
        // It runs from the first step that follows, so that there is one in each batch at least.
        let (stopwatch, asked_last) = (OnceCell::new(), Cell::new(Duration::ZERO));
        let elapsed = || stopwatch.get_or_init(Stopwatch::new).elapsed();
        let has_time = || {
            asked_last.set(elapsed());
            let somebody_waits = !inputs.is_empty() && !waiting.is_empty();
            asked_last.get() < if somebody_waits { CASCADE_OF_INPUTS } else { patience }
        };
        let cascade = Cascade { ready: &ready, has_time: &has_time, mind: &*shared.mind };
        let is_one = asked.len() <= 1;
        let done = engine.run_on(&inputs, cascade, &mut following);
        patience = elapsed().saturating_sub(asked_last.get()).clamp(MIN_CASCADE, MAX_CASCADE);
        match done {
            Ok(mut committed) => {
                // Before the next batch, which must not take their mail.
                for actor in committed.failed.iter().filter_map(|role| shared.actors.get(role)) {
                    actor.failed.store(true, Ordering::Release);
                }
                let mut outcomes = std::mem::take(&mut committed.outcomes).into_iter();
                let theirs = |(count, told)| (told, outcomes.by_ref().take(count).collect());
                let answered = asked.into_iter().map(theirs).collect();
                // Where several wait, telling them one by one here would make a commit for each of them.
                let is_alone = is_one && was_one && following.is_empty() && waiting.is_empty();
                was_one = is_one;
                let is_small = committed.entries.len() <= MAX_TOLD_STEPS;
                let batch = Published { committed, answered };
                if is_small && is_alone && shared.untold.load(Ordering::Acquire) == 0 {
                    dispatcher::tell(shared, batch);
                    continue;
                }
                shared.untold.fetch_add(1, Ordering::AcqRel);
                if publish.send_blocking(batch).is_err() {
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

/// The inputs that wait; none where there is something to `go_on` with and nobody
/// waits. Nothing once the queue is closed and empty: what is left of a cascade then waits in the store.
fn next(waiting: &Receiver<Job>, go_on: bool) -> Option<Group> {
    let (mut inputs, mut asked) = (Vec::new(), Vec::new());
    let mut job =
        if go_on { waiting.try_recv() } else { waiting.recv_blocking().map_err(|_| TryRecvError::Closed) };
    while let Ok(Job { inputs: more, told }) = job {
        asked.push((more.len(), told));
        inputs.extend(more);
        if inputs.len() >= MAX_BATCH_INPUTS {
            return Some((inputs, asked));
        }
        job = waiting.try_recv();
    }
    let is_over = asked.is_empty() && job.is_err_and(|error| error.is_closed());
    (!is_over).then_some((inputs, asked))
}
