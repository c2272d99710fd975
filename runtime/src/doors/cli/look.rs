//! A look into the store that is there.
//!
//! What always holds: it is opened for reading only, and none is made.

use echo_storage::clock::Clock;
use echo_storage::journal::Head;
use echo_storage::names::{MessageId, RoleId};
use echo_storage::quantities::Timestamp;
use echo_storage::records::{Address, Config, Message, Party, RoleConfig};
use echo_storage::store::StoreInfo;
use echo_storage::{Query, State};

use super::place::Place;
use super::reach::Reading;
use super::{Failed, Invocation};
use crate::organisation::Organisation;

/// What a reading command works with.
pub(super) struct Look {
    pub(super) place: Place,
    /// The state of the last commit.
    pub(super) snapshot: Reading,
    /// The configuration in force there.
    pub(super) config: Config,
    /// The end of the journal.
    pub(super) head: Head,
    /// The present moment by the store's clock.
    pub(super) now: Timestamp,
    /// What the file says of itself.
    pub(super) info: StoreInfo,
}

impl Look {
    /// Opens the store.
    pub(super) fn open(invocation: &Invocation<'_, '_>) -> Result<Self, Failed> {
        let place = invocation.place()?;
        let snapshot = Reading::open(invocation, &place)?;
        let info = snapshot.store_info().map_err(Failed::because)?;
        let config = snapshot.config().map_err(Failed::because)?;
        let config = config.unwrap_or_else(|| invocation.organisation.config().clone());
        let head = Head::of(&snapshot).map_err(Failed::because)?;
        let now = Clock::new(info.clock, head.now).now();
        Ok(Self { place, snapshot, config, head, now, info })
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

/// The roles that a message reaches, in their order. Nobody is told what they said themselves, nor what they do not
/// listen for.
pub(super) fn reached<'c>(config: &'c Config, message: &Message) -> Vec<&'c RoleConfig> {
    let named = config.recipients(&message.to);
    let listens = |role: &&RoleConfig| match &message.to {
        Address::Role(_) => true,
        Address::Topic(topic) => {
            let wants = |one: &echo_storage::records::Subscription| {
                one.topic == *topic && one.wants(message.about.as_ref())
            };
            message.from != Party::Role(role.id.clone()) && role.hears.iter().any(wants)
        }
    };
    config.roles.iter().filter(|role| named.contains(&role.id)).filter(listens).collect()
}

/// What became of a message with one of those whom it reaches.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Delivery {
    pub(super) role: RoleId,
    pub(super) state: DeliveryState,
    /// How often it failed.
    pub(super) attempts: u32,
    /// Why it failed last.
    pub(super) reason: Option<String>,
}

/// How far a message is with one of those whom it reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeliveryState {
    /// Handled.
    Read,
    /// Not handled yet.
    Unread,
    /// It failed and will be tried again.
    Failed,
    /// Given up.
    Dead,
}

/// What became of a message with a role.
pub(super) fn delivery(state: &dyn State, role: &RoleConfig, message: MessageId) -> Result<Delivery, Failed> {
    let receipt = state.receipt(message, &role.id).map_err(Failed::because)?;
    let is_unread = state.is_unread(role, message).map_err(Failed::because)?;
    let how = match &receipt {
        Some(receipt) if is_unread && receipt.attempts > 0 => DeliveryState::Failed,
        _ if is_unread => DeliveryState::Unread,
        Some(receipt) if receipt.dead => DeliveryState::Dead,
        _ => DeliveryState::Read,
    };
    Ok(Delivery {
        role: role.id.clone(),
        state: how,
        attempts: receipt.as_ref().map_or(0, |receipt| receipt.attempts),
        reason: receipt.map(|receipt| receipt.reason),
    })
}

/// The deliveries of a message in a line, those of one kind together.
pub(super) fn deliveries_in_words(deliveries: &[Delivery]) -> String {
    let kinds = [
        (DeliveryState::Read, "read by"),
        (DeliveryState::Unread, "not yet read by"),
        (DeliveryState::Failed, "failed with"),
        (DeliveryState::Dead, "given up for"),
    ];
    let of_kind = |(kind, words): (DeliveryState, &str)| {
        let roles: Vec<&str> =
            deliveries.iter().filter(|one| one.state == kind).map(|one| one.role.as_str()).collect();
        (!roles.is_empty()).then(|| format!("{words} {}", roles.join(", ")))
    };
    let words: Vec<String> = kinds.into_iter().filter_map(of_kind).collect();
    if words.is_empty() { "it reaches nobody".to_owned() } else { words.join("; ") }
}
