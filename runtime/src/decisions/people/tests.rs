//! Questions to people, by the calendar and by who answers first.
//!
//! Method: a company asks a person in virtual time; days pass by moving the clock.

use std::sync::Arc;

use echo_storage::clock::ClockKind;
use echo_storage::codes::{self, Code};
use echo_storage::journal::Head;
use echo_storage::names::{ApprovalId, DecisionId, Id, TimerId};
use echo_storage::quantities::Timestamp;
use echo_storage::records::{Approval, Decision, Mode, Party, Phase, Reason, Status, Timer, TimerPurpose};
use echo_storage::{Effect, Input, Query, Snapshot, Store};

use crate::drivers::simulation::Simulation;
use crate::engine::Asked;
use crate::mind::RulesMind;
use crate::training::Scenario;
use crate::training::samples::{LOCKS, company};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A company in which one question waits for a person.
struct Waiting {
    store: Arc<Store>,
    simulation: Simulation,
}

impl Waiting {
    fn new() -> Self {
        let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
        let mut waiting = Self { simulation: simulation(&store), store };
        waiting.ask();
        waiting
    }

    /// Asks one more.
    fn ask(&mut self) {
        let company = company();
        let scenario =
            Scenario::parse("test", LOCKS, &company.role_ids(), &company.decision_types()).unwrap();
        let mut proposal = scenario.proposal;
        proposal.mode = Mode::Human;
        let (title, scenario) = ("Locks".to_owned(), "{}".to_owned());
        self.simulation.submit(Input::StartSession { title, scenario, proposal }).unwrap();
        self.simulation.settle(&mut |_| {}).unwrap();
    }

    fn state(&self) -> Snapshot {
        self.store.snapshot().unwrap()
    }

    fn steps(&self) -> u64 {
        Head::of(&self.state()).unwrap().step
    }

    fn approval(&self) -> Approval {
        self.state().approval(first()).unwrap().unwrap()
    }

    fn decision(&self) -> Decision {
        self.state().decision(DecisionId::from_number(1)).unwrap().unwrap()
    }

    fn code(&self, number: u64) -> Option<Code> {
        codes::code(&self.state(), ApprovalId::from_number(number)).unwrap()
    }

    /// Somebody answers the first question; what they are told where that is no.
    fn answer(&mut self, person: &str, approve: bool, code: Option<Code>) -> Result<(), String> {
        let (person, door, note) = (person.to_owned(), "test".to_owned(), "so be it".to_owned());
        let input = Input::Verdict { approval: first(), approve, person, door, note };
        let asked = Asked::from(input).with_code(code);
        self.simulation.submit_asked(asked).map(drop).map_err(|error| error.to_string())
    }

    fn wait_until(&mut self, moment: Timestamp) {
        self.simulation.wait_until(moment, &mut |_| {}).unwrap();
    }
}

fn simulation(store: &Arc<Store>) -> Simulation {
    Simulation::new(Arc::new(company()), store.clone(), Arc::new(RulesMind), 7).unwrap()
}

fn first() -> ApprovalId {
    ApprovalId::from_number(1)
}

#[test]
fn people_are_reminded_each_day_and_in_the_end_it_is_rejected() {
    let mut waiting = Waiting::new();
    let asked_at = waiting.approval().asked_at;
    assert_eq!(waiting.decision().status, Status::Escalated);
    let mut told = waiting.state().messages(None, 1_000).unwrap().len();
    for day in 1..=6_u32 {
        let noon = asked_at.after_ms(u64::from(day) * DAY_MS);
        waiting.wait_until(noon.before_ms(1));
        assert_eq!(waiting.approval().reminded, day - 1);
        waiting.wait_until(noon);
        assert_eq!(waiting.approval().reminded, day);
        let now = waiting.state().messages(None, 1_000).unwrap();
        assert_eq!(now.len(), told + 1, "a reminder is one message to whoever watches");
        assert!(now[0].content.contains(&format!("\"reminder\":{day}")), "{}", now[0].content);
        told = now.len();
        // Whoever runs it next goes on where the last one stopped.
        waiting.simulation = simulation(&waiting.store);
    }
    waiting.wait_until(asked_at.after_ms(7 * DAY_MS).before_ms(1));
    assert_eq!(waiting.decision().status, Status::Escalated);
    waiting.wait_until(asked_at.after_ms(7 * DAY_MS));
    let decision = waiting.decision();
    assert_eq!((decision.status, decision.reason), (Status::Rejected, Some(Reason::Unanswered)));
    assert_eq!(decision.decided_by, Some(Party::System));
    assert_eq!(waiting.state().next_timer().unwrap(), None);
    assert_eq!(waiting.state().approvals_out(None, 10).unwrap(), []);
    let refusal = waiting.answer("ada", true, waiting.code(1)).unwrap_err();
    assert!(refusal.contains("apr-1 was given up at 2026-01-08"), "{refusal}");
    assert_eq!(waiting.decision().status, Status::Rejected);
}

#[test]
fn the_first_answer_counts_and_the_second_is_told_of_it() {
    let mut waiting = Waiting::new();
    waiting.answer("ada", true, waiting.code(1)).unwrap();
    let decision = waiting.decision();
    assert_eq!((decision.status, &decision.reason), (Status::Approved, &Some(Reason::Person)));
    let refusal = waiting.answer("bob", false, waiting.code(1)).unwrap_err();
    let at = waiting.approval().verdict.unwrap().at;
    assert_eq!(refusal, format!("apr-1 was approved by ada at {at}, from the test: the first answer counts"));
    assert_eq!(waiting.decision(), decision);
    assert_eq!(waiting.state().next_timer().unwrap(), None, "nobody is reminded any more");
}

#[test]
fn without_the_code_of_the_question_an_answer_is_no_step() {
    let mut waiting = Waiting::new();
    waiting.ask();
    let before = waiting.steps();
    let right = waiting.code(1).unwrap().to_string();
    let other_store = Waiting::new();
    for (code, words) in [
        (None, "a verdict carries the code of its question"),
        (waiting.code(2), "that is not the code of this question"),
        (other_store.code(1), "that is not the code of this question"),
    ] {
        let refusal = waiting.answer("ada", true, code).unwrap_err();
        assert!(refusal.starts_with(words), "{refusal}");
        assert!(!refusal.contains(&right), "{refusal}");
    }
    assert_eq!((waiting.steps(), waiting.decision().status), (before, Status::Escalated));
    waiting.answer("ada", true, waiting.code(1)).unwrap();
}

/// Goal: what the agents and their tools can read holds no code. Method: everything that was written is searched for it, but
/// for the one row that it is derived from.
#[test]
fn no_row_of_the_store_holds_a_code() {
    let mut waiting = Waiting::new();
    let code = waiting.code(1).unwrap();
    waiting.answer("ada", true, Some(code)).unwrap();
    let state = waiting.state();
    let all = echo_storage::state::KeyRange::prefix(Vec::new());
    let (code, plain) = (code.to_string(), code.to_string().replace('-', ""));
    for table in echo_storage::table::ALL {
        let rows =
            echo_storage::State::scan(&state, table, &all, echo_storage::state::Order::Ascending, usize::MAX);
        for (key, value) in rows.unwrap() {
            let holds = |text: &str| {
                [&key, &value].iter().any(|bytes| bytes.windows(text.len()).any(|at| at == text.as_bytes()))
            };
            assert!(!holds(&code) && !holds(&plain), "{}", table.name);
        }
    }
}

/// Goal: thousands of questions hide and stop nothing. Method: more are asked than rows are read at once, in one step that
/// repeats the first one.
#[test]
fn thousands_of_questions_hide_none_and_keep_nobody_at_work() {
    const MANY: u64 = 6_000;
    let mut waiting = Waiting::new();
    let (decision, approval) = (waiting.decision(), waiting.approval());
    let mut batch = waiting.store.batch().unwrap();
    let mut draft = batch.draft(approval.asked_at);
    for number in 2..=MANY {
        let (id, of) = (ApprovalId::from_number(number), DecisionId::from_number(number));
        let timer = |purpose, of_two: u64| Timer {
            id: TimerId::from_number(1_000 + 2 * number + of_two),
            due: approval.asked_at.after_ms((1 + 6 * of_two) * DAY_MS),
            purpose,
        };
        let (reminder, deadline) = (
            timer(TimerPurpose::Reminder { approval: id }, 0),
            timer(TimerPurpose::Approval { approval: id }, 1),
        );
        let decision = Decision { id: of, phase: Phase::Waiting { approval: id }, ..decision.clone() };
        draft.emit(Effect::PutDecision(decision)).unwrap();
        draft
            .emit(Effect::PutApproval(Approval {
                id,
                decision: of,
                reminder: Some((reminder.due, reminder.id)),
                deadline: Some((deadline.due, deadline.id)),
                ..approval.clone()
            }))
            .unwrap();
        draft.emit(Effect::SetTimer(reminder)).unwrap();
        draft.emit(Effect::SetTimer(deadline)).unwrap();
    }
    let finished = draft.finish();
    batch.append(Input::TakeUp { away_ms: 1 }, None, finished).unwrap();
    waiting.store.commit(batch).unwrap();

    let state = waiting.state();
    let config = state.config().unwrap().unwrap();
    assert!(crate::engine::is_settled(&state, &config).unwrap(), "people's deadlines are nobody's work");
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = state.approvals_out(after, 500).unwrap();
        after = page.last().copied();
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(Id::number));
    }
    assert_eq!(seen, (1..=MANY).collect::<Vec<_>>(), "the oldest first, and none is left out");
    waiting.answer("ada", false, waiting.code(1)).unwrap();
    assert_eq!(waiting.state().approvals_out(None, 1).unwrap(), [ApprovalId::from_number(2)]);
    assert_eq!(waiting.decision().status, Status::Rejected);
}
