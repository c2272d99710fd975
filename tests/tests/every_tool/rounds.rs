//! Stores in which a round stands open, as a process leaves them that is ended in the middle of its work.

use std::sync::Arc;

use echo_runtime::drivers::simulation::Simulation;
use echo_runtime::mind::{Asking, Mind, Question, RulesMind};
use echo_storage::clock::ClockKind;
use echo_storage::names::{DecisionId, Id};
use echo_storage::records::{Party, Phase};
use echo_storage::{Input, OpenOptions, Query, Store};
use echo_tests::{Home, role};
use serde::Deserialize;
use serde_json::{Value, json};

/// Who votes in it.
const VOTER: &str = "product_manager";

/// How far the round is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Nobody has voted.
    Voting,
    /// The product manager has.
    Voted,
    /// Everybody has, and a question is out that another role is to answer.
    Asked,
}

/// The rules, which give no answer that would end the stage.
struct Hanging(Stage);

impl Mind for Hanging {
    fn name(&self) -> &'static str {
        RulesMind.name()
    }

    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        let hangs = match self.0 {
            Stage::Voting | Stage::Voted => matches!(question, Question::Ballot { .. }),
            Stage::Asked => matches!(question, Question::Clarification { .. }),
        };
        if hangs { Asking::Later(Box::pin(std::future::pending())) } else { RulesMind.ask(question) }
    }
}

/// Opens what is discussed in the home's store, and leaves it at the stage.
pub(crate) fn open(home: &Home, stage: Stage, discussed: &Value) {
    std::fs::create_dir_all(home.store().parent().unwrap()).unwrap();
    let options = OpenOptions { clock: Some(ClockKind::Virtual), ..OpenOptions::default() };
    let store = Arc::new(Store::open(&home.store(), &options).unwrap());
    let organisation = Arc::new(echo_agents::organisation().unwrap());
    let mind = Arc::new(Hanging(stage));
    let mut simulation = Simulation::new(organisation, store.clone(), mind, 0).unwrap();
    let call = |caller: &str, tool: &str, arguments: &Value| Input::Call {
        caller: Party::Role(role(caller)),
        tool: tool.to_owned(),
        arguments: arguments.to_string(),
    };
    simulation.submit(call("ceo", "initiate_decision", discussed)).unwrap();
    let reached = || {
        let snapshot = store.snapshot().unwrap();
        let decision = snapshot.decision(DecisionId::from_number(1)).unwrap().unwrap();
        match decision.phase {
            Phase::Voting { .. } => {
                stage != Stage::Asked
                    && snapshot.thoughts_out(None, 10).unwrap().len() == decision.participants.len()
            }
            Phase::Clarifying { .. } => stage == Stage::Asked,
            _ => false,
        }
    };
    let over = simulation.settle_until(&reached, &mut |_| {}).unwrap();
    assert!(!over, "{stage:?} is never reached");
    if stage == Stage::Voted {
        let ballot = json!({ "decision": "dec-1", "vote": "approve", "confidence": 800, "rationale": "it is worth it" });
        simulation.submit(call(VOTER, "cast_vote", &ballot)).unwrap();
    }
}
