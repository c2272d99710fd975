//! Remembering and recalling, as the agents' tools do it, and what of it reaches a mind.
//!
//! Method: calls are made in virtual time on a store in memory.
#![expect(clippy::unwrap_used, reason = "a test reports what is not there by failing")]

use std::sync::Arc;

use echo_agents::organisation;
use echo_runtime::drivers::simulation::Simulation;
use echo_runtime::mind::{Question, RulesMind};
use echo_runtime::organisation::Organisation;
use echo_storage::clock::ClockKind;
use echo_storage::names::{Id, RoleId, ThoughtId};
use echo_storage::records::Party;
use echo_storage::{Input, Query, Snapshot, Store};
use serde_json::{Value, json};

struct Office {
    organisation: Arc<Organisation>,
    store: Arc<Store>,
    simulation: Simulation,
}

impl Office {
    fn new() -> Self {
        let organisation = Arc::new(organisation().unwrap());
        let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
        let mind = Arc::new(RulesMind);
        let simulation = Simulation::new(organisation.clone(), store.clone(), mind, 7).unwrap();
        Self { organisation, store, simulation }
    }

    fn state(&self) -> Snapshot {
        self.store.snapshot().unwrap()
    }

    fn remember(&mut self, role: &str, arguments: &Value) -> Result<Value, String> {
        self.call(role, "remember", arguments)
    }

    fn call(&mut self, role: &str, tool: &str, arguments: &Value) -> Result<Value, String> {
        let caller = Party::Role(RoleId::new(role).unwrap());
        let input = Input::Call { caller, tool: tool.to_owned(), arguments: arguments.to_string() };
        let entry = self.simulation.submit(input).map_err(|error| error.to_string())?;
        self.simulation.settle(&mut |_| {}).unwrap();
        Ok(serde_json::from_str(entry.reply().unwrap()).unwrap())
    }

    fn recall(&self, role: &str, arguments: Value) -> Result<Value, String> {
        let role = RoleId::new(role).unwrap();
        let tool = self.organisation.tools(&role).iter().find(|tool| tool.name() == "recall").unwrap();
        tool.look(&self.state(), role, arguments).map_err(|error| error.to_string())
    }

    /// The texts that are recalled.
    fn texts(&self, arguments: Value) -> Vec<String> {
        let answer = self.recall("test_lead", arguments).unwrap();
        let memories = answer.pointer("/structured/memories").and_then(serde_json::Value::as_array).unwrap();
        memories.iter().map(|memory| memory["text"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn what_one_role_remembers_every_role_recalls() {
    let mut office = Office::new();
    let first =
        json!({ "name": "storage vendor", "text": "Acme delivers in 3 weeks", "tags": ["vendor", "vendor"] });
    let answer = office.remember("operations_head", &first).unwrap();
    assert_eq!(answer["structured"], json!({ "memory": "mem-1", "tags": ["vendor"], "replaces": null }));
    let second = json!({ "name": "storage vendor", "text": "Acme was late twice", "tags": ["vendor"] });
    let answer = office.remember("cto", &second).unwrap();
    assert_eq!(answer["text"], "remembered as mem-2, in place of mem-1");
    office.remember("chro", &json!({ "text": "The vendor of the canteen is new" })).unwrap();

    assert_eq!(office.texts(json!({ "name": "storage vendor" })), ["Acme was late twice"]);
    assert_eq!(office.texts(json!({ "tag": "vendor" })), ["Acme was late twice"]);
    let ranked = ["Acme was late twice", "The vendor of the canteen is new"];
    assert_eq!(office.texts(json!({ "words": "is the vendor late?" })), ranked);
    assert_eq!(office.texts(json!({ "words": "vendor late", "limit": 1 })), ranked[..1]);
    assert_eq!(office.texts(json!({ "words": "weather" })), Vec::<String>::new());
    let answer = office.recall("test_lead", json!({ "words": "late" })).unwrap();
    assert_eq!(answer["structured"]["looked_through"], 3);
    assert_eq!(answer["structured"]["memories"][0]["by"], "cto");
    assert_eq!(answer["text"], "mem-2 (storage vendor), cto: Acme was late twice");
}

#[test]
fn what_cannot_be_remembered_or_looked_for_is_refused_with_its_path() {
    let mut office = Office::new();
    let mut check = |arguments: Value, expected: &str| {
        let refusal = office.remember("cto", &arguments).unwrap_err();
        assert!(refusal.starts_with(expected), "{refusal}");
    };
    check(json!({}), "arguments: missing field `text`");
    check(json!(["a text"]), "arguments: wanted is a JSON object");
    check(json!({ "text": " " }), "text: it has 0 characters");
    check(json!({ "text": "x".repeat(4_001) }), "text: it has 4001 characters");
    check(json!({ "text": "x", "name": "" }), "name: it has 0 characters");
    check(json!({ "text": "x", "name": "a\nb" }), "name: it is one line");
    // Those of outcomes have a space, so nobody can crowd them out.
    check(json!({ "text": "x", "tags": ["ok", "outcome hiring"] }), "tags[1]: a tag has");
    check(json!({ "text": "x", "tags": vec!["t"; 17] }), "tags: there are 17");
    check(json!({ "text": "x", "by": "ceo" }), "by: unknown field");
    for (arguments, expected) in [
        (json!({}), "arguments: give one of"),
        (json!({ "name": "a", "words": "b" }), "arguments: give one of"),
        (json!({ "words": " " }), "words: it needs 1"),
        (json!({ "words": "a", "limit": 51 }), "limit: it is 51"),
    ] {
        let refusal = office.recall("cto", arguments).unwrap_err();
        assert!(refusal.starts_with(expected), "{refusal}");
    }
    assert_eq!(office.state().memories(None, 10).unwrap(), []);
}

/// Goal: an outcome reaches those who decide something else with the same words, and not those who decide something
/// without. Method: a decision is rejected, and two others are looked into as the minds see them.
#[test]
fn an_outcome_reaches_the_minds_whose_words_match() {
    let mut office = Office::new();
    let proposal = |kind: &str, subject: &str, description: &str| {
        json!({
            "type": kind, "subject": subject, "reason": "It is yours.", "opinion": "reject",
            "context": {
                "description": description, "impact": "some", "stakeholders": ["cto"],
                "timeline": "3 months", "success_criteria": ["10 of 10 by March"],
            },
        })
    };
    let storage = "A second storage location with Acme as its vendor";
    let arguments = proposal("technology_strategy", "Storage from the vendor Acme", storage);
    office.call("cto", "escalate_to_ceo", &arguments).unwrap();
    let outcomes = office.state().memories(None, 10).unwrap().len();
    assert_eq!(outcomes, 1, "{:?}", office.state().decisions(None, 1).unwrap()[0].path);
    let remembered_by = |office: &Office| {
        let state = office.state();
        let mut number = 1;
        let mut last = None;
        while let Some(thought) = state.thought(ThoughtId::from_number(number)).unwrap() {
            if let Some(Question::Ballot { standing, .. }) = Question::of(&state, &thought).unwrap() {
                last = Some(standing.remembered);
            }
            number += 1;
        }
        last.unwrap().into_iter().map(|note| note.decision.to_string()).collect::<Vec<_>>()
    };
    let arguments = proposal("resource_allocation", "A contract with Acme for storage", "Acme is the vendor");
    office.call("operations_head", "escalate_to_ceo", &arguments).unwrap();
    assert_eq!(remembered_by(&office), ["dec-1"]);
    let arguments = proposal("team_culture", "A party in summer", "Everybody is invited to the lake");
    office.call("chro", "escalate_to_ceo", &arguments).unwrap();
    assert_eq!(remembered_by(&office), Vec::<String>::new());
}
