//! `replay`: decides everything again from the journal, and compares.
//!
//! What always holds: no mind is asked and the store is not changed; the whole journal is replayed, whichever session is
//! asked for, because what was remembered earlier matters to what was decided later.

use echo_storage::names::SessionId;
use echo_storage::records::Session as Record;
use echo_storage::{Query, State, journal};
use serde::Serialize;

use super::reach::Reading;
use super::{End, Failed, Invocation};
use crate::replay::{ReplayError, Replayed, replay};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org replay
  echo-org replay --session ses-2 --json

The whole journal is replayed, on a store in memory; a session only picks the hash to compare.
Without one it is that of the last session. Exit code 1 tells of a step that differs.";

/// How many sessions an error lists.
const LISTED_SESSIONS: usize = 10;

/// What `replay` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The session whose hash is compared, such as ses-1 [default: the last]
    #[arg(long, value_name = "SESSION")]
    session: Option<SessionId>,
}

/// What a replay found. What a difference kept it from finding is nothing.
#[derive(Default, Serialize)]
struct Found {
    session: Option<SessionId>,
    recorded_hash: Option<String>,
    replayed_hash: Option<String>,
    equal: bool,
    steps: Option<u64>,
    decided_again: Option<u64>,
    applied_only: Option<u64>,
    /// Always 0: answers are inputs, so they are in the journal.
    model_calls: u64,
    head: Option<String>,
    difference: Option<Difference>,
}

/// The first step that differs.
#[derive(Serialize)]
struct Difference {
    step: u64,
    what: String,
    recorded: String,
    replayed: String,
}

/// Replays.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let place = invocation.place()?;
    let snapshot = Reading::open(invocation, &place)?;
    let chosen = choose(&snapshot, arguments.session)?;
    let end = chosen.as_ref().and_then(|chosen| chosen.end.as_ref()).map(|end| end.last_step);
    let recorded = end.map(|step| journal::sealed(&snapshot, step)).transpose().map_err(Failed::because)?;
    let mut found = Found {
        session: chosen.map(|chosen| chosen.id),
        recorded_hash: recorded.map(|sealed| sealed.hash().to_string()),
        ..Found::default()
    };
    match replay(&invocation.organisation, &snapshot, end) {
        Ok(replayed) => {
            found.replayed_hash = replayed.hash_at.map(|hash| hash.to_string());
            found.equal = found.replayed_hash == found.recorded_hash;
            Ok(tell(invocation, found, &replayed))
        }
        Err(error @ ReplayError::Differs { .. }) => {
            invocation.output.note(&format!("error: {error}"));
            if let (true, ReplayError::Differs { step, what, recorded, replayed }) = (invocation.json, error)
            {
                found.difference = Some(Difference { step, what: what.to_owned(), recorded, replayed });
                invocation.output.json(&found);
            }
            Ok(End::Otherwise)
        }
        Err(error) => Err(Failed::because(error)),
    }
}

fn tell(invocation: &mut Invocation<'_, '_>, mut found: Found, replayed: &Replayed) -> End {
    let Replayed { steps, decided_again, applied_only, head, .. } = replayed;
    let end = if found.equal { End::Well } else { End::Otherwise };
    if invocation.json {
        found.steps = Some(*steps);
        found.decided_again = Some(*decided_again);
        found.applied_only = Some(*applied_only);
        found.head = Some(head.to_string());
        invocation.output.json(&found);
        return end;
    }
    let output = &mut *invocation.output;
    match (found.session, &found.recorded_hash, &found.replayed_hash) {
        (Some(id), Some(recorded), replayed) => {
            output.text(&format!("{id}  recorded  {recorded}"));
            output.text(&format!("{id}  replayed  {}", replayed.as_deref().unwrap_or("nothing")));
        }
        (Some(id), None, _) => output.text(&format!("{id} has not ended, so it has no hash yet")),
        (None, ..) => output.text("there is no session yet, so there is no session's hash to compare"),
    }
    let all = if found.equal { "equal" } else { "DIFFERENT" };
    output.text(&format!("{all}: {steps} steps, {decided_again} decided again, 0 model calls"));
    if *applied_only > 0 {
        output.text(&format!(
            "{applied_only} not decided again: other rules, or a panic, were recorded with them"
        ));
    }
    output.text(&format!("head  {head}"));
    end
}

/// The session that is asked for, or the last that has ended, or the last.
fn choose(snapshot: &dyn State, wanted: Option<SessionId>) -> Result<Option<Record>, Failed> {
    let mut newest = snapshot.sessions(None, LISTED_SESSIONS).map_err(Failed::because)?;
    let Some(id) = wanted else {
        let ended = newest.iter().position(|session| session.end.is_some()).unwrap_or_default();
        return Ok((ended < newest.len()).then(|| newest.swap_remove(ended)));
    };
    let found = snapshot.session(id).map_err(Failed::because)?;
    let Some(found) = found else { return Err(unknown(id, &newest)) };
    Ok(Some(found))
}

/// That there is no such session, with the newest of those that there are.
pub(super) fn unknown(id: SessionId, newest: &[Record]) -> Failed {
    let listed: Vec<String> = newest
        .iter()
        .take(LISTED_SESSIONS)
        .map(|session| format!("{} ({})", session.id, session.title))
        .collect();
    let remedy = match listed.as_slice() {
        [] => "there is none yet; `train` plays one".to_owned(),
        listed => format!("the newest are {}; without one the last is taken", listed.join(", ")),
    };
    Failed::Failure(format!("there is no session {id}: {remedy}"))
}
