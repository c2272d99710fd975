//! A look into the store that is there.
//!
//! What always holds: it is opened for reading only, and none is made.

use std::sync::Arc;

use echo_storage::clock::Clock;
use echo_storage::journal::Head;
use echo_storage::names::RoleId;
use echo_storage::quantities::Timestamp;
use echo_storage::records::{Config, Message, RoleConfig};
use echo_storage::store::StoreInfo;
use echo_storage::{Query, State, StoreError};

use super::place::Place;
use super::reach::Reading;
use super::{Failed, Invocation};
use crate::deliveries::Delivery;
use crate::organisation::Organisation;

/// What a reading command works with.
pub(super) struct Look {
    pub(super) place: Place,
    /// The state of the last commit.
    pub(super) snapshot: Reading,
    /// The configuration in force there.
    pub(super) config: Arc<Config>,
    /// The end of the journal.
    pub(super) head: Head,
    /// The present moment by the store's clock.
    pub(super) now: Timestamp,
    /// What the file says of itself.
    pub(super) info: StoreInfo,
    /// Whether a runtime is playing: then the session without an end is going on.
    pub(super) is_playing: bool,
}

impl Look {
    /// Opens the store.
    pub(super) fn open(invocation: &Invocation<'_, '_>) -> Result<Self, Failed> {
        let place = invocation.place()?;
        let snapshot = Reading::open(invocation, &place)?;
        let is_playing = match &snapshot {
            Reading::Hosted(client) => client.about().map_err(Failed::because)?.playing > 0,
            Reading::Own { .. } => false,
        };
        let info = snapshot.store_info().map_err(Failed::because)?;
        let config = snapshot.config().map_err(Failed::because)?;
        let config = config.unwrap_or_else(|| Arc::new(invocation.organisation.config().clone()));
        let head = Head::of(&snapshot).map_err(Failed::because)?;
        let now = Clock::new(info.clock, head.now).now();
        Ok(Self { place, snapshot, config, head, now, info, is_playing })
    }

    /// What the store knows of a role.
    pub(super) fn role(&self, role: &RoleId) -> Result<&RoleConfig, Failed> {
        let unknown =
            || Failed::Failure(format!("nothing has happened in this store since {role} was added"));
        self.config.role(role).ok_or_else(unknown)
    }
}

/// The role of this name.
pub(super) fn role(organisation: &Organisation, argument: &str, name: &str) -> Result<RoleId, Failed> {
    let known = organisation.role_ids();
    let found = known.iter().find(|role| role.as_str() == name).cloned();
    found.ok_or_else(|| super::ask::unknown(argument, "role", name, known.iter().map(RoleId::as_str)))
}

/// What became of a message with everyone whom it reaches.
pub(super) fn deliveries(
    state: &dyn State,
    config: &Config,
    message: &Message,
) -> Result<Vec<Delivery>, StoreError> {
    let readers = config.readers(message);
    let readers = readers.iter().filter_map(|role| config.role(role));
    readers.map(|role| Delivery::of(state, role, message.id)).collect()
}
