//! Reaching a store: through the runtime that has it open, or in this process where none has.
//!
//! | a command that | where a runtime is up | where none is |
//! |---|---|---|
//! | reads | asks it | opens the file for reading, for as long as the command takes |
//! | acts | asks it | starts one in the background and asks that |
//!
//! A store that lives by virtual time has no runtime of its own: nobody waits in it, so a command opens it for itself. So
//! does any command where `ECHO_IN_PROCESS` is set and no runtime is up.
//!
//! What always holds: commands say the same either way, because both ways read the same state through the same trait and
//! run the same inputs.

use std::path::PathBuf;
use std::sync::Arc;

use echo_storage::clock::{ClockKind, random_hex};
use echo_storage::codes::Code;
use echo_storage::journal::Entry;
use echo_storage::state::{KeyRange, Order, Row};
use echo_storage::table::TableId;
use echo_storage::{Input, Snapshot, State, Store, StoreError};

use super::drive::{Driver, SETTLE_MS};
use super::place::{Place, Surroundings};
use super::{Failed, Invocation};
use crate::doors::socket::client::Client;
use crate::doors::socket::start;
use crate::drivers::RuntimeError;
use crate::engine::Asked;

/// How often a store that somebody holds is looked for again: its holder may be about to listen.
const TRIES: usize = 3;

/// The order of events in virtual time; what a person does leaves little to choose.
const SEED: u64 = 0;

/// How often one input is handed to a runtime that is lost before it answers.
const MAX_TRIES: usize = 3;

/// The state of a store, wherever it is open.
pub(super) enum Reading {
    /// Here.
    Own {
        /// The state of the last commit.
        snapshot: Snapshot,
        /// Kept open while it is read.
        _store: Arc<Store>,
    },
    /// In its runtime.
    Hosted(Client),
}

impl Reading {
    /// The state of the last commit.
    pub(super) fn open(invocation: &Invocation<'_, '_>, place: &Place) -> Result<Self, Failed> {
        if let Some(store) = &invocation.open {
            return Self::own(store.clone());
        }
        let mut tries = 0;
        loop {
            if let Some(client) = find(&invocation.surroundings, place)? {
                return Ok(Self::Hosted(client));
            }
            tries += 1;
            match place.read() {
                // Its runtime was on its way up when it was looked for.
                Err(StoreError::InUse { .. }) if tries < TRIES => {}
                store => {
                    return Self::own(Arc::new(store.map_err(Failed::because)?));
                }
            }
        }
    }
}

impl Reading {
    /// The state of the last commit of a store that is open here.
    pub(super) fn own(store: Arc<Store>) -> Result<Self, Failed> {
        let snapshot = store.snapshot().map_err(Failed::because)?;
        Ok(Self::Own { snapshot, _store: store })
    }
}

impl State for Reading {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Own { snapshot, .. } => snapshot.read(table, key),
            Self::Hosted(client) => client.read(table, key),
        }
    }

    fn scan(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Own { snapshot, .. } => snapshot.scan(table, range, order, limit),
            Self::Hosted(client) => client.scan(table, range, order, limit),
        }
    }
}

/// An organisation that takes inputs, wherever it runs.
pub(super) enum Acting {
    /// Here. It runs from its first input on.
    Own {
        /// Its store.
        store: Arc<Store>,
        /// What runs it.
        driver: Option<Driver>,
    },
    /// In its runtime.
    Hosted(Client),
}

impl Acting {
    /// The organisation of the store that is there.
    pub(super) fn open(invocation: &Invocation<'_, '_>, place: &Place) -> Result<Self, Failed> {
        match host(&invocation.surroundings, place, false)? {
            Some(client) => Ok(Self::Hosted(client)),
            None => Ok(Self::Own { store: Arc::new(place.open()?), driver: None }),
        }
    }

    /// The state of the last commit.
    pub(super) fn state(&self) -> Result<Box<dyn State + '_>, Failed> {
        match self {
            Self::Own { store, .. } => Ok(Box::new(store.snapshot().map_err(Failed::because)?)),
            Self::Hosted(client) => {
                client.refresh().map_err(Failed::because)?;
                Ok(Box::new(client))
            }
        }
    }

    /// Runs one input, and lets the agents handle what follows from it. Where its runtime is lost on the way, the next one
    /// is asked the same under the same key, so that it is done once whatever became of it.
    pub(super) fn submit(&mut self, invocation: &Invocation<'_, '_>, asked: Asked) -> Result<Entry, Failed> {
        let done = match self {
            Self::Own { store, driver } => {
                let running = match driver.take() {
                    Some(running) => running,
                    None => Driver::start(invocation.organisation.clone(), store.clone(), SEED)?,
                };
                driver.insert(running).submit(asked)
            }
            Self::Hosted(client) => {
                let Asked { input, key, code } = asked;
                let key = match key {
                    Some(key) => key,
                    None => {
                        random_hex().map_err(|cause| Failed::Failure(format!("no randomness: {cause}")))?
                    }
                };
                let mut tries = 1;
                loop {
                    match settled(client, &input, &key, code) {
                        Err(error) if is_lost(&error) && tries < MAX_TRIES => tries += 1,
                        Err(error) => return Err(Failed::Failure(told(&error, &input, &key))),
                        done => break done,
                    }
                    let place = invocation.place()?;
                    if let Some(next) = host(&invocation.surroundings, &place, false)? {
                        *client = next;
                    }
                }
            }
        };
        done.map_err(Failed::because)
    }

    /// Stops what was started here.
    pub(super) fn close(self) -> Result<(), Failed> {
        match self {
            Self::Own { driver: Some(driver), .. } => driver.stop(),
            Self::Own { driver: None, .. } | Self::Hosted(_) => Ok(()),
        }
    }
}

/// What is said of a runtime that did not do what it was asked. Who sends a message again under another key may send it
/// twice, so the key is told.
fn told(error: &RuntimeError, input: &Input, key: &str) -> String {
    match input {
        Input::Post { .. } if is_lost(error) => {
            format!("{error}; send it again with --key {key}, and it is sent once whatever became of it")
        }
        _ => error.to_string(),
    }
}

/// Whether the runtime went away before it answered.
fn is_lost(error: &RuntimeError) -> bool {
    matches!(error, RuntimeError::Stopped | RuntimeError::Lost(_))
}

fn settled(client: &Client, input: &Input, key: &str, code: Option<Code>) -> Result<Entry, RuntimeError> {
    let entry = match code {
        Some(code) => client.answer(input, key, code)?,
        None => client.submit_once(input, key)?,
    };
    client.settle(SETTLE_MS)?;
    Ok(entry)
}

/// The runtime of the store, if one is up.
pub(super) fn find(surroundings: &Surroundings, place: &Place) -> Result<Option<Client>, Failed> {
    let address = place.address(surroundings)?;
    start::find(&address).map_err(Failed::because)
}

/// The runtime of the store, started where none is up; nothing where the store is to be opened here. `makes` says
/// whether a store that is not there is made.
pub(super) fn host(
    surroundings: &Surroundings,
    place: &Place,
    makes: bool,
) -> Result<Option<Client>, Failed> {
    if let Some(client) = find(surroundings, place)? {
        return Ok(Some(client));
    }
    let Some(program) = program(surroundings) else { return Ok(None) };
    match place.clock() {
        Ok(None) if !makes => return Ok(None),
        Ok(Some(ClockKind::Virtual)) => return Ok(None),
        Ok(None | Some(ClockKind::Real)) => {}
        // It was waited for. Whoever has it open may be a runtime that listens by now.
        Err(error @ StoreError::InUse { .. }) => {
            return match find(surroundings, place)? {
                Some(client) => Ok(Some(client)),
                None => Err(Failed::because(error)),
            };
        }
        Err(error) => return Err(Failed::because(error)),
    }
    let address = place.address(surroundings)?;
    let arguments = ["serve".into(), "--for-others".into(), "--store".into(), address.store.clone().into()];
    start::find_or_start(&address, &program, &arguments).map(Some).map_err(Failed::because)
}

/// What is run to start a runtime; nothing where this process does everything itself.
fn program(surroundings: &Surroundings) -> Option<PathBuf> {
    surroundings.program.clone().filter(|_| !surroundings.in_process)
}

#[cfg(test)]
mod tests {
    use super::*;
    use echo_storage::names::RoleId;
    use echo_storage::records::{Address, Kind, Party};

    #[test]
    fn a_message_that_may_have_been_sent_is_told_with_its_key() {
        let clerk = RoleId::new("clerk").unwrap();
        let post = Input::Post {
            from: Party::Role(clerk.clone()),
            to: Address::Role(clerk.clone()),
            kind: Kind::Notification,
            subject: "Hello".to_owned(),
            content: "{}".to_owned(),
            in_reply_to: None,
        };
        let retry = Input::Retry { role: clerk, message: None, person: "ada".to_owned() };
        let check = |error: RuntimeError, input: &Input, expected: bool| {
            let said = told(&error, input, "4f");
            assert!(said.starts_with(&error.to_string()), "{said}");
            assert_eq!(said.contains("with --key 4f"), expected, "{said}");
        };
        let lost = || RuntimeError::Lost("it was lost".to_owned());
        check(lost(), &post, true);
        check(RuntimeError::Stopped, &post, true);
        check(RuntimeError::Refused("nobody hears that".to_owned()), &post, false);
        check(lost(), &retry, false);
    }
}
