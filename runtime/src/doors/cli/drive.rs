//! Running the organisation for one command, on the driver that the store's clock asks for.
//!
//! What always holds: nothing runs before [`Driver::start`] and nothing after [`Driver::stop`], which every command
//! reaches, whatever failed in between.

use std::sync::Arc;

use echo_storage::Store;
use echo_storage::clock::ClockKind;
use echo_storage::journal::Entry;

use super::Failed;
use crate::drivers::RuntimeError;
use crate::drivers::live::Live;
use crate::drivers::simulation::Simulation;
use crate::engine::Asked;
use crate::mind::{Mind, RulesMind};
use crate::organisation::Organisation;
use crate::training::{self, Played, Playing};

/// How long a command waits for the agents to handle what it has caused, in milliseconds.
pub(super) const SETTLE_MS: u64 = 5_000;

/// A running organisation.
pub(super) enum Driver {
    /// In virtual time.
    Simulation(Simulation),
    /// In real time, on threads of its own.
    Live {
        /// Where its tasks run.
        runtime: tokio::runtime::Runtime,
        /// The tasks.
        live: Live,
    },
}

impl Driver {
    /// Starts the organisation in the store. The seed picks the order of events in virtual time.
    pub(super) fn start(
        organisation: Arc<Organisation>,
        store: Arc<Store>,
        seed: u64,
    ) -> Result<Self, Failed> {
        Self::start_with(organisation, store, Arc::new(RulesMind), seed)
    }

    /// As [`Driver::start`], with this mind.
    pub(super) fn start_with(
        organisation: Arc<Organisation>,
        store: Arc<Store>,
        mind: Arc<dyn Mind>,
        seed: u64,
    ) -> Result<Self, Failed> {
        match store.info().clock {
            ClockKind::Virtual => {
                let simulation = Simulation::new(organisation, store, mind, seed).map_err(Failed::because)?;
                Ok(Self::Simulation(simulation))
            }
            ClockKind::Real => {
                let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build();
                let runtime =
                    runtime.map_err(|cause| Failed::Failure(format!("cannot start threads: {cause}")))?;
                let live =
                    runtime.block_on(Live::start(organisation, store, mind)).map_err(Failed::because)?;
                Ok(Self::Live { runtime, live })
            }
        }
    }

    /// Starts every agent. In virtual time agents need no start.
    pub(super) fn activate_all(&self) {
        if let Self::Live { runtime, live } = self {
            runtime.block_on(live.activate_all());
        }
    }

    /// Plays a session.
    pub(super) fn play(&mut self, playing: Playing<'_>) -> Result<Played, RuntimeError> {
        match self {
            Self::Simulation(simulation) => training::simulate(simulation, playing),
            Self::Live { runtime, live } => runtime.block_on(training::play(live, playing)),
        }
    }

    /// Runs one input, and lets the agents handle what follows from it.
    pub(super) fn submit(&mut self, asked: Asked) -> Result<Entry, RuntimeError> {
        match self {
            Self::Simulation(simulation) => {
                let entry = simulation.submit_asked(asked)?;
                simulation.settle(&mut |_| {})?;
                Ok(entry)
            }
            Self::Live { runtime, live } => runtime.block_on(async {
                let entry = live.submit_asked(asked).await?;
                // What takes longer is left to whoever runs the organisation next.
                let wait = std::time::Duration::from_millis(SETTLE_MS);
                tokio::time::timeout(wait, live.settled()).await.unwrap_or(Ok(()))?;
                Ok(entry)
            }),
        }
    }

    /// Stops everything; what was acknowledged is in the store.
    pub(super) fn stop(self) -> Result<(), Failed> {
        match self {
            Self::Live { runtime, live } => runtime.block_on(live.stop()).map_err(Failed::because),
            Self::Simulation(_) => Ok(()),
        }
    }
}
