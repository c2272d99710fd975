//! `connect`: the configuration by which an MCP client starts this program, printed or merged into the client's file.
//!
//! What always holds: printing changes nothing. Writing keeps everything else that the file holds, also what its user put
//! into an entry of ours, leaves a copy of what it was beside it, and changes nothing where the file says the same already.
//! A file that is no JSON, or has another program's server under a name of ours, is left alone.

pub(super) mod clients;
mod merge;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value, json};

use self::clients::Client;
use self::merge::Merged;
use super::{End, Failed, Invocation, look};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org connect claude-desktop                       print the configuration
  echo-org connect claude-desktop --write               merge it into the client's file
  echo-org connect claude-code --role ROLE --write      one role, in .mcp.json of this directory
  echo-org connect vscode --role ROLE --role ROLE --person --write

Without --role, --person and --delegator the client gets the tools of every role, each prefixed with its role. Paths
are whole ones, so it does not matter where the client starts. What was in the file before lies beside
it as FILE.before-1. What you add to an entry, such as env or disabled, is kept when it is written again.
Restart the client, or have it load its servers again. `echo-org doctor` checks it.";

/// The name under which every role's tools are entered.
const EVERYONE: &str = "echo";
/// The name under which a person's answers are entered.
const PERSON: &str = "echo-person";

/// The name under which the delegator is entered.
const DELEGATOR: &str = "echo-delegator";

/// What `connect` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The client
    #[arg(value_name = "CLIENT")]
    client: Client,
    /// An entry for this role alone; may be given several times
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,
    /// An entry by which a person answers what waits for one
    #[arg(long)]
    person: bool,
    /// An entry that picks who is needed for a piece of work, and gives them tasks
    #[arg(long)]
    delegator: bool,
    /// Merge it into the client's file instead of printing it
    #[arg(long)]
    write: bool,
    /// The client's file, where it is another than usual
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
}

/// What was printed or written.
#[derive(Serialize)]
struct Connected {
    client: Client,
    file: String,
    /// The names of the entries.
    entries: Vec<String>,
    /// What the file is to hold, where it was printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<Value>,
    /// Whether the file was changed.
    changed: bool,
    /// Where what was there before lies.
    backup: Option<String>,
}

/// Prints or writes.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let Arguments { client, role, person, delegator, write, file } = arguments;
    let entries = entries(invocation, role, *person, *delegator)?;
    let file = match file {
        Some(file) => whole(file)?,
        None => client.file(&invocation.surroundings)?,
    };
    if file.is_relative() {
        let shown = file.display();
        return Err(Failed::Failure(format!(
            "{shown} is no whole path: set HOME to one, or name the file with --file PATH"
        )));
    }
    let names: Vec<String> = entries.keys().cloned().collect();
    let configuration = json!({ client.key(): entries.clone() });
    let mut told = Connected {
        client: *client,
        file: file.display().to_string(),
        entries: names,
        configuration: None,
        changed: false,
        backup: None,
    };
    if !write {
        if invocation.json {
            told.configuration = Some(configuration);
            invocation.output.json(&told);
        } else {
            invocation.output.note(&format!("for {}; `--write` merges it there", told.file));
            invocation.output.text(&serde_json::to_string_pretty(&configuration).unwrap_or_default());
        }
        return Ok(End::Well);
    }
    match merge::write(&file, client.key(), entries)? {
        Merged::Same => {}
        Merged::Written { backup } => {
            told.changed = true;
            told.backup = backup.map(|path| path.display().to_string());
        }
    }
    if invocation.json {
        invocation.output.json(&told);
        return Ok(End::Well);
    }
    let names = told.entries.join(", ");
    invocation.output.text(&match (told.changed, &told.backup) {
        (false, _) => format!("{} has {names} already; nothing was changed", told.file),
        (true, None) => format!("{} is made, with {names}; restart the client", told.file),
        (true, Some(backup)) => {
            format!("{} has {names} now; restart the client. What it was lies in {backup}", told.file)
        }
    });
    Ok(End::Well)
}

/// The entries by their names.
fn entries(
    invocation: &Invocation<'_, '_>,
    roles: &[String],
    person: bool,
    delegator: bool,
) -> Result<Map<String, Value>, Failed> {
    let program = invocation.surroundings.program.as_deref().ok_or_else(|| {
        Failed::Failure(
            "where this program lies is not known, so no client can be told to start it".to_owned(),
        )
    })?;
    let program = named("this program", program)?;
    let store = named("the store", &whole(invocation.place()?.path())?)?;
    let entry = |door: &[&str]| {
        let arguments = [&["mcp", "--store", store.as_str()], door].concat();
        json!({ "type": "stdio", "command": program, "args": arguments })
    };
    let mut entries = Map::new();
    for role in roles {
        let role = look::role(&invocation.organisation, "--role", role)?;
        entries.insert(format!("{EVERYONE}-{role}"), entry(&["--role", role.as_str()]));
    }
    if person {
        entries.insert(PERSON.to_owned(), entry(&["--person"]));
    }
    if delegator {
        entries.insert(DELEGATOR.to_owned(), entry(&["--delegator"]));
    }
    if entries.is_empty() {
        entries.insert(EVERYONE.to_owned(), entry(&[]));
    }
    Ok(entries)
}

/// A path as a client's file can name it: JSON has no words for other bytes, and a client starts its servers wherever it
/// happens to be.
fn named(what: &str, path: &Path) -> Result<String, Failed> {
    let refused = |why: &str| {
        Failed::Failure(format!(
            "{what} lies at {}, {why}, so a client's file cannot name it: move it",
            path.display()
        ))
    };
    let text = path.to_str().ok_or_else(|| refused("which is no UTF-8"))?;
    if path.is_relative() {
        return Err(refused("which is no whole path"));
    }
    Ok(text.to_owned())
}

/// The whole path.
fn whole(file: &Path) -> Result<PathBuf, Failed> {
    std::path::absolute(file)
        .map_err(|cause| Failed::Failure(format!("cannot look for {}: {cause}", file.display())))
}
