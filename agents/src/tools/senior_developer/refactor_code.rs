//! `refactor_code`: decides whether a refactoring is worth its days.
//!
//! Formula: remediation and interest as in SQALE: the days that it takes against the days that it saves each month. It
//! pays back after `effort / saved` months, rounded up, and is worth it within the horizon. One that takes 20 person days
//! or more is major, whatever its author calls it.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_LINE_CHARS};
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Decided, Verdict, decide, kind};

const NAME: &str = "refactor_code";
const DESCRIPTION: &str = "Decides on a refactoring by when it pays back. A major one, by its scope or from 20 person days on, \
is for those above.";

/// From so many person days on it is major.
const MAJOR_DAYS: u64 = 20;

/// The most person days.
const MAX_DAYS: u64 = 100_000;

/// The longest horizon, in months.
const MAX_MONTHS: u64 = 120;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, refactor)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What is refactored, in one line.
    #[schemars(length(min = 1, max = 200))]
    code: String,
    /// How far it reaches.
    scope: Scope,
    /// How many person days it takes.
    #[schemars(range(min = 1, max = 100_000))]
    effort_person_days: u64,
    /// How many person days it saves each month.
    #[schemars(range(max = 100_000))]
    saved_person_days_a_month: u64,
    /// Within how many months it must have paid back; 12 unless said.
    #[serde(default = "usual_months")]
    #[schemars(range(min = 1, max = 120))]
    horizon_months: u64,
    /// Why, beside the figures.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// How far a refactoring reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Scope {
    /// Within a module.
    Module,
    /// Several modules, none of whose users notice.
    Modules,
    /// Interfaces that others use, or the structure of a system.
    Major,
}

#[derive(Serialize, JsonSchema)]
struct Refactoring {
    /// After how many months it has paid back; null if never.
    pays_back_months: Option<u64>,
    /// Whether that is within the horizon.
    worth_it: bool,
    /// Whether it is major.
    major: bool,
    /// What became of it.
    decided: Decided,
}

impl fmt::Display for Refactoring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pays_back_months {
            Some(months) => write!(f, "it pays back after {months} months\n{}", self.decided),
            None => write!(f, "it never pays back\n{}", self.decided),
        }
    }
}

fn usual_months() -> u64 {
    12
}

fn refactor(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Refactoring, Failure> {
    let Arguments {
        code,
        scope,
        effort_person_days,
        saved_person_days_a_month,
        horizon_months,
        rationale,
        mut context,
    } = arguments;
    bounds::text("code", &code, MAX_LINE_CHARS)?;
    bounds::number("effort_person_days", effort_person_days, 1, MAX_DAYS)?;
    bounds::number("saved_person_days_a_month", saved_person_days_a_month, 0, MAX_DAYS)?;
    bounds::number("horizon_months", horizon_months, 1, MAX_MONTHS)?;
    let pays_back_months = pays_back(effort_person_days, saved_person_days_a_month);
    let worth_it = pays_back_months.is_some_and(|months| months <= horizon_months);
    let major = scope == Scope::Major || effort_person_days >= MAJOR_DAYS;
    for (name, figure) in [
        ("refactoring_person_days", effort_person_days),
        ("saved_person_days_a_month", saved_person_days_a_month),
        ("horizon_months", horizon_months),
    ] {
        context.data.insert(name.to_owned(), figure);
    }
    let after =
        pays_back_months.map_or_else(|| "never".to_owned(), |months| format!("after {months} months"));
    let figures = format!(
        "{effort_person_days} person days against {saved_person_days_a_month} a month pay back {after}, {horizon_months} \
         allowed"
    );
    let asking = Asking {
        kind: kind("refactoring")?,
        subject: format!("Refactor {}", code.trim()),
        budget: None,
        verdict: if worth_it { Verdict::Approve } else { Verdict::Reject },
        rationale: bounds::with_figures(&figures, &rationale),
        context,
        matters: if major { vec!["major_refactor"] } else { Vec::new() },
    };
    Ok(Refactoring { pays_back_months, worth_it, major, decided: decide(call, asking)? })
}

fn pays_back(effort: u64, saved: u64) -> Option<u64> {
    (saved > 0).then(|| effort.div_ceil(saved))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_pays_back_when_what_it_saves_is_what_it_took() {
        let check =
            |effort, saved, expected| assert_eq!(pays_back(effort, saved), expected, "{effort} {saved}");
        check(10, 0, None);
        check(10, 10, Some(1));
        check(10, 3, Some(4));
        check(1, MAX_DAYS, Some(1));
        check(MAX_DAYS, 1, Some(MAX_DAYS));
    }
}
