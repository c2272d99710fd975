//! Nothing until used: who only asks, or asks wrongly, finds nothing changed.
//!
//! Goal: help, the version and mistakes make no file, so that a look at the program never starts anything. Method: each
//! command runs in an empty home, whose files are listed afterwards.

use echo_tests::{Home, Run};

/// Runs a command that must leave the home empty.
#[track_caller]
fn check(arguments: &[&str], code: i32) -> Run {
    let home = Home::default();
    let run = home.run(arguments).exits(code);
    assert_eq!(home.files().into_keys().collect::<Vec<_>>(), Vec::<std::path::PathBuf>::new());
    run
}

#[test]
fn help_and_version_tell_and_touch_nothing() {
    let help = check(&["--help"], 0);
    for command in ["train", "approvals", "approve", "reject", "replay", "report"] {
        assert!(help.stdout.contains(command), "{}", help.told());
        check(&[command, "--help"], 0);
    }
    let version = check(&["--version"], 0);
    assert!(version.stdout.contains(env!("CARGO_PKG_VERSION")), "{}", version.told());
}

#[test]
fn mistakes_of_usage_are_told_apart_from_failures() {
    let _ = check(&["trian"], 2).says(&["trian", "train"]);
    let _ = check(&["train", "--no-such-flag"], 2).says(&["--no-such-flag"]);
    let _ = check(&["approve"], 2).says(&["Usage"]);
    let _ = check(&["approve", "msg-1"], 2).says(&["msg-1", "apr-1"]);
}

#[test]
fn who_only_reads_makes_no_store() {
    let (approve, reject) =
        (["approve", "apr-1", "0000-0000"], ["reject", "apr-1", "0000-0000", "--note", "no"]);
    for command in [&["approvals"] as &[&str], &approve, &reject, &["replay"], &["report"]] {
        let _ = check(command, 1).says(&["there is no store at", "org.redb", "train"]);
    }
}
