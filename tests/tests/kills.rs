//! Sessions of the real binary that are killed at random moments and taken up again.
//!
//! Goal: whatever the moment, the session ends as one that was left alone, and every message is handled once by each of
//! its recipients. Method: `kill -9` after a random part of the time that the session takes, once or several times in a
//! row, then `train --resume`; judged from the journal, from outside. The seed is printed; `ECHO_TEST_SEED` repeats it.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use std::collections::BTreeSet;
use std::io::Read;
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use echo_runtime::replay::replay;
use echo_storage::clock::{Stopwatch, random_hex};
use echo_storage::journal::{self, Head};
use echo_storage::{Effect, OpenOptions, Query, Snapshot, Store};
use echo_tests::{Home, move_the_platform};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// How many sessions are killed.
const SESSIONS: usize = 50;
/// How many there are at most until half as many kills as the sessions above have hit one in its middle.
const MOST_SESSIONS: usize = 4 * SESSIONS;

/// How often one session is killed at most.
const MAX_KILLS: u64 = 3;

/// How slow minds are, so that a session takes long enough to be killed in the middle, in milliseconds.
const PACE_MS: &str = "12";

/// What a session came to, without what may differ: times, ids, the order of independent steps.
#[derive(Debug, PartialEq)]
struct Outcome {
    decision: String,
    path: Vec<String>,
    said: Vec<String>,
}

fn snapshot(home: &Home) -> (Store, Snapshot) {
    let options = OpenOptions { create: false, ..OpenOptions::default() };
    let store = Store::open(&home.store(), &options).unwrap();
    let snapshot = store.snapshot().unwrap();
    (store, snapshot)
}

fn outcome(home: &Home) -> Outcome {
    let (_store, state) = snapshot(home);
    let sessions = state.sessions(None, 10).unwrap();
    assert_eq!(sessions.len(), 1);
    assert!(sessions.iter().all(|session| session.end.is_some()), "{sessions:?}");
    let decision = state.decision(sessions.first().unwrap().decision).unwrap().unwrap();
    let mut said = Vec::new();
    for row in state.participations(decision.id).unwrap() {
        said.push(format!("{} {:?} {}", row.role, row.stance, row.reason));
    }
    for round in 1..=decision.rounds {
        for ballot in state.ballots(decision.id, round).unwrap() {
            let (role, vote, rationale) = (ballot.role, ballot.vote, ballot.rationale);
            said.push(format!("round {round}: {role} {vote:?} {} {rationale}", ballot.confidence));
        }
        for asked in state.clarifications(decision.id, round).unwrap() {
            let reply = asked.reply.map(|reply| (reply.text, reply.figure));
            said.push(format!("round {round}: {} {:?} {reply:?}", asked.asker, asked.inquiry));
        }
    }
    every_message_is_handled_once(&state);
    let organisation = echo_agents::organisation().unwrap();
    let replayed = replay(&organisation, &state, None).unwrap();
    assert_eq!(replayed.head, Head::of(&state).unwrap().hash);
    let path =
        decision.path.iter().map(|step| format!("{} {:?} {}", step.who, step.deed, step.why)).collect();
    let decision = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        decision.status, decision.phase, decision.tally, decision.decided_by, decision.absences
    );
    Outcome { decision, path, said }
}

/// From the journal: no recipient acknowledges a message twice, and none has mail left.
fn every_message_is_handled_once(state: &Snapshot) {
    let mut handled = BTreeSet::new();
    for next in journal::walk(state) {
        let entry = next.unwrap().0;
        assert_eq!(entry.failure, None, "step {}", entry.step);
        for effect in entry.effects {
            if let Effect::Acknowledge { role, message } = effect {
                assert!(handled.insert((role.clone(), message)), "{role} handled {message} twice");
            }
        }
    }
    assert!(!handled.is_empty());
    for role in &state.config().unwrap().unwrap().roles {
        assert_eq!(state.unread(role, 1).unwrap(), [], "{} has unread mail", role.id);
    }
    assert_eq!(state.thoughts_out(None, 1).unwrap(), []);
    assert_eq!(state.next_timer().unwrap(), None);
}

/// Runs the program, and kills it after a while if it still runs then.
fn run(home: &Home, arguments: &[&str], kill_after: Option<Duration>) -> ExitStatus {
    let mut command = home.command(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (ended, has_ended) = channel();
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        // Its end is the end of the process.
        let _ = stdout.read_to_end(&mut Vec::new());
        let _ = ended.send(());
    });
    if let Some(after) = kill_after
        && has_ended.recv_timeout(after) == Err(RecvTimeoutError::Timeout)
    {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    reader.join().unwrap();
    status
}

/// What has to be done next for the session to end; nothing where it has.
fn next<'a>(home: &Home, scenario: &'a str) -> Option<Vec<&'a str>> {
    let new = vec!["train", scenario, "--pace", PACE_MS];
    if !home.store().exists() {
        return Some(new);
    }
    let (_store, state) = snapshot(home);
    match state.sessions(None, 1).unwrap().first() {
        None => Some(new),
        Some(session) if session.end.is_none() => Some(vec!["train", "--resume", "--pace", PACE_MS]),
        Some(_) => None,
    }
}

fn seed() -> u64 {
    let given = std::env::var("ECHO_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| u64::from_str_radix(random_hex().unwrap().get(..15).unwrap(), 16).unwrap())
}

#[test]
fn a_session_that_is_killed_at_any_moment_ends_as_one_that_was_left_alone() {
    let seed = seed();
    println!("ECHO_TEST_SEED={seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let undisturbed = Home::default();
    let scenario = undisturbed.write("move.yaml", &move_the_platform("move", "load_expected: 2000"));
    let scenario = scenario.to_str().unwrap();
    let stopwatch = Stopwatch::new();
    assert!(run(&undisturbed, &["train", scenario, "--pace", PACE_MS], None).success());
    let whole_us = u64::try_from(stopwatch.elapsed().as_micros()).unwrap();
    let expected = outcome(&undisturbed);
    assert!(expected.said.iter().any(|said| said.starts_with("round 3")), "{expected:#?}");

    let (mut killed, mut in_the_middle) = (0, 0);
    // Where on this machine kills hit less often than elsewhere, there are more of them.
    for session in 0..MOST_SESSIONS {
        if session >= SESSIONS && in_the_middle * 2 >= SESSIONS {
            break;
        }
        let home = Home::default();
        let kills = 1 + random.next_u64() % MAX_KILLS;
        for run_number in 0..=kills {
            let Some(arguments) = next(&home, scenario) else { break };
            let kill_after =
                (run_number < kills).then(|| Duration::from_micros(random.next_u64() % whole_us));
            if let Some(code) = run(&home, &arguments, kill_after).code() {
                assert_eq!(code, 0, "session {session}, {arguments:?}, seed {seed}");
            } else {
                killed += 1;
                let goes_on = next(&home, scenario).is_some_and(|next| next.contains(&"--resume"));
                in_the_middle += usize::from(goes_on);
            }
        }
        assert_eq!(
            next(&home, scenario),
            None,
            "session {session}, seed {seed}: the last run was left alone"
        );
        assert_eq!(outcome(&home), expected, "session {session}, seed {seed}");
    }
    println!("{killed} kills, {in_the_middle} of them in the middle of a session");
    assert!(in_the_middle * 2 >= SESSIONS, "too few kills hit a session: {in_the_middle} of {killed}");
}
