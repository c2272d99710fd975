//! Whole sessions of a tiny company, as people and programs read of them.

use std::future::Future;
use std::sync::Arc;

use echo_storage::clock::ClockKind;
use echo_storage::journal::Entry;
use echo_storage::names::{Id, SessionId};
use echo_storage::records::{Answer, Stance};
use echo_storage::{Snapshot, Store, journal};

use super::samples::{DESKS, LOCKS, company};
use super::*;
use crate::drivers::live::Live;
use crate::drivers::simulation::Simulation;
use crate::mind::{Asking, Mind, MindError, Question, RulesMind};

fn read(yaml: &str) -> Scenario {
    let company = company();
    Scenario::parse("test", yaml, &company.role_ids(), &company.decision_types()).unwrap()
}

/// Plays a session to its end.
#[track_caller]
fn ended(simulation: &mut Simulation, scenario: &Scenario, watcher: &mut dyn Watcher) -> SessionId {
    let playing = Playing { what: Play::New(scenario), watcher, stop: Stop::never() };
    let played = simulate(simulation, playing).unwrap();
    let Played::Ended(session) = played else { panic!("nobody stopped it: {played:?}") };
    session
}

/// Plays a scenario in virtual time: the report and the lines of progress.
fn play_with(yaml: &str, mind: impl Mind + 'static) -> (Report, String) {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let mut simulation = Simulation::new(Arc::new(company()), store.clone(), Arc::new(mind), 7).unwrap();
    let (mut progress, mut lines) = (Progress::default(), Vec::new());
    let session =
        ended(&mut simulation, &read(yaml), &mut |entry: &Entry| lines.extend(progress.lines(entry)));
    let circumstances = Circumstances { store: Some("/a/store.redb".to_owned()), duration_ms: 12_034 };
    let report = Report::of(&store.snapshot().unwrap(), session, circumstances).unwrap();
    (report, lines.join("\n"))
}

/// The sessions without an end.
fn open(state: &Snapshot) -> Vec<SessionId> {
    interrupted(state).unwrap().into_iter().map(|session| session.id).collect()
}

/// The report's text; the hash changes with every record and is left out.
fn text(report: &Report) -> String {
    report.to_text(&["echo-org replay".to_owned()]).replace(&report.hash, "(hash)")
}

/// A mind of which some questions get no answer.
struct Failing(fn(&Question) -> bool);

impl Mind for Failing {
    fn name(&self) -> &'static str {
        "failing"
    }
    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        if (self.0)(question) {
            Asking::Now(Err(MindError("out of order".to_owned())))
        } else {
            RulesMind.ask(question)
        }
    }
}

/// A mind that never answers some questions.
struct Hanging(fn(&Question) -> bool);

impl Mind for Hanging {
    fn name(&self) -> &'static str {
        "hanging"
    }
    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        if (self.0)(question) {
            Asking::Later(Box::pin(std::future::pending()))
        } else {
            RulesMind.ask(question)
        }
    }
}

/// A mind that has a role listen.
struct Listening;

impl Mind for Listening {
    fn name(&self) -> &'static str {
        "listening"
    }
    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        match question {
            Question::Relevance { .. } => {
                let reason = "wants to hear of it".to_owned();
                Asking::Now(Ok(Answer::Relevance { stance: Stance::Observe, reason }))
            }
            other => RulesMind.ask(other),
        }
    }
}

#[test]
fn a_session_that_ends_with_a_person() {
    let (report, lines) = play_with(LOCKS, RulesMind);
    insta::assert_snapshot!(lines);
    insta::assert_snapshot!(text(&report));
    assert!(report.expectations.held);
}

#[test]
fn a_session_that_ends_otherwise_than_expected() {
    let (report, lines) = play_with(DESKS, RulesMind);
    insta::assert_snapshot!(lines);
    insta::assert_snapshot!(text(&report));
    assert!(!report.expectations.held);
}

#[test]
fn a_session_about_an_incomplete_proposal() {
    let without_impact = LOCKS.replace("  impact: Nobody enters the archive unseen.\n", "");
    let (report, lines) = play_with(&without_impact, RulesMind);
    insta::assert_snapshot!(lines);
    insta::assert_snapshot!(text(&report));
    assert_eq!(report.tally, None);
    assert!(!report.expectations.held);
}

#[test]
fn a_report_as_json() {
    let (report, _) = play_with(LOCKS, RulesMind);
    let json = serde_json::to_string_pretty(&report).unwrap();
    insta::assert_snapshot!(json.replace(&report.hash, "(hash)"));
}

/// Goal: who is late, silent or listens is in the report as what it is. Method: minds that fail, hang or want to listen,
/// and a scenario in which one role is unsure.
#[test]
fn nobody_is_lost_from_a_report() {
    let unsure =
        LOCKS.replace("not_concerned: [porter]", "constraints: [none]").replace("Each", "Each parcel and");
    let check = |mind: Box<dyn Mind>, expected: (Part, &str, bool), verdict: CheckVerdict| {
        let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
        let mut simulation = Simulation::new(Arc::new(company()), store.clone(), mind.into(), 7).unwrap();
        let session = ended(&mut simulation, &read(&unsure), &mut |_: &Entry| {});
        let report = Report::of(&store.snapshot().unwrap(), session, Circumstances::default()).unwrap();
        let roles: Vec<&str> = report.agents.iter().map(|agent| agent.role.as_str()).collect();
        assert_eq!(roles, ["chief", "clerk", "guard", "porter"]);
        let porter = report.agents.last().unwrap();
        assert_eq!((porter.part, porter.reason.as_str(), porter.took_part), expected);
        let check = report.expectations.checks.iter().find(|check| check.what == "decline porter").unwrap();
        assert_eq!(check.verdict, verdict, "{check:?}");
    };
    let relevance = |question: &Question| matches!(question, Question::Relevance { .. });
    let failed = "the mind gave no answer: out of order";
    check(Box::new(Failing(relevance)), (Part::Declined, failed, false), CheckVerdict::Failed);
    let late = "did not answer in time";
    check(Box::new(Hanging(relevance)), (Part::Declined, late, false), CheckVerdict::Failed);
    check(Box::new(Listening), (Part::Observer, "wants to hear of it", true), CheckVerdict::Failed);
    let judged = "only one keyword of mine was found (parcel), and no question is about a keyword of mine";
    check(Box::new(RulesMind), (Part::Declined, judged, false), CheckVerdict::Held);
}

#[test]
fn a_mind_that_fails_or_hangs_abstains() {
    let ballots =
        |question: &Question| matches!(question, Question::Ballot { .. } | Question::Synthesis { .. });
    let (report, lines) = play_with(LOCKS, Failing(ballots));
    insta::assert_snapshot!(format!("{lines}\n\n{}", text(&report)));
    let (report, lines) = play_with(LOCKS, Hanging(ballots));
    insta::assert_snapshot!(format!("{lines}\n\n{}", text(&report)));
}

#[test]
fn a_session_without_a_report_says_why() {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let mut simulation = Simulation::new(Arc::new(company()), store.clone(), Arc::new(RulesMind), 0).unwrap();
    let session = SessionId::from_number(1);
    let report = || Report::of(&store.snapshot().unwrap(), session, Circumstances::default());
    assert_eq!(report().unwrap_err().to_string(), "there is no session ses-1");
    let Scenario { title, proposal, .. } = read(LOCKS);
    let scenario = read(LOCKS).to_json();
    simulation.submit(echo_storage::Input::StartSession { title, scenario, proposal }).unwrap();
    assert_eq!(report().unwrap_err().to_string(), "ses-1 has not ended: its report comes with its end");
}

/// Goal: a watcher of a live session sees each step once and in order. Method: what it saw is compared with the journal.
#[test]
fn a_live_session_is_watched_without_a_gap() {
    let store = Arc::new(Store::in_memory(ClockKind::Real).unwrap());
    let mut seen: Vec<Entry> = Vec::new();
    let session = block_on(async {
        let live = Live::start(Arc::new(company()), store.clone(), Arc::new(RulesMind)).await.unwrap();
        live.activate_all().await;
        let scenario = read(LOCKS);
        let watcher = &mut |entry: &Entry| seen.push(entry.clone());
        let playing = Playing { what: Play::New(&scenario), watcher, stop: Stop::never() };
        let played = play(&live, playing).await.unwrap();
        live.stop().await.unwrap();
        played
    });
    let Played::Ended(session) = session else { panic!("nobody stopped it: {session:?}") };
    let snapshot = store.snapshot().unwrap();
    // The first step is the configuration, which is before the session.
    assert_eq!(seen, journal::entries_after(&snapshot, 1, usize::MAX).unwrap());
    let report = Report::of(&snapshot, session, Circumstances::default()).unwrap();
    let (simulated, _) = play_with(LOCKS, RulesMind);
    assert_eq!((report.agents, report.tally), (simulated.agents, simulated.tally));
    assert_eq!(report.expectations, simulated.expectations);
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap().block_on(future)
}

/// Goal: a session that is stopped anywhere and taken up again ends as one that was left alone, and whoever watches it
/// misses no step. Method: it is stopped behind each of its steps in turn, on a driver that is then thrown away.
#[test]
fn a_session_that_was_stopped_ends_as_it_would_have() {
    let (undisturbed, _) = play_with(LOCKS, RulesMind);
    let scenario = read(LOCKS);
    let mut stops = 0_usize;
    for stop_after in 0.. {
        let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
        let simulation =
            || Simulation::new(Arc::new(company()), store.clone(), Arc::new(RulesMind), 7).unwrap();
        let (stopper, stop) = tokio::sync::watch::channel(false);
        let mut seen = Vec::new();
        let watcher = &mut |entry: &Entry| {
            seen.push(entry.clone());
            if seen.len() > stop_after {
                stopper.send_replace(true);
            }
        };
        let playing = Playing { what: Play::New(&scenario), watcher, stop: stop.into() };
        let session = match simulate(&mut simulation(), playing).unwrap() {
            Played::Stopped(session) => session,
            Played::Ended(_) => break,
            Played::NotStarted(_) => panic!("it was not stopped before its first step"),
        };
        stops += 1;
        let snapshot = store.snapshot().unwrap();
        assert_eq!(open(&snapshot), [session]);
        let last = journal::Head::of(&snapshot).unwrap().step;
        assert_eq!(seen.last().unwrap().step, last, "nothing happened behind the watcher's back");
        let watcher = &mut |entry: &Entry| seen.push(entry.clone());
        let what = Play::Rest { session, seen: last };
        let playing = Playing { what, watcher, stop: Stop::never() };
        assert_eq!(simulate(&mut simulation(), playing).unwrap(), Played::Ended(session));
        let snapshot = store.snapshot().unwrap();
        assert_eq!(seen, journal::entries_after(&snapshot, 1, usize::MAX).unwrap());
        assert_eq!(open(&snapshot), []);
        let report = Report::of(&snapshot, session, Circumstances::default()).unwrap();
        assert_eq!((&report.decision, &report.tally), (&undisturbed.decision, &undisturbed.tally));
        assert_eq!(report.agents, undisturbed.agents);
    }
    assert!(stops > 6, "it was stopped {stops} times only");
}

/// Goal: who is stopped while an earlier session is finished starts nothing. Method: a session is left open, and the next
/// one is stopped before it begins.
#[test]
fn nothing_is_started_after_a_stop() {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let mut simulation = Simulation::new(Arc::new(company()), store.clone(), Arc::new(RulesMind), 7).unwrap();
    let Scenario { title, proposal, .. } = read(LOCKS);
    let scenario = read(LOCKS).to_json();
    let (_stopper, stopped) = tokio::sync::watch::channel(true);
    let stop = Stop::from(stopped);
    let mut check = |expected: Played| {
        let before = journal::Head::of(&store.snapshot().unwrap()).unwrap().step;
        let scenario = read(DESKS);
        let watcher = &mut |_: &Entry| panic!("nothing is to be seen");
        let playing = Playing { what: Play::New(&scenario), watcher, stop: stop.clone() };
        assert_eq!(simulate(&mut simulation, playing).unwrap(), expected);
        assert_eq!(journal::Head::of(&store.snapshot().unwrap()).unwrap().step, before);
    };
    check(Played::NotStarted(None));
    let mut other = Simulation::new(Arc::new(company()), store.clone(), Arc::new(RulesMind), 7).unwrap();
    other.submit(echo_storage::Input::StartSession { title, scenario, proposal }).unwrap();
    check(Played::NotStarted(Some(SessionId::from_number(1))));
}

/// Goal: a live session can be stopped in the middle of a thought that takes long. Method: the minds never answer, and
/// the stop comes with the first question to them.
#[test]
fn a_live_session_stops_in_the_middle_of_a_thought() {
    let store = Arc::new(Store::in_memory(ClockKind::Real).unwrap());
    let (stopper, stop) = tokio::sync::watch::channel(false);
    let played = block_on(async {
        let mind = Arc::new(Hanging(|_| true));
        let live = Live::start(Arc::new(company()), store.clone(), mind).await.unwrap();
        let scenario = read(LOCKS);
        let watcher = &mut |entry: &Entry| {
            if entry.effects.iter().any(|effect| matches!(effect, echo_storage::Effect::Think(_))) {
                stopper.send_replace(true);
            }
        };
        let playing = Playing { what: Play::New(&scenario), watcher, stop: stop.into() };
        let played = play(&live, playing).await.unwrap();
        live.stop().await.unwrap();
        played
    });
    let session = SessionId::from_number(1);
    assert_eq!(played, Played::Stopped(session));
    assert_eq!(open(&store.snapshot().unwrap()), [session]);
}

/// Goal: a session is scored by how it ended, not by what a person decided later. Method: what waits for a person is
/// approved after the session that expects it to wait.
#[test]
fn a_later_verdict_is_told_and_changes_no_score() {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let mut simulation = Simulation::new(Arc::new(company()), store.clone(), Arc::new(RulesMind), 7).unwrap();
    let scenario = read(LOCKS);
    let playing = Playing { what: Play::New(&scenario), watcher: &mut |_: &Entry| {}, stop: Stop::never() };
    let Played::Ended(session) = simulate(&mut simulation, playing).unwrap() else {
        panic!("it was stopped")
    };
    let report = || Report::of(&store.snapshot().unwrap(), session, Circumstances::default()).unwrap();
    let before = report();
    let verdict = echo_storage::Input::Verdict {
        approval: before.details.approval.unwrap(),
        approve: true,
        person: "ada".to_owned(),
        door: "test".to_owned(),
        note: String::new(),
    };
    let code =
        echo_storage::codes::code(&store.snapshot().unwrap(), before.details.approval.unwrap()).unwrap();
    simulation.submit_asked(crate::engine::Asked::from(verdict).with_code(code)).unwrap();
    let after = report();
    assert!(before.expectations.held);
    assert_eq!(after.expectations, before.expectations);
    assert_eq!(after.decision.status, echo_storage::records::Status::Approved);
    assert_eq!(after.details.approval, None);
}
