//! Decisions that need a person.

use echo_tests::Home;
use echo_tests::mcp::{HANDSHAKE, STATELESS, Stdio, meta, request};
use serde_json::{Value, json};

use super::allocation;
use super::http::Serving;

/// More than any role may approve.
pub(crate) const TOO_MUCH: u64 = 2_000_000;

/// What `approvals` says of the question that waits.
fn waiting(home: &Home) -> Value {
    let all = home.run(&["approvals", "--json"]).exits(0).json();
    assert_eq!(all["approvals"].as_array().unwrap().len(), 1, "{all}");
    all["approvals"][0].clone()
}

#[test]
fn people_have_their_own_door_and_need_the_code() {
    let home = Home::sharing();
    let mut ceo = Stdio::ready(&home, &["--role", "ceo"]);
    let asked = ceo.call("allocate_budget", &allocation(TOO_MUCH));
    assert_eq!(asked["structuredContent"]["status"], "escalated", "{asked}");
    let code = waiting(&home)["code"].as_str().unwrap().to_owned();

    let mut person = Stdio::start(&home, &["--person"]);
    let about = person.shake(HANDSHAKE, &json!({}));
    assert_eq!(about["capabilities"], json!({ "tools": {} }), "{about}");
    let listed = person.ask("tools/list", &json!({}));
    assert_eq!(super::names(&listed), ["list_waiting", "approve", "reject"]);
    let list = person.call("list_waiting", &json!({}));
    assert_eq!(list["structuredContent"]["waiting"][0]["approval"], "apr-1", "{list}");
    // Nothing that a model reads holds the code.
    assert!(!list.to_string().contains(&code), "{list}");
    for path in ["echo://decisions/dec-1", "echo://decisions/dec-1/why", "echo://agents", "echo://messages"] {
        let read = ceo.ask("resources/read", &json!({ "uri": path }));
        assert!(!read.to_string().contains(&code), "{path}");
    }
    assert!(!asked.to_string().contains(&code));

    let mut refused = |tool: &str, arguments: Value| {
        let answer = person.call(tool, &arguments);
        assert_eq!(answer["isError"], true, "{answer}");
        answer["content"][0]["text"].as_str().unwrap().to_owned()
    };
    let why = refused("approve", json!({ "id": "apr-1", "code": "0000-0000" }));
    assert!(why.contains("not the code"), "{why}");
    let why = refused("approve", json!({ "id": "apr-1" }));
    assert!(why.contains("code"), "{why}");
    let why = refused("reject", json!({ "id": "apr-1", "code": code }));
    assert!(why.contains("reason"), "{why}");
    // No agent's door has these.
    let none = ceo
        .message("tools/call", &json!({ "name": "approve", "arguments": { "id": "apr-1", "code": code } }));
    assert!(none.get("error").is_some(), "{none}");
    let none =
        person.message("tools/call", &json!({ "name": "allocate_budget", "arguments": allocation(1) }));
    assert!(none.get("error").is_some(), "{none}");
    for method in ["resources/list", "resources/templates/list"] {
        assert!(person.message(method, &json!({})).get("error").is_some(), "{method}");
    }
    assert_eq!(person.ask("prompts/list", &json!({}))["prompts"], json!([]));

    let done = person.call("approve", &json!({ "id": "apr-1", "code": code.to_lowercase(), "note": "go" }));
    assert_eq!(done["structuredContent"]["status"], "approved", "{done}");
    let again = person.call("reject", &json!({ "id": "apr-1", "code": code, "note": "no" }));
    assert!(again["content"][0]["text"].as_str().unwrap().contains("the first answer counts"), "{again}");
    // The log of the runtime tells neither the code nor what was said.
    let log = std::fs::read_to_string(home.store().with_extension("redb.log")).unwrap_or_default();
    assert!(!log.contains(&code) && !log.contains(&code.to_lowercase()), "{log}");
}

/// Goal: who lists what waits is told what it costs, and how much more there is. Method: three more questions than are
/// listed, and the text.
#[test]
fn what_waits_is_listed_with_its_cost_and_its_rest() {
    const LISTED: usize = 100;
    let home = Home::sharing();
    let mut person = Stdio::ready(&home, &["--person"]);
    let mut list = || {
        let list = person.call("list_waiting", &json!({}));
        (list["content"][0]["text"].as_str().unwrap().to_owned(), list["structuredContent"].clone())
    };
    assert_eq!(list(), ("nothing waits for a person".to_owned(), json!({ "waiting": [], "more": 0 })));
    let mut ceo = Stdio::ready(&home, &["--role", "ceo"]);
    for _ in 0..LISTED + 3 {
        let _ = ceo.call("allocate_budget", &allocation(TOO_MUCH));
    }
    let (text, told) = list();
    let lines: Vec<&str> = text.lines().collect();
    insta::assert_snapshot!([&lines[..4], &lines[lines.len() - 2..]].concat().join("\n"));
    assert_eq!((told["waiting"].as_array().unwrap().len(), &told["more"]), (LISTED, &json!(3)));
    assert_eq!(told["waiting"][0]["amount_usd"], 2_000_000, "{}", told["waiting"][0]);
    let fields: Vec<&String> = told["waiting"][0].as_object().unwrap().keys().collect();
    assert!(!fields.iter().any(|field| *field == "code"), "{fields:?}");
}

/// A client that can ask its user.
fn asking(home: &Home) -> Stdio {
    let mut client = Stdio::start(home, &["--role", "ceo"]);
    client.shake(HANDSHAKE, &json!({ "elicitation": { "form": {} } }));
    client
}

/// Goal: a client that can ask is asked to, and the person's answer with the code decides. Method: the question is answered
/// wrongly, declined, and rightly.
#[test]
fn a_client_that_can_ask_is_asked_to() {
    let home = Home::sharing();
    let mut client = asking(&home);
    let call = json!({
        "name": "allocate_budget", "arguments": allocation(TOO_MUCH), "_meta": { "progressToken": "p" },
    });
    let answers = [
        json!({ "action": "decline" }),
        json!({ "action": "accept", "content": { "answer": "later" } }),
        json!({ "action": "accept", "content": { "answer": "approve", "code": "0000-0000" } }),
        json!({ "action": "accept", "content": "nonsense" }),
    ];
    for answer in answers {
        let id = client.begin("tools/call", &call);
        let question = client.hears();
        assert_eq!(question["method"], "elicitation/create", "{question}");
        client.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": answer }));
        let done = client.answer(id);
        assert_eq!(done["result"]["structuredContent"]["status"], "escalated", "{answer} {done}");
    }
    let id = client.begin("tools/call", &call);
    let question = client.hears();
    let approval = question["params"]["message"].as_str().unwrap().split(' ').next().unwrap().to_owned();
    let all = home.run(&["approvals", "--json"]).exits(0).json();
    let one = all["approvals"].as_array().unwrap().iter().find(|one| one["approval"] == approval.as_str());
    let code = one.unwrap()["code"].as_str().unwrap();
    assert!(!question.to_string().contains(code), "{question}");
    let content = json!({ "answer": "approve", "code": code, "note": "go" });
    client.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "accept", "content": content } }));
    let done = client.answer(id);
    assert_eq!(done["result"]["structuredContent"]["status"], "approved", "{done}");
    assert_eq!(done["result"]["structuredContent"]["approval"], Value::Null, "{done}");
    // The others still wait.
    let all = home.run(&["approvals", "--json"]).exits(0).json();
    assert_eq!(all["approvals"].as_array().unwrap().len(), 4, "{all}");
}

#[test]
fn a_call_that_waits_for_a_person_can_be_cancelled() {
    let home = Home::sharing();
    let mut client = asking(&home);
    let id =
        client.begin("tools/call", &json!({ "name": "allocate_budget", "arguments": allocation(TOO_MUCH) }));
    assert_eq!(client.hears()["method"], "elicitation/create");
    client.send(&json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id },
    }));
    // It is not answered any more, its question is in the queue, and the next call is.
    let status = client.call("decision_status", &json!({ "decision": "dec-1" }));
    assert_eq!(status["structuredContent"]["status"], "escalated", "{status}");
    assert!(!client.heard.iter().any(|message| message["id"] == id), "{:?}", client.heard);
    let _ = waiting(&home);
}

/// Goal: in the era without server's requests the same is asked by a result that needs input, and the call is made once.
/// Method: the call is made again with the person's answer, with another call's state, and with other arguments.
#[test]
fn a_call_that_needs_input_goes_on_where_it_was() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let client = serving.client("/mcp/ceo").with("MCP-Protocol-Version", Some(STATELESS));
    let client = client.with("Mcp-Method", Some("tools/call")).with("Mcp-Name", Some("allocate_budget"));
    let call = |amount: u64, extra: &Value| {
        let mut params = json!({
            "name": "allocate_budget", "arguments": allocation(amount), "_meta": meta(&json!({ "elicitation": {} })),
        });
        params.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        client.post(&request(1, "tools/call", &params)).answer().clone()
    };
    let asked = call(TOO_MUCH, &json!({}));
    let asked = &asked["result"];
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    assert_eq!(asked["inputRequests"]["verdict"]["method"], "elicitation/create", "{asked}");
    let state = &asked["requestState"];
    let one = waiting(&home);
    let said = |code: &str| json!({ "verdict": { "action": "accept", "content": { "answer": "approve", "code": code } } });
    let forged = [json!("0"), json!("1"), json!("99999999"), json!("x"), json!("-1")];
    for state in forged {
        let refused = call(TOO_MUCH, &json!({ "requestState": state, "inputResponses": said("0000-0000") }));
        assert_eq!(refused["error"]["code"], -32_602, "{state} {refused}");
    }
    let other = call(TOO_MUCH + 1, &json!({ "requestState": state, "inputResponses": said("0000-0000") }));
    assert!(other.get("error").is_some(), "{other}");
    let wrong = call(TOO_MUCH, &json!({ "requestState": state, "inputResponses": said("0000-0000") }));
    assert_eq!(wrong["result"]["structuredContent"]["status"], "escalated", "{wrong}");
    let right = said(one["code"].as_str().unwrap());
    let done = call(TOO_MUCH, &json!({ "requestState": state, "inputResponses": right }));
    assert_eq!(done["result"]["structuredContent"]["status"], "approved", "{done}");
    let decisions = home.run(&["decisions", "--json"]).exits(0).json();
    assert_eq!(decisions["decisions"].as_array().unwrap().len(), 1, "{decisions}");
}
