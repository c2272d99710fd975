//! Failures by injection: steps that panic, refuse, forge or do not fit; minds that hang; disks that fail.
//!
//! Goal: only the culprit fails, the journal says so, and nobody is told what is not durable. Method: a company of two
//! roles of its own, whose tools misbehave on demand, under the engine and under both drivers.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use std::sync::Arc;

use echo_runtime::drivers::RuntimeError;
use echo_runtime::drivers::live::Live;
use echo_runtime::drivers::simulation::Simulation;
use echo_runtime::engine::{Engine, Outcome};
use echo_runtime::mail::topics;
use echo_runtime::mind::{Asking, Mind, Question, RulesMind};
use echo_runtime::organisation::Organisation;
use echo_runtime::replay::replay;
use echo_runtime::role::Role;
use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, Outgoing};
use echo_storage::clock::{Clock, ClockKind, VIRTUAL_EPOCH};
use echo_storage::codec::{self, MAX_VALUE_BYTES};
use echo_storage::disk::MemoryDisk;
use echo_storage::journal::{self, Head};
use echo_storage::names::{DecisionId, Id, MessageId, Topic};
use echo_storage::quantities::Usd;
use echo_storage::records::{
    Address, Context, Cursor, Kind, MAX_READ_BEYOND, Party, Phase, Reason, Request, Status, Vote,
};
use echo_storage::table::CURSORS;
use echo_storage::{Durability, Effect, Input, Query, Store, StoreError, verify};
use echo_tests::{HEAD, WORKER, block_on, role, start_a_plan};
use serde_json::json;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Done {}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("done")
    }
}

fn send(call: &mut Call<'_, '_, '_>, content: serde_json::Value) -> Result<Done, Failure> {
    call.turn.send(Outgoing {
        from: Party::Role(call.caller.clone()),
        to: Address::Role(role("worker")),
        kind: Kind::Request,
        subject: "a test".to_owned(),
        content,
        about: None,
        deadline: None,
        in_reply_to: None,
    })?;
    Ok(Done {})
}

fn note(call: &mut Call<'_, '_, '_>, _: Nothing) -> Result<Done, Failure> {
    send(call, json!({ "note": "read me" }))
}

/// Asks for a vote on a decision that does not exist, so that taking the message fails.
fn poison(call: &mut Call<'_, '_, '_>, _: Nothing) -> Result<Done, Failure> {
    send(call, json!({ "ask": "vote", "decision": "dec-99", "round": 1 }))
}

fn oversize(call: &mut Call<'_, '_, '_>, _: Nothing) -> Result<Done, Failure> {
    send(call, json!({ "text": "x".repeat(17 * 1024 * 1024) }))
}

fn half_then_panic(call: &mut Call<'_, '_, '_>, _: Nothing) -> Result<Done, Failure> {
    send(call, json!({ "note": "never seen" }))?;
    panic!("injected");
}

/// Approves whatever waits, without authority.
fn forge(call: &mut Call<'_, '_, '_>, _: Nothing) -> Result<Done, Failure> {
    let mut decision = call.turn.state().decision(DecisionId::from_number(1))?.unwrap();
    decision.status = Status::Approved;
    decision.reason = Some(Reason::Authority);
    decision.decided_by = Some(Party::Role(call.caller.clone()));
    call.turn.emit(Effect::PutDecision(decision))?;
    Ok(Done {})
}

/// Approves what it has made cheap enough first.
fn cheapen(call: &mut Call<'_, '_, '_>, _: Nothing) -> Result<Done, Failure> {
    let mut decision = call.turn.state().decision(DecisionId::from_number(1))?.unwrap();
    std::sync::Arc::make_mut(&mut decision.proposal).context.budget = Some(Usd::ZERO);
    decision.status = Status::Approved;
    decision.decided_by = Some(Party::Role(call.caller.clone()));
    call.turn.emit(Effect::PutDecision(decision))?;
    Ok(Done {})
}

/// Approves in a person's name.
fn impersonate(call: &mut Call<'_, '_, '_>, _: Nothing) -> Result<Done, Failure> {
    let mut decision = call.turn.state().decision(DecisionId::from_number(1))?.unwrap();
    decision.status = Status::Approved;
    decision.decided_by = Some(Party::Person("somebody".to_owned()));
    call.turn.emit(Effect::PutDecision(decision))?;
    Ok(Done {})
}

/// Raises its own limit.
fn enrich(call: &mut Call<'_, '_, '_>, _: Nothing) -> Result<Done, Failure> {
    let mut config = call.turn.config().clone();
    for role in &mut config.roles {
        role.budget_limit = Some(Usd::MAX);
    }
    call.turn.emit(Effect::Configure(config))?;
    Ok(Done {})
}

/// Takes somebody's key for what it does itself.
fn usurp(call: &mut Call<'_, '_, '_>, _: Nothing) -> Result<Done, Failure> {
    let (caller, step) = (Party::Person("somebody".to_owned()), call.turn.step());
    call.turn.emit(Effect::PutRequest(Request { caller, key: "one".to_owned(), step }))?;
    Ok(Done {})
}

/// Tells everybody.
fn announce(call: &mut Call<'_, '_, '_>, _: Nothing) -> Result<Done, Failure> {
    call.turn.send(Outgoing {
        from: Party::Role(call.caller.clone()),
        to: Address::Topic(Topic::new(topics::ALL).unwrap()),
        kind: Kind::Notification,
        subject: "a test".to_owned(),
        content: json!({ "note": "read me" }),
        about: None,
        deadline: None,
        in_reply_to: None,
    })?;
    Ok(Done {})
}

fn announcers() -> Vec<Tool> {
    vec![Tool::computes("announce", "Tells everybody.", announce)]
}

fn tools() -> Vec<Tool> {
    vec![
        Tool::computes("note", "Sends a note.", note),
        Tool::computes("poison", "Sends what cannot be taken.", poison),
        Tool::computes("oversize", "Sends what cannot be stored.", oversize),
        Tool::computes("half_then_panic", "Sends, then panics.", half_then_panic),
        Tool::decides("forge", "Approves without authority.", forge),
        Tool::decides("cheapen", "Lowers the budget and approves.", cheapen),
        Tool::decides("impersonate", "Approves as a person.", impersonate),
        Tool::decides("enrich", "Raises limits.", enrich),
        Tool::decides("usurp", "Takes somebody's key.", usurp),
    ]
}

fn company() -> Organisation {
    let (head, aide) = (Role { tools, ..HEAD }, Role { id: "aide", ..WORKER });
    echo_tests::company(&[head, WORKER, aide])
}

fn call(tool: &str) -> Input {
    let caller = Party::Role(role("head"));
    Input::Call { caller, tool: tool.to_owned(), arguments: "{}".to_owned() }
}

fn start(budget: u64) -> Input {
    start_a_plan("head", budget, Context::default())
}

fn memory() -> Arc<Store> {
    Arc::new(Store::in_memory(ClockKind::Virtual).unwrap())
}

fn engine(store: &Arc<Store>) -> Engine {
    let clock = Arc::new(Clock::new(ClockKind::Virtual, VIRTUAL_EPOCH));
    let engine = Engine::new(Arc::new(company()), store.clone(), clock);
    engine.run(&[engine.configuration().unwrap().unwrap()], None).unwrap();
    engine
}

fn failure(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed(entry) => entry.failure.clone().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn in_a_batch_only_the_culprits_fail() {
    let store = memory();
    let batch = vec![call("note"), call("half_then_panic"), call("oversize"), call("unknown"), call("note")];
    let committed = engine(&store).run(&batch, None).unwrap();
    let [first, panicked, oversize, unknown, last] = committed.outcomes.as_slice() else { panic!() };
    assert!(matches!((first, last), (Outcome::Done(_), Outcome::Done(_))));
    assert_eq!(failure(panicked), "panicked: injected");
    assert!(failure(oversize).contains("cannot be stored"), "{}", failure(oversize));
    assert!(failure(unknown).contains("head has no tool `unknown`; it has note"), "{}", failure(unknown));
    // The two notes are there, nothing of the others, and the chain is whole.
    let state = store.snapshot().unwrap();
    let config = state.config().unwrap().unwrap();
    let worker = config.role(&role("worker")).unwrap().clone();
    assert_eq!(state.unread(&worker, 10).unwrap(), [MessageId::from_number(1), MessageId::from_number(2)]);
    let failures = journal::walk(&state).filter(|next| next.as_ref().unwrap().0.failure.is_some()).count();
    assert_eq!(failures, 3);
    let replayed = replay(&company(), &state, None).unwrap();
    assert_eq!((replayed.head, replayed.applied_only), (Head::of(&state).unwrap().hash, 1));
}

/// Goal: an input that cannot even be written down as a failure costs itself alone. Method: its arguments are as large as
/// the largest value that is stored, alone and between others.
#[test]
fn what_is_too_large_to_be_written_down_is_refused_and_nothing_else() {
    let store = memory();
    let engine = engine(&store);
    let arguments = format!("{{\"text\": \"{}\"}}", "x".repeat(MAX_VALUE_BYTES));
    let caller = Party::Role(role("head"));
    let large = Input::Call { caller, tool: "note".to_owned(), arguments };
    let committed = engine.run(std::slice::from_ref(&large), None).unwrap();
    assert!(matches!(committed.outcomes.as_slice(), [Outcome::Skipped(why)] if why.contains("too large")));
    let committed = engine.run(&[call("note"), large, call("note")], None).unwrap();
    let [Outcome::Done(_), Outcome::Skipped(_), Outcome::Done(_)] = committed.outcomes.as_slice() else {
        panic!("{:?}", committed.outcomes)
    };
    assert_eq!(Head::of(&store.snapshot().unwrap()).unwrap().step, 3);
}

/// A call that can be decided and sealed, and not be written: as large as a step can be, and too large for a row.
fn brimful() -> Input {
    let call = |spaces: usize| {
        let arguments = format!("{{}}{}", " ".repeat(spaces));
        Input::Call { caller: Party::Role(role("head")), tool: "note".to_owned(), arguments }
    };
    let spaces = 100_000;
    let committed = engine(&memory()).run(&[call(spaces)], None).unwrap();
    let [Outcome::Done(entry)] = committed.outcomes.as_slice() else { panic!() };
    let size = codec::encode(&(&**entry, Vec::<u32>::new())).unwrap().len();
    call(spaces + MAX_VALUE_BYTES - size - 10)
}

/// Goal: who was told that a step is done finds it, also where a batch had to be taken apart. Method: one input of a batch
/// cannot be stored, and the disk fails at each of its operations in turn.
#[test]
fn a_disk_that_fails_while_a_batch_is_taken_apart_takes_back_nothing_that_was_told() {
    let mut told_in_part = 0;
    let brimful = brimful();
    for operations in (0..).step_by(2) {
        let disk = MemoryDisk::new();
        let store = Arc::new(Store::on_memory_disk(&disk, ClockKind::Virtual).unwrap());
        let engine = engine(&store);
        let batch = [call("note"), brimful.clone(), call("note")];
        disk.fail_after(operations);
        let run = engine.run(&batch, None);
        drop((engine, store));
        disk.heal();
        let store = Store::on_memory_disk(&disk, ClockKind::Virtual).unwrap();
        let state = store.snapshot().unwrap();
        let outcomes = run.map(|committed| committed.outcomes).unwrap_or_default();
        for outcome in &outcomes {
            if let Outcome::Done(entry) = outcome {
                assert_eq!(journal::sealed(&state, entry.step).unwrap().entry(entry.step).unwrap(), **entry);
            }
        }
        told_in_part += u32::from(!outcomes.is_empty() && outcomes.len() < batch.len());
        if outcomes.len() == batch.len() {
            break;
        }
    }
    assert!(told_in_part > 0, "the disk never failed in between");
}

#[test]
fn authority_cannot_be_forged_by_a_tool() {
    let store = memory();
    let mut simulation = Simulation::new(Arc::new(company()), store.clone(), Arc::new(RulesMind), 1).unwrap();
    simulation.submit(start(1_500)).unwrap();
    simulation.settle(&mut |_| {}).unwrap();
    let refused = |simulation: &mut Simulation, tool: &str, expected: &str| {
        let error = simulation.submit(call(tool)).unwrap_err().to_string();
        assert!(error.contains(expected), "{tool}: {error}");
    };
    refused(&mut simulation, "forge", "1,500 USD exceeds the limit of head, 1,000 USD");
    refused(&mut simulation, "cheapen", "what dec-1 asks cannot be changed");
    refused(&mut simulation, "impersonate", "without that person's verdict");
    refused(&mut simulation, "enrich", "by configuration only");
    refused(&mut simulation, "usurp", "a key is recorded for whoever asked under it");
    assert_eq!(
        store.snapshot().unwrap().request(&Party::Person("somebody".to_owned()), "one").unwrap(),
        None
    );
    let decision = store.snapshot().unwrap().decision(DecisionId::from_number(1)).unwrap().unwrap();
    assert_ne!(decision.status, Status::Approved);
}

#[test]
fn a_poison_message_becomes_a_dead_letter_and_the_agent_goes_on() {
    let store = memory();
    let mut simulation = Simulation::new(Arc::new(company()), store.clone(), Arc::new(RulesMind), 1).unwrap();
    simulation.submit(call("poison")).unwrap();
    simulation.submit(call("note")).unwrap();
    simulation.settle(&mut |_| {}).unwrap();
    is_dead(&store);
}

#[test]
fn so_it_does_under_the_live_driver() {
    let store = Arc::new(Store::in_memory(ClockKind::Real).unwrap());
    let of_run = store.clone();
    block_on(async move {
        let live = Live::start(Arc::new(company()), of_run, Arc::new(RulesMind)).await.unwrap();
        live.submit(call("poison")).await.unwrap();
        live.submit(call("note")).await.unwrap();
        live.settled().await.unwrap();
        live.stop().await.unwrap();
    });
    is_dead(&store);
}

/// Method: more messages than a group holds are sent, once before the agents run at all and once while
/// they do; the run settles only if every one of them is taken.
#[test]
fn a_backlog_of_many_groups_is_worked_off() {
    let store = Arc::new(Store::in_memory(ClockKind::Real).unwrap());
    let clock = Arc::new(Clock::new(ClockKind::Real, VIRTUAL_EPOCH));
    let engine = Engine::new(Arc::new(company()), store.clone(), clock);
    engine.run(&[engine.configuration().unwrap().unwrap()], None).unwrap();
    engine.run(&vec![call("note"); 700], None).unwrap();
    let of_run = store.clone();
    block_on(async move {
        let live = Arc::new(Live::start(Arc::new(company()), of_run, Arc::new(RulesMind)).await.unwrap());
        live.settled().await.unwrap();
        let senders = (0..700).map(|_| {
            let live = live.clone();
            tokio::spawn(async move { live.submit(call("note")).await.unwrap() })
        });
        for sender in senders.collect::<Vec<_>>() {
            sender.await.unwrap();
        }
        live.settled().await.unwrap();
        Arc::into_inner(live).unwrap().stop().await.unwrap();
    });
    let state = store.snapshot().unwrap();
    let config = state.config().unwrap().unwrap();
    assert!(state.unread(config.role(&role("worker")).unwrap(), 1).unwrap().is_empty());
    let taken = journal::walk(&state).filter(|next| {
        let effects = &next.as_ref().unwrap().0.effects;
        effects.iter().any(|effect| matches!(effect, Effect::Acknowledge { .. }))
    });
    assert_eq!(taken.count(), 1_400);
}

fn is_dead(store: &Store) {
    let state = store.snapshot().unwrap();
    let worker = role("worker");
    let receipt = state.receipt(MessageId::from_number(1), &worker).unwrap().unwrap();
    assert_eq!((receipt.attempts, receipt.dead), (3, true));
    assert!(receipt.reason.contains("there is no decision dec-99"), "{}", receipt.reason);
    assert!(state.receipt(MessageId::from_number(2), &worker).unwrap().is_none());
    let config = state.config().unwrap().unwrap();
    assert!(state.unread(config.role(&worker).unwrap(), 1).unwrap().is_empty());
}

/// A mind that never answers ballots.
struct Hanging;

impl Mind for Hanging {
    fn name(&self) -> &'static str {
        "hanging"
    }
    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        match question {
            Question::Ballot { .. } => Asking::Later(Box::pin(std::future::pending())),
            _ => RulesMind.ask(question),
        }
    }
}

#[test]
fn a_mind_that_hangs_abstains_at_its_deadline_and_the_decision_goes_on() {
    let mut config = company().config().clone();
    config.rules.thought_ms = 20;
    let organisation = Arc::new(company().with_config(config).unwrap());
    let store = Arc::new(Store::in_memory(ClockKind::Real).unwrap());
    let of_run = store.clone();
    block_on(async move {
        let live = Live::start(organisation, of_run, Arc::new(Hanging)).await.unwrap();
        live.submit(start(500)).await.unwrap();
        live.settled().await.unwrap();
        live.stop().await.unwrap();
    });
    hung(&store);
    // The same in virtual time, where no real time passes.
    let store = memory();
    let mut simulation = Simulation::new(Arc::new(company()), store.clone(), Arc::new(Hanging), 1).unwrap();
    simulation.submit(start(500)).unwrap();
    simulation.settle(&mut |_| {}).unwrap();
    hung(&store);
}

fn hung(store: &Store) {
    let state = store.snapshot().unwrap();
    let decision = state.decision(DecisionId::from_number(1)).unwrap().unwrap();
    let ballots = state.ballots(decision.id, 1).unwrap();
    assert_eq!(ballots.len(), 2);
    assert!(
        ballots
            .iter()
            .all(|ballot| ballot.vote == Vote::Abstain && ballot.rationale.contains("no answer within"))
    );
    assert!(matches!(decision.phase, Phase::Waiting { .. }), "{:?}", decision.phase);
}

#[test]
fn after_the_disk_failed_nothing_more_is_written_and_everybody_is_told() {
    let disk = MemoryDisk::new();
    let store = Arc::new(Store::on_memory_disk(&disk, ClockKind::Real).unwrap());
    let of_run = (disk.clone(), store.clone());
    block_on(async move {
        let (disk, store) = of_run;
        let live = Live::start(Arc::new(company()), store.clone(), Arc::new(RulesMind)).await.unwrap();
        live.submit(call("note")).await.unwrap();
        live.settled().await.unwrap();
        disk.fail_after(0);
        let error = live.submit(call("note")).await.unwrap_err();
        assert!(
            matches!(error, RuntimeError::Store(StoreError::Closed { .. } | StoreError::InDoubt { .. })),
            "{error}"
        );
        disk.heal();
        let late = live.submit(call("note")).await.unwrap_err();
        assert!(matches!(late, RuntimeError::Store(StoreError::Closed { .. })), "{late}");
        assert!(matches!(live.settled().await, Ok(()) | Err(RuntimeError::Store(_))));
        let error = live.stop().await.unwrap_err();
        assert!(error.to_string().contains("closed for writing"), "{error}");
    });
    assert!(matches!(store.batch(), Err(StoreError::Closed { .. })));
    drop(store);
    let store = Store::on_memory_disk(&disk, ClockKind::Real).unwrap();
    let state = store.snapshot().unwrap();
    // Configure, the note and its taking are there; what failed is not, or is whole.
    assert!(journal::walk(&state).all(|next| next.is_ok()));
    assert!(Head::of(&state).unwrap().step >= 3);
}

/// Method: commits wait for the disk, which is gone when the runtime is stopped in order.
#[test]
fn a_stop_that_finds_no_disk_says_what_is_lost() {
    let disk = MemoryDisk::new();
    let interval = Durability::Interval { ms: 60_000 };
    let store = Arc::new(Store::on_memory_disk_with(&disk, ClockKind::Real, interval).unwrap());
    block_on(async move {
        let live = Live::start(Arc::new(company()), store, Arc::new(RulesMind)).await.unwrap();
        live.submit(call("note")).await.unwrap();
        disk.fail_after(0);
        let error = live.stop().await.unwrap_err().to_string();
        assert!(error.contains("acknowledged within the interval before is lost"), "{error}");
    });
}

/// Goal: however long an agent stands still, what it is noted to have read stays small, and it misses nothing. Method: two
/// agents tell everybody in turn and read nothing, so that each has read every second entry, its own; then both read.
#[test]
fn an_agent_that_stands_still_keeps_a_small_cursor_and_misses_nothing() {
    const EACH: usize = MAX_READ_BEYOND + 100;
    let roles = [Role { tools: announcers, ..HEAD }, Role { tools: announcers, ..WORKER }];
    let organisation = Arc::new(echo_tests::company(&roles));
    let store = memory();
    let mut simulation =
        Simulation::new(organisation.clone(), store.clone(), Arc::new(RulesMind), 1).unwrap().cascading();
    let engine = Engine::new(
        organisation.clone(),
        store.clone(),
        Arc::new(Clock::new(ClockKind::Virtual, VIRTUAL_EPOCH)),
    );
    let announces = |caller: &str| {
        let (caller, tool) = (Party::Role(role(caller)), "announce".to_owned());
        Input::Call { caller, tool, arguments: "{}".to_owned() }
    };
    let turns: Vec<Input> = (0..EACH).flat_map(|_| [announces("head"), announces("worker")]).collect();
    assert!(engine.run(&turns, None).unwrap().outcomes.iter().all(|one| matches!(one, Outcome::Done(_))));
    let topic = Topic::new(topics::ALL).unwrap();
    let cursor =
        |name: &str| CURSORS.get(&store.snapshot().unwrap(), &(role(name), topic.clone())).unwrap().unwrap();
    let unread = |name: &str| {
        let config = organisation.config().role(&role(name)).unwrap();
        store.snapshot().unwrap().unread(config, 4 * EACH).unwrap()
    };
    for name in ["head", "worker"] {
        assert!(cursor(name).read_beyond.len() <= MAX_READ_BEYOND);
        assert!(cursor(name).next > 100, "{} has not moved", cursor(name).next);
        let expected: Vec<MessageId> = (1..=EACH as u64)
            .map(|one| MessageId::from_number(2 * one - u64::from(name == "worker")))
            .collect();
        assert_eq!(unread(name), expected);
    }
    simulation.settle(&mut |_| {}).unwrap();
    for name in ["head", "worker"] {
        assert_eq!(unread(name), []);
        assert_eq!(cursor(name), Cursor { next: 2 * EACH as u64, read_beyond: Vec::new() });
    }
    let state = store.snapshot().unwrap();
    assert!(verify::state(&state).unwrap().is_whole());
    replay(&organisation, &state, None).unwrap();
}
