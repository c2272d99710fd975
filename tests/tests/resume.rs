//! Sessions of the real binary that are stopped in the middle and taken up again.
//!
//! Goal: whoever stops a session loses nothing and is told how it goes on. Method: the binary plays at a slow pace and is
//! sent signals as soon as it has written the line that says where it is; nothing waits for a time to pass.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};

use echo_tests::Home;
use serde_json::Value;

/// So slow that no session at this pace ends while a signal is on its way.
const SLOW_MS: &str = "30000";

/// The exit code of what a signal stopped.
const INTERRUPTED: i32 = 130;

/// The text that fills a pipe.
const PIPE_BYTES: usize = 64 * 1024;

/// The binary at work.
struct Running {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Running {
    fn new(home: &Home, arguments: &[&str]) -> Self {
        let mut child =
            home.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    /// Waits for a line of the output that begins so.
    #[track_caller]
    fn reaches(&mut self, start: &str) {
        let mut told = String::new();
        while !told.lines().last().is_some_and(|line| line.starts_with(start)) {
            assert_ne!(self.stdout.read_line(&mut told).unwrap(), 0, "no `{start}` in:\n{told}");
        }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// What it still writes, and how it ends.
    fn ends(mut self) -> (String, String, ExitStatus) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.stderr.read_to_string(&mut stderr).unwrap();
        (stdout, stderr, self.child.wait().unwrap())
    }
}

/// What a session came to, without what differs from run to run.
fn outcome(session: &Value) -> (Value, Value, Value) {
    (session["decision"].clone(), session["tally"].clone(), session["agents"].clone())
}

/// Goal: a session that is stopped politely goes on where it was and ends as one that was left alone. Method: each
/// signal that asks for an end, in the phase of votes.
#[test]
fn a_session_that_was_stopped_goes_on() {
    let undisturbed = Home::default().run(&["train", "--json"]).exits(0).json();
    for signal in ["-INT", "-TERM", "-HUP"] {
        let home = Home::default();
        let mut running = Running::new(&home, &["train", "--pace", SLOW_MS]);
        running.reaches("4 proposals");
        running.signal(signal);
        let (stdout, stderr, status) = running.ends();
        assert_eq!(status.code(), Some(INTERRUPTED), "{signal}\n{stderr}");
        assert!(stderr.ends_with("stopped; ses-1 goes on with: echo-org train --resume\n"), "{stderr}");
        assert_eq!(stdout, "", "a session that has not ended has no report");
        let resumed = home.run(&["train", "--resume", "--json"]).exits(0).json();
        assert_eq!(resumed["session"], "ses-1");
        assert_eq!(outcome(&resumed), outcome(&undisturbed), "{signal}");
        let replayed = home.run(&["replay", "--json"]).exits(0).json();
        assert_eq!((&replayed["equal"], &replayed["recorded_hash"]), (&true.into(), &resumed["hash"]));
        let _ = home.run(&["train", "--resume"]).exits(1).says(&["ses-1 has ended", "echo-org train"]);
    }
}

/// Goal: a session can be stopped again and again, and the advice names the store. Method: it is stopped in the votes,
/// resumed, stopped before their sum, and resumed.
#[test]
fn a_resumed_session_can_be_stopped_too() {
    let home = Home::default();
    let store = ["--store", "my store.redb"];
    let mut running = Running::new(&home, &[&["train", "--pace", SLOW_MS], &store[..]].concat());
    running.reaches("4 proposals");
    running.signal("-INT");
    let advice = "stopped; ses-1 goes on with: echo-org train --resume --store 'my store.redb'\n";
    assert!(running.ends().1.ends_with(advice));
    let mut running =
        Running::new(&home, &[&["train", "--resume", "ses-1", "--pace", SLOW_MS], &store[..]].concat());
    running.reaches("9 agents ready");
    running.signal("-INT");
    assert!(running.ends().1.ends_with(advice));
    let resumed = home.run(&[&["train", "--resume", "--json"], &store[..]].concat()).exits(0).json();
    assert_eq!((&resumed["session"], &resumed["decision"]["status"]), (&"ses-1".into(), &"escalated".into()));
}

/// Goal: a session that was killed is finished before the next one, which says so; whoever stops that is told what has
/// and has not started. Method: the first is killed, the second stopped, the third left alone.
#[test]
fn a_killed_session_is_finished_before_the_next() {
    let home = Home::default();
    let mut running = Running::new(&home, &["train", "--pace", SLOW_MS]);
    running.reaches("4 proposals");
    running.signal("-KILL");
    assert_eq!(running.ends().2.code(), None);
    let first_line = "ses-1 was interrupted; it is finished first\n";
    let mut running = Running::new(&home, &["train", "--pace", SLOW_MS]);
    running.reaches("9 agents ready");
    running.signal("-INT");
    let (_, stderr, status) = running.ends();
    assert_eq!(status.code(), Some(INTERRUPTED), "{stderr}");
    let last = "stopped while ses-1 was finished, before a new session was started; ses-1 goes on with: echo-org train --resume\n";
    assert!(stderr.starts_with(first_line) && stderr.ends_with(last), "{stderr}");
    let run = home.run(&["train", "--json"]);
    assert_eq!(run.json()["session"], "ses-2");
    let told = run.stderr.strip_prefix(first_line).unwrap();
    let report = told.strip_prefix("ses-1 ended escalated: it waits for a person (apr-1); its report is ");
    assert!(std::path::Path::new(report.unwrap().trim_end()).exists(), "{told}");
    let _ = home.run(&["replay", "--session", "ses-1"]).exits(0);
}

/// Goal: a second signal ends a program that cannot end in order. Method: its output goes into a pipe that is full and
/// that nobody reads, so it hangs in its first line.
#[test]
fn a_second_signal_ends_at_once() {
    let home = Home::default();
    let mut running = Running::new(&home, &["train", "--pace", SLOW_MS]);
    running.reaches("4 proposals");
    running.signal("-KILL");
    let _ = running.ends();
    let (mut unread, mut full) = std::io::pipe().unwrap();
    full.write_all(&vec![b'.'; PIPE_BYTES]).unwrap();
    let mut child = home.command(&["train"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = || {
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        line
    };
    let signal = || {
        let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(status.success());
    };
    assert_eq!(line(), "ses-1 was interrupted; it is finished first\n");
    signal();
    assert_eq!(line(), "stopping; once more stops at once\n");
    signal();
    let at_once =
        "stopped at once; what was acknowledged is in the store, and goes on with: echo-org train --resume\n";
    assert_eq!(line(), at_once);
    assert_eq!(child.wait().unwrap().code(), Some(INTERRUPTED));
    let mut read = vec![0; PIPE_BYTES];
    unread.read_exact(&mut read).unwrap();
    let _ = home.run(&["train"]).exits(0);
    let _ = home.run(&["replay"]).exits(0);
}

/// Goal: programs are told of an interruption as of any failure. Method: a session in JSON is left to hang before it is
/// started, by one that was killed, and is stopped there.
#[test]
fn an_interruption_is_told_as_json() {
    let home = Home::default();
    let mut running = Running::new(&home, &["train", "--pace", SLOW_MS]);
    running.reaches("4 proposals");
    running.signal("-KILL");
    let _ = running.ends();
    let mut running = Running::new(&home, &["train", "--json", "--pace", SLOW_MS]);
    let mut first_line = String::new();
    running.stderr.read_line(&mut first_line).unwrap();
    assert_eq!(first_line, "ses-1 was interrupted; it is finished first\n");
    running.signal("-INT");
    let (stdout, stderr, status) = running.ends();
    assert_eq!((status.code(), stdout.as_str()), (Some(INTERRUPTED), ""), "{stderr}");
    let told: Value = serde_json::from_str(stderr.lines().last().unwrap()).unwrap();
    assert_eq!(told["error"]["kind"], "interrupted");
    assert!(told["error"]["message"].as_str().unwrap().contains("echo-org train --resume"), "{told}");
}
