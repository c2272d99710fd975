//! `mcp`: an MCP server on the standard input and output, for the client that starts it.
//!
//! What always holds: the standard output carries the protocol and nothing else. No store is opened here: the runtime has
//! it, and one is started when the client says something and none is up.

use std::os::unix::net::UnixStream;

use crate::doors::mcp::bridge;
use crate::doors::mcp::door::Door;

use super::place::Place;
use super::{End, Failed, Invocation, look, reach};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org mcp                    the tools of every role, each prefixed with its role
  echo-org mcp --role ROLE        those of one role, under their own names
  echo-org mcp --person           what waits for a person, and that person's answers

A client such as a desktop assistant or an editor starts this and talks to it. It ends when the client
closes its input. When the runtime behind it is stopped or replaced it goes on with the next.";

/// What `mcp` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Act as this role, whose tools have their own names
    #[arg(long, value_name = "ROLE", conflicts_with = "person")]
    role: Option<String>,
    /// Give a person's answers, and have no tool of an agent
    #[arg(long)]
    person: bool,
}

/// Carries messages until the client has said all.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let door = match &arguments.role {
        Some(name) => Door::Role(look::role(&invocation.organisation, "--role", name)?),
        None if arguments.person => Door::Person,
        None => Door::Everyone,
    };
    let place = invocation.place()?;
    let dial = || dial(invocation, &place, &door).map_err(|failed| failed.to_string());
    bridge::run(dial, std::io::stdin().lock(), std::io::stdout());
    Ok(End::Well)
}

/// A connection to the runtime that carries lines, of one that is started where none is up.
fn dial(invocation: &Invocation<'_, '_>, place: &Place, door: &Door) -> Result<UnixStream, Failed> {
    let client = reach::host(invocation, place, true)?.ok_or_else(|| {
        let why = "an MCP client is served by a runtime, and this store has none: it lives by virtual time, or \
                   ECHO_IN_PROCESS is set; name another with --store, or unset that";
        Failed::Failure(why.to_owned())
    })?;
    client.into_mcp(door.clone()).map_err(Failed::because)
}
