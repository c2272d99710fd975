//! Matters that no role decides alone, whoever opens them and by whichever tool.
//!
//! Method: tools are called at a desk, and what became of the decision is read from the answer.

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
    let of = |name: &str| answer["structured"][name].as_str().unwrap().to_owned();
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
    check(json!({ "timeline": "after the lawsuit" }), person);
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
