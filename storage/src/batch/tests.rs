//! What one batch knows of the batch before it.
//!
//! Goal: what is known without looking into the file is what stands there. Method: a few batches in which a clerk gets,
//! reads and is asked things; behind each, whatever a batch reads is compared with a snapshot.

use super::*;
use crate::clock::{ClockKind, VIRTUAL_EPOCH};
use crate::names::{MessageId, TimerId};
use crate::records::{Address, Kind, Message, Party, Priority, Timer, TimerPurpose};
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
