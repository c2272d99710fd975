//! The pool: a bounded number of questions out at a time, whoever asks.
//!
//! What always holds: a question is with one worker at most, and is asked again only after a restart or where its asking
//! failed; an answer after its deadline is not waited for (the deadline is a timer of its own); and a question that did not
//! fit into the queue is found in the store by a worker that is free, page by page, whoever's it is.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_channel::{Receiver, Sender, TrySendError};
use echo_storage::names::{RoleId, ThoughtId};
use echo_storage::records::ThoughtState;
use echo_storage::{Input, Query, Snapshot, StoreError};
use tokio::task::JoinHandle;

use super::{Shared, StopOnPanic};
use crate::mind::{self, Asking, Question};

/// How many questions may be out to minds at a time.
const WORKERS: usize = 16;
/// How many questions may wait for a worker; more wait in the store.
const MAX_WAITING: usize = 1_024;
/// How many questions are read from the store at a time.
const PAGE: usize = MAX_WAITING / 2;

/// The questions that wait for a worker.
pub(super) struct Queue {
    push: Sender<Option<ThoughtId>>,
    pop: Receiver<Option<ThoughtId>>,
    /// Whether there may be questions in the store that are not in the queue.
    overflowed: AtomicBool,
    /// The questions that are queued or with a worker. Nobody reads the store while this is held, because the writer waits for
    /// it.
    held: Mutex<BTreeSet<ThoughtId>>,
    /// How far the store was looked through; held by the worker that looks.
    looking: Mutex<Looking>,
}

/// How far the store was looked through for questions.
#[derive(Clone, Default)]
enum Looking {
    /// It is not: every question that is out has been queued.
    #[default]
    NotAtAll,
    /// From the first question.
    FromTheFirst,
    /// From behind this one.
    Behind(RoleId, ThoughtId),
}

impl Queue {
    pub(super) fn new() -> Self {
        let (push, pop) = async_channel::bounded(MAX_WAITING);
        Self {
            push,
            pop,
            overflowed: AtomicBool::new(false),
            held: Mutex::default(),
            looking: Mutex::default(),
        }
    }

    /// Queues a question, unless it is on its way already.
    pub(super) fn push(&self, thought: ThoughtId) {
        if !self.queue(&mut self.held(), thought) {
            self.overflowed.store(true, Ordering::Release);
            // The workers may have emptied the queue before they could see that; where it is full still, they will.
            self.wake();
        }
    }

    /// Has a worker look for questions in the store.
    pub(super) fn rescan(&self) {
        self.overflowed.store(true, Ordering::Release);
        self.wake();
    }

    /// Has a worker look whether there is more to do.
    fn wake(&self) {
        // In a full queue there is something for a worker to wake for.
        let _ = self.push.try_send(None);
    }

    /// Says whether the question is on its way; where the queue is full, it is not.
    fn queue(&self, held: &mut BTreeSet<ThoughtId>, thought: ThoughtId) -> bool {
        if held.contains(&thought) {
            return true;
        }
        let queued = !matches!(self.push.try_send(Some(thought)), Err(TrySendError::Full(_)));
        if queued {
            held.insert(thought);
        }
        queued
    }

    /// A worker has done with a question.
    fn done(&self, thought: ThoughtId) {
        self.held().remove(&thought);
    }

    /// Queues a page of the questions that are out and that the queue had no room for. Whoever finds a full queue, or a full
    /// page, goes on behind it the next time, so every role has its turn.
    fn refill(&self, state: impl FnOnce() -> Result<Snapshot, StoreError>) -> Result<(), StoreError> {
        if self.push.len() > MAX_WAITING - PAGE {
            // Whoever takes of what there is comes by again.
            return Ok(());
        }
        // Whoever panics while it is held stops the runtime.
        let mut looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let after = match looking.clone() {
            Looking::NotAtAll if self.overflowed.swap(false, Ordering::AcqRel) => None,
            Looking::NotAtAll => return Ok(()),
            Looking::FromTheFirst => None,
            Looking::Behind(role, thought) => Some((role, thought)),
        };
        if after.is_none() {
            *looking = Looking::FromTheFirst;
        }
        let page = state()?.thoughts_out_after(after.as_ref(), PAGE)?;
        let mut held = self.held();
        let is_last = page.len() < PAGE;
        for (role, thought) in page {
            if !self.queue(&mut held, thought) {
                return Ok(());
            }
            *looking = Looking::Behind(role, thought);
        }
        drop(held);
        if is_last {
            *looking = Looking::NotAtAll;
        }
        if !is_last || self.overflowed.load(Ordering::Acquire) {
            self.wake();
        }
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<ThoughtId>> {
        // Whoever panics while it is held stops the runtime; what is held is whole all the same.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the workers.
pub(super) fn spawn(shared: &Arc<Shared>) -> Vec<JoinHandle<()>> {
    (0..WORKERS).map(|_| tokio::spawn(work(shared.clone()))).collect()
}

async fn work(shared: Arc<Shared>) {
    let _stop = StopOnPanic(shared.clone());
    while let Ok(item) = shared.pool.pop.recv().await {
        if let Some(thought) = item {
            if let Err(error) = think(&shared, thought).await {
                tracing::error!(%thought, %error, "a question could not be asked");
            }
            shared.pool.done(thought);
        }
        if let Err(error) = shared.pool.refill(|| shared.store.snapshot()) {
            // Questions that nobody can look for would wait for their deadlines.
            shared.ends(&error);
            return;
        }
    }
}

async fn think(shared: &Shared, id: ThoughtId) -> Result<(), StoreError> {
    let snapshot = shared.store.snapshot()?;
    let thought = snapshot.thought(id)?;
    let Some(thought) = thought.filter(|thought| thought.state == ThoughtState::Out) else { return Ok(()) };
    let Some(question) = Question::of(&snapshot, &thought)? else {
        // Its deadline's timer tells the decision.
        tracing::error!(thought = %id, "what a question is about is not there");
        return Ok(());
    };
    // Whoever reads a snapshot for long keeps the store from using its pages again.
    drop(snapshot);
    let answer = match mind::ask(&*shared.mind, &question) {
        Asking::Now(answer) => answer,
        Asking::Later(answer) => {
            let left_ms = thought.deadline.ms().saturating_sub(shared.clock.now().ms());
            match tokio::time::timeout(Duration::from_millis(left_ms), answer).await {
                Ok(answer) => answer,
                // The deadline's timer tells the decision.
                Err(_) => return Ok(()),
            }
        }
    };
    let (mind, answer) = (shared.mind.name().to_owned(), answer.map_err(|error| error.to_string()));
    // A runtime that stops asks again when it starts.
    let _ = shared.submit(vec![Input::Answer { thought: id, mind, answer }]).await;
    Ok(())
}
