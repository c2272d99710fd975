//! What a client's nonsense leaves behind in the log: nothing.

use std::io::Write;
use std::net::Shutdown;

use echo_runtime::doors::mcp::door::Door;
use echo_runtime::doors::socket::address::Address;
use echo_runtime::doors::socket::client::{Client, Found};
use echo_storage::names::{Id, SessionId};
use echo_tests::mcp::{HANDSHAKE, Stdio, introduction, request};
use echo_tests::{Home, role};
use serde_json::{Value, json};

use super::http::{Serving, session};

/// How often each kind of nonsense is sent: more than a burst may hold, so that refusals for that are among the answers.
const TIMES: u64 = 1_000;
/// The longest arguments of a call, in bytes.
const MAX_ARGUMENTS_BYTES: usize = 128 * 1024;
/// What no log may hold.
const JUNK: &str = "zzjunkzz";
/// The longest answer to junk, in bytes: far less than the junk has.
const ANSWER_BYTES: usize = 600;

/// Goal: no client fills the log of a runtime, nor writes into it. Method: thousands of requests whose names, methods,
/// addresses and versions are long junk, through a bridge, to a runtime in the background; then its log.
#[test]
fn junk_is_not_in_the_log_and_repeated_in_part() {
    let home = Home::sharing();
    let mut client = Stdio::ready(&home, &["--role", "ceo"]);
    let log = || std::fs::read_to_string(home.store().with_extension("redb.log")).unwrap();
    let before = log();
    let junk = JUNK.repeat(100);
    let kinds: [(&str, Value); 5] = [
        ("tools/call", json!({ "name": junk })),
        (&junk, json!({})),
        ("resources/read", json!({ "uri": format!("echo://{junk}") })),
        ("prompts/get", json!({ "name": junk })),
        ("tools/list", json!({ "_meta": { "io.modelcontextprotocol/protocolVersion": junk } })),
    ];
    for (method, params) in &kinds {
        for number in 0..TIMES {
            let answer = client.message(method, params);
            assert!(answer.get("error").is_some(), "{answer}");
            // What the SDK itself refuses repeats the version.
            let is_cut = answer.to_string().len() < ANSWER_BYTES || *method == "tools/list";
            assert!(is_cut, "{number}: {answer}");
        }
    }
    assert_eq!(log(), before);
    assert!(!before.contains(JUNK));
}

/// Goal: neither does one that goes away. Method: connections on the socket and on HTTP that are closed behind a hundred
/// requests, before their answers.
#[test]
fn whoever_goes_away_is_not_in_the_log() {
    let home = Home::sharing();
    let serving = Serving::start_with(&home, &["--for-others"]);
    let client = session(&serving.client("/mcp/ceo"));
    let address = Address::of(&home.store(), &home.path().join("echo-org")).unwrap();
    let asked = |id: u64| request(id, "tools/call", &json!({ "name": JUNK })).to_string();
    for round in 10..30 {
        // Within a session no two are the same, and all are as long.
        let all: Vec<String> = (round * 1_000..).take(100).map(asked).collect();
        let Found::Host(socket) = Client::connect(&address).unwrap() else { panic!("it left") };
        let mut lines = socket.into_mcp(Door::Role(role("ceo"))).unwrap();
        let hello = request(0, "initialize", &introduction(HANDSHAKE, &json!({})));
        // It may have been given up before all is written.
        let _ = lines.write_all(format!("{hello}\n{}\n", all.join("\n")).as_bytes());
        let _ = lines.shutdown(Shutdown::Read);
        let mut stream = client.connect();
        let head = client.head("POST", asked(10_000).len()).replace("Connection: close\r\n", "");
        let _ = stream.write_all(format!("{head}{}", all.join(&head)).as_bytes());
    }
    // Whoever comes behind them is served.
    assert_eq!(client.post(&request(1, "tools/list", &json!({}))).status, 200);
    let _ = home.run(&["stop"]).exits(0);
    assert_eq!(serving.running.ends().stderr, "stopped\n");
}

/// Goal: neither does one that is refused by the organisation. Method: thousands of calls that are tried as steps and refused
/// there with words of their caller, through two doors; then the runtime's log.
#[test]
fn refused_steps_are_not_in_the_log() {
    let home = Home::sharing();
    let mut role = Stdio::ready(&home, &["--role", "ceo"]);
    let mut person = Stdio::ready(&home, &["--delegator"]);
    let log = || std::fs::read_to_string(home.store().with_extension("redb.log")).unwrap();
    let before = log();
    let mail = json!({ "to": JUNK, "subject": "x" });
    let task = json!({ "session": "del-99", "task": JUNK });
    for _ in 0..TIMES {
        let answer = role.call("send_message", &mail);
        assert_eq!(answer["isError"], true, "{answer}");
        let answer = person.call("delegate_task", &task);
        assert_eq!(answer["isError"], true, "{answer}");
    }
    // They were steps: the journal has them, and nothing else.
    assert!(home.run(&["status", "--json"]).exits(0).json()["steps"].as_u64().unwrap() >= 2 * TIMES);
    assert_eq!(log(), before);
}

/// Goal: what is too long to be tried costs no disk. Method: arguments beyond the bound at each door; then the journal.
#[test]
fn arguments_that_are_too_long_are_not_journaled() {
    let home = Home::sharing();
    let mut role = Stdio::ready(&home, &["--role", "ceo"]);
    let steps = || home.run(&["status", "--json"]).exits(0).json()["steps"].as_u64().unwrap();
    let before = steps();
    let words = "x".repeat(MAX_ARGUMENTS_BYTES);
    let refused = role
        .call("send_message", &json!({ "to": "cto", "subject": "x", "content": { "words": words } }))
        .to_string();
    assert!(refused.contains("131072"), "{refused:.300}");
    assert_eq!(steps(), before);
    // One that fits is tried.
    let fits = json!({ "words": "x".repeat(60 * 1024) });
    let sent = role.call("send_message", &json!({ "to": "cto", "subject": "x", "content": fits }));
    assert_eq!(sent["isError"], false, "{sent:.300}");
}

/// Goal: nor is what cannot be played. Method: sessions that are not there are taken up again, through the socket.
#[test]
fn sessions_that_are_not_there_are_not_in_the_log() {
    let home = Home::sharing();
    let _keeps = Stdio::ready(&home, &["--role", "ceo"]);
    let log = || std::fs::read_to_string(home.store().with_extension("redb.log")).unwrap();
    let before = log();
    let address = Address::of(&home.store(), &home.path().join("echo-org")).unwrap();
    let Found::Host(client) = Client::connect(&address).unwrap() else { panic!("it left") };
    for number in 90..110 {
        client.resume(SessionId::from_number(number)).unwrap();
    }
    // The last of them has begun, so those before it are over.
    assert_eq!(log(), before);
}
