//! Playing a session: it is started or taken up again, the organisation is left to it until nothing is left to do, and
//! it is ended.
//!
//! In reading order: [`Playing`] says what is played, who watches and what stops it; [`simulate`] and [`play`] do it,
//! each on its driver; [`perform`] is what both do; [`Stage`] is what a driver must be able to do for that.
//!
//! A session that an earlier run left open is either what is played, or it is finished and ended before a new one is
//! started.
//!
//! What always holds: both drivers play the same way. Whoever watches sees every step from where the watch begins to the
//! session's end, each once, in order, and never before it is durable. A session that was stopped is left as it is: open,
//! and whole up to its last step.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use echo_storage::journal::{self, Entry};
use echo_storage::names::SessionId;
use echo_storage::records::Session;
use echo_storage::{Input, Query, Snapshot, State, StoreError};
use tokio::sync::watch;

use super::scenario::Scenario;
use crate::drivers::RuntimeError;
use crate::drivers::live::Live;
use crate::drivers::simulation::Simulation;

/// How many steps a watcher reads from the journal at once.
const TAIL_STEPS: usize = 256;

/// How many of the latest sessions are looked through for interrupted ones.
const LOOKED_BACK: usize = 256;

/// How often a watcher is told that nothing new has happened, in milliseconds of real time.
const REST_MS: u64 = 100;

/// What is played, who watches it, and what stops it.
pub struct Playing<'a> {
    /// What is played.
    pub what: Play<'a>,
    /// Who watches.
    pub watcher: &'a mut dyn Watcher,
    /// What stops it.
    pub stop: Stop,
}

/// What is played.
#[derive(Debug, Clone, Copy)]
pub enum Play<'a> {
    /// A new session; those that were interrupted are finished and ended first.
    New(&'a Scenario),
    /// The rest of a session that was interrupted.
    Rest {
        /// Which.
        session: SessionId,
        /// The last step of the journal before the organisation ran again: the watch begins behind it.
        seen: u64,
    },
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Played {
    /// The session has ended.
    Ended(SessionId),
    /// It was stopped while this session was played: it can be taken up again.
    Stopped(SessionId),
    /// It was stopped before the session was started: while this earlier one was finished, or where there was none.
    NotStarted(Option<SessionId>),
}

/// Somebody who watches a session.
pub trait Watcher {
    /// A step was done, and is durable.
    fn see(&mut self, entry: &Entry);

    /// All that has happened so far was seen. In real time this is called every so often while nothing happens.
    fn rest(&mut self) {}
}

impl<F: FnMut(&Entry)> Watcher for F {
    fn see(&mut self, entry: &Entry) {
        self(entry);
    }
}

/// Something that may stop a session while it is played.
#[derive(Debug, Clone, Default)]
pub struct Stop(Option<watch::Receiver<bool>>);

impl Stop {
    /// What never stops it.
    pub const fn never() -> Self {
        Self(None)
    }

    /// Whether it is to stop.
    pub fn is_set(&self) -> bool {
        self.0.as_ref().is_some_and(|stop| *stop.borrow())
    }

    /// Waits until it is to stop.
    pub async fn wait(&mut self) {
        if let Some(stop) = &mut self.0
            && stop.wait_for(|stop| *stop).await.is_ok()
        {
            return;
        }
        // Whoever could have said so is gone.
        std::future::pending::<()>().await;
    }
}

impl From<watch::Receiver<bool>> for Stop {
    /// Stops as soon as the value is true.
    fn from(stop: watch::Receiver<bool>) -> Self {
        Self(Some(stop))
    }
}

/// Plays in virtual time.
///
/// # Errors
/// The session could not be started or ended, or the store failed.
pub fn simulate(simulation: &mut Simulation, playing: Playing<'_>) -> Result<Played, RuntimeError> {
    let performance = pin!(perform(simulation, playing));
    match performance.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(played) => played,
        // Nothing is waited for in virtual time.
        Poll::Pending => Err(RuntimeError::Stopped),
    }
}

/// Plays in real time.
///
/// # Errors
/// The session could not be started or ended, the store failed, or the runtime stopped.
pub async fn play(live: &Live, playing: Playing<'_>) -> Result<Played, RuntimeError> {
    let mut live = live;
    perform(&mut live, playing).await
}

/// The sessions without an end among the latest, oldest first: an earlier run was stopped in the middle of them.
///
/// # Errors
/// The store failed.
pub fn interrupted(state: &dyn State) -> Result<Vec<Session>, StoreError> {
    let latest = state.sessions(None, LOOKED_BACK)?;
    Ok(latest.into_iter().rev().filter(|session| session.end.is_none()).collect())
}

/// Plays on either driver.
async fn perform(stage: &mut impl Stage, playing: Playing<'_>) -> Result<Played, RuntimeError> {
    let Playing { what, watcher, stop } = playing;
    let mut audience = Audience { watcher, seen: None, stop };
    let session = match what {
        Play::Rest { session, seen } => {
            audience.seen = Some(seen);
            session
        }
        Play::New(scenario) => {
            let earlier = interrupted(&stage.snapshot()?)?;
            if !stage.settle(&mut audience).await? {
                return Ok(Played::NotStarted(earlier.last().map(|session| session.id)));
            }
            for Session { id: session, .. } in earlier {
                stage.submit(Input::EndSession { session }).await?;
            }
            let started = stage.submit(start(scenario)).await?;
            audience.seen = Some(started.step.saturating_sub(1));
            session_of(&started)?
        }
    };
    if !stage.settle(&mut audience).await? {
        return Ok(Played::Stopped(session));
    }
    stage.submit(Input::EndSession { session }).await?;
    audience.read(&stage.snapshot()?)?;
    Ok(Played::Ended(session))
}

/// Where a session is played: a driver.
trait Stage {
    /// The state of the last commit.
    fn snapshot(&self) -> Result<Snapshot, RuntimeError>;

    /// Runs one input and gives its entry.
    async fn submit(&mut self, input: Input) -> Result<Entry, RuntimeError>;

    /// Runs until nothing is left to do, or until it is to stop; says whether nothing is left to do.
    async fn settle(&mut self, audience: &mut Audience<'_>) -> Result<bool, RuntimeError>;
}

impl Stage for Simulation {
    fn snapshot(&self) -> Result<Snapshot, RuntimeError> {
        Self::snapshot(self)
    }

    async fn submit(&mut self, input: Input) -> Result<Entry, RuntimeError> {
        Self::submit(self, input)
    }

    async fn settle(&mut self, audience: &mut Audience<'_>) -> Result<bool, RuntimeError> {
        audience.read(&Self::snapshot(self)?)?;
        let stop = audience.stop.clone();
        self.settle_until(&|| stop.is_set(), &mut |entry| audience.see(entry))
    }
}

impl Stage for &Live {
    fn snapshot(&self) -> Result<Snapshot, RuntimeError> {
        Live::snapshot(self)
    }

    async fn submit(&mut self, input: Input) -> Result<Entry, RuntimeError> {
        Live::submit(self, input).await
    }

    async fn settle(&mut self, audience: &mut Audience<'_>) -> Result<bool, RuntimeError> {
        let mut head = self.head();
        let mut stop = audience.stop.clone();
        let mut stopped = pin!(stop.wait());
        let mut settled = pin!(self.settled());
        let mut rest = tokio::time::interval(Duration::from_millis(REST_MS));
        rest.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let is_settled = loop {
            // Marked as seen before reading: what is committed meanwhile wakes this loop once more.
            head.borrow_and_update();
            audience.read(&Live::snapshot(self)?)?;
            tokio::select! {
                biased;
                () = &mut stopped => break false,
                done = &mut settled => {
                    done?;
                    break true;
                }
                changed = head.changed() => changed.map_err(|_| RuntimeError::Stopped)?,
                _ = rest.tick() => {}
            }
        };
        audience.read(&Live::snapshot(self)?)?;
        Ok(is_settled)
    }
}

/// Whoever watches, and how far.
struct Audience<'a> {
    watcher: &'a mut dyn Watcher,
    /// The last step that was seen; nothing before the watch has begun.
    seen: Option<u64>,
    stop: Stop,
}

impl Audience<'_> {
    /// Shows a step, where the watch has begun.
    fn see(&mut self, entry: &Entry) {
        if let Some(seen) = &mut self.seen
            && entry.step > *seen
        {
            *seen = entry.step;
            self.watcher.see(entry);
            self.watcher.rest();
        }
    }

    /// Shows the steps that have not been seen yet.
    fn read(&mut self, state: &Snapshot) -> Result<(), RuntimeError> {
        let Some(seen) = &mut self.seen else { return Ok(()) };
        for_each_after(state, *seen, u64::MAX, &mut |entry| {
            *seen = entry.step;
            self.watcher.see(entry);
        })?;
        self.watcher.rest();
        Ok(())
    }
}

/// Reads the steps behind `after` up to and including `last`, in order.
///
/// # Errors
/// The store failed.
pub fn for_each_after(
    state: &dyn State,
    after: u64,
    last: u64,
    see: &mut dyn FnMut(&Entry),
) -> Result<(), StoreError> {
    let mut seen = after;
    while seen < last {
        let entries = journal::entries_after(state, seen, TAIL_STEPS)?;
        let Some(newest) = entries.last() else { return Ok(()) };
        seen = newest.step;
        entries.iter().filter(|entry| entry.step <= last).for_each(&mut *see);
    }
    Ok(())
}

fn start(scenario: &Scenario) -> Input {
    Input::StartSession {
        title: scenario.title.clone(),
        scenario: scenario.to_json(),
        proposal: scenario.proposal.clone(),
    }
}

/// What the one who starts a session is told, as far as it is needed here.
#[derive(serde::Deserialize)]
struct Started {
    session: SessionId,
}

fn session_of(started: &Entry) -> Result<SessionId, RuntimeError> {
    let reply = started.reply().and_then(|reply| serde_json::from_str::<Started>(reply).ok());
    let none =
        || RuntimeError::Refused("the start of the session did not say which session it is".to_owned());
    reply.map(|reply| reply.session).ok_or_else(none)
}
