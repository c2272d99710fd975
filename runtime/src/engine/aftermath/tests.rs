//! What follows from failed steps, one kind after the other.

use std::sync::Arc;

use echo_storage::clock::ClockKind;
use echo_storage::names::{DecisionId, Id, RoleId};
use echo_storage::records::{
    Agent, Breaker, BreakerState, Decision, Party, Phase, Question, Status, Timer, TimerPurpose,
};
use echo_storage::{Snapshot, Store};

use super::*;
use crate::drivers::simulation::Simulation;
use crate::mind::{Asking, Mind, RulesMind};
use crate::training::Scenario;
use crate::training::samples::{LOCKS, company};

/// A mind that never votes.
struct Silent;

impl Mind for Silent {
    fn name(&self) -> &'static str {
        "silent"
    }
    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        match question {
            Question::Ballot { .. } => Asking::Later(Box::pin(std::future::pending())),
            _ => RulesMind.ask(question),
        }
    }
}

/// A company whose decision waits for its ballots.
fn voting() -> Arc<Store> {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let organisation = Arc::new(company());
    let scenario =
        Scenario::parse("locks", LOCKS, &organisation.role_ids(), &organisation.decision_types()).unwrap();
    let mut simulation = Simulation::new(organisation, store.clone(), Arc::new(Silent), 0).unwrap();
    let Scenario { title, proposal, .. } = scenario;
    simulation.submit(Input::StartSession { title, scenario: "{}".to_owned(), proposal }).unwrap();
    let state = store.clone();
    let asked = move || state.snapshot().unwrap().thoughts_out(None, 10).unwrap().len() == 2;
    simulation.settle_until(&asked, &mut |_| {}).unwrap();
    store
}

fn decision(state: &Snapshot) -> Decision {
    state.decision(DecisionId::from_number(1)).unwrap().unwrap()
}

/// The state after the step of this timer has failed.
fn after(store: &Store, timer: &Timer) -> Snapshot {
    let input = Input::Timer { due: timer.due, timer: timer.id };
    let mut batch = store.batch().unwrap();
    append_failure(&mut batch, timer.due, input, "out of order".to_owned()).unwrap();
    store.commit(batch).unwrap();
    store.snapshot().unwrap()
}

fn timer(store: &Store, wanted: fn(&TimerPurpose) -> bool) -> Timer {
    let timers = store.snapshot().unwrap().timers(100).unwrap();
    timers.into_iter().find(|timer| wanted(&timer.purpose)).unwrap()
}

#[test]
fn a_decision_whose_deadline_fails_is_put_to_a_person() {
    let store = voting();
    assert_eq!(decision(&store.snapshot().unwrap()).phase, Phase::Voting { round: 1 });
    let state = after(&store, &timer(&store, |purpose| matches!(purpose, TimerPurpose::Round { .. })));
    let decision = decision(&state);
    assert!(matches!(decision.phase, Phase::Waiting { .. }), "{:?}", decision.phase);
    assert_eq!(decision.status, Status::Escalated);
    assert!(
        decision.path.iter().any(|step| step.why == "it could not go on: out of order"),
        "{:?}",
        decision.path
    );
    // Nobody votes any more, so nobody is asked any more.
    assert!(state.thoughts_out(None, 10).unwrap().is_empty());
    // Only people have a deadline.
    let timer = state.next_timer().unwrap().unwrap();
    assert!(matches!(timer.purpose, TimerPurpose::Reminder { .. }), "{timer:?}");
}

#[test]
fn a_question_whose_deadline_fails_is_given_up_and_the_decision_told() {
    let store = voting();
    let state = after(&store, &timer(&store, |purpose| matches!(purpose, TimerPurpose::Thought { .. })));
    assert_eq!(state.thoughts_out(None, 10).unwrap().len(), 1);
    let ballots = state.ballots(decision(&state).id, 1).unwrap();
    assert!(ballots[0].rationale.contains("its deadline failed: out of order"), "{ballots:?}");
}

#[test]
fn a_pause_whose_end_fails_is_over() {
    let store = voting();
    let role = RoleId::new("porter").unwrap();
    let mut batch = store.batch().unwrap();
    let mut draft = batch.draft(store.snapshot().unwrap().next_timer().unwrap().unwrap().due);
    let due = draft.now();
    let id = draft.new_id().unwrap();
    let timer = Timer { id, due, purpose: TimerPurpose::Breaker { role: role.clone() } };
    draft.emit(Effect::SetTimer(timer.clone())).unwrap();
    let state = BreakerState::Open { until: due, timer: id };
    let breaker = Breaker { state, trips: 1, reason: "a test".to_owned(), opened_at: due };
    draft.emit(Effect::PutAgent(Agent { breaker: Some(breaker), ..Agent::new(role.clone()) })).unwrap();
    let finished = draft.finish();
    batch.append(Input::TakeUp { away_ms: 0 }, None, finished).unwrap();
    store.commit(batch).unwrap();
    let agent = after(&store, &timer).agent(&role).unwrap().unwrap();
    assert_eq!(agent.breaker.unwrap().state, BreakerState::HalfOpen);
}

/// Approves in a role's name what is beyond its limit.
fn forges(draft: &mut Draft<'_>, _: &Input, _: &str) -> Result<(), Failure> {
    let mut decision = draft.decision(DecisionId::from_number(1))?.unwrap();
    decision.status = Status::Approved;
    decision.decided_by = Some(Party::Role(RoleId::new("chief").unwrap()));
    Ok(draft.emit(Effect::PutDecision(decision))?)
}

fn panics(_: &mut Draft<'_>, _: &Input, _: &str) -> Result<(), Failure> {
    panic!("injected");
}

/// Goal: what follows from a failure has no more authority than a step, and cannot keep the failure from being recorded.
/// Method: aftermaths that forge an approval and that panic are tried before the least.
#[test]
fn an_aftermath_keeps_to_authority_and_may_fail_itself() {
    let store = voting();
    let input = || Input::TakeUp { away_ms: 0 };
    let check = |aftermaths: &[Aftermath]| {
        let mut batch = store.batch().unwrap();
        let now = batch.head().now;
        let entry = append(&mut batch, now, input(), "out of order".to_owned(), aftermaths).unwrap();
        assert_eq!((entry.failure.as_deref(), entry.effects.len()), (Some("out of order"), 0));
        store.commit(batch).unwrap();
        assert_eq!(decision(&store.snapshot().unwrap()).status, Status::Pending);
    };
    check(&[forges, least_after_failure]);
    check(&[panics, forges]);
    check(&[]);
}
