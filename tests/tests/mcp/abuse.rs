//! What no client should send.
//!
//! Goal: whatever comes, there is a clean error, memory does not grow, and the next sensible request is answered. Method:
//! each kind of nonsense through each transport, and a sensible call behind it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use echo_runtime::doors::mcp::door::Door;
use echo_runtime::doors::socket::address::Address;
use echo_runtime::doors::socket::client::{Client, Found};
use echo_tests::mcp::{HANDSHAKE, Http, Stdio, introduction, request};
use echo_tests::{Home, processes, role};
use serde_json::{Value, json};

use super::http::{Serving, session};
use super::{allocation, names};

/// How long a line of abuse is: five megabytes.
const LONG: usize = 5_000_000;

/// By how much a runtime may have grown when all is over, in kibibytes.
const GROWTH_KIB: u32 = 24 * 1024;

/// Messages that are JSON and make no sense, and whether an answer is due.
fn nonsense() -> Vec<(Value, bool)> {
    let mut all = vec![
        (json!([]), true),
        (json!([request(1, "tools/list", &json!({}))]), true),
        (json!(3), true),
        (json!(null), true),
        (json!("tools/list"), true),
        (json!({}), true),
        (json!({ "jsonrpc": "1.0", "id": 1, "method": "tools/list" }), true),
        (json!({ "jsonrpc": "2.0", "id": null, "method": "tools/list" }), true),
        (json!({ "jsonrpc": "2.0", "id": {}, "method": "tools/list" }), true),
        (json!({ "jsonrpc": "2.0", "id": 1, "method": 7 }), true),
        (json!({ "jsonrpc": "2.0", "id": 1, "method": "no/such" }), true),
        (json!({ "jsonrpc": "2.0", "id": 1, "method": "" }), true),
        // An answer to nothing, and notifications of nothing.
        (json!({ "jsonrpc": "2.0", "id": 99, "result": {} }), false),
        (json!({ "jsonrpc": "2.0", "method": "notifications/nothing", "params": { "a": [1] } }), false),
        (
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 424_242 } }),
            false,
        ),
    ];
    let wrong = [
        json!(null),
        json!(3),
        json!("x"),
        json!([]),
        json!([{}]),
        json!({ "name": 3 }),
        json!({ "name": [] }),
    ];
    for params in wrong {
        all.push((request(1, "tools/call", &params), true));
        all.push((request(1, "initialize", &params), true));
    }
    let junk =
        [json!(null), json!(7), json!([]), json!("x"), json!({ "amount_usd": -1 }), json!({ "context": [] })];
    for arguments in junk {
        let params = json!({ "name": "allocate_budget", "arguments": arguments });
        all.push((request(1, "tools/call", &params), true));
    }
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    all.push((
        request(1, "tools/call", &json!({ "name": "allocate_budget", "arguments": { "context": deep } })),
        true,
    ));
    all.push((request(1, "tools/call", &json!({ "name": "x".repeat(10_000), "arguments": {} })), true));
    all
}

/// How long an answer to nonsense may be, in bytes; some of the nonsense has five times as many.
const MOST_TOLD: usize = 2_000;

/// Whether a message refuses, in one way or the other.
fn refuses(message: &Value) -> bool {
    message.get("error").is_some() || message["result"]["isError"] == true
}

#[test]
fn nonsense_on_stdio_is_answered_and_costs_nothing() {
    let home = Home::sharing();
    // Before the handshake as well as after it.
    let mut client = Stdio::start(&home, &["--role", "ceo"]);
    for line in
        ["{\n", "\n\n", "hello\n", "\u{0}\u{1}\n", "[[[[\n", "{\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n"]
    {
        client.write(line.as_bytes());
    }
    client.shake("2025-11-25", &json!({}));
    let early = std::mem::take(&mut client.heard);
    assert_eq!(early.len(), 4, "{early:?}");
    assert!(early.iter().all(|answer| answer["error"]["code"] == -32_700), "{early:?}");

    for (message, is_answered) in nonsense() {
        client.send(&message);
        if is_answered {
            let answer = client.hears();
            assert!(refuses(&answer), "{message} {answer}");
            // Of what was sent the beginning is repeated, never the whole.
            assert!(answer.to_string().len() < MOST_TOLD, "{answer}");
        }
    }

    let mut long = vec![b'x'; LONG];
    long.push(b'\n');
    client.write(&long);
    let refused = client.hears();
    assert!(refused["error"]["message"].as_str().unwrap().contains("at most 524288 bytes"), "{refused}");
    // Long, and as well formed as can be.
    let long = request(
        7,
        "tools/call",
        &json!({ "name": "allocate_budget", "arguments": { "purpose": "x".repeat(LONG) } }),
    );
    client.send(&long);
    assert!(refuses(&client.hears()));
    let done = client.call("allocate_budget", &allocation(10));
    assert_eq!(done["structuredContent"]["decision"], "dec-1", "{done}");
}

#[test]
fn nonsense_on_http_is_answered_and_costs_nothing() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let open = serving.client("/mcp/ceo");
    let client = session(&open);
    let sensible = || names(client.post(&request(3, "tools/list", &json!({}))).result()).len();
    assert!(sensible() > 1);
    for client in [&open, &client] {
        for body in ["", "{", "hello", "\u{0}", "[[[["] {
            let reply = client.request("POST", body.as_bytes());
            assert!((400..500).contains(&reply.status), "{body:?} {reply:?}");
        }
        for (message, is_answered) in nonsense() {
            let reply = client.post(&message);
            let is_clean = reply.status < 500 && (reply.status != 200 || reply.messages.iter().all(refuses));
            assert!(is_clean && (!is_answered || reply.status != 202), "{message} {reply:?}");
        }
        let long = client.request("POST", &vec![b'x'; LONG]);
        assert_eq!(long.status, 413, "{long:?}");
        for method in ["PUT", "PATCH", "OPTIONS", "BREW"] {
            assert_eq!(client.request(method, b"{}").status, 405, "{method}");
        }
        assert_eq!(client.with("Content-Type", Some("text/plain")).post(&json!({})).status, 415);
        assert_eq!(client.with("Accept", Some("text/html")).post(&json!({})).status, 406);
    }
    let other = client.with("Mcp-Session-Id", Some("no-such-session"));
    assert_eq!(other.post(&request(1, "tools/list", &json!({}))).status, 404);
    assert!(sensible() > 1);
}

/// Goal: connections that misbehave below HTTP cost themselves only. Method: halves of requests, closed sides, and clients
/// that do not read, side by side with one that does.
#[test]
fn connections_that_misbehave_cost_themselves() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let client = session(&serving.client("/mcp/ceo"));
    let listing = request(1, "tools/list", &json!({}));
    // Whoever closes its own side behind a request still gets the answer.
    assert!(names(client.half_close(&listing).result()).len() > 1);
    let mut kept = Vec::new();
    for beginning in ["", "POST /mcp/ceo HT", "POST /mcp/ceo HTTP/1.1\r\nHost: localhost\r\n"] {
        let mut stream = client.connect();
        stream.write_all(beginning.as_bytes()).unwrap();
        kept.push(stream);
    }
    // A body that is announced and does not come.
    let mut stream = client.connect();
    stream.write_all(client.head("POST", 1_000).as_bytes()).unwrap();
    kept.push(stream);
    // Nobody reads these answers.
    for id in 100..120 {
        let mut stream = client.connect();
        let body = request(id, "tools/list", &json!({})).to_string();
        stream.write_all(format!("{}{body}", client.head("POST", body.len())).as_bytes()).unwrap();
        kept.push(stream);
    }
    assert!(names(client.post(&listing).result()).len() > 1);
    // A head without end is cut off.
    let mut stream = client.connect();
    let _ = stream.write_all(b"GET /mcp HTTP/1.1\r\n");
    for _ in 0..1_000 {
        if stream.write_all(format!("X-Junk: {}\r\n", "x".repeat(100)).as_bytes()).is_err() {
            break;
        }
    }
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    let said = String::from_utf8_lossy(&said);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    drop(kept);
    assert!(names(client.post(&listing).result()).len() > 1);
}

/// Goal: fifty callers at once are all answered, and a runtime that has seen everything above is no larger for it. Method:
/// fifty threads; the memory before and after.
#[test]
fn fifty_callers_at_once_are_answered_and_memory_stays_flat() {
    const CALLERS: usize = 50;
    const CALLS: usize = 6;
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let round = || {
        std::thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS)
                .map(|number| {
                    let door = if number % 2 == 0 { "/mcp/ceo" } else { "/mcp/cto" };
                    let client = serving.client(door);
                    scope.spawn(move || calls(&client, CALLS))
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).sum::<usize>()
        })
    };
    assert_eq!(round(), CALLERS * CALLS);
    let before = processes::memory_kib(serving.running.pid(), "VmRSS");
    for _ in 0..3 {
        assert_eq!(round(), CALLERS * CALLS);
    }
    for _ in 0..5 {
        assert_eq!(serving.client("/mcp/ceo").request("POST", &vec![b'x'; LONG]).status, 413);
    }
    let after = processes::memory_kib(serving.running.pid(), "VmRSS");
    if let (Some(before), Some(after)) = (before, after) {
        assert!(after < before + GROWTH_KIB, "{before} KiB before, {after} KiB after");
    }
}

/// How many calls of a session were answered.
fn calls(client: &Http, calls: usize) -> usize {
    let client = session(client);
    let answered = (0..calls).filter(|_| {
        let params = json!({ "name": "decision_status", "arguments": { "decision": "dec-1" } });
        client.post(&request(1, "tools/call", &params)).result()["content"].is_array()
    });
    let answered = answered.count();
    assert!(client.request("DELETE", b"").status < 300);
    answered
}

/// Goal: what a session was answered is not kept. Method: hundreds of large answers in one session that stays; the memory
/// before and after.
#[test]
fn a_long_session_keeps_no_answers() {
    const READS: u64 = 1_800;
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let client = session(&serving.client("/mcp/ceo"));
    let content = json!({ "words": "x".repeat(60 * 1024) });
    let mail = json!({ "to": "cto", "subject": "long", "content": content });
    let sent = client.post(&request(1, "tools/call", &json!({ "name": "send_message", "arguments": mail })));
    assert_eq!(sent.result()["structuredContent"]["message"], "msg-1", "{sent:?}");
    let long = json!({ "uri": "echo://messages/msg-1" });
    let read = |id| client.post(&request(id, "resources/read", &long)).result().to_string().len();
    let memory = || processes::memory_kib(serving.running.pid(), "VmRSS");
    let _first: usize = (2..50).map(read).sum();
    let before = memory();
    let bytes: usize = (50..READS).map(read).sum();
    let after = memory();
    assert!(bytes > 4 * GROWTH_KIB as usize * 1024, "{bytes} bytes show nothing");
    if let (Some(before), Some(after)) = (before, after) {
        assert!(after < before + GROWTH_KIB, "{before} KiB before, {after} KiB after");
    }
}

/// Goal: every request is answered, also the second of two under one id. Method: on a connection of lines, the first waits for
/// a person meanwhile; then it is answered under its id, which is free again.
#[test]
fn a_second_request_under_an_id_is_refused() {
    let home = Home::sharing();
    let _keeps = Stdio::ready(&home, &["--role", "ceo"]);
    let address = Address::of(&home.store(), &home.path().join("echo-org")).unwrap();
    let Found::Host(socket) = Client::connect(&address).unwrap() else { panic!("it left") };
    let mut lines = BufReader::new(socket.into_mcp(Door::Role(role("ceo"))).unwrap());
    lines.get_ref().set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let say = |lines: &mut BufReader<UnixStream>, message: &Value| {
        lines.get_mut().write_all(format!("{message}\n").as_bytes()).unwrap();
    };
    let hear = |lines: &mut BufReader<UnixStream>| {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    };
    let can = json!({ "elicitation": { "form": {} } });
    say(&mut lines, &request(1, "initialize", &introduction(HANDSHAKE, &can)));
    assert_eq!(hear(&mut lines)["id"], 1);
    say(&mut lines, &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let call = json!({ "name": "allocate_budget", "arguments": allocation(super::people::TOO_MUCH) });
    say(&mut lines, &request(7, "tools/call", &call));
    let question = hear(&mut lines);
    assert_eq!(question["method"], "elicitation/create", "{question}");
    say(&mut lines, &request(7, "tools/list", &json!({})));
    let refused = hear(&mut lines);
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(7), &json!(-32_600)), "{refused}");
    let declines = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "decline" } });
    say(&mut lines, &declines);
    let done = hear(&mut lines);
    assert_eq!((&done["id"], done["result"].is_object()), (&json!(7), true), "{done}");
    say(&mut lines, &request(7, "tools/list", &json!({})));
    let listed = hear(&mut lines);
    assert!(listed["result"]["tools"].is_array(), "{listed}");
}
