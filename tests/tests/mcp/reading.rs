//! What can be read, and how a model is put in the picture.

use echo_tests::Home;
use echo_tests::mcp::Stdio;
use serde_json::{Value, json};

use super::allocation;

#[test]
fn resources_are_what_the_commands_print() {
    let home = Home::sharing();
    let mut ceo = Stdio::ready(&home, &["--role", "ceo"]);
    assert_eq!(ceo.call("allocate_budget", &allocation(1_000))["isError"], false);
    let listed = ceo.ask("resources/list", &json!({}));
    let uris: Vec<String> = listed["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["uri"].as_str().unwrap().to_owned())
        .collect();
    assert!(uris.contains(&"echo://decisions".to_owned()) && uris.contains(&"echo://reports".to_owned()));
    let templates = ceo.ask("resources/templates/list", &json!({}));
    assert!(templates.to_string().contains("echo://decisions/{decision}"), "{templates}");
    let mut read = |uri: &str| -> Value {
        let read = ceo.ask("resources/read", &json!({ "uri": uri }));
        assert_eq!(read["contents"][0]["mimeType"], "application/json", "{read}");
        serde_json::from_str(read["contents"][0]["text"].as_str().unwrap()).unwrap()
    };
    for uri in uris {
        assert!(read(&uri).is_object(), "{uri}");
    }
    let printed = |arguments: &[&str]| home.run(&[arguments, &["--json"]].concat()).exits(0).json();
    assert_eq!(read("echo://decisions/dec-1"), printed(&["decisions", "dec-1"]));
    assert_eq!(read("echo://decisions/dec-1/why"), printed(&["why", "dec-1"]));
    assert_eq!(read("echo://messages"), printed(&["messages"]));
    assert_eq!(read("echo://agents/cto"), printed(&["agents", "cto"]));
    assert_eq!(read("echo://agents/cto/messages"), printed(&["messages", "cto"]));
    assert_eq!(read("echo://memories/budget"), printed(&["memories", "budget"]));
    for uri in
        ["echo://decisions/dec-99", "echo://agents/janitor", "echo://approvals", "file:///etc/passwd", ""]
    {
        let none = ceo.message("resources/read", &json!({ "uri": uri }));
        assert_eq!(none["error"]["data"]["uri"], uri, "{none}");
    }
}

#[test]
fn prompts_brief_a_role_and_put_scenarios_forward() {
    let home = Home::sharing();
    let mut cto = Stdio::ready(&home, &["--role", "cto"]);
    let listed = cto.ask("prompts/list", &json!({}));
    assert_eq!(listed["prompts"][0]["name"], "briefing", "{listed}");
    let text = |client: &mut Stdio, params: &Value| {
        let prompt = client.ask("prompts/get", params);
        prompt["messages"][0]["content"]["text"].as_str().unwrap().to_owned()
    };
    let briefing = text(&mut cto, &json!({ "name": "briefing" }));
    assert!(briefing.contains("You act as the cto") && briefing.contains("500,000"), "{briefing}");
    let scenario = text(&mut cto, &json!({ "name": "scenario-revenue-growth" }));
    assert!(scenario.contains("initiator:") && scenario.contains("as the cto"), "{scenario}");
    let none = cto.message("prompts/get", &json!({ "name": "scenario-nothing" }));
    assert!(none["error"]["message"].as_str().unwrap().contains("briefing"), "{none}");

    let mut everyone = Stdio::ready(&home, &[]);
    let briefing = text(&mut everyone, &json!({ "name": "briefing", "arguments": { "role": "test_lead" } }));
    assert!(briefing.contains("You act as the test_lead"), "{briefing}");
    let none =
        everyone.message("prompts/get", &json!({ "name": "briefing", "arguments": { "role": "janitor" } }));
    assert!(none["error"]["message"].as_str().unwrap().contains("ceo"), "{none}");
    let completed = everyone.ask(
        "completion/complete",
        &json!({ "ref": { "type": "ref/prompt", "name": "briefing" }, "argument": { "name": "role", "value": "senior" } }),
    );
    assert_eq!(completed["completion"]["values"], json!(["senior_architect", "senior_developer"]));
}
