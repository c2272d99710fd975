//! A desk: the steps that a runtime would run, on a store in memory and at one moment; whenever a mind is asked, the
//! built-in rules answer.
#![expect(clippy::unwrap_used, reason = "a test reports what is not there by failing")]
#![allow(dead_code, unreachable_pub, reason = "each test uses what it needs")]

use echo_agents::organisation;
use echo_runtime::mind::{Asking, Mind, Question, RulesMind};
use echo_runtime::organisation::Organisation;
use echo_runtime::turn::Failure;
use echo_storage::clock::{ClockKind, VIRTUAL_EPOCH};
use echo_storage::names::{DecisionId, Id, RoleId};
use echo_storage::records::{Party, Phase};
use echo_storage::{Batch, Effect, Input, Query, Store};
use serde_json::Value;

/// An organisation and the steps it has taken.
pub struct Desk {
    /// Whose.
    pub organisation: Organisation,
    /// What has happened so far.
    pub batch: Batch,
    _store: Store,
}

impl Desk {
    /// A desk at which nothing has happened yet.
    pub fn new() -> Self {
        let organisation = organisation().unwrap();
        let store = Store::in_memory(ClockKind::Virtual).unwrap();
        let config = organisation.config().clone();
        let mut desk = Self { organisation, batch: store.batch().unwrap(), _store: store };
        desk.step(Input::Configure(config)).unwrap();
        desk
    }

    /// Takes a step.
    pub fn step(&mut self, input: Input) -> Result<Vec<Effect>, Failure> {
        let mut draft = self.batch.draft(VIRTUAL_EPOCH);
        self.organisation.decide(&mut draft, &input)?;
        let finished = draft.finish();
        let effects = finished.effects().to_vec();
        self.batch.append(input, None, finished)?;
        Ok(effects)
    }

    /// What a caller who holds the role's door is answered, or why not.
    pub fn call(&mut self, role: &str, tool: &str, arguments: &Value) -> Result<Value, String> {
        let role = RoleId::new(role).unwrap();
        let declared = self.organisation.tools(&role).iter().find(|one| one.name() == tool);
        if let Some(reading) = declared.filter(|tool| tool.only_reads()) {
            return reading.look(&self.batch, role, arguments.clone()).map_err(|error| error.to_string());
        }
        let (caller, tool, arguments) = (Party::Role(role), tool.to_owned(), arguments.to_string());
        let effects =
            self.step(Input::Call { caller, tool, arguments }).map_err(|error| error.to_string())?;
        let reply = effects.iter().find_map(|effect| match effect {
            Effect::Reply(text) => Some(serde_json::from_str(text).unwrap()),
            _ => None,
        });
        Ok(reply.unwrap())
    }

    /// The agents take their mail, until a decision votes or nobody has any.
    pub fn select(&mut self) {
        self.settle(false);
    }

    /// Everything that can happen without a person or a deadline happens.
    pub fn finish(&mut self) {
        self.settle(true);
    }

    pub fn settle(&mut self, through_the_vote: bool) {
        while through_the_vote || !matches!(self.phase(), Phase::Voting { .. }) {
            let Some(input) = self.next() else { return };
            self.step(input).unwrap();
        }
    }

    pub fn next(&self) -> Option<Input> {
        if let Some(thought) = self.batch.thoughts_out(None, 1).unwrap().first() {
            let asked = self.batch.thought(*thought).unwrap().unwrap();
            let Asking::Now(answer) = RulesMind.ask(&Question::of(&self.batch, &asked).unwrap().unwrap())
            else {
                panic!("the rules answer at once")
            };
            let answer = answer.map_err(|error| error.to_string());
            return Some(Input::Answer { thought: *thought, mind: RulesMind.name().to_owned(), answer });
        }
        let mut mail = self.organisation.config().roles.iter().filter_map(|role| {
            let message = *self.batch.unread(role, 1).unwrap().first()?;
            Some(Input::Take { role: role.id.clone(), message })
        });
        mail.next()
    }

    pub fn phase(&self) -> Phase {
        self.batch.decision(DecisionId::from_number(1)).unwrap().unwrap().phase
    }
}
