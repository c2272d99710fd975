//! Finding the session that `train --resume` goes on with.
//!
//! What always holds: what cannot be resumed is told, with what there is, before anything runs.

use echo_storage::journal::Head;
use echo_storage::names::SessionId;
use echo_storage::records::Session;
use echo_storage::{Query, State};

use crate::doors::cli::Failed;
use crate::doors::cli::place::Place;
use crate::doors::cli::view::Watching;
use crate::training::{self, Play};

/// A session that was interrupted, and how far it had got.
#[derive(Debug)]
pub(super) struct Rest {
    session: Session,
    seen: u64,
}

impl Rest {
    /// The session that is meant: the one named, otherwise the latest that was interrupted.
    pub(super) fn find(state: &dyn State, wanted: Option<SessionId>, place: &Place) -> Result<Self, Failed> {
        let refused = |what: String| Err(Failed::Failure(what));
        let start = place.command("train");
        let latest = state.sessions(None, 1).map_err(Failed::because)?.into_iter().next();
        let Some(latest) = latest else {
            return refused(format!(
                "nothing to resume: no session was started in this store; `{start}` starts one"
            ));
        };
        let interrupted = || training::interrupted(state).map(|all| all.last().map(|session| session.id));
        let id = match wanted {
            Some(id) => Some(id),
            None => interrupted().map_err(Failed::because)?,
        };
        let Some(id) = id else {
            return refused(format!(
                "nothing to resume: {} has ended; `{}` writes its report, `{start}` starts a new one",
                latest.id,
                place.command(&format!("report {}", latest.id))
            ));
        };
        let Some(session) = state.session(id).map_err(Failed::because)? else {
            return refused(format!("there is no session {id}; the latest is {}", latest.id));
        };
        if session.end.is_some() {
            let other = interrupted().map_err(Failed::because)?.map_or_else(
                || format!("`{start}` starts a new one"),
                |other| format!("{other} was interrupted and can be resumed"),
            );
            return refused(format!("nothing to resume: {id} has ended; {other}"));
        }
        let seen = Head::of(state).map_err(Failed::because)?.step;
        Ok(Self { session, seen })
    }

    /// Which it is.
    pub(super) fn session_id(&self) -> SessionId {
        self.session.id
    }

    /// The last step of the journal when it was found to be open.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// The step before its first.
    pub(super) fn before(&self) -> u64 {
        self.session.first_step.saturating_sub(1)
    }

    /// What is played, after whoever watches has taken in what came before.
    pub(super) fn recalled(
        &self,
        state: &dyn State,
        watching: &mut Watching<'_, '_>,
    ) -> Result<Play<'_>, Failed> {
        training::for_each_after(state, self.before(), self.seen, &mut |entry| watching.recall(entry))
            .map_err(Failed::because)?;
        Ok(Play::Rest { session: self.session.id, seen: self.seen })
    }
}
