//! `watch`: watches a session that the runtime plays, from wherever.
//!
//! What always holds: watching changes nothing, and ending it ends nothing else.

use echo_storage::Query;
use echo_storage::names::SessionId;

use super::train::hosted::{self, Watched};
use super::{End, Failed, Invocation, reach};
use crate::training;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org watch
  echo-org watch ses-3

What has happened in the session is told first. Ctrl-C ends the watching, not the session.";

/// What `watch` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The session [default: the one that is being played]
    #[arg(value_name = "SESSION")]
    session: Option<SessionId>,
}

/// Watches.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let place = invocation.place()?;
    let Some(client) = reach::find(&invocation.surroundings, &place)? else {
        return Err(Failed::Failure(format!(
            "no runtime has {} open, so nothing is being played; `{}` tells of the sessions that there were",
            place.shown(),
            place.command("sessions")
        )));
    };
    let open = training::interrupted(&client).map_err(Failed::because)?;
    let Some(id) = arguments.session.or(open.first().map(|session| session.id)) else {
        let sessions = place.command("sessions");
        return Err(Failed::Failure(format!(
            "no session is being played; `{sessions}` lists those that were"
        )));
    };
    let session = client.session(id).map_err(Failed::because)?;
    let session = session.ok_or_else(|| Failed::Failure(format!("there is no session {id}")))?;
    let seen = session.first_step.saturating_sub(1);
    if session.end.is_some() {
        let again = place.command(&format!("sessions {id}"));
        return Err(Failed::Failure(format!("{id} has ended; `{again}` gives its report")));
    }
    drop(client);
    let watched = hosted::watch(invocation, &place, id, seen, !invocation.json, seen)?;
    let ended = matches!(watched, Watched::Ended(_));
    if invocation.json {
        invocation.output.json(&serde_json::json!({ "session": id, "ended": ended }));
    } else if ended {
        let again = place.command(&format!("sessions {id}"));
        invocation.output.text(&format!("\n{id} has ended; `{again}` gives its report"));
    } else {
        invocation.output.note(&format!("{id} goes on"));
    }
    Ok(End::Well)
}
