//! People beside a runtime that goes on: they answer from other processes, and across restarts.

use echo_tests::Home;
use serde_json::{Value, json};

/// The CTO wants more than anybody below a person may approve.
fn ask(home: &Home) -> Value {
    let arguments = json!({
        "type": "technology_strategy",
        "subject": "A data centre of our own",
        "reason": "It is more than any of us may approve.",
        "budget_usd": 15_000_000,
        "context": {
            "description": "Two halls with their own power, for everything that we run today and in ten years.",
            "impact": "We rent nothing any more.",
            "stakeholders": ["cto", "operations_head"],
            "timeline": "24 months",
            "success_criteria": ["99.99 % availability by month 24"],
        },
    });
    let text = arguments.to_string();
    home.run(&["tool", "cto", "escalate_to_ceo", "--args", &text, "--json"]).exits(0).json()
}

fn decision(home: &Home, id: &str) -> Value {
    home.run(&["decisions", id, "--json"]).exits(0).json()
}

/// Goal: what waits for a person waits across restarts of the runtime, and a verdict from another process reaches the one who
/// asked. Method: the runtime is ended between question and answer; then the asker's mail is read.
#[test]
fn a_verdict_from_another_process_reaches_the_one_who_asked() {
    let home = Home::sharing();
    let _ = home.run(&["train", "--quiet"]).exits(0);
    let asked = ask(&home);
    let id = asked["decision"].as_str().unwrap();
    assert_eq!(decision(&home, id)["status"], "escalated");
    let _ = home.run(&["stop"]).exits(0);
    let code = home.code("apr-2");
    let started = home.run(&["send", "me", "messages:all", "--subject", "Good morning"]).exits(0);
    assert!(started.stdout.starts_with("msg-"), "{}", started.stdout);
    assert_eq!(home.code("apr-2"), code, "the code is the same from whichever process it is asked");

    let _ = home.run(&["approve", "apr-2", "0000-0000"]).exits(1).says(&["not the code of this question"]);
    assert_eq!(decision(&home, id)["status"], "escalated");
    let told = home.run(&["approve", "apr-2", &code, "--note", "in two halls", "--json"]).exits(0).json();
    assert!(told["told"].as_array().unwrap().contains(&"cto".into()), "{told}");
    let decided = decision(&home, id);
    assert_eq!(decided["status"], "approved");
    let mail = home.run(&["messages", "cto", "--json"]).exits(0).json();
    let news = |message: &Value| message["subject"] == "A data centre of our own";
    assert!(mail["messages"].as_array().unwrap().iter().any(news), "{mail}");
    let again = home.run(&["reject", "apr-2", &code, "--note", "no"]).exits(1);
    let _ = again.says(&["apr-2 was approved by", "from the command line: the first answer counts"]);
    let _ = home.run(&["stop"]).exits(0);
    let _ = home.run(&["replay"]).exits(0);
}

/// Goal: what looks over the tools' shoulder never sees a code. Method: everything that commands other than `approvals` tell
/// of a waiting question is searched for it.
#[test]
fn only_approvals_tell_a_code() {
    let home = Home::sharing();
    let _ = home.run(&["train", "--quiet"]).exits(0);
    let code = home.code("apr-1");
    let plain = code.replace('-', "");
    let status = json!({ "decision": "dec-1" }).to_string();
    let mut told = Vec::new();
    for line in [
        &["status"] as &[&str],
        &["decisions", "dec-1"],
        &["why", "dec-1"],
        &["sessions", "ses-1"],
        &["messages", "--limit", "1000"],
        &["memories"],
        &["doctor"],
        &["agents", "ceo"],
        &["tool", "ceo", "decision_status", "--args", &status],
    ] {
        for json in [&[] as &[&str], &["--json"]] {
            let run = home.run(&[line, json].concat());
            told.push((line.join(" "), run.stdout + &run.stderr));
        }
    }
    assert!(told.iter().any(|(_, text)| text.contains("apr-1")), "the question is told of");
    for (line, text) in told {
        assert!(!text.contains(&code) && !text.contains(&plain), "{line} tells the code");
    }
    let _ = home.run(&["stop"]).exits(0);
    for (path, content) in home.files() {
        let holds = |text: &str| content.windows(text.len()).any(|at| at == text.as_bytes());
        assert!(!holds(&code) && !holds(&plain), "{} holds the code", path.display());
    }
}
