//! Deliveries: how far a message got with each of those whom it reaches.
//!
//! What always holds: a delivery is in one of four states, whoever looks and whenever; what was given up and is to be
//! tried again counts as not read.

use echo_storage::names::{MessageId, RoleId};
use echo_storage::records::{Receipt, RoleConfig};
use echo_storage::{Query, State, StoreError};
use serde::Serialize;

/// What became of a message with one of those whom it reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// With whom.
    pub role: RoleId,
    /// What.
    pub state: DeliveryState,
    /// How often it failed.
    pub attempts: u32,
    /// Why it failed last.
    pub reason: Option<String>,
}

/// How far a message got with one of those whom it reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Handled.
    Read,
    /// Not handled yet.
    Unread,
    /// It failed and is to be tried again.
    Failed,
    /// Given up: a dead letter.
    Dead,
}

impl DeliveryState {
    /// What a receipt says of a message that is not handled.
    pub fn of(receipt: &Receipt) -> Self {
        match receipt {
            Receipt { dead: true, .. } => Self::Dead,
            // An operator has it tried again, from the start.
            Receipt { attempts: 0, .. } => Self::Unread,
            Receipt { .. } => Self::Failed,
        }
    }
}

impl Delivery {
    /// One that nothing has become of yet.
    pub fn new(role: RoleId) -> Self {
        Self { role, state: DeliveryState::Unread, attempts: 0, reason: None }
    }

    /// How far a message is with a role whom it reaches.
    ///
    /// # Errors
    /// The store could not be read.
    pub fn of(
        state: &(impl State + ?Sized),
        role: &RoleConfig,
        message: MessageId,
    ) -> Result<Self, StoreError> {
        let receipt = state.receipt(message, &role.id)?;
        let is_unread = state.is_unread(role, message)?;
        let told = receipt.as_ref().map_or(DeliveryState::Unread, DeliveryState::of);
        let now = match (is_unread, told) {
            (true, DeliveryState::Failed) => DeliveryState::Failed,
            (true, _) => DeliveryState::Unread,
            (false, DeliveryState::Dead) => DeliveryState::Dead,
            (false, _) => DeliveryState::Read,
        };
        Ok(Self {
            role: role.id.clone(),
            state: now,
            attempts: receipt.as_ref().map_or(0, |receipt| receipt.attempts),
            reason: receipt.map(|receipt| receipt.reason),
        })
    }
}

/// Deliveries in a line, those of one kind together.
pub fn in_words<'d>(deliveries: impl IntoIterator<Item = &'d Delivery>) -> String {
    let deliveries: Vec<&Delivery> = deliveries.into_iter().collect();
    let kinds = [
        (DeliveryState::Read, "read by"),
        (DeliveryState::Unread, "not yet read by"),
        (DeliveryState::Failed, "failed with"),
        (DeliveryState::Dead, "given up for"),
    ];
    let of_kind = |(kind, words): (DeliveryState, &str)| {
        let roles = deliveries.iter().filter(|delivery| delivery.state == kind);
        let roles: Vec<&str> = roles.map(|delivery| delivery.role.as_str()).collect();
        (!roles.is_empty()).then(|| format!("{words} {}", roles.join(", ")))
    };
    let told: Vec<String> = kinds.into_iter().filter_map(of_kind).collect();
    if told.is_empty() { "reached nobody".to_owned() } else { told.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use echo_storage::names::Id;
    use echo_storage::quantities::Timestamp;

    #[test]
    fn a_receipt_of_what_is_tried_again_is_no_failure() {
        let check = |attempts: u32, dead: bool, expected: DeliveryState| {
            let receipt = Receipt {
                message: MessageId::from_number(1),
                role: RoleId::new("clerk").unwrap(),
                attempts,
                reason: "no key".to_owned(),
                dead,
                at: Timestamp::default(),
            };
            assert_eq!(DeliveryState::of(&receipt), expected, "{attempts} {dead}");
        };
        check(0, false, DeliveryState::Unread);
        check(1, false, DeliveryState::Failed);
        check(3, true, DeliveryState::Dead);
    }

    #[test]
    fn deliveries_of_one_kind_stand_together() {
        let of = |name: &str, state: DeliveryState| Delivery {
            state,
            ..Delivery::new(RoleId::new(name).unwrap())
        };
        let all = [
            of("clerk", DeliveryState::Dead),
            of("guard", DeliveryState::Read),
            of("porter", DeliveryState::Unread),
            of("chief", DeliveryState::Read),
        ];
        assert_eq!(in_words(&all), "read by guard, chief; not yet read by porter; given up for clerk");
        assert_eq!(in_words(&[]), "reached nobody");
    }
}
