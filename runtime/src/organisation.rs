//! An organisation: its roles, its tools, its scenarios, and how it answers an input.
//!
//! What always holds: [`Organisation::decide`] is a function of the state, the input and the time it is given. It does
//! no I/O, asks no clock, draws no random number and iterates no unordered map.

use std::collections::BTreeSet;

use echo_storage::names::{DecisionType, NameError, RoleId};
use echo_storage::records::{Config, Party, Rules};
use echo_storage::{Draft, Effect, Input};

use crate::delegations::Category;
use crate::role::{OnMessage, Role};
use crate::tool::{Call, Tool};
use crate::turn::{Failure, Turn, refuse};
use crate::{authority, decisions, delegations, mail, sessions, supervision, thoughts, timers};

/// The meaning of the deciding code. It grows when the same input would give other effects, so that a replay knows
/// which steps it can decide again.
pub const SEMANTICS: u32 = 4;

/// A scenario that comes with the program.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// Its name.
    pub name: &'static str,
    /// Its YAML.
    pub yaml: &'static str,
}

/// An organisation that the runtime can host.
#[derive(Debug)]
pub struct Organisation {
    config: Config,
    tools: Vec<(RoleId, Vec<Tool>)>,
    on_message: Vec<(RoleId, OnMessage)>,
    scenarios: &'static [Shipped],
    categories: &'static [Category],
}

/// Roles that do not fit together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeclarationError {
    /// A name that is not well formed.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Two roles or two tools of a role share a name.
    #[error("`{0}` is declared twice")]
    Twice(String),
    /// A role escalates to one that is not declared, or in a circle.
    #[error("{0} escalates to {1}, from where no person is reached")]
    NoWayUp(String, String),
    /// A category of work picks somebody who is not declared, or nobody.
    #[error("the category `{0}` picks {1}, who is not declared")]
    PicksNobody(&'static str, String),
    /// A role that would have the path and the token of another door.
    #[error("a role cannot be called `{0}`, which is the name of a door; give it another")]
    Reserved(String),
    /// Two tools that would have one name where those of every role are seen.
    #[error("`{0}` would mean two tools at the door of every role; rename a role or a tool")]
    Ambiguous(String),
    /// An organisation without roles, or without scenarios.
    #[error("an organisation has at least one role and one scenario")]
    Empty,
}

impl Organisation {
    /// An organisation of these roles, in this order, each with the common tools as well as its own. The first
    /// scenario is the default.
    ///
    /// # Errors
    /// Roles that do not fit together.
    pub fn new(
        roles: &[Role],
        common_tools: fn() -> Vec<Tool>,
        scenarios: &'static [Shipped],
    ) -> Result<Self, DeclarationError> {
        if roles.is_empty() || scenarios.is_empty() {
            return Err(DeclarationError::Empty);
        }
        let configs = roles.iter().map(Role::config).collect::<Result<_, _>>()?;
        let config = Config { semantics: SEMANTICS, roles: configs, rules: Rules::default() };
        validate(&config)?;
        no_door(&config)?;
        let (mut tools, mut on_message) = (Vec::new(), Vec::new());
        for (declared, role) in roles.iter().zip(&config.roles) {
            let mut of_role = (declared.tools)();
            of_role.extend(common_tools());
            let mut names = BTreeSet::new();
            if let Some(twice) = of_role.iter().find(|tool| !names.insert(tool.name())) {
                return Err(DeclarationError::Twice(format!("{} of {}", twice.name(), role.id)));
            }
            tools.push((role.id.clone(), of_role));
            on_message.extend(declared.on_message.map(|handler| (role.id.clone(), handler)));
        }
        let mut names = BTreeSet::new();
        for (role, tool) in tools.iter().flat_map(|(role, all)| all.iter().map(move |tool| (role, tool))) {
            let name = name_for_everyone(role, tool.name());
            if names.contains(&name) {
                return Err(DeclarationError::Ambiguous(name));
            }
            names.insert(name);
        }
        Ok(Self { config, tools, on_message, scenarios, categories: &[] })
    }

    /// The same organisation with these categories of work, by which agents are picked for it; the first is the default.
    ///
    /// # Errors
    /// Two categories of a name, or one that picks nobody, somebody twice, or somebody who is not declared.
    pub fn delegating(mut self, categories: &'static [Category]) -> Result<Self, DeclarationError> {
        let mut names = BTreeSet::new();
        for category in categories {
            if !names.insert(category.name) {
                return Err(DeclarationError::Twice(category.name.to_owned()));
            }
            let mut picked = BTreeSet::new();
            for role in category.role_ids()? {
                if self.config.role(&role).is_none() {
                    return Err(DeclarationError::PicksNobody(category.name, role.to_string()));
                }
                if !picked.insert(role.clone()) {
                    return Err(DeclarationError::Twice(format!("{role} in {}", category.name)));
                }
            }
            if picked.is_empty() {
                return Err(DeclarationError::PicksNobody(category.name, "nobody".to_owned()));
            }
        }
        self.categories = categories;
        Ok(self)
    }

    /// The categories of work, by which agents are picked for it; the first is the default.
    pub fn categories(&self) -> &'static [Category] {
        self.categories
    }

    /// The configuration that is recorded as the first input of a store, and whenever it differs from the last.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The same organisation under another configuration: other limits, thresholds or rules.
    ///
    /// # Errors
    /// Roles that do not fit together.
    pub fn with_config(mut self, config: Config) -> Result<Self, DeclarationError> {
        validate(&config)?;
        no_door(&config)?;
        self.config = config;
        Ok(self)
    }

    /// The ids of its roles, in their order.
    pub fn role_ids(&self) -> Vec<RoleId> {
        self.config.roles.iter().map(|role| role.id.clone()).collect()
    }

    /// Every decision type that some role has authority over.
    pub fn decision_types(&self) -> Vec<DecisionType> {
        self.config.roles.iter().flat_map(|role| role.may_decide.iter().cloned()).collect()
    }

    /// The scenarios that come with it; the first is the default.
    pub fn scenarios(&self) -> &'static [Shipped] {
        self.scenarios
    }

    /// The tools of a role: its own, then the common ones.
    pub fn tools(&self, role: &RoleId) -> &[Tool] {
        self.tools.iter().find(|(id, _)| id == role).map_or(&[], |(_, tools)| tools.as_slice())
    }

    /// Answers an input: adds the step's effects to the draft and checks the authority in them.
    ///
    /// # Errors
    /// Why the step must not happen; the draft is then of no use.
    pub fn decide(&self, draft: &mut Draft<'_>, input: &Input) -> Result<(), Failure> {
        if let Input::Configure(config) = input {
            validate(config).map_err(|error| Failure::Refused(error.to_string()))?;
            return Ok(draft.emit(Effect::Configure(config.clone()))?);
        }
        let mut turn = Turn::new(draft)?;
        match input {
            Input::Configure(_) => {}
            Input::Take { role, message } => {
                let handler = self.on_message.iter().find(|(id, _)| id == role).map(|(_, handler)| *handler);
                mail::take(&mut turn, role, *message, handler)?;
            }
            Input::Call { caller, tool, arguments } => self.call(&mut turn, caller, tool, arguments)?,
            Input::Answer { thought, mind, answer } => thoughts::answered(&mut turn, *thought, mind, answer)?,
            Input::Timer { due, timer } => timers::fired(&mut turn, *due, *timer)?,
            Input::Verdict { approval, approve, person, door, note } => {
                decisions::verdict(&mut turn, *approval, *approve, person, door, note)?;
            }
            Input::StartSession { title, scenario, proposal } => {
                sessions::start(&mut turn, title, scenario, proposal)?;
            }
            Input::EndSession { session } => sessions::end(&mut turn, *session)?,
            Input::Post { from, to, kind, subject, content, in_reply_to } => {
                mail::post(&mut turn, from, to, *kind, subject, content, *in_reply_to)?;
            }
            Input::TakeUp { away_ms } => timers::put_off(&mut turn, *away_ms, None)?,
            Input::PutOff { away_ms, before } => timers::put_off(&mut turn, *away_ms, Some(*before))?,
            Input::Delegate { by, order } => delegations::order(&mut turn, by, order)?,
            Input::Retry { role, message, .. } => supervision::retry(&mut turn, role, *message)?,
        }
        authority::guard(input, draft)
    }

    fn call(
        &self,
        turn: &mut Turn<'_, '_>,
        caller: &Party,
        name: &str,
        arguments: &str,
    ) -> Result<(), Failure> {
        let Party::Role(caller) = caller else {
            return refuse("tools belong to roles: call one through a role's door");
        };
        turn.role(caller)?;
        let tools = self.tools(caller);
        let Some(tool) = tools.iter().find(|tool| tool.name() == name) else {
            let names: Vec<&str> = tools.iter().map(Tool::name).collect();
            return refuse(format!("{caller} has no tool `{name}`; it has {}", names.join(", ")));
        };
        let arguments = serde_json::from_str(arguments)
            .map_err(|error| Failure::Refused(format!("the arguments are not JSON: {error}")))?;
        let answer = tool.step(&mut Call { turn, caller: caller.clone() }, arguments)?;
        turn.reply(&answer)
    }
}

/// The name of a role's tool where the tools of several are seen.
pub(crate) fn name_for_everyone(role: &RoleId, tool: &str) -> String {
    format!("{role}_{tool}")
}

/// The names of the doors that are no role's: a role of such a name would share the door's path and token.
const DOORS: [&str; 2] = ["person", "delegator"];

/// Checks that no role is called as a door is. A configuration that was recorded before this was asked for stays valid.
fn no_door(config: &Config) -> Result<(), DeclarationError> {
    let taken = config.roles.iter().find(|role| DOORS.contains(&role.id.as_str()));
    taken.map_or(Ok(()), |role| Err(DeclarationError::Reserved(role.id.to_string())))
}

/// Checks that role ids are unique and that from every role the escalation chain reaches a person.
fn validate(config: &Config) -> Result<(), DeclarationError> {
    let mut seen = BTreeSet::new();
    for role in &config.roles {
        if !seen.insert(&role.id) {
            return Err(DeclarationError::Twice(role.id.to_string()));
        }
        // The chain is cut at the number of roles, so one whose last role still escalates is a circle.
        let top = authority::chain(config, &role.id).last().and_then(|top| config.role(top));
        if top.is_none_or(|top| top.escalates_to.is_some()) {
            let next = role.escalates_to.as_ref().map_or("nobody", RoleId::as_str).to_owned();
            return Err(DeclarationError::NoWayUp(role.id.to_string(), next));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::training::samples::{CHIEF, SCENARIOS};

    #[derive(Deserialize, JsonSchema)]
    struct Nothing {}

    #[derive(Serialize, JsonSchema)]
    struct Done {}

    impl fmt::Display for Done {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("done")
        }
    }

    fn tool(name: &'static str) -> Tool {
        Tool::computes(name, "Does nothing.", |_: &mut Call<'_, '_, '_>, _: Nothing| {
            Ok::<_, Failure>(Done {})
        })
    }

    /// Goal: a path, a token and a tool's name at a door mean one role each. Method: roles and tools that would share one.
    #[test]
    fn names_that_would_mean_two_at_a_door_are_refused() {
        fn of_clerk() -> Vec<Tool> {
            vec![tool("desk_order"), tool("file")]
        }
        fn of_desk() -> Vec<Tool> {
            vec![tool("order")]
        }
        fn of_other() -> Vec<Tool> {
            vec![tool("file")]
        }
        let check = |roles: &[Role], expected: Option<&str>| {
            let refused = Organisation::new(roles, Vec::new, SCENARIOS).err().map(|error| error.to_string());
            match expected {
                None => assert_eq!(refused, None),
                Some(words) => {
                    assert!(refused.as_ref().is_some_and(|why| why.contains(words)), "{refused:?}");
                }
            }
        };
        for id in ["person", "delegator"] {
            check(&[Role { id, ..CHIEF }], Some(&format!("`{id}`")));
        }
        let clerk = || Role { id: "clerk", tools: of_clerk, ..CHIEF };
        check(&[clerk(), Role { id: "clerk_desk", tools: of_desk, ..CHIEF }], Some("`clerk_desk_order`"));
        check(&[clerk(), Role { id: "clerk_desk", tools: of_other, ..CHIEF }], None);
        // Another configuration of theirs is held to the same.
        let organisation = Organisation::new(&[CHIEF], Vec::new, SCENARIOS).unwrap();
        let mut config = organisation.config().clone();
        config.roles[0].id = RoleId::new("person").unwrap();
        assert!(organisation.with_config(config).is_err());
    }
}
