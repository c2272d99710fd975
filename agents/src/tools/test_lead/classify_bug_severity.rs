//! `classify_bug_severity`: P0 to P4, from impact, frequency and workaround, by the matrix of `severity.rs`.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_LINE_CHARS};
use crate::tools::register;
use crate::tools::severity::{Frequency, Impact, Severity, severity};

const NAME: &str = "classify_bug_severity";
const DESCRIPTION: &str = "Classifies a bug from P0 to P4 by what it does, to how many, and whether there is a way around it; \
answers with the open bugs, the worst first. A P0 in production is an incident, which is for a person: put it up with the \
matter production_incident.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, classify)
}

#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The bug, in one line; one of the same name is classified anew.
    #[schemars(length(min = 1, max = 200))]
    bug: String,
    /// What it does to whom it meets.
    impact: Impact,
    /// How many of those who could meet it do.
    frequency: Frequency,
    /// Whether there is another way to get done what it is in the way of.
    workaround: bool,
    /// Whether it is in what users have.
    #[serde(default)]
    in_production: bool,
    /// Whether it is mended.
    #[serde(default)]
    mended: bool,
}

#[derive(Serialize, JsonSchema)]
struct Classified {
    /// The item that was recorded.
    work: WorkId,
    /// How bad it is.
    severity: Severity,
    /// Whether it is an incident, which is for a person.
    is_incident: bool,
    /// The bugs that are not mended, the worst first, equals by name.
    open: Vec<Open>,
    /// How many items of the register could not be read.
    unread: usize,
}

/// A bug that is not mended.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Open {
    /// How bad it is.
    severity: Severity,
    /// The bug.
    bug: String,
}

impl fmt::Display for Classified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.work, self.severity)?;
        if self.is_incident {
            f.write_str(
                ", an incident in production: put it to a person with the matter production_incident",
            )?;
        }
        self.open.iter().try_for_each(|Open { severity, bug }| write!(f, "\n{severity} {bug}"))
    }
}

fn classify(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Classified, Failure> {
    bounds::text("bug", &arguments.bug, MAX_LINE_CHARS)?;
    let work = register::record(call, NAME, &arguments.bug, &arguments)?;
    let register = register::read::<Arguments>(call.turn.state(), NAME)?;
    let severity = of(&arguments);
    let is_incident = severity == Severity::P0 && arguments.in_production && !arguments.mended;
    let open = open(register.items.into_iter().map(|item| item.facts).collect());
    Ok(Classified { work, severity, is_incident, open, unread: register.unread })
}

fn of(bug: &Arguments) -> Severity {
    severity(bug.impact, bug.frequency, bug.workaround)
}

/// What is not mended, the worst first.
fn open(bugs: Vec<Arguments>) -> Vec<Open> {
    let unmended = bugs.into_iter().filter(|bug| !bug.mended);
    let mut open: Vec<Open> =
        unmended.map(|bug| Open { severity: of(&bug), bug: bug.bug.trim().to_owned() }).collect();
    open.sort_by(|one, other| (one.severity, &one.bug).cmp(&(other.severity, &other.bug)));
    open
}
