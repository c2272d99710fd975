//! Sessions on the command line that were interrupted, are paced, or are watched on a terminal.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use echo_storage::clock::ClockKind;
use echo_storage::journal::Entry;
use echo_storage::{OpenOptions, Store};

use crate::doors::cli::output::Output;
use crate::doors::cli::place::{Surroundings, Terminal};
use crate::doors::cli::view::tests::terminal::Terminal as Drawn;
use crate::doors::cli::{FAILURE, PROGRAM, execute};
use crate::drivers::simulation::Simulation;
use crate::mind::RulesMind;
use crate::training::samples::{LOCKS, company};
use crate::training::{Play, Played, Playing, Scenario, simulate};

/// A directory with a store.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("org.redb")
    }

    /// Runs `train` on the store: the exit code, and what was written.
    fn train(&self, line: &[&str], terminal: Option<Terminal>) -> (u8, String, String) {
        let surroundings = Surroundings { terminal, ..Surroundings::default() };
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut output = Output::new(&mut stdout, &mut stderr);
        let mut arguments: Vec<OsString> = [PROGRAM, "train", "--store"].map(OsString::from).into();
        arguments.push(self.store().into_os_string());
        arguments.extend(line.iter().map(OsString::from));
        let code = execute(company(), arguments, surroundings, &mut output);
        let code = output.finish(code);
        (code, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }
}

/// Plays the first steps of a session in virtual time and stops.
fn interrupt(store: &Path, steps: usize) {
    let options = OpenOptions { clock: Some(ClockKind::Virtual), ..OpenOptions::default() };
    let store = Arc::new(Store::open(store, &options).unwrap());
    let mut simulation = Simulation::new(Arc::new(company()), store, Arc::new(RulesMind), 0).unwrap();
    let company = company();
    let scenario = Scenario::parse("test", LOCKS, &company.role_ids(), &company.decision_types()).unwrap();
    let (stopper, stop) = tokio::sync::watch::channel(false);
    let mut seen = 0;
    let watcher = &mut |_: &Entry| {
        seen += 1;
        if seen == steps {
            stopper.send_replace(true);
        }
    };
    let playing = Playing { what: Play::New(&scenario), watcher, stop: stop.into() };
    assert!(matches!(simulate(&mut simulation, playing).unwrap(), Played::Stopped(_)));
}

/// Goal: what cannot be resumed is told with what there is, and nothing runs. Method: stores without a session, with one
/// that has ended, and of the other clock.
#[test]
fn what_cannot_be_resumed_is_told() {
    let home = Home::new();
    let check = |line: &[&str], expected: &str| {
        let (code, stdout, stderr) = home.train(line, None);
        let stderr = stderr.replace(&home.store().display().to_string(), "STORE");
        assert_eq!((code, stdout.as_str()), (FAILURE, ""), "{stderr}");
        assert_eq!(stderr.trim_end().lines().next().unwrap(), format!("error: {expected}"));
    };
    let (code, _, stderr) = home.train(&["--resume"], None);
    assert_eq!(code, FAILURE);
    assert!(stderr.starts_with("error: there is no store at ") && !home.store().exists(), "{stderr}");
    drop(Store::open(&home.store(), &OpenOptions::default()).unwrap());
    check(
        &["--resume"],
        "nothing to resume: no session was started in this store; `echo-org train --store STORE` starts one",
    );
    assert_eq!(home.train(&["--quiet"], None).0, 0);
    let new = "`echo-org report ses-1 --store STORE` writes its report, `echo-org train --store STORE` starts a new one";
    check(&["--resume"], &format!("nothing to resume: ses-1 has ended; {new}"));
    let named = "nothing to resume: ses-1 has ended; `echo-org train --store STORE` starts a new one";
    check(&["--resume", "ses-1"], named);
    check(&["--resume", "ses-7"], "there is no session ses-7; the latest is ses-1");
    check(
        &["--resume", "--seed", "1"],
        "STORE: this store lives by real time, in which no seed picks the order: leave --seed out",
    );
    let home = Home::new();
    interrupt(&home.store(), 3);
    let (code, _, stderr) = home.train(&["--resume", "--pace", "1"], None);
    assert_eq!(code, FAILURE);
    assert!(stderr.contains("lives by virtual time, in which an answer takes no time"), "{stderr}");
}

/// Goal: a session that was interrupted is resumed by the clock of its store and reported as a whole. Method: one is
/// stopped in virtual time; its report has the same text as that of one that was left alone, hash and duration excepted.
#[test]
fn a_session_is_resumed_and_reported_as_a_whole() {
    let steady = |home: &Home, text: &str| {
        let text = text.replace(&home.store().display().to_string(), "STORE");
        let kept = text.lines().filter(|line| !line.starts_with("hash ") && !line.starts_with("took "));
        kept.collect::<Vec<_>>().join("\n")
    };
    let undisturbed = Home::new();
    let (_, expected, _) = undisturbed.train(&["--virtual-time", "--quiet"], None);
    let expected = steady(&undisturbed, &expected);
    for line in [
        &["--resume"] as &[&str],
        &["--resume", "ses-1"],
        &["--resume", "--virtual-time"],
        &["--resume", "--seed", "5"],
    ] {
        let home = Home::new();
        interrupt(&home.store(), 4);
        let (code, stdout, stderr) = home.train(&[line, &["--quiet"]].concat(), None);
        assert_eq!((code, stderr.as_str()), (0, ""), "{line:?}");
        assert_eq!(steady(&home, &stdout), expected, "{line:?}");
    }
    let home = Home::new();
    interrupt(&home.store(), 4);
    insta::assert_snapshot!("resumed", steady(&home, &home.train(&["--resume"], None).1));
}

#[test]
fn an_interrupted_session_is_finished_before_a_new_one() {
    let home = Home::new();
    interrupt(&home.store(), 4);
    let (code, stdout, stderr) = home.train(&["--virtual-time", "--quiet"], None);
    let told: Vec<&str> = stderr.lines().collect();
    assert_eq!((code, told[0]), (0, "ses-1 was interrupted; it is finished first"));
    assert!(
        told[1].starts_with("ses-1 ended escalated: it waits for a person (apr-1); its report is "),
        "{stderr}"
    );
    assert!(stdout.starts_with("ses-2  "), "{stdout}");
    let (code, _, stderr) = home.train(&["--resume"], None);
    assert!(code == FAILURE && stderr.contains("ses-2 has ended"), "{stderr}");
}

/// Goal: what stays on a terminal is what a pipe gets. Method: the same session with and without one, both written to a
/// terminal of a few lines of code; and once where there is no room for a picture or no wish for one.
#[test]
fn a_terminal_gets_a_picture_and_keeps_the_lines() {
    const COLUMNS: u16 = 100;
    let rows = |home: &Home, written: &str| {
        let mut screen = Drawn::new(COLUMNS.into());
        screen.write(&written.replace(&home.store().display().to_string(), "STORE"));
        let rows = screen.rows().into_iter().filter(|row| !row.starts_with("took "));
        rows.collect::<Vec<String>>()
    };
    let plain = Home::new();
    let (_, expected, _) = plain.train(&["--virtual-time"], None);
    let expected = rows(&plain, &expected);
    let check = |size: fn() -> Option<(u16, u16)>, more: &[&str], has_picture: bool| {
        let home = Home::new();
        let terminal = Some(Terminal { has_colours: true, size });
        let (code, stdout, stderr) = home.train(&[&["--virtual-time"], more].concat(), terminal);
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert_eq!(stdout.contains('\u{1b}'), has_picture, "{stdout:?}");
        assert_eq!(stdout.contains("Ctrl-C stops"), has_picture, "{stdout:?}");
        if more.is_empty() {
            assert_eq!(rows(&home, &stdout), expected);
        }
    };
    check(|| Some((COLUMNS, 30)), &[], true);
    check(|| Some((COLUMNS, 7)), &[], false);
    check(|| Some((30, 30)), &[], false);
    check(|| None, &[], false);
    check(|| Some((COLUMNS, 30)), &["--quiet"], false);
    check(|| Some((COLUMNS, 30)), &["--json"], false);
}

#[test]
fn a_paced_session_takes_its_time_and_comes_to_the_same() {
    let home = Home::new();
    let (code, stdout, _) = home.train(&["--json", "--pace", "40"], None);
    assert_eq!(code, 0);
    let session: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    // The votes, then their sum: two answers one after the other.
    assert!(session["duration_ms"].as_u64().unwrap() >= 80, "{session}");
    assert_eq!(session["decision"]["status"], "escalated");
}
