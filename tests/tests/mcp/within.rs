//! The server within a process, with tools that misbehave and callers that ask too much.
//!
//! Method: a company whose head has tools that panic; a client at the other end of a pair of sockets. Whatever does not happen
//! within [`RUN_LIMIT`] fails its test.

use std::sync::Arc;

use echo_runtime::doors::mcp::door::Door;
use echo_runtime::doors::mcp::server::{Desk, Server};
use echo_runtime::drivers::live::Live;
use echo_runtime::mind::RulesMind;
use echo_runtime::role::Role;
use echo_runtime::tool::{Call, Look, Tool};
use echo_runtime::training::Stop;
use echo_runtime::turn::Failure;
use echo_storage::Store;
use echo_storage::clock::{ClockKind, Stopwatch};
use echo_tests::mcp::{HANDSHAKE, introduction, request};
use echo_tests::{HEAD, RUN_LIMIT, company, role};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

/// Nothing is asked for.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// What is never answered.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Never {
    never: bool,
}

impl std::fmt::Display for Never {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("never")
    }
}

fn falls_reading(_: &Look<'_>, _: Nothing) -> Result<Never, Failure> {
    panic!("this tool falls")
}

fn falls_acting(_: &mut Call<'_, '_, '_>, _: Nothing) -> Result<Never, Failure> {
    panic!("this tool falls")
}

fn tools() -> Vec<Tool> {
    vec![
        Tool::reads("fall_reading", "Panics while it reads.", falls_reading),
        Tool::computes("fall_acting", "Panics in its step.", falls_acting),
    ]
}

/// A client at the head's door.
struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    async fn ask(&mut self, method: &str, params: &Value) -> Value {
        let line = format!("{}\n", request(1, method, params));
        timely("a request is taken", self.stream.write_all(line.as_bytes())).await.unwrap();
        let mut line = String::new();
        timely("a request is answered", self.stream.read_line(&mut line)).await.unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{method} was answered {line:?}: {error}"))
    }
}

/// What comes in time; otherwise the test fails with what did not happen.
async fn timely<T>(what: &str, done: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(RUN_LIMIT, done).await;
    done.unwrap_or_else(|_| panic!("not within {RUN_LIMIT:?}: {what}"))
}

/// Runs a client against a server in this process.
fn with_client(test: impl AsyncFnOnce(Client)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Arc::new(Store::in_memory(ClockKind::Real).unwrap());
        let head = Role { tools, ..HEAD };
        let live = Live::start(Arc::new(company(&[head])), store, Arc::new(RulesMind)).await.unwrap();
        let (ours, theirs) = UnixStream::pair().unwrap();
        let desk = Desk::new(live.handle(), "ada".to_owned());
        let head = Server::at(Door::Role(role("head")), desk);
        let served = tokio::spawn(head.serve_lines(Box::new(theirs), Stop::never()));
        let mut client = Client { stream: BufReader::new(ours) };
        let about = client.ask("initialize", &introduction(HANDSHAKE, &json!({}))).await;
        assert!(about.get("result").is_some(), "{about}");
        test(client).await;
        timely("the server ends with its client", served).await.unwrap();
        timely("the runtime stops", live.stop()).await.unwrap();
    });
}

#[test]
fn a_tool_that_panics_is_answered_and_the_next_call_too() {
    with_client(async |mut client| {
        for _ in 0..3 {
            let fallen = client.ask("tools/call", &json!({ "name": "fall_reading" })).await;
            assert!(
                fallen["error"]["message"].as_str().unwrap().contains("stopped unexpectedly"),
                "{fallen}"
            );
            let fallen = client.ask("tools/call", &json!({ "name": "fall_acting" })).await;
            assert_eq!(fallen["result"]["isError"], true, "{fallen}");
        }
        let listed = client.ask("tools/list", &json!({})).await;
        assert_eq!(super::names(&listed["result"]).len(), 2, "{listed}");
    });
}

/// Goal: a caller that asks without end is told to wait, and is served again afterwards. Method: more requests than a burst
/// holds, each after the answer to the one before.
#[test]
fn a_caller_that_asks_too_much_is_told_to_wait() {
    with_client(async |mut client| {
        let stopwatch = Stopwatch::new();
        let mut asked = 0;
        let refused = loop {
            assert!(
                stopwatch.elapsed() < RUN_LIMIT,
                "{asked} requests were answered, and none was told to wait"
            );
            let answer = client.ask("prompts/list", &json!({})).await;
            if let Some(error) = answer.get("error") {
                break error.clone();
            }
            asked += 1;
        };
        assert!(asked >= 1_999, "{asked}");
        assert!(refused["message"].as_str().unwrap().contains("a second"), "{refused}");
        let stopwatch = Stopwatch::new();
        while client.ask("prompts/list", &json!({})).await.get("error").is_some() {
            assert!(stopwatch.elapsed() < RUN_LIMIT, "a caller that was told to wait is never served again");
        }
    });
}
