//! Supervision: agents that fail, once or always.
//!
//! Goal: a session ends whoever fails, says what happened, and nobody else is held up. Method: agents that panic on the
//! messages they take, among the nine and in a company of two, under both drivers.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test reports what it cannot read by failing")]

use std::collections::BTreeMap;
use std::sync::Arc;

use echo_runtime::drivers::live::Live;
use echo_runtime::drivers::simulation::Simulation;
use echo_runtime::mind::RulesMind;
use echo_runtime::organisation::Organisation;
use echo_runtime::replay::replay;
use echo_runtime::role::Role;
use echo_runtime::training::{Circumstances, Play, Played, Playing, Report, Scenario, Stop, play, simulate};
use echo_runtime::turn::{Failure, Turn};
use echo_storage::clock::ClockKind;
use echo_storage::journal::{self, Entry, Head};
use echo_storage::names::{Id, MessageId, RoleId, SessionId};
use echo_storage::records::{
    Address, Agent, Breaker, BreakerState, Decision, Kind, Message, Party, Phase, TimerPurpose,
};
use echo_storage::{Effect, Input, Query, Snapshot, Store};
use echo_tests::{HEAD, WORKER, block_on, role};

fn always(_: &mut Turn<'_, '_>, role: &RoleId, _: &Message) -> Result<(), Failure> {
    panic!("{role} is out of order");
}

/// The nine, one of whom panics on every message.
fn nine(poisoned: Option<&str>) -> Arc<Organisation> {
    let roles: Vec<Role> = echo_agents::ROLES
        .iter()
        .map(|one| Role { on_message: (Some(one.id) == poisoned).then_some(always as _), ..one.clone() })
        .collect();
    Arc::new(Organisation::new(&roles, Vec::new, echo_agents::SCENARIOS).unwrap())
}

fn scenario() -> Scenario {
    let organisation = nine(None);
    let yaml = organisation.scenarios().first().unwrap().yaml;
    Scenario::parse("default", yaml, &organisation.role_ids(), &organisation.decision_types()).unwrap()
}

/// What a session came to, and when each role said what.
struct Run {
    /// Keeps the state readable.
    _store: Arc<Store>,
    state: Snapshot,
    decision: Decision,
    report: Report,
    /// By role and what it answered: how long after the session's start, in milliseconds.
    answered_after_ms: BTreeMap<(String, String), u64>,
}

fn finished(store: Arc<Store>, session: SessionId) -> Run {
    let state = store.snapshot().unwrap();
    let record = state.session(session).unwrap().unwrap();
    let decision = state.decision(record.decision).unwrap().unwrap();
    let report = Report::of(&state, session, Circumstances::default()).unwrap();
    let started = record.started_at.ms();
    let mut answered_after_ms = BTreeMap::new();
    for row in state.participations(decision.id).unwrap() {
        answered_after_ms.insert((row.role.to_string(), "takes part".to_owned()), row.at.ms() - started);
    }
    for round in 1..=decision.rounds {
        for ballot in state.ballots(decision.id, round).unwrap() {
            let what = format!("ballot {round}");
            answered_after_ms.insert((ballot.role.to_string(), what), ballot.at.ms() - started);
        }
    }
    Run { _store: store, state, decision, report, answered_after_ms }
}

fn simulated(organisation: Arc<Organisation>, seed: u64) -> Run {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let mut simulation = Simulation::new(organisation, store.clone(), Arc::new(RulesMind), seed).unwrap();
    let (scenario, watcher) = (scenario(), &mut |_: &Entry| {});
    let playing = Playing { what: Play::New(&scenario), watcher, stop: Stop::never() };
    let Played::Ended(session) = simulate(&mut simulation, playing).unwrap() else {
        panic!("it was stopped")
    };
    finished(store, session)
}

/// What must hold whichever of the nine is out of order.
fn check(poisoned: &str, run: &Run, healthy: &Run) {
    let decision = &run.decision;
    assert!(
        matches!(decision.phase, Phase::Closed | Phase::Waiting { .. }),
        "{poisoned}: {:?}",
        decision.phase
    );
    // Nobody's deadline had to pass: whoever waited was told.
    for next in journal::walk(&run.state) {
        let entry = next.unwrap().0;
        if let Input::Timer { .. } = entry.input {
            let breaker = |effect: &Effect| matches!(effect, Effect::ClearTimer(timer) if matches!(timer.purpose, TimerPurpose::Breaker { .. }));
            assert!(entry.effects.iter().any(breaker), "{poisoned}: {:?}", entry.effects);
        }
    }
    // The others answered what they were asked, as soon as ever.
    for ((who, what), after_ms) in healthy.answered_after_ms.iter().filter(|((who, _), _)| who != poisoned) {
        if what == "takes part" || what == "ballot 1" {
            let now = run.answered_after_ms.get(&(who.clone(), what.clone()));
            assert_eq!(now, Some(after_ms), "{poisoned}: {who} {what}");
        }
    }
    // It is known to be out of order, and why.
    let Some(agent) = run.state.agent(&role(poisoned)).unwrap() else {
        // Whoever opens the decision is written to by nobody until it is closed.
        assert_eq!((poisoned, run.decision.closed_at), ("ceo", None));
        return;
    };
    assert!(agent.failures >= 3, "{poisoned}: {agent:?}");
    let dead: Vec<_> = run.state.receipts(None, 100).unwrap();
    assert!(dead.iter().any(|receipt| receipt.dead && receipt.reason.contains("is out of order")));
    assert!(dead.iter().all(|receipt| receipt.role.as_str() == poisoned));
}

#[test]
fn a_session_ends_whoever_is_out_of_order() {
    let healthy = simulated(nine(None), 1);
    for one in echo_agents::ROLES {
        let run = simulated(nine(Some(one.id)), 1);
        check(one.id, &run, &healthy);
        let organisation = nine(Some(one.id));
        let replayed = replay(&organisation, &run.state, None).unwrap();
        let head = Head::of(&run.state).unwrap();
        assert_eq!((replayed.steps, replayed.head), (head.step, head.hash), "{}", one.id);
    }
}

#[test]
fn the_report_says_who_was_missing_and_why() {
    let run = simulated(nine(Some("senior_architect")), 7);
    let text = run.report.to_text(&[]);
    let missing = run.report.agents.iter().find(|part| part.role.as_str() == "senior_architect").unwrap();
    assert!(
        missing
            .reason
            .contains("its agent failed 3 times on msg-2: panicked: senior_architect is out of order"),
        "{}",
        missing.reason
    );
    assert!(text.contains("its agent failed 3 times on msg-2"), "{text}");
    // The author of the decision is out of order: its words are missing and the votes still count.
    let run = simulated(nine(Some("ceo")), 7);
    assert!(run.decision.tally.is_some());
}

/// The same in real time: the pauses of the agent that fails hold up nobody.
#[test]
fn a_live_session_ends_whoever_is_out_of_order() {
    let healthy = simulated(nine(None), 1);
    for poisoned in ["senior_architect", "test_lead", "ceo"] {
        let store = Arc::new(Store::in_memory(ClockKind::Real).unwrap());
        let of_run = store.clone();
        let session = block_on(async move {
            let live = Live::start(nine(Some(poisoned)), of_run, Arc::new(RulesMind)).await.unwrap();
            let (scenario, watcher) = (scenario(), &mut |_: &Entry| {});
            let playing = Playing { what: Play::New(&scenario), watcher, stop: Stop::never() };
            let Played::Ended(session) = play(&live, playing).await.unwrap() else {
                panic!("it was stopped")
            };
            live.stop().await.unwrap();
            session
        });
        let mut run = finished(store, session);
        // In real time nobody can say after how many milliseconds; that they answered is what is compared.
        run.answered_after_ms.values_mut().for_each(|after_ms| *after_ms = 0);
        check(poisoned, &run, &healthy);
    }
}

/// Panics on what is called bad.
fn picky(turn: &mut Turn<'_, '_>, role: &RoleId, message: &Message) -> Result<(), Failure> {
    assert!(message.subject != "bad", "it is bad");
    turn.role(role).map(drop)
}

fn company() -> Arc<Organisation> {
    Arc::new(echo_tests::company(&[HEAD, Role { on_message: Some(picky), ..WORKER }]))
}

struct Company {
    simulation: Simulation,
    store: Arc<Store>,
}

impl Company {
    fn new() -> Self {
        let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
        let simulation = Simulation::new(company(), store.clone(), Arc::new(RulesMind), 1).unwrap();
        Self { simulation, store }
    }

    fn post(&mut self, subject: &str) {
        self.simulation
            .submit(Input::Post {
                from: Party::Role(role("head")),
                to: Address::Role(role("worker")),
                kind: Kind::Notification,
                subject: subject.to_owned(),
                content: "{}".to_owned(),
                in_reply_to: None,
            })
            .unwrap();
        self.simulation.settle(&mut |_| {}).unwrap();
    }

    fn worker(&self) -> Agent {
        let agent = self.store.snapshot().unwrap().agent(&role("worker")).unwrap();
        agent.unwrap_or_else(|| Agent::new(role("worker")))
    }

    fn breaker(&self) -> Breaker {
        self.worker().breaker.unwrap()
    }

    fn unread(&self) -> usize {
        let state = self.store.snapshot().unwrap();
        let config = state.config().unwrap().unwrap();
        state.unread(config.role(&role("worker")).unwrap(), 100).unwrap().len()
    }

    /// Lets the pause of the open breaker pass; gives how long it was, in milliseconds.
    fn pass(&mut self) -> u64 {
        let Breaker { state: BreakerState::Open { until, timer }, opened_at, .. } = self.breaker() else {
            panic!("{:?}", self.breaker())
        };
        self.simulation.submit(Input::Timer { due: until, timer }).unwrap();
        self.simulation.settle(&mut |_| {}).unwrap();
        until.ms() - opened_at.ms()
    }

    fn retry(&mut self, message: Option<u64>) -> Result<String, String> {
        let message = message.map(MessageId::from_number);
        let input = Input::Retry { role: role("worker"), message, person: "me".to_owned() };
        let entry = self.simulation.submit(input).map_err(|error| error.to_string())?;
        self.simulation.settle(&mut |_| {}).unwrap();
        Ok(entry.reply().unwrap().to_owned())
    }

    fn dead(&self) -> Vec<u64> {
        let receipts = self.store.snapshot().unwrap().receipts(None, 100).unwrap();
        receipts.iter().filter(|receipt| receipt.dead).map(|receipt| receipt.message.number()).collect()
    }

    fn replays(&self) {
        let state = self.store.snapshot().unwrap();
        let replayed = replay(&company(), &state, None).unwrap();
        assert_eq!(replayed.head, Head::of(&state).unwrap().hash);
    }
}

#[test]
fn a_breaker_opens_pauses_longer_each_time_and_closes_when_a_step_goes_well() {
    let mut company = Company::new();
    company.post("bad");
    assert_eq!((company.dead(), company.worker().failures), (vec![1], 3));
    company.post("good");
    assert_eq!(company.worker().failures, 0, "a step that goes well forgets the failures");

    company.post("bad");
    company.post("bad");
    let breaker = company.breaker();
    assert_eq!((breaker.trips, breaker.reason.as_str()), (1, "panicked: it is bad"));
    company.post("good");
    assert_eq!((company.dead(), company.unread()), (vec![3, 1], 2), "it gets no mail while it is open");

    assert_eq!(company.pass(), 30_000);
    // The message it had failed on twice failed once more: a dead letter, and a longer pause.
    assert_eq!((company.dead(), company.unread(), company.breaker().trips), (vec![4, 3, 1], 1, 2));
    assert_eq!(company.pass(), 60_000);
    assert_eq!((company.unread(), company.worker().breaker), (0, None));
    company.replays();
}

#[test]
fn an_agent_that_keeps_failing_is_given_up_until_somebody_retries_it() {
    let mut company = Company::new();
    for _ in 0..12 {
        company.post("bad");
    }
    let mut pauses_ms = Vec::new();
    while company.breaker().state != BreakerState::GivenUp {
        pauses_ms.push(company.pass());
    }
    assert_eq!(pauses_ms, [30_000, 60_000, 120_000, 240_000, 480_000]);
    let unread = company.unread();
    assert!(unread > 0);
    assert!(company.store.snapshot().unwrap().next_timer().unwrap().is_none(), "nothing wakes it by itself");

    let first = *company.dead().last().unwrap();
    assert_eq!(
        company.retry(Some(99)).unwrap_err(),
        "msg-99 is no dead letter of worker; `dead-letters` lists those there are"
    );
    let reply = company.retry(None).unwrap();
    assert!(reply.contains(&format!("msg-{first}")) && reply.contains(r#""breaker_closed":true"#), "{reply}");
    // Nothing has changed, so it fails again, from the start.
    assert_eq!((company.breaker().trips, company.worker().failures), (1, 5));
    company.replays();
}

#[test]
fn a_dead_letter_is_retried_and_there_must_be_one() {
    let mut company = Company::new();
    let refusal = "worker has no dead letters and takes its mail: there is nothing to retry";
    assert_eq!(company.retry(None).unwrap_err(), refusal);
    company.post("bad");
    assert_eq!(company.dead(), [1]);
    company.retry(Some(1)).unwrap();
    assert_eq!((company.dead(), company.worker().failures), (vec![1], 3), "it has three attempts again");
    company.replays();
}
