//! The tools of the Head of Operations as callers meet them.
//!
//! Goal: what each accepts, refuses and answers is known. Method: a good call and bad ones at a desk, in the caller's name.
#![expect(clippy::unwrap_used, reason = "a test reports what is not there by failing")]

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use serde_json::{Value, json};

const ROLE: &str = "operations_head";

fn case() -> Value {
    json!({ "description": "What it is about", "impact": "What depends on it", "stakeholders": ["operations"] })
}

/// A call that differs from a good one in one field.
fn with(good: &Value, field: &str, value: Value) -> Value {
    let mut changed = good.clone();
    changed.as_object_mut().unwrap().insert(field.to_owned(), value);
    changed
}

fn contract() -> Value {
    json!({
        "vendor": "Acme", "service": "hosting", "yearly_usd": 120_000, "months": 18, "standing": "clear",
        "rationale": "the cheapest of three", "context": case(),
    })
}

#[test]
fn a_contract_counts_over_its_term_and_large_ones_go_up() {
    let mut desk = Desk::new();
    let mut decided =
        |call: &Value| desk.call(ROLE, "approve_vendor_contract", call).unwrap()["structured"].clone();
    let small = decided(&contract());
    assert_eq!(small["status"], "approved", "{small:#}");
    assert_eq!(small["decided_by"], ROLE);
    assert_eq!(small["figures"], json!({ "total_usd": 180_000, "large": false }));
    let why = "approve, by its own call: 180,000 USD over the whole term; the cheapest of three";
    assert_eq!(small["why"], why);

    let large = decided(&with(&contract(), "months", json!(37)));
    assert_eq!((&large["status"], &large["mode"]), (&json!("pending"), &json!("hierarchical")), "{large:#}");
    assert_eq!(large["matters"], json!(["large_contract"]));
    assert_eq!(large["next"], "ceo decides or passes it up");

    for (standing, matter) in [("dispute", "vendor_dispute"), ("legal_claim", "legal_matter")] {
        let disputed = decided(&with(&contract(), "standing", json!(standing)));
        assert_eq!((&disputed["status"], &disputed["mode"]), (&json!("escalated"), &json!("human")));
        assert_eq!(disputed["matters"], json!([matter]));
    }
    // 180,000 USD are spent; another as much is within 400,000, a third is not.
    assert_eq!(decided(&contract())["status"], "approved");
    assert_eq!(decided(&contract())["status"], "pending");
}

#[test]
fn a_change_of_a_process_tells_what_it_saves() {
    let mut desk = Desk::new();
    let good = json!({
        "process": "Deployment", "change": "one step less", "reach": "operations", "runs_per_month": 100,
        "minutes_before": 30, "minutes_after": 10, "effort_hours": 100, "context": case(),
    });
    let answer = desk.call(ROLE, "optimize_process", &good).unwrap();
    let saving = json!({ "saved_minutes_per_month": 2_000, "payback_months_thousandths": 3_000 });
    assert_eq!(answer["structured"]["figures"], saving);
    assert_eq!(answer["structured"]["status"], "approved", "{answer:#}");
    let across = with(&good, "reach", json!("cross_functional"));
    let answer = desk.call(ROLE, "optimize_process", &across).unwrap();
    assert_eq!(answer["structured"]["mode"], "collaborative", "{answer:#}");
}

#[test]
fn the_budget_is_allocated_within_the_limit() {
    let mut desk = Desk::new();
    let good =
        json!({ "area": "infrastructure", "amount_usd": 400_000, "purpose": "machines", "context": case() });
    let answer = desk.call(ROLE, "allocate_operations_budget", &good).unwrap();
    assert_eq!(answer["structured"]["status"], "approved", "{answer:#}");
    let status = desk.call(ROLE, "decision_status", &json!({ "decision": "dec-1" })).unwrap();
    assert_eq!(status["structured"]["type"], "operations_budget");
    assert_eq!(status["structured"]["subject"], "400,000 USD for infrastructure: machines");
    let one_more = with(&good, "amount_usd", json!("0.01"));
    let answer = desk.call(ROLE, "allocate_operations_budget", &one_more).unwrap();
    assert_eq!(answer["structured"]["status"], "pending", "{answer:#}");
    assert!(answer["structured"]["why"].as_str().unwrap().contains("exceeds the limit"), "{answer:#}");
}

#[test]
fn hours_are_assigned_changed_and_released() {
    let mut desk = Desk::new();
    let mut assign = |resource: &str, work: &str, hours: u64| {
        let call = json!({ "resource": resource, "capacity_hours": 40, "work": work, "hours": hours });
        desk.call(ROLE, "manage_resource_allocation", &call).unwrap()["structured"].clone()
    };
    assign("Platform", "billing", 20);
    assign("Data", "reports", 40);
    let tight = assign("platform", "search", 12);
    assert_eq!(tight["assigned_hours"], 32);
    assert_eq!(tight["utilisation_thousandths"], 800);
    assert_eq!(tight["waiting_factor_thousandths"], 4_000);
    assert_eq!(tight["state"], "tight");
    let both = json!([{ "work": "billing", "hours": 20 }, { "work": "search", "hours": 12 }]);
    assert_eq!(tight["assignments"], both);
    assert_eq!(assign("Platform", "Billing", 30)["state"], "over");
    let free = assign("Platform", "billing", 0);
    assert_eq!((&free["assigned_hours"], &free["state"]), (&json!(12), &json!("free")));
}

#[test]
fn the_metrics_are_those_of_operations_and_no_step() {
    let mut desk = Desk::new();
    desk.call(ROLE, "approve_vendor_contract", &contract()).unwrap();
    let other = json!({ "area": "launch", "amount_usd": 5, "purpose": "a party", "context": case() });
    desk.call("product_manager", "allocate_product_budget", &other).unwrap();
    let steps = desk.batch.head().step;
    let answer = desk.call(ROLE, "review_operational_metrics", &json!({})).unwrap()["structured"].clone();
    assert_eq!(answer["decisions"]["opened"], 1, "{answer:#}");
    assert_eq!(answer["decisions"]["approved"], 1);
    assert_eq!(answer["money"]["approved_usd"], 180_000);
    assert_eq!(answer["delivered_share"], 1_000);
    assert!(answer["backlog"].as_u64().unwrap() > 0, "{answer:#}");
    assert_eq!(desk.batch.head().step, steps);
}

#[test]
fn bad_calls_are_refused_with_their_path() {
    let mut desk = Desk::new();
    let mut check = |tool: &str, call: &Value, expected: &str| {
        let refusal = desk.call(ROLE, tool, call).unwrap_err();
        assert!(refusal.starts_with(expected), "{tool}: {refusal}");
    };
    let tool = "approve_vendor_contract";
    check(tool, &with(&contract(), "months", json!(0)), "months: it is 0");
    check(tool, &with(&contract(), "vendor", json!(" ")), "vendor: it has 0 characters");
    check(tool, &with(&contract(), "standing", json!("fine")), "standing: unknown variant");
    check(tool, &with(&contract(), "caller", json!("ceo")), "caller: unknown field");
    let dear = json!(1_000_000_000_000_u64);
    check(tool, &with(&contract(), "yearly_usd", dear), "yearly_usd: over 18 months it is more than");
    let process = json!({
        "process": "p", "change": "c", "reach": "operations", "runs_per_month": 0, "minutes_before": 1,
        "minutes_after": 1, "effort_hours": 0, "context": case(),
    });
    check("optimize_process", &process, "runs_per_month: it is 0");
    let nothing = json!({ "area": "tooling", "amount_usd": 0, "purpose": "x", "context": case() });
    check(
        "allocate_operations_budget",
        &nothing,
        "budget_usd: a decision on operations_budget says how much",
    );
    check(
        "allocate_operations_budget",
        &with(&nothing, "purpose", json!("")),
        "purpose: it has 0 characters",
    );
    let idle = json!({ "resource": "r", "capacity_hours": 0, "work": "w", "hours": 1 });
    check("manage_resource_allocation", &idle, "capacity_hours: it is 0");
    check("review_operational_metrics", &json!({ "last_hours": 0 }), "last_hours: it is 0");
}
