//! What a client's nonsense leaves behind in the log: nothing.

use echo_tests::Home;
use echo_tests::mcp::{Http, Stdio, introduction, request};
use serde_json::{Value, json};

use super::http::{Serving, session};

/// How often each kind of nonsense is sent: more than a burst may hold, so that refusals for that are among the answers.
const TIMES: u64 = 1_000;
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

/// Goal: neither does one that breaks the handshake off, over HTTP. Method: sessions whose second message is junk.
#[test]
fn a_broken_handshake_is_not_in_the_log() {
    let home = Home::sharing();
    let serving = Serving::start_with(&home, &["--for-others"]);
    let client = serving.client("/mcp/ceo");
    for _ in 0..20 {
        let hello = request(0, "initialize", &introduction("2025-11-25", &json!({})));
        let begun = client.post(&hello);
        let begun: Http = client.with("Mcp-Session-Id", begun.header("mcp-session-id"));
        let junk = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": {
            "progressToken": JUNK.repeat(100), "progress": 1.0 } });
        let _ = begun.post(&junk);
        let _ = begun.request("DELETE", b"");
    }
    // Whoever comes behind them is served.
    assert_eq!(session(&client).post(&request(1, "tools/list", &json!({}))).status, 200);
    let _ = home.run(&["stop"]).exits(0);
    let log = serving.running.ends().stderr;
    assert!(!log.contains(JUNK) && log.len() < ANSWER_BYTES, "{log}");
}
