//! `tools`: lists the tools of all roles or of one, or shows one with its schemas.
//!
//! What always holds: no store is looked for; everything told here is taken from the tools' own declarations.

use echo_storage::names::RoleId;
use serde::Serialize;
use serde_json::Value;

use super::look;
use super::names::word;
use super::table::{Side, Table};
use super::{End, Failed, Invocation, PROGRAM, listing};
use crate::organisation::Organisation;
use crate::text_page::TextPage;
use crate::tool::{Class, Tool};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org tools                      every tool, and whose it is
  echo-org tools ROLE                 the tools of a role
  echo-org tools ROLE cast_vote       what it takes and answers, as JSON Schemas

A tool reads (it answers from the store and changes nothing), decides (by the authority of its role),
computes (its answer is worked out and kept) or generates (its answer comes from a mind).
`echo-org tool ROLE TOOL` calls one.";

/// What `tools` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The role whose tools are listed
    #[arg(value_name = "ROLE")]
    role: Option<String>,
    /// The tool of it that is shown in full
    #[arg(value_name = "TOOL")]
    tool: Option<String>,
}

/// What a tool's answer rests on, and whether a call of it is a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Reads,
    Decides,
    Computes,
    Generates,
}

impl Kind {
    pub(super) fn of(tool: &Tool) -> Self {
        match tool.class() {
            _ if tool.only_reads() => Self::Reads,
            Class::Decides => Self::Decides,
            Class::Computes => Self::Computes,
            Class::Generates => Self::Generates,
        }
    }
}

/// The tools, each once, in the order of the roles.
#[derive(Serialize)]
struct List {
    tools: Vec<Row>,
}

/// A tool in a line.
#[derive(Serialize)]
struct Row {
    tool: &'static str,
    /// The roles that have it, in their order.
    roles: Vec<RoleId>,
    kind: Kind,
    description: &'static str,
}

/// A tool in full.
#[derive(Serialize)]
struct Full<'a> {
    tool: &'static str,
    role: &'a RoleId,
    kind: Kind,
    description: &'static str,
    input_schema: Value,
    output_schema: Value,
}

/// Lists or shows.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let organisation = invocation.organisation.clone();
    let role = arguments.role.as_deref().map(|name| look::role(&organisation, "ROLE", name)).transpose()?;
    match (&role, &arguments.tool) {
        (Some(role), Some(name)) => show(invocation, role, find(&organisation, role, name)?),
        _ => list(invocation, &organisation, role.as_ref()),
    }
    Ok(End::Well)
}

/// The tool of a role that has this name.
pub(super) fn find<'a>(
    organisation: &'a Organisation,
    role: &RoleId,
    name: &str,
) -> Result<&'a Tool, Failed> {
    let tools = organisation.tools(role);
    let names: Vec<&str> = tools.iter().map(Tool::name).collect();
    tools.iter().find(|tool| tool.name() == name).ok_or_else(|| {
        Failed::Usage(format!("TOOL: {role} has no tool `{name}`; it has {}", names.join(", ")))
    })
}

fn list(invocation: &mut Invocation<'_, '_>, organisation: &Organisation, only: Option<&RoleId>) {
    let mut rows: Vec<Row> = Vec::new();
    for role in organisation.role_ids().into_iter().filter(|role| only.is_none_or(|only| only == role)) {
        for tool in organisation.tools(&role) {
            match rows.iter_mut().find(|row| row.tool == tool.name()) {
                Some(row) => row.roles.push(role.clone()),
                None => rows.push(Row {
                    tool: tool.name(),
                    roles: vec![role.clone()],
                    kind: Kind::of(tool),
                    description: tool.description(),
                }),
            }
        }
    }
    if invocation.json {
        invocation.output.json(&List { tools: rows });
        return;
    }
    let all = organisation.role_ids().len();
    let mut table = Table::new([
        ("TOOL", Side::Left),
        ("OF", Side::Left),
        ("KIND", Side::Left),
        ("WHAT IT DOES", Side::Left),
    ]);
    for Row { tool, roles, kind, description } in &rows {
        let of = match roles.as_slice() {
            roles if roles.len() == all && all > 1 => "every role".to_owned(),
            roles => roles.iter().map(RoleId::as_str).collect::<Vec<_>>().join(", "),
        };
        table.row([(*tool).to_owned(), of, word(kind), first_sentence(description)]);
    }
    listing::tell(invocation, (!rows.is_empty()).then_some(&table), "there are no tools", None);
}

/// As much of a description as fits beside a name.
fn first_sentence(description: &str) -> String {
    let end = description.find(". ").map_or(description.len(), |end| end + 1);
    description.get(..end).unwrap_or(description).to_owned()
}

fn show(invocation: &mut Invocation<'_, '_>, role: &RoleId, tool: &Tool) {
    let (input_schema, output_schema) = (tool.input_schema(), tool.output_schema());
    let (name, kind, description) = (tool.name(), Kind::of(tool), tool.description());
    if invocation.json {
        let full = Full { tool: name, role, kind, description, input_schema, output_schema };
        invocation.output.json(&full);
        return;
    }
    let mut page = TextPage::default();
    page.hanging(&format!("{name}  "), &format!("{} ({role})", word(&kind)));
    page.indented(description);
    for (heading, schema) in [("TAKES", input_schema), ("ANSWERS", output_schema)] {
        page.heading(heading);
        for line in serde_json::to_string_pretty(&schema).unwrap_or_default().lines() {
            page.line(&format!("  {line}"));
        }
    }
    page.next(&[format!("{PROGRAM} tool {role} {name} --args @arguments.json")]);
    invocation.output.text(&page.into_text());
}
