//! A bridge between a client and runtimes that are played by the test.
//!
//! Goal: whatever becomes of a runtime, each request is answered once, with what helps. Method: the bridge runs on a thread,
//! with runtimes at the other ends of socket pairs; each wait has a limit.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::*;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(20);

/// What a client says, as the bridge reads it.
struct Said(Receiver<Vec<u8>>, VecDeque<u8>);

impl Read for Said {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.1.is_empty() {
            self.1.extend(self.0.recv().unwrap_or_default());
        }
        self.1.read(buffer)
    }
}

/// What a client hears, line by line.
struct Told(Sender<Value>, Vec<u8>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.1.extend(bytes);
        while let Some(at) = self.1.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.1.drain(..=at).collect();
            let line = serde_json::from_slice(&line)?;
            self.0.send(line).map_err(|_| std::io::ErrorKind::BrokenPipe)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A way back to the client that takes nothing until it may, and says when something is to be taken.
struct Held {
    told: Told,
    begun: Sender<()>,
    may: Receiver<()>,
}

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.begun.send(());
        // It may take all where nobody is left who could say so.
        let _ = self.may.recv();
        self.told.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A client of a bridge, and what is dialled for it.
struct Client {
    to: Sender<Vec<u8>>,
    from: Receiver<Value>,
    dialled: Arc<Mutex<usize>>,
    ended: Receiver<()>,
}

impl Client {
    /// Starts a bridge that dials these, and nobody afterwards.
    fn of(dials: impl IntoIterator<Item = UnixStream>) -> Self {
        Self::hearing(Waits::USUAL, dials, |told| told)
    }

    /// As [`Client::of`], of a bridge that waits so long and a client that hears in its own way.
    fn hearing<W: Write + Send + 'static>(
        waits: Waits,
        dials: impl IntoIterator<Item = UnixStream>,
        way: impl FnOnce(Told) -> W,
    ) -> Self {
        let (to, said) = mpsc::channel();
        let (told, from) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let mut dials: VecDeque<UnixStream> = dials.into_iter().collect();
        let dialled = Arc::new(Mutex::new(0));
        let count = dialled.clone();
        let dial = move || {
            *count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            dials.pop_front().ok_or_else(|| NoRuntime { why: "nobody is there".to_owned(), may_change: true })
        };
        let way = way(Told(told, Vec::new()));
        std::thread::spawn(move || {
            run_within(waits, dial, Said(said, VecDeque::new()), way);
            let _ = end.send(());
        });
        Self { to, from, dialled, ended }
    }

    fn say(&self, line: &impl ToString) {
        self.to.send(format!("{}\n", line.to_string()).into_bytes()).unwrap();
    }

    #[track_caller]
    fn hears(&self) -> Value {
        self.from.recv_timeout(LIMIT).expect("the bridge says something")
    }

    /// Says no more; gives what it heard last.
    fn ends(self) -> Vec<Value> {
        drop(self.to);
        self.ended.recv_timeout(LIMIT).expect("the bridge ends");
        self.from.try_iter().collect()
    }

    fn dialled(&self) -> usize {
        *self.dialled.lock().unwrap()
    }
}

/// A runtime that the test plays.
struct Runtime(BufReader<UnixStream>);

impl Runtime {
    /// One, and the stream by which a bridge reaches it.
    fn new() -> (Self, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(LIMIT)).unwrap();
        (Self(BufReader::new(ours)), theirs)
    }

    fn say(&self, line: &impl ToString) {
        let mut stream = self.0.get_ref();
        stream.write_all(format!("{}\n", line.to_string()).as_bytes()).unwrap();
    }

    #[track_caller]
    fn hears(&mut self) -> Value {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

/// A stream whose other end has gone.
fn gone() -> UnixStream {
    UnixStream::pair().unwrap().1
}

fn request(id: u64) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" })
}

fn answer(id: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": {} })
}

fn says(answer: &Value, id: &Value, words: &str, retry: bool) {
    let error = &answer["error"];
    assert_eq!((&answer["id"], &error["data"]["retry"]), (id, &json!(retry)), "{answer}");
    assert!(error["message"].as_str().unwrap().contains(words), "{answer}");
}

#[test]
fn what_is_no_message_is_answered_and_needs_no_runtime() {
    let client = Client::of([]);
    let check = |line: &str, code: i64, id: Value| {
        client.say(&line);
        let told = client.hears();
        assert_eq!((&told["error"]["code"], &told["id"]), (&json!(code), &id), "{told}");
    };
    check("{", -32_700, Value::Null);
    check("hello", -32_700, Value::Null);
    check(r#"[{"id":1,"method":"tools/list"}]"#, -32_600, Value::Null);
    check(r#"{"id":7,"method":3}"#, -32_600, json!(7));
    check("{}", -32_600, Value::Null);
    let long = "x".repeat(MAX_LINE_BYTES);
    check(&long.repeat(2), -32_600, Value::Null);
    check(&format!(r#"{{"id":8,"method":"tools/call","params":"{long}"}}"#), -32_600, json!(8));
    check(&format!(r#"{{"method":"tools/call","params":"{long}","id":"a"}}"#), -32_600, json!("a"));
    // What answers, or asks for no answer, is no request that the client waits for.
    check(&format!(r#"{{"id":"1.0","result":"{long}"}}"#), -32_600, Value::Null);
    client.say(&" ");
    assert_eq!(client.dialled(), 0);
    assert_eq!(client.ends(), Vec::<Value>::new());
}

#[test]
fn a_request_without_a_runtime_is_told_so_and_a_notification_asks_for_none() {
    let client = Client::of([]);
    client
        .say(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } }));
    client.say(&request(1));
    says(&client.hears(), &json!(1), "there is no runtime to ask: nobody is there", true);
    assert_eq!(client.dialled(), 1);
    assert_eq!(client.ends(), Vec::<Value>::new());
}

/// Goal: a handshake whose runtime goes in its middle is repeated whole. Method: the first runtime goes before the client has
/// ended its handshake.
#[test]
fn a_handshake_that_is_ended_without_a_runtime_is_repeated_whole() {
    let (mut first, one) = Runtime::new();
    let (mut second, two) = Runtime::new();
    let client = Client::of([one, two]);
    client.say(&json!({ "id": 1, "method": "initialize" }));
    assert_eq!(first.hears()["id"], 1);
    first.say(&answer(&json!(1)));
    assert_eq!(client.hears(), answer(&json!(1)));
    // A request shows that the bridge knows of the loss.
    client.say(&request(2));
    let _ = first.hears();
    drop(first);
    assert_eq!(client.hears()["error"]["data"]["retry"], true);
    client.say(&json!({ "method": "notifications/initialized" }));
    client.say(&request(3));
    let greeted: Vec<Value> = (0..3).map(|_| second.hears()).collect();
    assert_eq!(greeted[0]["method"], "initialize", "{greeted:?}");
    assert_eq!(greeted[1]["method"], "notifications/initialized", "{greeted:?}");
    assert_eq!(greeted[2]["id"], 3, "{greeted:?}");
    assert_eq!(client.dialled(), 2);
}

/// Goal: a request that no runtime lives to read is answered, and the next one is served. Method: as many ends that have gone
/// as are tried, and one that has not.
#[test]
fn a_request_that_no_runtime_lives_to_read_is_told_so() {
    let (mut runtime, stream) = Runtime::new();
    let client = Client::of((0..MAX_TRIES).map(|_| gone()).chain([stream]));
    client.say(&request(1));
    says(&client.hears(), &json!(1), "3 runtimes in a row went away before they had read this", true);
    assert_eq!(client.dialled(), MAX_TRIES);
    client.say(&request(2));
    let asked = runtime.hears();
    assert_eq!(asked["id"], 2);
    runtime.say(&answer(&asked["id"]));
    assert_eq!(client.hears(), answer(&json!(2)));
}

#[test]
fn an_answer_that_is_too_long_is_told_as_such() {
    let (mut runtime, stream) = Runtime::new();
    let client = Client::of([stream]);
    for id in [1, 2, 3] {
        client.say(&request(id));
        let _ = runtime.hears();
    }
    let long = "x".repeat(MAX_ANSWER_BYTES);
    runtime.say(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":"{long}"}}"#));
    runtime.say(&format!(r#"{{"jsonrpc":"2.0","result":"{long}","id":2}}"#));
    runtime.say(&answer(&json!(3)));
    for id in [1, 2] {
        says(&client.hears(), &json!(id), "the answer has more than 33554432 bytes", false);
    }
    assert_eq!(client.hears(), answer(&json!(3)), "what comes behind is read as if it had not been there");
}

#[test]
fn an_answer_that_is_too_long_and_tells_no_id_ends_the_connection() {
    let (mut runtime, stream) = Runtime::new();
    let (mut next, second) = Runtime::new();
    let client = Client::of([stream, second]);
    client.say(&request(1));
    let _ = runtime.hears();
    let long = "x".repeat(MAX_ANSWER_BYTES);
    let line = format!(r#"{{"result":"{long}","id":null}}{}"#, "\n");
    // The bridge closes its end when it has read enough.
    let _ = runtime.0.get_ref().write_all(line.as_bytes());
    says(&client.hears(), &json!(1), "went away before it answered", true);
    client.say(&request(2));
    assert_eq!(next.hears()["id"], 2);
}

/// Goal: a question is known to the client by another id, also where it is taken back; what is said to it afterwards is for
/// nobody. Method: two questions, of which the first is taken back and then answered.
#[test]
fn a_question_that_is_taken_back_is_so_under_the_id_that_the_client_knows() {
    let (mut runtime, stream) = Runtime::new();
    let client = Client::of([stream]);
    client.say(&request(1));
    let _ = runtime.hears();
    for id in [0, 1] {
        runtime.say(&json!({ "jsonrpc": "2.0", "id": id, "method": "elicitation/create" }));
    }
    let (first, second) = (client.hears()["id"].clone(), client.hears()["id"].clone());
    assert_eq!((&first, &second), (&json!("1.0"), &json!("1.1")));
    let params = json!({ "requestId": 0, "reason": "timed out" });
    runtime.say(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }));
    let told = client.hears();
    assert_eq!(told["params"], json!({ "requestId": "1.0", "reason": "timed out" }));
    client.say(&answer(&first));
    client.say(&answer(&second));
    assert_eq!(runtime.hears(), answer(&json!(1)), "the answer to the first is dropped");
}

/// Goal: the next runtime is greeted as the client greeted the first, with the greeting that was agreed to. Method: one that
/// is refused comes behind it; the first runtime goes with a request on its way.
#[test]
fn the_next_runtime_is_greeted_as_the_first_was() {
    let (mut first, one) = Runtime::new();
    let (mut second, two) = Runtime::new();
    let client = Client::of([one, two]);
    let greeting = |id: u64, params: Value| json!({ "id": id, "method": "initialize", "params": params });
    client.say(&greeting(1, json!({ "protocolVersion": "2025-11-25" })));
    assert_eq!(first.hears()["id"], 1);
    first.say(&answer(&json!(1)));
    assert_eq!(client.hears(), answer(&json!(1)));
    client.say(&json!({ "method": "notifications/initialized" }));
    client.say(&greeting(2, Value::Null));
    let _ = (first.hears(), first.hears());
    first.say(&json!({ "id": 2, "error": { "code": -32_602, "message": "no" } }));
    assert_eq!(client.hears()["id"], 2);
    client.say(&request(3));
    let _ = first.hears();
    drop(first);
    says(&client.hears(), &json!(3), "ask again", true);
    client.say(&request(4));
    let greeted = second.hears();
    assert_eq!(greeted, greeting(1, json!({ "protocolVersion": "2025-11-25" })));
    assert_eq!(second.hears()["method"], "notifications/initialized");
    assert_eq!(second.hears()["id"], 4);
    second.say(&answer(&json!(1)));
    second.say(&answer(&json!(4)));
    assert_eq!(client.hears(), answer(&json!(4)), "the greeting was the bridge's own");
    drop(second);
    assert_eq!(client.ends(), Vec::<Value>::new());
}

/// Goal: what a client takes back is not answered when its runtime goes. Method: two requests, the first of which is taken
/// back.
#[test]
fn what_a_client_has_taken_back_is_not_answered() {
    let (mut runtime, stream) = Runtime::new();
    let client = Client::of([stream]);
    client.say(&request(1));
    client.say(&request(2));
    client.say(&json!({ "method": "notifications/cancelled", "params": { "requestId": 1 } }));
    // The line behind is sent when the bridge has done with this one.
    client.say(&json!({ "method": "notifications/other" }));
    for _ in 0..4 {
        let _ = runtime.hears();
    }
    drop(runtime);
    assert_eq!(client.hears()["id"], 2);
    assert_eq!(client.ends(), Vec::<Value>::new());
}

/// Goal: what is told of a lost runtime while the client says its last is told before the bridge ends. Method: the way back
/// takes nothing until the bridge has had time enough to end too early.
#[test]
fn a_bridge_that_is_answering_does_not_end() {
    const TOO_EARLY: Duration = Duration::from_millis(200);
    let (mut runtime, stream) = Runtime::new();
    let ((begun, begins), (take, may)) = (mpsc::channel(), mpsc::channel());
    let client = Client::hearing(Waits::USUAL, [stream], |told| Held { told, begun, may });
    client.say(&request(1));
    let _ = runtime.hears();
    drop(runtime);
    begins.recv_timeout(LIMIT).expect("the bridge tells of the loss");
    let Client { to, from, ended, .. } = client;
    drop(to);
    assert_eq!(ended.recv_timeout(TOO_EARLY), Err(mpsc::RecvTimeoutError::Timeout));
    drop(take);
    ended.recv_timeout(LIMIT).expect("the bridge ends");
    says(&from.try_recv().unwrap(), &json!(1), "went away before it answered", true);
}

#[test]
fn what_a_runtime_does_not_answer_at_the_end_is_answered() {
    let (mut runtime, stream) = Runtime::new();
    let waits = Waits { last: Duration::from_millis(50), ..Waits::USUAL };
    let client = Client::hearing(waits, [stream], |told| told);
    client.say(&request(1));
    let _ = runtime.hears();
    let last = client.ends();
    assert_eq!(last.len(), 1, "{last:?}");
    says(&last[0], &json!(1), "went away before it answered", true);
}

/// Goal: nobody is told to make a call again that may have been made. Method: a runtime goes with a call on its way, one under a
/// key and a list.
#[test]
fn a_lost_call_may_be_made_again_under_a_key_alone() {
    let (mut runtime, stream) = Runtime::new();
    let client = Client::of([stream]);
    let call = |id: u64, meta: Value| {
        let params = json!({ "name": "allocate", "arguments": {}, "_meta": meta });
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
    };
    for asked in [call(1, json!({})), call(2, json!({ "echo-org/key": "one" })), request(3)] {
        client.say(&asked);
        let _ = runtime.hears();
    }
    drop(runtime);
    let mut told: Vec<Value> = (0..3).map(|_| client.hears()).collect();
    told.sort_by_key(|answer| answer["id"].as_u64());
    says(&told[0], &json!(1), "may have been made", false);
    says(&told[1], &json!(2), "ask again", true);
    says(&told[2], &json!(3), "ask again", true);
}

/// Goal: of two requests under one id both are answered. Method: the second is asked while the first waits, and again afterwards.
#[test]
fn a_second_request_under_an_id_is_refused_while_the_first_waits() {
    let (mut runtime, stream) = Runtime::new();
    let client = Client::of([stream]);
    client.say(&request(1));
    client.say(&request(1));
    let refused = client.hears();
    says(&refused, &json!(1), "a request under this id still waits", false);
    assert_eq!(refused["error"]["code"], -32_600, "{refused}");
    for _ in 0..2 {
        assert_eq!(runtime.hears(), request(1));
        runtime.say(&answer(&json!(1)));
        assert_eq!(client.hears(), answer(&json!(1)));
        client.say(&request(1));
    }
}

/// Goal: what a runtime does not answer is answered in time, and nothing else of it is lost. Method: a runtime that answers
/// nothing until the bridge has; what it says then of the same requests is for nobody. What was asked to be told for as long
/// as the client likes waits longest, and goes on.
#[test]
fn a_request_that_a_runtime_does_not_answer_is_answered_in_time() {
    let (mut runtime, stream) = Runtime::new();
    let waits = Waits { answer: Duration::from_millis(50), ..Waits::USUAL };
    let client = Client::hearing(waits, [stream], |told| told);
    let ask = |id: u64, method: &str| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": {} });
    for (id, method) in [(1, "subscriptions/listen"), (2, "tools/list"), (3, "tools/call")] {
        client.say(&ask(id, method));
        let _ = runtime.hears();
    }
    let mut told = [client.hears(), client.hears()];
    told.sort_by_key(|answer| answer["id"].as_u64());
    says(&told[0], &json!(2), "then ask again", true);
    says(&told[1], &json!(3), "may have been made", false);
    for id in [3, 2, 1] {
        runtime.say(&answer(&json!(id)));
    }
    assert_eq!(client.hears(), answer(&json!(1)));
    assert_eq!(client.dialled(), 1);
}

/// Goal: a runtime that takes nothing more holds nobody up for ever. Method: one that reads nothing, and a request that is
/// longer than what a socket keeps; the next one reads.
#[test]
fn a_runtime_that_takes_nothing_more_is_given_up() {
    let (_stuck, stream) = Runtime::new();
    let (mut next, second) = Runtime::new();
    let waits = Waits { write: Duration::from_millis(50), ..Waits::USUAL };
    let client = Client::hearing(waits, [stream, second], |told| told);
    client.say(&request(1));
    let long = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": "x".repeat(MAX_LINE_BYTES / 2) });
    client.say(&long);
    // It was not sent whole, so the next one has it, although it is a call.
    assert_eq!(next.hears(), long);
    says(&client.hears(), &json!(1), "went away before it answered", true);
    next.say(&answer(&json!(2)));
    assert_eq!(client.hears(), answer(&json!(2)));
}
