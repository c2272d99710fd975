//! Matters that no role decides alone, whoever opens them and by whichever tool.
//!
//! Method: tools are called at a desk, and what became of the decision is read from the answer.
#![expect(clippy::unwrap_used, reason = "a test reports what is not there by failing")]

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use serde_json::{Value, json};

fn case(more: &Value) -> Value {
    let mut case = json!({ "description": "A change", "impact": "Much", "stakeholders": ["all"] });
    if let (Some(case), Some(more)) = (case.as_object_mut(), more.as_object()) {
        case.extend(more.clone());
    }
    case
}

/// What became of money for a department that the CEO may give, with so much more in the case for it.
fn allocated(more: &Value) -> (String, String) {
    let answer = Desk::new().call(
        "ceo",
        "allocate_budget",
        &json!({ "area": "company", "amount_usd": 1000, "purpose": "a change", "context": case(more) }),
    );
    let answer = answer.unwrap();
    let of = |name: &str| {
        answer.pointer(&format!("/structured/{name}")).and_then(Value::as_str).unwrap().to_owned()
    };
    (of("status"), of("mode"))
}

#[test]
fn whoever_opens_it_a_person_decides_what_is_for_a_person() {
    let check = |more: Value, expected: (&str, &str)| {
        let (status, mode) = allocated(&more);
        assert_eq!((status.as_str(), mode.as_str()), expected, "{more}");
    };
    let (own, person) = (("approved", "autonomous"), ("escalated", "human"));
    check(json!({}), own);
    // By its author's word, though no role on the CEO's chain names it.
    check(json!({ "matters": ["termination"] }), person);
    // By its words, wherever they stand.
    check(json!({ "description": "The dismissal of one engineer" }), person);
    check(json!({ "description": "Two are laid off" }), person);
    check(json!({ "description": "The termi\u{200b}nation of one" }), person);
    check(json!({ "timeline": "after the lawsuit" }), person);
    check(json!({ "stakeholders": ["whoever sued us"] }), person);
    check(json!({ "risks": [{ "risk": "noise", "mitigation": "dismissal of whoever is loud" }] }), person);
    check(json!({ "constraints": ["GDPR"] }), person);
    check(json!({ "dependencies": ["a platform migration"] }), person);
    // What may go wrong and what else could be done is not what is asked.
    check(json!({ "risks": [{ "risk": "a lawsuit" }], "alternatives": ["a layoff"] }), own);
    // Those above the CTO may decide what is always for somebody above the CTO.
    check(json!({ "matters": ["team_structure"] }), own);
}

#[test]
fn what_is_to_be_voted_on_first_is_not_decided_one_step_lower() {
    let mut desk = Desk::new();
    let arguments = json!({
        "type": "system_architecture",
        "subject": "Another architecture",
        "reason": "It is above me",
        "context": case(&json!({
            "timeline": "3 months",
            "success_criteria": ["latency below 200 ms for 99 % of requests"],
            "alternatives": ["none"],
        })),
    });
    desk.call("senior_developer", "escalate_to_senior_architect", &arguments).unwrap();
    desk.settle(false);
    let status = desk.call("ceo", "decision_status", &json!({ "decision": "dec-1" })).unwrap();
    let path = status["structured"]["path"].as_array().unwrap();
    let architect = path.iter().find(|step| step["who"] == "senior_architect").unwrap();
    assert_eq!(architect["deed"], "passed_up", "{status}");
}

/// What its own author is against is not approved by those above it, whatever else speaks for it.
#[test]
fn what_its_author_is_against_is_approved_by_nobody() {
    let all = json!({
        "timeline": "3 months",
        "risks": [{ "risk": "noise", "mitigation": "earplugs" }],
        "alternatives": ["none"],
        "dependencies": ["the team"],
        "success_criteria": ["latency below 200 ms", "99 % of requests", "7 days"],
        "data": { "load_expected": 1, "load_capacity": 9 },
    });
    let status = |role: &str, tool: &str, more: &Value| {
        let mut desk = Desk::new();
        let mut arguments = more.clone();
        arguments.as_object_mut().unwrap().insert("context".to_owned(), case(&all));
        desk.call(role, tool, &arguments).unwrap();
        desk.finish();
        let status = desk.call("ceo", "decision_status", &json!({ "decision": "dec-1" })).unwrap();
        status.pointer("/structured/status").and_then(Value::as_str).unwrap().to_owned()
    };
    // Above its own limit, within that of the role above.
    let budget = |verdict: &str| json!({ "area": "research", "amount_usd": 700_000, "purpose": "GPUs", "verdict": verdict, "rationale": "so I say" });
    assert_eq!(status("cto", "allocate_engineering_budget", &budget("approve")), "approved");
    assert_eq!(status("cto", "allocate_engineering_budget", &budget("reject")), "rejected");
    let escalated = |opinion: &str| json!({ "type": "engineering_budget", "subject": "GPUs", "reason": "It is a lot", "opinion": opinion, "budget_usd": 700_000 });
    assert_eq!(status("cto", "escalate_to_ceo", &escalated("approve")), "approved");
    assert_ne!(status("cto", "escalate_to_ceo", &escalated("reject")), "approved");
}
