//! `scenarios`: lists the scenarios that are shipped, prints one, or writes a template for one's own.
//!
//! What always holds: no store is looked for; a file that is there is never overwritten; a template that was written
//! parses and plays as it is.

mod template;

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use echo_storage::names::{DecisionType, RoleId};
use echo_storage::quantities::Usd;
use serde::Serialize;

use super::listing;
use super::place::quoted;
use super::table::{Side, Table};
use super::{End, Failed, Invocation, PROGRAM};
use crate::organisation::{Organisation, Shipped};
use crate::training::Scenario;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org scenarios
  echo-org scenarios new my-question
  echo-org train ./my-question.yaml";

pub(super) const NEW_EXAMPLES: &str = "\
Examples:
  echo-org scenarios new my-question
  echo-org scenarios new my-question --output ./scenarios/my-question.yaml

A file that is there is never overwritten.";

/// What `scenarios` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print the YAML of a shipped scenario
    Show {
        /// Its name, as `scenarios` lists it
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Write a template that explains every field
    #[command(after_help = NEW_EXAMPLES)]
    New {
        /// Its name: lower-case letters, digits, `-` and `_`
        #[arg(value_name = "NAME")]
        name: String,
        /// The file [default: NAME.yaml]
        #[arg(long, value_name = "PATH")]
        output: Option<PathBuf>,
    },
}

/// The scenarios that are shipped; the first is the default of `train`.
#[derive(Serialize)]
struct List {
    scenarios: Vec<Row>,
}

/// A scenario in a line.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    title: String,
    initiator: RoleId,
    #[serde(rename = "type")]
    kind: DecisionType,
    /// Null where no amount is given.
    amount_usd: Option<Usd>,
}

/// A scenario as it is shipped.
#[derive(Serialize)]
struct Shown {
    name: &'static str,
    yaml: &'static str,
}

/// A template that was written.
#[derive(Serialize)]
struct Written {
    name: String,
    file: PathBuf,
    command: String,
}

/// Lists, prints or writes.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: Arguments) -> Result<End, Failed> {
    match arguments.what {
        None => list(invocation),
        Some(What::Show { name }) => show(invocation, &name),
        Some(What::New { name, output }) => new(invocation, name, output),
    }
}

fn parse(organisation: &Organisation, source: &str, yaml: &str) -> Result<Scenario, Failed> {
    let (roles, types) = (organisation.role_ids(), organisation.decision_types());
    Scenario::parse(source, yaml, &roles, &types).map_err(Failed::because)
}

fn list(invocation: &mut Invocation<'_, '_>) -> Result<End, Failed> {
    let organisation = &invocation.organisation;
    let row = |Shipped { name, yaml }: &Shipped| {
        let scenario = parse(organisation, name, yaml)?;
        Ok(Row {
            name,
            title: scenario.title,
            initiator: scenario.proposal.initiator,
            kind: scenario.proposal.kind,
            amount_usd: scenario.proposal.context.budget,
        })
    };
    let rows = organisation.scenarios().iter().map(row).collect::<Result<Vec<_>, Failed>>()?;
    if invocation.json {
        invocation.output.json(&List { scenarios: rows });
        return Ok(End::Well);
    }
    let mut table = Table::new([
        ("NAME", Side::Left),
        ("INITIATOR", Side::Left),
        ("TYPE", Side::Left),
        ("AMOUNT", Side::Right),
        ("TITLE", Side::Left),
    ]);
    for row in rows {
        let amount = row.amount_usd.map(|amount| amount.to_string()).unwrap_or_default();
        table.row([row.name.to_owned(), row.initiator.to_string(), row.kind.to_string(), amount, row.title]);
    }
    listing::tell(invocation, Some(&table), "", None);
    Ok(End::Well)
}

fn show(invocation: &mut Invocation<'_, '_>, name: &str) -> Result<End, Failed> {
    let shipped = invocation.organisation.scenarios();
    let Some(Shipped { name, yaml }) = shipped.iter().find(|one| one.name == name) else {
        return Err(super::ask::unknown("NAME", "scenario", name, shipped.iter().map(|one| one.name)));
    };
    if invocation.json {
        invocation.output.json(&Shown { name, yaml });
    } else {
        invocation.output.verbatim(yaml);
    }
    Ok(End::Well)
}

fn new(invocation: &mut Invocation<'_, '_>, name: String, output: Option<PathBuf>) -> Result<End, Failed> {
    let yaml = template::of(&invocation.organisation, &name)?;
    // The name is part of the file, so a name that is none is found by reading it.
    if let Err(error) = parse(&invocation.organisation, "NAME", &yaml) {
        return Err(Failed::Usage(format!("a scenario cannot be called `{name}`: {error}")));
    }
    let file = output.unwrap_or_else(|| PathBuf::from(format!("{name}.yaml")));
    let written = File::create_new(&file).and_then(|mut made| made.write_all(yaml.as_bytes()));
    written.map_err(|cause| {
        let path = file.display();
        Failed::Failure(if cause.kind() == ErrorKind::AlreadyExists {
            format!("{path} is there already and was left as it is; name another file with --output")
        } else {
            format!("cannot write {path}: {cause}")
        })
    })?;
    // A path without a directory would be taken for a shipped scenario's name where there is one of that name.
    let path = if file.components().count() == 1 { PathBuf::from(".").join(&file) } else { file };
    let command = format!("{PROGRAM} train {}", quoted(&path));
    if invocation.json {
        invocation.output.json(&Written { name, file: path, command });
    } else {
        invocation.output.text(&format!("wrote {}\n\n{command}", path.display()));
    }
    Ok(End::Well)
}
