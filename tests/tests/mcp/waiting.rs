//! Calls that wait for a person, and how the wait ends.

use echo_tests::Home;
use echo_tests::mcp::{HANDSHAKE, Stdio, request};
use serde_json::{Value, json};

use super::allocation;
use super::http::{Serving, session_of};
use super::people::TOO_MUCH;

/// How many calls of a caller may wait.
const WAITING: usize = 64;

/// A client of the ceo's door that can ask its user.
fn asking(home: &Home) -> Stdio {
    let mut client = Stdio::start(home, &["--role", "ceo"]);
    client.shake(HANDSHAKE, &json!({ "elicitation": { "form": {} } }));
    client
}

/// A call that needs a person.
fn call() -> Value {
    json!({ "name": "allocate_budget", "arguments": allocation(TOO_MUCH), "_meta": { "progressToken": "p" } })
}

/// The next message of this method; what comes before is not looked at.
fn hears(client: &mut Stdio, method: &str) -> Value {
    loop {
        let message = client.hears();
        if message["method"] == method {
            return message;
        }
    }
}

/// Whether a question is taken back. A bridge gives it an id that ends as the runtime's.
fn takes_back(message: &Value, question: &Value) -> bool {
    let number = |id: &Value| {
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        id.rsplit('.').next().unwrap().to_owned()
    };
    number(&message["params"]["requestId"]) == number(&question["id"])
}

/// The first question that waits, and its code.
fn waiting(home: &Home) -> (String, String) {
    let all = home.run(&["approvals", "--json"]).exits(0).json();
    let word = |name: &str| all["approvals"][0][name].as_str().unwrap().to_owned();
    (word("approval"), word("code"))
}

/// Goal: a wait ends when somebody answers elsewhere, the client is told so, and the call's answer says how it stands then.
/// Method: the question is answered by the command line while the client asks its user.
#[test]
fn a_wait_ends_when_somebody_answers_elsewhere() {
    let home = Home::sharing();
    let mut client = asking(&home);
    let id = client.begin("tools/call", &call());
    let question = hears(&mut client, "elicitation/create");
    let (approval, code) = waiting(&home);
    let _ = home.run(&["approve", &approval, &code]).exits(0);
    let done = client.answer(id);
    let told = &done["result"]["structuredContent"];
    assert_eq!((&told["status"], &told["approval"]), (&json!("approved"), &Value::Null), "{done}");
    assert!(
        done["result"]["content"][0]["text"].as_str().unwrap().contains("by now dec-1 is approved"),
        "{done}"
    );
    let mut heard = std::mem::take(&mut client.heard);
    if heard.is_empty() {
        heard.push(hears(&mut client, "notifications/cancelled"));
    }
    let taken_back = heard.iter().find(|message| message["method"] == "notifications/cancelled");
    assert!(takes_back(taken_back.unwrap(), &question), "{heard:?}");
}

/// Goal: nobody is asked what was answered already. Method: a call under a key, made again after its person has answered.
#[test]
fn a_call_that_is_made_again_asks_nobody_twice() {
    let home = Home::sharing();
    let mut client = asking(&home);
    let mut call = call();
    call["_meta"] = json!({ "echo-org/key": "plant" });
    let first = client.begin("tools/call", &call);
    let question = hears(&mut client, "elicitation/create");
    client.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "decline" } }));
    assert_eq!(client.answer(first)["result"]["structuredContent"]["status"], "escalated");
    let (approval, code) = waiting(&home);
    let _ = home.run(&["approve", &approval, &code]).exits(0);
    client.heard.clear();
    let again = client.message("tools/call", &call);
    assert_eq!(again["result"]["structuredContent"]["status"], "approved", "{again}");
    assert!(client.heard.is_empty(), "{:?}", client.heard);
}

#[test]
fn a_call_that_is_cancelled_takes_its_question_back() {
    let home = Home::sharing();
    let mut client = asking(&home);
    let id = client.begin("tools/call", &call());
    let question = hears(&mut client, "elicitation/create");
    client.send(&json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id },
    }));
    let taken_back = hears(&mut client, "notifications/cancelled");
    assert!(takes_back(&taken_back, &question), "{taken_back}");
}

/// Goal: calls that wait keep their caller from nothing else. Method: as many as may wait; one more, and one that needs
/// nobody.
#[test]
fn calls_that_wait_block_no_other_call() {
    let home = Home::sharing();
    let mut client = asking(&home);
    for _ in 0..WAITING {
        client.begin("tools/call", &call());
        let _ = hears(&mut client, "elicitation/create");
    }
    let more = client.message("tools/call", &call());
    assert_eq!(more["result"]["structuredContent"]["status"], "escalated", "{more}");
    let found = client.call("decision_status", &json!({ "decision": "dec-1" }));
    assert_eq!(found["structuredContent"]["status"], "escalated", "{found}");
}

/// Goal: whoever waits when the runtime leaves has its answer. Method: `stop`, while calls through a bridge and over HTTP
/// wait for a person and a client of HTTP listens.
#[test]
fn what_waits_is_answered_when_the_runtime_leaves() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let mut bridge = asking(&home);
    let id = bridge.begin("tools/call", &call());
    let _ = hears(&mut bridge, "elicitation/create");
    let client = session_of(&serving.client("/mcp/ceo"), &json!({ "elicitation": {} }));
    let mut listens = client.stream("GET", &Value::Null);
    let mut answers = client.stream("POST", &request(1, "tools/call", &call()));
    assert_eq!(answers.hears().unwrap()["method"], "elicitation/create");
    let _ = home.run(&["stop"]).exits(0);
    let done = bridge.answer(id);
    assert_eq!(done["result"]["structuredContent"]["status"], "escalated", "{done}");
    let done = std::iter::from_fn(|| answers.hears()).find(|message| message.get("id") == Some(&json!(1)));
    assert_eq!(done.unwrap()["result"]["structuredContent"]["status"], "escalated");
    assert!(std::iter::from_fn(|| listens.hears()).all(|message| message.get("method").is_some()));
    let told = serving.running.ends().exits(0);
    assert!(!told.stderr.contains("before they had all their answers"), "{}", told.stderr);
}

/// Goal: the handshake's era asks over HTTP as over stdio, and a call that waits says so. Method: the stream of a call, on
/// which the question comes, then that it waits, and then its answer, after the person's was posted.
#[test]
fn a_session_of_http_is_asked_and_told_of_the_wait() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let client = session_of(&serving.client("/mcp/ceo"), &json!({ "elicitation": {} }));
    let mut answers = client.stream("POST", &request(7, "tools/call", &call()));
    let question = answers.hears().unwrap();
    assert_eq!(question["method"], "elicitation/create", "{question}");
    for told in 1..3 {
        let waits = answers.hears().unwrap();
        assert_eq!(waits["method"], "notifications/progress", "{waits}");
        assert_eq!(
            (&waits["params"]["progressToken"], waits["params"]["progress"].as_f64()),
            (&json!("p"), Some(f64::from(told)))
        );
        assert_eq!(waits["params"]["message"], "waiting for a person", "{waits}");
    }
    // Another request under the id of the one that waits would take its answer away.
    let same = client.post(&request(7, "tools/list", &json!({})));
    assert_eq!(same.status, 400, "{same:?}");
    assert!(same.answer().to_string().contains("the id 7 is being answered"), "{same:?}");
    assert!(client.post(&request(8, "tools/list", &json!({}))).result()["tools"].is_array());
    let (approval, code) = waiting(&home);
    assert!(question["params"]["message"].as_str().unwrap().contains(&approval), "{question}");
    assert!(!question.to_string().contains(&code), "{question}");
    for words in ["dec-1", "put forward by ceo", " USD"] {
        assert!(question["params"]["message"].as_str().unwrap().contains(words), "{words}: {question}");
    }
    let content = json!({ "answer": "approve", "code": code, "note": "go" });
    let said = client.post(&json!({
        "jsonrpc": "2.0", "id": question["id"], "result": { "action": "accept", "content": content },
    }));
    assert_eq!(said.status, 202, "{said:?}");
    let done = std::iter::from_fn(|| answers.hears()).find(|message| message.get("id") == Some(&json!(7)));
    let done = done.unwrap();
    assert_eq!(done["result"]["structuredContent"]["status"], "approved", "{done}");
    assert_eq!(answers.hears(), None);
    assert!(client.post(&request(7, "tools/list", &json!({}))).result()["tools"].is_array());
}
