//! The pool: a bounded number of questions out at a time, whoever asks.
//!
//! What always holds: a question that is out is asked again only after an overflow or a restart; an answer after its
//! deadline is not waited for (the deadline is a timer of its own); and a question that did not fit into the queue is
//! found in the store by the next worker that is free.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_channel::{Receiver, Sender, TrySendError};
use echo_storage::names::ThoughtId;
use echo_storage::records::ThoughtState;
use echo_storage::{Input, Query, StoreError};
use tokio::task::JoinHandle;

use super::{Shared, StopOnPanic};
use crate::mind::{self, Asking};

/// How many questions may be out to minds at a time.
const WORKERS: usize = 16;
/// How many questions may wait for a worker; more wait in the store.
const MAX_WAITING: usize = 1_024;

/// The questions that wait for a worker.
pub(super) struct Queue {
    push: Sender<Option<ThoughtId>>,
    pop: Receiver<Option<ThoughtId>>,
    overflowed: AtomicBool,
}

impl Queue {
    pub(super) fn new() -> Self {
        let (push, pop) = async_channel::bounded(MAX_WAITING);
        Self { push, pop, overflowed: AtomicBool::new(false) }
    }

    /// Queues a question.
    pub(super) fn push(&self, thought: ThoughtId) {
        self.try_push(Some(thought));
    }

    /// Has a worker look for questions in the store.
    pub(super) fn rescan(&self) {
        self.overflowed.store(true, Ordering::Release);
        self.try_push(None);
    }

    fn try_push(&self, item: Option<ThoughtId>) {
        if let Err(TrySendError::Full(_)) = self.push.try_send(item) {
            self.overflowed.store(true, Ordering::Release);
            // The workers may have emptied the queue before they could see that; where it is full still, they will.
            let _ = self.push.try_send(None);
        }
    }
}

/// Starts the workers.
pub(super) fn spawn(shared: &Arc<Shared>) -> Vec<JoinHandle<()>> {
    (0..WORKERS).map(|_| tokio::spawn(work(shared.clone()))).collect()
}

async fn work(shared: Arc<Shared>) {
    let _stop = StopOnPanic(shared.clone());
    while let Ok(item) = shared.pool.pop.recv().await {
        if let Some(thought) = item
            && let Err(error) = think(&shared, thought).await
        {
            tracing::error!(%thought, %error, "a question could not be asked");
        }
        if shared.pool.overflowed.swap(false, Ordering::AcqRel) {
            let waiting = shared.store.snapshot().and_then(|state| state.thoughts_out(None, MAX_WAITING / 2));
            match waiting {
                Ok(waiting) => waiting.into_iter().for_each(|thought| shared.pool.push(thought)),
                Err(error) => {
                    // Questions that nobody can look for would wait for their deadlines.
                    shared.ends(&error);
                    return;
                }
            }
        }
    }
}

async fn think(shared: &Shared, id: ThoughtId) -> Result<(), StoreError> {
    let thought = shared.store.snapshot()?.thought(id)?;
    let Some(thought) = thought.filter(|thought| thought.state == ThoughtState::Out) else { return Ok(()) };
    let answer = match mind::ask(&*shared.mind, &thought.question) {
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
