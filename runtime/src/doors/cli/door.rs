//! The arguments that name a door, for the commands that serve one or tell of it.

use echo_storage::names::RoleId;

use super::{Failed, look};
use crate::doors::mcp::door::Door;
use crate::organisation::Organisation;

/// Which door; that of every role where none is named.
#[derive(Debug, clap::Args)]
pub(super) struct DoorArguments {
    /// The door of one role: its tools, under their own names
    #[arg(long, value_name = "ROLE", conflicts_with = "person")]
    role: Option<String>,
    /// The door of people: their answers, and no tool of an agent
    #[arg(long)]
    person: bool,
    /// The delegator's door: it picks who is needed for a piece of work, and gives them tasks in your name
    #[arg(long, conflicts_with_all = ["role", "person"])]
    delegator: bool,
}

impl DoorArguments {
    /// The door that is named.
    ///
    /// # Errors
    /// A role that there is not.
    pub(super) fn door(&self, organisation: &Organisation) -> Result<Door, Failed> {
        self.of(|name| look::role(organisation, "--role", name))
    }

    /// The door that is named, by what gives the role of a name.
    ///
    /// # Errors
    /// What that gives.
    pub(super) fn of<E>(&self, role: impl FnOnce(&str) -> Result<RoleId, E>) -> Result<Door, E> {
        Ok(match &self.role {
            Some(name) => Door::Role(role(name)?),
            None if self.person => Door::Person,
            None if self.delegator => Door::Delegator,
            None => Door::Everyone,
        })
    }
}
