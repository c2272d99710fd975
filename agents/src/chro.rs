//! The Chief Human Resources Officer: who works here and how they fare.

use echo_runtime::role::{Hears, Role, Weighs};

/// How the role is declared.
pub const ROLE: Role = Role {
    id: "chro",
    title: "Chief Human Resources Officer",
    escalates_to: Some("ceo"),
    leadership: true,
    budget_limit_usd: Some(300_000),
    threshold: 700,
    may_decide: &["hiring", "performance_management", "hr_policy", "conflict_resolution", "team_culture"],
    keywords: &["hiring", "hr", "talent", "recruitment", "team member", "employee", "culture"],
    hears: &[Hears { topic: "agents:status", only: &[] }],
    weighs: Weighs {
        money: 80,
        risk: 100,
        feasibility: 120,
        outcome: 90,
        figures: &[("hires_needed", "hires_possible")],
    },
    tools: Vec::new,
    on_message: None,
};
