//! `mcp`: an MCP server on the standard input and output, for the client that starts it.
//!
//! What always holds: the standard output carries the protocol and nothing else. No store is opened here: the runtime has
//! it, and one is started when the client asks something and none is up.
//!
//! A client starts one of these for each of its entries, so each should take little. Most of what a process takes are the
//! pages of the program that it has run, and to read a command line in full, with the help of every command, takes more of
//! them than to carry lines. So what clients are set up with is read by [`begun`], which gives up on anything else; and what
//! it takes to start a runtime, such as looking into the store, another process does that then ends.

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use echo_storage::names::RoleId;

use crate::doors::mcp::bridge::{self, NoRuntime};
use crate::doors::mcp::door::Door;
use crate::doors::socket::plain;

use super::door::DoorArguments;
use super::place::{Place, Surroundings};
use super::{ERROR, End, Failed, Invocation, reach};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org mcp                    the tools of every role, each prefixed with its role
  echo-org mcp --role ROLE        those of one role, under their own names
  echo-org mcp --person           what waits for a person, and that person's answers
  echo-org mcp --delegator        picks who is needed for a piece of work, and gives them tasks

A client such as a desktop assistant or an editor starts this and talks to it. It ends when the client
closes its input. When the runtime behind it is stopped or replaced it goes on with the next.";

/// What `mcp` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    door: DoorArguments,
    /// See to it that a runtime is up, and serve nobody: what a bridge has another process do for it
    #[arg(long, hide = true, conflicts_with_all = ["role", "person", "delegator"])]
    start: bool,
}

/// Why there is no runtime where there never is one.
const NO_RUNTIME: &str = "an MCP client is served by a runtime, and this store has none: it lives by virtual time, or \
                          ECHO_IN_PROCESS is set; name another with --store, or unset that";
/// Why there is none where one was up a moment ago.
const LEFT_AGAIN: &str = "the runtime left as soon as it was up: ask again, and where that ends the same, its log beside the store says why";

/// What a bridge asks of the process that starts the runtime for it.
const START: &str = "--start";

/// Carries messages until the client has said all.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    if arguments.start {
        let place = invocation.place()?;
        return host(&invocation.surroundings, &place).map(|()| End::Well);
    }
    let door = arguments.door.door(&invocation.organisation)?;
    let place = invocation.place()?;
    carry(&invocation.surroundings, &place, &door);
    Ok(End::Well)
}

/// Does the same where the arguments of this process are those that clients are set up with. Where they are not, or there is
/// something to say about them, it does nothing and says no.
pub(super) fn begun(roles: &[&str]) -> bool {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let Some(Usual { door, store }) = Usual::of(&arguments, roles) else { return false };
    let surroundings = Surroundings::of_process();
    let Ok(place) = Place::find(store.as_deref(), &surroundings) else { return false };
    carry(&surroundings, &place, &door);
    true
}

/// What the usual arguments ask for.
#[derive(Debug, PartialEq, Eq)]
struct Usual {
    door: Door,
    store: Option<PathBuf>,
}

impl Usual {
    /// What these arguments ask for; nothing where one is unusual, wrong or given twice.
    fn of(arguments: &[OsString], roles: &[&str]) -> Option<Self> {
        let (first, rest) = arguments.split_first()?;
        if first != "mcp" {
            return None;
        }
        let (mut door, mut store) = (None, None);
        let mut rest = rest.iter();
        while let Some(argument) = rest.next() {
            let twice = match argument.to_str()? {
                "--store" => store.replace(value(rest.next())?).is_some(),
                "--role" => {
                    let name = value(rest.next())?.to_str()?;
                    let role = roles.contains(&name).then(|| RoleId::new(name).ok()).flatten()?;
                    door.replace(Door::Role(role)).is_some()
                }
                "--person" => door.replace(Door::Person).is_some(),
                "--delegator" => door.replace(Door::Delegator).is_some(),
                _ => return None,
            };
            if twice {
                return None;
            }
        }
        let store = store.map(|store| Path::new(store).to_owned());
        Some(Self { door: door.unwrap_or(Door::Everyone), store })
    }
}

/// The value of an option; nothing where it is missing, empty or looks like an option.
fn value(argument: Option<&OsString>) -> Option<&OsString> {
    argument.filter(|value| !value.is_empty() && !value.as_encoded_bytes().starts_with(b"-"))
}

/// Carries what a client says to the runtime of a store, and back.
fn carry(surroundings: &Surroundings, place: &Place, door: &Door) {
    let dial = || dial(surroundings, place, door).map_err(|failed| no_runtime(failed.to_string()));
    bridge::run(dial, std::io::stdin().lock(), std::io::stdout());
}

/// Why there is none, which the process that was to start one may have said in words.
fn no_runtime(why: String) -> NoRuntime {
    NoRuntime { may_change: why != NO_RUNTIME, why }
}

/// A connection to the runtime that carries lines, of one that is started where none is up.
fn dial(surroundings: &Surroundings, place: &Place, door: &Door) -> Result<UnixStream, Failed> {
    let address = place.address(surroundings)?;
    if let Some(stream) = plain::lines(&address, door) {
        return Ok(stream);
    }
    if let Some(program) = surroundings.program.as_ref().filter(|_| !surroundings.in_process) {
        start(program, &address.store)?;
        if let Some(stream) = plain::lines(&address, door) {
            return Ok(stream);
        }
    }
    // It may have left again, or is none that this program can talk to: then this says so.
    let client = reach::find(surroundings, place)?.ok_or_else(|| {
        let why =
            if surroundings.in_process || surroundings.program.is_none() { NO_RUNTIME } else { LEFT_AGAIN };
        Failed::Failure(why.to_owned())
    })?;
    client.into_mcp(door.clone()).map_err(Failed::because)
}

/// Has another process see to it that a runtime is up: what that takes in memory goes with it.
fn start(program: &Path, store: &Path) -> Result<(), Failed> {
    let mut command = Command::new(program);
    command.args(["mcp", START, "--store"]).arg(store).stdin(Stdio::null());
    // Each of its waits has an end, so it has one.
    let done = command.output().map_err(|cause| {
        Failed::Failure(format!("cannot start {}, which starts the runtime: {cause}", program.display()))
    })?;
    if done.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&done.stderr);
    let why = why.trim();
    Err(Failed::Failure(why.strip_prefix(ERROR).unwrap_or(why).to_owned()))
}

/// Sees to it that a runtime is up.
fn host(surroundings: &Surroundings, place: &Place) -> Result<(), Failed> {
    match reach::host(surroundings, place, true)? {
        Some(_) => Ok(()),
        None => Err(Failed::Failure(NO_RUNTIME.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::super::{Arguments, Command as Asked, Common};
    use super::{OsString, RoleId, Usual};

    const ROLES: [&str; 2] = ["head", "clerk"];

    /// What the command line makes of arguments.
    fn in_full(arguments: &[&str]) -> Option<Usual> {
        let line = std::iter::once("echo-org").chain(arguments.iter().copied());
        let parsed = <Arguments as clap::CommandFactory>::command().try_get_matches_from(line).ok()?;
        let Arguments { common: Common { store, .. }, command } =
            Arguments::from_arg_matches(&parsed).ok()?;
        let Asked::Mcp(arguments) = command else { return None };
        Some(Usual { door: arguments.door.of(RoleId::new).ok()?, store })
    }

    #[test]
    fn the_usual_arguments_mean_what_they_mean_in_full() {
        let check = |line: &str, is_usual: bool| {
            let arguments: Vec<&str> = line.split_whitespace().collect();
            let os: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            let usual = Usual::of(&os, &ROLES);
            assert_eq!(usual.is_some(), is_usual, "{line}");
            if is_usual {
                assert_eq!(usual, in_full(&arguments), "{line}");
            }
        };
        check("mcp", true);
        check("mcp --store /a/org.redb", true);
        check("mcp --store /a/org.redb --role head", true);
        check("mcp --role clerk --store org.redb", true);
        check("mcp --person --store org.redb", true);
        check("mcp --delegator --store org.redb", true);
        for unusual in [
            "",
            "status",
            "mcp --help",
            "mcp --json",
            "mcp --start",
            "mcp --role",
            "mcp --role janitor",
            "mcp --role=head",
            "mcp --role head --person",
            "mcp --person --delegator",
            "mcp --role head --role head",
            "mcp --store",
            "mcp --store --person",
            "mcp --store a --store b",
            "mcp head",
            "--store a mcp",
        ] {
            check(unusual, false);
        }
    }
}
