//! Runtimes of other versions: a newer one, an older one that is busy, and one that leaves.

use std::os::unix::net::UnixListener;
use std::thread::JoinHandle;

use echo_runtime::doors::socket::protocol::{PROTOCOL, WelcomeAnswer};
use echo_tests::Home;

use super::bare::answer;
use super::{address, cold, one_has_it_open};

/// A host that gives these answers, one to each who comes, and then leaves; gives what they wanted.
fn host(home: &Home, protocol: u32, answers: Vec<WelcomeAnswer>) -> JoinHandle<Vec<String>> {
    let socket = address(home).socket;
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        let give = |one: WelcomeAnswer| {
            let mut stream = listener.accept().unwrap().0;
            if one == WelcomeAnswer::Leaving {
                std::fs::remove_file(&socket).unwrap();
            }
            answer(&mut stream, protocol, &one)
        };
        let wanted = answers.into_iter().map(give).collect();
        let _ = std::fs::remove_file(&socket);
        wanted
    })
}

#[test]
fn a_runtime_of_another_version_is_named_with_what_helps() {
    let (home, _) = cold();
    let check = |protocol: u32, line: &[&str], answers: &[WelcomeAnswer], wanted: &[&str], words: &[&str]| {
        let host = host(&home, protocol, answers.to_vec());
        let _ = home.run(line).exits(1).says(&["process 4711, version 9.9.9"]).says(words);
        assert_eq!(host.join().unwrap(), wanted);
    };
    let (other, busy) = (WelcomeAnswer::OtherProtocol, WelcomeAnswer::Busy);
    let newer = ["is of a newer version", "use that version, or end it with its own `stop`"];
    check(99, &["status"], std::slice::from_ref(&other), &["talk"], &newer);
    check(99, &["train"], std::slice::from_ref(&other), &["talk"], &newer);
    let older =
        ["is of an older version and is busy", "end it with its own `stop`, or wait until it is idle"];
    check(0, &["status"], &[other.clone(), busy.clone()], &["talk", "leave_if_idle"], &older);
    check(0, &["stop"], &[other.clone(), busy], &["talk", "leave_if_idle"], &older);
    // Whoever only looks for what is amiss sends nobody away.
    let host = host(&home, 0, vec![other]);
    let doctor = home.run(&["doctor"]).exits(1);
    let speak = format!("speaks protocol 0, this program {PROTOCOL}");
    assert!(doctor.stdout.contains(&speak), "{}", doctor.stdout);
    assert_eq!(host.join().unwrap(), ["talk"]);
}

#[test]
fn an_idle_runtime_of_an_older_version_is_replaced() {
    let (home, scenario) = cold();
    let host = host(&home, 0, vec![WelcomeAnswer::OtherProtocol, WelcomeAnswer::Leaving]);
    let _ = home.run(&["train", &scenario, "--quiet"]).exits(0);
    assert_eq!(host.join().unwrap(), ["talk", "leave_if_idle"]);
    one_has_it_open(&home);
}

/// Goal: a runtime that leaves in the moment in which it is found is as good as none. Method: a host that hangs up before it
/// has said anything, as the kernel does for those whom it had not accepted yet.
#[test]
fn a_runtime_that_hangs_up_is_none() {
    let (home, _) = cold();
    let listener = UnixListener::bind(address(&home).socket).unwrap();
    let host = std::thread::spawn(move || drop(listener.accept().unwrap()));
    let _ = home.run(&["status"]).exits(0);
    host.join().unwrap();
    let _ = home.run(&["send", "me", "ceo", "--subject", "hello"]).exits(0);
    one_has_it_open(&home);
}
