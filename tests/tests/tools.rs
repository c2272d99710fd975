//! Tools called from the command line, beside the runtime that has the store open.

use std::io::Write;
use std::process::Stdio;

use echo_tests::Home;
use serde_json::json;

#[test]
fn tools_are_listed_and_shown_with_their_schemas() {
    let home = Home::default();
    let all = home.run(&["tools", "--json"]).exits(0).json();
    let all = all["tools"].as_array().unwrap();
    let common = all.iter().find(|tool| tool["tool"] == "recall").unwrap();
    assert_eq!((common["roles"].as_array().unwrap().len(), &common["kind"]), (9, &"reads".into()));
    let of_ceo = home.run(&["tools", "ceo"]).exits(0).stdout;
    assert!(of_ceo.contains("initiate_decision") && of_ceo.contains("decides"), "{of_ceo}");
    let shown = home.run(&["tools", "chro", "cast_vote", "--json"]).exits(0).json();
    assert_eq!(shown["input_schema"]["properties"]["decision"]["pattern"], "^dec-[1-9][0-9]*$");
    assert_eq!(shown["output_schema"]["type"], "object");
    let _ = home.run(&["tools", "chro", "initiate_decision"]).exits(2).says(&["chro has no tool"]);
    assert!(home.files().is_empty(), "a list of tools makes no store");
}

/// Goal: a call is its role's, is made once under a key, and one that reads makes no step. Method: something is remembered
/// and recalled, with the runtime that the first call starts.
#[test]
fn tools_are_called_in_a_roles_name() {
    let home = Home::sharing();
    let note = json!({ "name": "vendor", "text": "Acme was late twice", "tags": ["vendor"] }).to_string();
    let _ = home.run(&["tool", "cto", "remember", "--args", &note]).exits(1).says(&["there is no store at"]);
    let _ = home.run(&["train", "--quiet"]).exits(0);
    let remember = ["tool", "cto", "remember", "--args", &note, "--key", "first"];
    let first = home.run(&remember).exits(0).stdout;
    assert_eq!(home.run(&remember).exits(0).stdout, first, "the same under the same key is done once");
    let steps = || home.run(&["status", "--json"]).exits(0).json()["steps"].clone();
    let before = steps();
    let words = json!({ "words": "late" }).to_string();
    let found = home.run(&["tool", "test_lead", "recall", "--args", &words, "--json"]).exits(0).json();
    assert_eq!(found["memories"][0]["by"], "cto");
    let text = home.run(&["tool", "test_lead", "recall", "--args", &words]).exits(0).stdout;
    assert!(text.ends_with("(vendor), cto: Acme was late twice\n"), "{text}");
    assert_eq!(steps(), before, "reading is no step");
    let listed = home.run(&["memories", "late", "--json"]).exits(0).json();
    assert_eq!(listed["memories"], found["memories"]);

    let file = home.write("note.json", "{\"text\": \"From a file\"}");
    let from_file = format!("@{}", file.display());
    let _ = home.run(&["tool", "cto", "remember", "--args", &from_file]).exits(0);
    let mut piped = home.command(&["tool", "cto", "remember", "--args", "-", "--json"]);
    let mut child = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{\"text\": \"From a pipe\"}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"memory\": \"mem-"));
}

#[test]
fn what_is_wrong_with_a_call_is_told_with_its_place() {
    let home = Home::sharing();
    let _ = home.run(&["train", "--quiet"]).exits(0);
    let check = |tool: &str, arguments: &str, code: i32, words: &str| {
        let _ = home.run(&["tool", "cto", tool, "--args", arguments]).exits(code).says(&[words]);
    };
    check("remember", "{\"text\": 1,}", 2, "--args: line 1, column 12: it is no JSON");
    check("remember", "{\n\"text\" 1}", 2, "line 2, column 8");
    check("remember", "@missing.json", 2, "cannot read missing.json");
    check("remember", "[1]", 1, "arguments");
    check("remember", "{\"text\": 1}", 1, "text: invalid type");
    check("remember", "{\"text\": \"x\", \"tags\": [\"a\", 7]}", 1, "tags[1]: invalid type");
    check("recall", "{\"words\": \"x\", \"limit\": 0}", 1, "limit: it is 0");
    check("decision_status", "{\"decision\": \"dec-99\"}", 1, "decision: there is no dec-99");
    check("initiate_decision", "{}", 2, "cto has no tool `initiate_decision`");
    let failed = home.run(&["tool", "cto", "recall", "--args", "{}", "--json"]).exits(1);
    assert!(failed.stderr.starts_with("{\"error\":{\"kind\":\"failure\""), "{}", failed.stderr);
}
