//! Deadlines that are put off, however many there are.

use std::sync::Arc;

use echo_storage::clock::{Clock, ClockKind};
use echo_storage::journal::Head;
use echo_storage::names::{DecisionId, Id, RoleId, ThoughtId};
use echo_storage::records::{Thought, ThoughtKind, ThoughtState};
use echo_storage::{Snapshot, Store};

use super::*;
use crate::engine::{Engine, Outcome};
use crate::replay::replay;
use crate::training::samples::company;

const HOUR_MS: u64 = 60 * 60 * 1000;
const QUESTIONS: usize = 2 * MAX_PUT_OFF + 88;

fn engine(store: &Arc<Store>, now: Timestamp) -> Engine {
    let clock = Arc::new(Clock::new(ClockKind::Virtual, now));
    Engine::new(Arc::new(company()), store.clone(), clock)
}

/// A store in which so many questions are out, each of 40,000 bytes, with a pause after every hundredth.
fn asked() -> Arc<Store> {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let first = engine(&store, echo_storage::clock::VIRTUAL_EPOCH);
    first.run(&[first.configuration().unwrap().unwrap()], None).unwrap();
    let role = RoleId::new("clerk").unwrap();
    for asked in 0..QUESTIONS {
        let mut batch = store.batch().unwrap();
        let mut draft = batch.draft(batch.head().now);
        let mut turn = Turn::new(&mut draft).unwrap();
        let due = turn.now().after_ms(1_000);
        let id: ThoughtId = turn.new_id().unwrap();
        let timer = turn.set_timer(due, TimerPurpose::Thought { thought: id }).unwrap();
        if asked % 100 == 0 {
            turn.set_timer(due, TimerPurpose::Breaker { role: role.clone() }).unwrap();
        }
        let hits = vec!["x".repeat(40_000)];
        let thought = Thought {
            id,
            role: role.clone(),
            decision: DecisionId::from_number(1),
            kind: ThoughtKind::Relevance { hits },
            asked_at: turn.now(),
            deadline: due,
            timer,
            state: ThoughtState::Out,
        };
        turn.emit(Effect::Think(thought)).unwrap();
        let finished = draft.finish();
        batch.append(Input::TakeUp { away_ms: 1 }, None, finished).unwrap();
        store.commit(batch).unwrap();
    }
    store
}

fn has_time_left(state: &Snapshot, now: Timestamp) {
    let timers = state.timers(2 * QUESTIONS).unwrap();
    let (work, pauses): (Vec<_>, Vec<_>) = timers.into_iter().partition(|timer| timer.purpose.is_work());
    assert_eq!((work.len(), pauses.len()), (QUESTIONS, QUESTIONS.div_ceil(100)));
    assert!(pauses.iter().all(|timer| timer.due < now), "{pauses:?}");
    for timer in work {
        assert!(timer.due > now, "{timer:?}");
        let TimerPurpose::Thought { thought } = timer.purpose else { panic!("{timer:?}") };
        assert_eq!(state.thought(thought).unwrap().unwrap().deadline, timer.due);
    }
}

/// Goal: nothing is due at once after a long while, however much waits. Method: more questions are out than a step may write
/// anew, and whoever takes them up is ended after each step and goes on as another.
#[test]
fn all_deadlines_are_put_off_however_many_there_are() {
    let store = asked();
    let state = store.snapshot().unwrap();
    let now = Head::of(&state).unwrap().now.after_ms(HOUR_MS);
    let mut inputs = Vec::new();
    while let Some(input) = engine(&store, now).take_up().unwrap() {
        let committed = engine(&store, now).run(std::slice::from_ref(&input), None).unwrap();
        assert!(matches!(committed.outcomes[0], Outcome::Done(_)), "{:?}", committed.outcomes);
        assert!(committed.entries[0].effects.len() <= MAX_PUT_OFF);
        inputs.push(input);
    }
    assert_eq!(inputs.len(), 3);
    assert_eq!(inputs[0], Input::TakeUp { away_ms: HOUR_MS });
    has_time_left(&store.snapshot().unwrap(), now);
}

/// The same steps give the same again.
#[test]
fn what_was_put_off_replays() {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let first = engine(&store, echo_storage::clock::VIRTUAL_EPOCH);
    first.run(&[first.configuration().unwrap().unwrap()], None).unwrap();
    first.run(&[Input::TakeUp { away_ms: HOUR_MS }], None).unwrap();
    let replayed = replay(&company(), &store.snapshot().unwrap(), None).unwrap();
    assert_eq!(replayed.decided_again, 2);
}
