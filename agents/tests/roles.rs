//! The roles as they are declared, against the table that people read and against each other.
//!
//! Goal: a limit or a type that is changed by accident is noticed. Method: the README's rows and the constants are
//! written independently, so each checks the other.

use echo_agents::{ROLES, cto, engineering, organisation, senior_architect, senior_developer, test_lead};
use echo_runtime::authority::{chain, has_type};
use echo_runtime::role::Role;
use echo_storage::names::{DecisionType, RoleId};

const README: &str = include_str!("../README.md");

/// The rows of so many cells whose first cell is in code font, as the ids of roles are; without the code font.
fn table(columns: usize) -> Vec<Vec<String>> {
    let rows = README.lines().filter(|line| line.starts_with("| `"));
    let cells =
        |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
    rows.map(cells).filter(|row: &Vec<String>| row.len() == columns).collect()
}

/// A role as a row of the table.
fn row(role: &Role) -> Vec<String> {
    let limit = role.budget_limit_usd.map_or("none".to_owned(), |dollars| {
        format!("{},{:03},{:03}", dollars / 1_000_000, dollars / 1000 % 1000, dollars % 1000)
            .trim_start_matches("0,")
            .to_owned()
    });
    vec![
        role.id.to_owned(),
        role.title.to_owned(),
        role.escalates_to.unwrap_or("a person").to_owned(),
        if role.leadership { "yes" } else { "no" }.to_owned(),
        limit,
        format!("0.{:03}", role.threshold),
        role.may_decide.join(" "),
    ]
}

/// What a role attends to, as a row of the other table.
fn concerns(role: &Role) -> Vec<String> {
    let weighs = &role.weighs;
    let percent = [weighs.money, weighs.risk, weighs.feasibility, weighs.outcome].map(|one| one.to_string());
    std::iter::once(role.id.to_owned()).chain(percent).chain([role.keywords.join(", ")]).collect()
}

#[test]
fn the_tables_of_the_readme_are_what_the_constants_say() {
    assert_eq!(table(7), ROLES.iter().map(row).collect::<Vec<_>>());
    assert_eq!(table(6), ROLES.iter().map(concerns).collect::<Vec<_>>());
    assert_eq!(ROLES.len(), 9);
}

#[test]
fn every_chain_ends_below_a_person() {
    let organisation = organisation().unwrap();
    let config = organisation.config();
    let check = |from: &str, expected: &[&str]| {
        let from = RoleId::new(from).unwrap();
        let chain: Vec<&str> = chain(config, &from).map(RoleId::as_str).collect();
        assert_eq!(chain, expected);
    };
    check("ceo", &["ceo"]);
    check("cto", &["cto", "ceo"]);
    check("chro", &["chro", "ceo"]);
    check("operations_head", &["operations_head", "ceo"]);
    check("product_manager", &["product_manager", "ceo"]);
    check("senior_architect", &["senior_architect", "cto", "ceo"]);
    check("uiux_engineer", &["uiux_engineer", "product_manager", "ceo"]);
    check("senior_developer", &["senior_developer", "senior_architect", "cto", "ceo"]);
    check("test_lead", &["test_lead", "senior_architect", "cto", "ceo"]);
    let above_ceo = config.role(&RoleId::new("ceo").unwrap()).unwrap().escalates_to.clone();
    assert_eq!(above_ceo, None);
}

#[test]
fn a_role_has_the_types_below_it_and_no_others() {
    let organisation = organisation().unwrap();
    let types = organisation.decision_types();
    let all = types.len();
    let check = |role: &str, expected: usize, example: &str, holds: bool| {
        let role = RoleId::new(role).unwrap();
        let has = |kind: &DecisionType| has_type(organisation.config(), &role, kind);
        assert_eq!(types.iter().filter(|kind| has(kind)).count(), expected, "{role}");
        assert_eq!(has(&DecisionType::new(example).unwrap()), holds, "{role} {example}");
    };
    check("ceo", all, "bug_severity", true);
    check("cto", 18, "release_quality", true);
    check("cto", 18, "product_budget", false);
    check("product_manager", 9, "accessibility", true);
    check("senior_architect", 13, "bug_fixing", true);
    check("test_lead", 4, "company_direction", false);
}

#[test]
fn no_type_belongs_to_two_roles() {
    let mut types: Vec<&str> = ROLES.iter().flat_map(|role| role.may_decide).copied().collect();
    let all = types.len();
    types.sort_unstable();
    types.dedup();
    assert_eq!(types.len(), all);
}

#[test]
fn engineering_is_what_four_roles_decide() {
    let builders = [cto::ROLE, senior_architect::ROLE, senior_developer::ROLE, test_lead::ROLE];
    let types: Vec<&str> = builders.iter().flat_map(|role| role.may_decide).copied().collect();
    assert_eq!(engineering::TYPES, types);
}

#[test]
fn each_role_hears_its_topics() {
    let organisation = organisation().unwrap();
    let check = |role: &str, expected: &[(&str, usize)]| {
        let role = organisation.config().role(&RoleId::new(role).unwrap()).unwrap();
        let hears: Vec<_> = role.hears.iter().map(|one| (one.topic.as_str(), one.only.len())).collect();
        assert_eq!(hears, expected, "{}", role.id);
    };
    let (all, leadership) = (("messages:all", 0), ("messages:leadership", 0));
    check("ceo", &[all, leadership, ("decisions:new", 0), ("decisions:escalated", 0)]);
    check("cto", &[all, leadership, ("decisions:escalated", 18)]);
    check("chro", &[all, leadership, ("agents:status", 0)]);
    check("operations_head", &[all, leadership, ("decisions:new", 0)]);
    check("product_manager", &[all, ("decisions:new", 0)]);
    check("senior_architect", &[all, ("decisions:escalated", 18)]);
    check("uiux_engineer", &[all]);
    check("senior_developer", &[all]);
    check("test_lead", &[all, ("decisions:new", 0)]);
}
