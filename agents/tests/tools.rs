//! The tools as callers meet them, and the default scenario, played step by step.
//!
//! Goal: what a tool accepts, refuses and answers is known. Method: a desk runs the steps that a runtime would run, at one
//! moment.

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use echo_agents::organisation;
use echo_runtime::organisation::Organisation;
use echo_runtime::tool::Tool;
use echo_runtime::training::Scenario;
use echo_storage::names::{DecisionId, Id, RoleId};
use echo_storage::records::Stance;
use echo_storage::{Input, Query};
use serde_json::{Value, json};

/// A decision that a few roles take part in and that nothing speaks against.
fn pricing() -> Value {
    json!({
        "type": "product_budget",
        "subject": "New pricing for the product",
        "description": "Customers on the old pricing move to the new one; billing needs a component and an integration.",
        "impact": "Half of the revenue.",
        "stakeholders": ["product_manager", "senior_architect"],
        "budget_usd": "90000.50",
        "timeline": "6 months",
        "risks": [{ "risk": "The integration is late", "mitigation": "The old billing stays" }],
        "alternatives": ["Leave it"],
        "dependencies": ["The billing service"],
        "success_criteria": ["10 % more revenue for each customer"],
        "data": { "load_expected": 800, "load_capacity": 1000 },
        "constraints": ["at most 100,000 USD"],
        "questions": { "market": "Does the market bear it?" },
        "not_concerned": ["chro"],
    })
}

fn all_tools(organisation: &Organisation) -> Vec<&Tool> {
    let ids = organisation.role_ids();
    ids.iter().flat_map(|role| organisation.tools(role)).collect()
}

/// The tools of each role, in their order, as the organisation knows them.
const OWN: [(&str, [&str; 6]); 9] = [
    (
        "ceo",
        [
            "approve_strategic_initiative",
            "allocate_budget",
            "escalate_to_human",
            "review_organizational_health",
            "initiate_decision",
            "override_decision",
        ],
    ),
    (
        "cto",
        [
            "approve_technical_proposal",
            "allocate_engineering_budget",
            "review_architecture",
            "approve_infrastructure_change",
            "review_engineering_metrics",
            "escalate_to_ceo",
        ],
    ),
    (
        "chro",
        [
            "approve_hiring_request",
            "conduct_performance_review",
            "allocate_hr_budget",
            "resolve_hr_issue",
            "review_team_health",
            "escalate_to_ceo",
        ],
    ),
    (
        "operations_head",
        [
            "approve_vendor_contract",
            "optimize_process",
            "allocate_operations_budget",
            "review_operational_metrics",
            "manage_resource_allocation",
            "escalate_to_ceo",
        ],
    ),
    (
        "product_manager",
        [
            "prioritize_feature",
            "approve_product_requirement",
            "allocate_product_budget",
            "review_user_feedback",
            "plan_release",
            "escalate_to_ceo",
        ],
    ),
    (
        "senior_architect",
        [
            "design_system_architecture",
            "review_technical_design",
            "evaluate_technology",
            "plan_scalability",
            "manage_technical_debt",
            "escalate_to_cto",
        ],
    ),
    (
        "uiux_engineer",
        [
            "design_user_interface",
            "conduct_user_research",
            "review_design_implementation",
            "manage_design_system",
            "evaluate_accessibility",
            "escalate_to_product_manager",
        ],
    ),
    (
        "senior_developer",
        [
            "implement_feature",
            "review_code",
            "refactor_code",
            "fix_bug",
            "mentor_engineer",
            "escalate_to_senior_architect",
        ],
    ),
    (
        "test_lead",
        [
            "design_test_strategy",
            "review_test_coverage",
            "classify_bug_severity",
            "approve_release_quality",
            "manage_test_automation",
            "escalate_to_senior_architect",
        ],
    ),
];

/// The tools that every role has.
const COMMON: [&str; 10] = [
    "ai_consult",
    "send_message",
    "read_messages",
    "cast_vote",
    "update_vote",
    "review_proposal",
    "send_clarification",
    "remember",
    "recall",
    "decision_status",
];

#[test]
fn each_role_has_tools_of_its_own_and_the_common_ones() {
    let organisation = organisation().unwrap();
    for role in organisation.role_ids() {
        let names: Vec<&str> = organisation.tools(&role).iter().map(Tool::name).collect();
        let own = OWN.iter().find(|(id, _)| *id == role.as_str()).map(|(_, own)| own.as_slice());
        let (found, common) = names.split_at(names.len() - COMMON.len());
        assert_eq!(common, COMMON, "{role}");
        assert_eq!(Some(found), own, "{role}");
        assert!(found.iter().any(|name| name.starts_with("escalate_to_")), "{role}");
    }
}

#[test]
fn every_schema_is_an_object_whose_properties_are_described() {
    fn check(tool: &str, path: &str, schema: &Value) {
        match schema {
            Value::Object(fields) => {
                for (name, property) in
                    fields.get("properties").and_then(Value::as_object).into_iter().flatten()
                {
                    let described = property["description"].as_str().is_some_and(|text| text.len() > 2);
                    assert!(described, "{tool}: {path}.{name} has no description");
                }
                for (name, part) in fields {
                    check(tool, &format!("{path}.{name}"), part);
                }
            }
            Value::Array(parts) => parts.iter().for_each(|part| check(tool, path, part)),
            _ => {}
        }
    }
    let organisation = organisation().unwrap();
    for tool in all_tools(&organisation) {
        assert!(tool.description().ends_with('.'), "{}", tool.name());
        for (name, schema) in [("input", tool.input_schema()), ("output", tool.output_schema())] {
            assert_eq!(schema["type"], "object", "{}: {name}", tool.name());
            assert!(!schema["properties"].as_object().unwrap().is_empty(), "{}: {name}", tool.name());
            check(tool.name(), name, &schema);
        }
        assert_eq!(tool.input_schema()["additionalProperties"], false, "{}", tool.name());
    }
}

#[test]
fn what_must_be_given_is_required_and_no_more() {
    let organisation = organisation().unwrap();
    let check = |name: &str, expected: &[&str]| {
        let tool = all_tools(&organisation).into_iter().find(|tool| tool.name() == name).unwrap();
        assert_eq!(tool.input_schema()["required"], json!(expected), "{name}");
    };
    check("initiate_decision", &["type", "subject", "description"]);
    check("cast_vote", &["decision", "vote", "confidence", "rationale"]);
    check("decision_status", &["decision"]);
}

#[test]
fn a_decision_is_opened_by_whoever_calls() {
    let mut desk = Desk::new();
    let answer = desk.call("ceo", "initiate_decision", &pricing()).unwrap();
    assert_eq!(answer["structured"], json!({ "decision": "dec-1", "status": "pending", "missing": [] }));
    assert_eq!(answer["text"], "dec-1 is pending");
    let proposal = desk.batch.decision(DecisionId::from_number(1)).unwrap().unwrap().proposal;
    assert_eq!(proposal.initiator.as_str(), "ceo");
    assert_eq!(proposal.context.budget.unwrap().cents(), 9_000_050);
    assert_eq!(proposal.context.given(), 10);
    assert_eq!(
        proposal.context.data,
        [("load_capacity".to_owned(), 1000), ("load_expected".to_owned(), 800)]
    );
}

#[test]
fn an_incomplete_decision_is_rejected_and_says_what_is_missing() {
    let mut desk = Desk::new();
    let arguments =
        json!({ "type": "hiring", "subject": "A team", "description": " ", "stakeholders": ["chro"] });
    let answer = desk.call("ceo", "initiate_decision", &arguments).unwrap();
    let expected = json!({ "decision": "dec-1", "status": "rejected", "missing": ["description", "impact"] });
    assert_eq!(answer["structured"], expected);
    assert_eq!(answer["text"], "dec-1 is rejected: description, impact not given");
    let status = desk.call("chro", "decision_status", &json!({ "decision": "dec-1" })).unwrap();
    assert_eq!(status["structured"]["reason"], "incomplete: description, impact not given");
    assert_eq!(status["structured"]["decided_by"], "system");
}

#[test]
fn bad_arguments_are_refused_with_their_path() {
    let mut desk = Desk::new();
    let mut check = |field: &str, value: Value, expected: &str| {
        let mut arguments = pricing();
        arguments[field] = value;
        let refusal = desk.call("ceo", "initiate_decision", &arguments).unwrap_err();
        assert!(refusal.starts_with(field) && refusal.contains(expected), "{refusal}");
    };
    check("initiator", json!("cto"), "unknown field");
    check("mode", json!("alone"), "unknown variant `alone`");
    check("budget_usd", json!(-5), "cannot be negative");
    check("budget_usd", json!(0.001), "two decimals");
    check("budget_usd", json!(true), "US dollars");
    check("type", json!("Hiring"), "not a decision type");
    check("type", json!("astrology"), "nobody has authority over `astrology`");
    check("subject", json!(7), "expected a string");
    check("subject", json!(""), "0 characters");
    check("subject", json!("x".repeat(256)), "256 characters");
    check("risks", json!([{ "risk": "a" }, { "risk": "b", "answer": "c" }]), "[1].answer: unknown field");
    check("data", json!({ "load_expected": 1.5 }), ".load_expected: invalid type");
    check("questions", json!(["Why?"]), "expected a map");
    check("not_concerned", json!(["chro", "janitor"]), "[1]: there is no role `janitor`");
    assert_eq!(desk.batch.head().step, 1, "what is refused leaves no step");
}

#[test]
fn only_the_ceo_initiates() {
    let mut desk = Desk::new();
    let refusal = desk.call("cto", "initiate_decision", &pricing()).unwrap_err();
    assert!(refusal.starts_with("cto has no tool `initiate_decision`; it has "), "{refusal}");
}

#[test]
fn only_participants_vote_and_only_once() {
    let mut desk = Desk::new();
    desk.call("ceo", "initiate_decision", &pricing()).unwrap();
    let ballot = |vote: &str, confidence: u32, rationale: &str| json!({ "decision": "dec-1", "vote": vote, "confidence": confidence, "rationale": rationale });
    let good = ballot("approve", 800, "the load fits");
    let early = desk.call("product_manager", "cast_vote", &good).unwrap_err();
    assert!(early.contains("dec-1 is not being voted on"), "{early}");
    desk.select();
    let mut refused = |role: &str, ballot: &Value, expected: &str| {
        let refusal = desk.call(role, "cast_vote", ballot).unwrap_err();
        assert!(refusal.contains(expected), "{refusal}");
    };
    refused("ceo", &good, "ceo does not take part in dec-1");
    refused("chro", &good, "chro does not take part in dec-1");
    refused("product_manager", &ballot("maybe", 800, "x"), "vote: unknown variant `maybe`");
    refused("product_manager", &ballot("approve", 1001, "x"), "confidence: a confidence is 0 to 1000");
    refused("product_manager", &ballot("approve", 800, " "), "rationale: say why");
    refused("product_manager", &json!({ "decision": "7" }), "decision: `7` is not an id of the form dec-1");
    let other = json!({ "decision": "dec-9", "vote": "abstain", "confidence": 0, "rationale": "x" });
    refused("product_manager", &other, "decision: there is no dec-9");
    let answer = desk.call("product_manager", "cast_vote", &good).unwrap();
    assert_eq!(answer["text"], "approve on dec-1 is cast; next: the participants vote in round 1");
    let again = desk.call("product_manager", "cast_vote", &good).unwrap_err();
    assert!(again.contains("product_manager has voted in round 1"), "{again}");
}

#[test]
fn the_ballots_of_an_open_round_are_not_shown() {
    let mut desk = Desk::new();
    desk.call("ceo", "initiate_decision", &pricing()).unwrap();
    desk.select();
    let which = json!({ "decision": "dec-1" });
    let ballot = json!({ "decision": "dec-1", "vote": "reject", "confidence": 900, "rationale": "too dear" });
    desk.call("product_manager", "cast_vote", &ballot).unwrap();
    let open = desk.call("senior_architect", "decision_status", &which).unwrap();
    assert_eq!(open["structured"]["participants"], json!(["product_manager", "senior_architect"]));
    assert_eq!(open["structured"]["yet_to_vote"], json!(["senior_architect"]));
    assert_eq!(open["structured"]["ballots"], json!([]));
    assert!(!open.to_string().contains("too dear"), "{open}");
    desk.finish();
    let closed = desk.call("senior_architect", "decision_status", &which).unwrap();
    assert_eq!(closed["structured"]["yet_to_vote"], json!([]));
    let first = json!({
        "round": 1,
        "role": "product_manager",
        "vote": "reject",
        "confidence": 900,
        "rationale": "too dear",
        "mind": "caller",
    });
    assert_eq!(closed["structured"]["ballots"][0], first);
    let steps = desk.batch.head().step;
    desk.call("chro", "decision_status", &which).unwrap();
    assert_eq!(desk.batch.head().step, steps, "reading is no step");
}

#[test]
fn a_decision_within_the_limit_is_approved_by_the_ceo() {
    let mut desk = Desk::new();
    desk.call("ceo", "initiate_decision", &pricing()).unwrap();
    desk.finish();
    let status = desk.call("ceo", "decision_status", &json!({ "decision": "dec-1" })).unwrap();
    let structured = &status["structured"];
    assert_eq!(structured["status"], "approved", "{status:#}");
    assert_eq!(structured["decided_by"], "ceo");
    assert_eq!(structured["budget_usd"], "90000.50");
    assert_eq!(structured["tally"]["approve"], 2);
    let deeds: Vec<&str> =
        structured["path"].as_array().unwrap().iter().map(|step| step["deed"].as_str().unwrap()).collect();
    assert_eq!(deeds, ["opened", "concluded", "approved"]);
}

/// Who takes part must follow from the text, not from the author's list of those who are not concerned.
#[test]
fn the_default_scenario_goes_as_it_expects_with_and_without_the_authors_list() {
    for list in [true, false] {
        let mut desk = Desk::new();
        let shipped = desk.organisation.scenarios()[0];
        let (roles, types) = (desk.organisation.role_ids(), desk.organisation.decision_types());
        let mut scenario = Scenario::parse(shipped.name, shipped.yaml, &roles, &types).unwrap();
        assert_eq!(scenario.name, shipped.name);
        if !list {
            scenario.proposal.context.not_concerned.clear();
        }
        let (title, stored) = (scenario.title.clone(), scenario.to_json());
        desk.step(Input::StartSession { title, scenario: stored, proposal: scenario.proposal }).unwrap();
        desk.finish();

        let rows = desk.batch.participations(DecisionId::from_number(1)).unwrap();
        let with = |stance: Stance| {
            let in_order =
                roles.iter().filter(|role| rows.iter().any(|row| row.role == **role && row.stance == stance));
            in_order.map(RoleId::as_str).collect::<Vec<_>>()
        };
        assert_eq!(with(Stance::Assist), ["cto", "operations_head", "product_manager", "senior_architect"]);
        assert_eq!(with(Stance::Decline), ["chro", "uiux_engineer", "senior_developer", "test_lead"]);
        assert!(rows.iter().filter(|row| row.stance == Stance::Assist).all(|row| row.hits.len() >= 2));
        let told: Vec<&str> = rows.iter().filter(|row| row.told).map(|row| row.role.as_str()).collect();
        assert_eq!(told, if list { vec!["chro", "test_lead", "uiux_engineer"] } else { vec![] });

        let status = desk.call("ceo", "decision_status", &json!({ "decision": "dec-1" })).unwrap();
        let structured = &status["structured"];
        assert_eq!(structured["status"], "escalated", "{status:#}");
        assert_eq!(structured["phase"], "a person answers apr-1");
        assert_eq!(structured["decided_by"], Value::Null);
        assert_eq!(structured["tally"]["quorum"], true);
        assert_eq!(structured["tally"]["recommended"], true);
    }
}
