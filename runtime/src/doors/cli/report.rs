//! `report`: writes the files of a session again, from the store.
//!
//! What always holds: the store is not changed. What came after the session, such as the verdict of a person, is in the
//! files then.

use echo_storage::Query;
use echo_storage::names::SessionId;

use super::reach::Reading;
use super::{End, Failed, Invocation, files, replay};
use crate::training::{Circumstances, Report};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org report
  echo-org report ses-2

The files lie beside the store, in PATH.sessions/ses-1/ for the first session: report.html,
report.md, report.json and messages.jsonl. `train` writes them by itself; written again, they tell
how the decision stands by now. With --json the report itself is printed as well.";

/// How many of the latest sessions are looked through for one that has ended.
const LOOKED_BACK: usize = 100;

/// What `report` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The session, such as ses-1 [default: the last that has ended]
    #[arg(value_name = "SESSION")]
    session: Option<SessionId>,
}

/// Writes them.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let place = invocation.place()?;
    let snapshot = Reading::open(invocation, &place)?;
    let latest = snapshot.sessions(None, LOOKED_BACK).map_err(Failed::because)?;
    let record = match arguments.session {
        Some(id) => {
            snapshot.session(id).map_err(Failed::because)?.ok_or_else(|| replay::unknown(id, &latest))?
        }
        None => latest
            .into_iter()
            .find(|session| session.end.is_some())
            .ok_or_else(|| Failed::Failure("no session has ended yet; `train` plays one".to_owned()))?,
    };
    let circumstances =
        Circumstances { store: Some(place.shown()), duration_ms: files::duration_ms(&record) };
    let report = Report::of(&snapshot, record.id, circumstances).map_err(Failed::because)?;
    let page = files::write(&place, &snapshot, &report)?;
    if invocation.json {
        invocation.output.json(&report);
    } else {
        invocation.output.text(&page.display().to_string());
    }
    Ok(End::Well)
}
