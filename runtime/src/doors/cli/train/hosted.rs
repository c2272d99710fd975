//! A session that the runtime plays, watched through the socket.
//!
//! What always holds: the session belongs to the runtime. Whoever watches may go away and come back; what is shown is the
//! journal, so nothing of it is missed.

use echo_storage::journal::Entry;
use echo_storage::names::SessionId;
use echo_storage::{Effect, Query};

use super::resume::Rest;
use crate::doors::cli::place::Place;
use crate::doors::cli::view::Watching;
use crate::doors::cli::{Failed, Invocation, interrupt, reach};
use crate::doors::socket::client::Client;
use crate::drivers::RuntimeError;
use crate::training::{self, Scenario, Stop, Watcher};

/// How long to wait for a step before looking whether to go on, in milliseconds.
const LOOK_EVERY_MS: u64 = 100;

/// What came of watching.
pub(in crate::doors::cli) enum Watched {
    /// The session has ended.
    Ended(SessionId),
    /// Whoever watched has gone; it goes on.
    GoesOn(SessionId),
}

/// Has the runtime play a new session.
pub(super) fn start(
    invocation: &mut Invocation<'_, '_>,
    place: &Place,
    client: &Client,
    scenario: &Scenario,
    is_watched: bool,
    finished_first: &mut Vec<SessionId>,
) -> Result<Watched, Failed> {
    let is_playing = client.about().map_err(Failed::because)?.playing > 0;
    for session in training::interrupted(client).map_err(Failed::because)?.iter().map(|session| session.id) {
        let what = if is_playing {
            "is being played; this one comes after it"
        } else {
            "was interrupted; it is finished first"
        };
        invocation.output.note(&format!("{session} {what}"));
        if !is_playing {
            finished_first.push(session);
        }
    }
    let started = client.play(scenario).map_err(Failed::because)?;
    let session = started.effects.iter().find_map(|effect| match effect {
        Effect::PutSession(session) => Some(session.id),
        _ => None,
    });
    let none = || Failed::Failure("the runtime started a session and did not say which".to_owned());
    let seen = started.step.saturating_sub(1);
    watch(invocation, place, session.ok_or_else(none)?, seen, is_watched, seen)
}

/// Has the runtime go on with a session that was interrupted, and watches the rest.
pub(super) fn resume(
    invocation: &mut Invocation<'_, '_>,
    place: &Place,
    client: &Client,
    rest: &Rest,
    is_watched: bool,
) -> Result<Watched, Failed> {
    let session = rest.session_id();
    client.resume(session).map_err(Failed::because)?;
    // From where it was known to be open: should it have ended meanwhile, its end is seen.
    watch(invocation, place, session, rest.seen(), is_watched, rest.before())
}

/// Watches a session from behind a step until it ends, or until whoever watches wants no more. The steps behind
/// `recalled_after` are taken in before, without being shown.
pub(in crate::doors::cli) fn watch(
    invocation: &mut Invocation<'_, '_>,
    place: &Place,
    session: SessionId,
    seen: u64,
    is_watched: bool,
    recalled_after: u64,
) -> Result<Watched, Failed> {
    let lost = || Failed::Failure(format!("the runtime left; {}", goes_on(place)));
    let client = reach::find(&invocation.surroundings, place)?.ok_or_else(lost)?;
    let stop = if invocation.surroundings.is_interruptible {
        interrupt::listen(format!("{session} goes on in the runtime"))?
    } else {
        Stop::never()
    };
    let config = invocation.organisation.config().clone();
    let clock = client.store_info().map_err(Failed::because)?.clock;
    if is_watched {
        invocation.output.text(&format!("{} agents ready", config.roles.len()));
    }
    let mut watching = match invocation.surroundings.terminal {
        _ if !is_watched => Watching::nothing(invocation.output),
        None => Watching::lines(invocation.output),
        Some(terminal) => Watching::picture(invocation.output, terminal, &config, clock, true),
    };
    training::for_each_after(&client, recalled_after, seen, &mut |entry| watching.recall(entry))
        .map_err(Failed::because)?;
    let mut follower = client.follow(seen).map_err(Failed::because)?;
    let watched = loop {
        if stop.is_set() {
            break Watched::GoesOn(session);
        }
        match follower.next(LOOK_EVERY_MS).map_err(|error| match error {
            RuntimeError::Stopped => Failed::Failure(format!("the runtime was stopped; {}", goes_on(place))),
            other => Failed::Failure(format!("{other}; {}", goes_on(place))),
        })? {
            Some(entry) => {
                watching.see(&entry);
                if ends(&entry, session) {
                    break Watched::Ended(session);
                }
            }
            None => watching.rest(),
        }
    };
    drop(watching);
    Ok(watched)
}

/// Whether a step ended the session.
fn ends(entry: &Entry, id: SessionId) -> bool {
    entry.effects.iter().any(
        |effect| matches!(effect, Effect::PutSession(session) if session.id == id && session.end.is_some()),
    )
}

/// How a session goes on whose runtime has left.
fn goes_on(place: &Place) -> String {
    format!("what was acknowledged is in the store, and goes on with: {}", place.command("train --resume"))
}
