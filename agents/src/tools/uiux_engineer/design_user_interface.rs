//! `design_user_interface`: asks for a design of a screen or a flow.

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::criteria::Level;
use super::manage_design_system::components_in_use;
use crate::tools::bounds::{self, MAX_LINE_CHARS, MAX_TEXT_CHARS};
use crate::tools::generating::{Generated, Wanted, generate};

const NAME: &str = "design_user_interface";
const DESCRIPTION: &str = "Asks for the design of a screen or a flow. Answers with what the design system has for it and what \
is missing for a good answer; the design itself comes from a model.";

/// How many entries each list may have.
const MAX_ENTRIES: usize = 50;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::generates(NAME, DESCRIPTION, design)
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What is to be designed, in one line.
    #[schemars(length(min = 1, max = 200))]
    subject: String,
    /// What people want to get done with it.
    #[schemars(length(min = 1, max = 4000))]
    goal: String,
    /// Who uses it.
    #[serde(default)]
    #[schemars(length(max = 50))]
    users: Vec<String>,
    /// The steps through it, in their order.
    #[serde(default)]
    #[schemars(length(max = 50))]
    steps: Vec<String>,
    /// On what it is seen, such as `phone`.
    #[serde(default)]
    #[schemars(length(max = 50))]
    devices: Vec<String>,
    /// The components of the design system that it is made of.
    #[serde(default)]
    #[schemars(length(max = 50))]
    components: Vec<String>,
    /// The level of WCAG 2.2 that it must reach.
    #[serde(default)]
    accessibility: Option<Level>,
}

fn design(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Generated, Failure> {
    bounds::text("subject", &arguments.subject, MAX_LINE_CHARS)?;
    bounds::text("goal", &arguments.goal, MAX_TEXT_CHARS)?;
    let lists = [
        ("users", &arguments.users),
        ("steps", &arguments.steps),
        ("devices", &arguments.devices),
        ("components", &arguments.components),
    ];
    for (path, list) in lists {
        bounds::list(path, list, 0, MAX_ENTRIES)?;
        bounds::names(path, list.iter().map(String::as_str))?;
    }
    let mut missing: Vec<String> =
        lists.iter().filter(|(_, list)| list.is_empty()).map(|(path, _)| (*path).to_owned()).collect();
    if arguments.accessibility.is_none() {
        missing.push("accessibility".to_owned());
    }
    let known = components_in_use(call.turn.state())?;
    let is_known = |name: &&String| known.iter().any(|one| one.eq_ignore_ascii_case(name.trim()));
    let (have, lack): (Vec<&String>, Vec<&String>) = arguments.components.iter().partition(is_known);
    let mut facts = vec![format!("the design system has {} components that may be used", known.len())];
    if !arguments.components.is_empty() {
        facts.push(format!("{} of the {} named are among them", have.len(), arguments.components.len()));
    }
    for name in lack {
        missing.push(format!("component {} in the design system", name.trim()));
    }
    let wanted = Wanted { tool: NAME, title: &arguments.subject, facts, missing };
    generate(call, wanted, &arguments)
}
