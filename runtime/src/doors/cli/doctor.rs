//! `doctor`: looks at everything that a store needs and says what is amiss, each with what helps.
//!
//! In reading order: [`run`] puts the findings together and writes them; `here` looks at this program, its environment and
//! the disk, `kept` at the store and what is in it, `shared` at the runtime that has it open and the files by which it is
//! reached, `modes` at who else may use its files, `clients` at the MCP clients that start this program.
//!
//! What always holds: a finding is one line. What is not in order says what helps. Nothing is made, mended or asked to
//! leave: a store is looked at as any reading command looks at it.

mod clients;
mod here;
mod kept;
mod modes;
mod shared;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::place::Place;
use super::{End, Failed, Invocation};
use crate::doors::socket::address::Address;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org doctor
  echo-org doctor --json

Looks at the store, who has it open and who else may, the runtime, its socket and log, the directories,
the disk, the environment and the MCP clients that `connect` has set up, and changes nothing. `echo-org replay` checks a store to its last byte.
Exit codes: 0 there is no problem (warnings are none), 1 there is one.";

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// It is as it should be.
    Ok,
    /// It works, and is worth knowing.
    Warning,
    /// Something does not work.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    about: &'static str,
    level: Level,
    found: String,
    /// What helps; null where nothing is amiss.
    remedy: Option<String>,
}

impl Finding {
    fn ok(about: &'static str, found: impl Into<String>) -> Self {
        Self { about, level: Level::Ok, found: one_line(found), remedy: None }
    }

    fn warning(about: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { about, level: Level::Warning, found: one_line(found), remedy: Some(one_line(remedy)) }
    }

    fn problem(about: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { about, level: Level::Problem, found: one_line(found), remedy: Some(one_line(remedy)) }
    }
}

/// What others have written, such as a log, may have lines of its own.
fn one_line(text: impl Into<String>) -> String {
    text.into().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All of it.
#[derive(Serialize)]
struct Examination {
    store: String,
    findings: Vec<Finding>,
    warnings: usize,
    problems: usize,
}

/// Where everything that is looked at lies.
struct Patient<'i, 'o, 'w> {
    invocation: &'i Invocation<'o, 'w>,
    place: Place,
    address: Address,
}

/// Looks.
pub(super) fn run(invocation: &mut Invocation<'_, '_>) -> Result<End, Failed> {
    let place = invocation.place()?;
    let address = place.address(&invocation.surroundings)?;
    let patient = Patient { invocation, place, address };
    let findings = examine(&patient);
    let count = |level| findings.iter().filter(|one| one.level == level).count();
    let (warnings, problems) = (count(Level::Warning), count(Level::Problem));
    let told = Examination { store: patient.place.shown(), warnings, problems, findings };
    if invocation.json {
        invocation.output.json(&told);
    } else {
        invocation.output.text(&text(&told));
    }
    Ok(if problems == 0 { End::Well } else { End::Otherwise })
}

fn examine(patient: &Patient<'_, '_, '_>) -> Vec<Finding> {
    let mut findings = here::findings(patient);
    // Who has the store open is looked at before it is opened here.
    let lock = kept::Lock::of(&patient.address.store);
    let host = shared::Host::of(&patient.address);
    let state = kept::State::of(patient, &host);
    findings.extend(kept::findings(patient, &lock, &host, &state));
    findings.extend(shared::findings(patient, &lock, &host));
    findings.extend(modes::findings(patient));
    findings.extend(clients::findings(patient));
    findings
}

fn text(told: &Examination) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    for Finding { about, level, found, remedy } in &told.findings {
        let level = match level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Problem => "PROBLEM",
        };
        let remedy = remedy.as_ref().map(|remedy| format!("; {remedy}")).unwrap_or_default();
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{level:<9}{about:<13}{found}{remedy}");
    }
    let counted = crate::wording::counted;
    let sum = match (told.problems, told.warnings) {
        (0, 0) => "everything is in order".to_owned(),
        (0, warnings) => format!("no problem, {}", counted(warnings, "warning")),
        (problems, warnings) => format!("{}, {}", counted(problems, "problem"), counted(warnings, "warning")),
    };
    let _ = write!(text, "\n{sum}");
    text
}
