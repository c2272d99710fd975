//! The live driver: the engine on a writer's thread, with actors, minds and timers around it on tokio.
//!
//! ```text
//! callers ─┐                                                          ┌─> actors that have mail left ─┐
//! actors  ─┼─> jobs ──> writer's thread: one batch, one commit ──> dispatcher ─> thoughts ──> pool ──────┤
//! timers  ─┘     ^                                                    └─> answers, head                │
//!                └─────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Most mail never gets to an actor: the writer takes it in its sender's batch. What it leaves, because the agent is busy,
//! or was busy a moment ago, or the batch was full, the actor finds in the inbox. Of a small batch behind which nothing waits
//! the writer tells by itself, without the dispatcher.
//!
//! What always holds: the store is the truth and everything here is a hint. A full queue of questions loses
//! nothing, and one wake-up says as much as many, because whoever wakes looks into the store. Deliveries go out before
//! answers, both after the commit. Every queue has a named bound.

mod actor;
mod dispatcher;
mod pool;
mod writer;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_channel::Sender;
use echo_storage::clock::Clock;
use echo_storage::journal::{Entry, Head};
use echo_storage::names::RoleId;
use echo_storage::quantities::Timestamp;
use echo_storage::{Input, Query, Snapshot, Store, StoreError};
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;

use self::actor::Actor;
use super::{RuntimeError, done};
use crate::engine::{Asked, Engine, Outcome, is_settled, next_mail};
use crate::mind::Mind;
use crate::organisation::Organisation;

/// How many jobs may wait for the writer; whoever brings more waits.
const MAX_JOBS: usize = 4_096;
/// After how long without a step the store is at rest, in milliseconds.
const REST_MS: u64 = 1_000;
/// How many committed batches may wait for the dispatcher before the writer waits.
const MAX_PUBLISHED: usize = 64;

/// Tells a submitter what became of its inputs.
type Told = oneshot::Sender<Result<Vec<Outcome>, RuntimeError>>;

/// Inputs that belong together, and whom to tell what became of them.
struct Job {
    inputs: Vec<Asked>,
    told: Told,
}

/// What the tasks of a running organisation share.
struct Shared {
    organisation: Arc<Organisation>,
    store: Arc<Store>,
    mind: Arc<dyn Mind>,
    clock: Arc<Clock>,
    jobs: Sender<Job>,
    actors: BTreeMap<RoleId, Actor>,
    pool: pool::Queue,
    timers_changed: Notify,
    head: watch::Sender<u64>,
    /// How many actors have started.
    started: watch::Sender<usize>,
    /// How many committed batches the dispatcher has not told of yet.
    untold: AtomicUsize,
    /// Who sees each step after its commit.
    observer: OnceLock<Observer>,
    /// Why the runtime ended by itself, where its store failed.
    failure: OnceLock<StoreError>,
}

/// Who sees each step after its commit.
type Observer = Box<dyn Fn(&Arc<Entry>) + Send + Sync>;

/// What asks of a running organisation and does not keep it: once it has stopped, everything is refused.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

impl Handle {
    /// The organisation that runs.
    pub fn organisation(&self) -> &Arc<Organisation> {
        &self.shared.organisation
    }

    /// Runs one input, and gives its entry once it is durable; what was asked before under the same key is not done again,
    /// and gives the entry that it had.
    ///
    /// # Errors
    /// The step failed, the store failed, the runtime stopped, or the key was used for another request.
    pub async fn submit_asked(&self, asked: Asked) -> Result<Entry, RuntimeError> {
        let mut outcomes = self.shared.submit_asked(vec![asked]).await?;
        outcomes.pop().map_or(Err(RuntimeError::Stopped), done)
    }

    /// The store that it lives in.
    pub fn store(&self) -> &Arc<Store> {
        &self.shared.store
    }

    /// The state of the last commit.
    ///
    /// # Errors
    /// The store failed.
    pub fn snapshot(&self) -> Result<Snapshot, RuntimeError> {
        Ok(self.shared.store.snapshot()?)
    }

    /// The present moment by the store's clock.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The number of the last committed step, and a wake-up when it grows.
    pub fn head(&self) -> watch::Receiver<u64> {
        self.shared.head.subscribe()
    }
}

/// A running organisation.
pub struct Live {
    shared: Arc<Shared>,
    writer: std::thread::JoinHandle<()>,
    dispatcher: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
}

impl Live {
    /// Starts the writer, the dispatcher, the pool and the timers; an agent starts with its first message. Work that an
    /// earlier run left in the store goes on at once.
    ///
    /// # Errors
    /// The store failed, or the operating system has no thread to give.
    pub async fn start(
        organisation: Arc<Organisation>,
        store: Arc<Store>,
        mind: Arc<dyn Mind>,
    ) -> Result<Self, RuntimeError> {
        let clock = Arc::new(Clock::new(store.info().clock, Head::of(&store.snapshot()?)?.now));
        // Before any timer runs: what came due while nobody ran it is put off.
        let engine = Engine::new(organisation.clone(), store.clone(), clock.clone());
        while let Some(take_up) = engine.take_up()? {
            let outcome = engine.run(&[take_up], None)?.outcomes.pop();
            // An organisation whose deadlines would all pass at once is not to be run.
            outcome.map_or(Err(RuntimeError::Stopped), done)?;
        }
        let head = Head::of(&store.snapshot()?)?;
        let (jobs, waiting) = async_channel::bounded(MAX_JOBS);
        let (publish, published) = async_channel::bounded(MAX_PUBLISHED);
        let roles = organisation.role_ids();
        let shared = Arc::new(Shared {
            actors: roles.into_iter().map(|role| (role, Actor::new())).collect(),
            pool: pool::Queue::new(),
            timers_changed: Notify::new(),
            head: watch::Sender::new(head.step),
            started: watch::Sender::new(0),
            untold: AtomicUsize::new(0),
            observer: OnceLock::new(),
            failure: OnceLock::new(),
            organisation,
            store,
            mind,
            clock,
            jobs,
        });
        let (for_writer, tasks_run_on) = (shared.clone(), tokio::runtime::Handle::current());
        let writer = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || writer::run(&for_writer, &waiting, &publish, &tasks_run_on))
            .map_err(|cause| StoreError::Io {
                what: "cannot start the writer for",
                path: "the store".into(),
                cause,
            })?;
        let dispatcher = tokio::spawn(dispatcher::run(shared.clone(), published));
        let mut tasks = vec![tokio::spawn(timers(shared.clone()))];
        if let Some(interval_ms) = shared.store.flush_interval_ms() {
            tasks.push(tokio::spawn(flush(shared.clone(), interval_ms)));
        }
        tasks.push(tokio::spawn(seal(shared.clone())));
        tasks.extend(pool::spawn(&shared));
        let live = Self { shared, writer, dispatcher, tasks };
        match live.take_up().await {
            Ok(()) => Ok(live),
            Err(error) => {
                // Why it could not start says more than why it could not stop.
                let _ = live.stop().await;
                Err(error)
            }
        }
    }

    /// Records the configuration where it is a new one, and wakes whoever has work left.
    async fn take_up(&self) -> Result<(), RuntimeError> {
        let shared = &self.shared;
        if shared.store.snapshot()?.config()?.as_deref() != Some(shared.organisation.config()) {
            self.submit(Input::Configure(shared.organisation.config().clone())).await?;
        }
        let snapshot = shared.store.snapshot()?;
        for role in shared.actors.keys() {
            if next_mail(&snapshot, shared.organisation.config(), role)?.is_some() {
                actor::wake(shared, role);
            }
        }
        shared.pool.rescan();
        Ok(())
    }

    /// Starts every agent and waits until all are ready for their first message.
    pub async fn activate_all(&self) {
        for role in self.shared.actors.keys() {
            actor::wake(&self.shared, role);
        }
        let all = self.shared.actors.len();
        // The sender lives in `shared`, so the wait cannot fail.
        let _ = self.shared.started.subscribe().wait_for(|started| *started == all).await;
    }

    /// Runs one input and gives its entry, once it is durable.
    ///
    /// # Errors
    /// The step failed, the store failed, or the runtime stopped.
    pub async fn submit(&self, input: Input) -> Result<Entry, RuntimeError> {
        self.submit_asked(input.into()).await
    }

    /// As [`Live::submit`]; what was asked before under the same key is not done again, and gives the entry that it had.
    ///
    /// # Errors
    /// As those of [`Live::submit`]; or the key was used for another request.
    pub async fn submit_asked(&self, asked: Asked) -> Result<Entry, RuntimeError> {
        self.handle().submit_asked(asked).await
    }

    /// What asks of this organisation without keeping it.
    pub fn handle(&self) -> Handle {
        Handle { shared: self.shared.clone() }
    }

    /// Shows every later step to `observer`, in the journal's order, once it is durable and before anybody is answered. It
    /// is called by the dispatcher or the writer, which wait for it; the first call counts.
    pub fn observe(&self, observer: impl Fn(&Arc<Entry>) + Send + Sync + 'static) {
        // A second observer is let go: the first one counts.
        let _ = self.shared.observer.set(Box::new(observer));
    }

    /// The state of the last commit.
    pub fn snapshot(&self) -> Result<Snapshot, RuntimeError> {
        self.handle().snapshot()
    }

    /// The number of the last committed step, and a wake-up when it grows.
    pub fn head(&self) -> watch::Receiver<u64> {
        self.handle().head()
    }

    /// Waits until nothing is left to do: every agent that can be reached has handled its mail, no question is out and
    /// no deadline is set but the end of a pause.
    ///
    /// # Errors
    /// The store failed, or the runtime stopped.
    pub async fn settled(&self) -> Result<(), RuntimeError> {
        let mut head = self.head();
        loop {
            head.borrow_and_update();
            if self.is_settled()? {
                return Ok(());
            }
            tokio::select! {
                changed = head.changed() => changed.map_err(|_| RuntimeError::Stopped)?,
                // The dispatcher ends with the writer, whatever ended that.
                () = self.shared.jobs.closed() => return Err(self.shared.stopped()),
            }
        }
    }

    fn is_settled(&self) -> Result<bool, RuntimeError> {
        Ok(is_settled(&self.shared.store.snapshot()?, self.shared.organisation.config())?)
    }

    /// Waits until the runtime ends by itself, because its store failed or one of its tasks did.
    pub async fn ended(&self) {
        self.shared.jobs.closed().await;
    }

    /// Why it takes nothing more, once it has ended.
    pub fn why_ended(&self) -> RuntimeError {
        self.shared.stopped()
    }

    /// Stops: what was submitted is finished and answered, then everything ends and what waited for the disk is on it.
    ///
    /// # Errors
    /// The store failed, now or before.
    pub async fn stop(self) -> Result<(), RuntimeError> {
        self.shared.jobs.close();
        let writer = self.writer;
        // The writer cannot panic past its loop; should it, there is nothing left to wait for.
        let _ = tokio::task::spawn_blocking(move || writer.join()).await;
        // It ends when it has told the last of what the writer committed.
        let _ = self.dispatcher.await;
        for task in self.tasks {
            task.abort();
            let _ = task.await;
        }
        for actor in self.shared.actors.values() {
            actor.stop().await;
        }
        let store = self.shared.store.clone();
        // It cannot panic; should it, there is nothing left to tell.
        let flushed = tokio::task::spawn_blocking(move || store.failure().map_or_else(|| store.flush(), Err));
        flushed.await.unwrap_or(Ok(()))?;
        // What could not be read ends a runtime as well, and closes no store.
        self.shared.failure.get().map_or(Ok(()), |error| Err(error.retold().into()))
    }
}

impl Shared {
    /// Ends the runtime, because the store failed: whoever went on would wait for what nobody does any more.
    fn ends(&self, error: &StoreError) {
        tracing::error!(%error, "the store failed");
        // The first failure is the one that led to the others.
        let _ = self.failure.set(error.retold());
        self.jobs.close();
    }

    /// Hands a group of inputs to the writer and waits for what became of them.
    async fn submit(&self, inputs: Vec<Input>) -> Result<Vec<Outcome>, RuntimeError> {
        self.submit_asked(inputs.into_iter().map(Asked::from).collect()).await
    }

    async fn submit_asked(&self, inputs: Vec<Asked>) -> Result<Vec<Outcome>, RuntimeError> {
        let (told, outcomes) = oneshot::channel();
        self.jobs.send(Job { inputs, told }).await.map_err(|_| self.stopped())?;
        outcomes.await.map_err(|_| self.stopped())?
    }

    /// Why nobody answers any more.
    fn stopped(&self) -> RuntimeError {
        // What has come too late was not tried: of that a failed write leaves nothing in doubt.
        let failure = self.store.failure().or_else(|| self.failure.get().map(StoreError::retold));
        failure.map_or(RuntimeError::Stopped, RuntimeError::from)
    }
}

/// Held by every task: one that panics stops the runtime, so that nobody waits for what it would have done.
struct StopOnPanic(Arc<Shared>);

impl Drop for StopOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.jobs.close();
        }
    }
}

/// Makes commits durable that wait for the disk, where the store lets them wait. Nothing happens while nothing is written.
async fn flush(shared: Arc<Shared>, interval_ms: u64) {
    let _stop = StopOnPanic(shared.clone());
    let mut head = shared.head.subscribe();
    loop {
        // The first time for what was written before anybody could be told of it.
        tokio::time::sleep(Duration::from_millis(interval_ms)).await;
        if !on_disk(&shared, Store::flush).await || head.changed().await.is_err() {
            return;
        }
    }
}

/// Seals the store whenever it comes to rest, so that a process that is killed then leaves a file that opens at once.
async fn seal(shared: Arc<Shared>) {
    let _stop = StopOnPanic(shared.clone());
    let mut head = shared.head.subscribe();
    loop {
        // Each step begins the rest anew.
        while let Ok(changed) = tokio::time::timeout(Duration::from_millis(REST_MS), head.changed()).await {
            if changed.is_err() {
                return;
            }
        }
        if !on_disk(&shared, Store::seal).await || head.changed().await.is_err() {
            return;
        }
    }
}

/// Does something with the disk off the threads of the tasks; where that fails, the runtime ends, and this says no.
async fn on_disk(shared: &Arc<Shared>, work: fn(&Store) -> Result<(), StoreError>) -> bool {
    let store = shared.store.clone();
    match tokio::task::spawn_blocking(move || work(&store)).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            shared.ends(&error);
            false
        }
        // It panicked, or the runtime ends already.
        Err(_) => false,
    }
}

/// Fires each timer when it is due.
async fn timers(shared: Arc<Shared>) {
    let _stop = StopOnPanic(shared.clone());
    loop {
        let next = shared.store.snapshot().and_then(|snapshot| snapshot.next_timer());
        let next = match next {
            Ok(next) => next,
            Err(error) => {
                // An organisation without deadlines would wait for ever.
                shared.ends(&error);
                return;
            }
        };
        let Some(timer) = next else {
            shared.timers_changed.notified().await;
            continue;
        };
        let wait_ms = timer.due.ms().saturating_sub(shared.clock.now().ms());
        tokio::select! {
            () = shared.timers_changed.notified() => {}
            () = tokio::time::sleep(std::time::Duration::from_millis(wait_ms)) => {
                if shared.submit(vec![Input::Timer { due: timer.due, timer: timer.id }]).await.is_err() {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
