//! What is counted, and what lies outside the range or the bound.

use super::*;
use crate::organisation;
use echo_storage::clock::{ClockKind, VIRTUAL_EPOCH};
use echo_storage::names::{DecisionId, DecisionType, Id, RoleId};
use echo_storage::quantities::Timestamp;
use echo_storage::records::{Context, Mode, Phase, Proposal};
use echo_storage::{Batch, Effect, Input, Store};

const HOUR_MS: u64 = 60 * 60 * 1000;

/// A decision that was opened and ended so many hours after the beginning.
fn decision(number: u64, opened: u64, closed: Option<(u64, Status)>) -> Decision {
    let kind = if number.is_multiple_of(2) { "hiring" } else { "company_direction" };
    let moment = |hours: u64| VIRTUAL_EPOCH.after_ms(hours * HOUR_MS);
    Decision {
        id: DecisionId::from_number(number),
        proposal: std::sync::Arc::new(Proposal {
            initiator: RoleId::new("ceo").unwrap(),
            kind: DecisionType::new(kind).unwrap(),
            mode: Mode::Autonomous,
            subject: String::new(),
            context: Context::default(),
            matters: Vec::new(),
            opinion: None,
        }),
        session: None,
        matters: Vec::new(),
        related: Vec::new(),
        mode: Mode::Autonomous,
        status: closed.map_or(Status::Pending, |(_, status)| status),
        phase: Phase::Closed,
        deadline: None,
        participants: Vec::new(),
        lead: None,
        rounds: 0,
        absences: Vec::new(),
        tally: None,
        synthesis: None,
        reason: None,
        decided_by: None,
        path: Vec::new(),
        opened_at: moment(opened),
        closed_at: closed.map(|(hours, _)| moment(hours)),
    }
}

/// Reads a store that holds these decisions.
fn with_state(decisions: &[Decision], read: impl FnOnce(&Batch)) {
    let store = Store::in_memory(ClockKind::Virtual).unwrap();
    let mut batch = store.batch().unwrap();
    let mut draft = batch.draft(VIRTUAL_EPOCH);
    for decision in decisions {
        draft.emit(Effect::PutDecision(decision.clone())).unwrap();
    }
    let finished = draft.finish();
    let config = organisation().unwrap().config().clone();
    batch.append(Input::Configure(config), None, finished).unwrap();
    read(&batch);
}

fn range(since: u64, until: u64) -> Range {
    let moment = |hours: u64| Timestamp::from_ms(VIRTUAL_EPOCH.ms() + hours * HOUR_MS);
    Range { since: moment(since), until: moment(until) }
}

/// Goal: what lies outside the range is not counted, and what lies on its ends is.
#[test]
fn a_range_counts_what_began_or_ended_in_it() {
    let all = [
        decision(1, 0, Some((1, Status::Approved))),
        decision(2, 1, Some((12, Status::Rejected))),
        decision(3, 10, Some((11, Status::Approved))),
        decision(4, 15, None),
        decision(5, 20, Some((20, Status::Approved))),
        decision(6, 21, None),
    ];
    let check = |range: Range, expected: (u64, u64, u64, u64, u64), share, median, p90| {
        with_state(&all, |state| {
            let found = decisions(state, range, |_| true).unwrap();
            let DecisionMetrics { opened, open, closed, approved, rejected, .. } = found;
            assert_eq!((opened, open, closed, approved, rejected), expected, "{found}");
            assert_eq!(found.approval_share, share);
            let hours = |ms: Option<u64>| ms.map(|ms| ms / HOUR_MS);
            assert_eq!((hours(found.close_median_ms), hours(found.close_p90_ms)), (median, p90));
            assert!(!found.cut);
        });
    };
    check(range(0, 30), (6, 2, 4, 3, 1), Some(750), Some(1), Some(11));
    check(range(10, 20), (3, 1, 3, 2, 1), Some(666), Some(1), Some(11));
    check(range(2, 9), (0, 0, 0, 0, 0), None, None, None);
    check(range(21, 21), (1, 1, 0, 0, 0), None, None, None);
}

#[test]
fn only_the_newest_are_looked_at_and_that_is_said() {
    let all: Vec<Decision> = (1..=5).map(|number| decision(number, number, None)).collect();
    let check = |bound, expected: (u64, bool)| {
        with_state(&all, |state| {
            let mut seen = 0;
            let cut = each_of_newest(state, range(0, 9), bound, |_| seen += 1).unwrap();
            assert_eq!((seen, cut), expected);
        });
    };
    check(3, (3, true));
    check(5, (5, false));
    check(6, (5, false));
}
