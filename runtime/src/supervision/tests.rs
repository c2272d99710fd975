//! Dead letters that are tried again, however many others there are.

use std::sync::Arc;

use echo_storage::clock::{Clock, ClockKind, VIRTUAL_EPOCH};
use echo_storage::names::Id;
use echo_storage::{Input, Store};

use super::*;
use crate::engine::{Engine, Outcome};
use crate::training::samples::company;

fn role(id: &str) -> RoleId {
    RoleId::new(id).unwrap()
}

fn post(number: usize) -> Input {
    Input::Post {
        from: Party::Person("ada".to_owned()),
        to: Address::Role(role("clerk")),
        kind: Kind::Notification,
        subject: format!("letter {number}"),
        content: "{}".to_owned(),
        in_reply_to: None,
    }
}

/// Goal: all of a role's dead letters are tried again. Method: more than a step takes, and behind them more failures of
/// another role than a question of the state may read.
#[test]
fn all_dead_letters_of_a_role_are_tried_again() {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let clock = Arc::new(Clock::new(ClockKind::Virtual, VIRTUAL_EPOCH));
    let engine = Engine::new(Arc::new(company()), store.clone(), clock);
    engine.run(&[engine.configuration().unwrap().unwrap()], None).unwrap();
    let letters = MAX_RETRIED + 1;
    engine.run(&(0..letters).map(post).collect::<Vec<_>>(), None).unwrap();
    let mut batch = store.batch().unwrap();
    let mut draft = batch.draft(VIRTUAL_EPOCH);
    let failed = |number: usize, whose: &str| Receipt {
        message: MessageId::from_number(number as u64),
        role: role(whose),
        attempts: 3,
        reason: "a test".to_owned(),
        dead: true,
        at: VIRTUAL_EPOCH,
    };
    for number in 1..=letters {
        draft.emit(Effect::PutReceipt(failed(number, "clerk"))).unwrap();
        let message = MessageId::from_number(number as u64);
        draft.emit(Effect::Acknowledge { role: role("clerk"), message }).unwrap();
    }
    for number in 0..=echo_storage::query::MAX_ROWS {
        draft.emit(Effect::PutReceipt(failed(100_000 + number, "guard"))).unwrap();
    }
    let finished = draft.finish();
    batch.append(Input::TakeUp { away_ms: 1 }, None, finished).unwrap();
    store.commit(batch).unwrap();

    let retry = || {
        let input = Input::Retry { role: role("clerk"), message: None, person: "ada".to_owned() };
        engine.run(&[input], None).unwrap().outcomes.remove(0)
    };
    for more in [true, false] {
        let Outcome::Done(entry) = retry() else { panic!("it was refused") };
        let reply = entry.effects.iter().find_map(|effect| match effect {
            Effect::Reply(text) => Some(text.contains(&format!(r#""more":{more}"#))),
            _ => None,
        });
        assert_eq!(reply, Some(true));
    }
    assert!(matches!(retry(), Outcome::Failed(_)));
    let state = store.snapshot().unwrap();
    let clerk = state.config().unwrap().unwrap().role(&role("clerk")).unwrap().clone();
    assert_eq!(state.unread(&clerk, 2 * letters).unwrap().len(), letters);
    assert_eq!(state.dead_letters(&role("guard"), 1).unwrap().len(), 1);
}
