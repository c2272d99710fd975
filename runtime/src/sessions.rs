//! Sessions: a training session opens its decision in the step that starts it, and ends in a step of its own.

use echo_storage::names::SessionId;
use echo_storage::records::{Proposal, Session, SessionEnd, SessionKind};
use echo_storage::{Effect, Query};

use crate::decisions;
use crate::turn::{Failure, Turn, refuse};

/// Starts a training session and opens the decision it is about.
pub fn start(
    turn: &mut Turn<'_, '_>,
    title: &str,
    scenario: &str,
    proposal: &Proposal,
) -> Result<(), Failure> {
    let id: SessionId = turn.new_id()?;
    let decision = decisions::open(turn, proposal.clone(), Some(id))?;
    let session = Session {
        id,
        kind: SessionKind::Training,
        title: title.to_owned(),
        scenario: scenario.to_owned(),
        decision,
        started_at: turn.now(),
        first_step: turn.step(),
        end: None,
    };
    turn.emit(Effect::PutSession(session))?;
    turn.reply(&serde_json::json!({ "session": id, "decision": decision }))
}

/// Ends a session: the chain's hash at this step is the session's.
pub fn end(turn: &mut Turn<'_, '_>, id: SessionId) -> Result<(), Failure> {
    let Some(mut session) = turn.state().session(id)? else {
        return refuse(format!("there is no session {id}"));
    };
    if session.end.is_some() {
        return refuse(format!("{id} has ended already"));
    }
    session.end = Some(SessionEnd { at: turn.now(), last_step: turn.step() });
    turn.emit(Effect::PutSession(session))
}
