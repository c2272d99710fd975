//! Absence: agents, and whole organisations, that are not there when something is wanted of them.
//!
//! Goal: a decision goes on without whoever is missing, by the same rules and under the same guard, and the record says
//! so. Method: a company of four whose agents panic on messages of certain kinds, under the engine and the simulation.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test reports what it cannot read by failing")]

use std::collections::BTreeSet;
use std::sync::Arc;

use echo_runtime::drivers::simulation::Simulation;
use echo_runtime::engine::{Cascade, Engine};
use echo_runtime::mind::{Asking, Mind, Question, RulesMind};
use echo_runtime::organisation::Organisation;
use echo_runtime::replay::replay;
use echo_runtime::role::{OnMessage, Role};
use echo_runtime::turn::{Failure, Turn};
use echo_storage::clock::{Clock, ClockKind};
use echo_storage::journal::{self, Head};
use echo_storage::names::{DecisionId, Id, RoleId};
use echo_storage::quantities::Timestamp;
use echo_storage::records::{
    Address, BreakerState, Context, Decision, Deed, Kind, Message, Party, Phase, Status,
};
use echo_storage::{Input, Query, Snapshot, Store};
use echo_tests::{HEAD, WORKER, role, start_a_plan};

/// A head, a deputy above whom the head is, and two workers who vote.
fn company(failing: &str, on_message: OnMessage) -> Arc<Organisation> {
    let deputy = Role { id: "deputy", escalates_to: Some("head"), keywords: &["nothing"], ..HEAD };
    let roles = [HEAD, deputy, WORKER, Role { id: "aide", ..WORKER }]
        .map(|role| Role { on_message: (role.id == failing).then_some(on_message), ..role });
    Arc::new(echo_tests::company(&roles))
}

fn start(initiator: &str, budget: u64) -> Input {
    let more = Context {
        timeline: "6 months".to_owned(),
        alternatives: vec!["none".to_owned()],
        success_criteria: vec!["10 % more".to_owned()],
        ..Context::default()
    };
    start_a_plan(initiator, budget, more)
}

fn post(to: &str, subject: &str) -> Input {
    Input::Post {
        from: Party::Person("me".to_owned()),
        to: Address::Role(role(to)),
        kind: Kind::Notification,
        subject: subject.to_owned(),
        content: "{}".to_owned(),
        in_reply_to: None,
    }
}

fn always(_: &mut Turn<'_, '_>, role: &RoleId, _: &Message) -> Result<(), Failure> {
    panic!("{role} is out of order");
}

/// Panics on requests to vote and on what is called bad.
fn on_votes(turn: &mut Turn<'_, '_>, role: &RoleId, message: &Message) -> Result<(), Failure> {
    let is_vote = message.content.contains("\"vote\"");
    assert!(!is_vote && message.subject != "bad", "it cannot vote");
    turn.role(role).map(drop)
}

fn never(turn: &mut Turn<'_, '_>, role: &RoleId, _: &Message) -> Result<(), Failure> {
    turn.role(role).map(drop)
}

struct Run {
    organisation: Arc<Organisation>,
    store: Arc<Store>,
    simulation: Simulation,
}

impl Run {
    fn new(failing: &str, on_message: OnMessage, mind: Arc<dyn Mind>) -> Self {
        let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
        let organisation = company(failing, on_message);
        let simulation = Simulation::new(organisation.clone(), store.clone(), mind, 1).unwrap();
        Self { organisation, store, simulation }
    }

    fn does(&mut self, input: Input) -> Decision {
        self.simulation.submit(input).unwrap();
        self.simulation.settle(&mut |_| {}).unwrap();
        self.decision()
    }

    fn decision(&self) -> Decision {
        let decision = self.store.snapshot().unwrap().decision(DecisionId::from_number(1)).unwrap();
        decision.unwrap_or_else(|| panic!("there is no decision yet"))
    }

    fn replays(&self) {
        let state = self.store.snapshot().unwrap();
        let replayed = replay(&self.organisation, &state, None).unwrap();
        assert_eq!(replayed.head, Head::of(&state).unwrap().hash);
    }
}

/// Goal: what follows from a failed step is decided under the same guard as any step. Method: the last ballot that is
/// waited for becomes a dead letter, so that the decision is closed in the aftermath of the failure; the initiator, whose
/// breaker is open by then, gives no words on it.
#[test]
fn a_decision_that_ends_in_the_aftermath_of_a_failure_ends_by_the_rules() {
    let mut run = Run::new("aide", on_votes, Arc::new(RulesMind));
    let decision = run.does(start("head", 900));
    assert_eq!(decision.absences.len(), 1, "{decision:#?}");
    assert!(decision.absences[0].reason.contains("its agent failed 3 times on msg-"), "{decision:#?}");
    let state = run.store.snapshot().unwrap();
    let closed_by = journal::walk(&state).map(|next| next.unwrap().0).find(|entry| {
        entry.failure.is_some() && entry.effects.iter().any(|effect| {
            matches!(effect, echo_storage::Effect::PutDecision(decision) if decision.tally.is_some())
        })
    });
    assert!(closed_by.is_some(), "the votes are counted in the aftermath");
    // One ballot of two is no quorum, so it goes up; above the head there is a person only.
    assert!(matches!(decision.phase, Phase::Waiting { .. }), "{:?}", decision.phase);
    run.replays();
}

#[test]
fn whoever_opened_a_decision_and_is_down_gives_no_words_on_it() {
    let mut run = Run::new("deputy", on_votes, Arc::new(RulesMind));
    // Two bad messages are six failures, which is more than its breaker bears.
    for _ in 0..2 {
        run.simulation.submit(post("deputy", "bad")).unwrap();
        run.simulation.settle(&mut |_| {}).unwrap();
    }
    let decision = run.does(start("deputy", 900));
    assert_eq!(decision.synthesis, None);
    let concluded = decision.path.iter().find(|step| step.deed == Deed::Concluded).unwrap();
    assert!(concluded.why.contains("synthesis: missing, its agent is down: panicked"), "{}", concluded.why);
    assert_eq!(decision.status, Status::Approved, "the count alone decides: {:#?}", decision.path);
    run.replays();
}

#[test]
fn a_role_up_the_chain_that_is_down_is_passed_over() {
    let mut run = Run::new("head", always, Arc::new(RulesMind));
    for _ in 0..2 {
        run.simulation.submit(post("head", "bad")).unwrap();
        run.simulation.settle(&mut |_| {}).unwrap();
    }
    // More than the deputy may approve, so it goes up, past the head, to a person.
    let decision = run.does(start("deputy", 1_500));
    let passed = decision.path.iter().find(|step| step.who == Party::Role(role("head"))).unwrap();
    assert!(passed.why.starts_with("passed over: its agent is down: panicked"), "{}", passed.why);
    assert!(matches!(decision.phase, Phase::Waiting { .. }));
    run.replays();
}

/// A mind that never votes for the worker, so that its round stays open.
struct Silent;

impl Mind for Silent {
    fn name(&self) -> &'static str {
        "silent"
    }
    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        match question {
            Question::Ballot { standing, .. } if standing.role.as_str() == "worker" => {
                Asking::Later(Box::pin(std::future::pending()))
            }
            _ => RulesMind.ask(question),
        }
    }
}

/// Goal: whether a vote counts does not depend on how fast the others are. Method: an agent is down when the round opens
/// and back while it is still open.
#[test]
fn who_was_missing_when_a_round_opened_is_missing_in_it() {
    let mut run = Run::new("aide", on_votes, Arc::new(Silent));
    run.simulation.submit(start("head", 900)).unwrap();
    // The worker's question runs into its deadline after two minutes; the aide's first pause is half a minute.
    run.simulation.settle(&mut |_| {}).unwrap();
    let decision = run.decision();
    let state = run.store.snapshot().unwrap();
    for round in 1..=decision.rounds {
        for absence in decision.absences.iter().filter(|absence| absence.round == round) {
            let voted = state.ballots(decision.id, round).unwrap().iter().any(|one| one.role == absence.role);
            assert!(!voted, "{} is missing and votes in round {round}", absence.role);
        }
    }
    assert!(decision.absences.iter().any(|one| one.role.as_str() == "aide"), "{:?}", decision.absences);
    run.replays();
}

/// Goal: an agent that fails pauses before it tries again. Method: with every agent ready, one batch holds one attempt.
#[test]
fn a_failed_message_is_not_tried_again_in_the_same_commit() {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let clock = Arc::new(Clock::new(ClockKind::Virtual, Timestamp::from_ms(1)));
    let engine = Engine::new(company("aide", on_votes), store, clock);
    engine.run(&[engine.configuration().unwrap().unwrap()], None).unwrap();
    let cascade = Cascade { ready: &|_| true, has_time: &|| true, mind: &RulesMind };
    let committed = engine.run(&[post("aide", "bad"), post("worker", "good")], Some(cascade)).unwrap();
    let failed = committed.entries.iter().filter(|entry| entry.failure.is_some()).count();
    assert_eq!(failed, 1);
    assert_eq!(committed.entries.len(), 4, "two messages, two attempts");
    assert_eq!(committed.failed, BTreeSet::from([RoleId::new("aide").unwrap()]));
    assert!(
        committed.left.contains(&RoleId::new("aide").unwrap()),
        "it is woken, and pauses before it looks"
    );
    // Nor because of another message.
    let committed = engine.run(&[post("aide", "bad"), post("aide", "good")], Some(cascade)).unwrap();
    assert_eq!(committed.entries.iter().filter(|entry| entry.failure.is_some()).count(), 1);
}

/// Goal: a session that nobody ran for an hour goes on as if it had not stood still. Method: the clock is an hour ahead
/// when it is taken up again, after every number of steps.
#[test]
fn a_while_in_which_nobody_ran_it_counts_in_no_deadline() {
    const HOUR_MS: u64 = 60 * 60 * 1000;
    let mut undisturbed = Run::new("", never, Arc::new(RulesMind));
    let expected = undisturbed.does(start("deputy", 900));
    let whole = Head::of(&undisturbed.store.snapshot().unwrap()).unwrap().step;
    let mut taken_up = 0;
    for steps in 2..whole {
        let mut run = Run::new("", never, Arc::new(RulesMind));
        run.simulation.submit(start("deputy", 900)).unwrap();
        let store = run.store.clone();
        let stop = || Head::of(&store.snapshot().unwrap()).unwrap().step >= steps;
        run.simulation.settle_until(&stop, &mut |_| {}).unwrap();

        let now = Head::of(&run.store.snapshot().unwrap()).unwrap().now;
        let clock = Arc::new(Clock::new(ClockKind::Virtual, now.after_ms(HOUR_MS)));
        let engine = Engine::new(run.organisation.clone(), run.store.clone(), clock);
        if let Some(input) = engine.take_up().unwrap() {
            assert_eq!(input, Input::TakeUp { away_ms: HOUR_MS });
            engine.run(&[input], None).unwrap();
            taken_up += 1;
            has_time_left(&run.store.snapshot().unwrap(), now.after_ms(HOUR_MS));
        }
        let mind = Arc::new(RulesMind);
        run.simulation = Simulation::new(run.organisation.clone(), run.store.clone(), mind, 1).unwrap();
        run.simulation.settle(&mut |_| {}).unwrap();
        let decision = run.decision();
        assert_eq!(
            (decision.status, &decision.tally),
            (expected.status, &expected.tally),
            "after {steps} steps"
        );
        let fired = journal::walk(&run.store.snapshot().unwrap())
            .filter(|next| matches!(next.as_ref().unwrap().0.input, Input::Timer { .. }))
            .count();
        assert_eq!(fired, 0, "after {steps} steps");
        run.replays();
    }
    assert!(taken_up > 2);
}

/// Every deadline is still to come, and is the same wherever it stands.
fn has_time_left(state: &Snapshot, now: Timestamp) {
    let timers = state.timers(100).unwrap();
    assert!(timers.iter().all(|timer| timer.due > now), "{timers:?}");
    let is_set = |due: Timestamp, id| timers.iter().any(|timer| (timer.due, timer.id) == (due, id));
    for decision in state.decisions(None, 10).unwrap() {
        assert!(decision.deadline.is_none_or(|(due, id)| is_set(due, id)), "{:?}", decision.deadline);
    }
    for id in state.thoughts_out(None, 10).unwrap() {
        let thought = state.thought(id).unwrap().unwrap();
        assert!(is_set(thought.deadline, thought.timer), "{thought:?}");
    }
}

/// The pause of an agent that failed is no deadline that anybody must keep: it goes on while nobody runs it.
#[test]
fn a_pause_is_not_put_off() {
    let mut run = Run::new("aide", on_votes, Arc::new(RulesMind));
    for _ in 0..2 {
        run.simulation.submit(post("aide", "bad")).unwrap();
        run.simulation.settle(&mut |_| {}).unwrap();
    }
    let agent = run.store.snapshot().unwrap().agent(&role("aide")).unwrap().unwrap();
    assert!(matches!(agent.breaker.unwrap().state, BreakerState::Open { .. }));
    let now = Head::of(&run.store.snapshot().unwrap()).unwrap().now;
    let clock = Arc::new(Clock::new(ClockKind::Virtual, now.after_ms(10_000)));
    let engine = Engine::new(run.organisation.clone(), run.store.clone(), clock);
    assert_eq!(engine.take_up().unwrap(), None);
}
