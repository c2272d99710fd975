//! Clients that ask and never read.

use std::io::{ErrorKind, Write};
use std::time::Duration;

use echo_runtime::doors::mcp::door::Door;
use echo_runtime::doors::socket::address::Address;
use echo_runtime::doors::socket::client::{Client, Found};
use echo_tests::mcp::{HANDSHAKE, Stdio, introduction, request};
use echo_tests::{Home, processes, role};
use serde_json::json;

use super::http::{Serving, session};
use super::names;

/// How much each of them would like to say, in requests: their answers take hundreds of megabytes.
const REQUESTS: u64 = 20_000;
/// How long a write may stand still before its side has had enough.
const STUCK: Duration = Duration::from_millis(500);
/// By how much a runtime may grow for all of them, in kibibytes.
const GROWTH_KIB: u32 = 48 * 1024;

/// Writes until nothing more is taken; says whether that came to pass.
fn stuffs(mut to: impl Write, said: impl Fn(u64) -> String) -> bool {
    (0..REQUESTS).any(|number| match to.write_all(said(number).as_bytes()) {
        Ok(()) => false,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
            true
        }
    })
}

/// Goal: a client that never reads is not read either, costs others nothing, and makes nothing grow. Method: several on the
/// socket and several on HTTP, each writing until it is stuck; then those that read.
#[test]
fn whoever_never_reads_is_not_read_and_costs_nothing() {
    const EACH: u64 = 4;
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let mut reads = Stdio::ready(&home, &["--role", "cto"]);
    let over_http = session(&serving.client("/mcp/ceo"));
    let before = processes::memory_kib(serving.running.pid(), "VmRSS");
    let address = Address::of(&home.store(), &home.path().join("echo-org")).unwrap();
    let mut kept = Vec::new();
    for number in 0..EACH {
        let Found::Host(client) = Client::connect(&address).unwrap() else { panic!("it left") };
        let mut lines = client.into_mcp(Door::Role(role("ceo"))).unwrap();
        lines.set_write_timeout(Some(STUCK)).unwrap();
        let hello = request(0, "initialize", &introduction(HANDSHAKE, &json!({})));
        let begun = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        lines.write_all(format!("{hello}\n{begun}\n").as_bytes()).unwrap();
        let is_stuck =
            stuffs(&lines, |number| format!("{}\n", request(number + 1, "tools/list", &json!({}))));
        assert!(is_stuck, "all of it was read");
        kept.push(Box::new(lines) as Box<dyn std::any::Any>);
        let stream = over_http.connect();
        stream.set_write_timeout(Some(STUCK)).unwrap();
        let body = request(100 + number, "tools/list", &json!({})).to_string();
        let asks = over_http.head("POST", body.len()).replace("Connection: close\r\n", "") + &body;
        assert!(stuffs(&stream, |_| asks.clone()), "all of it was read");
        kept.push(Box::new(stream));
    }
    assert!(!names(&reads.ask("tools/list", &json!({}))).is_empty());
    assert!(!names(over_http.post(&request(2, "tools/list", &json!({}))).result()).is_empty());
    let after = processes::memory_kib(serving.running.pid(), "VmRSS");
    if let (Some(before), Some(after)) = (before, after) {
        assert!(after < before + GROWTH_KIB, "{before} KiB before, {after} KiB after");
    }
}
