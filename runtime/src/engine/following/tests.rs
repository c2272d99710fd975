//! What follows is kept for the next batch, left to actors, or given up, and nothing of it is lost.

use std::sync::Arc;

use echo_storage::Store;
use echo_storage::clock::{Clock, ClockKind, VIRTUAL_EPOCH};
use echo_storage::names::MessageId;
use echo_storage::records::{Address, Kind, Party};

use super::*;
use crate::engine::{Asked, Cascade, Engine, MAX_CASCADE_STEPS};
use crate::mind::RulesMind;
use crate::training::samples::company;

const YES: &dyn Fn(&RoleId) -> bool = &|_| true;
const NO: &dyn Fn(&RoleId) -> bool = &|_| false;

fn clerk() -> RoleId {
    RoleId::new("clerk").unwrap()
}

fn posts(count: usize) -> Vec<Asked> {
    let post = Input::Post {
        from: Party::Person("ada".to_owned()),
        to: Address::Role(clerk()),
        kind: Kind::Notification,
        subject: "Hello".to_owned(),
        content: "{}".to_owned(),
        in_reply_to: None,
    };
    vec![Asked::from(post); count]
}

fn cascade(ready: &dyn Fn(&RoleId) -> bool) -> Cascade<'_> {
    Cascade { ready, has_time: &|| true, mind: &RulesMind }
}

/// An engine whose clerk has got more mail than a batch may take, and what follows.
fn busy() -> (Engine, Following) {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let clock = Arc::new(Clock::new(ClockKind::Virtual, VIRTUAL_EPOCH));
    let engine = Engine::new(Arc::new(company()), store, clock);
    engine.run(&[engine.configuration().unwrap().unwrap()], None).unwrap();
    let mut following = Following::default();
    let inputs = posts(MAX_CASCADE_STEPS + 2);
    let committed = engine.run_on(&inputs, cascade(YES), &mut following).unwrap();
    assert_eq!(committed.entries.len(), inputs.len() + MAX_CASCADE_STEPS);
    assert!(committed.left.is_empty() && !following.is_empty(), "it is kept, and nobody is woken for it");
    (engine, following)
}

fn taken(committed: &Committed) -> Vec<MessageId> {
    let taken = committed.entries.iter().filter_map(|entry| match &entry.input {
        Input::Take { message, .. } => Some(*message),
        _ => None,
    });
    taken.collect()
}

#[test]
fn the_rest_of_a_cascade_goes_on_behind_the_next_inputs() {
    let (engine, mut following) = busy();
    let committed = engine.run_on(&posts(1), cascade(YES), &mut following).unwrap();
    assert!(matches!(committed.entries[0].input, Input::Post { .. }));
    let rest = taken(&committed);
    assert!(rest.is_sorted() && rest.len() == 3, "{rest:?}");
    assert!(following.is_empty() && committed.left.is_empty());
    assert!(engine.run_on(&[], cascade(YES), &mut following).unwrap().entries.is_empty());
}

#[test]
fn what_there_is_no_time_for_is_kept() {
    let (engine, mut following) = busy();
    let in_a_hurry = Cascade { has_time: &|| false, ..cascade(YES) };
    let committed = engine.run_on(&posts(1), in_a_hurry, &mut following).unwrap();
    assert!(taken(&committed).is_empty() && committed.left.is_empty() && !following.is_empty());
    assert_eq!(taken(&engine.run_on(&[], cascade(YES), &mut following).unwrap()).len(), 3);
}

#[test]
fn who_has_become_busy_meanwhile_is_left_to_its_actor() {
    let (engine, mut following) = busy();
    let committed = engine.run_on(&[], cascade(NO), &mut following).unwrap();
    assert!(committed.entries.is_empty() && following.is_empty());
    assert_eq!(committed.left, BTreeSet::from([clerk()]));
}

#[test]
fn what_was_kept_and_lost_is_in_the_store() {
    let (engine, following) = busy();
    drop(following);
    let state = engine.snapshot().unwrap();
    let config = state.config().unwrap().unwrap();
    let message = next_mail(&state, &config, &clerk()).unwrap().unwrap();
    let input = Input::Take { role: clerk(), message };
    let committed = engine.run(&[input], Some(cascade(YES))).unwrap();
    assert_eq!(taken(&committed).len(), 2);
}

#[test]
fn what_cannot_be_stored_takes_the_rest_along() {
    let (engine, mut following) = busy();
    let mut large = posts(1);
    if let Input::Post { content, .. } = &mut large[0].input {
        *content = "x".repeat(echo_storage::codec::MAX_VALUE_BYTES);
    }
    let committed = engine.run_on(&large, cascade(YES), &mut following).unwrap();
    assert_eq!(committed.outcomes.len(), 1);
    assert!(following.is_empty());
    assert_eq!(committed.left, BTreeSet::from([clerk()]));
}
