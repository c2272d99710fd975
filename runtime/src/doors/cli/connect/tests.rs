//! `connect` by its command line, for paths that no client's file can name.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::super::place::Surroundings;
use crate::doors::cli::tests::run_in;

/// What `connect` says where the program and the store lie at these paths.
fn said(program: Option<&OsStr>, store: &OsStr) -> (u8, String) {
    let surroundings = Surroundings {
        program: program.map(Into::into),
        home: Some(OsString::from("/home/ada")),
        echo_store: Some(store.to_owned()),
        ..Surroundings::default()
    };
    let run = run_in(surroundings, &["connect", "claude-desktop"]);
    (run.code, format!("{}{}", run.stdout, run.stderr))
}

#[test]
fn a_path_that_a_clients_file_cannot_name_is_refused() {
    let check = |program: Option<&[u8]>, store: &[u8], code: u8, words: &str| {
        let said = said(program.map(OsStr::from_bytes), OsStr::from_bytes(store));
        assert_eq!(said.0, code, "{said:?}");
        assert!(said.1.contains(words), "{said:?}");
    };
    check(Some(b"/bin/echo-org"), b"/srv/org.redb", 0, "\"/srv/org.redb\"");
    check(Some(b"/bin/echo-org"), b"org.redb", 0, "/org.redb\"");
    check(
        Some(b"/bin/\xff/echo-org"),
        b"/srv/org.redb",
        1,
        "which is no UTF-8, so a client's file cannot name it",
    );
    check(
        Some(b"/bin/echo-org"),
        b"/srv/\xff.redb",
        1,
        "which is no UTF-8, so a client's file cannot name it",
    );
    check(Some(b"bin/echo-org"), b"/srv/org.redb", 1, "which is no whole path");
    check(None, b"/srv/org.redb", 1, "where this program lies is not known");
}
