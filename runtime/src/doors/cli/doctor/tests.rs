//! What `doctor` finds, in a home of its own.
//!
//! Goal: each thing that may be amiss is found, told in one line with what helps, and left as it is. Method: one thing is
//! broken at a time.

use std::os::unix::fs::PermissionsExt;

use echo_storage::state::{KeyRange, Order, Row};
use echo_storage::table::TableId;
use echo_storage::{OpenOptions, Snapshot, State, Store, StoreError};

use super::kept::chain;
use super::shared::is_error;
use super::{Level, here};
use crate::doors::cli::tests::Home;

/// The finding about something, and the exit code.
fn finding(home: &Home, about: &str) -> (serde_json::Value, u8) {
    let run = home.run(&["doctor", "--json"]);
    let findings = run.json()["findings"].as_array().unwrap().clone();
    let found = findings.into_iter().find(|one| one["about"] == about);
    (found.unwrap_or_default(), run.code)
}

#[track_caller]
fn check(home: &Home, about: &str, level: &str, words: &[&str]) {
    let (found, code) = finding(home, about);
    assert_eq!(found["level"], level, "{found}");
    assert_eq!(code, u8::from(level == "problem"), "{found}");
    assert_eq!(found["remedy"].is_null(), level == "ok", "{found}");
    for word in words {
        assert!(found.to_string().contains(word), "no `{word}` in {found}");
    }
}

#[test]
fn a_store_that_is_well_is_found_to_be() {
    let home = Home::new();
    let _ = home.tells(&["train", "--virtual-time", "--quiet"], 0);
    let before = home.files();
    let store = std::fs::read(home.store()).unwrap();
    let told = home.tells(&["doctor"], 0);
    let is_steady = |line: &&str| !["program", "disk"].iter().any(|about| line[9..].starts_with(about));
    let steady: Vec<&str> = told.lines().filter(|line| line.is_empty() || is_steady(line)).collect();
    insta::assert_snapshot!(steady.join("\n"));
    assert_eq!((home.files(), std::fs::read(home.store()).unwrap()), (before, store));
}

#[test]
fn nothing_is_made_where_nothing_is() {
    let home = Home::new();
    check(&home, "store", "warning", &["there is none at", "`echo-org train` makes one"]);
    assert_eq!(home.files(), Vec::<String>::new());
    assert_eq!(finding(&home, "journal").0, serde_json::Value::Null);
}

#[test]
fn what_is_amiss_is_named_with_what_helps() {
    let home = Home::new();
    let _ = home.tells(&["train", "--virtual-time", "--quiet"], 0);
    let beside = |ending: &str| home.path().join(format!("echo-org/org.redb{ending}"));

    std::fs::write(beside(".lock"), "process 7 (version 0.1.0)").unwrap();
    check(&home, "lock", "ok", &["process 7 (version 0.1.0) ended without closing"]);
    let holder = std::fs::File::open(beside(".lock")).unwrap();
    std::fs::write(beside(".lock"), "process 8").unwrap();
    holder.lock().unwrap();
    check(&home, "lock", "warning", &["held by process 8", "end that process"]);
    check(&home, "socket", "warning", &["is not there, and the store is open"]);
    drop(holder);

    drop(std::os::unix::net::UnixListener::bind(beside(".sock")).unwrap());
    let mode =
        |mode| std::fs::set_permissions(beside(".sock"), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o600);
    check(&home, "socket", "ok", &["left behind", "the next runtime replaces it"]);
    mode(0o660);
    check(&home, "socket", "problem", &["mode 0660", "chmod 600"]);
    std::fs::remove_file(beside(".sock")).unwrap();

    std::fs::write(beside(".token"), "secret").unwrap();
    std::fs::set_permissions(beside(".token"), std::fs::Permissions::from_mode(0o644)).unwrap();
    check(&home, "token", "problem", &["mode 0644", "serve --tcp"]);
    assert!(!home.run(&["doctor"]).stdout.contains("secret"));
    std::fs::remove_file(beside(".token")).unwrap();

    std::fs::write(beside(".log"), "a line\n").unwrap();
    std::fs::set_permissions(beside(".log"), std::fs::Permissions::from_mode(0o600)).unwrap();
    check(&home, "log", "ok", &["no error at its end"]);
    std::fs::write(beside(".log"), "2026-01-01T00:00:00Z ERROR echo: the disk\u{1b}[2J failed\nleft\n")
        .unwrap();
    check(&home, "log", "warning", &["1 error at its end", "failed"]);
    assert!(!home.run(&["doctor"]).stdout.contains('\u{1b}'));
    std::fs::remove_file(beside(".log")).unwrap();

    std::fs::remove_dir_all(beside(".sessions")).unwrap();
    check(&home, "sessions", "ok", &["is not there yet and can be made"]);
    std::fs::write(beside(".sessions"), "a file").unwrap();
    check(&home, "sessions", "problem", &["is no directory", "--store"]);
    std::fs::remove_file(beside(".sessions")).unwrap();

    std::fs::write(home.store(), "a letter").unwrap();
    check(&home, "store", "problem", &["is not a store", "was left as it is"]);
}

/// Goal: whatever lets others at a store is named with what helps. Method: one mode at a time is widened.
#[test]
fn modes_that_let_others_in_are_named() {
    let home = Home::new();
    let _ = home.tells(&["train", "--virtual-time", "--quiet"], 0);
    check(&home, "modes", "ok", &["directory 0700, store 0600, lock 0600"]);
    let directory = home.path().join("echo-org");
    let beside = |ending: &str| directory.join(format!("org.redb{ending}"));
    std::fs::write(beside(".log"), "a line\n").unwrap();
    let set = |path: &std::path::Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(&beside(".log"), 0o600);
    for (path, mode, level, words) in [
        (directory.clone(), 0o755, "warning", ["has mode 0755", "chmod 700"]),
        (directory.clone(), 0o770, "problem", ["others may put files of theirs", "chmod go-w"]),
        (beside(""), 0o640, "problem", ["the codes of questions", "chmod 600"]),
        (beside(".lock"), 0o644, "problem", ["nobody can open the store", "chmod 600"]),
        (beside(".log"), 0o604, "problem", ["read what the runtime has said", "chmod 600"]),
    ] {
        let before = std::fs::metadata(&path).unwrap().permissions().mode();
        set(&path, mode);
        check(&home, "modes", level, &words);
        set(&path, before);
    }
    // A directory that its owner named is as its owner wants it.
    set(&directory, 0o755);
    let run = home.run(&["doctor", "--json", "--store", &home.store().display().to_string()]);
    let findings = run.json()["findings"].clone();
    let found = findings.as_array().unwrap().iter().find(|one| one["about"] == "modes").unwrap().clone();
    assert_eq!(found["level"], "ok", "{found}");
}

/// A state of which one table reads otherwise than it is.
struct Tampered {
    snapshot: Snapshot,
    table: &'static str,
    read: fn(Option<Vec<u8>>) -> Option<Vec<u8>>,
}

impl State for Tampered {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.snapshot.read(table, key)?;
        Ok(if table.name == self.table { (self.read)(value) } else { value })
    }

    fn scan(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = self.snapshot.scan(table, range, order, limit)?;
        if table.name != self.table {
            return Ok(rows);
        }
        Ok(rows.into_iter().filter_map(|(key, value)| Some((key, (self.read)(Some(value))?))).collect())
    }
}

/// Goal: a journal that was changed is not called whole. Method: the table that is changed is that of the steps, and that of
/// the head, where an older head is put.
#[test]
fn a_journal_that_was_changed_is_noticed() {
    let home = Home::new();
    let _ = home.tells(&["train", "--virtual-time", "--quiet"], 0);
    let options = OpenOptions { create: false, ..OpenOptions::default() };
    let store = Store::open(&home.store(), &options).unwrap();
    let is_whole = |table: &'static str, read: fn(Option<Vec<u8>>) -> Option<Vec<u8>>| {
        let tampered = Tampered { snapshot: store.snapshot().unwrap(), table, read };
        chain(&tampered).is_ok_and(|chain| chain.broken.is_none())
    };
    let journal = echo_storage::table::JOURNAL.id.name;
    let head = echo_storage::table::HEAD.id.name;
    assert!(is_whole(journal, |value| value));
    assert!(!is_whole(journal, |_| None));
    let flipped = |value: Option<Vec<u8>>| {
        value.map(|mut bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            bytes
        })
    };
    assert!(!is_whole(journal, flipped));
    assert!(!is_whole(head, flipped));
    assert!(!is_whole(head, |_| None), "without a head there is no step");
}

#[test]
fn room_and_lines_are_judged() {
    let check = |free: u64, level: Level| assert_eq!(here::room(free).level, level, "{free}");
    check(0, Level::Problem);
    check(16 * 1024 * 1024 - 1, Level::Problem);
    check(16 * 1024 * 1024, Level::Warning);
    check(512 * 1024 * 1024, Level::Ok);
    let check = |line: &str, expected: bool| assert_eq!(is_error(line), expected, "{line}");
    check("2026-01-01T00:00:00.000Z ERROR echo_runtime::live: the store failed", true);
    check("2026-01-01T00:00:00.000Z  WARN echo_runtime: slow", false);
    check("error: cannot listen", true);
    check("thread 'main' panicked at a.rs:1", true);
    check("process 7 serves /errors.redb on /errors.redb.sock", false);
}
