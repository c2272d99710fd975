//! The organisation decides: what each mode comes to, what adds up, and what earlier outcomes change.
//!
//! Goal: the rules that people read of hold in whole runs. Method: the nine roles and the rules mind under the simulation
//! driver or live, in this process, called by their tools.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use std::collections::BTreeMap;
use std::sync::Arc;

use echo_runtime::drivers::live::Live;
use echo_runtime::drivers::simulation::Simulation;
use echo_runtime::engine::Asked;
use echo_runtime::mind::RulesMind;
use echo_runtime::organisation::Organisation;
use echo_storage::clock::ClockKind;
use echo_storage::disk::MemoryDisk;
use echo_storage::journal;
use echo_storage::names::DecisionId;
use echo_storage::quantities::Confidence;
use echo_storage::records::{Decision, Deed, Party, Phase, Status};
use echo_storage::{Effect, Input, Query, Store};
use echo_tests::{block_on, role};
use serde_json::{Value, json};

fn organisation() -> Arc<Organisation> {
    Arc::new(echo_agents::organisation().unwrap())
}

fn simulation(disk: &MemoryDisk, seed: u64) -> Simulation {
    let store = Arc::new(Store::on_memory_disk(disk, ClockKind::Virtual).unwrap());
    Simulation::new(organisation(), store, Arc::new(RulesMind), seed).unwrap()
}

fn call(caller: &str, tool: &str, arguments: &Value) -> Input {
    let caller = Party::Role(role(caller));
    Input::Call { caller, tool: tool.to_owned(), arguments: arguments.to_string() }
}

/// The decision of this number.
fn decision(simulation: &Simulation, number: u64) -> Decision {
    let id = echo_storage::names::Id::from_number(number);
    simulation.snapshot().unwrap().decision(id).unwrap().unwrap()
}

/// Ten pieces do not pass where the whole would not.
#[test]
fn of_ten_requests_of_900_000_in_a_day_the_ceo_approves_one() {
    let mut simulation = simulation(&MemoryDisk::new(), 1);
    let arguments = json!({
        "department": "engineering",
        "amount_usd": 900_000,
        "purpose": "a data centre",
        "context": { "description": "A data centre", "impact": "Twice the load", "stakeholders": ["cto"] },
    });
    for _ in 0..10 {
        simulation.submit(call("ceo", "allocate_budget", &arguments)).unwrap();
    }
    simulation.settle(&mut |_| {}).unwrap();
    let all: Vec<Decision> = (1..=10).map(|number| decision(&simulation, number)).collect();
    assert_eq!(all[0].status, Status::Approved, "{:?}", all[0].path);
    assert_eq!(all[0].decided_by, Some(Party::Role(role("ceo"))));
    for later in &all[1..] {
        assert_eq!(later.status, Status::Escalated, "{:?}", later.path);
        let why = &later.path.iter().find(|step| step.deed == Deed::PassedUp).unwrap().why;
        assert!(why.contains("on top of 900,000 USD in the last 24 hours"), "{why}");
    }
}

/// 750,000 USD are more than the CTO may spend and less than the CEO may.
#[test]
fn what_the_cto_may_not_spend_climbs_to_the_ceo_who_decides() {
    let mut simulation = simulation(&MemoryDisk::new(), 1);
    let context = json!({
        "description": "Renew the infrastructure: a second data centre",
        "impact": "Outages of one site stop nothing any more",
        "stakeholders": ["cto", "operations_head"],
        "timeline": "9 months",
        "risks": [{ "risk": "the move interrupts the service", "mitigation": "it is done service by service" }],
        "alternatives": ["rent it"],
        "success_criteria": ["99.99 % availability"],
        "data": { "load_expected": 700, "load_capacity": 1_000 },
    });
    for (amount, status, decider) in
        [(750_000, Status::Approved, Some(Party::Role(role("ceo")))), (15_000_000, Status::Escalated, None)]
    {
        let arguments = json!({
            "type": "infrastructure_architecture",
            "subject": format!("A second data centre for {amount}"),
            "reason": "It is above my limit",
            "budget_usd": amount,
            "context": context,
        });
        let entry = simulation.submit(call("cto", "escalate_to_ceo", &arguments)).unwrap();
        simulation.settle(&mut |_| {}).unwrap();
        let id = opened(&entry.effects);
        let decision = simulation.snapshot().unwrap().decision(id).unwrap().unwrap();
        assert_eq!((decision.status, &decision.decided_by), (status, &decider), "{:?}", decision.path);
        assert!(decision.path.iter().any(|step| step.who == Party::Role(role("ceo"))), "{:?}", decision.path);
    }
}

fn opened(effects: &[Effect]) -> DecisionId {
    let decision = effects.iter().find_map(|effect| match effect {
        Effect::PutDecision(decision) => Some(decision.id),
        _ => None,
    });
    decision.unwrap()
}

/// Goal: an earlier outcome that did not stand makes a role less sure, and at the margin another decides. Method: the same
/// decision in two organisations, whose only difference is that in one of them the CEO has overridden the earlier approval.
#[test]
fn an_earlier_outcome_that_was_reversed_changes_who_decides() {
    let context = json!({
        "description": "Every service reports its latency",
        "impact": "Slow services are found",
        "stakeholders": ["cto"],
        "success_criteria": ["latency below 200 ms for 99 % of requests"],
    });
    let run = |reversed: bool| {
        let mut simulation = simulation(&MemoryDisk::new(), 1);
        let proposal = json!({
            "proposal": "Report latency",
            "area": "standards",
            "reach": "one_team",
            "major_migration": false,
            "compliance": false,
            "yearly_return_usd": 0,
            "horizon_months": 12,
            "context": context,
        });
        simulation.submit(call("cto", "approve_technical_proposal", &proposal)).unwrap();
        simulation.settle(&mut |_| {}).unwrap();
        assert_eq!(decision(&simulation, 1).status, Status::Approved);
        if reversed {
            let arguments = json!({ "decision": "dec-1", "reason": "it was not thought through" });
            simulation.submit(call("ceo", "override_decision", &arguments)).unwrap();
            simulation.settle(&mut |_| {}).unwrap();
            assert_eq!(decision(&simulation, 1).status, Status::Rejected);
        }
        let arguments = json!({
            "type": "technical_standards",
            "subject": "Report errors as well",
            "reason": "It is the CTO's to say",
            "context": context,
        });
        simulation.submit(call("senior_architect", "escalate_to_cto", &arguments)).unwrap();
        simulation.settle(&mut |_| {}).unwrap();
        decision(&simulation, 2)
    };
    let (stood, reversed) = (run(false), run(true));
    let of_the_cto = |decision: &Decision| -> Confidence {
        let step = decision.path.iter().find(|step| step.who == Party::Role(role("cto"))).unwrap();
        step.confidence.unwrap()
    };
    // Four fields of ten and one approval that stood, or one that did not: 320 + 120 + 0.3 * 909, or 0.3 * 818.
    assert_eq!((of_the_cto(&stood).thousandths(), of_the_cto(&reversed).thousandths()), (712, 685));
    // The CTO's threshold is 700.
    let cto = Some(Party::Role(role("cto")));
    assert_eq!((stood.status, &stood.decided_by), (Status::Approved, &cto), "{:#?}", stood.path);
    assert_ne!(reversed.decided_by, cto, "{:#?}", reversed.path);
    // So does its vote: what was rejected before speaks against more of it.
    let words = |decision: &Decision| {
        let step = decision.path.iter().find(|step| step.who == Party::Role(role("cto"))).unwrap();
        step.why.clone()
    };
    assert!(words(&stood).starts_with("approve at 570: "), "{}", words(&stood));
    assert!(words(&reversed).contains("its opinion: abstain at 515: "), "{}", words(&reversed));
}

/// What became of each of many decisions, by the key under which it was opened.
type Outcomes = BTreeMap<String, (Status, Option<Party>)>;

const MANY: usize = 100;

fn keyed(number: usize) -> Asked {
    let arguments = json!({
        "type": "technology_strategy",
        "mode": if number.is_multiple_of(3) { "autonomous" } else { "collaborative" },
        "subject": format!("Plan {number}"),
        "description": "Renew the deployment infrastructure, monitoring, testing and the api design",
        "impact": "Outages end sooner",
        "stakeholders": ["operations_head"],
        "timeline": "6 months",
        "success_criteria": ["99.9 % availability"],
    });
    let asked = Asked::from(call("ceo", "initiate_decision", &arguments));
    Asked { key: Some(format!("plan {number}")), ..asked }
}

/// Each decision was opened once, has ended, and was decided once.
fn outcomes(state: &impl Query) -> Outcomes {
    let mut outcomes = Outcomes::new();
    let decisions = state.decisions(None, 2 * MANY).unwrap();
    assert_eq!(decisions.len(), MANY);
    for decision in decisions {
        assert!(matches!(decision.phase, Phase::Closed | Phase::Waiting { .. }), "{decision:?}");
        let outcome = (decision.status, decision.decided_by.clone());
        assert!(outcomes.insert(decision.proposal.subject.clone(), outcome).is_none(), "{decision:?}");
    }
    let mut decided: BTreeMap<DecisionId, u32> = BTreeMap::new();
    for (entry, _) in journal::walk(state).map(Result::unwrap) {
        for effect in &entry.effects {
            if let Effect::PutDecision(decision) = effect
                && matches!(decision.status, Status::Approved | Status::Rejected)
            {
                *decided.entry(decision.id).or_default() += 1;
            }
        }
    }
    assert!(decided.values().all(|times| *times == 1), "{decided:?}");
    outcomes
}

#[test]
fn a_hundred_concurrent_decisions_all_end_and_none_twice() {
    let store = Arc::new(Store::in_memory(ClockKind::Real).unwrap());
    let running = store.clone();
    block_on(async move {
        let live = Arc::new(Live::start(organisation(), running, Arc::new(RulesMind)).await.unwrap());
        let asks = (0..MANY).map(|number| {
            let live = live.clone();
            tokio::spawn(async move { live.submit_asked(keyed(number)).await.unwrap() })
        });
        for ask in asks.collect::<Vec<_>>() {
            ask.await.unwrap();
        }
        live.settled().await.unwrap();
        Arc::into_inner(live).unwrap().stop().await.unwrap();
    });
    outcomes(&store.snapshot().unwrap());
}

/// Goal: a cut in the middle of many decisions changes no outcome. Method: the same hundred on a disk whose power is cut
/// somewhere, then everything is asked again under the same keys.
#[test]
fn a_hundred_decisions_that_are_cut_in_the_middle_end_as_if_they_had_not_been() {
    let ask_all = |simulation: &mut Simulation| -> Result<(), echo_runtime::drivers::RuntimeError> {
        for number in 0..MANY {
            simulation.submit_asked(keyed(number))?;
        }
        simulation.settle(&mut |_| {})
    };
    let whole = MemoryDisk::new();
    let mut uncut = simulation(&whole, 7).cascading();
    ask_all(&mut uncut).unwrap();
    let expected = outcomes(&uncut.snapshot().unwrap());
    drop(uncut);
    let operations = whole.operations();
    for part in 1..8_u64 {
        let disk = MemoryDisk::new();
        disk.fail_after(operations * part / 8);
        // It ends where the disk does.
        let cut = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut simulation = simulation(&disk, 7).cascading();
            ask_all(&mut simulation)
        }));
        assert!(!matches!(cut, Ok(Ok(()))), "the disk failed in part {part}");
        let left = disk.cut(part);
        let mut again = simulation(&left, 8 + part).cascading();
        ask_all(&mut again).unwrap();
        assert_eq!(outcomes(&again.snapshot().unwrap()), expected, "cut in part {part}");
    }
}
