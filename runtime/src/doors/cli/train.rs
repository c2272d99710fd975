//! `train`: plays a scenario, or has a question decided, and reports on it.
//!
//! What always holds: the scenario is read and the question checked before a store is touched; a session that was
//! started is ended and reported, or the command fails, or it was interrupted and says how the session goes on.

mod all;
pub(super) mod hosted;
mod resume;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use echo_storage::clock::{ClockKind, Stopwatch};
use echo_storage::names::SessionId;
use echo_storage::{Durability, OpenOptions, Query, Store};

use self::hosted::Watched;
use self::resume::Rest;
use super::ask::{Asked, Question};
use super::drive::Driver;
use super::files;
use super::interrupt;
use super::output;
use super::place::Place;
use super::reach::{self, Reading};
use super::serve;
use super::view::Watching;
use super::{APPROVALS, End, Failed, INTERRUPTION, Invocation};
use crate::doors::socket::client::Client;
use crate::mind::{Mind, Paced, RulesMind};
use crate::organisation::{Organisation, Shipped};
use crate::training::{self, Circumstances, Play, Played, Playing, Report, Scenario, Stop};

/// The slowest pace, in milliseconds: half of what a mind may take over a question.
pub(super) const MAX_PACE_MS: u64 = 60_000;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org train
  echo-org train ./my-scenario.yaml --virtual-time --seed 7
  echo-org train --ask \"Which product feature do our customers want next?\" --budget 250000
  echo-org train --quiet --json > report.json
  echo-org train --pace 700              watch it at a pace that people can follow
  echo-org train --durability memory     play it, and leave nothing behind
  echo-org train --all                   play every scenario, each in a store of its own
  echo-org train --resume                go on with the session that was interrupted

The runtime that has the store open plays it, and is started where none is up; with --fresh,
--virtual-time, --seed, --pace, --durability, --in-process or ECHO_IN_PROCESS=1 this process does. On a
terminal the agents are shown at work. Ctrl-C leaves a session to the runtime (`echo-org watch` comes back to it); where this
process plays it, Ctrl-C stops in order, a second one at once; neither loses anything, and --resume
goes on. Without --resume an interrupted session is finished first.
NO_COLOR=1 takes the colours away; with TERM=dumb, and into a pipe, there are plain lines only.

A store keeps the clock it was made with: --virtual-time is said each time, or never.

--fresh deletes nothing: a store that is at the path is moved to PATH.before-1, or the first
number that is free. A file that is no store, or one that is in use, is refused.

Beside the store, in PATH.sessions/ses-1/ for the first session: report.html (to be opened in a
browser), report.md, report.json and messages.jsonl.

Exit codes: 0 as expected, 1 otherwise than expected or failed, 2 not understood, 130 interrupted.";

/// What `train` takes.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that people type")]
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("clock").args(["virtual_time", "resume"]).multiple(true))]
pub(super) struct Arguments {
    /// A shipped scenario, or a YAML file [default: the first that is shipped]
    #[arg(value_name = "SCENARIO")]
    scenario: Option<String>,
    /// Play every shipped scenario, each in a fresh store below PATH.scenarios, and tell what came of them
    #[arg(long, conflicts_with_all = ["scenario", "ask", "resume", "fresh"])]
    all: bool,
    /// Start with an empty store; one that is there is moved aside, to PATH.before-1
    #[arg(long)]
    fresh: bool,
    /// Live by a virtual clock: nothing waits, and equal seeds give equal journals
    #[arg(long)]
    virtual_time: bool,
    /// Picks the order of events in virtual time [default: 0]
    #[arg(long, value_name = "N", requires = "clock")]
    seed: Option<u64>,
    /// Go on with a session that was interrupted [default: the latest such], by the clock its store has
    #[arg(long, value_name = "SESSION", conflicts_with_all = ["scenario", "ask", "fresh"])]
    #[expect(
        clippy::option_option,
        reason = "a flag that may be left out, with a value that may be left out"
    )]
    resume: Option<Option<SessionId>>,
    /// Each answer of a mind takes at least this long, in milliseconds, so that one can watch
    #[arg(long, value_name = "MS", conflicts_with = "virtual_time")]
    #[arg(value_parser = clap::value_parser!(u64).range(..=MAX_PACE_MS))]
    pace: Option<u64>,
    /// Play it in this process, not in the runtime that everybody shares; the store must be free
    #[arg(long)]
    in_process: bool,
    /// Play it in this process, with what is written on the disk at each `commit`, `interval=MS` later at most, or never:
    /// `memory`, in a new store that leaves nothing behind, no report either [default: commit]
    #[arg(long, value_name = "LEVEL")]
    durability: Option<Durability>,
    /// Tell only the result, not how it comes about
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    question: Question,
}

/// The help's last part, with what this organisation has to offer.
pub(super) fn help(organisation: &Organisation) -> String {
    let scenarios: Vec<&str> = organisation.scenarios().iter().map(|shipped| shipped.name).collect();
    let roles: Vec<String> = organisation.role_ids().iter().map(ToString::to_string).collect();
    let types: Vec<String> = organisation.decision_types().iter().map(ToString::to_string).collect();
    format!(
        "Scenarios: {}\nRoles: {}\nTypes: {}\n\n{EXAMPLES}",
        scenarios.join(", "),
        roles.join(", "),
        types.join(", ")
    )
}

/// What is to be played.
enum Wanted {
    New(Box<Scenario>),
    Rest(Rest),
}

/// Plays and reports.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, mut arguments: Arguments) -> Result<End, Failed> {
    let leaves_nothing = arguments.durability == Some(Durability::Memory);
    if leaves_nothing && (arguments.fresh || arguments.resume.is_some()) {
        let what = "--durability memory plays in a new store that is gone afterwards: leave --fresh and --resume out";
        return Err(Failed::Usage(what.to_owned()));
    }
    if arguments.all {
        return all::run(invocation, &arguments);
    }
    // Read before a store is touched.
    let scenario = match arguments.resume {
        Some(_) => None,
        None => Some(Box::new(scenario(invocation, &mut arguments)?)),
    };
    let place = invocation.place()?;
    let stopwatch = Stopwatch::new();
    let mut finished_first = Vec::new();
    let client = if is_shared(&arguments) {
        reach::host(&invocation.surroundings, &place, scenario.is_some())?
    } else {
        None
    };
    let (session, state): (SessionId, Reading) = if let Some(client) = client {
        let session =
            through(invocation, &arguments, &place, &client, scenario.as_deref(), &mut finished_first)?;
        client.refresh().map_err(Failed::because)?;
        (session, Reading::Hosted(client))
    } else {
        let (play, store) = match scenario {
            Some(scenario) => to_start(invocation, &arguments, scenario, &place)?,
            None => to_resume(&arguments, &place)?,
        };
        serve::note_doubt(invocation, &store);
        let played = perform(invocation, &arguments, &play, &place, &store, &mut finished_first)?;
        let Played::Ended(session) = played else {
            return Err(Failed::Interrupted(interrupted(played, &place)));
        };
        (session, Reading::own(store)?)
    };
    let duration_ms = u64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(u64::MAX);
    for session in finished_first {
        report_earlier(invocation, &place, &state, session)?;
    }
    let circumstances = Circumstances { store: (!leaves_nothing).then(|| place.shown()), duration_ms };
    let report = Report::of(&state, session, circumstances).map_err(Failed::because)?;
    if invocation.json {
        invocation.output.json(&report);
    } else {
        let before = if arguments.quiet { "" } else { "\n" };
        let next = if leaves_nothing { Vec::new() } else { next(&report, &place) };
        invocation.output.text(&format!("{before}{}", report.to_text(&next)));
    }
    if !leaves_nothing {
        let page = files::write(&place, &state, &report)?;
        if !invocation.json {
            invocation.output.text(&format!("\nreport   {}", page.display()));
        }
    }
    Ok(if report.expectations.held { End::Well } else { End::Otherwise })
}

/// Tells what came of a session that was interrupted and was finished before this one.
fn report_earlier(
    invocation: &mut Invocation<'_, '_>,
    place: &Place,
    state: &Reading,
    session: SessionId,
) -> Result<(), Failed> {
    let record = state.session(session).map_err(Failed::because)?;
    let Some(record) = record.filter(|record| record.end.is_some()) else { return Ok(()) };
    let circumstances =
        Circumstances { store: Some(place.shown()), duration_ms: files::duration_ms(&record) };
    let report = Report::of(state, session, circumstances).map_err(Failed::because)?;
    let page = files::write(place, state, &report)?;
    let held = if report.expectations.held { "" } else { ", which was not expected" };
    let outcome = report.outcome();
    invocation.output.note(&format!("{session} ended {outcome}{held}; its report is {}", page.display()));
    Ok(())
}

/// Whether the runtime that everybody shares may play it. What needs a store or minds of its own is played here.
fn is_shared(arguments: &Arguments) -> bool {
    let Arguments { fresh, virtual_time, pace, seed, in_process, durability, .. } = arguments;
    !(*fresh || *virtual_time || pace.is_some() || seed.is_some() || *in_process || durability.is_some())
}

/// Has the runtime play it.
fn through(
    invocation: &mut Invocation<'_, '_>,
    arguments: &Arguments,
    place: &Place,
    client: &Client,
    scenario: Option<&Scenario>,
    finished_first: &mut Vec<SessionId>,
) -> Result<SessionId, Failed> {
    let is_watched = !(arguments.quiet || invocation.json);
    let watched = if let Some(scenario) = scenario {
        hosted::start(invocation, place, client, scenario, is_watched, finished_first)?
    } else {
        let rest = Rest::find(client, arguments.resume.flatten(), place)?;
        hosted::resume(invocation, place, client, &rest, is_watched)?
    };
    match watched {
        Watched::Ended(session) => Ok(session),
        Watched::GoesOn(session) => Err(Failed::Interrupted(format!(
            "{session} goes on in the runtime, process {}; watch it with: {}",
            client.welcome().pid,
            place.command(&format!("watch {session}"))
        ))),
    }
}

/// What is to be played.
fn scenario(invocation: &mut Invocation<'_, '_>, arguments: &mut Arguments) -> Result<Scenario, Failed> {
    let organisation = invocation.organisation.clone();
    let asked = std::mem::take(&mut arguments.question);
    let Asked { scenario, notes } = match asked.ask.clone() {
        Some(text) => asked.scenario(&text, &organisation)?,
        None => Asked { scenario: read(arguments.scenario.as_deref(), &organisation)?, notes: Vec::new() },
    };
    for note in notes {
        let note = format!("note: {note}");
        if invocation.json { invocation.output.note(&note) } else { invocation.output.text(&note) }
    }
    Ok(scenario)
}

/// A new session, in a store that is there or is made.
fn to_start(
    invocation: &mut Invocation<'_, '_>,
    arguments: &Arguments,
    scenario: Box<Scenario>,
    place: &Place,
) -> Result<(Wanted, Arc<Store>), Failed> {
    let is_fresh = arguments.fresh || arguments.all;
    if is_fresh && let Some(aside) = place.make_room()? {
        invocation.output.note(&format!("the store that was there is now {}", aside.display()));
    }
    let clock = if arguments.virtual_time { ClockKind::Virtual } else { ClockKind::Real };
    let durability = arguments.durability.unwrap_or_default();
    let store = if durability == Durability::Memory {
        Store::in_memory(clock)
    } else {
        let (clock, fresh) = (Some(clock), is_fresh);
        place.open_as(&OpenOptions { clock, fresh, durability, ..OpenOptions::default() })
    };
    let store = Arc::new(store.map_err(Failed::because)?);
    Ok((Wanted::New(scenario), store))
}

/// The rest of a session, in the store that is there.
fn to_resume(arguments: &Arguments, place: &Place) -> Result<(Wanted, Arc<Store>), Failed> {
    let clock = arguments.virtual_time.then_some(ClockKind::Virtual);
    let durability = arguments.durability.unwrap_or_default();
    let options = OpenOptions { create: false, clock, durability, ..OpenOptions::default() };
    let store = Arc::new(place.open_as(&options).map_err(Failed::because)?);
    let refused = |what: &str| Err(Failed::Failure(format!("{}: {what}", place.shown())));
    match store.info().clock {
        ClockKind::Virtual if arguments.pace.is_some() => {
            return refused(
                "this store lives by virtual time, in which an answer takes no time: leave --pace out",
            );
        }
        ClockKind::Real if arguments.seed.is_some() => {
            return refused(
                "this store lives by real time, in which no seed picks the order: leave --seed out",
            );
        }
        ClockKind::Virtual | ClockKind::Real => {}
    }
    let snapshot = store.snapshot().map_err(Failed::because)?;
    let rest = Rest::find(&snapshot, arguments.resume.flatten(), place)?;
    Ok((Wanted::Rest(rest), store))
}

/// Runs the organisation from the start to the end, or until it is interrupted.
fn perform(
    invocation: &mut Invocation<'_, '_>,
    arguments: &Arguments,
    play: &Wanted,
    place: &Place,
    store: &Arc<Store>,
    finished_first: &mut Vec<SessionId>,
) -> Result<Played, Failed> {
    let organisation = invocation.organisation.clone();
    let mut at_once = format!(
        "stopped at once; what was acknowledged is in the store, and goes on with: {}",
        place.command("train --resume")
    );
    if invocation.json {
        at_once = output::failure(INTERRUPTION, &at_once);
    }
    let stop =
        if invocation.surroundings.is_interruptible { interrupt::listen(at_once)? } else { Stop::never() };
    let snapshot = store.snapshot().map_err(Failed::because)?;
    if let Wanted::New(_) = play {
        for session in training::interrupted(&snapshot).map_err(Failed::because)? {
            invocation.output.note(&format!("{} was interrupted; it is finished first", session.id));
            finished_first.push(session.id);
        }
    }
    let mut mind: Arc<dyn Mind> = Arc::new(RulesMind);
    if let Some(pace_ms) = arguments.pace {
        mind = Arc::new(Paced::new(mind, Duration::from_millis(pace_ms)));
    }
    let seed = arguments.seed.unwrap_or_default();
    let mut driver = Driver::start_with(organisation.clone(), store.clone(), mind, seed)?;
    driver.activate_all();
    let is_watched = !(arguments.quiet || arguments.all || invocation.json);
    if is_watched {
        invocation.output.text(&format!("{} agents ready", organisation.role_ids().len()));
    }
    let mut watching = match invocation.surroundings.terminal {
        _ if !is_watched => Watching::nothing(invocation.output),
        None => Watching::lines(invocation.output),
        Some(terminal) => {
            Watching::picture(invocation.output, terminal, organisation.config(), store.info().clock, false)
        }
    };
    let what = match play {
        Wanted::New(scenario) => Ok(Play::New(scenario)),
        Wanted::Rest(rest) => rest.recalled(&snapshot, &mut watching),
    };
    // One that is kept for the whole session would keep the store from using its space again.
    drop(snapshot);
    let played = what.and_then(|what| {
        driver.play(Playing { what, watcher: &mut watching, stop }).map_err(Failed::because)
    });
    drop(watching);
    let stopped = driver.stop();
    let played = played?;
    stopped.map(|()| played)
}

/// What whoever interrupted it is told.
fn interrupted(played: Played, place: &Place) -> String {
    let goes_on = place.command("train --resume");
    match played {
        Played::Ended(session) | Played::Stopped(session) => {
            format!("stopped; {session} goes on with: {goes_on}")
        }
        Played::NotStarted(Some(earlier)) => format!(
            "stopped while {earlier} was finished, before a new session was started; {earlier} goes on with: {goes_on}"
        ),
        Played::NotStarted(None) => {
            format!("stopped before a session was started; start one with: {}", place.command("train"))
        }
    }
}

/// What makes sense to type after this.
fn next(report: &Report, place: &Place) -> Vec<String> {
    let mut commands = Vec::new();
    if report.details.approval.is_some() {
        commands.push(place.command(APPROVALS));
    }
    commands.push(place.command("replay"));
    commands
}

/// The scenario that is meant: a shipped one by its name, otherwise a file; the default where none is named.
pub(super) fn read(wanted: Option<&str>, organisation: &Organisation) -> Result<Scenario, Failed> {
    let parse = |source: &str, yaml: &str| {
        let (roles, types) = (organisation.role_ids(), organisation.decision_types());
        Scenario::parse(source, yaml, &roles, &types).map_err(|error| Failed::Usage(error.to_string()))
    };
    let shipped = organisation.scenarios();
    let by_name = match wanted {
        None => shipped.first(),
        Some(name) => shipped.iter().find(|one| one.name == name),
    };
    if let Some(Shipped { name, yaml }) = by_name {
        return parse(name, yaml);
    }
    let wanted = wanted.unwrap_or_default();
    let path = Path::new(wanted);
    if !path.exists() {
        let names: Vec<&str> = shipped.iter().map(|one| one.name).collect();
        return Err(Failed::Usage(format!(
            "there is no scenario and no file `{wanted}`; the scenarios that are shipped are {}",
            names.join(", ")
        )));
    }
    parse(wanted, &text_of(path)?)
}

/// The text of a scenario file, which has a bounded size.
fn text_of(path: &Path) -> Result<String, Failed> {
    let refused = |why: &str| Failed::Usage(format!("cannot read the scenario {}: {why}", path.display()));
    let mut bytes = Vec::new();
    let limit = u64::try_from(Scenario::MAX_BYTES).unwrap_or(u64::MAX);
    let kind = std::fs::metadata(path).map_err(|cause| refused(&cause.to_string()))?;
    if !kind.is_file() {
        return Err(refused("it is not a regular file"));
    }
    File::open(path)
        .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|cause| refused(&cause.to_string()))?;
    if bytes.len() > Scenario::MAX_BYTES {
        return Err(refused(&format!("it has more than {} bytes", Scenario::MAX_BYTES)));
    }
    String::from_utf8(bytes).map_err(|cause| {
        refused(&format!("it is not UTF-8 text, from byte {} on", cause.utf8_error().valid_up_to() + 1))
    })
}
