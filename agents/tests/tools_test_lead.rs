//! The tools of the Test Lead, each with a good and a bad call.
#![expect(clippy::unwrap_used, reason = "a test reports what is not there by failing")]

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use serde_json::{Value, json};

const ROLE: &str = "test_lead";

fn refused(desk: &mut Desk, tool: &str, arguments: &Value, expected: &str) {
    let refusal = desk.call(ROLE, tool, arguments).unwrap_err();
    assert_eq!(refusal, expected);
}

#[test]
fn a_strategy_spreads_the_days_by_risk() {
    let mut desk = Desk::new();
    let area = |name: &str, likelihood: u32, impact: u32| json!({ "name": name, "likelihood": likelihood, "impact": impact });
    let mut arguments =
        json!({ "subject": "2.0", "areas": [area("Help", 1, 1), area("Payment", 3, 5)], "days": 16 });
    let answer = desk.call(ROLE, "design_test_strategy", &arguments).unwrap();
    let first = json!({
        "name": "Payment", "risk": 15, "class": "high", "days": 15,
        "levels": ["unit", "integration", "system", "exploratory"],
    });
    assert_eq!(answer["structured"]["areas"][0], first);
    arguments["areas"][1] = area(" help", 6, 1);
    let expected = "areas[1]: `help` stands there already; name each once";
    refused(&mut desk, "design_test_strategy", &arguments, expected);
    arguments["areas"][1] = area("Payment", 6, 1);
    let expected = "areas[1].likelihood: it is 6, and must be 1 to 5";
    refused(&mut desk, "design_test_strategy", &arguments, expected);
}

#[test]
fn coverage_has_its_gaps_computed() {
    let mut desk = Desk::new();
    let part = |name: &str, covered: u32| json!({ "name": name, "lines": 100, "covered": covered });
    let mut arguments = json!({ "subject": "main", "parts": [part("a", 90), part("b", 41)] });
    let answer = desk.call(ROLE, "review_test_coverage", &arguments).unwrap();
    let expected = "wrk-1: coverage 0.655, 1 gaps, 39 lines lacking\nb: 0.410 of 80 %, 39 lines lacking";
    assert_eq!(answer["text"], expected);
    arguments["parts"][1] = part("b", 101);
    let expected = "parts[1].covered: it is 101, and the part has only 100 lines";
    refused(&mut desk, "review_test_coverage", &arguments, expected);
}

#[test]
fn bugs_are_classified_and_the_open_ones_listed() {
    let mut desk = Desk::new();
    let mut bug = |name: &str, impact: &str, mended: bool| {
        let bug = json!({
            "bug": name, "impact": impact, "frequency": "always", "workaround": false, "in_production": true,
            "mended": mended,
        });
        desk.call(ROLE, "classify_bug_severity", &bug).unwrap()["structured"].clone()
    };
    assert_eq!(bug("Ugly", "cosmetic", false)["severity"], "P3");
    let outage = bug("Down", "outage", false);
    assert_eq!((&outage["severity"], &outage["is_incident"]), (&json!("P0"), &json!(true)));
    let open = json!([{ "severity": "P0", "bug": "Down" }, { "severity": "P3", "bug": "Ugly" }]);
    assert_eq!(outage["open"], open);
    let mended = bug("down", "outage", true);
    assert_eq!((&mended["is_incident"], mended["open"].as_array().unwrap().len()), (&json!(false), 1));
    let bad = json!({ "bug": "Down", "impact": "awful", "frequency": "always", "workaround": false });
    let refusal = desk.call(ROLE, "classify_bug_severity", &bad).unwrap_err();
    assert!(refusal.starts_with("impact: unknown variant `awful`"), "{refusal}");
}

#[test]
fn a_release_is_decided_by_its_gate() {
    let mut desk = Desk::new();
    let mut arguments = json!({
        "release": "2.0",
        "figures": {
            "tests": 100, "ran": 100, "passed": 99, "lines": 1000, "covered": 900,
            "open_p0": 0, "open_p1": 0, "open_p2": 2,
        },
        "context": { "description": "Invoices", "impact": "All users", "stakeholders": ["users"] },
    });
    let mut check = |arguments: &Value, passes: bool, mode: &str, status: &str| {
        let answer = desk.call(ROLE, "approve_release_quality", arguments).unwrap();
        let structured = &answer["structured"];
        assert_eq!(structured["passes"], passes, "{answer:#}");
        assert_eq!(structured["decided"]["mode"], mode, "{answer:#}");
        assert_eq!(structured["decided"]["status"], status, "{answer:#}");
    };
    check(&arguments, true, "collaborative", "pending");
    arguments["figures"]["open_p1"] = json!(1);
    check(&arguments, false, "hierarchical", "pending");
    arguments["production_incident"] = json!(true);
    check(&arguments, false, "human", "escalated");
    arguments["figures"]["passed"] = json!(101);
    let expected = "figures.passed: it is 101, and cannot exceed figures.ran, 100";
    refused(&mut desk, "approve_release_quality", &arguments, expected);
}

#[test]
fn automation_is_a_register_ranked_by_payback() {
    let mut desk = Desk::new();
    let mut suite = |name: &str, effort: u32| {
        let suite = json!({
            "suite": name, "tests": 10, "automated": 5, "runs": 200, "flaky_runs": 3,
            "manual_minutes": 10, "runs_a_month": 10, "effort_minutes": effort,
        });
        desk.call(ROLE, "manage_test_automation", &suite).unwrap()
    };
    suite("Export", 1000);
    let answer = suite("Login", 500);
    let structured = &answer["structured"];
    assert_eq!((&structured["automated"], &structured["flaky"]), (&json!(500), &json!(15)));
    assert_eq!(structured["suites"][0]["name"], "Login");
    assert_eq!(structured["suites"][0]["pays_back_months"], 5);
    let bad = json!({ "suite": "Login", "tests": 1, "automated": 2 });
    let expected = "automated: it is 2, and cannot exceed tests, 1";
    refused(&mut desk, "manage_test_automation", &bad, expected);
}
