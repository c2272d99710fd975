//! What one batch knows of the batch before it.
//!
//! Goal: what is known without looking into the file is what stands there. Method: a few batches in which a clerk gets,
//! reads and is asked things; behind each, whatever a batch reads is compared with a snapshot.

use super::*;
use crate::clock::{ClockKind, VIRTUAL_EPOCH};
use crate::names::{DecisionId, MessageId, ThoughtId, TimerId};
use crate::records::{
    Address, Kind, Message, Party, Priority, Thought, ThoughtKind, ThoughtState, Timer, TimerPurpose,
};
use crate::table::{self, COUNTERS, MESSAGES};
use crate::{Query, Store};

fn clerk() -> RoleId {
    RoleId::new("clerk").unwrap()
}

fn message(number: u64) -> Message {
    Message {
        id: MessageId::from_number(number),
        from: Party::System,
        to: Address::Role(clerk()),
        kind: Kind::Notification,
        subject: format!("letter {number}"),
        content: "{}".to_owned(),
        about: None,
        priority: Priority::Normal,
        thread: None,
        deadline: None,
        in_reply_to: None,
        at: VIRTUAL_EPOCH,
    }
}

/// Appends a step, which has a message out, the one before it read, and a deadline set and cleared.
fn append(batch: &mut Batch, number: u64) {
    let timer = Timer {
        id: TimerId::from_number(number),
        due: VIRTUAL_EPOCH,
        purpose: TimerPurpose::Breaker { role: clerk() },
    };
    let mut draft = batch.draft(VIRTUAL_EPOCH);
    draft.emit(Effect::Send(message(number))).unwrap();
    draft.emit(Effect::SetTimer(timer.clone())).unwrap();
    if number > 1 {
        let earlier = MessageId::from_number(number - 1);
        draft.emit(Effect::Acknowledge { role: clerk(), message: earlier }).unwrap();
    }
    if number.is_multiple_of(2) {
        draft.emit(Effect::ClearTimer(timer)).unwrap();
    }
    let finished = draft.finish();
    batch.append(Input::TakeUp { away_ms: number }, None, finished).unwrap();
}

fn all() -> KeyRange {
    KeyRange::prefix(Vec::new())
}

fn reads_like_its_snapshot(store: &Store) {
    let (batch, snapshot) = (store.batch().unwrap(), store.snapshot().unwrap());
    for id in table::ALL {
        let rows = snapshot.scan(id, &all(), Order::Ascending, 1_000).unwrap();
        for (key, value) in &rows {
            assert_eq!(batch.read(id, key).unwrap().as_ref(), Some(value), "{} {key:?}", id.name);
        }
        assert_eq!(batch.scan(id, &all(), Order::Ascending, 1_000).unwrap(), rows, "{}", id.name);
    }
    // It is known for the next one as well.
    store.commit(batch).unwrap();
}

#[test]
fn what_is_known_is_what_stands_in_the_file() {
    let store = Store::in_memory(ClockKind::Virtual).unwrap();
    for number in 1..=4 {
        let mut batch = store.batch().unwrap();
        append(&mut batch, 2 * number - 1);
        append(&mut batch, 2 * number);
        store.commit(batch).unwrap();
        reads_like_its_snapshot(&store);
    }
}

#[test]
fn steps_of_the_batch_before_need_not_be_read_again() {
    let store = Store::in_memory(ClockKind::Virtual).unwrap();
    let mut batch = store.batch().unwrap();
    append(&mut batch, 1);
    store.commit(batch).unwrap();
    let mut batch = store.batch().unwrap();
    assert!(batch.held_effect(1, 0).is_some() && batch.held_effect(2, 0).is_none());
    append(&mut batch, 2);
    assert!(batch.held_effect(1, 0).is_some() && batch.held_effect(2, 0).is_some());
    assert_eq!(batch.message(MessageId::from_number(1)).unwrap(), Some(message(1)));
    assert_eq!((batch.entry(1).unwrap().step, batch.entry(2).unwrap().step), (1, 2));
}

#[test]
fn a_batch_that_is_dropped_leaves_nothing_known() {
    let store = Store::in_memory(ClockKind::Virtual).unwrap();
    let mut batch = store.batch().unwrap();
    append(&mut batch, 1);
    drop(batch);
    let batch = store.batch().unwrap();
    assert_eq!(MESSAGES.get(&batch, &MessageId::from_number(1)).unwrap(), None);
    assert_eq!(COUNTERS.get(&batch, &"msg".to_owned()).unwrap(), None);
    assert!(batch.held_effect(1, 0).is_none());
}

/// A question with its deadline so much later.
fn thought(later_ms: u64) -> Thought {
    Thought {
        id: ThoughtId::from_number(1),
        role: clerk(),
        decision: DecisionId::from_number(1),
        kind: ThoughtKind::Relevance { hits: Vec::new() },
        asked_at: VIRTUAL_EPOCH,
        deadline: VIRTUAL_EPOCH.after_ms(later_ms),
        timer: TimerId::from_number(1),
        state: ThoughtState::Out,
    }
}

fn step(batch: &mut Batch, effects: Vec<Effect>) {
    let mut draft = batch.draft(VIRTUAL_EPOCH);
    for effect in effects {
        draft.emit(effect).unwrap();
    }
    let finished = draft.finish();
    batch.append(Input::TakeUp { away_ms: 1 }, None, finished).unwrap();
}

/// Goal: how steps are grouped in commits changes nothing of what they give. Method: a question is asked, asked again with
/// a later deadline, and ended, with a commit in between at each place.
#[test]
fn a_question_that_was_asked_again_ends_wherever_a_commit_falls() {
    let gone = ThoughtState::GivenUp { reason: "nobody waits".to_owned() };
    let steps = || {
        let end = Effect::EndThought { thought: ThoughtId::from_number(1), state: gone.clone() };
        [Effect::Think(thought(1)), Effect::Think(thought(2)), end]
    };
    for boundary in 0..=3 {
        let store = Store::in_memory(ClockKind::Virtual).unwrap();
        let mut batch = store.batch().unwrap();
        for (number, effect) in steps().into_iter().enumerate() {
            if number == boundary {
                store.commit(batch).unwrap();
                batch = store.batch().unwrap();
            }
            step(&mut batch, vec![effect]);
        }
        store.commit(batch).unwrap();
        let out = store.snapshot().unwrap().thoughts_out(None, 9).unwrap();
        assert_eq!(out, [], "a commit before step {}", boundary + 1);
    }
}

/// What is removed from where it was said to be new leaves nothing behind in a batch, so it must not be in the file.
#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "a key that is said to be new is in use")]
fn a_key_that_is_in_use_is_not_new() {
    let store = Store::in_memory(ClockKind::Virtual).unwrap();
    let purpose = TimerPurpose::Breaker { role: clerk() };
    let timer = Timer { id: TimerId::from_number(1), due: VIRTUAL_EPOCH, purpose };
    let mut batch = store.batch().unwrap();
    step(&mut batch, vec![Effect::SetTimer(timer.clone())]);
    store.commit(batch).unwrap();
    step(&mut store.batch().unwrap(), vec![Effect::SetTimer(timer)]);
}
