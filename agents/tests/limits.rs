//! What callers may not say at any length, nor lower as they like.
//!
//! Goal: every free text has a bound, in the schema and in the handler, and no caller sets a bar so low that a gate is none.
//! Method: calls just above each bound.
#![expect(clippy::unwrap_used, reason = "a test reports what is not there by failing")]

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use echo_storage::Query;
use echo_storage::names::{DecisionId, Id};
use serde_json::{Value, json};

fn long(chars: usize) -> String {
    "x".repeat(chars)
}

fn refused(role: &str, tool: &str, call: &Value, expected: &str) {
    let refusal = Desk::new().call(role, tool, call).unwrap_err();
    assert!(refusal.starts_with(expected), "{tool}: {refusal}");
}

fn with(call: &Value, field: &str, value: Value) -> Value {
    let mut call = call.clone();
    let _ = call.as_object_mut().unwrap().insert(field.to_owned(), value);
    call
}

/// Every free text of a case, too long or in too many pieces.
fn too_much() -> Vec<(&'static str, Value, &'static str)> {
    let many = || json!(vec!["x"; 51]);
    vec![
        ("description", json!(long(4_001)), "description: it has 4001 characters"),
        ("impact", json!(long(4_001)), "impact: it has 4001 characters"),
        ("timeline", json!(long(201)), "timeline: it has 201 characters"),
        ("stakeholders", many(), "stakeholders: it has 51 entries"),
        ("stakeholders", json!([long(4_001)]), "stakeholders: entry 0 has 4001 characters"),
        ("alternatives", many(), "alternatives: it has 51 entries"),
        ("dependencies", json!(["a", long(4_001)]), "dependencies: entry 1 has 4001 characters"),
        ("success_criteria", many(), "success_criteria: it has 51 entries"),
        ("constraints", json!([long(4_001)]), "constraints: entry 0 has 4001 characters"),
        ("risks", json!([{ "risk": long(4_001) }]), "risks[0].risk: it has 4001 characters"),
        (
            "risks",
            json!([{ "risk": "a", "mitigation": long(4_001) }]),
            "risks[0].mitigation: it has 4001 characters",
        ),
        ("data", json!({ long(201): 1 }), "data: a name has 201 characters"),
    ]
}

#[test]
fn a_case_has_bounds() {
    let case = json!({ "description": "d", "impact": "i", "stakeholders": ["cto"] });
    let allocation = json!({ "area": "tooling", "amount_usd": 5, "purpose": "p", "context": case });
    let decision = with(&case, "type", json!("product_budget"));
    let decision = with(&decision, "subject", json!("s"));
    for (field, value, expected) in too_much() {
        let call = with(&allocation, "context", with(&case, field, value.clone()));
        refused("cto", "allocate_engineering_budget", &call, &format!("context.{expected}"));
        refused("ceo", "initiate_decision", &with(&decision, field, value), expected);
    }
    let questions = json!({ "market": long(4_001) });
    refused(
        "ceo",
        "initiate_decision",
        &with(&decision, "questions", questions),
        "questions: `market` has 4001",
    );
    let rationale = with(&allocation, "rationale", json!(long(4_001)));
    refused("cto", "allocate_engineering_budget", &rationale, "rationale: it has 4001 characters");
}

#[test]
fn lists_of_texts_have_bounds_on_each() {
    let bug = json!({ "bug": "b", "actual": "a", "steps": ["one", long(4_001)] });
    refused("senior_developer", "fix_bug", &bug, "steps: entry 1 has 4001 characters");
    let bug = json!({ "bug": "b", "actual": "a", "files": [long(201)] });
    refused("senior_developer", "fix_bug", &bug, "files: entry 0 has 201 characters");
    let advice = json!({ "engineer": "e", "topic": "t", "tried": [long(4_001)] });
    refused("senior_developer", "mentor_engineer", &advice, "tried: entry 0 has 4001 characters");
    let question = json!({ "query_type": "analysis", "question": "q", "context": { "a": long(4_001) } });
    refused("cto", "ai_consult", &question, "context: `a` has 4003 characters");
    // Blanks around a text are kept with it, so they count.
    let blanks = json!({ "bug": "b", "actual": format!("a{}", " ".repeat(4_000)) });
    refused("senior_developer", "fix_bug", &blanks, "actual: it has 4001 characters");
    let case = json!({ "description": "d", "impact": "i", "stakeholders": ["cto"] });
    let check = json!({ "name": "n", "designed": long(4_001), "built": "b" });
    let review = json!({ "subject": "s", "checks": [check], "context": case });
    refused("uiux_engineer", "review_design_implementation", &review, "checks[0].designed: it has 4001");
}

#[test]
fn a_bar_has_a_floor_and_one_below_the_usual_is_named() {
    let case = json!({ "description": "d", "impact": "i", "stakeholders": ["cto"] });
    let code = json!({
        "change": "c", "required_percent": 49, "context": case,
        "figures": { "changed_lines": 100, "covered_lines": 60, "failing_tests": 0, "blockers": 0, "majors": 0 },
    });
    refused("senior_developer", "review_code", &code, "required_percent: it is 49, and must be 50 to 100");
    let check = json!({ "name": "n", "designed": "d", "built": "d" });
    let design = json!({ "subject": "s", "checks": [check], "required_percent": 69, "context": case });
    let tool = "review_design_implementation";
    refused("uiux_engineer", tool, &design, "required_percent: it is 69, and must be 70 to 100");
    let release = |required: Value| {
        json!({
            "release": "r", "context": case, "required": required,
            "figures": { "tests": 10, "ran": 10, "passed": 10, "lines": 10, "covered": 6, "open_p0": 0, "open_p1": 0, "open_p2": 0 },
        })
    };
    let gate = "approve_release_quality";
    refused(
        "test_lead",
        gate,
        &release(json!({ "ran_percent": 0 })),
        "required.ran_percent: it is 0, and must be 90",
    );
    refused(
        "test_lead",
        gate,
        &release(json!({ "passed_percent": 0 })),
        "required.passed_percent: it is 0, and must be 90",
    );
    refused(
        "test_lead",
        gate,
        &release(json!({ "covered_percent": 0 })),
        "required.covered_percent: it is 0, and must be 50",
    );
    refused(
        "test_lead",
        gate,
        &release(json!({ "open_p2": 21 })),
        "required.open_p2: it is 21, and must be 0 to 20",
    );

    let lowered = [
        (
            "senior_developer",
            "review_code",
            with(&code, "required_percent", json!(60)),
            "60 % required, below the usual 80 %",
        ),
        (
            "uiux_engineer",
            tool,
            with(&design, "required_percent", json!(80)),
            "0.800 required, below the usual 90 %",
        ),
        ("test_lead", gate, release(json!({ "covered_percent": 60 })), "60 % required, below the usual 80 %"),
        ("test_lead", gate, release(json!({ "open_p2": 9 })), "9 allowed, above the usual 5"),
    ];
    for (role, tool, call, expected) in lowered {
        let mut desk = Desk::new();
        desk.call(role, tool, &call).unwrap();
        let path = desk.batch.decision(DecisionId::from_number(1)).unwrap().unwrap().path;
        assert!(path.iter().any(|step| step.why.contains(expected)), "{tool}: {path:#?}");
    }
}

#[test]
fn money_of_nothing_is_none() {
    let case = json!({ "description": "d", "impact": "i", "stakeholders": ["cto"] });
    let call = |area: &str| json!({ "area": area, "amount_usd": 0, "purpose": "p", "context": case });
    let check = |role, tool, area| refused(role, tool, &call(area), "amount_usd: it is nothing");
    check("ceo", "allocate_budget", "company");
    check("chro", "allocate_hr_budget", "training");
    check("cto", "allocate_engineering_budget", "tooling");
}

/// Where a schema lets a text or a list be of any length.
fn unbounded(schema: &Value, root: &Value, path: &str, found: &mut Vec<String>) {
    let has = |key: &str| schema.get(key).is_some();
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let at = name.trim_start_matches('#');
        return unbounded(root.pointer(at).unwrap(), root, path, found);
    }
    let is = |kind: &str| match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => false,
    };
    let closed = ["maxLength", "enum", "const", "pattern"].iter().any(|key| has(key));
    if (is("string") && !closed) || (is("array") && !has("maxItems")) {
        found.push(path.to_owned());
    }
    if is("object") && schema["additionalProperties"] != json!(false) && !has("maxProperties") {
        found.push(path.to_owned());
    }
    if let Some(items) = schema.get("items") {
        unbounded(items, root, &format!("{path}[]"), found);
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        unbounded(field, root, &format!("{path}.{name}"), found);
    }
    for several in ["anyOf", "oneOf", "allOf"] {
        for one in schema[several].as_array().into_iter().flatten() {
            unbounded(one, root, path, found);
        }
    }
}

#[test]
fn every_text_and_list_has_a_bound_in_its_schema() {
    let organisation = echo_agents::organisation().unwrap();
    let mut found = Vec::new();
    for role in organisation.role_ids() {
        for tool in organisation.tools(&role) {
            let schema = tool.input_schema();
            unbounded(&schema, &schema, tool.name(), &mut found);
        }
    }
    // Amounts are short texts or numbers, and a message is bounded by its bytes.
    found.retain(|path| !path.ends_with("_usd") && path != "send_message.content");
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{found:#?}");
}
