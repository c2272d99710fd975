//! What a chronicle holds of a session that was played, and of records that no session of today writes.

use echo_storage::clock::ClockKind;
use echo_storage::names::{Id, MessageId, SessionId};
use echo_storage::records::{Address, Fact, FactKind, Kind};
use echo_storage::{Effect, Input, Query, Store};

use super::samples::{discussed, plain};
use super::*;
use crate::deliveries::DeliveryState;
use crate::training::samples::company;
use crate::wording::phase_name;

#[test]
fn a_session_that_was_played_is_all_there() {
    let (chronicle, _) = plain();
    let names: Vec<String> = chronicle.events.phases.iter().map(|phase| phase_name(&phase.phase)).collect();
    assert_eq!(names, ["self-selection", "round 1", "synthesis", "waiting for a person"]);
    assert_eq!((chronicle.decision.rounds, chronicle.rounds.len()), (1, 1));
    let voters: Vec<&str> = chronicle.rounds[0].ballots.iter().map(|ballot| ballot.role.as_str()).collect();
    assert_eq!(voters, ["clerk", "guard"]);
    // The first one tells whoever watches, and the second one asks.
    let first = &chronicle.events.messages[1];
    assert_eq!((first.message.id, first.step), (MessageId::from_number(2), chronicle.session.first_step));
    let reached: Vec<(&str, DeliveryState)> =
        first.deliveries().map(|one| (one.role.as_str(), one.state)).collect();
    let read = DeliveryState::Read;
    assert_eq!(reached, [("clerk", read), ("guard", read), ("porter", read)], "not its sender");
    assert!(first.fates.iter().all(|fate| fate.handled.is_some()));
    let thoughts: Vec<&str> =
        chronicle.events.thoughts.iter().map(|thinking| thinking.about.as_str()).collect();
    assert_eq!(thoughts, ["its ballot of round 1", "its ballot of round 1", "its words on the count"]);
    assert!(chronicle.events.thoughts.iter().all(|thinking| thinking.outcome == Ok("rules".to_owned())));
    let budgets: Vec<(&str, Usd, Usd)> =
        chronicle.budgets.iter().map(|one| (one.role.as_str(), one.limit, one.spent)).collect();
    let limits = [("chief", Usd::dollars(100_000), Usd::ZERO), ("clerk", Usd::dollars(5_000), Usd::ZERO)];
    assert_eq!(budgets, limits);
    assert!(chronicle.approval.as_ref().is_some_and(|approval| approval.verdict.is_none()));
    assert_eq!((chronicle.duration_ms(), chronicle.hash.len()), (0, 64));
    let ends = (chronicle.events.clock[0].step, chronicle.events.clock.last().unwrap().step);
    assert_eq!(ends, (chronicle.session.first_step, chronicle.end.last_step));
    let ascends = chronicle.events.clock.windows(2).all(|pair| pair[0].step < pair[1].step);
    assert!(ascends, "{:?}", chronicle.events.clock);
}

#[test]
fn a_change_names_the_facts_of_others_by_their_effect() {
    let (chronicle, _) = discussed();
    let changes: Vec<usize> = chronicle.rounds.iter().map(|round| round.changes.len()).collect();
    assert_eq!(changes, [0, 1, 0]);
    let change = &chronicle.rounds[1].changes[0];
    assert_eq!((change.role.as_str(), change.before, change.now), ("guard", Vote::Reject, Vote::Approve));
    let mut ballot = chronicle.rounds[1].ballots[1].clone();
    let fact = |words: &str, effect: i64, from: Option<&RoleId>| Fact {
        name: "name".to_owned(),
        kind: FactKind::Risk,
        words: words.to_owned(),
        effect,
        unweighed: effect,
        from: from.cloned(),
    };
    let clerk = chronicle.rounds[0].ballots[0].role.clone();
    ballot.facts =
        vec![fact("own", 900, None), fact("small", 10, Some(&clerk)), fact("large", -50, Some(&clerk))];
    let found = rounds::changes(&chronicle.rounds[..1], &[ballot.clone()]);
    let named: Vec<&str> = found[0].named.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(named, ["large", "small"]);
    // A role that was absent in between changed against what it said last.
    let silent = Round { ballots: Vec::new(), ..chronicle.rounds[1].clone() };
    let found = rounds::changes(&[chronicle.rounds[0].clone(), silent], &[ballot]);
    assert_eq!(found.len(), 1);
}

/// Goal: mail that failed, was given up and was delivered again is told as what it was at the end. Method: the steps are
/// written by hand into stores of their own.
#[test]
fn the_fate_of_a_message_is_its_last() {
    let company = company();
    let (chronicle, _) = plain();
    let guard = RoleId::new("guard").unwrap();
    let message = Message {
        to: Address::Role(guard.clone()),
        id: MessageId::from_number(1),
        kind: Kind::Notification,
        ..chronicle.events.messages[0].message.clone()
    };
    let receipt = |attempts: u32, dead: bool| echo_storage::records::Receipt {
        message: message.id,
        role: guard.clone(),
        attempts,
        reason: "no key".to_owned(),
        dead,
        at: Timestamp::default(),
    };
    let acknowledge = Effect::Acknowledge { role: guard.clone(), message: message.id };
    let redeliver = Effect::Redeliver { role: guard.clone(), message: message.id };
    let check = |effects: Vec<Vec<Effect>>, state: DeliveryState, attempts: u32| {
        let store = Store::in_memory(ClockKind::Virtual).unwrap();
        let mut batch = store.batch().unwrap();
        let first = batch.head().step + 1;
        for effects in effects {
            let mut draft = batch.draft(Timestamp::default());
            for effect in effects {
                draft.emit(effect).unwrap();
            }
            let finished = draft.finish();
            batch.append(Input::Configure(company.config().clone()), None, finished).unwrap();
        }
        let last = store.commit(batch).unwrap().step;
        let session = Session { first_step: first, ..chronicle.session.clone() };
        let events = events::gather(&store.snapshot().unwrap(), company.config(), &session, last).unwrap();
        let Fate { delivery, handled: when } = &events.messages[0].fates[0];
        assert_eq!((delivery.state, delivery.attempts), (state, attempts));
        let handled = matches!(state, DeliveryState::Read | DeliveryState::Dead);
        assert_eq!(when.is_some(), handled, "{delivery:?}");
    };
    let send = vec![Effect::Send(message.clone())];
    check(vec![send.clone()], DeliveryState::Unread, 0);
    let failed = vec![Effect::PutReceipt(receipt(1, false))];
    check(vec![send.clone(), failed.clone()], DeliveryState::Failed, 1);
    check(vec![send.clone(), failed.clone(), vec![acknowledge.clone()]], DeliveryState::Read, 1);
    let dead = vec![Effect::PutReceipt(receipt(3, true)), acknowledge.clone()];
    check(vec![send.clone(), failed, dead.clone()], DeliveryState::Dead, 3);
    // As an operator's retry writes it.
    let retried = vec![redeliver, Effect::PutReceipt(receipt(0, false))];
    check(vec![send.clone(), dead.clone(), retried.clone()], DeliveryState::Unread, 0);
    check(vec![send.clone(), dead.clone(), retried.clone(), vec![acknowledge]], DeliveryState::Read, 0);
    check(vec![send, dead.clone(), retried, dead], DeliveryState::Dead, 3);
}

/// Goal: the phases are those that the steps came to, and the count is among them even where nobody was there to sum it
/// up. Method: as above.
#[test]
fn phases_are_what_the_steps_came_to() {
    let (chronicle, _) = plain();
    let check = |steps: Vec<Vec<Phase>>, expected: &[&str]| {
        let store = Store::in_memory(ClockKind::Virtual).unwrap();
        let config = company().config().clone();
        let mut batch = store.batch().unwrap();
        for phases in steps {
            let mut draft = batch.draft(Timestamp::default());
            for phase in phases {
                let decision = Decision { phase, ..chronicle.decision.clone() };
                draft.emit(Effect::PutDecision(decision)).unwrap();
            }
            let finished = draft.finish();
            batch.append(Input::Configure(config.clone()), None, finished).unwrap();
        }
        let last = store.commit(batch).unwrap().step;
        let session = Session { first_step: 1, ..chronicle.session.clone() };
        let events = events::gather(&store.snapshot().unwrap(), &config, &session, last).unwrap();
        let found: Vec<String> = events.phases.iter().map(|phase| phase_name(&phase.phase)).collect();
        assert_eq!(found, expected);
    };
    let (round, above) = (Phase::Voting { round: 1 }, Phase::Climbing { at: RoleId::new("chief").unwrap() });
    check(vec![vec![Phase::Selecting, round.clone()], vec![round.clone()]], &["round 1"]);
    check(vec![vec![round.clone()], vec![Phase::Selecting, round.clone()]], &["round 1"]);
    let counted = vec![Phase::Synthesising, Phase::Synthesising, above.clone()];
    check(vec![vec![round], counted], &["round 1", "synthesis", &phase_name(&above)]);
}

/// Goal: what was approved later, or by another role, is not told as spent before. Method: the same session is looked at
/// with its decision approved by the chief.
#[test]
fn money_counts_up_to_the_end_of_the_session() {
    use echo_storage::records::{Spend, Status};

    let store = Store::in_memory(ClockKind::Virtual).unwrap();
    let company = company();
    let (chronicle, _) = plain();
    let chief = RoleId::new("chief").unwrap();
    let hour = 60 * 60 * 1000;
    let now = Timestamp::from_ms(100 * hour);
    let mut batch = store.batch().unwrap();
    let mut draft = batch.draft(now);
    // What was approved at 76 counts no more: the window is open at its old end.
    for (at, dollars) in [(70, 7_000), (90, 20_000), (76, 5_000), (100, 30_000), (101, 40_000)] {
        let spend = Spend {
            role: chief.clone(),
            at: Timestamp::from_ms(at * hour),
            decision: Id::from_number(at),
            amount: Usd::dollars(dollars),
        };
        draft.emit(Effect::PutSpend(spend)).unwrap();
    }
    let finished = draft.finish();
    batch.append(Input::Configure(company.config().clone()), None, finished).unwrap();
    store.commit(batch).unwrap();
    let snapshot = store.snapshot().unwrap();
    let end = SessionEnd { at: now, last_step: 1 };
    let mut decision = chronicle.decision.clone();
    std::sync::Arc::make_mut(&mut decision.proposal).context.budget = Some(Usd::dollars(30_000));
    let check = |decision: &Decision, spent: u64, is_approved: bool| {
        let budgets = budgets::gather(&snapshot, company.config(), decision, &end).unwrap();
        let found = (&budgets[0].role, budgets[0].spent, budgets[0].is_approved);
        assert_eq!(found, (&chief, Usd::dollars(spent), is_approved));
        assert!(!budgets[1].is_approved && budgets[1].spent == Usd::ZERO);
    };
    check(&decision, 50_000, false);
    decision.status = Status::Approved;
    decision.decided_by = Some(Party::Role(chief.clone()));
    decision.closed_at = Some(now);
    check(&decision, 20_000, true);
    decision.closed_at = Some(now.after_ms(1));
    check(&decision, 50_000, false);
}

#[test]
fn a_session_without_an_end_has_no_chronicle() {
    let store = Store::in_memory(ClockKind::Virtual).unwrap();
    let snapshot = store.snapshot().unwrap();
    let error = Chronicle::of(&snapshot, SessionId::from_number(3)).unwrap_err();
    assert_eq!(error.to_string(), "there is no session ses-3");
    assert!(snapshot.config().unwrap().is_none());
}
