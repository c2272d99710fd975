//! `manage_design_system`: the register of the design system's components.
//!
//! What always holds: a component that others are still made of cannot be withdrawn. Adoption is screens that use a
//! component in its newest version / screens that use it at all.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::Query;
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_LINE_CHARS, decimal, share};
use crate::tools::register;

const NAME: &str = "manage_design_system";
const DESCRIPTION: &str = "Records a component of the design system, or what became of one, and answers with the whole \
register, least adopted first. An overhaul of the system goes up: escalate_to_product_manager with the matter \
design_system_overhaul.";

/// How many components one may be made of.
const MAX_PARTS: usize = 50;

/// The most screens.
const MAX_SCREENS: u64 = 1_000_000;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, manage)
}

#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The component; recording one of the same name again changes it.
    #[schemars(length(min = 1, max = 200))]
    component: String,
    /// Where it stands.
    state: Standing,
    /// Its version, such as `2.1`.
    #[schemars(length(min = 1, max = 200))]
    version: String,
    /// Other components that it is made of, at most 50.
    #[serde(default)]
    #[schemars(length(max = 50))]
    made_of: Vec<String>,
    /// How many screens use it, in whichever version.
    #[serde(default)]
    #[schemars(range(max = 1_000_000))]
    screens: u64,
    /// How many of these use this version.
    #[serde(default)]
    #[schemars(range(max = 1_000_000))]
    screens_up_to_date: u64,
}

/// Where a component stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Standing {
    /// On trial.
    Draft,
    /// To be used.
    Stable,
    /// Not to be used for anything new.
    Deprecated,
    /// Withdrawn.
    Removed,
}

#[derive(Serialize, JsonSchema)]
struct DesignSystem {
    /// The item that was recorded.
    work: WorkId,
    /// The components that are not withdrawn, least adopted first, equals by name.
    components: Vec<Component>,
    /// Uses of the newest version among all uses, in thousandths.
    adoption: u64,
    /// How many items of the register could not be read.
    unread: usize,
}

/// A component.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Component {
    /// What it is called.
    name: String,
    /// Where it stands.
    state: Standing,
    /// Its version.
    version: String,
    /// Screens that use this version among those that use it, in thousandths.
    adoption: u64,
}

impl fmt::Display for DesignSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, adoption) = (self.components.len(), decimal(self.adoption));
        write!(f, "{} is recorded; {count} components, adoption {adoption}", self.work)?;
        for Component { name, version, adoption, .. } in &self.components {
            write!(f, "\n{name} {version}: {}", decimal(*adoption))?;
        }
        Ok(())
    }
}

/// The components that may be used for something new.
pub(super) fn components_in_use(state: &(impl Query + ?Sized)) -> Result<Vec<String>, Failure> {
    let items = register::read::<Arguments>(state, NAME)?.items;
    let usable =
        items.into_iter().filter(|item| matches!(item.facts.state, Standing::Draft | Standing::Stable));
    Ok(usable.map(|item| item.title).collect())
}

fn manage(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<DesignSystem, Failure> {
    let name = arguments.component.trim().to_owned();
    bounds::text("component", &name, MAX_LINE_CHARS)?;
    bounds::text("version", &arguments.version, MAX_LINE_CHARS)?;
    bounds::list("made_of", &arguments.made_of, 0, MAX_PARTS)?;
    bounds::names("made_of", arguments.made_of.iter().map(String::as_str))?;
    bounds::number("screens", arguments.screens, 0, MAX_SCREENS)?;
    bounds::number("screens_up_to_date", arguments.screens_up_to_date, 0, arguments.screens)?;
    let before = register::read::<Arguments>(call.turn.state(), NAME)?;
    let others = || before.items.iter().filter(|item| !item.title.eq_ignore_ascii_case(&name));
    for (place, part) in arguments.made_of.iter().enumerate() {
        let is_it = |item: &register::Item<Arguments>| {
            item.title.eq_ignore_ascii_case(part.trim()) && item.facts.state != Standing::Removed
        };
        if !others().any(is_it) {
            return refuse(format!(
                "made_of[{place}]: there is no other component `{}`; record it first",
                part.trim()
            ));
        }
    }
    if arguments.state == Standing::Removed {
        let needs = |item: &&register::Item<Arguments>| {
            item.facts.state != Standing::Removed
                && item.facts.made_of.iter().any(|part| part.trim().eq_ignore_ascii_case(&name))
        };
        if let Some(user) = others().find(needs) {
            return refuse(format!("state: {} is made of {name}; deprecate it until nothing is", user.title));
        }
        if arguments.screens > 0 {
            return refuse(format!("state: {} screens still use {name}; deprecate it", arguments.screens));
        }
    }
    let work = register::record(call, NAME, &name, &arguments)?;
    let register = register::read::<Arguments>(call.turn.state(), NAME)?;
    let (adoption, components) = ranked(register.items.into_iter().map(|item| item.facts).collect());
    Ok(DesignSystem { work, components, adoption, unread: register.unread })
}

/// The adoption of all, and the components from the least adopted on.
fn ranked(items: Vec<Arguments>) -> (u64, Vec<Component>) {
    let there: Vec<Arguments> = items.into_iter().filter(|item| item.state != Standing::Removed).collect();
    let sum = |of: fn(&Arguments) -> u64| there.iter().map(of).fold(0, u64::saturating_add);
    let adoption = share(sum(|item| item.screens_up_to_date), sum(|item| item.screens));
    let mut components: Vec<Component> = there
        .into_iter()
        .map(|item| Component {
            name: item.component.trim().to_owned(),
            state: item.state,
            version: item.version,
            adoption: share(item.screens_up_to_date, item.screens),
        })
        .collect();
    components.sort_by(|one, other| (one.adoption, &one.name).cmp(&(other.adoption, &other.name)));
    (adoption, components)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_adopted_comes_first() {
        let item = |name: &str, screens, screens_up_to_date, state| Arguments {
            component: name.to_owned(),
            state,
            version: "1".to_owned(),
            made_of: Vec::new(),
            screens,
            screens_up_to_date,
        };
        let check = |items: Vec<Arguments>, adoption: u64, expected: &[&str]| {
            let (found, components) = ranked(items);
            let names: Vec<&str> = components.iter().map(|one| one.name.as_str()).collect();
            assert_eq!((found, names.as_slice()), (adoption, expected));
        };
        let stable = Standing::Stable;
        check(vec![], 1000, &[]);
        check(vec![item("b", 10, 5, stable), item("a", 10, 5, stable)], 500, &["a", "b"]);
        check(vec![item("a", 0, 0, stable), item("b", 3, 1, Standing::Draft)], 333, &["b", "a"]);
        check(vec![item("a", 3, 0, Standing::Removed), item("b", 3, 3, stable)], 1000, &["b"]);
    }
}
