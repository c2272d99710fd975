//! What is left behind by the dead, and what happens to those who live.

use std::io::Read;
use std::os::unix::net::{UnixListener, UnixStream};

use echo_runtime::doors::socket::protocol::Request;
use echo_storage::journal::Head;
use echo_storage::names::RoleId;
use echo_storage::records::{Address as To, Kind, Party};
use echo_storage::{Input, Query};
use echo_tests::{Home, Running};

use super::bare::{ask, greet};
use super::{SLOW_MS, address, client, cold, one_has_it_open, pid, until};

/// How large a message is that a client gets to read in pieces, in bytes.
const LARGE_BYTES: usize = 60_000;
/// How many of them fill every buffer on the way to a client that does not read.
const LARGE_MESSAGES: usize = 40;

/// Starts a runtime whose minds are so slow that a session stands still until something else happens.
fn slow(home: &Home) -> Running {
    let mut serving = Running::new(home, &["serve", "--pace", SLOW_MS]);
    serving.reaches("process ");
    serving
}

#[test]
fn files_of_the_dead_are_in_nobodys_way() {
    let (home, _) = cold();
    let address = address(&home);
    drop(UnixListener::bind(&address.socket).unwrap());
    let lock = format!("{}.lock", home.store().display());
    std::fs::write(&lock, "process 999999999 (version 0.0.1)").unwrap();
    std::fs::write(&address.starting, "").unwrap();
    let _ = home.run(&["status"]).exits(0);
    assert!(address.socket.exists(), "reading alone starts no runtime and removes nothing");
    std::fs::write(&lock, "process 999999999 (version 0.0.1)").unwrap();
    let _ = home.run(&["send", "me", "ceo", "--subject", "hello"]).exits(0);
    one_has_it_open(&home);
    assert!(std::fs::read_to_string(&lock).unwrap().starts_with(&format!("process {} ", pid(&home))));
}

/// Goal: a runtime that dies takes nothing with it that was acknowledged, and those who waited are told how to go on.
/// Method: it is killed while one client watches a session and another one waits for its message to be handled.
#[test]
fn a_runtime_that_is_killed_loses_nothing() {
    let home = Home::sharing();
    let scenario = super::scenario_in(&home);
    let serving = slow(&home);
    let sent = home.run(&["send", "me", "ceo", "--subject", "Before", "--json"]).exits(0).json();
    let mut training = Running::new(&home, &["train", &scenario]);
    training.reaches("9 agents ready");
    let sending = Running::new(&home, &["send", "me", "ceo", "--subject", "While it waits"]);
    until("the message is in the store", || {
        let all = client(&home).messages(None, 100).unwrap();
        all.iter().any(|message| message.subject == "While it waits")
    });
    serving.signal("-KILL");
    assert_eq!(serving.ends().status.code(), None);
    let _ = training.ends().exits(1).says(&["the runtime", "goes on with: echo-org train --resume"]);
    // Whoever sent starts the next one and asks again under the same key.
    let _ = sending.ends().exits(0);

    let resumed = home.run(&["train", "--resume", "--json"]).exits(0).json();
    assert_eq!(resumed["session"], "ses-1");
    one_has_it_open(&home);
    let all = home.run(&["messages", "--limit", "1000", "--json"]).exits(0).json();
    let all: Vec<_> = all["messages"].as_array().unwrap().iter().collect();
    assert!(all.iter().any(|one| one["message"] == sent["message"] && one["subject"] == "Before"), "{all:?}");
    assert_eq!(all.iter().filter(|one| one["subject"] == "While it waits").count(), 1, "{all:?}");
    let _ = home.run(&["replay"]).exits(0);
}

#[test]
fn a_runtime_that_is_told_to_end_stops_a_session_in_order() {
    for (signal, with_stop) in [("-TERM", false), ("-INT", false), ("", true)] {
        let home = Home::sharing();
        let serving = slow(&home);
        let mut training = Running::new(&home, &["train"]);
        training.reaches("4 proposals");
        if with_stop {
            let _ = home.run(&["stop"]).exits(0);
        } else {
            serving.signal(signal);
        }
        let _ = training.ends().exits(1).says(&["goes on with: echo-org train --resume"]);
        let _ = serving.ends().exits(0).says(&["stopped"]);
        assert!(!address(&home).socket.exists());
        let resumed = home.run(&["train", "--resume", "--json"]).exits(0).json();
        assert_eq!(
            (&resumed["session"], &resumed["decision"]["status"]),
            (&"ses-1".into(), &"escalated".into())
        );
    }
}

/// Goal: a client that dies costs its own connection. Method: one in the middle of an answer, one in the middle of
/// following, one that had a session played; afterwards the runtime has the connection that asks and no other.
#[test]
fn clients_that_die_cost_nobody_anything() {
    let home = Home::sharing();
    let _serving = slow(&home);
    let mut training = Running::new(&home, &["train"]);
    training.reaches("4 proposals");
    let mut watching = Running::new(&home, &["watch"]);
    watching.reaches("4 proposals");
    fill(&home);
    for request in [Request::Follow { after: 0 }, everything()] {
        let mut stream = UnixStream::connect(address(&home).socket).unwrap();
        assert_eq!(greet(&mut stream, None)["answer"], "talk");
        ask(&mut stream, &request);
        stream.read_exact(&mut [0; 10]).unwrap();
    }
    for client in [training, watching] {
        client.signal("-KILL");
        assert_eq!(client.ends().status.code(), None);
    }
    let client = client(&home);
    until("the dead are noticed", || client.about().unwrap().connections == 1);
    assert_eq!(client.about().unwrap().playing, 1, "the session is the runtime's");
    let _ = home.run(&["status"]).exits(0);
}

/// Goal: who does not read holds nobody up, not even the end of the runtime. Method: two such connections, whose answers
/// are larger than what lies between two processes.
#[test]
fn clients_that_never_read_hold_nobody_up() {
    let (home, scenario) = cold();
    let _ = home.run(&["send", "me", "ceo", "--subject", "hello"]).exits(0);
    fill(&home);
    let stuck = [Request::Follow { after: 0 }, everything()].map(|request| {
        let mut stream = UnixStream::connect(address(&home).socket).unwrap();
        assert_eq!(greet(&mut stream, None)["answer"], "talk");
        ask(&mut stream, &request);
        stream
    });
    let head = Head::of(&client(&home)).unwrap().step;
    for _ in 0..3 {
        let _ = home.run(&["status"]).exits(0);
        let _ = home.run(&["send", "me", "ceo", "--subject", "hello"]).exits(0);
    }
    let _ = home.run(&["train", &scenario, "--quiet"]).exits(0);
    assert!(Head::of(&client(&home)).unwrap().step > head);
    let _ = home.run(&["stop"]).exits(0);
    drop(stuck);
}

/// All rows of the table of messages.
fn everything() -> Request {
    let table = echo_storage::table::ALL.iter().find(|table| table.name == "messages").unwrap().number;
    Request::Scan { table, start: Vec::new(), end: None, descending: false, limit: 1_000 }
}

fn fill(home: &Home) {
    let client = client(home);
    for number in 0..LARGE_MESSAGES {
        let post = Input::Post {
            from: Party::Person("somebody".to_owned()),
            to: To::Role(RoleId::new("ceo").unwrap()),
            kind: Kind::Notification,
            subject: format!("Large {number}"),
            content: serde_json::json!({ "text": "x".repeat(LARGE_BYTES) }).to_string(),
            in_reply_to: None,
        };
        client.submit(&post).unwrap();
    }
}
