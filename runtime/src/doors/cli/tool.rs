//! `tool`: calls a tool in a role's name.
//!
//! What always holds: the caller is the role that is named and never an argument's; what is no JSON is refused before a
//! store is looked for; a tool that only reads is answered from a snapshot, so that looking makes no step.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use echo_storage::Input;
use echo_storage::names::RoleId;
use echo_storage::records::Party;
use serde_json::Value;

use super::look;
use super::reach::{Acting, Reading};
use super::send;
use super::tools;
use super::{End, Failed, Invocation};
use crate::engine::Asked;
use crate::tool::{self, MAX_ARGUMENTS_BYTES, Tool};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org tool ROLE decision_status --args '{\"decision\": \"dec-1\"}'
  echo-org tool ROLE recall --args '{\"words\": \"vendor late\"}' --json
  echo-org tool ROLE cast_vote --args @ballot.json
  echo-org tool ROLE remember --args - < note.json

`echo-org tools ROLE TOOL` shows what a tool takes and answers. What is refused ends with 1 and the
path of what was wrong, what is no JSON with 2 and its place. With --key, a call that is made again is
not made twice.";

/// What `tool` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The role that calls
    #[arg(value_name = "ROLE")]
    role: String,
    /// The tool that it calls
    #[arg(value_name = "TOOL")]
    tool: String,
    /// Its arguments: a JSON object, `@FILE` to read them there, `-` to read the standard input [default: {}]
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    args: Option<String>,
    /// A name of your own for this call: made again under it, it is not made twice
    #[arg(long, value_name = "KEY", value_parser = send::key)]
    key: Option<String>,
}

/// Calls.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: Arguments) -> Result<End, Failed> {
    let organisation = invocation.organisation.clone();
    let role = look::role(&organisation, "ROLE", &arguments.role)?;
    let tool = tools::find(&organisation, &role, &arguments.tool)?;
    let given = parsed(&text(arguments.args.as_deref())?)?;
    if tool.only_reads() && arguments.key.is_some() {
        let what = format!("--key: {} only reads, so that calling it again changes nothing", tool.name());
        return Err(Failed::Usage(what));
    }
    let answer = if tool.only_reads() {
        read(invocation, tool, role, given)?
    } else {
        act(invocation, tool, role, &given, arguments.key)?
    };
    if invocation.json {
        invocation.output.json(&answer.get("structured"));
    } else {
        invocation.output.text(answer.get("text").and_then(Value::as_str).unwrap_or_default());
    }
    Ok(End::Well)
}

fn read(invocation: &Invocation<'_, '_>, tool: &Tool, role: RoleId, given: Value) -> Result<Value, Failed> {
    let place = invocation.place()?;
    let state = Reading::open(invocation, &place)?;
    tool.look(&state, role, given).map_err(Failed::because)
}

fn act(
    invocation: &Invocation<'_, '_>,
    tool: &Tool,
    role: RoleId,
    given: &Value,
    key: Option<String>,
) -> Result<Value, Failed> {
    let place = invocation.place()?;
    let mut acting = Acting::open(invocation, &place)?;
    let input =
        Input::Call { caller: Party::Role(role), tool: tool.name().to_owned(), arguments: given.to_string() };
    let done = acting.submit(invocation, Asked { key, ..input.into() });
    acting.close()?;
    let none = || Failed::Failure(format!("{} was called, and nothing said what came of it", tool.name()));
    let entry = done?;
    serde_json::from_str(entry.reply().ok_or_else(none)?).map_err(|_| none())
}

/// The text of the arguments.
fn text(args: Option<&str>) -> Result<String, Failed> {
    let failed =
        |what: &str, cause: &io::Error| Failed::Usage(format!("--args: cannot read {what}: {cause}"));
    let (what, read) = match args {
        None => return Ok("{}".to_owned()),
        Some("-") => ("the standard input".to_owned(), bounded(io::stdin().lock())),
        Some(text) => match text.strip_prefix('@') {
            None => (String::new(), Ok(text.to_owned())),
            Some(path) => (path.to_owned(), File::open(Path::new(path)).and_then(bounded)),
        },
    };
    let text = read.map_err(|cause| failed(&what, &cause))?;
    match tool::too_long(text.len()) {
        Some(why) => Err(Failed::Usage(format!("--args: {why}"))),
        None => Ok(text),
    }
}

fn bounded(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(MAX_ARGUMENTS_BYTES as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

fn parsed(text: &str) -> Result<Value, Failed> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or_default();
        Failed::Usage(format!("--args: line {line}, column {column}: it is no JSON: {why}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        let check = |text: &str, expected: &str| match parsed(text) {
            Ok(read) => assert_eq!(read.to_string(), expected),
            Err(error) => assert!(error.to_string().contains(expected), "{error}"),
        };
        check("{\"a\": 1}", "{\"a\":1}");
        check("{\n  \"a\": 1,\n}", "--args: line 3, column 1: it is no JSON: trailing comma");
        check("", "line 1, column 0: it is no JSON: EOF while parsing a value");
        check("{'a': 1}", "line 1, column 2: it is no JSON: key must be a string");
    }

    #[test]
    fn arguments_are_a_text_or_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("arguments.json");
        std::fs::write(&file, "{\"b\": 2}").unwrap();
        let at = format!("@{}", file.display());
        assert_eq!(text(None).unwrap(), "{}");
        assert_eq!(text(Some("{\"a\": 1}")).unwrap(), "{\"a\": 1}");
        assert_eq!(text(Some(&at)).unwrap(), "{\"b\": 2}");
        assert!(text(Some("@missing.json")).unwrap_err().to_string().contains("cannot read missing.json"));
        std::fs::write(&file, vec![b' '; MAX_ARGUMENTS_BYTES + 1]).unwrap();
        assert!(text(Some(&at)).unwrap_err().to_string().contains("at most 131072 are taken"));
    }
}
