//! A session in a crowd: nine roles decide in one process while twenty-seven others use the same store.
//!
//! Goal: the crowd changes nothing about the session, nobody in it is refused, the store is open in one process, and no
//! network is touched. Method: the session is played alone and in the crowd, and everything about its decision is compared,
//! but for what time alone decides: the order in which messages of different roles arrive. Meanwhile the workspace is
//! checked by cargo, as editors do.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use echo_storage::names::Id;
use echo_storage::names::SessionId;
use echo_storage::records::{ThoughtKind, TimerPurpose};
use echo_storage::{Effect, Input, Query};
use echo_tests::{Home, Running, processes, root};

use super::{client, entries};

/// So slow that a session takes long enough for a crowd to come together, in milliseconds.
const PACE_MS: &str = "500";
/// How many come and go.
const PASSING: usize = 18;
/// How many stay until the session ends.
const STAYING: usize = 9;
/// How often the crowd is looked at, in milliseconds.
const LOOK_EVERY_MS: u64 = 50;
/// How often the workspace is checked meanwhile.
const CHECKS: usize = 2;

/// What those who come and go ask for, again and again.
const PASSING_LINES: [&[&str]; 6] = [
    &["status"],
    &["decisions"],
    &["agents"],
    &["messages", "--limit", "5"],
    &["sessions"],
    &["send", "me", "messages:all", "--subject", "From the crowd"],
];

/// Everything about a session's decision, without times and ids.
#[derive(Debug, PartialEq)]
struct Outcome {
    decision: String,
    path: Vec<String>,
    participations: Vec<String>,
    ballots: Vec<String>,
    clarifications: Vec<String>,
    /// For each role, what its mind answered, in order.
    answers: BTreeMap<String, Vec<String>>,
    /// For each role, the messages about a decision that it took, sorted.
    taken: BTreeMap<String, Vec<String>>,
    /// Every other input of the session, in order.
    others: Vec<String>,
}

#[test]
fn a_crowd_changes_nothing_about_a_session() {
    let alone = outcome(&played(|_, training| drop(training.ends().exits(0))));
    assert!(alone.answers.len() > 3 && alone.taken.len() > 3 && !alone.path.is_empty(), "{alone:#?}");
    assert!(!alone.clarifications.is_empty() && alone.ballots.iter().any(|one| one.starts_with("round 3")));
    let crowded = played(crowd);
    assert_eq!(outcome(&crowded), alone);
    let _ = crowded.run(&["replay"]).exits(0);
}

/// A home in which the session was played, by a runtime that is still up.
fn played(meanwhile: impl FnOnce(&Home, Running)) -> Home {
    let home = Home::sharing();
    let scenario = super::scenario_in(&home);
    let mut serving = Running::new(&home, &["serve", "--pace", PACE_MS]);
    serving.reaches("process ");
    let mut training = Running::new(&home, &["train", &scenario]);
    training.reaches("9 agents ready");
    meanwhile(&home, training);
    // Whoever judges it asks the runtime that follows.
    let _ = home.run(&["stop"]).exits(0);
    let _ = serving.ends().exits(0);
    let _ = home.run(&["send", "me", "ceo", "--subject", "From the crowd"]).exits(0);
    home
}

/// The crowd, from when the session has begun until it has ended.
fn crowd(home: &Home, training: Running) {
    let watching: Vec<Running> = (0..STAYING).map(|_| Running::new(home, &["watch"])).collect();
    let mut staying = Vec::new();
    for mut one in watching {
        one.reaches("9 agents ready");
        staying.push(one);
    }
    let runtime = super::pid(home);
    let (is_over, passed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut looked = 0;
    std::thread::scope(|scope| {
        // Also where something here fails, or those who come and go would for ever.
        let over = Over(&is_over);
        let (ended, has_ended) = channel();
        let session = scope.spawn(move || {
            let run = training.ends();
            // Whoever listened has failed, if it is gone.
            let _ = ended.send(());
            run
        });
        let passing: Vec<_> = (0..PASSING)
            .map(|number| {
                let (is_over, passed) = (&is_over, &passed);
                let line = PASSING_LINES[number % PASSING_LINES.len()];
                scope.spawn(move || {
                    while !is_over.load(Ordering::Acquire) {
                        let run = home.run(line).exits(0);
                        assert_eq!(run.stderr, "", "{line:?}");
                        passed.fetch_add(1, Ordering::AcqRel);
                    }
                })
            })
            .collect();
        let checking = scope.spawn(check_workspace);
        while has_ended.recv_timeout(Duration::from_millis(LOOK_EVERY_MS)) == Err(RecvTimeoutError::Timeout) {
            looked += look(home, runtime);
        }
        drop(over);
        let run = session.join().unwrap().exits(0);
        assert_eq!(run.stderr, "");
        for one in passing {
            one.join().unwrap();
        }
        checking.join().unwrap();
    });
    for one in staying {
        let run = one.ends().exits(0);
        assert_eq!(run.stderr, "");
        assert!(run.stdout.contains("ses-1 has ended"), "{}", run.told());
    }
    let passed = passed.into_inner();
    println!("{passed} runs came and went, {looked} processes were looked at");
    assert!(passed > PASSING, "{passed}");
    assert!(!processes::ARE_KNOWN || looked > PASSING + STAYING, "{looked}");
}

/// Sends away those who come and go when it is dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Looks at every process of the crowd; says how many there were.
fn look(home: &Home, runtime: u32) -> usize {
    let everybody = processes::running(home.program().path(), &home.path().canonicalize().unwrap());
    for pid in &everybody {
        assert_eq!(processes::tcp_sockets(*pid).len(), 0, "process {pid} has to do with a network");
    }
    if processes::ARE_KNOWN {
        let holders: Vec<u32> = processes::with_file(&home.store()).into_iter().collect();
        assert_eq!(holders, [runtime]);
    }
    everybody.len()
}

/// Checks the workspace as an editor does. It has nothing to say, and waits for whoever builds.
fn check_workspace() {
    let cargo = env!("CARGO");
    if !Path::new(cargo).exists() {
        println!("SKIPPED: cargo is not there to check the workspace");
        return;
    }
    for _ in 0..CHECKS {
        let check = Command::new(cargo)
            .args(["check", "--workspace", "--offline", "--quiet"])
            .current_dir(root())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    }
}

fn outcome(home: &Home) -> Outcome {
    let state = client(home);
    let session = state.session(SessionId::from_number(1)).unwrap().unwrap();
    let decision = state.decision(session.decision).unwrap().unwrap();
    let (mut ballots, mut clarifications) = (Vec::new(), Vec::new());
    for round in 1..=decision.rounds {
        for one in state.ballots(decision.id, round).unwrap() {
            let (role, vote, rationale) = (one.role, one.vote, one.rationale);
            ballots.push(format!("round {round}: {role} {vote:?} {} {rationale}", one.confidence));
        }
        for one in state.clarifications(decision.id, round).unwrap() {
            let reply = one.reply.map(|reply| (reply.text, reply.figure));
            clarifications.push(format!("round {round}: {} {:?} {reply:?}", one.asker, one.inquiry));
        }
    }
    let participations = state.participations(decision.id).unwrap();
    let mut outcome = Outcome {
        decision: format!(
            "{:?} {:?} {:?} {:?} {:?} {}",
            decision.status,
            decision.phase,
            decision.tally,
            decision.decided_by,
            decision.absences,
            decision.rounds
        ),
        path: decision.path.iter().map(|step| format!("{} {:?} {}", step.who, step.deed, step.why)).collect(),
        participations: participations
            .into_iter()
            .map(|row| format!("{} {:?} {}", row.role, row.stance, row.reason))
            .collect(),
        ballots,
        clarifications,
        answers: BTreeMap::new(),
        taken: BTreeMap::new(),
        others: Vec::new(),
    };
    let all = entries(home);
    let put = all.iter().flat_map(|entry| &entry.effects);
    let timers: BTreeMap<_, _> = put
        .filter_map(|effect| match effect {
            Effect::SetTimer(timer) => Some((timer.id, timer.purpose.clone())),
            _ => None,
        })
        .collect();
    for entry in &all {
        assert_eq!(entry.failure, None, "step {}", entry.step);
        match &entry.input {
            Input::Answer { thought, answer, .. } => {
                let thought = state.thought(*thought).unwrap().unwrap();
                assert_eq!(thought.decision, decision.id);
                let asked = match thought.kind {
                    ThoughtKind::Relevance { .. } => "relevance".to_owned(),
                    ThoughtKind::Ballot { round, .. } => format!("ballot {round}"),
                    ThoughtKind::Clarification { asker, .. } => format!("clarification for {asker}"),
                    ThoughtKind::Synthesis => "synthesis".to_owned(),
                };
                let kind = if answer.is_ok() { asked } else { format!("no {asked}") };
                outcome.answers.entry(thought.role.to_string()).or_default().push(kind);
            }
            Input::Take { role, message } => {
                let message = state.message(*message).unwrap().unwrap();
                if message.about.is_some() {
                    let taken = format!("{} {:?} {}", message.from, message.kind, message.subject);
                    outcome.taken.entry(role.to_string()).or_default().push(taken);
                }
            }
            Input::StartSession { title, .. } => outcome.others.push(format!("start {title}")),
            Input::EndSession { session } => outcome.others.push(format!("end {session}")),
            Input::Timer { timer, .. } => {
                let purpose = timers.get(timer);
                assert!(matches!(purpose, Some(TimerPurpose::Breaker { .. }) | None), "{purpose:?} passed");
            }
            Input::Configure(_) => {}
            Input::Post { subject, .. } => assert_eq!(subject, "From the crowd"),
            other => outcome.others.push(format!("{other:?}")),
        }
    }
    for taken in outcome.taken.values_mut() {
        taken.sort();
    }
    outcome
}
