//! What follows from failed steps, one kind after the other.

use std::sync::Arc;

use echo_storage::clock::ClockKind;
use echo_storage::names::{DecisionId, Id, RoleId};
use echo_storage::records::{
    Agent, Breaker, BreakerState, Decision, Party, Phase, Status, Timer, TimerPurpose,
};
use echo_storage::{Snapshot, Store};

use super::*;
use crate::drivers::simulation::Simulation;
use crate::mind::{Asking, Mind, Question, RulesMind};
use crate::training::Scenario;
use crate::training::samples::{LOCKS, company};

/// A mind that gives no answer to some questions.
struct Silent(fn(&Question) -> bool);

fn is_ballot(question: &Question) -> bool {
    matches!(question, Question::Ballot { .. })
}

fn is_synthesis(question: &Question) -> bool {
    matches!(question, Question::Synthesis { .. })
}

impl Mind for Silent {
    fn name(&self) -> &'static str {
        "silent"
    }
    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        if self.0(question) {
            Asking::Later(Box::pin(std::future::pending()))
        } else {
            RulesMind.ask(question)
        }
    }
}

/// A company whose decision waits for its ballots.
fn voting() -> Arc<Store> {
    waiting(is_ballot, 2)
}

/// A company whose decision waits for the words on its count.
fn synthesising() -> Arc<Store> {
    waiting(is_synthesis, 1)
}

/// A company whose decision waits for so many answers to questions of a kind.
fn waiting(silent: fn(&Question) -> bool, questions: usize) -> Arc<Store> {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let organisation = Arc::new(company());
    let scenario =
        Scenario::parse("locks", LOCKS, &organisation.role_ids(), &organisation.decision_types()).unwrap();
    let mut simulation = Simulation::new(organisation, store.clone(), Arc::new(Silent(silent)), 0).unwrap();
    let Scenario { title, proposal, .. } = scenario;
    simulation.submit(Input::StartSession { title, scenario: "{}".to_owned(), proposal }).unwrap();
    let state = store.clone();
    let asked = move || {
        let state = state.snapshot().unwrap();
        let out = state.thoughts_out(None, 10).unwrap();
        let is_silent = |id: &ThoughtId| {
            let thought = state.thought(*id).unwrap().unwrap();
            silent(&Question::of(&state, &thought).unwrap().unwrap())
        };
        out.len() == questions && out.iter().all(is_silent)
    };
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

/// The state after this input has failed, and with it all that would follow but the last of these.
fn after_only(store: &Store, input: Input, aftermaths: &[Aftermath]) -> Snapshot {
    let mut batch = store.batch().unwrap();
    let now = batch.head().now;
    append(&mut batch, now, input, "out of order".to_owned(), aftermaths).unwrap();
    store.commit(batch).unwrap();
    store.snapshot().unwrap()
}

fn fires(timer: &Timer) -> Input {
    Input::Timer { due: timer.due, timer: timer.id }
}

/// Goal: no decision waits for what will not come. Method: its question's answer, that question's deadline and its own
/// deadline fail, and so does what should follow from that; the least that follows puts it to a person.
#[test]
fn a_decision_that_waits_for_nothing_any_more_is_put_to_a_person() {
    let is_put_to_a_person = |state: &Snapshot| {
        let decision = decision(state);
        assert!(matches!(decision.phase, Phase::Waiting { .. }), "{:?}", decision.phase);
        assert!(state.thoughts_out(None, 10).unwrap().is_empty());
        assert_eq!(state.approvals_out(None, 10).unwrap().len(), 1);
    };
    let of_thought: fn(&TimerPurpose) -> bool = |purpose| matches!(purpose, TimerPurpose::Thought { .. });
    let least: &[Aftermath] = &[panics, least_after_failure];

    let store = synthesising();
    assert_eq!(decision(&store.snapshot().unwrap()).phase, Phase::Synthesising);
    let thought = store.snapshot().unwrap().thoughts_out(None, 1).unwrap()[0];
    let answer = Err("nothing".to_owned());
    is_put_to_a_person(&after_only(
        &store,
        Input::Answer { thought, mind: "silent".to_owned(), answer },
        least,
    ));

    let store = synthesising();
    is_put_to_a_person(&after_only(&store, fires(&timer(&store, of_thought)), least));

    let store = voting();
    let round = timer(&store, |purpose| matches!(purpose, TimerPurpose::Round { .. }));
    is_put_to_a_person(&after_only(&store, fires(&round), least));
}

/// Where even the least cannot be done, a deadline comes again, later.
#[test]
fn a_deadline_that_cannot_be_handled_comes_again() {
    for store in [synthesising(), voting()] {
        let before = store.snapshot().unwrap().timers(10).unwrap();
        let first = before[0].clone();
        let state = after_only(&store, fires(&first), &[panics, panics, try_later]);
        let again = state.timers(10).unwrap().into_iter().find(|timer| timer.id == first.id).unwrap();
        assert!(again.due > first.due, "{again:?}");
        assert_eq!(state.timers(10).unwrap().len(), before.len());
        if let TimerPurpose::Thought { thought } = again.purpose {
            let thought = state.thought(thought).unwrap().unwrap();
            assert_eq!((thought.deadline, thought.state), (again.due, ThoughtState::Out));
        }
    }
}

/// Goal: what nobody answers is rejected in the end. Method: the deadline of a question to people fails, and so does its
/// reminder; both come again one reminder later, and the approval says when.
#[test]
fn the_deadline_of_people_comes_again() {
    let store = voting();
    after(&store, &timer(&store, |purpose| matches!(purpose, TimerPurpose::Round { .. })));
    let of_people = store.snapshot().unwrap().people_timers(10).unwrap();
    assert_eq!(of_people.len(), 2);
    for timer in of_people {
        let state = after(&store, &timer);
        let again = state.people_timers(10).unwrap().into_iter().find(|one| one.id == timer.id).unwrap();
        let config = state.config().unwrap().unwrap();
        assert_eq!(again.due, timer.due.after_ms(config.rules.reminder_ms));
        let approval = state.approvals(None, 1).unwrap().remove(0);
        let named = if matches!(timer.purpose, TimerPurpose::Approval { .. }) {
            approval.deadline
        } else {
            approval.reminder
        };
        assert_eq!(named, Some((again.due, again.id)));
        assert!(approval.waits());
    }
}

/// Goal: questions of a decision that went on keep no agent from its mail, however many others are out before them.
/// Method: 1,500 questions of another decision, put to a role that sorts first, lie before those of this one.
#[test]
fn questions_of_a_decision_end_with_its_phase_however_many_others_are_out() {
    let store = voting();
    let (asked, other) = (decision(&store.snapshot().unwrap()), DecisionId::from_number(99));
    let mut batch = store.batch().unwrap();
    let mut draft = batch.draft(store.snapshot().unwrap().next_timer().unwrap().unwrap().due);
    let sample = draft.thought(draft.thoughts_out(None, 1).unwrap()[0]).unwrap().unwrap();
    for _ in 0..1_500 {
        let mut thought = sample.clone();
        thought.id = draft.new_id().unwrap();
        thought.role = RoleId::new("a_first_role").unwrap();
        thought.decision = other;
        draft.emit(Effect::Think(thought)).unwrap();
    }
    let finished = draft.finish();
    batch.append(Input::TakeUp { away_ms: 0 }, None, finished).unwrap();
    store.commit(batch).unwrap();
    let state = after(&store, &timer(&store, |purpose| matches!(purpose, TimerPurpose::Round { .. })));
    assert_eq!(state.questions_out(asked.id, 10).unwrap(), []);
    assert_eq!(state.thoughts_out(None, 2_000).unwrap().len(), 1_500);
}
