//! The simulation driver: everything on one thread, in an order that a seed picks.
//!
//! What always holds: the same organisation, mind, seed and store give the same journal, byte for byte. Time moves only
//! when nothing else can: no input waits, no message can be taken, no question is out; then it jumps to the next timer.

use std::sync::Arc;

use echo_storage::clock::Clock;
use echo_storage::journal::{Entry, Head};
use echo_storage::quantities::Timestamp;
use echo_storage::{Input, Query, Snapshot, Store};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::{RuntimeError, done};
use crate::engine::{Asked, Cascade, Committed, Engine, is_settled, next_mail};
use crate::mind::{self, Asking, Mind, Question};
use crate::organisation::Organisation;

/// How many questions may be out before the rest waits for its turn to be looked at.
const MAX_THOUGHTS: usize = 1_000;

/// Steps after which a simulation that never settles is stopped.
const MAX_STEPS: usize = 1_000_000;

/// Drives an organisation by a seed.
pub struct Simulation {
    engine: Engine,
    organisation: Arc<Organisation>,
    mind: Arc<dyn Mind>,
    clock: Arc<Clock>,
    random: ChaCha8Rng,
    cascades: bool,
}

impl Simulation {
    /// A simulation on a store that lives by a virtual clock. Records the configuration where it is a new one.
    ///
    /// # Errors
    /// The store failed.
    pub fn new(
        organisation: Arc<Organisation>,
        store: Arc<Store>,
        mind: Arc<dyn Mind>,
        seed: u64,
    ) -> Result<Self, RuntimeError> {
        let clock = Arc::new(Clock::new(store.info().clock, Head::of(&store.snapshot()?)?.now));
        let engine = Engine::new(organisation.clone(), store, clock.clone());
        let random = ChaCha8Rng::seed_from_u64(seed);
        let simulation = Self { engine, organisation, mind, clock, random, cascades: false };
        if let Some(input) = simulation.engine.configuration()? {
            simulation.engine.run(&[input], None)?;
        }
        Ok(simulation)
    }

    /// The same, where the steps that follow from a step at once are in its commit, as they are when it runs live.
    #[must_use]
    pub fn cascading(self) -> Self {
        Self { cascades: true, ..self }
    }

    /// The state of the last commit.
    pub fn snapshot(&self) -> Result<Snapshot, RuntimeError> {
        Ok(self.engine.snapshot()?)
    }

    /// Runs one input and gives its entry.
    ///
    /// # Errors
    /// The step failed, or the store.
    pub fn submit(&mut self, input: Input) -> Result<Entry, RuntimeError> {
        self.submit_asked(input.into())
    }

    /// As [`Simulation::submit`]; what was asked before under the same key is not done again, and gives the entry that it
    /// had.
    ///
    /// # Errors
    /// As those of [`Simulation::submit`]; or the key was used for another request.
    pub fn submit_asked(&mut self, asked: Asked) -> Result<Entry, RuntimeError> {
        let mut committed = self.run(asked)?;
        committed.outcomes.pop().map_or(Err(RuntimeError::Stopped), done)
    }

    /// Runs until nothing is left to do. `watch` sees every step after its commit.
    ///
    /// # Errors
    /// The store failed, or the organisation keeps itself busy without end.
    pub fn settle(&mut self, watch: &mut dyn FnMut(&Entry)) -> Result<(), RuntimeError> {
        self.settle_until(&|| false, watch).map(drop)
    }

    /// Runs until nothing is left to do, or until `stop` says so between two steps; says whether nothing is left to do.
    ///
    /// # Errors
    /// As those of [`Simulation::settle`].
    pub fn settle_until(
        &mut self,
        stop: &dyn Fn() -> bool,
        watch: &mut dyn FnMut(&Entry),
    ) -> Result<bool, RuntimeError> {
        for _ in 0..MAX_STEPS {
            if stop() {
                return Ok(false);
            }
            let Some(input) = self.next()? else { return Ok(true) };
            for entry in self.run(input.into())?.entries {
                watch(&entry);
            }
        }
        Err(RuntimeError::Refused(format!("the organisation has not settled after {MAX_STEPS} steps")))
    }

    /// Lets time pass until a moment: each deadline until then fires, also those that people have, and what follows from it
    /// happens.
    ///
    /// # Errors
    /// As those of [`Simulation::settle`].
    pub fn wait_until(
        &mut self,
        moment: Timestamp,
        watch: &mut dyn FnMut(&Entry),
    ) -> Result<(), RuntimeError> {
        for _ in 0..MAX_STEPS {
            self.settle(watch)?;
            let next = self.engine.snapshot()?.next_timer()?;
            let Some(timer) = next.filter(|timer| timer.due <= moment) else {
                self.clock.advance_to(moment);
                return Ok(());
            };
            self.clock.advance_to(timer.due);
            for entry in self.run(Input::Timer { due: timer.due, timer: timer.id }.into())?.entries {
                watch(&entry);
            }
        }
        Err(RuntimeError::Refused(format!(
            "the organisation has not come to {moment} after {MAX_STEPS} steps"
        )))
    }

    fn run(&self, asked: Asked) -> Result<Committed, RuntimeError> {
        let cascade = Cascade { ready: &|_| true, has_time: &|| true, mind: &*self.mind };
        Ok(self.engine.run_asked(&[asked], self.cascades.then_some(cascade))?)
    }

    /// One of the inputs that are ready, picked by the seed; nothing where none will ever be.
    fn next(&mut self) -> Result<Option<Input>, RuntimeError> {
        let mut ready = self.ready()?;
        if ready.is_empty() {
            let snapshot = self.engine.snapshot()?;
            if is_settled(&snapshot, self.organisation.config())? {
                return Ok(None);
            }
            let Some(timer) = snapshot.next_timer()? else { return Ok(None) };
            self.clock.advance_to(timer.due);
            return Ok(Some(Input::Timer { due: timer.due, timer: timer.id }));
        }
        let count = ready.len() as u64;
        // A remainder's bias is of no concern: any order is a legal one.
        let pick = usize::try_from(self.random.next_u64() % count).unwrap_or(0);
        Ok(Some(ready.swap_remove(pick)))
    }

    fn ready(&self) -> Result<Vec<Input>, RuntimeError> {
        let snapshot = self.engine.snapshot()?;
        let config = self.organisation.config();
        let mut ready = Vec::new();
        for role in &config.roles {
            if let Some(message) = next_mail(&snapshot, config, &role.id)? {
                ready.push(Input::Take { role: role.id.clone(), message });
            }
        }
        for id in snapshot.thoughts_out(None, MAX_THOUGHTS)? {
            let Some(thought) = snapshot.thought(id)? else { continue };
            // A mind that must be waited for does not exist in virtual time; its question runs into its deadline.
            let Some(question) = Question::of(&snapshot, &thought)? else { continue };
            if let Asking::Now(answer) = mind::ask(&*self.mind, &question) {
                let answer = answer.map_err(|error| error.to_string());
                ready.push(Input::Answer { thought: id, mind: self.mind.name().to_owned(), answer });
            }
        }
        Ok(ready)
    }
}
