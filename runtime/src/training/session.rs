//! Playing a scenario: a session is started, the organisation is left to it until nothing is left to do, and the session
//! is ended.
//!
//! Sessions that an earlier run left open, because it was killed, are finished and ended first.
//!
//! What always holds: both drivers play the same way, with the same three parts. Whoever watches sees every step from
//! the session's start to its end, each once, in order, and never before it is durable.

use echo_storage::journal::{self, Entry};
use echo_storage::names::SessionId;
use echo_storage::{Input, Query, Snapshot};

use super::scenario::Scenario;
use crate::drivers::RuntimeError;
use crate::drivers::live::Live;
use crate::drivers::simulation::Simulation;

/// How many steps a watcher reads from the journal at once.
const TAIL_STEPS: usize = 256;

/// How many of the latest sessions are looked through for interrupted ones.
const LOOKED_BACK: usize = 16;

/// Plays a scenario in virtual time.
///
/// # Errors
/// The session could not be started or ended, or the store failed.
pub fn simulate(
    simulation: &mut Simulation,
    scenario: &Scenario,
    watch: &mut dyn FnMut(&Entry),
) -> Result<SessionId, RuntimeError> {
    simulation.settle(&mut |_| {})?;
    for session in interrupted(&simulation.snapshot()?)? {
        simulation.submit(Input::EndSession { session })?;
    }
    let started = simulation.submit(start(scenario))?;
    let session = session_of(&started)?;
    watch(&started);
    simulation.settle(watch)?;
    watch(&simulation.submit(Input::EndSession { session })?);
    Ok(session)
}

/// Plays a scenario in real time.
///
/// # Errors
/// The session could not be started or ended, the store failed, or the runtime stopped.
pub async fn play(
    live: &Live,
    scenario: &Scenario,
    watch: &mut dyn FnMut(&Entry),
) -> Result<SessionId, RuntimeError> {
    live.settled().await?;
    for session in interrupted(&live.snapshot()?)? {
        live.submit(Input::EndSession { session }).await?;
    }
    let mut head = live.head();
    let started = live.submit(start(scenario)).await?;
    let session = session_of(&started)?;
    let mut tail = Tail { seen: started.step.saturating_sub(1) };
    let mut settled = std::pin::pin!(live.settled());
    loop {
        // Marked as seen before reading: what is committed meanwhile wakes this loop once more.
        head.borrow_and_update();
        tail.read(live, watch)?;
        tokio::select! {
            done = &mut settled => break done?,
            changed = head.changed() => changed.map_err(|_| RuntimeError::Stopped)?,
        }
    }
    live.submit(Input::EndSession { session }).await?;
    tail.read(live, watch)?;
    Ok(session)
}

/// Sessions without an end, among the latest.
fn interrupted(state: &Snapshot) -> Result<Vec<SessionId>, RuntimeError> {
    let latest = state.sessions(None, LOOKED_BACK)?;
    Ok(latest.into_iter().rev().filter(|session| session.end.is_none()).map(|session| session.id).collect())
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

/// Follows the journal behind the last step that was seen.
struct Tail {
    seen: u64,
}

impl Tail {
    fn read(&mut self, live: &Live, watch: &mut dyn FnMut(&Entry)) -> Result<(), RuntimeError> {
        let snapshot = live.snapshot()?;
        loop {
            let entries = journal::entries_after(&snapshot, self.seen, TAIL_STEPS)?;
            let Some(last) = entries.last() else { return Ok(()) };
            self.seen = last.step;
            entries.iter().for_each(&mut *watch);
        }
    }
}
