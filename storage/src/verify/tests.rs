//! Each kind of damage, made in a state behind the journal's back.
//!
//! Goal: damage is found, is called by its name, and nothing else is. Method: a small history is damaged in one place at a
//! time, and what people read is compared.

use std::cell::Cell;

use super::{MAX_FINDINGS, Verified, state};
use crate::clock::{ClockKind, VIRTUAL_EPOCH};
use crate::journal::Head;
use crate::layer::{self, Changes, Layer};
use crate::names::{Id, MessageId, RoleId, TimerId};
use crate::records::{Address, Kind, Message, Party, Priority, Timer, TimerPurpose};
use crate::state::{KeyRange, Order, Row, State};
use crate::table::{COUNTERS, HEAD, INBOX, JOURNAL, Key, MESSAGES, TIMERS, TableId};
use crate::{Effect, Input, Snapshot, Store, StoreError};

fn clerk() -> RoleId {
    RoleId::new("clerk").unwrap()
}

fn timer(number: u64) -> Timer {
    let purpose = TimerPurpose::Breaker { role: clerk() };
    Timer { id: TimerId::from_number(number), due: VIRTUAL_EPOCH, purpose }
}

/// A store in which a person wrote to a clerk twice, and a deadline was set.
fn lived_in() -> Store {
    let store = Store::in_memory(ClockKind::Virtual).unwrap();
    for number in 1..=2 {
        let mut batch = store.batch().unwrap();
        let message = Message {
            id: MessageId::from_number(number),
            from: Party::Person("ada".to_owned()),
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
        };
        let mut draft = batch.draft(VIRTUAL_EPOCH);
        draft.emit(Effect::Send(message)).unwrap();
        draft.emit(Effect::SetTimer(timer(number))).unwrap();
        let finished = draft.finish();
        let input = Input::TakeUp { away_ms: number };
        batch.append(input, None, finished).unwrap();
        store.commit(batch).unwrap();
    }
    store
}

/// A state that was changed behind the journal's back.
struct Tampered {
    snapshot: Snapshot,
    writes: Layer,
    /// One byte of this value is another.
    flipped: Option<(TableId, Vec<u8>)>,
    /// This table cannot be read after so many readings.
    unreadable: Option<(TableId, Cell<u32>)>,
}

impl Tampered {
    fn write(&mut self, write: impl FnOnce(&mut Changes)) {
        let mut changes = Changes::default();
        write(&mut changes);
        self.writes.make(changes);
    }

    fn changed(&self, table: TableId, key: &[u8], mut value: Vec<u8>) -> Vec<u8> {
        if self.flipped.as_ref().is_some_and(|(id, flipped)| *id == table && flipped == key) {
            let middle = value.len() / 2;
            value[middle] ^= 1;
        }
        value
    }

    fn reach(&self, table: TableId) -> Result<(), StoreError> {
        match &self.unreadable {
            Some((id, left)) if *id == table => match left.get() {
                0 => Err(StoreError::DamagedFile { path: "x".into(), cause: "no such page".to_owned() }),
                more => {
                    left.set(more - 1);
                    Ok(())
                }
            },
            _ => Ok(()),
        }
    }
}

impl State for Tampered {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.reach(table)?;
        let value = layer::bytes(table, key, self.writes.value_over(&self.snapshot, table, key)?)?;
        Ok(value.map(|value| self.changed(table, key, value)))
    }
    fn scan(&self, t: TableId, range: &KeyRange, o: Order, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.reach(t)?;
        let rows = layer::row_bytes(t, self.writes.values_over(&self.snapshot, t, range, o, limit)?)?;
        Ok(rows.into_iter().map(|(key, value)| (key.clone(), self.changed(t, &key, value))).collect())
    }
}

fn tampered(tamper: impl FnOnce(&mut Tampered)) -> Verified {
    let store = lived_in();
    let snapshot = store.snapshot().unwrap();
    let mut tampered = Tampered { snapshot, writes: Layer::default(), flipped: None, unreadable: None };
    tamper(&mut tampered);
    state(&tampered).unwrap()
}

/// What people read, each kind before its sentence.
fn told(verified: &Verified) -> String {
    let findings = verified.findings.iter().map(|damage| format!("{}: {damage}", damage.kind()));
    let unchecked = verified.unchecked.iter().map(|what| format!("unchecked: {what}"));
    findings.chain(unchecked).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_was_not_tampered_with_is_whole() {
    let verified = tampered(|_| {});
    assert_eq!(told(&verified), "");
    assert!(verified.is_whole());
    // Two steps, messages, letters and timers each; the head, the store, its secret and two counters.
    assert_eq!((verified.steps, verified.rows), (2, 13));
}

#[test]
fn each_kind_of_damage_has_its_sentence() {
    let value = |table: TableId, key: Vec<u8>| tampered(|state| state.flipped = Some((table, key)));
    let writes = |write: fn(&mut Changes)| tampered(|state| state.write(write));
    let unreadable =
        |table: TableId, left: u32| tampered(|state| state.unreadable = Some((table, Cell::new(left))));
    let cases = [
        value(MESSAGES.id, MessageId::from_number(2).to_bytes()),
        value(JOURNAL.id, 2_u64.to_bytes()),
        value(COUNTERS.id, "msg".to_owned().to_bytes()),
        writes(|writes| writes.remove(&INBOX, &(clerk(), MessageId::from_number(1)))),
        writes(|writes| writes.put(&INBOX, &(clerk(), MessageId::from_number(7)), ())),
        writes(|writes| {
            let other =
                Timer { purpose: TimerPurpose::Breaker { role: RoleId::new("chief").unwrap() }, ..timer(1) };
            writes.put(&TIMERS, &(VIRTUAL_EPOCH, TimerId::from_number(1)), other);
        }),
        writes(|writes| writes.put(&COUNTERS, &"msg".to_owned(), 2)),
        writes(|writes| writes.remove(&COUNTERS, &"msg".to_owned())),
        writes(|writes| writes.remove(&JOURNAL, &1)),
        writes(|writes| writes.put(&HEAD, &Head::KEY, Head::genesis())),
        unreadable(TIMERS.id, 0),
        unreadable(JOURNAL.id, 1),
    ];
    let told: Vec<String> = cases.iter().map(told).collect();
    insta::assert_snapshot!(told.join("\n\n"));
    assert!(cases.iter().all(|verified| !verified.is_whole()));
}

#[test]
fn findings_are_counted_beyond_those_that_are_told() {
    let verified = tampered(|state| {
        for number in 0..2 * MAX_FINDINGS as u64 {
            let key = (clerk(), MessageId::from_number(100 + number));
            state.write(|changes| changes.put(&INBOX, &key, ()));
        }
    });
    assert_eq!((verified.findings.len(), verified.count), (MAX_FINDINGS, 2 * MAX_FINDINGS as u64));
}
