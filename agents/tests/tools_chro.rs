//! The tools of the Chief Human Resources Officer, each with a good and a bad call.
//!
//! Goal: what they decide, work out and refuse is known. Method: calls at a desk.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test reports what is not there by failing"
)]

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use serde_json::{Value, json};

/// A case on which nothing speaks against deciding.
fn case() -> Value {
    json!({ "description": "What is asked.", "impact": "The team.", "stakeholders": ["cto"] })
}

fn hire() -> Value {
    json!({
        "position": "developer",
        "team": "platform",
        "level": "contributor",
        "heads": 2,
        "salary_usd": 100_000,
        "overhead_percent": 30,
        "hiring_cost_usd": 5_000,
        "context": case(),
    })
}

fn review() -> Value {
    json!({
        "employee": "Kim",
        "period": "2026 Q3",
        "goals": [
            { "name": "The release", "weight_percent": 60, "rating": 4 },
            { "name": "Fewer faults", "weight_percent": 40, "rating": 2 },
        ],
        "consequence": "nothing",
        "context": case(),
    })
}

fn issue() -> Value {
    json!({
        "issue": "Who is on call",
        "kind": "conflict",
        "parties": ["Kim", "Robin"],
        "resolution": "They take turns.",
        "ends_employment": false,
        "context": case(),
    })
}

fn with(arguments: Value, field: &str, value: Value) -> Value {
    let mut arguments = arguments;
    arguments[field] = value;
    arguments
}

/// Calls a tool with one field changed, and checks how it is decided and what it touches.
fn goes(tool: &str, arguments: &Value, mode: &str, matters: &[&str]) -> Value {
    let answer = Desk::new().call("chro", tool, arguments).unwrap();
    assert_eq!(answer["structured"]["mode"], mode, "{answer:#}");
    assert_eq!(answer["structured"]["matters"], json!(matters), "{answer:#}");
    answer
}

fn refused(tool: &str, arguments: &Value, expected: &str) {
    let refusal = Desk::new().call("chro", tool, arguments).unwrap_err();
    assert!(refusal.starts_with(expected), "{refusal}");
}

#[test]
fn hiring_costs_its_first_year_and_an_executive_goes_up() {
    let tool = "approve_hiring_request";
    let answer = goes(tool, &hire(), "autonomous", &[]);
    assert_eq!(answer["structured"]["status"], "approved", "{answer:#}");
    assert_eq!(answer["structured"]["figures"], json!({ "heads": 2, "first_year_usd": 270_000 }));
    let above = goes(tool, &with(hire(), "heads", json!(3)), "autonomous", &[]);
    assert_eq!(above["structured"]["next"], "ceo decides or passes it up", "{above:#}");
    goes(tool, &with(hire(), "level", json!("executive")), "hierarchical", &["executive_hire"]);
    refused(tool, &with(hire(), "heads", json!(0)), "heads: it is 0, and must be 1 to 1000");
    refused(
        tool,
        &with(hire(), "overhead_percent", json!(201)),
        "overhead_percent: it is 201, and must be 0 to 200",
    );
    refused(tool, &with(hire(), "salary_usd", json!(0)), "salary_usd: it is nothing");
    refused(
        tool,
        &with(hire(), "salary_usd", json!(1_000_000_000_000_u64)),
        "salary_usd: with all that is added",
    );
}

#[test]
fn a_review_is_rated_and_its_consequence_decides_the_way() {
    let tool = "conduct_performance_review";
    let answer = goes(tool, &review(), "autonomous", &[]);
    let figures = json!({ "rating_hundredths": 320, "not_met": ["Fewer faults"] });
    assert_eq!(answer["structured"]["figures"], figures, "{answer:#}");
    goes(tool, &with(review(), "consequence", json!("promotion")), "collaborative", &["promotion"]);
    let termination =
        goes(tool, &with(review(), "consequence", json!("termination")), "human", &["termination"]);
    assert_eq!(termination["structured"]["status"], "escalated", "{termination:#}");
    refused(tool, &with(review(), "goals", json!([])), "goals: it has 0 entries");
    refused(tool, &with(review(), "employee", json!("")), "employee: it has 0 characters");
}

#[test]
fn money_for_people_is_allocated_within_the_limit() {
    let tool = "allocate_hr_budget";
    let money =
        json!({ "area": "recruitment", "amount_usd": 300_000, "purpose": "A fair", "context": case() });
    let answer = goes(tool, &money, "autonomous", &[]);
    assert_eq!(answer["structured"]["decided_by"], "chro", "{answer:#}");
    let above = goes(tool, &with(money.clone(), "amount_usd", json!("300000.01")), "autonomous", &[]);
    assert_eq!(above["structured"]["next"], "ceo decides or passes it up", "{above:#}");
    refused(tool, &with(money.clone(), "amount_usd", json!(0)), "amount_usd: it is nothing; say how much");
    refused(tool, &with(money, "purpose", json!(" ")), "purpose: it has 0 characters, and needs 1 to 200");
}

#[test]
fn an_issue_goes_the_way_of_its_kind() {
    let tool = "resolve_hr_issue";
    let answer = goes(tool, &issue(), "autonomous", &[]);
    assert_eq!(answer["structured"]["status"], "approved", "{answer:#}");
    let of = |kind: &str| with(issue(), "kind", json!(kind));
    goes(tool, &of("policy"), "autonomous", &[]);
    goes(tool, &of("cross_team_conflict"), "collaborative", &["cross_team_conflict"]);
    goes(tool, &of("major_policy"), "hierarchical", &["major_policy"]);
    goes(tool, &of("discrimination_claim"), "human", &["discrimination_claim"]);
    goes(tool, &of("legal_matter"), "human", &["legal_matter"]);
    goes(tool, &with(of("conflict"), "ends_employment", json!(true)), "human", &["termination"]);
    // Whatever its author calls it, the words of the resolution count.
    goes(tool, &with(issue(), "resolution", json!("Dismissal of both.")), "human", &["termination"]);
    refused(tool, &with(issue(), "parties", json!([])), "parties: it has 0 entries");
    refused(tool, &with(issue(), "resolution", json!("")), "resolution: it has 0 characters");
}

#[test]
fn the_health_of_the_team_is_that_of_each_agent() {
    let mut desk = Desk::new();
    desk.call("chro", "resolve_hr_issue", &with(issue(), "kind", json!("cross_team_conflict"))).unwrap();
    let answer = desk.call("chro", "review_team_health", &json!({})).unwrap();
    let each = &answer["structured"]["agents"]["each"];
    assert_eq!(each.as_array().unwrap().len(), 9, "{answer:#}");
    assert_eq!(each[0]["role"], "ceo");
    assert_eq!(each[0]["condition"], "running");
    assert_eq!(each[0]["unread"], 2, "the request and the news of it: {answer:#}");
    desk.finish();
    let answer = desk.call("chro", "review_team_health", &json!({})).unwrap();
    let each = &answer["structured"]["agents"]["each"];
    assert_eq!(each[0]["unread"], 0, "{answer:#}");
    assert_eq!(each[1]["took_part"], 1, "the cto is one of the managers: {answer:#}");
    let refusal = desk.call("chro", "review_team_health", &json!({ "hours": 1 })).unwrap_err();
    assert!(refusal.starts_with("hours: unknown field"), "{refusal}");
}
