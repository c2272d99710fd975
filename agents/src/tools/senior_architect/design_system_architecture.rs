//! `design_system_architecture`: asks for an architecture, with what its components and their dependencies tell already.
//!
//! An order in which components can be built is that of Kahn ("Topological sorting of large networks", Communications of the
//! ACM, 1962): what is left over when no component without unbuilt dependencies remains is a cycle, or waits for one. The
//! qualities are those of ISO/IEC 25010.

use std::collections::BTreeMap;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_TEXT_CHARS};
use crate::tools::generating::{Generated, Wanted, generate};
use crate::tools::register;

const NAME: &str = "design_system_architecture";
const DESCRIPTION: &str = "Asks for the architecture of a system. Records what is wanted and answers with the order in which \
its components can be built, the cycles among them and what is missing for a good answer.";

const MAX_NAME_CHARS: usize = 100;
const MAX_COMPONENTS: usize = 100;
const MAX_DEPENDENCIES: usize = 100;
const MAX_CONSTRAINTS: usize = 50;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::generates(NAME, DESCRIPTION, design)
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The system.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    system: String,
    /// What it is for.
    #[serde(default)]
    #[schemars(length(max = MAX_TEXT_CHARS))]
    purpose: String,
    /// Its components, as far as they are known.
    #[serde(default)]
    #[schemars(length(max = MAX_COMPONENTS))]
    components: Vec<Component>,
    /// How good it has to be, each quality once.
    #[serde(default)]
    qualities: Vec<Goal>,
    /// What must not be violated.
    #[serde(default)]
    #[schemars(length(max = MAX_CONSTRAINTS))]
    constraints: Vec<String>,
}

/// A component.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Component {
    /// Its name.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    name: String,
    /// The components that it needs, by name.
    #[serde(default)]
    #[schemars(length(max = MAX_DEPENDENCIES))]
    needs: Vec<String>,
}

/// How good a system has to be in one respect.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Goal {
    /// In which.
    quality: Quality,
    /// How good, best with figures.
    #[schemars(length(min = 1, max = MAX_TEXT_CHARS))]
    goal: String,
}

/// A quality of a product by ISO/IEC 25010.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Quality {
    /// It does what is needed.
    FunctionalSuitability,
    /// Time, resources and capacity.
    Performance,
    /// It works beside and with others.
    Compatibility,
    /// People can use it.
    Usability,
    /// Available, and mends itself.
    Reliability,
    /// It guards what it holds.
    Security,
    /// It can be changed and tested.
    Maintainability,
    /// It can be moved, installed and scaled.
    Flexibility,
}

/// The qualities without which no architecture is judged, and what they are called.
const ESSENTIAL: [(Quality, &str); 4] = [
    (Quality::Performance, "a goal for performance"),
    (Quality::Reliability, "a goal for reliability"),
    (Quality::Security, "a goal for security"),
    (Quality::Maintainability, "a goal for maintainability"),
];

#[expect(clippy::needless_pass_by_value, reason = "a handler takes its arguments")]
fn design(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Generated, Failure> {
    check(&arguments)?;
    let wanted = Wanted {
        tool: NAME,
        title: &arguments.system,
        facts: facts(&arguments.components),
        missing: missing(&arguments),
    };
    generate(call, wanted, &arguments)
}

fn check(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { system, purpose, components, qualities, constraints } = arguments;
    bounds::text("system", system, MAX_NAME_CHARS)?;
    if !purpose.is_empty() {
        bounds::text("purpose", purpose, MAX_TEXT_CHARS)?;
    }
    bounds::list("components", components, 0, MAX_COMPONENTS)?;
    bounds::names("components", components.iter().map(|one| one.name.as_str()))?;
    for (place, Component { name, needs }) in components.iter().enumerate() {
        bounds::text(&format!("components[{place}].name"), name, MAX_NAME_CHARS)?;
        let path = format!("components[{place}].needs");
        bounds::list(&path, needs, 0, MAX_DEPENDENCIES)?;
        bounds::names(&path, needs.iter().map(String::as_str))?;
        for (which, need) in needs.iter().enumerate() {
            if !components.iter().any(|one| register::key(&one.name) == register::key(need)) {
                return refuse(format!("{path}[{which}]: `{need}` is no component; name it among them"));
            }
        }
    }
    for (place, Goal { quality, goal }) in qualities.iter().enumerate() {
        bounds::text(&format!("qualities[{place}].goal"), goal, MAX_TEXT_CHARS)?;
        if qualities.iter().take(place).any(|earlier| earlier.quality == *quality) {
            return refuse(format!("qualities[{place}].quality: it is there already; name each once"));
        }
    }
    bounds::list("constraints", constraints, 0, MAX_CONSTRAINTS)?;
    for (place, constraint) in constraints.iter().enumerate() {
        bounds::text(&format!("constraints[{place}]"), constraint, MAX_TEXT_CHARS)?;
    }
    Ok(())
}

fn missing(arguments: &Arguments) -> Vec<String> {
    let given = |quality| arguments.qualities.iter().any(|goal| goal.quality == quality);
    let goals = ESSENTIAL.iter().map(|(quality, name)| (*name, given(*quality)));
    let rest = [
        ("purpose", !arguments.purpose.trim().is_empty()),
        ("components", !arguments.components.is_empty()),
        ("constraints", !arguments.constraints.is_empty()),
    ];
    rest.into_iter().chain(goals).filter(|(_, given)| !given).map(|(name, _)| name.to_owned()).collect()
}

fn facts(components: &[Component]) -> Vec<String> {
    if components.is_empty() {
        return Vec::new();
    }
    let dependencies: usize = components.iter().map(|one| one.needs.len()).sum();
    let mut facts = vec![format!("{} components with {dependencies} dependencies", components.len())];
    let (order, stuck) = build_order(components);
    if !order.is_empty() {
        facts.push(format!("can be built in this order: {}", order.join(", ")));
    }
    if !stuck.is_empty() {
        facts.push(format!("in a cycle, or waiting for one: {}", stuck.join(", ")));
    }
    facts
}

/// The components in an order in which each comes behind what it needs, and those for which there is none.
fn build_order(components: &[Component]) -> (Vec<&str>, Vec<&str>) {
    let needs = |one: &Component| one.needs.iter().map(|need| register::key(need)).collect();
    let mut left: BTreeMap<usize, (&str, Vec<String>)> =
        components.iter().enumerate().map(|(place, one)| (place, (one.name.trim(), needs(one)))).collect();
    let mut order = Vec::new();
    loop {
        let next = left.iter().find(|(_, (_, needs))| needs.is_empty()).map(|(place, _)| *place);
        let Some((name, _)) = next.and_then(|place| left.remove(&place)) else { break };
        order.push(name);
        for (_, needs) in left.values_mut() {
            needs.retain(|need| *need != register::key(name));
        }
    }
    (order, left.into_values().map(|(name, _)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_built_first_and_a_cycle_never() {
        let check = |components: &[(&str, &[&str])], order: &[&str], stuck: &[&str]| {
            let component = |(name, needs): &(&str, &[&str])| Component {
                name: (*name).to_owned(),
                needs: needs.iter().map(|need| (*need).to_owned()).collect(),
            };
            let components: Vec<Component> = components.iter().map(component).collect();
            assert_eq!(build_order(&components), (order.to_vec(), stuck.to_vec()));
        };
        check(&[], &[], &[]);
        check(&[("page", &["API"]), ("api", &["store"]), ("store", &[])], &["store", "api", "page"], &[]);
        check(&[("a", &["a"]), ("b", &[])], &["b"], &["a"]);
        check(&[("a", &["b"]), ("b", &["a"]), ("c", &["a"]), ("d", &[])], &["d"], &["a", "b", "c"]);
        check(&[("b", &[]), ("a", &[])], &["b", "a"], &[]);
    }
}
