//! The tools of the Product Manager as callers meet them.
//!
//! Goal: what each accepts, refuses and answers is known. Method: a good call and bad ones at a desk, in the caller's name.
#![expect(clippy::unwrap_used, reason = "a test reports what is not there by failing")]

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use serde_json::{Value, json};

const ROLE: &str = "product_manager";

fn case() -> Value {
    json!({ "description": "What it is about", "impact": "What depends on it", "stakeholders": ["customers"] })
}

/// A call that differs from a good one in one field.
fn with(good: &Value, field: &str, value: Value) -> Value {
    let mut changed = good.clone();
    changed.as_object_mut().unwrap().insert(field.to_owned(), value);
    changed
}

fn feature(name: &str, reach: u64, effort_tenths: u64) -> Value {
    json!({
        "feature": name, "reach": reach, "impact": "high", "confidence": "medium", "effort_tenths": effort_tenths,
    })
}

/// A desk at which search (400), export (80) and import (80) are recorded.
fn desk() -> Desk {
    let mut desk = Desk::new();
    for (name, reach, effort) in [("Import", 50, 10), ("Search", 1_000, 40), ("Export", 100, 20)] {
        desk.call(ROLE, "prioritize_feature", &feature(name, reach, effort)).unwrap();
    }
    desk
}

#[test]
fn features_are_ranked_by_rice_and_changed_by_their_name() {
    let mut desk = desk();
    let answer = desk.call(ROLE, "prioritize_feature", &feature("Chat", 10, 10)).unwrap();
    let structured = &answer["structured"];
    assert_eq!((&structured["rank"], &structured["of"]), (&json!(4), &json!(4)), "{answer:#}");
    assert_eq!(structured["score_thousandths"], 16_000);
    let text = "Chat: RICE 16.000, rank 4 of 4\n1. Search: 400.000\n2. Export: 80.000\n2. Import: 80.000\n4. Chat: 16.000";
    assert_eq!(answer["text"], text);
    let answer = desk.call(ROLE, "prioritize_feature", &feature(" chat ", 10_000, 10)).unwrap();
    assert_eq!((&answer["structured"]["rank"], &answer["structured"]["of"]), (&json!(1), &json!(4)));
}

fn requirement(scope: &str) -> Value {
    json!({
        "requirement": "Search by date", "scope": scope, "acceptance_criteria": ["A day finds its entries"],
        "feature": "search", "context": case(),
    })
}

#[test]
fn a_requirement_goes_the_way_of_its_scope() {
    let mut desk = desk();
    let mut check = |scope: &str, mode: &str, status: &str| {
        let answer = desk.call(ROLE, "approve_product_requirement", &requirement(scope)).unwrap();
        let structured = &answer["structured"];
        assert_eq!(structured["mode"], mode, "{answer:#}");
        assert_eq!(structured["status"], status, "{answer:#}");
        let figures = json!({ "acceptance_criteria": 1, "rice_thousandths": 400_000, "rank": 1 });
        assert_eq!(structured["figures"], figures);
    };
    check("change", "autonomous", "approved");
    check("feature", "autonomous", "approved");
    check("roadmap", "collaborative", "pending");
    check("major_feature", "hierarchical", "pending");
    check("pivot", "hierarchical", "pending");
    check("strategic_pivot", "human", "escalated");
}

#[test]
fn the_budget_is_allocated_within_the_limit() {
    let mut desk = Desk::new();
    let good = json!({ "area": "research", "amount_usd": 200_000, "purpose": "a study", "context": case() });
    let answer = desk.call(ROLE, "allocate_product_budget", &good).unwrap();
    assert_eq!(answer["structured"]["status"], "approved", "{answer:#}");
    let answer = desk.call(ROLE, "allocate_product_budget", &good).unwrap();
    assert_eq!(answer["structured"]["status"], "pending", "{answer:#}");
    assert_eq!(answer["structured"]["next"], "ceo decides or passes it up");
}

#[test]
fn feedback_is_counted_and_compared_with_the_last_review() {
    let mut desk = Desk::new();
    let mut review = |promoters: u64, detractors: u64| {
        let call = json!({
            "subject": "App",
            "answers": [{ "score": 9, "users": promoters }, { "score": 6, "users": detractors }],
            "themes": [
                { "name": "colours", "mentions": 5, "severity": "wish" },
                { "name": "login", "mentions": 2, "severity": "blocks" },
            ],
        });
        desk.call(ROLE, "review_user_feedback", &call).unwrap()["structured"].clone()
    };
    let first = review(50, 50);
    assert_eq!((&first["nps_thousandths"], &first["margin_thousandths"]), (&json!(0), &json!(196)));
    assert_eq!((&first["change_thousandths"], &first["changed"]), (&Value::Null, &Value::Null));
    let themes = json!([
        { "rank": 1, "theme": "login", "weight": 6 },
        { "rank": 2, "theme": "colours", "weight": 5 },
    ]);
    assert_eq!(first["themes"], themes);
    let second = review(60, 40);
    assert_eq!((&second["change_thousandths"], &second["changed"]), (&json!(200), &json!(false)));
    let third = review(100, 0);
    assert_eq!((&third["change_thousandths"], &third["changed"]), (&json!(800), &json!(true)));
}

#[test]
fn a_release_takes_what_fits_and_no_other_has() {
    let mut desk = desk();
    let mut plan = |release: &str, capacity: u64, must_have: &[&str]| {
        let call = json!({ "release": release, "capacity_tenths": capacity, "must_have": must_have });
        let answer = desk.call(ROLE, "plan_release", &call).unwrap()["structured"].clone();
        let names = |list: &Value| {
            list.as_array().unwrap().iter().map(|one| one["feature"].as_str().unwrap().to_owned()).collect()
        };
        let (included, left_out): (Vec<String>, Vec<String>) =
            (names(&answer["included"]), names(&answer["left_out"]));
        (included.join(" "), left_out.join(" "), answer["used_tenths"].as_u64().unwrap())
    };
    let is = |included: &str, left_out: &str, used| (included.to_owned(), left_out.to_owned(), used);
    assert_eq!(plan("1.0", 50, &[]), is("Search Import", "Export", 50));
    assert_eq!(plan("1.1", 50, &[]), is("Export", "Search Import", 20));
    // Planned again, it may keep what it has.
    assert_eq!(plan("1.0", 55, &["import"]), is("Import Search", "Export", 50));
}

#[test]
fn bad_calls_are_refused_with_their_path() {
    let mut desk = desk();
    let mut check = |tool: &str, call: &Value, expected: &str| {
        let refusal = desk.call(ROLE, tool, call).unwrap_err();
        assert!(refusal.starts_with(expected), "{tool}: {refusal}");
    };
    let tool = "prioritize_feature";
    check(tool, &feature("Chat", 1, 0), "effort_tenths: it is 0");
    check(tool, &feature("Chat", 1_000_000_001, 1), "reach: it is 1000000001");
    check(tool, &with(&feature("Chat", 1, 1), "impact", json!(3)), "impact: ");
    let tool = "approve_product_requirement";
    let good = requirement("change");
    check(tool, &with(&good, "acceptance_criteria", json!([])), "acceptance_criteria: it has 0 entries");
    check(tool, &with(&good, "acceptance_criteria", json!(["a", " "])), "acceptance_criteria[1]: ");
    check(tool, &with(&good, "feature", json!("Chat")), "feature: `Chat` is not recorded");
    let budget = json!({ "area": "party", "amount_usd": 1, "purpose": "x", "context": case() });
    check("allocate_product_budget", &budget, "area: unknown variant");
    let feedback = json!({ "subject": "App", "answers": [{ "score": 11, "users": 1 }] });
    check("review_user_feedback", &feedback, "answers[0].score: it is 11");
    let release = json!({ "release": "1.0", "capacity_tenths": 39, "must_have": ["Search"] });
    check("plan_release", &release, "must_have: it takes 40 tenths");
    check(
        "plan_release",
        &with(&release, "must_have", json!(["Chat"])),
        "must_have[0]: `Chat` is not recorded",
    );
}
