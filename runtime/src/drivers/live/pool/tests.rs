//! What the queue does when there are more questions than it has room for.

use echo_storage::clock::{ClockKind, VIRTUAL_EPOCH};
use echo_storage::names::{DecisionId, Id, TimerId};
use echo_storage::records::{Thought, ThoughtKind};
use echo_storage::{Effect, Store};

use super::*;

const ROLES: [&str; 3] = ["aide", "chief", "porter"];
const OF_EACH: usize = MAX_WAITING;

/// A store in which each role was asked more than a queue holds together.
fn asked() -> Store {
    let store = Store::in_memory(ClockKind::Virtual).unwrap();
    let mut batch = store.batch().unwrap();
    let mut draft = batch.draft(VIRTUAL_EPOCH);
    let mut number = 0;
    for role in ROLES {
        let role = RoleId::new(role).unwrap();
        for _ in 0..OF_EACH {
            number += 1;
            let thought = Thought {
                id: ThoughtId::from_number(number),
                role: role.clone(),
                decision: DecisionId::from_number(1),
                kind: ThoughtKind::Relevance { hits: Vec::new() },
                asked_at: VIRTUAL_EPOCH,
                deadline: VIRTUAL_EPOCH,
                timer: TimerId::from_number(number),
                state: ThoughtState::Out,
            };
            draft.emit(Effect::Think(thought)).unwrap();
        }
    }
    let finished = draft.finish();
    batch.append(Input::TakeUp { away_ms: 1 }, None, finished).unwrap();
    store.commit(batch).unwrap();
    store
}

/// Goal: after an overflow every question is asked once, and none twice while it is out. Method: workers that never get an
/// answer take whatever the queue gives; another takes one question, keeps it, and is overtaken by a rescan.
#[test]
fn after_an_overflow_every_question_is_asked_once() {
    let store = asked();
    let queue = Queue::new();
    queue.rescan();
    let mut taken = Vec::new();
    while let Ok(item) = queue.pop.try_recv() {
        taken.extend(item);
        queue.refill(|| store.snapshot()).unwrap();
        if taken.len() == 10 {
            queue.rescan();
        }
        assert!(taken.len() <= ROLES.len() * OF_EACH, "a question was asked twice");
    }
    let different: BTreeSet<ThoughtId> = taken.iter().copied().collect();
    assert_eq!((taken.len(), different.len()), (ROLES.len() * OF_EACH, taken.len()));
}

/// Goal: a question that overflows while the store is looked through is found, though it stands before where that has come.
#[test]
fn what_overflows_while_the_store_is_looked_through_is_found() {
    let store = asked();
    let queue = Queue::new();
    queue.rescan();
    let first = ThoughtId::from_number(1);
    let mut times = 0;
    let mut taken = 0;
    while let Ok(item) = queue.pop.try_recv() {
        queue.refill(|| store.snapshot()).unwrap();
        let Some(thought) = item else { continue };
        taken += 1;
        times += u32::from(thought == first);
        if taken == MAX_WAITING {
            // It is free again, still out, and has no room.
            queue.done(first);
            while queue.push.try_send(None).is_ok() {}
            queue.push(first);
        }
    }
    assert_eq!(times, 2);
}

/// Goal: whoever queues a question, as the writer does, waits for no disk. Method: it is queued while the store is looked at.
#[test]
fn a_question_is_queued_while_the_store_is_read() {
    const SOON: Duration = Duration::from_secs(5);
    let store = asked();
    let queue = Arc::new(Queue::new());
    queue.rescan();
    let read = || {
        let (told, is_queued) = std::sync::mpsc::channel();
        let queue = queue.clone();
        std::thread::spawn(move || {
            queue.push(ThoughtId::from_number(7));
            let _ = told.send(());
        });
        assert!(is_queued.recv_timeout(SOON).is_ok(), "it waits for the reader");
        store.snapshot()
    };
    queue.refill(read).unwrap();
    let mut taken = Vec::new();
    while let Ok(item) = queue.pop.try_recv() {
        taken.extend(item);
    }
    assert_eq!(taken.iter().filter(|thought| **thought == ThoughtId::from_number(7)).count(), 1);
    assert_eq!(taken.len(), PAGE);
}
