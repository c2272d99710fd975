//! `fix_bug`: asks for the cause of a bug and a fix.

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_LINE_CHARS, MAX_TEXT_CHARS};
use crate::tools::generating::{Generated, Wanted, generate};
use crate::tools::severity::{Frequency, Impact, severity};

const NAME: &str = "fix_bug";
const DESCRIPTION: &str = "Records a bug and asks for its cause and a fix. Answers with its severity and with what is missing to \
find it; cause and fix come from a model.";

/// How many steps or files may be named.
const MAX_ENTRIES: usize = 50;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::generates(NAME, DESCRIPTION, fix)
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The bug, in one line.
    #[schemars(length(min = 1, max = 200))]
    bug: String,
    /// What happens.
    #[schemars(length(min = 1, max = 4000))]
    actual: String,
    /// What should happen.
    #[serde(default)]
    #[schemars(length(max = 4000))]
    expected: String,
    /// How to make it happen, step by step.
    #[serde(default)]
    #[schemars(length(max = 50))]
    steps: Vec<String>,
    /// The code that may be at fault.
    #[serde(default)]
    #[schemars(length(max = 50))]
    files: Vec<String>,
    /// What was logged.
    #[serde(default)]
    #[schemars(length(max = 4000))]
    log: String,
    /// In which version it was seen.
    #[serde(default)]
    #[schemars(length(max = 200))]
    version: String,
    /// What it does to whom it meets.
    #[serde(default)]
    impact: Option<Impact>,
    /// How many of those who could meet it do.
    #[serde(default)]
    frequency: Option<Frequency>,
    /// Whether there is another way to get done what it is in the way of.
    #[serde(default)]
    workaround: bool,
}

fn fix(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Generated, Failure> {
    bounds::text("bug", &arguments.bug, MAX_LINE_CHARS)?;
    bounds::text("actual", &arguments.actual, MAX_TEXT_CHARS)?;
    let texts = [
        ("expected", &arguments.expected, MAX_TEXT_CHARS),
        ("log", &arguments.log, MAX_TEXT_CHARS),
        ("version", &arguments.version, MAX_LINE_CHARS),
    ];
    let mut missing = Vec::new();
    for (path, text, max) in texts {
        if text.trim().is_empty() {
            missing.push(path.to_owned());
        } else {
            bounds::text(path, text, max)?;
        }
    }
    for (path, list) in [("steps", &arguments.steps), ("files", &arguments.files)] {
        bounds::list(path, list, 0, MAX_ENTRIES)?;
        if list.is_empty() {
            missing.push(path.to_owned());
        }
    }
    let mut facts = Vec::new();
    match (arguments.impact, arguments.frequency) {
        (Some(impact), Some(frequency)) => {
            facts.push(format!("its severity is {}", severity(impact, frequency, arguments.workaround)));
        }
        (impact, frequency) => {
            let unknown = [("impact", impact.is_none()), ("frequency", frequency.is_none())];
            missing.extend(unknown.iter().filter(|(_, lacks)| *lacks).map(|(path, _)| (*path).to_owned()));
        }
    }
    let again = if arguments.steps.is_empty() { "nobody has said how" } else { "it can be" };
    facts.push(format!("to be made to happen again: {again}"));
    let wanted = Wanted { tool: NAME, title: &arguments.bug, facts, missing };
    generate(call, wanted, &arguments)
}
