//! `token`: what a client on HTTP shows at its door.
//!
//! What always holds: one door's token is printed, by which no other door opens, and none where no runtime would take it.
//! Nothing is made or changed.

use serde::Serialize;

use super::door::DoorArguments;
use super::{End, Failed, Invocation, reach};
use crate::doors::token::Token;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org token --role ROLE             that of /mcp/ROLE
  echo-org token --person                that of /mcp/person
  echo-org token --delegator             that of /mcp/delegator
  echo-org token                         that of /mcp, the tools of every role

A client on HTTP sends it with each request: `Authorization: Bearer TOKEN`. It opens its own door
and no other, and holds for as long as the runtime that `serve --tcp` has started: the next one
has others.";

/// What `token` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    door: DoorArguments,
}

/// What is printed.
#[derive(Serialize)]
struct Told {
    /// The path of the door.
    door: String,
    token: String,
}

/// Prints a door's token.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let door = arguments.door.door(&invocation.organisation)?;
    let place = invocation.place()?;
    let file = place.address(&invocation.surroundings)?.token;
    let none = || {
        Failed::Failure(format!(
            "no runtime of {} listens on TCP, so there is no token; start one with `{}`",
            place.shown(),
            place.command("serve --tcp PORT")
        ))
    };
    // That of one that was killed is still there.
    if reach::find(&invocation.surroundings, &place)?.is_none() {
        return Err(none());
    }
    let store = match std::fs::read_to_string(&file) {
        Ok(text) => Token::new(text),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Err(none()),
        Err(cause) => return Err(Failed::Failure(format!("cannot read {}: {cause}", file.display()))),
    };
    let told = Told { door: door.path(), token: store.of_door(&door).text().to_owned() };
    if invocation.json {
        invocation.output.json(&told);
    } else {
        invocation.output.text(&told.token);
    }
    Ok(End::Well)
}
